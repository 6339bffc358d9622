"""为什么收到/没收到: one follower's rows of the ledger in words; what a campaign would do now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import request

from bot.campaign.ahead.preview import preview
from bot.campaign.ahead.telling import preview_told
from bot.console.gate import account, asker
from bot.console.parts import spot, written
from bot.console.refusals import told
from bot.console.shell import Words, language, shown_at, words, zone_of
from bot.effect.tables import reason
from bot.errors import HongyanError
from bot.i18n import catalogue
from bot.journey.explaining import Way, explain
from bot.profile.words import Words as Said
from bot.store import audit, campaigns, follower_rows, pseudonyms
from bot.store.follower_rows import Sent
from bot.store.spots import Spot
from bot.values.audience import FollowerState
from bot.web.services import services

PAGE = 30
_MOST_WAYS = 20


def values(one: FollowerState, said: Said) -> dict[str, Any]:
    """What was sent and what was not, with why; the ways through journeys; one campaign asked."""
    sends, more = follower_rows.sends(one.id, spot(), PAGE)
    asked = request.args.get("campaign", "")[:64]
    first = spot() == Spot()
    return {
        "rows": [_row(each, said) for each in sends],
        "more": written(more),
        "older": not first,
        "ways": [_way(each, said) for each in explain(one.id, language())[:_MOST_WAYS]]
        if first
        else [],
        "campaigns": [(each.slug, each.name) for each in campaigns.all_of(account().id)],
        "asked": asked,
        **(_ahead(one, asked) if asked else {"told": "", "refused": ""}),
    }


def _row(one: Sent, said: Said) -> dict[str, str]:
    say = words()
    return {
        "at": said.moment(one.at),
        "campaign": one.campaign,
        "name": one.name,
        "state": say(f"con.send.{one.state}"),
        "colour": {"sent": "green", "skipped": "yellow", "failed": "red"}.get(one.state, "azure"),
        "channel": said.t(f"channel.{one.channel}") if one.channel else "–",
        "variant": one.variant or "–",
        "why": "；".join(_because(one, say)) or "–",
    }


def _because(one: Sent, say: Words) -> Iterator[str]:
    """Why it was not sent, with the figures that were kept; what the platform said."""
    if one.skip:
        yield reason("skip", one.skip, language())
        yield from _figures(one.reasons, say)
    elif one.errcode is not None:
        yield say("con.follower.why.errcode", code=one.errcode, said=one.error or "–")
    elif one.reasons.get("window"):
        yield say("con.follower.why.window", left=one.reasons.get("window_left", 0))


def _figures(reasons: Mapping[str, Any], say: Words) -> Iterator[str]:
    for period, found in (reasons.get("caps") or {}).items():
        key = f"con.follower.why.cap.{period}"
        if key in catalogue(language()):
            yield say(key, sent=found["sent"], cap=found["cap"])
    if other := reasons.get("campaign"):
        yield say("con.follower.why.campaign", campaign=other)
    if "unanswered" in reasons:
        until = _instant(reasons.get("rests_until"))
        yield say("con.follower.why.rest", unanswered=reasons["unanswered"], until=until)
    if alike := reasons.get("same_topic_at"):
        yield say("con.follower.why.alike", at=_instant(alike))
    if reasons.get("window") == "closed":
        yield say("con.follower.why.shut")


def _instant(text: Any) -> str:
    try:
        return shown_at(datetime.fromisoformat(str(text)), zone_of(account()))
    except ValueError:
        return "–"


def _way(one: Way, said: Said) -> dict[str, Any]:
    """A journey's way: when, its name, where one stands or how it ended, and the steps."""
    hops = [f"{said.moment(hop.at)} {' · '.join(filter(None, (hop.said, hop.way, hop.sent)))}"
            for hop in one.hops]  # fmt: skip
    return {
        "at": said.moment(one.entered_at),
        "name": one.name,
        "journey": one.journey,
        "standing": one.standing or one.left(language()),
        "held_out": one.held_out,
        "hops": hops,
    }


def _ahead(one: FollowerState, campaign: str) -> dict[str, str]:
    """What the campaign's next run would do, rule by rule. The question is in the audit log."""
    who = asker()
    try:
        seen = preview(services(), account().id, campaign, one.id, who.now)
    except HongyanError as error:
        return {"told": "", "refused": told(error)}
    detail = {"campaign": campaign}
    audit.record(who.actor, "campaign_preview", who.now, follower_id=one.id, detail=detail)
    named = replace(seen, follower=pseudonyms.of(one.id))
    lines = preview_told(named, zone_of(account()), language())
    return {"told": "\n".join(lines), "refused": ""}
