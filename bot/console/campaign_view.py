"""What the pages of a campaign show, in finished words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import abort, current_app

from bot.campaign import approve, looks
from bot.campaign.document.changes import Since
from bot.campaign.phases import phase_of
from bot.campaign.results.live import EXACT_EVERY, Live, Watcher
from bot.campaign.results.reached import reached
from bot.console.document_words import DocumentWords
from bot.console.gate import account, asker
from bot.console.shell import Words, actor_said, language, shown_at, words, zone_of
from bot.errors import NotFound
from bot.store import approvals, campaigns
from bot.store.campaigns import CampaignState, GenerationState
from bot.web.services import services

MOST_WATCHED = 32  # campaigns that a process looks at at once
SELDOM = timedelta(minutes=10)  # what was done since is added, minute by minute
COLOURS = {
    "draft": "secondary", "scheduled": "azure", "planning": "blue", "running": "green",
    "measuring": "teal", "paused": "red", "closed": "secondary", "cancelled": "secondary",
}  # fmt: skip
_WATCHING = Lock()


@dataclass(frozen=True)
class Row:
    """One campaign of the list."""

    slug: str
    name: str
    state: str
    colour: str
    due: str
    runs: str
    audience: str
    sent: str
    approval: str


def found(ref: str) -> CampaignState:
    try:
        return campaigns.by_slug(account().id, ref)
    except NotFound:
        abort(404)


def row(one: CampaignState, standing: str, say: Words, zone: ZoneInfo) -> Row:
    phase = phase_of(one)
    run = campaigns.generation(one.id, one.generation) if one.generation else None
    return Row(
        one.slug,
        one.name,
        phase.said(zone, language()),
        COLOURS[phase.word],
        shown_at(one.due_at, zone),
        str(one.generation),
        f"{run.audience:,}" if run else "–",
        _sent(one, run, say) if run else "–",
        say(f"con.approval.{standing}"),
    )


def _sent(one: CampaignState, run: GenerationState, say: Words) -> str:
    had = reached(one.id, run)
    return say("con.campaign.sent_more", many=f"{had.sent:,}") if had.more else f"{had.sent:,}"


def head(one: CampaignState, tab: str) -> dict[str, Any]:
    """What stands above each page of a campaign."""
    standing = approve.standing_of(one)
    return {
        "one": one,
        "tab": tab,
        "standing": standing,
        "row": row(one, standing, words(), zone_of(account())),
    }


def decision(entry: approvals.Approval, say: Words, zone: ZoneInfo) -> str:
    maker, decider = (actor_said(name, say) for name in (entry.maker, entry.decider))
    asked = say("con.approval.asked", who=maker, at=shown_at(entry.submitted_at, zone))
    if not entry.decider:
        return asked
    verdict = say(f"con.approval.{entry.state}")
    return f"{asked} · {decider} {verdict} {shown_at(entry.decided_at, zone)} {entry.reason}"


def sent_back(one: CampaignState, say: Words, zone: ZoneInfo) -> str:
    """Why its approval was refused, until it is asked for again; "" where it was not."""
    last = approvals.latest(one.id)
    if one.state != "draft" or last is None or last.state != approvals.REJECTED:
        return ""
    who, at = actor_said(last.decider, say), shown_at(last.decided_at, zone)
    return say("con.approval.sent_back", who=who, at=at, reason=last.reason)


def changed(since: Since, say: Words, zone: ZoneInfo) -> dict[str, Any]:
    """What was changed since a decision, for who is to take the next."""
    last, terms = since.approval, DocumentWords("campaign")
    who, at = actor_said(last.decider, say), shown_at(last.decided_at, zone)
    key = "refusal" if last.state == approvals.REJECTED else "since"
    return {
        "title": say(f"con.approval.changes.{last.state}"),
        "said": say(f"con.approval.{key}", who=who, at=at, reason=last.reason),
        "known": since.differences is not None,
        "rows": [terms.row(one) for one in since.differences or ()],
    }


# --- as it goes --------------------------------------------------------------------------------


def live(one: CampaignState) -> dict[str, Any]:
    """How far, how fast, how long still; the ledger is counted once a minute for all who look."""
    now = _look(one)
    say, left = words(), now.seconds_left
    return {
        "share": round(100 * now.done / now.rows) if now.rows else 0,
        "done": f"{now.done:,}",
        "rows": f"{now.rows:,}",
        "speed": f"{now.per_minute:,.0f}",
        "left": "–" if left is None else say("con.live.minutes", minutes=f"{left / 60:,.0f}"),
        "errors": f"{now.errors:.1%}",
        "states": [(say(f"con.send.{name}"), f"{many:,}") for name, many in now.states.items()],
        "notes": list(_notes(now, say)),
        "goes_on": one.state in ("planning", "running"),
    }


def _look(one: CampaignState) -> Live:
    """By the watcher of this process and this store, the least used one forgotten."""
    with _WATCHING:
        watchers = _watchers()
        watcher = watchers.pop(one.id, None) or Watcher(one.id, _every(one))
        watchers[one.id] = watcher
        while len(watchers) > MOST_WATCHED:
            del watchers[next(iter(watchers))]
        return watcher.look(asker().now)


def is_big(one: CampaignState) -> bool:
    """Its ledger is counted apart from the page, and seldom."""
    rows = campaigns.generation(one.id, one.generation).audience if one.generation else 0
    return rows > looks.QUICK


def _every(one: CampaignState) -> timedelta:
    return SELDOM if is_big(one) else EXACT_EVERY


def _watchers() -> dict[int, Watcher]:
    """By campaign; of another store there are none."""
    of, found = current_app.extensions.get("hongyan_watchers", (None, {}))
    if of is not services().store:
        found = {}
        current_app.extensions["hongyan_watchers"] = (services().store, found)
    return cast(dict[int, Watcher], found)


def _notes(now: Live, say: Words) -> Iterator[str]:
    """What the brake and the sweeper have to say; the watchdog's words are the campaign's error."""
    if now.brake["holds"]:
        yield say("con.live.brake", reason=now.brake.get("reason") or "–")
    if now.unswept:
        yield say("con.live.unswept", many=f"{now.unswept:,}")
