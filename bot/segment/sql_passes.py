"""Many conditions in few statements: a table that they read is passed once for all of them.

A pass is a SELECT of (follower id, bits): bit k says whether its k-th condition holds. So the rules
of fifty segments cost little more than those of five, and a condition that stands in all of them
is looked at once. The conditions are written as `bot.segment.sql` writes them; what they come to
for whole rules is `bot.segment.crowd`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.segment import predicted
from bot.segment.acts import Aggregate, Event, Listed, Pinned
from bot.segment.looks import span_ms
from bot.segment.rules import BUILT_IN, Attribute, InSegment, Interest, Leaf, Predicted
from bot.segment.sql import PROFILE, Query, RuleWriter
from bot.segment.sql_acts import ENDLESS, Among, Chosen
from bot.values.interest import threshold

WIDTH = 30  # conditions of a pass: bits that every engine adds up without a wider number


class Pass(NamedTuple):
    """`opposite`: conditions whose set bit says that they do not hold."""

    query: Query
    leaves: tuple[Leaf, ...]
    opposite: frozenset[Leaf] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """Whom the passes look at, when, and in which SQL."""

    now_ms: int
    account_id: int
    dialect: str
    among: Among

    def writer(self) -> RuleWriter:
        return RuleWriter(self.now_ms, self.account_id, self.dialect, self.among)


def people(scene: Scene, leaves: Sequence[Leaf]) -> Pass:
    """Everybody there is, by id, erased ones not; bits for at most WIDTH conditions of any kind."""
    writer = scene.writer()
    bits = _bits(writer.leaf(leaf) for leaf in leaves)
    profile = any(isinstance(leaf, Attribute) and leaf.name in PROFILE for leaf in leaves)
    source = "follower f" + (" LEFT JOIN profile p ON p.follower_id = f.id" if profile else "")
    writer.add(scene.account_id)
    account = "+f.account_id" if scene.dialect == "sqlite" else "f.account_id"
    where = f"{account} = ? AND f.erased_at IS NULL{writer.spanned('f.id')}"
    sql = f"SELECT f.id, {bits} FROM {source} WHERE {where} ORDER BY f.id"
    return Pass(Query(sql, writer.params), tuple(leaves))


def tagged(scene: Scene, tags: Sequence[str]) -> Query:
    """Rows are (tag, follower id)."""
    writer = scene.writer()
    writer.add(*tags, scene.now_ms)
    # Of few followers all tags are read, by follower; of many only those asked for, by tag.
    tag = "+t.tag" if scene.dialect == "sqlite" and isinstance(scene.among, Chosen) else "t.tag"
    live = f"{tag} IN ({_marks(tags)}) AND (t.until_at IS NULL OR t.until_at > ?)"
    where = f"{live}{writer.spanned('t.follower_id')}"
    return Query(f"SELECT t.tag, t.follower_id FROM follower_tag t WHERE {where}", writer.params)


def listed(scene: Scene, leaf: InSegment | Listed | Pinned) -> Query:
    """Rows are (follower id,)."""
    writer = scene.writer()
    return Query(writer.rows(leaf), writer.params)


Make = Callable[[Scene, Any], Pass]


def grouped(leaves: Iterable[Leaf]) -> Iterator[tuple[Make, list[Leaf]]]:
    """Conditions that share a pass, and what writes it; those of `people` are left out."""
    groups: dict[str, tuple[Make, list[Leaf]]] = {}
    for leaf in leaves:
        if isinstance(leaf, Event | Aggregate):
            groups.setdefault("event", (events, []))[1].append(leaf)
        elif isinstance(leaf, Interest):
            groups.setdefault("interest", (interests, []))[1].append(leaf)
        elif isinstance(leaf, Predicted):
            groups.setdefault("prediction", (predictions, []))[1].append(leaf)
        elif isinstance(leaf, Attribute) and leaf.name not in BUILT_IN:
            groups.setdefault("attribute", (attributes, []))[1].append(leaf)
    for make, found in groups.values():
        for start in range(0, len(found), WIDTH):
            yield make, found[start : start + WIDTH]


def attributes(scene: Scene, leaves: Sequence[Attribute]) -> Pass:
    """Attributes of one's own; that there is none, or another, is the opposite of a row."""
    writer = scene.writer()

    def condition(leaf: Attribute) -> str:
        writer.add(leaf.name)
        if leaf.op == "exists":
            return "a.name = ?"
        op = "eq" if leaf.op == "ne" else leaf.op
        return f"(a.name = ? AND {writer.compared(op, leaf.value, 'a.text', 'a.number')})"

    select = f"a.follower_id AS id, {_bits(map(condition, leaves))} AS bits"
    names = sorted({leaf.name for leaf in leaves})
    writer.add(*names)
    source = _by(scene, "follower_attribute a", "follower_attribute_follower_id_name")
    where = f"a.name IN ({_marks(names)}){writer.spanned('a.follower_id')}"
    absent = [one for one in leaves if one.op == "ne" or (one.op == "exists" and not one.value)]
    return _set(f"SELECT {select} FROM {source} WHERE {where}", writer, leaves, absent)


def interests(scene: Scene, leaves: Sequence[Interest]) -> Pass:
    writer = scene.writer()

    def condition(leaf: Interest) -> str:
        writer.add(leaf.topic, threshold(leaf.at_least, scene.now_ms))
        return "(i.topic = ? AND i.level >= ?)"

    select = f"i.follower_id AS id, {_bits(map(condition, leaves))} AS bits"
    topics = sorted({leaf.topic for leaf in leaves})
    writer.add(*topics)
    source = _by(scene, "follower_interest i", "follower_interest_follower_id_topic")
    where = f"i.topic IN ({_marks(topics)}){writer.spanned('i.follower_id')}"
    return _set(f"SELECT {select} FROM {source} WHERE {where}", writer, leaves, ())


def predictions(scene: Scene, leaves: Sequence[Predicted]) -> Pass:
    writer = scene.writer()

    def condition(leaf: Predicted) -> str:
        held, params = predicted.condition(leaf, "m")
        writer.add(*params)
        return held

    select = f"m.follower_id AS id, {_bits(map(condition, leaves))} AS bits"
    models = sorted({leaf.model for leaf in leaves})
    writer.add(*models)
    source = _by(scene, "prediction m", "prediction_follower_id_slug")
    where = f"m.slug IN ({_marks(models)}){writer.spanned('m.follower_id')}"
    return _set(f"SELECT {select} FROM {source} WHERE {where}", writer, leaves, ())


# --- events ------------------------------------------------------------------------------------


def events(scene: Scene, leaves: Sequence[Event | Aggregate]) -> Pass:
    """Counts and figures over events, each of its kinds and in its window, in one go through the
    followers' events. Who has none is in no row: what holds of nothing is asked by its opposite.
    """
    writer = scene.writer()
    opposite = [leaf for leaf in leaves if _holds_of_nothing(leaf)]
    bits = _bits(_counted(writer, leaf, leaf in opposite) for leaf in leaves)
    spans = [span_ms(leaf.within_days) for leaf in leaves]
    # Most events are too old for every window: one comparison of numbers says so.
    late = _since(writer, spans)
    any_of = " OR ".join(_within(writer, kind, leaves) for kind in sorted({o.kind for o in leaves}))
    where = f"{late}({any_of}){writer.spanned('e.follower_id')}"
    source = _by(scene, "event e", "event_follower_id_kind_at")
    sql = f"SELECT e.follower_id AS id, {bits} AS bits FROM {source} WHERE {where} GROUP BY 1"
    return _set(sql, writer, leaves, opposite)


def _within(writer: RuleWriter, kind: str, leaves: Sequence[Event | Aggregate]) -> str:
    """Events of the kind that any condition may count."""
    late = _since(writer, [span_ms(leaf.within_days) for leaf in leaves if leaf.kind == kind])
    return f"({late}{writer.kinds(kind, 'e')})"


def _since(writer: RuleWriter, spans: Sequence[int | None]) -> str:
    """In the widest of these windows; nothing where one is open."""
    if None in spans:
        return ""
    writer.add(writer.now_ms - max(span for span in spans if span is not None))
    return "e.at >= ? AND "


def _holds_of_nothing(leaf: Event | Aggregate) -> bool:
    low, high = _ends(leaf)
    return low <= 0 <= high and (isinstance(leaf, Event) or leaf.figure == "sum")


def _ends(leaf: Event | Aggregate) -> tuple[int, int]:
    return (
        -ENDLESS if leaf.at_least is None else leaf.at_least,
        ENDLESS if leaf.at_most is None else leaf.at_most,
    )


def _counted(writer: RuleWriter, leaf: Event | Aggregate, opposite: bool) -> str:
    """The condition over a follower's events; two-valued, as all are."""
    if isinstance(leaf, Aggregate) and leaf.figure == "avg":
        ends = ((leaf.at_least, ">="), (leaf.at_most, "<="))
        parts = [
            f"COALESCE(SUM({_each(writer, leaf, end)}) {sign} 0, FALSE)"
            for end, sign in ends
            if end is not None
        ]
        return f"({' AND '.join(parts)})"
    figure = "SUM" if isinstance(leaf, Event) else leaf.figure.upper()
    value = f"{figure}({_each(writer, leaf, None)})"
    if isinstance(leaf, Event) or leaf.figure == "sum":
        value = f"COALESCE({value}, 0)"
    writer.add(*_ends(leaf))
    held = f"COALESCE({value} BETWEEN ? AND ?, FALSE)"
    return f"NOT {held}" if opposite else held


def _each(writer: RuleWriter, leaf: Event | Aggregate, less: int | None) -> str:
    """What an event adds: 1, or a fact, less a bound; NULL where it does not count."""
    late = _since(writer, [span_ms(leaf.within_days)])
    held = f"{late}{writer.kinds(leaf.kind, 'e')}{writer.where(leaf.where, 'e')}"
    value = "1" if isinstance(leaf, Event) else writer.whole(leaf.fact)
    if less is not None:
        writer.add(less)
        value += " - ?"
    return f"CASE WHEN {held} THEN {value} END"


# --- parts of statements -----------------------------------------------------------------------


def _bits(conditions: Iterable[str]) -> str:
    parts = [f"CASE WHEN {one} THEN {1 << k} ELSE 0 END" for k, one in enumerate(conditions)]
    return " + ".join(parts) or "0"


def _set(sql: str, writer: RuleWriter, leaves: Sequence[Leaf], opposite: Sequence[Leaf]) -> Pass:
    """Only rows that say something come back."""
    query = Query(f"SELECT t.id, t.bits FROM ({sql}) t WHERE t.bits <> 0", writer.params)
    return Pass(query, tuple(leaves), frozenset(opposite))


def _by(scene: Scene, table: str, index: str) -> str:
    """SQLite keeps no statistics, and would go through all followers by another index."""
    return f"{table} INDEXED BY {index}" if scene.dialect == "sqlite" else table


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
