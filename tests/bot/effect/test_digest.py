"""周报: the figures of a week by hand; made once, on Monday morning, where there was life."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.effect import digest
from bot.errors import InvalidInput
from bot.store import effect_documents, events
from bot.store.models import Send
from tests.bot.campaign.world import World, found_world
from tests.bot.effect.doings import buy, open_coupon, refund, tap

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = "2026-W47"  # NOON is its Saturday
MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)


@pytest.fixture
def world(any_store) -> World:
    """A campaign to four, one of them gone: one taps, claims and buys; two come, one goes."""
    made = found_world(any_store, followers=4)
    happens(made, 4, "unsubscribe", made.now)
    happens(made, 3, "subscribe", made.now)
    happens(made, 2, "subscribe", MONDAY - timedelta(milliseconds=1))
    happens(made, 2, "subscribe", MONDAY)
    happens(made, 2, "opt_out", made.now)
    happens(made, 1, "message.text", made.now)
    made.begin()
    made.push()
    row = Send.get(Send.follower == 1)
    tap(made, row)
    open_coupon(made, row)
    made.later(hours=1)
    number = buy(made, 1, 2000, paid_with=row)
    buy(made, 2, 500)
    made.later(days=2)
    refund(made, number, 200)
    return made


def happens(world: World, who: int, kind: str, at: datetime) -> None:
    events.append(world.account_id, who, kind, at=at, received_at=at, source="callback",
                  key=f"{kind}:{who}:{at}", facts={})  # fmt: skip


def test_the_week_in_figures_and_words(world: World):
    found = digest.digest(world.account_id, WEEK, world.now)
    told = found.document
    assert (told["first"], told["last"]) == ("2026-11-16", "2026-11-22")
    assert told["events"] == {
        "subscribe": 2, "unsubscribe": 1, "opt_out": 1, "opt_in": 0, "complaint": 0,
    }  # fmt: skip
    assert told["messages"] == {"messages": 1, "people": 1}
    assert told["coupons"] == {"issued": 4, "claimed": 1, "redeemed": 1}
    assert told["orders"] == {
        "orders": 2, "revenue_fen": 2300, "refunded_fen": 200, "credited_fen": 1800,
    }  # fmt: skip
    assert [(one["name"], one["sent"], one["buyers"]) for one in told["campaigns"]] == [
        ("autumn-coffee/a", 4, 1)
    ]
    assert told["before"]["events"]["subscribe"] == 0
    assert "新关注 2，取关 1，净增 +1" in found.words
    assert "净额 ¥23.00，退款 ¥2.00；其中归因到消息 ¥18.00" in found.words


@pytest.mark.parametrize(
    ("at", "made"),
    [
        pytest.param(MONDAY - timedelta(minutes=1), 0, id="the week is not over"),
        pytest.param(MONDAY + timedelta(hours=7, minutes=59), 0, id="too early on Monday"),
        pytest.param(MONDAY + timedelta(hours=8), 1, id="Monday morning"),
        pytest.param(MONDAY + timedelta(days=6), 1, id="any day after"),
        pytest.param(MONDAY + timedelta(days=21), 0, id="a week without life"),
    ],
)
def test_it_is_made_on_monday_morning_once(store, at: datetime, made: int):
    world = found_world(store, followers=1)
    happens(world, 1, "message.text", world.now)
    assert digest.make_due(at) == made
    kept = effect_documents.digests(world.account_id)
    assert [one.name for one in kept] == [WEEK] * made
    happens(world, 1, "message.text", world.now + timedelta(minutes=1))
    assert digest.make_due(at) == 0
    assert effect_documents.digests(world.account_id) == kept


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
    ],
)
def test_weeks_are_counted_from_monday_over_the_new_year(day: date, week: str):
    first, last = digest.days_of(digest.week_of(day))
    assert digest.week_of(day) == week
    assert first <= day <= last
    assert (first.weekday(), last.weekday()) == (0, 6)


@pytest.mark.parametrize("week", ["2026-47", "2026-W00", "2026-W54", "9999-W53", "W47"])
def test_what_is_no_week_is_refused(week: str):
    with pytest.raises(InvalidInput):
        digest.days_of(week)
