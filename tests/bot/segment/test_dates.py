"""Rules about days: windows at their edges, and the midnights at which they turn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.clock import from_ms, to_ms
from bot.errors import InvalidInput
from bot.segment import dates
from bot.segment.catalogue import define, why
from bot.segment.cost import cost
from bot.segment.refresh import refresh_all
from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.store import attribute_types
from bot.values.attributes import Declared, fitted
from bot.values.interest import day_of
from tests.bot.segment import cast
from tests.conftest import NOON

param = pytest.param
MIDNIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # of the 22nd, in Shanghai


def today(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("op", "days", "now", "holds", "not_"),
    [
        param("within_last", 7, "2026-11-21", ["2026-11-14", "2026-11-21"],
              ["2026-11-13", "2026-11-22"], id="the last seven days"),
        param("within_next", 7, "2026-12-28", ["2026-12-28", "2027-01-04"],
              ["2026-12-27", "2027-01-05"], id="the next seven, over the year's end"),
        param("within_next", 0, "2026-11-21", ["2026-11-21"],
              ["2026-11-2", "2026-11-21 ", ""], id="today; what is no day is none"),
        param("yearly_within", 7, "2026-11-21", ["1990-11-21", "2001-11-28"],
              ["1990-11-20", "1990-11-29"], id="a birthday"),
        param("yearly_within", 7, "2026-12-28", ["1990-12-28", "1990-12-31", "1990-01-04"],
              ["1990-12-27", "1990-01-05"], id="a birthday over the year's end"),
        param("yearly_within", 0, "2027-02-28", ["1988-02-29", "1990-02-28"], ["1990-03-01"],
              id="the 29th of February in a year without one"),
        param("yearly_within", 0, "2028-02-28", ["1990-02-28"], ["1988-02-29"],
              id="the 29th of February in a year with one"),
    ],
)  # fmt: skip
def test_windows(op, days, now, holds, not_):
    window = dates.window(op, days, today(now))
    assert {text: window.holds(text) for text in [*holds, *not_]} == (
        dict.fromkeys(holds, True) | dict.fromkeys(not_, False)
    )


@pytest.mark.parametrize(
    ("op", "text", "turns"),
    [
        param("within_last", "2026-11-21", "2026-11-29", id="leaves after its days"),
        param("within_last", "2028-01-01", "2028-01-01", id="comes in on its day"),
        param("within_last", "2020-01-01", None, id="is over for good"),
        param("within_next", "2028-01-08", "2028-01-01", id="comes in ahead of its day"),
        param("within_next", "2026-11-21", "2026-11-22", id="leaves after its day"),
        param("yearly_within", "1990-11-20", "2027-11-13", id="comes again next year"),
        param("yearly_within", "1990-99-99", None, id="is no day of any year"),
        param("within_last", "2026-11-9x", "2026-11-22", id="is no day: looked at again tomorrow"),
    ],
)
def test_turns(op, text, turns):
    found = dates.turn(op, 7, text, to_ms(NOON))
    assert (None if found is None else day_of(found)) == (turns and today(turns))
    if turns:
        assert day_of(found - 1) == today(turns) - 1


@pytest.mark.parametrize(
    ("document", "chinese", "english"),
    [
        param({"op": "yearly_within", "value": 7}, "每年的生日在今天起 7 天内",
              "birthday is in the next 7 days, of any year", id="yearly"),
        param({"op": "yearly_within", "value": 0}, "每年的生日是今天",
              "birthday is today, of any year", id="today"),
        param({"op": "within_last", "value": 30}, "生日在最近 30 天内",
              "birthday is in the last 30 days", id="lately"),
        param({"op": "before", "value": "1990/1/5"}, "生日早于「1990-01-05」",
              'birthday is before "1990-01-05"', id="before a day"),
        param({"op": "ge", "value": "1990-01-05"}, "生日不早于「1990-01-05」",
              'birthday is not before "1990-01-05"', id="a day or later"),
        param({"op": "gt", "value": "1990-99-99"}, "生日大于「1990-99-99」",
              'birthday is above "1990-99-99"', id="no day"),
    ],
)  # fmt: skip
def test_days_in_words(document, chinese, english):
    rule = parse({"attribute": "birthday"} | document)
    assert sentence(rule, titles={"birthday": "生日"}) == chinese
    assert sentence(rule, "en") == english


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        param("date", "2026/1/5", "2026-01-05", id="a date with slashes"),
        param("date", "2026年1月5日", "2026-01-05", id="a Chinese date"),
        param("date", "20260105", "2026-01-05", id="eight digits"),
        param("date", "2026-02-30", None, id="no such day"),
        param("number", "12.50", 12.5, id="a number as text"),
        param("number", "1e400", None, id="endless"),
        param("number", True, None, id="a truth is no number"),
        param("bool", "是", True, id="yes in Chinese"),
        param("bool", 2, None, id="two is no truth"),
        param("enum", "金", "金", id="a word of the list"),
        param("enum", "铜", None, id="no word of the list"),
        param("text", 5, "5", id="a number as a text"),
    ],
)
def test_values_are_brought_into_their_form(kind, value, kept):
    declared = Declared("a", kind, ("金", "银") if kind == "enum" else ())
    if kept is None:
        with pytest.raises(InvalidInput) as refused:
            fitted(declared, value, "facts.value")
        assert refused.value.field == "facts.value"
    else:
        assert fitted(declared, value, "f") == kept
    assert fitted(declared, None, "f") is None


def test_declared_attributes_are_compared_as_what_they_are(any_store):
    account = cast.an_account()
    mei = cast.somebody(account)
    for one in (
        Declared("birthday", "date", title="生日"), Declared("level", "enum", ("金", "银")),
        Declared("points", "number"), Declared("member", "bool"),
    ):  # fmt: skip
        assert attribute_types.define(account, one, NOON)
        assert not attribute_types.define(account, one, NOON)
    refused = [
        {"attribute": "birthday", "value": "2026/01/05"},
        {"attribute": "birthday", "op": "contains", "value": "2026"},
        {"attribute": "level", "value": "铜"},
        {"attribute": "level", "op": "gt", "value": "金"},
        {"attribute": "points", "op": "ge", "value": "5"},
        {"attribute": "member", "value": "true"},
        {"attribute": "joined", "op": "within_last", "value": 7},
    ]
    for rule in refused:
        with pytest.raises(InvalidInput):
            define(account, "a", "甲", rule, NOON)
    rule = {"attribute": "birthday", "op": "yearly_within", "value": 1}
    define(account, "soon", "快过生日", rule, NOON)
    cast.did(mei, "attribute", NOON, name="birthday", value="1990-11-23")
    cast.folded(NOON)
    refresh_all(NOON)
    assert cast.held(account) == {"soon": set()}
    refresh_all(MIDNIGHT)
    assert cast.held(account) == {"soon": {mei}}
    told = why(account, "soon", mei, MIDNIGHT)
    assert told["rule"] == "每年的生日在今天起 1 天内"
    assert told["until"] == from_ms(to_ms(MIDNIGHT + timedelta(days=2))).isoformat()
    slip = cost(account, parse({"attribute": "brithday", "op": "exists"}), NOON)
    assert [one.why for one in slip.warnings] == ["undeclared"]
