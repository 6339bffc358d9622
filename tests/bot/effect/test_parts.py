"""A day told apart, and who of a day's newcomers stayed: by hand, counted once, not again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.effect import cohorts, days, keeping, parts
from bot.effect.sources import KIND, count, kept_sources, sources
from bot.store import accounts, events, figures, followers, kept_answers
from bot.store.db import run
from tests.bot.effect.test_sources import comes, happens, leaves
from tests.conftest import NOON, a_follower

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
TODAY = date(2026, 11, 21)  # NOON is 12:00 in Shanghai


@pytest.fixture
def account(store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def account_anywhere(any_store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def answered(account: int, who: int, at, handler: str, took_ms: int, answer: str, **facts) -> None:
    id_ = events.append(account, who, "message.text", at=at, received_at=at, source="callback",
                        key=f"m{who}{at}", facts=facts)  # fmt: skip
    run(
        "INSERT INTO inbox (event_id, state, attempts, handler, answer, repeats, handled_ms, error,"
        " reason, trace) VALUES (?, ?, 1, ?, ?, 0, ?, '', '', '[]')",
        (id_, "dead" if handler == "failed" else "done", handler, answer, took_ms),
    )


def part(account: int, report: str, day: date = TODAY) -> parts.Part:
    return parts.between(account, report, day, day)[0]


def test_a_day_is_told_apart(account_anywhere: int):
    account = account_anywhere
    lin, wang = (a_follower(account, f"o-{name}") for name in ("lin", "wang"))
    answered(account, lin, NOON, "intent.answer", 30, "passive", intent="price")
    answered(account, wang, NOON + timedelta(minutes=59), "rules.answer", 50, "none", word="coupon")
    answered(account, wang, NOON - 4 * timedelta(hours=1), "failed", 4000, "lost")
    for who, number in ((lin, 0), (lin, 1), (wang, 2)):
        happens(account, who, "menu.click", NOON + number * timedelta(seconds=1), key="shops")
    happens(account, lin, "menu.view", NOON, url="https://a.example/")
    happens(account, lin, "menu.miniprogram", NOON)
    happens(account, lin, "message.text", NOON - DAY)
    assert parts.fill_due(NOON + timedelta(hours=2)) == parts.KEPT_DAYS + 1
    talk = part(account, parts.TALK).numbers
    assert talk["hours"] == {"12": 2, "8": 1}
    assert talk["intents"] == {"price": 1, "": 2}
    assert talk["words"] == {"coupon": 1, "": 2}
    assert talk["by"] == {"intent": 1, "rules": 1, "failed": 1}
    assert part(account, parts.MENU).numbers == {
        "taps": {"shops": [3, 2], "menu.miniprogram": [1, 1], "https://a.example/": [1, 1]}
    }
    assert part(account, parts.CALLS).numbers == {
        "calls": 3, "failed": 1, "late": 1, "total_ms": 4080, "most_ms": 4000,
    }  # fmt: skip
    assert part(account, parts.TALK, TODAY - DAY).numbers["hours"] == {"12": 1}


def test_the_present_day_is_counted_again_and_a_day_that_is_over_once(account: int):
    lin = a_follower(account, "o-lin")
    happens(account, lin, "message.text", NOON - timedelta(hours=1))
    parts.fill_due(NOON)
    assert part(account, parts.TALK).as_of == NOON
    happens(account, lin, "message.text", NOON - timedelta(minutes=1))
    assert parts.fill_due(NOON + timedelta(minutes=14)) == 0
    assert parts.fill_due(NOON + timedelta(minutes=15)) == 1
    assert part(account, parts.TALK).numbers["hours"] == {"11": 2}
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert parts.fill_due(midnight + timedelta(minutes=59)) == 2, "not settled: counted so far"
    assert part(account, parts.TALK).as_of is not None
    assert parts.fill_due(midnight + timedelta(hours=1)) == 1
    assert part(account, parts.TALK).as_of is None
    happens(account, lin, "message.text", NOON)
    parts.fill_due(midnight + timedelta(hours=3))
    assert part(account, parts.TALK).numbers["hours"] == {"11": 2}, "what comes late is in no day"


def came(account: int, number: int, at=NOON) -> list[int]:
    return [comes(account, f"o-{n}", "door", at) for n in range(number)]


def test_who_stayed_and_who_was_active(account_anywhere: int):
    account = account_anywhere
    stays, goes, returns, late = came(account, 4)
    follows_again = comes(account, "o-again", "door", NOON)
    happens(account, follows_again, "subscribe", NOON + timedelta(hours=1))  # twice on one day
    leaves(account, goes, NOON + timedelta(hours=35, minutes=59, seconds=59))  # day 1's last second
    leaves(account, returns, NOON + 2 * DAY)
    happens(account, returns, "subscribe", NOON + 3 * DAY)
    followers.mark_subscribed(returns, NOON + 3 * DAY, "")
    leaves(account, late, NOON + 8 * DAY)
    happens(account, stays, "message.text", NOON + DAY)
    happens(account, stays, "menu.click", NOON + DAY)
    happens(account, goes, "delivery.template", NOON + DAY)  # not of his own accord
    happens(account, stays, "click", NOON + 7 * DAY)
    happens(account, late, "scan", NOON + 6 * DAY)
    assert cohorts.fill_due(NOON + 9 * DAY) > 0
    (one,) = cohorts.between(account, TODAY, TODAY)
    assert (one.came, one.due) == (5, {1: 5, 7: 5})
    assert (one.stayed, one.active) == ({1: 4, 7: 3}, {1: 1, 7: 1})
    assert one.share("stayed", 1) == 4 / 5
    assert one.share("stayed", 30) is None, "too early to say"


def test_each_cohort_is_counted_once_for_each_horizon(account: int):
    (lin,) = came(account, 1)
    next_night = datetime(2026, 11, 22, 17, tzinfo=UTC)  # one o'clock: the day after is over
    turns = 0
    while cohorts.fill_due(next_night):
        turns += 1
    assert turns > 2, "a turn has its bounds"
    leaves(account, lin, NOON + timedelta(hours=2))  # told of too late
    assert cohorts.fill_due(next_night + timedelta(hours=1)) == 0
    (one,) = cohorts.between(account, TODAY, TODAY)
    assert (one.stayed, one.due) == ({1: 1}, {1: 1})
    assert cohorts.fill_due(next_night + DAY) > 0
    assert cohorts.fill_due(next_night + DAY) == 0


def test_weeks_begin_on_monday_and_sum_what_is_due(account: int):
    days = [("2026-11-15", 2), ("2026-11-16", 3), ("2026-11-22", 5), ("2026-11-23", 7)]
    made = [cohorts.Cohort(day, n, {1: n}, {1: n - 1}, {1: 1}) for day, n in days[:-1]]
    made.append(cohorts.Cohort(*days[-1], {}, {}, {}))
    weeks = cohorts.weekly(made)
    assert [(one.day, one.came) for one in weeks] == [
        ("2026-11-09", 2), ("2026-11-16", 8), ("2026-11-23", 7),
    ]  # fmt: skip
    assert (weeks[1].due, weeks[1].stayed, weeks[1].active) == ({1: 8}, {1: 6}, {1: 2})
    assert weeks[2].share("stayed", 1) is None


def test_an_account_without_anybody_has_empty_days(account: int):
    parts.fill_due(NOON)
    cohorts.fill_due(NOON)
    assert part(account, parts.CALLS).numbers["calls"] == 0
    assert cohorts.between(account, TODAY - DAY, TODAY - DAY)[0].share("stayed", 1) is None
    assert figures.of_days(account, "2026-11-21", "2026-11-21", cohorts.REPORT) == []


def test_kept_sources_say_what_the_log_says(account_anywhere: int):
    account = account_anywhere
    door = came(account, 3, NOON - 9 * DAY)
    comes(account, "o-web", "web", NOON)
    leaves(account, door[0], NOON - 5 * DAY)
    happens(account, door[1], "scan", NOON - DAY, scene="poster")
    assert count(account, "", NOON) == {"days": 3}
    for first in (TODAY - 20 * DAY, TODAY - DAY, TODAY):
        since = datetime.combine(first, datetime.min.time(), SHANGHAI)
        until = datetime.combine(TODAY + DAY, datetime.min.time(), SHANGHAI)
        live = sources(account, SHANGHAI, since, until, NOON)
        assert kept_sources(account, first, TODAY) == live
    leaves(account, door[1], NOON)
    assert kept_sources(account, TODAY - 20 * DAY, TODAY)[0].left == 1
    kinds = {KIND: keeping.Kind(lambda account_id, now: ("",), count)}
    assert keeping.refresh(kinds, NOON) == 1
    assert kept_sources(account, TODAY - 20 * DAY, TODAY)[0].left == 2


def test_a_present_day_that_takes_long_is_as_it_was_counted_last(account: int):
    lin = a_follower(account, "o-lin")

    def shown(now) -> list[tuple[str, int]]:
        day = now.astimezone(SHANGHAI).date()
        found = days.between(account, day - DAY, day, SHANGHAI, now)
        return [(one.day, one.messages) for one in found]

    happens(account, lin, "message.text", NOON)
    hour = timedelta(hours=1)
    assert shown(NOON + hour)[1] == ("2026-11-21", 1)
    kept = kept_answers.get(account, days.KIND, days.TODAY)
    assert kept is not None
    kept_answers.put(account, days.KIND, days.TODAY, kept._replace(took_ms=1000))
    happens(account, lin, "message.text", NOON + hour)
    assert shown(NOON + 2 * hour)[1] == ("2026-11-21", 1)
    kinds = {days.KIND: days.KEPT}
    assert keeping.refresh(kinds, NOON + 2 * hour) == 1
    assert shown(NOON + 2 * hour)[1] == ("2026-11-21", 2)
    assert shown(NOON + 13 * hour) == [("2026-11-21", 2), ("2026-11-22", 0)], "another day"
