"""What a rule will cost, told before it is saved: rows that are read, and what no index orders.

The figures are looked up, at most MOST_COUNTED rows of each; they are for deciding, not for bills.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.segment.acts import Aggregate, Event, Succession
from bot.segment.rules import BUILT_IN, Attribute, InSegment, Leaf, Listed, Rule, Tag, leaves
from bot.segment.sentence_acts import act_said
from bot.segment.sweeps import moves_with_time
from bot.store import attribute_types, audience_figures
from bot.values.attributes import Declared
from bot.values.facts import kinds_of

MOST_COUNTED = 50_000
HEAVY_ROWS = 200_000  # beyond this somebody should have meant it
_UNBOUNDED = frozenset({"contains", "where", "ever"})


@dataclass(frozen=True, slots=True)
class Caution:
    """`why`: contains, ne, where, ever or undeclared; one sentence each, Chinese and English."""

    why: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cost:
    """`rows`: read by comparing everybody; `daily`: followers whom time alone brings to be looked
    at again in a day. `capped`: some count stopped at MOST_COUNTED, so it is more than that.
    `heavy`: to be thought over: much is read, or much of it by no index."""

    rows: int
    daily: int
    capped: bool
    warnings: tuple[Caution, ...]

    @property
    def heavy(self) -> bool:
        unbounded = any(found.why in _UNBOUNDED for found in self.warnings)
        return self.rows > HEAVY_ROWS or (self.capped and unbounded)


def cost(account_id: int, rule: Rule, now: datetime) -> Cost:
    """The cost of a rule as the store stands."""
    everybody = audience_figures.followers(account_id, MOST_COUNTED)
    counts = [_rows(leaf, account_id, everybody, now) for leaf in leaves(rule)]
    daily = [_daily(leaf, now) for leaf in leaves(rule) if moves_with_time(leaf)]
    capped = any(one >= MOST_COUNTED for one in (everybody, *counts, *daily))
    declared = attribute_types.of_account(account_id)
    warnings = {found.zh: found for leaf in leaves(rule) for found in _warnings(leaf, declared)}
    return Cost(everybody + sum(counts), sum(daily), capped, tuple(warnings.values()))


def _rows(leaf: Leaf, account_id: int, everybody: int, now: datetime) -> int:
    figures = audience_figures
    if isinstance(leaf, Event | Aggregate):
        return figures.events(kinds_of(leaf.kind), _since(leaf.within_days, now), MOST_COUNTED)
    if isinstance(leaf, Succession):
        since = _since(leaf.within_days, now)
        kinds = {kind for step in leaf.steps for kind in kinds_of(step.kind)}
        return figures.events(tuple(sorted(kinds)), since, MOST_COUNTED)
    if isinstance(leaf, Tag):
        return figures.tags(leaf.tag, MOST_COUNTED)
    if isinstance(leaf, InSegment | Listed):
        table = "segment_member" if isinstance(leaf, InSegment) else "segment_listed"
        return figures.of_segment(table, account_id, leaf.slug, MOST_COUNTED)
    if isinstance(leaf, Attribute):
        return 0 if leaf.name in BUILT_IN else everybody
    return everybody  # interests, codes, ledger rows: one look into an index for each


def _since(within_days: float | None, now: datetime) -> datetime | None:
    return None if within_days is None else now - timedelta(days=within_days)


def _daily(leaf: Leaf, now: datetime) -> int:
    """What lies at the edge is what happened so many days ago; a day of late stands for it."""
    day = now - timedelta(days=1)
    if isinstance(leaf, Event | Aggregate):
        return audience_figures.events(kinds_of(leaf.kind), day, MOST_COUNTED)
    if isinstance(leaf, Succession):
        return audience_figures.events(kinds_of(leaf.steps[0].kind), day, MOST_COUNTED)
    if isinstance(leaf, Tag):
        return audience_figures.tags_ending(leaf.tag, now, now + timedelta(days=1), MOST_COUNTED)
    return audience_figures.seen(day, MOST_COUNTED)


def _warnings(leaf: Leaf, declared: Mapping[str, Declared]) -> Iterator[Caution]:
    """Lessons of others: what no index orders is said before it is saved, and who declares his
    attributes is told of a name that he did not."""
    if isinstance(leaf, Attribute) and declared and leaf.name not in {*BUILT_IN, *declared}:
        yield Caution(
            "undeclared",
            f"「{leaf.name}」没有声明过：是不是写错了？",
            f"{leaf.name} is not declared: is it a slip of the pen?",
        )
    if isinstance(leaf, Attribute) and leaf.name not in BUILT_IN:
        if leaf.op == "contains":
            yield Caution(
                "contains",
                f"「{leaf.name}」用了 contains：没有索引可用，每个人都要看；用 eq、in 或标签更好",
                f"{leaf.name} contains: no index helps, everybody is read; better eq, in or a tag",
            )
        elif leaf.op == "ne":
            yield Caution(
                "ne",
                f"「{leaf.name}」用了 ne：没有这个属性的人也算在内，几乎是所有人",
                f"{leaf.name} ne: holds for all who have no such attribute, too",
            )
    if isinstance(leaf, Event | Aggregate | Succession):
        yield from _of_events(leaf)


def _of_events(leaf: Event | Aggregate | Succession) -> Iterator[Caution]:
    steps = leaf.steps if isinstance(leaf, Succession) else (leaf,)
    if any(step.where for step in steps):
        yield Caution(
            "where",
            f"「{act_said(leaf, 'zh')}」按事件的细节筛选：每条事件都要打开看；能写成标签或属性更好",
            f"{act_said(leaf, 'en')}: each event is opened to see its facts; a tag is better",
        )
    never = isinstance(leaf, Event) and leaf.at_most == 0
    if leaf.within_days is None and not never:
        yield Caution(
            "ever",
            f"「{act_said(leaf, 'zh')}」不限时间：要读的历史每年都在变长；限定最近多少天更好",
            f"{act_said(leaf, 'en')}: the history read grows for ever; within_days bounds it",
        )
