"""The worked example: a man of 25 in 北京, five articles read, two purchases, a hundred friends of
whom ten shared food. Told by other systems, folded from the log, shown again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.collect import intake
from bot.profile.around import around
from bot.profile.features import explain
from bot.profile.refresh import fold_new, rebuild
from bot.profile.vector import named_vector
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, followers, profiles
from bot.store import segments as segment_store
from bot.store.db import fetch, open_store
from tests.conftest import KEY, NOON, a_follower

DAY = timedelta(days=1)
FOOD = "美食"


def told(account, lin):
    """What shop, mini-program and WeCom report of him."""
    said = [("gender", "男"), ("age", 25), ("city", "北京")]
    events = [("attribute", 20, {"name": name, "value": value}) for name, value in said]
    events += [("article.view", days, {"topics": [FOOD]}) for days in (1, 2, 3, 5, 8)]
    events += [("friends", 4, {"count": 100, "shared": {FOOD: 10}})]
    documents = [
        {
            "id": f"e{number}",
            "kind": kind,
            "at": (NOON - days * DAY).isoformat(),
            "follower": lin,
            "facts": facts,
        }
        for number, (kind, days, facts) in enumerate(events)
    ]
    orders = [
        {
            "order_number": f"n{number}",
            "at": (NOON - days * DAY).isoformat(),
            "follower": lin,
            "amount_fen": fen,
            "topics": [FOOD],
        }
        for number, (days, fen) in enumerate([(12, 5800), (6, 8800)])
    ]
    assert intake.take_events(account, documents, NOON).accepted == len(documents)
    assert intake.take_orders(account, orders, NOON).accepted == len(orders)
    assert intake.take_events(account, documents, NOON).repeated == len(documents)


@pytest.fixture(scope="module")
def kept_store(request, tmp_path_factory):
    """One store for the whole module."""
    made = request.getfixturevalue(f"fresh_{request.param}")
    opened = open_store(made(tmp_path_factory.mktemp("worked")), [KEY])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def lin(kept_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)
    told(account, lin)
    fold_new(NOON)
    return lin


def test_the_profile_carries_the_facts_and_the_interest(lin):
    held = explain(profiles.state_of(lin), NOON, around(followers.get(lin), NOON))
    assert {name: one["value"] for name, one in held["attributes"].items()} == {
        "gender": "男",
        "age": 25,
        "city": "北京",
    }
    assert held["counts"]["article.view"] == 5
    assert (held["orders"]["count"], held["orders"]["spent_fen"]) == (2, 14_600)
    assert held["social"]["friends"] == {
        "count": 100,
        "shared": {FOOD: {"friends": 10, "share": 0.1}},
    }
    (food,) = held["interests"]
    assert (food["topic"], food["mentioned"], food["days"]) == (FOOD, 5 * 0.5 + 2 * 3, 7)
    assert food["score"] > 0.8
    assert held["stage"] == "customer"


def test_models_read_the_same_and_a_rebuild_tells_it_again(lin):
    row = named_vector(profiles.state_of(lin), NOON)["features"]
    assert row["friends_top_share"]["value"] == 0.1
    assert row["interest_topics"]["value"] == 1
    before = fetch("SELECT state FROM profile")
    rebuild(NOON)
    assert fetch("SELECT state FROM profile") == before


def test_marketers_find_him_by_what_he_is_and_likes(lin):
    account = followers.get(lin).account_id
    rule = {
        "all": [
            {"attribute": "city", "op": "eq", "value": "北京"},
            {"attribute": "age", "op": "le", "value": 30},
            {"interest": FOOD, "at_least": 0.5},
            {"event": "article.view", "at_least": 5, "within_days": 30},
            {"event": "order", "at_least": 2},
            {"event": "friends", "max": "count", "at_least": 100},
        ]
    }
    found = define(account, "food", "北京美食", rule, NOON)
    refresh_all(NOON, account)
    assert segment_store.member_ids(found.id, 0, 10) == [lin]
