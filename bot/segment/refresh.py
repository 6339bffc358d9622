"""Keeping members equal to definitions, at a cost that follows the change (design, law 3).

A round of an account looks again at three kinds of followers:

    dirty     their profile, or something else that rules read, has changed
    swept     an edge of time has passed over something of theirs (bot.segment.sweeps)
    all       for a definition that is new, changed, given up, or on demand: by SQL, in spans

All are looked at together, many followers and all rules at a time (bot.segment.crowd). Of the first
two, those who differ are evaluated once more in Python, and their moves keep reasons. Nobody else
can have moved: neither what rules read of them nor any edge has changed since the last round.
Segments are looked at inner before outer; where an inner one is filled anew, who moves there
becomes dirty.

Looking is done outside of transactions. Who changes meanwhile becomes dirty in the transaction that
changes him, with a later version than the one looked at, and is looked at again.

A round holds the account's lease and proves it, by its fence, in each of its transactions: of two
rounds at once one waits for its next turn, and a round that lost its lease writes nothing more.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter

from bot.clock import to_ms
from bot.segment.crowd import Crowd, column, differing, gather
from bot.segment.evaluate import Reasoner, looker, needs, reasoner
from bot.segment.looks import Looker
from bot.segment.plan import Plan, Plans, plans_of
from bot.segment.rules import Leaf, Rule
from bot.segment.sql_acts import Among, Chosen
from bot.segment.sql_passes import Scene
from bot.segment.sweeps import edge
from bot.store import (
    accounts,
    audience,
    follower_facts,
    leases,
    segment_events,
    segment_members,
)
from bot.store import segments as store
from bot.store.db import available, dialect, transaction
from bot.store.segments import Move, SegmentState
from bot.values.facts import FollowerFacts

logger = logging.getLogger(__name__)

LEASE_MS = 60_000
BATCH = 2000  # changed followers looked at together
SPAN = 20_000  # followers compared together
MOST_SWEPT = 20_000  # more than these behind one edge: comparing all by SQL is cheaper
MOST_DIRTY = 200_000  # a round's share; the next round goes on
LOOK = timedelta(hours=1)  # a round without any change is noted at least so often


@dataclass(frozen=True, slots=True)
class SegmentRefresh:
    """What a round did to a segment. `how`: full, changes or failed (then with `error`)."""

    slug: str
    size: int
    entered: int
    left: int
    how: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """`looked`: followers looked at because they, or the time, changed. `busy`: accounts another
    refresher is at."""

    segments: tuple[SegmentRefresh, ...] = ()
    looked: int = 0
    busy: tuple[int, ...] = ()

    @property
    def moved(self) -> int:
        return sum(one.entered + one.left for one in self.segments)


class Superseded(Exception):
    """The lease is another's by now: stop, it does the rest."""


def refresh_all(now: datetime, account_id: int | None = None, full: bool = False) -> RefreshReport:
    """One round for an account, or all. `full`: compare every member anew.

    Raises StoreUnavailable; what was written until then is right and stays.
    """
    done: list[SegmentRefresh] = []
    busy: list[int] = []
    looked = 0
    for one in accounts.ids() if account_id is None else [account_id]:
        if not _due(plans_of(one, now, full)):
            continue
        with _leased(one) as prove:
            if prove is None:
                busy.append(one)
                continue
            work = _Round(plans_of(one, now, full), prove)
            try:
                work.do()
            except Superseded:
                logger.warning("segments superseded account=%d", one)
                busy.append(one)
            done += work.report()
            looked += work.looked
    return RefreshReport(tuple(done), looked, tuple(busy))


@contextmanager
def _leased(account_id: int) -> Iterator[Callable[[], None] | None]:
    """The lease's proof, for each transaction: raises Superseded. None: another has the lease."""
    name, owner = f"segments:{account_id}", f"{os.getpid()}-{secrets.token_hex(4)}"
    fence = leases.acquire(name, owner, LEASE_MS)

    def prove() -> None:
        if leases.acquire(name, owner, LEASE_MS) != fence:
            raise Superseded

    try:
        yield None if fence is None else prove
    finally:
        if fence is not None:
            leases.release(name, owner)


def _due(plans: Plans) -> bool:
    """Whether there is anything to do. Reads only: an idle product writes nothing."""
    return (
        any(plan.rebuild for plan in plans.plans)
        or any(state.error != error for state, error in plans.broken)
        or bool(store.dirty(plans.account_id, 1))
        or any(_behind(plans, leaf, 1) for leaf in plans.timed)
        or (bool(plans.timed) and plans.now - plans.since >= LOOK)
    )


def _behind(plans: Plans, leaf: Leaf, limit: int) -> list[int]:
    """Followers over whom this condition's edge has passed since the last round."""
    query = edge(leaf, plans.since, plans.now, plans.account_id, limit, dialect())
    return [] if query is None else audience.ids_of(*query)


@dataclass
class _Round:
    """A round of one account, under its lease."""

    plans: Plans
    prove: Callable[[], None]
    looked: int = 0
    failed: list[SegmentRefresh] = field(default_factory=list)
    ready: dict[str, tuple[Looker, Reasoner]] = field(default_factory=dict)

    def do(self) -> None:
        started = perf_counter()
        for state, error in self.plans.broken:
            self.give_up(state, error)
        self.sweep()
        self.drain()
        swept = list(self.plans.built)
        if len(swept) < len(self.plans.plans):
            audience.renew_statistics()
        self.fill([plan for plan in self.plans.plans if plan.rebuild])
        self.drain()
        with self.writing():
            store.looked_at([p.state.id for p in swept], self.plans.now, _ms_since(started))

    def report(self) -> list[SegmentRefresh]:
        sizes = {state.slug: state.size for state in store.of_account(self.plans.account_id)}
        return self.failed + [
            SegmentRefresh(
                plan.state.slug,
                sizes.get(plan.state.slug, 0),
                plan.entered,
                plan.left,
                plan.how,
                plan.error,
            )
            for plan in self.plans.plans
        ]

    @contextmanager
    def writing(self) -> Iterator[None]:
        with available(), transaction():
            self.prove()
            yield

    def give_up(self, state: SegmentState, error: str) -> None:
        with self.writing():
            store.failed(state.id, error, self.plans.now, state.version)
        self.failed.append(SegmentRefresh(state.slug, 0, 0, 0, "failed", error))

    # --- followers behind an edge, and dirty ones --------------------------------------

    def sweep(self) -> None:
        found: set[int] = set()
        for leaf in self.plans.timed:
            ids = _behind(self.plans, leaf, MOST_SWEPT + 1)
            if len(ids) <= MOST_SWEPT:
                found.update(ids)
                continue
            for plan in self.plans.built:
                plan.rebuild = leaf in plan.timed
        swept = sorted(found)
        for start in range(0, len(swept), BATCH):
            batch = swept[start : start + BATCH]
            movers = self.movers(batch)
            with self.writing():
                self.judge(movers)
            self.looked += len(batch)

    def drain(self) -> None:
        for _ in range(MOST_DIRTY // BATCH):
            rows = store.dirty(self.plans.account_id, BATCH)
            if not rows:
                return
            movers = self.movers([follower_id for follower_id, _ in rows])
            with self.writing():
                self.judge(movers)
                store.settle_dirty(rows)
            self.looked += len(rows)

    def movers(self, ids: Sequence[int]) -> list[int]:
        """Those of them who differ from what is kept, in any segment that is built."""
        plans = [plan for plan in self.plans.plans if self.current(plan)]
        try:
            with available():
                return self.differing(Chosen(tuple(ids)), plans)
        except Exception:  # then each is looked at in Python, which asks less of the store
            logger.exception("segments looked at one by one account=%d", self.plans.account_id)
            return list(ids)

    def differing(self, chosen: Chosen, plans: Sequence[Plan]) -> list[int]:
        crowd, rules = self.crowd(chosen, plans)
        held: dict[int, list[tuple[int]]] = {}
        for segment_id, follower_id in segment_members.of(chosen.ids):
            held.setdefault(segment_id, []).append((follower_id,))
        found: set[int] = set()
        for plan, rule in zip(plans, rules, strict=True):
            inside = crowd.members(plan.state.slug, rule)
            for moved in differing(inside, column(held.get(plan.state.id, []))):
                found.update(moved)
        return sorted(found)

    def crowd(self, among: Among, plans: Sequence[Plan]) -> tuple[Crowd, list[Rule]]:
        """What the plans' rules ask of these followers, and the rules; with pins where there are
        any. Who is pinned meanwhile becomes dirty."""
        pinned = segment_members.pinned_segments(self.plans.account_id)
        rules = [plan.rule if plan.state.id in pinned else plan.bare for plan in plans]
        scene = Scene(to_ms(self.plans.now), self.plans.account_id, dialect(), among)
        return gather(scene, rules), rules

    def judge(self, ids: Sequence[int]) -> None:
        """Evaluate these followers for every segment that is built, and move those who differ."""
        plans = [plan for plan in self.plans.plans if self.current(plan)]
        if not ids or not plans:
            return
        wanted = needs([plan.rule for plan in plans], self.plans.now)
        # Memberships are read of all segments, to see who moves.
        people = follower_facts.load(ids, replace(wanted, segments=frozenset()))
        inside = store.memberships(self.plans.account_id, ids)
        for facts in people:
            facts.segments = inside[facts.id]
        for plan in plans:
            self.move(plan, people)

    def current(self, plan: Plan) -> bool:
        """Whether its members fit its definition: built before this round, or filled in it."""
        return not plan.error and (not plan.rebuild or plan.filled)

    def move(self, plan: Plan, people: Sequence[FollowerFacts]) -> None:
        now_ms, slug = to_ms(self.plans.now), plan.state.slug
        if slug not in self.ready:
            look = looker(plan.rule, now_ms, timed=False)
            self.ready[slug] = (look, reasoner(plan.rule, now_ms))
        look, why = self.ready[slug]
        entering: list[Move] = []
        leaving: list[Move] = []
        for facts in people:
            matches, _ = look(facts)
            if matches == (slug in facts.segments):
                continue
            moves, note = (
                (entering, facts.segments.add) if matches else (leaving, facts.segments.discard)
            )
            moves.append(Move(facts.id, why(facts)))
            note(slug)
        if entering or leaving:
            self.let(plan, entering, leaving)

    def let(self, plan: Plan, entering: Sequence[Move], leaving: Sequence[Move]) -> None:
        """Let them in and out, and tell the log where the segment is a trigger."""
        state, now = plan.state, self.plans.now
        came, went = store.move(state.id, entering, leaving, now)
        plan.entered, plan.left = plan.entered + came, plan.left + went
        if state.triggers:
            ids = [one.follower_id for one in entering], [one.follower_id for one in leaving]
            segment_events.announce(state, *ids, now)

    # --- everybody ---------------------------------------------------------------------

    def fill(self, plans: Sequence[Plan]) -> None:
        """Compare all members with the definitions, together; where that fails, one by one, and
        one that fails then does not stop the others."""
        if not plans:
            return
        try:
            self.compare_all(plans)
        except Superseded:
            raise
        except Exception as error:  # a store that is away raises again where this is noted
            if len(plans) > 1:
                logger.warning("segments compared one by one account=%d", self.plans.account_id)
                for plan in plans:
                    self.fill([plan])
                return
            self.note_failure(plans[0], error)

    def note_failure(self, plan: Plan, error: Exception) -> None:
        logger.error("segment failed segment=%d", plan.state.id, exc_info=error)
        plan.error = f"{type(error).__name__}: {error}"
        with self.writing():
            store.failed(plan.state.id, plan.error, self.plans.now, plan.state.version)

    def compare_all(self, plans: Sequence[Plan]) -> None:
        started = perf_counter()
        for plan in plans:
            if plan.fresh is None:
                # The first filling of a segment that nobody looks into keeps no history.
                empty = store.bounds(plan.state.id) is None
                plan.fresh = empty and not self.plans.looked_into(plan)
        after = 0
        while (end := audience.span_end(self.plans.account_id, after, SPAN)) is not None:
            self.compare((after, end), plans)
            after = end
        with self.writing():
            took = _ms_since(started)
            for plan in plans:
                store.built(plan.state.id, plan.state.version, self.plans.now, took)
                plan.filled = True

    def compare(self, span: tuple[int, int], plans: Sequence[Plan]) -> None:
        with available():
            crowd, rules = self.crowd(span, plans)
            moves = [self.moves(crowd, span, *pair) for pair in zip(plans, rules, strict=True)]
        with self.writing():
            for plan, (entering, leaving) in zip(plans, moves, strict=True):
                self.take(plan, entering, leaving)

    def moves(
        self, crowd: Crowd, span: tuple[int, int], plan: Plan, rule: Rule
    ) -> tuple[list[int], list[int]]:
        inside = crowd.members(plan.state.slug, rule)
        held = column([]) if plan.fresh else column(segment_members.between(plan.state.id, *span))
        return differing(inside, held)

    def take(self, plan: Plan, entering: Sequence[int], leaving: Sequence[int]) -> None:
        """Let them in and out because of the definition."""
        if plan.fresh:
            plan.entered += segment_members.enter(plan.state.id, entering, self.plans.now)
            return
        why = {"definition": plan.state.version}
        self.let(plan, [Move(id_, why) for id_ in entering], [Move(id_, why) for id_ in leaving])
        if self.plans.looked_into(plan):
            store.mark_dirty([*entering, *leaving])


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1000)
