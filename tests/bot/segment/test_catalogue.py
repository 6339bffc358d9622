"""Defining segments, paging through members, estimating, and asking why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, InvalidInput, NotFound
from bot.segment import catalogue
from bot.segment.catalogue import define, members, preview, remove, why
from bot.segment.defaults import default_segments
from bot.segment.refresh import refresh_all
from bot.store import segments as store
from tests.bot.segment import cast
from tests.conftest import NOON

param = pytest.param

EVERYBODY = {"bucket": [0, 100]}
DAY = timedelta(days=1)


@pytest.fixture
def account(store):
    return cast.an_account()


@pytest.mark.parametrize(
    ("slug", "name", "rule", "field"),
    [
        param("Coffee", "咖啡", EVERYBODY, "slug", id="a slug with capitals"),
        param("a", " ", EVERYBODY, "name", id="no name"),
        param("a", "咖啡", {"all": [{"tag": ""}]}, "rule.all[0].tag", id="a bad rule"),
        param("a", "咖啡", {"segment": "unknown"}, "rule", id="an unknown inner segment"),
        param("a", "咖啡", {"not": {"segment": "a"}}, "rule.not", id="itself"),
    ],
)
def test_what_cannot_be_defined(account, slug, name, rule, field):
    with pytest.raises(InvalidInput) as refused:
        define(account, slug, name, rule, NOON)
    assert refused.value.field == field
    assert store.of_account(account) == []


def test_cycles_are_refused_whatever_their_length(account):
    define(account, "a", "甲", EVERYBODY, NOON)
    define(account, "b", "乙", {"segment": "a"}, NOON)
    define(account, "c", "丙", {"segment": "b"}, NOON)
    with pytest.raises(InvalidInput, match="a > c > b > a"):
        define(account, "a", "甲", {"segment": "c"}, NOON)


def test_only_a_changed_rule_is_a_new_version(account):
    versions = [
        define(account, "a", name, rule, NOON).version
        for name, rule in [
            ("甲", {"tag": "x"}),
            ("甲乙", {"tag": "x"}),
            ("甲乙", {"tag": "y"}),
        ]
    ]
    assert versions == [1, 1, 2]
    assert store.by_slug(account, "a").name == "甲乙"


def test_an_inner_segment_is_kept_while_another_looks_into_it(account):
    define(account, "a", "甲", EVERYBODY, NOON)
    define(account, "b", "乙", {"segment": "a"}, NOON)
    with pytest.raises(Conflict, match="'b' looks into 'a'"):
        remove(account, "a")
    remove(account, "b")
    remove(account, "a")
    with pytest.raises(NotFound):
        members(account, "a")


def test_members_are_paged_by_id(account):
    people = [cast.somebody(account) for _ in range(5)]
    state = define(account, "a", "甲", EVERYBODY, NOON)
    refresh_all(NOON)
    first = members(account, "a", limit=3)
    rest = members(account, "a", after_id=first[-1].follower_id, limit=3)
    assert [one.follower_id for one in first + rest] == people
    assert {one.since for one in first} == {NOON}
    assert store.member_ids(state.id, people[0], 2) == people[1:3]
    assert store.bounds(state.id) == (people[0], people[-1])


def test_an_empty_segment_has_no_bounds(account):
    assert store.bounds(define(account, "a", "甲", {"tag": "x"}, NOON).id) is None


def test_a_small_audience_is_counted(account):
    people = [cast.somebody(account) for _ in range(5)]
    shown = preview(account, EVERYBODY, NOON, sample=2)
    assert (shown.size, shown.sample, shown.exact) == (5, tuple(people[:2]), True)
    assert (shown.low, shown.high) == (5, 5)


def test_a_large_audience_is_estimated_from_even_spans(account, monkeypatch):
    for name, value in (("EXACT", 100), ("SPANS", 10), ("SPAN_IDS", 20)):
        monkeypatch.setattr(catalogue, name, value)
    people = [cast.somebody(account, language="en" if n < 200 else "zh") for n in range(400)]
    shown = preview(account, {"attribute": "language", "op": "eq", "value": "en"}, NOON)
    assert not shown.exact
    assert 180 <= shown.size <= 220
    assert shown.low <= 200 <= shown.high
    assert catalogue.preview(account, EVERYBODY, NOON).low == 400
    assert catalogue.preview(account, {"tag": "nobody"}, NOON).high == 0
    assert set(shown.sample) <= set(people[:200])


def test_why_in_and_until_when(account):
    lin = cast.somebody(account)
    cast.did(lin, "message.text", NOON, topics={"咖啡": 1})
    cast.did(lin, "order", NOON - 2 * DAY, NOON)
    cast.folded(NOON)
    rule = {"all": [{"interest": "咖啡"}, {"event": "order", "within_days": 30}]}
    define(account, "a", "甲", rule, NOON)
    refresh_all(NOON)
    found = why(account, "a", lin, NOON)
    assert (found["member"], found["matches"]) == (True, True)
    assert found["until"] == (NOON + 28 * DAY + cast.ms(1)).isoformat(timespec="seconds")
    assert [sorted(one) for one in found["because"]] == [
        ["at_least", "held", "interest", "score"],
        ["at_least", "event", "found", "held", "within_days"],
    ]
    assert found["rule"] == "对「咖啡」的兴趣不低于 0.3，并且最近 30 天内下单"


def test_why_not_and_how_it_came(account):
    lin = cast.somebody(account)
    define(account, "a", "甲", {"any": [{"tag": "vip"}, {"tag": "staff"}]}, NOON)
    refresh_all(NOON)
    cast.did(lin, "tag", NOON, tag="vip", on=True)
    cast.folded(NOON)
    refresh_all(NOON)
    later = NOON + DAY
    cast.did(lin, "tag", later, tag="vip", on=False)
    cast.folded(later)
    refresh_all(later)
    found = why(account, "a", lin, later)
    assert (found["member"], found["matches"], found["since"]) == (False, False, None)
    assert found["because"] == [{"tag": "vip", "held": False}, {"tag": "staff", "held": False}]
    assert [(line["entered"], line["reason"]["because"]) for line in found["history"]] == [
        (False, [{"tag": "vip", "held": False}, {"tag": "staff", "held": False}]),
        (True, [{"tag": "vip", "held": True}]),
    ]


def test_nobody_elses_follower_is_explained(account):
    define(account, "a", "甲", EVERYBODY, NOON)
    with pytest.raises(NotFound):
        why(account, "a", cast.somebody(cast.an_account()), NOON)


def test_the_default_segments_fill(account):
    lin, gone = cast.somebody(account), cast.somebody(account, subscribed=False)
    for person in (lin, gone):
        cast.did(person, "message.text", NOON, topics={"咖啡": 1})
        cast.did(person, "subscribe", NOON)
    cast.folded(NOON)
    for one in default_segments():
        define(account, *one, NOON)
    refresh_all(NOON)
    filled = {slug for slug, ids in cast.held(account).items() if ids == {lin}}
    assert filled == {"newcomers", "active", "coffee-lovers"}
    assert all(gone not in ids for ids in cast.held(account).values())
