"""Conditions about acts (bot.segment.acts) in SQL. Part of `bot.segment.sql`'s writer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.segment.acts import (
    Act,
    Aggregate,
    Coupon,
    Event,
    Listed,
    Outcome,
    Step,
    Succession,
)
from bot.segment.looks import MOST_DIGITS, span_ms
from bot.segment.reading import Where
from bot.values.facts import kinds_of

ENDLESS = 9 * 10**18
_NUL = "\\u0000"
_WHOLE = f"^-?[0-9]{{1,{MOST_DIGITS}}}$"
_LEDGER = "c.state IN ('issued', 'redeemed', 'expired')"
CODE_COLUMNS = {
    "issued": "issued_at",
    "claimed": "claimed_at",
    "redeemed": "redeemed_at",
    "expired": "expires_at",
}
_CLICKED = "EXISTS (SELECT 1 FROM click k WHERE k.send_id = d.id AND k.automatic = FALSE)"
_BOUGHT = "EXISTS (SELECT 1 FROM conversion v WHERE v.send_id = d.id)"


@dataclass(frozen=True)
class Chosen:
    """These followers, where a span would bound a statement by neighbours."""

    ids: tuple[int, ...]

    @cached_property
    def text(self) -> str:
        return ",".join(map(str, map(int, self.ids)))


# low < id <= high, or just these.
Among = tuple[int, int] | Chosen


@dataclass
class ActWriter:
    """Writes conditions; parameters are added in the order of their marks.

    Every condition is two-valued: NOT means the opposite, no NULL escapes.
    """

    now_ms: int
    account_id: int
    dialect: str
    span: Among | None
    params: list[Any] = field(default_factory=list)

    def add(self, *values: Any) -> None:
        self.params.extend(values)

    def spanned(self, column: str) -> str:
        if self.span is None:
            return ""
        if isinstance(self.span, Chosen):
            return f" AND {column} IN ({self.span.text})"
        self.add(*self.span)
        return f" AND {column} > ? AND {column} <= ?"

    def exact(self, text: str) -> str:
        """MySQL's usual collations take a for A."""
        return f"BINARY {text}" if self.dialect == "mysql" else text

    def act(self, leaf: Act) -> str:
        if isinstance(leaf, Event):
            return self.event(leaf)
        if isinstance(leaf, Aggregate):
            return self.aggregate(leaf)
        if isinstance(leaf, Succession):
            return self.succession(leaf)
        if isinstance(leaf, Coupon):
            return self.coupon(leaf)
        if isinstance(leaf, Outcome):
            return self.outcome(leaf)
        return f"f.id IN ({self.rows(leaf)})"

    def rows(self, leaf: Any) -> str:
        """The followers in a list, or pinned, as a SELECT of its own."""
        if isinstance(leaf, Listed):
            self.add(self.account_id, leaf.slug)
            of = "(SELECT s.id FROM segment s WHERE s.account_id = ? AND s.slug = ?)"
            rows = f"segment_listed l WHERE l.segment_id = {of}{self.spanned('l.follower_id')}"
            return f"SELECT l.follower_id FROM {rows}"
        self.add(leaf.segment_id)
        word = "TRUE" if leaf.included else "FALSE"
        rows = f"segment_pin n WHERE n.segment_id = ? AND n.included = {word}"
        return f"SELECT n.follower_id FROM {rows}{self.spanned('n.follower_id')}"

    # --- events ------------------------------------------------------------------------

    def event(self, leaf: Event) -> str:
        rows = self.events(leaf)
        if (leaf.at_least, leaf.at_most) == (1, None):
            return f"EXISTS (SELECT 1 {rows})"
        if leaf.at_most == 0:
            return f"NOT EXISTS (SELECT 1 {rows})"
        self.add(leaf.at_least)
        if leaf.at_most is None:
            return f"(SELECT COUNT(*) {rows}) >= ?"
        self.add(leaf.at_most)
        return f"(SELECT COUNT(*) {rows}) BETWEEN ? AND ?"

    def events(self, leaf: Event | Aggregate) -> str:
        """FROM and WHERE: the events that the condition counts."""
        rows = f"FROM event e WHERE e.follower_id = f.id AND {self.kinds(leaf.kind, 'e')}"
        if (span := span_ms(leaf.within_days)) is not None:
            self.add(self.now_ms - span)
            rows += " AND e.at >= ?"
        return rows + self.where(leaf.where, "e")

    def kinds(self, kind: str, table: str) -> str:
        kinds = kinds_of(kind)
        self.add(*kinds)
        return f"{table}.kind IN ({','.join('?' * len(kinds))})"

    def where(self, where: Where, table: str) -> str:
        return "".join(f" AND {self.fact(key, value, table)}" for key, value in where)

    def fact(self, key: str, value: Any, table: str) -> str:
        """A top-level fact equal as JSON. Facts with an escaped NUL match nothing (PostgreSQL)."""
        facts = f"{table}.facts"
        if self.dialect == "postgres":
            self.add(_NUL, key, json.dumps(value))
            return (
                f"CASE WHEN STRPOS({facts}, ?) > 0 THEN FALSE"
                f" ELSE COALESCE(({facts}::jsonb -> ?::text) = ?::jsonb, FALSE) END"
            )
        path = f'$."{key}"'
        self.add(_NUL)
        if self.dialect == "mysql":
            found = self.mysql_fact(facts, path, value)
            return f"(INSTR({facts}, ?) = 0 AND COALESCE({found}, FALSE))"
        self.add(path)
        if isinstance(value, bool):
            self.add("true" if value else "false")
            found = f"json_type({facts}, ?) = ?"
        else:
            types = "'text'" if isinstance(value, str) else "'integer', 'real'"
            self.add(path, value)
            found = f"json_type({facts}, ?) IN ({types}) AND json_extract({facts}, ?) = ?"
        return f"(instr({facts}, ?) = 0 AND COALESCE({found}, FALSE))"

    def mysql_fact(self, facts: str, path: str, value: Any) -> str:
        """MariaDB keeps JSON as text, which MySQL's own comparison of JSON does not know."""
        found = f"JSON_EXTRACT({facts}, ?)"
        self.add(path)
        if isinstance(value, bool):
            return f"CAST({found} AS CHAR) = '{'true' if value else 'false'}'"
        self.add(path, value)
        if isinstance(value, str):
            return f"JSON_TYPE({found}) = 'STRING' AND {self.exact(f'JSON_UNQUOTE({found})')} = ?"
        kind = "DOUBLE" if isinstance(value, float) else "DECIMAL(65,20)"
        numbers = "'INTEGER', 'UNSIGNED INTEGER', 'DOUBLE', 'DECIMAL'"
        return f"JSON_TYPE({found}) IN ({numbers}) AND CAST({found} AS {kind}) = ?"

    # --- figures -----------------------------------------------------------------------

    def aggregate(self, leaf: Aggregate) -> str:
        if leaf.figure == "avg":
            ends = ((leaf.at_least, ">="), (leaf.at_most, "<="))
            parts = [self.average(leaf, end, sign) for end, sign in ends if end is not None]
            return f"({' AND '.join(parts)})"
        figure = f"SELECT {leaf.figure.upper()}({self.whole(leaf.fact)}) {self.events(leaf)}"
        self.add(-ENDLESS if leaf.at_least is None else leaf.at_least)
        self.add(ENDLESS if leaf.at_most is None else leaf.at_most)
        if leaf.figure == "sum":
            return f"COALESCE(({figure}), 0) BETWEEN ? AND ?"
        return f"COALESCE(({figure}) BETWEEN ? AND ?, FALSE)"

    def average(self, leaf: Aggregate, end: int, sign: str) -> str:
        """The sum of what lies above the bound, less what lies below it: exact, no division."""
        value = self.whole(leaf.fact)
        self.add(end)
        return f"COALESCE((SELECT SUM({value} - ?) {self.events(leaf)}) {sign} 0, FALSE)"

    def whole(self, key: str) -> str:
        """A fact that is a whole number of so many digits; NULL for all else."""
        most = 10**MOST_DIGITS - 1
        if self.dialect == "postgres":
            self.add(_NUL, key, key, _WHOLE, key)
            return (
                "(CASE WHEN STRPOS(e.facts, ?) > 0 THEN NULL"
                " WHEN jsonb_typeof(e.facts::jsonb -> ?::text) = 'number'"
                " AND (e.facts::jsonb ->> ?::text) ~ ?::text"
                " THEN (e.facts::jsonb ->> ?::text)::bigint END)"
            )
        path = f'$."{key}"'
        if self.dialect == "mysql":
            self.add(_NUL, path, _WHOLE, path)
            return (
                "(CASE WHEN INSTR(e.facts, ?) = 0"
                " AND CAST(JSON_EXTRACT(e.facts, ?) AS CHAR) REGEXP ?"
                " THEN CAST(JSON_EXTRACT(e.facts, ?) AS SIGNED) END)"
            )
        self.add(_NUL, path, path, -most, most, path)
        return (
            "(CASE WHEN instr(e.facts, ?) = 0 AND json_type(e.facts, ?) = 'integer'"
            " AND json_extract(e.facts, ?) BETWEEN ? AND ? THEN json_extract(e.facts, ?) END)"
        )

    # --- one after another -------------------------------------------------------------

    def succession(self, leaf: Succession) -> str:
        """Each act looks for the next one, inside out."""
        return f"EXISTS ({self.from_step(leaf, 0)})"

    def from_step(self, leaf: Succession, place: int) -> str:
        step, name = leaf.steps[place], f"e{place}"
        rows = f"SELECT 1 FROM event {name} WHERE {name}.follower_id = f.id"
        rows += f" AND {self.kinds(step.kind, name)}"
        if place:
            rows += self.later(step, name, f"e{place - 1}")
        elif (span := span_ms(leaf.within_days)) is not None:
            self.add(self.now_ms - span)
            rows += f" AND {name}.at >= ?"
        rows += self.where(step.where, name)
        if place + 1 == len(leaf.steps):
            return rows
        following = leaf.steps[place + 1]
        if not following.absent:
            return f"{rows} AND EXISTS ({self.from_step(leaf, place + 1)})"
        self.add(self.now_ms - (span_ms(following.within_days) or 0))
        return f"{rows} AND {name}.at < ? AND NOT EXISTS ({self.from_step(leaf, place + 1)})"

    def later(self, step: Step, name: str, before: str) -> str:
        text = f" AND {name}.at > {before}.at"
        if (span := span_ms(step.within_days)) is not None:
            self.add(span)
            text += f" AND {name}.at <= {before}.at + ?"
        return text

    # --- coupons and campaigns ---------------------------------------------------------

    def coupon(self, leaf: Coupon) -> str:
        column = f"c.{CODE_COLUMNS[leaf.state]}"
        self.add(self.account_id, leaf.batch, self.now_ms)
        rows = (
            "FROM coupon_code c WHERE c.follower_id = f.id AND c.batch_id ="
            " (SELECT b.id FROM coupon_batch b WHERE b.account_id = ? AND b.slug = ?)"
            f" AND {_LEDGER} AND {column} <= ?"
        )
        if leaf.state == "expired":
            rows += " AND c.redeemed_at IS NULL"
        if (span := span_ms(leaf.within_days)) is not None:
            self.add(self.now_ms - span)
            rows += f" AND {column} >= ?"
        self.add(leaf.at_least, ENDLESS if leaf.at_most is None else leaf.at_most)
        return f"(SELECT COUNT(*) {rows}) BETWEEN ? AND ?"

    def outcome(self, leaf: Outcome) -> str:
        if leaf.outcome == "not_clicked":
            there = self.sends(leaf, "d.step = 'offer' AND d.state = 'sent'", leaf.variant)
            return f"({there} AND NOT {self.sends(leaf, _CLICKED, '')})"
        if leaf.outcome == "clicked":
            return self.sends(leaf, _CLICKED, leaf.variant)
        if leaf.outcome == "redeemed":
            return self.sends(leaf, _BOUGHT, leaf.variant)
        return self.sends(leaf, f"d.step = 'offer' AND d.state = '{leaf.outcome}'", leaf.variant)

    def sends(self, leaf: Outcome, condition: str, variant: str) -> str:
        """A row of the campaign's ledger for which the condition holds."""
        self.add(self.account_id, leaf.campaign)
        rows = (
            "SELECT 1 FROM send d WHERE d.follower_id = f.id AND d.campaign_id ="
            " (SELECT q.id FROM campaign q WHERE q.account_id = ? AND q.slug = ?)"
        )
        if variant:
            self.add(variant)
            rows += f" AND {self.exact('d.variant')} = ?"
        return f"EXISTS ({rows} AND {condition})"
