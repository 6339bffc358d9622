"""Follow sources by hand: who came, stayed, did something, and what it cost."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.effect.sources import sources
from bot.profile.refresh import fold_new
from bot.store import accounts, effect_costs, events, followers
from tests.conftest import NOON, a_follower

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


@pytest.fixture
def account(store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def account_anywhere(any_store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def comes(account: int, name: str, scene: str, at) -> int:
    who = a_follower(account, name, subscribed=False, subscribed_at=None, created_at=at)
    happens(account, who, "subscribe", at, scene=scene)
    followers.mark_subscribed(who, at, scene)
    return who


def happens(account: int, who: int, kind: str, at, **facts) -> None:
    key = f"{kind}:{who}:{at}"
    events.append(account, who, kind, at=at, received_at=at, source="callback", key=key,
                  facts=facts)  # fmt: skip


def leaves(account: int, who: int, at) -> None:
    happens(account, who, "unsubscribe", at)
    followers.mark_unsubscribed(who, at)


def ledger(account: int, now, since=NOON - DAY) -> dict[str, dict]:
    found = sources(account, SHANGHAI, since, now, now)
    return {one.name: one.to_json() for one in found}


def test_what_each_source_brought_kept_and_cost(account_anywhere: int):
    account = account_anywhere
    door = [comes(account, f"o-{n}", "door", NOON) for n in range(4)]
    comes(account, "o-web", "", NOON + 20 * DAY)
    leaves(account, door[0], NOON + 7 * DAY)  # to the millisecond within seven days
    leaves(account, door[1], NOON + 7 * DAY + timedelta(milliseconds=1))
    leaves(account, door[2], NOON + 2 * DAY)
    happens(account, door[2], "subscribe", NOON + 3 * DAY, scene="other")
    followers.mark_subscribed(door[2], NOON + 3 * DAY, "other")
    for at in (NOON + DAY, NOON + 2 * DAY):
        happens(account, door[3], "message.text", at)
    happens(account, door[3], "order", NOON + DAY, amount_fen=9000)
    happens(account, door[3], "refund", NOON + 2 * DAY, amount_fen=1000, order_at=0)
    happens(account, door[3], "scan", NOON + DAY, scene="poster")
    fold_new(NOON + 20 * DAY)
    for fen in (999, 3000):  # said again: in place of what was said before
        effect_costs.set_source_cost(account, "door", date(2026, 11, 21), fen, "", NOON)
    effect_costs.set_source_cost(account, "leaflet", date(2026, 12, 1), 500, "", NOON)
    effect_costs.set_source_cost(account, "door", date(2027, 1, 1), 1, "beyond the span", NOON)
    found = ledger(account, NOON + 29 * DAY)
    assert list(found) == ["door", "", "leaflet", "other", "poster"]
    one = found["door"]
    assert (one["came"], one["left"], one["kept"]) == (4, 2, 2), "who came back is there"
    assert (one["due7"], one["kept7"], one["due30"], one["kept30"]) == (4, 2, 0, 0)
    assert one["stay30"] == [0.0, 0.0, 1.0], "too early to say"
    assert (one["messages"], one["buyers"], one["revenue_fen"]) == (2, 1, 8000)
    assert (one["cost_fen"], one["cost_per_kept_fen"], one["value_per_kept_fen"]) == (
        3000,
        1500,
        4000,
    )
    assert (found["poster"]["scans"], found["other"]["joins"], one["joins"]) == (1, 1, 4)
    assert found["leaflet"]["cost_per_kept_fen"] is None
    assert found[""]["due7"] == 1


def test_thirty_days_are_told_when_they_are_over(account: int):
    comes(account, "o-stays", "door", NOON)
    leaves(account, comes(account, "o-goes", "door", NOON), NOON + 29 * DAY)
    early, due = (
        ledger(account, NOON + 30 * DAY - timedelta(milliseconds=1)),
        ledger(account, NOON + 30 * DAY),
    )
    assert (early["door"]["due30"], due["door"]["due30"], due["door"]["kept30"]) == (0, 2, 1)
    assert (due["door"]["due7"], due["door"]["kept7"]) == (2, 2)


def test_who_is_erased_or_never_followed_is_in_no_source(account: int):
    a_follower(account, "o-tester", subscribed=False, subscribed_at=None)
    a_follower(account, "o-gone", erased_at=NOON)
    assert ledger(account, NOON + DAY) == {}
