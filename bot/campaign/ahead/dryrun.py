"""A dry run: the whole audience through the same decisions, and nothing written or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.ahead.collisions import Collision, collisions
from bot.campaign.ahead.finish import ASSUMED_PER_MINUTE, Finish, finish
from bot.campaign.ahead.linting import findings_of
from bot.campaign.ahead.to_come import order_to_come, start_of
from bot.campaign.ahead.walk import Chosen, Tally, Walk, resumed
from bot.campaign.document.aim import aim_of, chunks
from bot.campaign.drawing.assign import HELD_OUT
from bot.campaign.drawing.draw import CHUNK, drawn
from bot.campaign.drawing.freshness import bring_up_to_date
from bot.campaign.drawing.matched import MATCH, Planned, carried, opening, planned
from bot.campaign.experiments.report import sizing
from bot.campaign.finding import find
from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.pieces import matches
from bot.campaign.permission.policy import next_day, next_opening
from bot.campaign.sending.compose import Composer
from bot.channels.registry import CHANNELS
from bot.content.findings import Finding
from bot.services import Services
from bot.store import audience_sets, audit, quotas, send_history
from bot.store.campaigns import GenerationState
from bot.store.send_figures import CONTROL, EXPERIMENT, HOLD_OUT
from bot.values.audience import Channel, Skip

MEASURED_DAYS = timedelta(days=30)
Progress = Callable[[int, int], object]  # followers looked at, of at most so many
COUNTING = "counting"


@dataclass(frozen=True, slots=True)
class Example:
    """A message as a real follower would get it, under a pseudonym."""

    follower: str
    variant: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen as of `starts_at`: its planned start, or now where that is not to come.

    Windows, quiet hours, caps, validity of coupons and pieces, and the day's quota are those of
    then; people, segments, and what other campaigns have sent are those of `as_of`.

    held_out   those of the account's control group included, which are `control`, and those whom
               another experiment of the group has, `elsewhere`
    skipped    who would get nothing, by reason, in the order of the rules
    delayed    who would get it later, until `delayed_until`: quiet hours, or a cap that waits
    channels   sends by channel that go out at once; with those delayed: `ways`
    stock      codes left before; burn: codes that would go out
    cost_fen   of messages and coupons together, each coupon as if it were redeemed
    quota      calls left today by channel, before; over_quota: sends that wait for another day
    per_minute the rate that `finish` rests on: the pace, or the best minute of late where
               `measured`, or an assumption
    samples    the finished text of each variant, with a link that counts for nobody
    """

    slug: str
    as_of: datetime
    starts_at: datetime
    audience: int
    held_out: int
    control: int
    skipped: dict[str, int]
    delayed: int
    delayed_until: datetime | None
    channels: dict[str, int]
    ways: dict[str, int]
    variants: dict[str, int]
    stock: int | None
    burn: int
    cost_fen: int
    budget_fen: int | None
    quota: dict[str, int]
    over_quota: dict[str, int]
    finish: Finish
    per_minute: float
    measured: bool
    samples: dict[str, str]
    examples: tuple[Example, ...] = ()
    collisions: tuple[Collision, ...] = ()
    findings: tuple[Finding, ...] = ()
    sizing: tuple[str, ...] = ()  # what an experiment of so many can show
    elsewhere: int = 0
    match: dict[str, Any] | None = None  # of several offers, as matched.Planned.summary says

    @property
    def held_out_by(self) -> dict[str, int]:
        """As the closing sum tells them apart."""
        own = self.held_out - self.control - self.elsewhere
        return {HOLD_OUT: own, CONTROL: self.control, EXPERIMENT: self.elsewhere}

    @property
    def expected(self) -> int:
        """Sends in all, the delayed ones included."""
        return sum(self.channels.values()) + self.delayed

    def waterfall(self) -> list[dict[str, Any]]:
        """The audience, and what is left of it after each rule."""
        left = self.audience - self.held_out
        found = [{"rule": "held_out", "out": self.held_out, "left": left}]
        for word, many in self.skipped.items():
            left -= many
            found.append({"rule": word, "out": many, "left": left})
        return found

    def figures(self) -> dict[str, Any]:
        """The numbers alone: what is kept as a run's forecast."""
        until = self.delayed_until
        return {
            "audience": self.audience,
            "held_out": self.held_out,
            "control": self.control,
            "held_out_by": self.held_out_by,
            "skipped": self.skipped,
            "delayed": self.delayed,
            "delayed_until": until.isoformat() if until else None,
            "expected": self.expected,
            "channels": self.channels,
            "ways": self.ways,
            "variants": self.variants,
            "coupons": {"stock": self.stock, "burn": self.burn},
            "cost_fen": self.cost_fen,
            "budget_fen": self.budget_fen,
            "quota": self.quota,
            "over_quota": self.over_quota,
            "finish_at": self.finish.at.isoformat(),
            "late": self.finish.late,
            **({MATCH: self.match} if self.match else {}),
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "as_of": self.as_of.isoformat(),
            "starts_at": self.starts_at.isoformat(),
            **self.figures(),
            "per_minute": round(self.per_minute),
            "measured": self.measured,
            "waterfall": self.waterfall(),
            "samples": self.samples,
            "examples": [
                {name: getattr(one, name) for name in Example.__slots__} for one in self.examples
            ],
            "collisions": [
                {
                    "slug": one.slug,
                    "state": one.state,
                    "due_at": one.due_at.isoformat() if one.due_at else None,
                    "shared": one.shared,
                }
                for one in self.collisions
            ],
            "findings": [one.to_json() for one in self.findings],
            "sizing": list(self.sizing),
        }


def silent(done: int, total: int) -> None:
    """Progress that nobody asked for."""


def dry_run(
    services: Services,
    account_id: int,
    ref: str | int,
    now: datetime,
    progress: Progress = silent,
) -> DryRun:
    """Walk the present audience as the next run would when it starts; profiles and segments are
    brought up to date first, as at a start. Raises NotFound for what is missing."""
    campaign = find(account_id, ref)
    bring_up_to_date(account_id, now)
    at = start_of(campaign, now)
    order = order_to_come(campaign, services.settings.public, at)
    match = foreseen(order, at)
    walk = _walked(order, at, match, progress)
    told = _told(order, walk, at, collisions(campaign, order.definition, now))
    told = replace(told, match=match.summary() if match else None)
    findings = findings_of(order, told.expected, told.delayed_until or at, told.finish.at)
    shown = sizing(order.definition, sum(told.variants.values()))
    return replace(told, as_of=now, findings=tuple(findings), sizing=tuple(shown))


def foretell(
    order: Order, generation: GenerationState, members: Sequence[int], now: datetime
) -> dict[str, Any]:
    """What is kept of a run with one more chunk of its audience: the counters until all is
    planned, with the last, empty chunk the figures of a dry run."""
    started = generation.started_at
    at = next_opening(order.policy(OFFER), started) or started
    if order.choices:
        return _foretold_matched(order, generation, at)
    walk = resumed(order, at, (generation.forecast or {}).get(COUNTING))
    if generation.cursor >= generation.upper:
        return _told(order, walk, started, ()).figures()
    walk.look_at(members)
    return {COUNTING: walk.held()}


def _foretold_matched(order: Order, generation: GenerationState, at: datetime) -> dict[str, Any]:
    """Nothing until it is decided who gets which: only then the audience is walked."""
    found = generation.forecast or {}
    if MATCH not in found:
        return found
    walk = Walk(order, at, carried(order))
    for members in chunks(aim_of(order.account_id, order.definition), CHUNK, generation.started_at):
        walk.look_at(members)
    told = _told(order, walk, generation.started_at, ())
    return replace(told, match=found[MATCH]).figures()


def _walked(order: Order, now: datetime, match: Planned | None, progress: Progress) -> Walk:
    at = next_opening(order.policy(OFFER), now) or now
    walk = Walk(order, at, match.among if match else None)
    aim = aim_of(order.account_id, order.definition)
    most = audience_sets.most(aim)
    for members in chunks(aim, CHUNK):
        walk.look_at(members)
        progress(walk.tally.audience, most)
    return walk


def foreseen(order: Order, now: datetime) -> Planned | None:
    """Who would get which of several offers, in a run that begins then; None: it has but one."""
    if not order.choices:
        return None

    def spans() -> Iterator[list[int]]:
        for members in chunks(aim_of(order.account_id, order.definition), CHUNK):
            parts = drawn(order, members)
            yield sorted(who for name, ids in parts.items() if name != HELD_OUT for who in ids)

    return planned(order, spans, opening(order, now))


def _told(order: Order, walk: Walk, now: datetime, collisions: tuple[Collision, ...]) -> DryRun:
    tally, quiet = walk.tally, walk.at > now
    ways = dict(tally.channels)
    quota, over = _quota(order, walk.at, now, tally)
    pace = order.definition.pace
    measured = send_history.best_minute(order.account_id, now - MEASURED_DAYS)
    rate = min(measured or ASSUMED_PER_MINUTE, (pace and pace.per_minute) or float("inf"))
    composer = Composer(order)
    delayed = tally.delayed + (sum(ways.values()) if quiet else 0)
    return DryRun(
        order.definition.slug,
        now,
        now,
        tally.audience,
        tally.held_out,
        tally.control,
        {word.value: tally.skipped[word] for word in Skip if tally.skipped[word]},
        delayed,
        walk.at if quiet and delayed else next_day(now, order.zone) if delayed else None,
        {} if quiet else ways,
        ways,
        dict(tally.variants),
        walk.stock,
        tally.burn,
        tally.cost_fen,
        order.definition.budget_fen,
        quota,
        over,
        _finish(order, tally, now, rate, quota),
        rate,
        measured is not None,
        {v.name: composer.text(v.name, None, None) for v in order.definition.texts()},
        _examples(order, composer, sorted(walk.chosen, reverse=True), walk),
        collisions,
        elsewhere=tally.elsewhere,
    )


def _quota(
    order: Order, at: datetime, now: datetime, tally: Tally
) -> tuple[dict[str, int], dict[str, int]]:
    """(sends that the quota leaves room for on the day on which it begins, sends beyond them), by
    channel."""
    day = quotas.day_of(at, order.zone)
    left = {
        way.channel.value: quotas.left(order.account_id, way.api, day, way.daily_limit) * way.most
        for way in (CHANNELS[channel] for channel in order.channels())
        if way.api
    }
    beyond = {name: tally.channels[name] - room for name, room in left.items()}
    return left, {name: many for name, many in beyond.items() if many > 0}


def _finish(
    order: Order, tally: Tally, now: datetime, rate: float, quota: dict[str, int]
) -> Finish:
    """The latest of the channels: they share the rate, each has a quota of its own."""
    policy, pace = order.policy(OFFER), order.definition.pace
    total = sum(tally.channels.values())
    found = [
        finish(
            many,
            policy,
            now,
            per_minute=rate * many / total,
            quota_today=quota.get(name, many),
            quota_a_day=CHANNELS[Channel(name)].messages_a_day or many,
            ramp_minutes=pace.ramp_minutes if pace else 0,
        )
        for name, many in tally.channels.items()
        if many
    ]
    return Finish(max((one.at for one in found), default=now), sum(one.late for one in found))


def _examples(
    order: Order, composer: Composer, chosen: Sequence[Chosen], walk: Walk
) -> tuple[Example, ...]:
    people = [one.follower_id for one in chosen]
    pieces = matches(order, people, walk.at)
    given = walk.carried(people) if walk.carried else {}
    found = []
    for one in chosen:
        piece = pieces.get(one.follower_id)
        own = composer.of(given.get(one.follower_id))
        text = own.text(one.variant, None, None, piece.slug if piece else "")
        found.append(Example(audit.pseudonym(one.follower_id), one.variant, one.channel, text))
    return tuple(found)
