"""What steps do to the world, for a whole batch and in its transaction.

Sends become ledger rows, so permission, caps, hold-outs and the sender are those of campaigns. Tags
and attributes become events, which the profile folds. Webhooks are written down, and called by
`bot.journey.webhooks` after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.campaign.planning import standing
from bot.clock import to_ms
from bot.coupon import issue_for_event
from bot.journey import entering
from bot.journey.definition import Attribute, Kind, Named, Step, Tag, Webhook
from bot.journey.lanes import Lane
from bot.store import campaigns, events, follower_facts, journey_calls, pseudonyms
from bot.store.journey_runs import Run
from bot.values.audience import Skip
from bot.values.facts import Needs

SOURCE = "journey"
_SPAN = 200


@dataclass(frozen=True, slots=True)
class Act:
    """An action that a run came to."""

    lane: Lane
    run: Run
    step: Step

    @property
    def key(self) -> str:
        """Names it for ever: once an entry."""
        run = self.run
        return f"{run.journey_id}:{run.follower_id}:{run.entry}:{self.step.id}"


Noted = Iterator[tuple[Act, str]]


def carry_out(acts: Sequence[Act], public_url: str, now: datetime) -> Noted:
    """Do them; yields what is to be noted of some: a coupon that there was none of, and why.

    Raises NotFound where something that a step names is gone: then nothing of the batch is done.
    """
    by_kind: dict[Kind, list[Act]] = {}
    for act in acts:
        by_kind.setdefault(act.step.kind, []).append(act)
    for kind in sorted(by_kind):
        some = by_kind[kind]
        if kind is Kind.SEND:
            _send(some, public_url, now)
        elif kind is Kind.COUPON:
            yield from _give(some, now)
        elif kind is Kind.WEBHOOK:
            _call(some, now)
        elif kind is Kind.START:
            _start(some, now)
        else:
            _tell(some, _TOLD[kind], now)


def _send(acts: Sequence[Act], public_url: str, now: datetime) -> None:
    """In the order of the campaigns' ids: two batches never wait for each other in a circle."""
    people: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for act in acts:
        slug = act.lane.actions[act.step.id]
        key = act.lane.journey.account_id, slug
        people.setdefault(key, []).append((act.run.follower_id, act.run.entry))
    ids = {campaigns.by_slug(*key).id: some for key, some in people.items()}
    for campaign_id in sorted(ids):
        standing.enqueue(campaign_id, ids[campaign_id], public_url, now)


def _give(acts: Sequence[Act], now: datetime) -> Noted:
    for act in sorted(acts, key=lambda one: (_name(one), one.run.follower_id)):
        account_id, who, key = act.lane.journey.account_id, act.run.follower_id, act.key
        event_id = events.append(
            account_id, who, "journey.coupon", at=now, received_at=now, source=SOURCE, key=key,
            facts={"journey": act.lane.flow.slug, "batch": _name(act)},
        )  # fmt: skip
        answers = event_id or events.id_of(account_id, SOURCE, key)
        given = issue_for_event(account_id, who, _name(act), answers, now)
        if isinstance(given, Skip):
            yield act, given.value


def _name(act: Act) -> str:
    assert isinstance(act.step.what, Named)
    return act.step.what.name


Told = tuple[str, dict[str, Any]]


def _tag(act: Act) -> Told:
    what = act.step.what
    assert isinstance(what, Tag)
    on = act.step.kind is Kind.TAG
    days = {"days": what.days} if on and what.days is not None else {}
    return "tag", {"tag": what.tag, "on": on, "source": SOURCE, **days}


def _set(act: Act) -> Told:
    assert isinstance(act.step.what, Attribute)
    return "attribute", {"name": act.step.what.name, "value": act.step.what.value}


def _hand_off(act: Act) -> Told:
    """On record for the staff: nobody can be put through who is not writing just now."""
    return "handoff_wanted", {"why": _name(act), "journey": act.lane.flow.slug}


_TOLD: dict[Kind, Callable[[Act], Told]] = {
    Kind.TAG: _tag,
    Kind.UNTAG: _tag,
    Kind.SET: _set,
    Kind.HANDOFF: _hand_off,
}


def _tell(acts: Sequence[Act], told: Callable[[Act], Told], now: datetime) -> None:
    rows = []
    for act in acts:
        kind, facts = told(act)
        rows.append(
            events.row(
                act.lane.journey.account_id, act.run.follower_id, kind, now, now, SOURCE, act.key,
                facts, None,
            )
        )  # fmt: skip
    for start in range(0, len(rows), _SPAN):
        events.append_many(rows[start : start + _SPAN])


def _call(acts: Sequence[Act], now: datetime) -> None:
    """Nothing personal but a pseudonym, and the attributes that the step declares."""
    named = frozenset(name for act in acts for name in _hook(act).facts)
    people = sorted({act.run.follower_id for act in acts})
    loaded = follower_facts.load(people, Needs(attributes=named)) if named else []
    known = {facts.id: facts.attributes for facts in loaded}
    rows = []
    for act in acts:
        held = known.get(act.run.follower_id, {})
        body = {
            "journey": act.lane.flow.slug,
            "version": act.lane.number,
            "step": act.step.id,
            "entry": act.run.entry,
            "follower": pseudonyms.of(act.run.follower_id),
            "at": to_ms(now),
            "facts": {name: held[name][0] for name in _hook(act).facts if name in held},
        }
        rows.append((act.run.id, act.run.follower_id, act.step.id, _hook(act).url, body))
    journey_calls.put(rows, now)


def _hook(act: Act) -> Webhook:
    assert isinstance(act.step.what, Webhook)
    return act.step.what


def _start(acts: Sequence[Act], now: datetime) -> None:
    people: dict[tuple[int, str], list[int]] = {}
    for act in acts:
        people.setdefault((act.lane.journey.account_id, _name(act)), []).append(act.run.follower_id)
    for (account_id, slug), some in sorted(people.items()):
        entering.send_into(account_id, slug, some, now)
