"""Rules as one SELECT over the whole audience, for SQLite, PostgreSQL and MySQL.

Every condition is two-valued (NOT means the opposite, no NULL escapes), and every value of a rule
is a parameter. A `span` of follower ids bounds the work of one statement; conditions that an index
orders by follower read only that span of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.segment import bucket, dates, predicted
from bot.segment.rules import (
    All,
    AnyOf,
    Attribute,
    Bucket,
    InSegment,
    Interest,
    Leaf,
    Not,
    Predicted,
    Rule,
    Tag,
    leaves,
)
from bot.segment.sql_acts import ActWriter, Among
from bot.values.interest import DAY_MS, day_of, threshold
from bot.values.stage import LOYAL_PURCHASES, NEW_DAYS, SLEEPING_DAYS

COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
FLIPPED = {"lt": ">", "le": ">=", "gt": "<", "ge": "<="}
_COLUMNS = {
    "language": "f.language",
    "source_scene": "f.source_scene",
    "orders": "COALESCE(p.orders, 0)",
    "spent_fen": "COALESCE(p.spent_fen, 0)",
    "messages": "COALESCE(p.messages, 0)",
}
_STAGE = (
    "CASE WHEN f.subscribed = FALSE THEN 'gone'"
    " WHEN p.last_seen_at < ? THEN 'sleeping'"
    " WHEN p.orders >= ? OR p.redeemed >= ? THEN 'loyal'"
    " WHEN p.orders > 0 OR p.redeemed > 0 THEN 'customer'"
    " WHEN p.first_seen_at IS NULL OR p.first_seen_at >= ? THEN 'new' ELSE 'active' END"
)
PROFILE = frozenset({"stage", "orders", "spent_fen", "messages", "last_seen"})


class Query(NamedTuple):
    """A statement with `?` marks and its parameters, for `bot.store.db.fetch` and `run`."""

    sql: str
    params: list[Any]


def compile(
    rule: Rule,
    now: datetime,
    account_id: int,
    dialect: str = "sqlite",
    span: Among | None = None,
) -> Query:
    """SELECT id: the account's followers in the rule, erased ones never.

    dialect  sqlite, postgres or mysql (bot.store.db.dialect)
    span     only ids with low < id <= high, or only those chosen
    """
    writer = RuleWriter(to_ms(now), account_id, dialect, span)
    profile = any(isinstance(leaf, Attribute) and leaf.name in PROFILE for leaf in leaves(rule))
    source = "follower f" + (" LEFT JOIN profile p ON p.follower_id = f.id" if profile else "")
    writer.add(account_id)
    # Within a span the ids lead; SQLite, which keeps no statistics, would take the account's index.
    account = "+f.account_id" if span is not None and dialect == "sqlite" else "f.account_id"
    spanned = writer.spanned("f.id")
    sql = f"SELECT f.id FROM {source} WHERE {account} = ? AND f.erased_at IS NULL{spanned}"
    return Query(f"{sql} AND {writer.condition(rule)}", writer.params)


class RuleWriter(ActWriter):
    """Writes whole rules, and the conditions about what somebody is."""

    def condition(self, rule: Rule) -> str:
        if isinstance(rule, All | AnyOf):
            word = " AND " if isinstance(rule, All) else " OR "
            return "(" + word.join(self.condition(part) for part in rule.rules) + ")"
        if isinstance(rule, Not):
            return f"NOT ({self.condition(rule.rule)})"
        return self.leaf(rule)

    def leaf(self, leaf: Leaf) -> str:
        if isinstance(leaf, Tag | InSegment):
            return f"f.id IN ({self.rows(leaf)})"
        if isinstance(leaf, Interest):
            self.add(leaf.topic, threshold(leaf.at_least, self.now_ms))
            return (
                "EXISTS (SELECT 1 FROM follower_interest i WHERE i.follower_id = f.id"
                " AND i.topic = ? AND i.level >= ?)"
            )
        if isinstance(leaf, Predicted):
            held, params = predicted.condition(leaf, "m")
            self.add(*params)
            return f"EXISTS (SELECT 1 FROM prediction m WHERE m.follower_id = f.id AND {held})"
        if isinstance(leaf, Bucket):
            return self.bucket(leaf)
        if isinstance(leaf, Attribute):
            return self.attribute(leaf)
        return self.act(leaf)

    def rows(self, leaf: Any) -> str:
        """The followers who have a tag, are in a segment or a list, as a SELECT of its own."""
        if isinstance(leaf, Tag):
            self.add(leaf.tag, self.now_ms)
            live = "t.tag = ? AND (t.until_at IS NULL OR t.until_at > ?)"
            tagged = f"follower_tag t WHERE {live}{self.spanned('t.follower_id')}"
            return f"SELECT t.follower_id FROM {tagged}"
        if isinstance(leaf, InSegment):
            self.add(self.account_id, leaf.slug)
            inner = "(SELECT s.id FROM segment s WHERE s.account_id = ? AND s.slug = ?)"
            members = f"segment_member m WHERE m.segment_id = {inner}"
            return f"SELECT m.follower_id FROM {members}{self.spanned('m.follower_id')}"
        return super().rows(leaf)

    # --- attributes --------------------------------------------------------------------

    def attribute(self, leaf: Attribute) -> str:
        if leaf.name == "last_seen":
            return self.last_seen(leaf)
        if leaf.name == "subscribed":
            return f"f.subscribed = {'TRUE' if leaf.value is (leaf.op == 'eq') else 'FALSE'}"
        if leaf.name == "stage":
            self.add(self.now_ms - SLEEPING_DAYS * DAY_MS, LOYAL_PURCHASES, LOYAL_PURCHASES)
            self.add(self.now_ms - NEW_DAYS * DAY_MS)
            return self.compared(leaf.op, leaf.value, f"({_STAGE})", "")
        if leaf.name in _COLUMNS:
            column = _COLUMNS[leaf.name]
            return self.compared(leaf.op, leaf.value, column, column)
        self.add(leaf.name)
        op = "eq" if leaf.op == "ne" else leaf.op
        absent = leaf.op == "ne" or (leaf.value is False and leaf.op == "exists")
        rows = "follower_attribute a WHERE a.follower_id = f.id AND a.name = ?"
        if leaf.op != "exists":
            rows += f" AND {self.compared(op, leaf.value, 'a.text', 'a.number')}"
        return f"{'NOT ' if absent else ''}EXISTS (SELECT 1 FROM {rows})"

    def last_seen(self, leaf: Attribute) -> str:
        if leaf.op == "exists":
            return f"p.last_seen_at IS {'NOT ' if leaf.value else ''}NULL"
        self.add(self.now_ms - round(float(leaf.value) * DAY_MS))  # type: ignore[arg-type]
        return f"COALESCE(p.last_seen_at {FLIPPED[leaf.op]} ?, FALSE)"

    def compared(self, op: str, value: Any, text: str, number: str) -> str:
        """A comparison of one value held as `text` and perhaps as `number`."""
        if op in dates.OPS:
            return self.dated(op, value, text)
        if op == "in":
            return self.one_of(value, text, number)
        if op == "ne":
            return f"NOT ({self.compared('eq', value, text, number)})"
        if op == "contains":
            self.add(value)
            return f"{'STRPOS' if self.dialect == 'postgres' else 'INSTR'}({text}, ?) > 0"
        value = _word(value)
        self.add(value)
        sign = COMPARE.get(op, "=")
        if not isinstance(value, str):
            return f"COALESCE({number} {sign} ?, FALSE)"
        if op in COMPARE:  # in the order of code points, whatever the database's language
            text += ' COLLATE "C"' if self.dialect == "postgres" else ""
            return f"{self.exact(text)} {sign} ?"
        return f"{self.exact(text)} = ?"

    def dated(self, op: str, days: int, text: str) -> str:
        """In the order of code points: in that of languages, "2026-1" may stand elsewhere."""
        length = "CHAR_LENGTH" if self.dialect == "mysql" else "LENGTH"
        found = dates.window(op, days, day_of(self.now_ms))
        part = f"SUBSTR({text}, {found.start + 1})" if found.start else text
        part = f"({part})" + (' COLLATE "C"' if self.dialect == "postgres" else "")
        part = self.exact(part)
        parts = []
        for low, high in found.ranges:
            self.add(low, high)
            parts.append(f"({part} >= ? AND {part} <= ?)")
        return f"COALESCE({length}({text}) = 10 AND ({' OR '.join(parts)}), FALSE)"

    def one_of(self, values: tuple[Any, ...], text: str, number: str) -> str:
        """Texts and truths against the text, numbers against the number."""
        numbers = [v for v in values if not isinstance(v, str | bool)]
        texts = [_word(v) for v in values if isinstance(v, str | bool)]
        parts = []
        for column, found in ((self.exact(text), texts), (number, numbers)):
            if found:
                self.add(*found)
                parts.append(f"COALESCE({column} IN ({','.join('?' * len(found))}), FALSE)")
        return "(" + " OR ".join(parts) + ")"

    # --- buckets -----------------------------------------------------------------------

    def bucket(self, leaf: Bucket) -> str:
        """Horner's scheme of `bot.segment.bucket`; every step stays below 2^63."""
        first, *rest = bucket.coefficients(leaf.salt)
        self.add(first)
        value = "?"
        for coefficient in rest:
            value = self.modulo(f"({value} * ({self.modulo('f.id')}) + ?)")
            self.add(bucket.PRIME, coefficient, bucket.PRIME)
        self.add(100, leaf.low, leaf.high - 1)
        return f"{self.modulo(value)} BETWEEN ? AND ?"

    def modulo(self, value: str) -> str:
        return f"{value} % ?" if self.dialect == "sqlite" else f"MOD({value}, ?)"


def _word(value: Any) -> Any:
    """Truths are held as words."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
