"""A marketer's orders: define, start, pause, resume, stop, let somebody in.

draft ──start──► running ◄──► paused        stop from either: stopped, and everybody is out
                    ▲───────── start ─────── stopped
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.planning import standing
from bot.campaign.states import CampaignStatus
from bot.campaign.states import move as move_campaign
from bot.errors import Conflict, InvalidInput, NotFound
from bot.journey import names
from bot.journey.checks import Flaw, flaws, insist
from bot.journey.definition import Flow, Send
from bot.journey.entering import enter, passed_of
from bot.journey.lanes import Lane, Lanes, latest
from bot.journey.moving import Trip
from bot.journey.reading import parse
from bot.services import Services
from bot.store import accounts, campaigns, journey_log, journeys, segments
from bot.store.db import again, transaction
from bot.store.journeys import DRAFT, KEEP, PAUSED, RUNNING, STOPPED, JourneyState

POLICIES = (journeys.KEEP, journeys.MOVE, journeys.STOP)
MOST_VERSIONS = 9999  # the slug of a standing campaign has room for four digits


def check(account_id: int, document: Any, now: datetime) -> tuple[Flow, list[Flaw]]:
    """The flow and all that is wrong with it; nothing is kept. Raises InvalidInput for a document
    that cannot be read."""
    flow = parse(document, _zone(account_id))
    found = flaws(flow)
    if not any(one.error for one in found):
        found += [*names.missing(account_id, flow), *names.linted(account_id, flow, now)]
    return flow, sorted(found, key=lambda one: not one.error)


@again
def define(
    account_id: int, document: Any, now: datetime, *, policy: str = KEEP, author: str = ""
) -> JourneyState:
    """Make a journey, or its next version. The version that is there already changes nothing.

    policy   of those on the way: keep (they finish by theirs), move (to the same step of the new
             one, where it has it), stop

    People come in by it at once where the journey runs. Raises InvalidInput with the path.
    """
    if policy not in POLICIES:
        raise InvalidInput(f"policy: wants one of {', '.join(POLICIES)}", "policy")
    flow = parse(document, _zone(account_id))
    insist(flow)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    with transaction():
        held = journeys.get(journeys.create(account_id, flow.slug, flow.name, now).id, hold=True)
        if held.version and journeys.version(held.id, held.version).definition == text:
            return held
        if held.version >= MOST_VERSIONS:
            raise Conflict(f"at most {MOST_VERSIONS} versions: begin a new journey")
        actions = _actions(held, flow)
        if held.state in (RUNNING, PAUSED):
            _insist_on_names(account_id, flow)
        journeys.add_version(held.id, flow.name, text, actions, policy, author, now)
        if held.state in (RUNNING, PAUSED):
            _open(latest(journeys.get(held.id)), now)
        return journeys.get(held.id)


def _actions(held: JourneyState, flow: Flow) -> dict[str, str]:
    """Standing campaigns by step. One whose send is as it was goes on with the same."""
    before: Mapping[str, Any] = {}
    slugs: Mapping[str, str] = {}
    if held.version:
        last = latest(held)
        before = {step: _unnamed(send) for step, send in last.flow.sends().items()}
        slugs = last.actions
    number = held.version + 1
    return {
        step: slugs[step]
        if before.get(step) == _unnamed(send)
        else f"journey:{flow.slug}:{number}:{step}"
        for step, send in flow.sends().items()
    }


def _unnamed(send: Send) -> dict[str, Any]:
    """What goes out: a journey of another name says the same."""
    return {name: value for name, value in send.document.items() if name != "name"}


def _insist_on_names(account_id: int, flow: Flow) -> None:
    for flaw in names.missing(account_id, flow):
        place = f"steps.{flaw.step}" if flaw.step else "trigger"
        raise InvalidInput(f"{place}: {flaw.said('en')}", place)


def _open(lane: Lane, now: datetime) -> None:
    """What a version needs to be walked: its standing campaigns, and segments that tell of
    comings and goings."""
    account_id = lane.journey.account_id
    for step, send in lane.flow.sends().items():
        try:
            standing.open_standing(account_id, lane.actions[step], send.document, now)
        except InvalidInput as error:
            said, place = f"the message of step {step}: {error}", f"steps.{step}.send.{error.field}"
            raise InvalidInput(said, place) from None
        except Conflict as error:
            raise Conflict(f"the message of step {step}: {error}") from None
    for slug in lane.flow.segments():
        segments.set_triggers(segments.by_slug(account_id, slug).id, True)


def find(account_id: int, slug: str) -> JourneyState:
    """Raises NotFound."""
    return journeys.by_slug(account_id, slug)


@again
def start(account_id: int, slug: str, now: datetime) -> JourneyState:
    """Let people in from now on. Raises NotFound, Conflict, and InvalidInput for what it names and
    is not there."""
    with transaction():
        held = journeys.get(find(account_id, slug).id, hold=True)
        _must_move(held, (DRAFT, STOPPED), RUNNING, now)
        lane = latest(journeys.get(held.id))
        _insist_on_names(account_id, lane.flow)
        _open(lane, now)
        if [one.id for one in journeys.in_states((RUNNING, PAUSED))] == [held.id]:
            journey_log.begin()
        return journeys.get(held.id)


@again
def pause(account_id: int, slug: str, now: datetime) -> JourneyState:
    """Nobody comes in, nobody goes on, nothing is sent; what happens meanwhile is heard."""
    with transaction():
        held = journeys.get(find(account_id, slug).id, hold=True)
        _must_move(held, (RUNNING,), PAUSED, now)
        _move_sends(held, CampaignStatus.PAUSED, now)
        return journeys.get(held.id)


@again
def resume(account_id: int, slug: str, now: datetime) -> JourneyState:
    """Everybody goes on from where they stand, those whose time has come at once."""
    with transaction():
        held = journeys.get(find(account_id, slug).id, hold=True)
        _must_move(held, (PAUSED,), RUNNING, now)
        _insist_on_names(account_id, latest(held).flow)
        _move_sends(held, CampaignStatus.RUNNING, now)
        return journeys.get(held.id)


@again
def stop(account_id: int, slug: str, now: datetime) -> JourneyState:
    """Everybody on the way is out (the next turns see to it), and what waits is not sent."""
    with transaction():
        held = journeys.get(find(account_id, slug).id, hold=True)
        _must_move(held, (RUNNING, PAUSED), STOPPED, now)
        _move_sends(held, CampaignStatus.RUNNING, now)
        return journeys.get(held.id)


def _must_move(held: JourneyState, origins: Sequence[str], to: str, now: datetime) -> None:
    if not journeys.move(held.id, origins, to, now):
        allowed = ", ".join(origins)
        raise Conflict(f"the journey is {held.state}: {to} can follow only {allowed}")


def _move_sends(held: JourneyState, to: CampaignStatus, now: datetime) -> None:
    for slug in sorted({s for v in journeys.versions(held.id) for s in v.actions.values()}):
        try:
            move_campaign(campaigns.by_slug(held.account_id, slug).id, to, now)
        except NotFound:
            continue  # of a version that was a draft only


@again
def let_in(
    services: Services, account_id: int, slug: str, people: Sequence[int], now: datetime
) -> dict[str, int]:
    """By hand: how many came in, and how many did not and why. Raises NotFound, Conflict."""
    with transaction():
        journey_id = find(account_id, slug).id
        lanes = Lanes()
        entered = enter(lanes, journey_id, people, "manual", now)
        if entered is None:
            state = journeys.get(journey_id).state
            raise Conflict(f"the journey is {state}: people come in only while it is running")
        trip = Trip(lanes, services.settings.public, now)
        trip.tally(passed_of(entered))
        trip.go(entered.runs)
        trip.finish()
        away = {word: many for word, many in entered.turned_away.items() if many}
        return {"entered": len(entered.runs), **away}


def _zone(account_id: int) -> ZoneInfo:
    return ZoneInfo(accounts.by_id(account_id).timezone)
