"""Who is behind each figure of a campaign's report: skipped for one reason, sent, who bought."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from bot.campaign.document.definition import parse
from bot.console.campaign_view import found, head
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.effect.tables import reason
from bot.errors import NotFound
from bot.store import audit, campaigns, pseudonyms, run_people
from bot.store.campaigns import CampaignState
from bot.store.run_people import FIRST, KINDS, Figure, One

PAGE = 50
_MS = timedelta(milliseconds=1)


@page("/a/<slug>/campaigns/<ref>/people", Right.PEOPLE)
def campaign_people(slug: str, ref: str) -> Response:
    """Followers of one figure of a run, fifty at a time, by pseudonym."""
    one = found(ref)
    of = _figure(one)
    rows, more = run_people.page(of, _before(), PAGE)
    say, zone = words(), zone_of(account())
    audit.record(
        asker().actor, "campaign_people", asker().now,
        detail={"campaign": one.slug, "run": of.generation, "figure": of.kind, "why": of.why},
    )  # fmt: skip
    return render(
        "campaign_people.html",
        **head(one, "effect"),
        said=said(of.kind, of.why, say),
        variant=of.variant,
        number=of.generation,
        rows=[_row(each, say) | {"at": shown_at(each.sent_at, zone)} for each in rows],
        next=f"?{urlencode({**_query(of), 'before': more})}" if more else "",
        back=url_for("console.campaign_effect", slug=slug, ref=one.slug),
    )


def link(one: CampaignState, number: int, kind: str, why: str = "", variant: str = "") -> str:
    """Where the people of a figure are; "" where one may not see them, and of a journey's sends,
    whose runs are entries."""
    if one.standing or not number or kind not in KINDS or not asker().may(Right.PEOPLE):
        return ""
    of = Figure(one.id, number, kind, why, variant)
    there = url_for("console.campaign_people", slug=account().slug, ref=one.slug)
    return f"{there}?{urlencode(_query(of))}"


def said(kind: str, why: str, say: Words) -> str:
    """The figure in words: 跳过：免打扰时段."""
    name = say(f"con.figure.{kind}")
    if not why:
        return name
    told = reason("skip", why, language()) if kind == "skipped" else why
    return say("con.figure.why", figure=name, why=told)


def _figure(one: CampaignState) -> Figure:
    """What the address asks for; 404 for no such figure or run."""
    given = request.args
    kind, number = given.get("figure", ""), given.get("run", "")
    if kind not in KINDS or not number.isdecimal() or len(number) > 8 or one.standing:
        abort(404)
    try:
        run = campaigns.generation(one.id, int(number))
    except NotFound:
        abort(404)
    days = parse(run.definition, standing=one.standing).attribution_days
    window = timedelta(days=days) // _MS
    return Figure(
        one.id, run.number, kind, given.get("why", "")[:190], given.get("variant", "")[:16], window
    )


def _query(of: Figure) -> dict[str, Any]:
    asked = {"run": of.generation, "figure": of.kind, "why": of.why, "variant": of.variant}
    return {name: value for name, value in asked.items() if value}


def _before() -> int:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else FIRST


def _row(one: One, say: Words) -> dict[str, Any]:
    why = reason("skip", one.skip, language()) if one.skip else one.why
    return {
        "id": one.follower_id,
        "who": pseudonyms.of(one.follower_id),
        "state": say(f"con.send.{one.state}"),
        "why": why,
    }
