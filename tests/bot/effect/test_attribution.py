"""To whom an order is owed, by hand; and that the parts are always the whole."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.effect.attribution import Model, Touch, shares, weights
from bot.effect.crediting import How, Seen, attribute
from bot.profile import privacy
from bot.store import events
from bot.store.db import Store
from bot.store.models import Send
from bot.values.interest import DAY_MS
from tests.bot.campaign.world import World, found_world
from tests.bot.effect.doings import buy, open_coupon, refund, tap
from tests.conftest import NOON

A, B, C = 11, 12, 13
AT = to_ms(NOON)
# A was opened six days before the order and again three before; B three; C at once, by its coupon.
TOUCHES = [
    Touch(A, AT - 6 * DAY_MS, AT - 3 * DAY_MS),
    Touch(B, AT - 3 * DAY_MS, AT - 3 * DAY_MS),
    Touch(C, AT, AT, coupon=True),
]


@pytest.mark.parametrize(
    ("model", "fen", "owed"),
    [
        pytest.param(Model.LAST, 1000, {C: 1000}, id="the last touch is the coupon's"),
        pytest.param(Model.FIRST, 1000, {A: 1000}, id="the first is the oldest act"),
        pytest.param(Model.COUPON, 1000, {C: 1000}, id="the coupon decides"),
        pytest.param(Model.LINEAR, 999, {A: 333, B: 333, C: 333}, id="all alike"),
        pytest.param(Model.LINEAR, 1000, {A: 334, B: 333, C: 333}, id="the fen left over"),
        pytest.param(Model.LINEAR, 2, {A: 1, B: 1, C: 0}, id="fewer fen than touches"),
        pytest.param(Model.LINEAR, 0, {A: 0, B: 0, C: 0}, id="a free order"),
        pytest.param(Model.DECAY, 400, {A: 100, B: 100, C: 200}, id="half after a half-life"),
    ],
)
def test_one_order_by_each_model(model: Model, fen: int, owed: dict[int, int]):
    assert shares(fen, weights(TOUCHES, AT, model, half_life_days=3)) == owed


def test_without_a_coupon_the_coupon_model_owes_nobody():
    assert weights(TOUCHES[:2], AT, Model.COUPON) == {}
    assert shares(1000, {}) == {}


@given(
    st.integers(0, 10**12),
    st.dictionaries(st.integers(1, 9), st.integers(1, 2**41), min_size=1, max_size=6),
)
def test_parts_add_up_to_the_order_and_are_nowhere_a_fen_off(fen: int, owed: dict[int, int]):
    parts = shares(fen, owed)
    total = sum(owed.values())
    assert sum(parts.values()) == fen
    assert all(abs(parts[one] * total - fen * owed[one]) < total for one in owed)


# --- over real rows ----------------------------------------------------------------------------

SHANGHAI = ZoneInfo("Asia/Shanghai")


def a_two(store: Store) -> tuple[World, Send, Send]:
    """Follower 1 gets an article on the first day, and a coupon three days later."""
    world = found_world(store, followers=2)
    free = {"per_day": None, "per_week": None, "per_month": None, "quiet_hours": None}
    world.begin(slug="first", offer=..., url="https://a.example", text="{link}", guardrails=free)
    world.push()
    world.later(days=1)
    world.begin(slug="second", guardrails=free)
    world.push()
    mine = Send.select().where(Send.follower == 1).order_by(Send.id)
    return world, *mine


@pytest.fixture
def two(store: Store) -> tuple[World, Send, Send]:
    return a_two(store)


@pytest.fixture
def two_anywhere(any_store: Store) -> tuple[World, Send, Send]:
    return a_two(any_store)


def owed(world: World, model: str = "last", seen: str = "acted", days: int = 30) -> dict:
    found = attribute(
        world.account_id, SHANGHAI, NOON, NOON + timedelta(days=days), How(Model(model), Seen(seen))
    )
    lines = {}
    for (slug, _, _), line in found.lines.items():
        lines[slug] = lines.get(slug, 0) + line.revenue_fen
    none = sum(line.revenue_fen for line in found.none.values())
    assert sum(lines.values()) + none == found.total_fen
    return {**lines, "": none} if none else lines


def test_models_over_the_same_rows(two_anywhere: tuple[World, Send, Send]):
    world, article, offer = two_anywhere
    tap(world, article)
    open_coupon(world, offer)
    world.later(hours=1)
    buy(world, 1, 901)
    assert owed(world, "last") == {"second": 901}
    assert owed(world, "first") == {"first": 901}
    assert owed(world, "linear") == {"first": 451, "second": 450}
    assert owed(world, "coupon") == {"": 901}, "its code was not what paid"


def test_what_nobody_opened_counts_only_where_sending_does(two: tuple[World, Send, Send]):
    world, *_ = two
    buy(world, 1, 500)
    assert owed(world) == {"": 500}
    assert owed(world, seen="sent") == {"second": 500}


@pytest.mark.parametrize(
    ("after", "to"),
    [
        pytest.param({"days": 7}, {"first": 500}, id="at the window's end"),
        pytest.param({"days": 7, "seconds": 1}, {"": 500}, id="a second later"),
    ],
)
def test_the_window_runs_from_the_send(store, after: dict, to: dict):
    world = found_world(store, followers=1)
    world.begin(slug="first", attribution_days=7)
    world.push()
    tap(world, Send.get())
    world.now = NOON + timedelta(**after)
    buy(world, 1, 500)
    assert owed(world) == to


def test_what_comes_back_is_taken_from_the_day_of_the_order(two: tuple[World, Send, Send]):
    world, article, _ = two
    tap(world, article)
    number = buy(world, 1, 900)
    world.later(days=5)
    buy(world, 1, 70)
    refund(world, number, 300)
    found = attribute(world.account_id, SHANGHAI, NOON, NOON + timedelta(days=30), How())
    assert {key: line.revenue_fen for key, line in found.lines.items()} == {
        ("first", 1, date(2026, 11, 22)): 600,
        ("first", 1, date(2026, 11, 27)): 70,
    }
    assert (found.orders, found.total_fen, found.refunded_fen) == (2, 670, 300)


def test_a_redeemed_code_is_its_sends_whatever_was_opened_since(
    two_anywhere: tuple[World, Send, Send],
):
    world, article, offer = two_anywhere
    open_coupon(world, offer)
    world.later(hours=1)
    tap(world, article)
    buy(world, 1, 400, paid_with=offer)
    assert owed(world, "last") == owed(world, "coupon") == {"second": 400}
    privacy.erase(1, "follower", world.now)
    assert owed(world) == {"second": 400}, "revenue stays when its buyer is forgotten"


def test_orders_of_another_account_or_before_the_span_are_not_there(two: tuple[World, Send, Send]):
    world, *_ = two
    events.append(world.account_id, 1, "order", at=NOON - timedelta(milliseconds=1),
                  received_at=world.now, source="order", key="old",
                  facts={"amount_fen": 5})  # fmt: skip
    assert owed(world) == {}
