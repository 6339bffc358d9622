"""The audit log in sentences: who, when, what, of whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request
from werkzeug.wrappers import Response

from bot.console.audit_words import act_said, address_of, detail_said
from bot.console.gate import asker, page
from bot.console.rights import Right
from bot.console.shell import Words, actor_said, render, shown_at, words, zone_of
from bot.profile.rights import FOLLOWER
from bot.store import audit, operators

PAGE = 100
WITHIN = 50_000  # entries that are looked through
DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}
EVERYBODY = "all"


@page("/audit", Right.AUDIT)
def audit_page() -> Response:
    """The latest entries: of members and system, of one of them, or of everybody."""
    days, who = request.args.get("days", "7"), request.args.get("who", "")
    act = request.args.get("act", "")
    since = asker().now - timedelta(days=DAYS.get(days, 7))
    say, zone = words(), zone_of(None)
    found = audit.entries(
        PAGE,
        action=act,
        since=since,
        actor="" if who == EVERYBODY else who,
        but="" if who else FOLLOWER,
        within=WITHIN,
    )
    return render(
        "audit.html",
        rows=[
            {
                "number": one.number,
                "at": shown_at(one.at, zone),
                "who": actor_said(one.actor, say),
                "what": act_said(one.action, say),
                "of": say("con.audit.follower", name=one.subject[:8]) if one.subject else "",
                "detail": detail_said(one.detail, say, one.action),
                "address": address_of(one.detail),
            }
            for one in found
        ],
        acts=sorted({(one, act_said(one, say)) for one in audit.actions(_year(asker().now))}),
        people=_people(say),
        act=act,
        days=days,
        who=who,
    )


def _people(say: Words) -> list[tuple[str, str]]:
    """Whose acts can be asked for: what the address says, and what people read."""
    members = [(f"operator:{one.name}", one.title) for one in operators.everybody()]
    kinds = [(kind, actor_said(kind, say)) for kind in (FOLLOWER, "job")]
    everybody = (EVERYBODY, say("con.audit.everybody"))
    return [("", say("con.audit.members")), *members, *kinds, everybody]


def _year(now: datetime) -> datetime:
    return now - timedelta(days=365)
