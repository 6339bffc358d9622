"""The picture of a profile: figures for charts, the same for the follower and the marketer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.profile import refresh
from bot.profile.picture import Past, picture_of, places, stage_path, weeks
from bot.store import accounts, events, picture
from bot.store.db import run
from bot.store.picture import Act, Quantiles
from tests.conftest import NOON, a_follower


def act(kind, days_ago):
    return Act(kind, to_ms(NOON - timedelta(days=days_ago)))


def ago(days):
    return to_ms(NOON - timedelta(days=days))


def path_of(*acts, subscribed=True, **past):
    found = stage_path([act(*one) for one in acts], subscribed, NOON, Past(**past))
    return [(round((to_ms(NOON) - at) / 86_400_000), stage) for at, stage in found]


@pytest.mark.parametrize(
    ("acts", "path"),
    [
        pytest.param([], [], id="nothing yet"),
        pytest.param([("subscribe", 3)], [(3, "new")], id="new"),
        pytest.param([("subscribe", 7)], [(7, "new")], id="seven days are still new"),
        pytest.param([("subscribe", 9)], [(9, "new"), (2, "active")], id="time alone goes on"),
        pytest.param(
            [("subscribe", 100)], [(100, "new"), (93, "active"), (40, "sleeping")],
            id="asleep after sixty days",
        ),
        pytest.param(
            [("subscribe", 100), ("message.text", 10)],
            [(100, "new"), (93, "active"), (40, "sleeping"), (10, "active")],
            id="woken",
        ),
        pytest.param(
            [("subscribe", 9), ("order", 8), ("order", 7), ("order", 6)],
            [(9, "new"), (8, "customer"), (6, "loyal")],
            id="a customer, and loyal with the third purchase",
        ),
        pytest.param(
            [("order", 2), ("coupon.redeemed", 2)], [(2, "customer")],
            id="an order paid with a coupon is one purchase",
        ),
    ],
)  # fmt: skip
def test_the_stages_that_acts_and_time_led_through(acts, path):
    assert path_of(*acts) == path


def test_who_left_has_gone():
    assert path_of(("subscribe", 3), subscribed=False)[-1] == (0, "gone")


@pytest.mark.parametrize(
    ("acts", "back", "path"),
    [
        pytest.param([("order", 9)], [8], [(9, "customer"), (8, "new"), (2, "active")], id="one"),
        pytest.param([("order", 9)], [9], [(9, "new"), (2, "active")], id="at once"),
        pytest.param(
            [("order", 9), ("order", 8), ("order", 7)], [5],
            [(9, "customer"), (7, "loyal"), (5, "customer")], id="one of three",
        ),
        pytest.param([("order", 9)], [-1], [(9, "customer")], id="not yet"),
        pytest.param(
            [("order", 100)], [50], [(100, "customer"), (50, "active"), (40, "sleeping")],
            id="money back is no act that keeps awake",
        ),
        pytest.param(
            [("order", 9), ("coupon.redeemed", 9)], [8], [(9, "customer")], id="a coupon stays",
        ),
    ],
)  # fmt: skip
def test_an_order_given_back_whole_counts_no_more_from_then_on(acts, back, path):
    assert path_of(*acts, returned=[ago(days) for days in back]) == path


@pytest.mark.parametrize(
    ("acts", "past", "path"),
    [
        pytest.param([("subscribe", 30)], {"left": ago(4)},
                     [(30, "new"), (23, "active"), (4, "gone")], id="since then"),
        pytest.param([("subscribe", 30), ("page.view", 2)], {"left": ago(25)},
                     [(30, "new"), (25, "gone")], id="whatever they do elsewhere"),
        pytest.param([], {"left": ago(4)}, [(4, "gone")], id="without an act"),
        pytest.param([("order", 30), ("order", 3)], {"followed": False},
                     [(30, "gone")], id="who never followed was nothing else"),
        pytest.param([], {"followed": False}, [], id="nothing is known"),
    ],
)  # fmt: skip
def test_who_left_is_gone_since_he_left_and_not_since_somebody_looked(acts, past, path):
    assert path_of(*acts, subscribed=False, **past) == path


@pytest.mark.parametrize("orders", [1, 2, 3, 4])
@pytest.mark.parametrize("back", [0, 1, 2])
@pytest.mark.parametrize("kept", [True, False])
def test_the_path_ends_where_the_follower_stands(store, orders, back, kept):
    """Also where old events are removed: the state has counted them."""
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)

    def happened(kind, days, **facts):
        at = NOON - timedelta(days=days)
        events.append(
            account, lin, kind, at=at, received_at=at, source="order", key=f"{kind}{days}",
            facts={"amount_fen": 100, **facts},
        )  # fmt: skip

    for number in range(orders):
        happened("order", 40 - number)
    for number in range(min(back, orders)):
        happened("refund", 20 - number, whole=True, order_at=ago(40 - number))
    happened("refund", 15, whole=False, order_at=ago(40))
    happened("page.view", 1)
    refresh.fold_new(NOON)
    if not kept:
        run("DELETE FROM event WHERE kind <> 'page.view'")
    seen = picture_of(lin, NOON)
    assert seen.stages[-1][1] == seen.told["stage"]


def test_weeks_begin_on_monday_in_shanghai_and_the_empty_ones_are_there():
    monday = NOON - timedelta(days=5, hours=12)  # 2026-11-16 00:00 in Shanghai
    acts = [Act("click", to_ms(monday)), Act("click", to_ms(monday) - 1)]
    found = weeks(acts, NOON, most=3)
    assert [count for _, count in found] == [0, 1, 1]
    assert found[-1][0] == to_ms(monday)


@pytest.mark.parametrize(
    ("spent", "ahead", "decile"), [(0, 0, 1), (1, 50, 6), (100, 50, 6), (101, 75, 8), (999, 99, 10)]
)
def test_a_place_counts_who_has_less(spent, ahead, decile):
    edges = (0,) * 50 + (100,) * 25 + (500,) * 25
    known = {"monetary": Quantiles(100, edges, NOON)}
    found = places({"spent": spent}, known, NOON)
    assert [(one.ahead_of, one.decile) for one in found] == [(ahead, decile)]


def test_the_place_among_all_comes_from_kept_quantiles(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    people = [a_follower(account, f"o-{n}") for n in range(20)]
    for n, who in enumerate(people):
        at = NOON - timedelta(days=40 - n)
        events.append(
            account, who, "order", at=at, received_at=at, source="order", key=f"{n}",
            facts={"amount_fen": 100 * n, "topics": {"咖啡": 1.0}},
        )  # fmt: skip
    refresh.fold_new(NOON)
    assert picture_of(people[0], NOON).places == []
    assert picture.reckon(account, NOON) == 20
    best, middle, last = (picture_of(people[n], NOON) for n in (19, 10, 0))
    told = [{one.measure: one.ahead_of for one in seen.places} for seen in (best, middle, last)]
    assert [one["monetary"] for one in told] == [95, 50, 0]
    assert [one["recency"] for one in told] == [95, 50, 0]
    assert {one["frequency"] for one in told} == {0}  # all bought once: nobody has less
    assert (best.people, [one["topic"] for one in best.interests]) == (20, ["咖啡"])
    assert [one.kind for one in best.acts] == ["order"]
    assert best.stages[0][1] == "customer"
    assert best.to_json()["rfm_place"]["monetary"]["decile"] == 10
