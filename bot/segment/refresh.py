"""Keeping members equal to definitions, at a cost that follows the change (design, law 3).

A round of an account looks again at three kinds of followers:

    dirty     their profile, or something else that rules read, has changed
    swept     an edge of time has passed over something of theirs (bot.segment.sweeps)
    all       for a definition that is new, changed, given up, or on demand: by SQL, in spans

The first two are evaluated one by one in Python and their moves keep reasons. Nobody else can have
moved: neither what rules read of them nor any edge has changed since the last round. Segments are
looked at inner before outer; where an inner one is filled anew, who moves there becomes dirty.

A round holds the account's lease and proves it, by its fence, in each of its transactions: of two
rounds at once one waits for its next turn, and a round that lost its lease writes nothing more.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter

from bot.clock import to_ms
from bot.errors import InvalidInput, StoreUnavailable
from bot.segment.evaluate import look, needs, reason
from bot.segment.rules import Leaf, Rule, inner_segments, leaves, parse
from bot.segment.sql import compile
from bot.segment.sweeps import edge, moves_with_time
from bot.store import accounts, follower_facts, leases
from bot.store import segments as store
from bot.store.db import available, dialect, transaction
from bot.store.segments import Move, SegmentState

logger = logging.getLogger(__name__)

LEASE_MS = 60_000
BATCH = 500  # followers evaluated in one transaction
SPAN = 20_000  # followers compared in one statement
MOST_SWEPT = 20_000  # more than these behind one edge: evaluating all by SQL is cheaper
MOST_DIRTY = 200_000  # a round's share; the next round goes on
RETRY = timedelta(minutes=10)  # a definition that failed is tried again
LOOK = timedelta(hours=1)  # a round without any change is noted at least so often


@dataclass(frozen=True, slots=True)
class SegmentRefresh:
    """What a round did to a segment. `how`: full, changes or failed."""

    slug: str
    size: int
    entered: int
    left: int
    how: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """`looked`: followers evaluated one by one. `busy`: accounts that another refresher works on."""

    segments: tuple[SegmentRefresh, ...] = ()
    looked: int = 0
    busy: tuple[int, ...] = ()

    @property
    def moved(self) -> int:
        return sum(one.entered + one.left for one in self.segments)


class Superseded(Exception):
    """The lease is another's by now: stop, it will do the rest."""


def refresh_all(
    now: datetime, account_id: int | None = None, full: bool = False
) -> RefreshReport:
    """One round for an account, or all. `full`: compare every member anew."""
    done: list[SegmentRefresh] = []
    busy: list[int] = []
    looked = 0
    for one in accounts.ids() if account_id is None else [account_id]:
        work = _Work.planned(one, now, full)
        if not work.due():
            continue
        with _leased(one) as proof:
            if proof is None:
                busy.append(one)
                continue
            try:
                work = _Work.planned(one, now, full, proof)
                work.do()
            except Superseded:
                logger.warning("segments superseded account=%d", one)
                busy.append(one)
            done += work.report()
            looked += work.looked
    return RefreshReport(tuple(done), looked, tuple(busy))


@contextmanager
def _leased(account_id: int) -> Iterator[Callable[[], None] | None]:
    """The lease's proof, to be called in each transaction: it raises Superseded. None: taken."""
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


def _no_proof() -> None:
    raise AssertionError("only a leased round writes")


@dataclass
class _Plan:
    """A segment in a round."""

    state: SegmentState
    rule: Rule
    rebuild: bool
    outer: list[_Plan] = field(default_factory=list)
    entered: int = 0
    left: int = 0
    how: str = "changes"
    error: str = ""

    @property
    def leaves(self) -> set[Leaf]:
        return {leaf for leaf in leaves(self.rule) if moves_with_time(leaf)}


@dataclass
class _Work:
    """A round of one account. `plans` stand inner before outer."""

    account_id: int
    now: datetime
    prove: Callable[[], None]
    plans: list[_Plan]
    looked: int = 0

    @classmethod
    def planned(
        cls, account_id: int, now: datetime, full: bool, prove: Callable[[], None] = _no_proof
    ) -> _Work:
        states = store.of_account(account_id)
        # A refresher whose clock is ahead has been here: going back would undo its sweeps.
        latest = max((s.refreshed_at for s in states if s.refreshed_at), default=now)
        now = max(now, latest)
        plans = [plan for state in states if (plan := _plan(state, now, full)) is not None]
        return cls(account_id, now, prove, _in_order(plans))

    @property
    def built(self) -> list[_Plan]:
        return [plan for plan in self.plans if not plan.rebuild]

    @property
    def since(self) -> datetime:
        """The instant up to which leavers by time have been found in every built segment."""
        return min((p.state.refreshed_at for p in self.built if p.state.refreshed_at), default=self.now)

    def due(self) -> bool:
        """Whether there is anything to do. Reads only: an idle product writes nothing."""
        return (
            any(plan.rebuild for plan in self.plans)
            or bool(store.dirty(self.account_id, 1))
            or any(self.behind(leaf, 1) for leaf in self.timed())
            or (bool(self.timed()) and self.now - self.since >= LOOK)
        )

    def do(self) -> None:
        started = perf_counter()
        self.sweep()
        self.drain()
        for plan in self.plans:
            if plan.rebuild:
                self.fill(plan)
        self.drain()
        took_ms = round((perf_counter() - started) * 1000)
        with available(), transaction():
            self.prove()
            ids = [plan.state.id for plan in self.built if plan.how == "changes"]
            store.looked_at(ids, self.now, took_ms)

    def report(self) -> list[SegmentRefresh]:
        return [
            SegmentRefresh(
                plan.state.slug,
                store.by_slug(self.account_id, plan.state.slug).size,
                plan.entered,
                plan.left,
                plan.how,
                plan.error,
            )
            for plan in self.plans
        ]

    # --- followers behind an edge, and dirty ones --------------------------------------

    def timed(self) -> set[Leaf]:
        return {leaf for plan in self.built for leaf in plan.leaves}

    def behind(self, leaf: Leaf, limit: int) -> list[int]:
        query = edge(leaf, self.since, self.now, self.account_id, limit)
        return [] if query is None else store.ids_of(*query)

    def sweep(self) -> None:
        found: set[int] = set()
        for leaf in self.timed():
            ids = self.behind(leaf, MOST_SWEPT + 1)
            if len(ids) <= MOST_SWEPT:
                found.update(ids)
                continue
            for plan in self.plans:
                plan.rebuild = plan.rebuild or leaf in plan.leaves
        swept = sorted(found)
        for start in range(0, len(swept), BATCH):
            with self.writing():
                self.judge(swept[start : start + BATCH])

    def drain(self) -> None:
        for _ in range(MOST_DIRTY // BATCH):
            with self.writing():
                rows = store.dirty(self.account_id, BATCH)
                self.judge([follower_id for follower_id, _ in rows])
                store.settle_dirty(rows)
            if len(rows) < BATCH:
                return

    @contextmanager
    def writing(self) -> Iterator[None]:
        with available(), transaction():
            self.prove()
            yield

    def judge(self, ids: Sequence[int]) -> None:
        """Evaluate these followers for every segment that is built, and move those who differ."""
        plans = self.built
        if not ids or not plans:
            return
        wanted = needs([plan.rule for plan in plans], self.now)
        everybody = follower_facts.load(ids, replace_segments(wanted))
        inside = store.memberships(self.account_id, ids)
        for facts in everybody:
            facts.segments = inside[facts.id]
        for plan in plans:
            self.move(plan, everybody)
        self.looked += len(ids)
