"""A day in figures: what was sent is what the ledger and the desk know, and who followed at its end
is counted then, or not known."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.effect import days
from bot.store import accounts, figures, kept_answers, quotas, send_progress
from bot.store.chats import SETTLED
from bot.store.db import run, transaction
from bot.store.figures import Figure
from bot.store.quotas import Look
from bot.store.send_progress import Done
from tests.bot.campaign.world import World, found_world
from tests.bot.effect.test_sources import happens
from tests.conftest import NOON

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
CUSTOM = "message/custom/send"
ONE_AT_NIGHT = NOON + timedelta(hours=13)  # of the next day


def sent_on(account_id: int, day: date = TODAY, now=NOON) -> int:
    return days.between(account_id, day, day, SHANGHAI, now)[0].sent


@pytest.fixture
def town(store) -> World:
    return found_world(store, followers=4)


def test_what_was_sent_is_of_the_ledger_whatever_the_platform_says_it_counted(any_store):
    town = found_world(any_store, followers=4)
    town.begin()
    town.push()
    day = quotas.day_of(NOON, SHANGHAI)
    assert sent_on(town.account_id) == 4
    quotas.adopt(town.account_id, Look(CUSTOM, NOON, day, 4, 518, 1000))
    assert days.count(town.account_id, TODAY, SHANGHAI).sent == 4


def test_answers_of_the_desk_count_where_the_platform_took_them(town):
    for number, came in enumerate(("sent", "window", "unknown", "sent")):
        at = NOON + timedelta(seconds=number)
        happens(town.account_id, 1, SETTLED, at, of=number, came=came)
    assert sent_on(town.account_id, now=NOON + timedelta(hours=1)) == 2


def test_sendings_of_another_account_day_or_of_a_trial_are_not_in_it(town):
    one = town.create()
    for back in (0, 1, 24 * 60):
        done = Done(sent=5)
        send_progress.note(one.id, 1, done, NOON - timedelta(minutes=back))
    other = accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    assert sent_on(town.account_id) == 10
    assert sent_on(other) == 0
    run("UPDATE campaign SET kind = 'test'")
    assert days.count(town.account_id, TODAY, SHANGHAI).sent == 0


def test_who_followed_at_a_day_s_end_is_counted_when_it_has_just_ended(town):
    happens(town.account_id, 1, "subscribe", ONE_AT_NIGHT - timedelta(minutes=30))
    assert days.fill_due(ONE_AT_NIGHT) == days.KEPT_DAYS
    found = days.between(town.account_id, YESTERDAY, TODAY, SHANGHAI, ONE_AT_NIGHT)
    assert [day.following for day in found] == [None, 3], "one of the four came after midnight"
    run("UPDATE follower SET subscribed = FALSE")
    later = days.between(town.account_id, YESTERDAY, TODAY, SHANGHAI, ONE_AT_NIGHT)
    assert [day.following for day in later] == [None, 3], "it stays what it was"


def test_who_followed_on_a_day_that_ended_long_ago_is_not_known(town):
    days.fill_due(NOON)
    assert days.between(town.account_id, YESTERDAY, YESTERDAY, SHANGHAI, NOON)[0].following is None


def test_days_that_were_kept_by_the_quota_s_counter_are_counted_again(town):
    town.begin()
    town.push()
    numbers = {"follows": 1, "calls": 518}
    with transaction():
        told = [Figure(days.REPORT, TODAY.isoformat(), "", numbers)]
        figures.put(town.account_id, told, NOON)
    tomorrow = NOON + timedelta(days=1)
    assert sent_on(town.account_id, now=tomorrow) == 518
    days.fill_due(tomorrow)
    assert sent_on(town.account_id, now=tomorrow) == 4


def test_a_count_of_today_that_was_kept_before_is_made_anew(town):
    old = kept_answers.Kept(NOON, 1000, False, {"day": TODAY.isoformat(), "calls": 518})
    kept_answers.put(town.account_id, days.KIND, days.TODAY, old)
    assert sent_on(town.account_id) == 0
