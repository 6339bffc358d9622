"""The audit log in sentences: who, when, what, of whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from bot.console.gate import asker, page
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.i18n import catalogue
from bot.store import audit

PAGE = 100
DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}


@page("/audit", Right.AUDIT)
def audit_page() -> Response:
    """The latest entries, of one act or all."""
    days = request.args.get("days", "7")
    since = asker().now - timedelta(days=DAYS.get(days, 7))
    act = request.args.get("act", "")
    say, zone = words(), zone_of(None)
    found = audit.entries(PAGE, action=act, since=since)
    return render(
        "audit.html",
        rows=[
            {
                "number": one.number,
                "at": shown_at(one.at, zone),
                "who": actor_said(one.actor, say),
                "what": act_said(one.action, say),
                "of": one.subject[:8],
                "detail": detail_said(one.detail),
            }
            for one in found
        ],
        acts=sorted({(one, act_said(one, say)) for one in audit.actions(_year(asker().now))}),
        act=act,
        days=days,
        more=len(found) == PAGE,
    )


def actor_said(actor: str, say: Words) -> str:
    """Of operator:lin it is lin; the rest has words of its own."""
    kind, _, name = actor.partition(":")
    key = f"con.actor.{kind}"
    return name or (say(key) if key in catalogue(language()) else actor)


def act_said(action: str, say: Words) -> str:
    """An act in words; one that has none yet stays as it is kept."""
    key = f"con.act.{action}"
    return say(key) if key in catalogue(language()) else action


def detail_said(detail: Mapping[str, Any]) -> str:
    """name: value, and so on; before → after where both are there."""
    rest = {key: value for key, value in detail.items() if key not in ("before", "after")}
    said = [f"{key}: {value}" for key, value in rest.items()]
    if "after" in detail:
        said.append(f"{detail.get('before') or '–'} → {detail['after'] or '–'}")
    return "，".join(said)


def _year(now: datetime) -> datetime:
    return now - timedelta(days=365)
