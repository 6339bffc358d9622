"""How the services are bound to an account: here, what its clocks say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.build import reading, zones
from bot.store.models import Account
from bot.talk.live import Talk

EVENING = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # the next day already in Shanghai


@pytest.fixture
def account(store):
    return Account.create(slug="far", appid="wx-far", kind="service", created_at=EVENING)


@pytest.mark.parametrize(
    ("zone", "day"), [("Asia/Shanghai", "2026-11-23"), ("America/New_York", "2026-11-22")]
)
def test_tomorrow_is_the_accounts_own(account, zone, day):
    Account.update(timezone=zone).where(Account.id == account.id).execute()
    understood = reading(lambda _: Talk(), lambda: EVENING)("明天有位子吗", account.id)
    assert understood.entities[0].value["date"] == day


def test_a_zone_is_asked_for_once_while_it_is_fresh(account):
    kept, asked_each_time = zones(), zones(fresh_seconds=0)
    assert kept(account.id) == asked_each_time(account.id) == ZoneInfo("Asia/Shanghai")
    Account.update(timezone="Europe/Paris").where(Account.id == account.id).execute()
    assert kept(account.id) == ZoneInfo("Asia/Shanghai")
    assert asked_each_time(account.id) == ZoneInfo("Europe/Paris")
