"""What a round of refreshing has before it: the account's segments, inner before outer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from bot.errors import InvalidInput
from bot.segment.rules import All, AnyOf, Leaf, Not, Pinned, Rule, inner_segments, leaves, parse
from bot.segment.sweeps import moves_with_time
from bot.store import segments as store
from bot.store.segments import SegmentState

RETRY = timedelta(minutes=10)  # a definition that failed is tried again


@dataclass
class Plan:
    """A segment in a round. `rule`: with its pins, `bare`: as written. `rebuild`: all its members
    are compared anew; `fresh`: and they are the first, None: not asked yet."""

    state: SegmentState
    bare: Rule
    rebuild: bool
    filled: bool = False
    fresh: bool | None = None
    entered: int = 0
    left: int = 0
    error: str = ""

    @cached_property
    def rule(self) -> Rule:
        return with_pins(self.state.id, self.bare)

    @property
    def timed(self) -> set[Leaf]:
        """Conditions that time alone can change."""
        return {leaf for leaf in leaves(self.rule) if moves_with_time(leaf)}

    @property
    def how(self) -> str:
        return "failed" if self.error else "full" if self.rebuild else "changes"


@dataclass(frozen=True)
class Plans:
    """`now`: never before the last round's. `broken`: definitions that do not parse, and why."""

    account_id: int
    now: datetime
    plans: list[Plan]
    broken: list[tuple[SegmentState, str]]

    @property
    def built(self) -> list[Plan]:
        """Those whose members fit their definition but for what changed since `since`."""
        return [plan for plan in self.plans if not plan.rebuild]

    @property
    def timed(self) -> set[Leaf]:
        return {leaf for plan in self.built for leaf in plan.timed}

    @property
    def since(self) -> datetime:
        """The instant up to which every mover by time has been found, in every built segment."""
        looked = [p.state.refreshed_at for p in self.built if p.state.refreshed_at is not None]
        return min(looked, default=self.now)

    def looked_into(self, plan: Plan) -> bool:
        """Whether a built segment's rule looks into this one."""
        slug = plan.state.slug
        return any(slug in inner_segments(outer.rule) for outer in self.built)


def plans_of(account_id: int, now: datetime, full: bool) -> Plans:
    """The account's segments as they stand. A definition that failed lately is left out."""
    states = store.of_account(account_id)
    # A refresher whose clock is ahead has been here: going back would undo what it found.
    now = max([now, *(s.refreshed_at for s in states if s.refreshed_at is not None)])
    plans: list[Plan] = []
    broken: list[tuple[SegmentState, str]] = []
    for state in states:
        if resting(state, now) and not full:
            continue
        try:
            rule = parse(state.rule)
        except InvalidInput as error:
            broken.append((state, f"{error.field or 'rule'}: {error}"))
            continue
        plans.append(Plan(state, rule, full or not state.built))
    return Plans(account_id, now, in_order(plans), broken)


def with_pins(segment_id: int, rule: Rule) -> Rule:
    """The rule, and before it who was put in or kept out by hand."""
    put_in, kept_out = Pinned(segment_id, True), Pinned(segment_id, False)
    return All((Not(kept_out), AnyOf((put_in, rule))))


def resting(state: SegmentState, now: datetime) -> bool:
    """Whether it failed so lately that it is not tried again yet."""
    last = state.refreshed_at
    return bool(state.error) and last is not None and now - last < RETRY


def in_order(plans: Sequence[Plan]) -> list[Plan]:
    """Inner segments first; definitions with cycles are refused when they are made."""
    by_slug = {plan.state.slug: plan for plan in plans}
    done: dict[str, Plan] = {}

    def visit(plan: Plan, above: frozenset[str]) -> None:
        slug = plan.state.slug
        if slug in done or slug in above:
            return
        for inner in sorted(inner_segments(plan.rule) & by_slug.keys()):
            visit(by_slug[inner], above | {slug})
        done[slug] = plan

    for plan in plans:
        visit(plan, frozenset())
    return list(done.values())


def cycle_through(slug: str, rules: dict[str, Any]) -> list[str] | None:
    """The way from a segment back to itself by {slug: parsed rule}; None: there is none."""

    def paths(at: str, way: list[str]) -> Iterator[list[str]]:
        for inner in sorted(inner_segments(rules[at])) if at in rules else []:
            if inner == slug:
                yield [*way, inner]
            elif inner not in way:
                yield from paths(inner, [*way, inner])

    return next(paths(slug, [slug]), None)
