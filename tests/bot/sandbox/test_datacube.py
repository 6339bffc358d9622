"""Statistics of what happened here (4.13). The story begins on Saturday 2026-11-21 at noon."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bot.sandbox.acts import Acts
from bot.sandbox.api.datacube import REPORTS
from bot.sandbox.clock import MovableClock
from bot.sandbox.config import Switches
from bot.sandbox.pusher import Pusher
from bot.sandbox.statistics import SOURCES, Statistics
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import SUCCESS, Desktop, a_config
from tests.conftest import NOON

HOUR, DAY = 3600, 86400
SATURDAY, SUNDAY = "2026-11-21", "2026-11-22"


def report(desk: Desktop, name: str, begin: str, end: str = "") -> dict[str, Any]:
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    return desk.post(f"/datacube/{name}", {"begin_date": begin, "end_date": end or begin})


def rows(desk: Desktop, name: str, begin: str, end: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report(desk, name, begin, end)["list"]
    return found


def next_morning(desk: Desktop) -> None:
    """Sunday, eight o'clock."""
    desk.clock.advance(20 * HOUR)


# --- which days --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        pytest.param("20261120", "2026-11-20", 61500, id="another form"),
        pytest.param("2026-11-31", "2026-11-20", 61500, id="no such day"),
        pytest.param("2026-11-20", "", 61500, id="no end"),
        pytest.param(20261120, "2026-11-20", 61500, id="a number"),
        pytest.param("2026-11-20", "2026-11-19", 61501, id="the wrong way round"),
        pytest.param("2026-11-21", "2026-11-21", 61501, id="today"),
        pytest.param("2026-11-20", "2026-11-20", None, id="yesterday"),
    ],
)
def test_dates(desk: Desktop, name, begin, end, expected):
    body = {"begin_date": begin, "end_date": end}
    assert desk.post(f"/datacube/{name}", body).get("errcode") == expected


@pytest.mark.parametrize(
    ("name", "span"),
    [
        ("getusersummary", 7),
        ("getusercumulate", 7),
        ("getarticlesummary", 1),
        ("getarticletotal", 1),
        ("getuserread", 3),
        ("getuserreadhour", 1),
        ("getusershare", 7),
        ("getusersharehour", 1),
        ("getarticleread", 1),
        ("getarticleshare", 1),
        ("getbizsummary", 30),
        ("getarticletotaldetail", 1),
        ("getupstreammsg", 7),
        ("getupstreammsghour", 1),
        ("getupstreammsgweek", 30),
        ("getupstreammsgmonth", 30),
        ("getupstreammsgdist", 15),
        ("getupstreammsgdistweek", 30),
        ("getupstreammsgdistmonth", 30),
        ("getinterfacesummary", 30),
        ("getinterfacesummaryhour", 1),
    ],
)
def test_how_many_days_one_call_may_ask_for(desk: Desktop, name, span):
    desk.clock.advance(40 * DAY)  # the last day of the year
    first = 31 - span
    assert "list" in report(desk, name, f"2026-12-{first:02}", "2026-12-30")
    before = f"2026-12-{first - 1:02}" if first > 1 else "2026-11-30"
    assert report(desk, name, before, "2026-12-30")["errcode"] == 61501


def test_every_report_has_its_span_tested():
    marks = test_how_many_days_one_call_may_ask_for.pytestmark
    assert {name for name, _ in marks[0].args[1]} == set(REPORTS)


def test_the_numbers_of_a_day_are_there_at_eight_the_next_morning(desk: Desktop):
    desk.follower()
    desk.clock.advance(20 * HOUR - 1)
    assert rows(desk, "getusercumulate", SATURDAY) == []
    desk.clock.advance(1)
    assert rows(desk, "getusercumulate", SATURDAY)[0]["cumulate_user"] == 1


def test_the_new_reports_say_when_they_are_late(desk: Desktop):
    desk.clock.advance(19 * HOUR)
    assert report(desk, "getbizsummary", "2026-11-20", SATURDAY)["is_delay"] is True
    desk.clock.advance(HOUR)
    assert report(desk, "getbizsummary", "2026-11-20", SATURDAY)["is_delay"] is False


def test_the_old_article_reports_can_be_switched_off():
    desk = Desktop(a_config(switches=Switches(old_article_reports=False)))
    assert report(desk, "getuserread", "2026-11-20")["errcode"] == 47009
    assert "list" in report(desk, "getarticleread", "2026-11-20")
    desk.timeline.stop()


# --- followers ---------------------------------------------------------------------------------


def test_who_came_and_went_by_where_they_came_from(desk: Desktop):
    desk.acts.follow(desk.world.person("o-1"))
    desk.acts.follow(desk.world.person("o-2"), "store01")
    desk.acts.follow(desk.world.person("o-3"), "store01")
    desk.acts.follow(desk.world.person("o-4"), source="ADD_SCENE_PAID")
    desk.acts.unfollow(desk.world.person("o-3"))
    next_morning(desk)
    assert rows(desk, "getusersummary", SATURDAY) == [
        {"ref_date": SATURDAY, "user_source": source, "new_user": new, "cancel_user": gone}
        for source, new, gone in [(0, 1, 0), (1, 1, 0), (30, 2, 1)]
    ]


@pytest.mark.parametrize(("scene", "source"), [*SOURCES.items(), ("ADD_SCENE_OTHERS", 0)])
def test_every_way_to_come_is_told(desk: Desktop, scene, source):
    desk.acts.follow(desk.world.person("o-lin"), source=scene)
    next_morning(desk)
    told = {row["user_source"]: row["new_user"] for row in rows(desk, "getusersummary", SATURDAY)}
    assert told[source] == 1
    assert desk.get("user/info", openid="o-lin")["subscribe_scene"] == scene


def test_a_day_without_anything_is_told_as_such(desk: Desktop):
    assert rows(desk, "getusersummary", "2026-11-20") == [
        {"ref_date": "2026-11-20", "user_source": 0, "new_user": 0, "cancel_user": 0}
    ]


def test_how_many_follow_at_the_end_of_each_day(desk: Desktop):
    desk.follower("o-1")
    desk.follower("o-2")
    desk.clock.advance(2 * DAY)
    desk.acts.cancel(desk.world.person("o-1"))
    desk.clock.advance(DAY)
    told = rows(desk, "getusercumulate", "2026-11-20", "2026-11-23")
    assert [row["cumulate_user"] for row in told] == [0, 2, 2, 1]
    assert told[0] == {"ref_date": "2026-11-20", "user_source": 0, "cumulate_user": 0}


# --- messages ----------------------------------------------------------------------------------


@pytest.fixture
def talk(desk: Desktop) -> Desktop:
    """Lin writes 11 times on Saturday and sends a picture at 14:00; Wang writes once each day."""
    lin, wang = desk.follower("o-lin"), desk.follower("o-wang")
    for _ in range(11):
        desk.acts.say(lin, "你好")
    desk.acts.say(wang, "在吗")
    desk.clock.advance(2 * HOUR)
    desk.acts.send_picture(lin)
    desk.acts.click(lin, "COUPON")  # no message
    desk.clock.advance(DAY)
    desk.acts.say(wang, "在吗")
    return desk


def test_messages_by_day_and_type(talk: Desktop):
    talk.clock.advance(DAY)
    told = rows(talk, "getupstreammsg", SATURDAY, SUNDAY)
    assert [tuple(row.values()) for row in told] == [
        (SATURDAY, 0, 1, 2, 12),
        (SATURDAY, 0, 2, 1, 1),
        (SUNDAY, 0, 1, 1, 1),
    ]
    assert list(told[0]) == ["ref_date", "user_source", "msg_type", "msg_user", "msg_count"]


def test_messages_by_hour(talk: Desktop):
    told = rows(talk, "getupstreammsghour", SATURDAY)
    assert [(row["ref_hour"], row["msg_type"], row["msg_count"]) for row in told] == [
        (1200, 1, 12),
        (1400, 2, 1),
    ]


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        pytest.param(lambda acts, lin, _: acts.say(lin, "你好"), 1, id="text"),
        pytest.param(lambda acts, lin, _: acts.send_picture(lin), 2, id="picture"),
        pytest.param(lambda acts, lin, _: acts.send_voice(lin, "你好"), 3, id="voice"),
        pytest.param(lambda acts, lin, rng: acts.send_location(lin, "家", rng), 6, id="place"),
    ],
)
def test_types_of_messages(desk: Desktop, act, kind):
    act(desk.acts, desk.follower(), random.Random(1))
    next_morning(desk)
    assert [row["msg_type"] for row in rows(desk, "getupstreammsg", SATURDAY)] == [kind]


def test_how_much_each_one_wrote(talk: Desktop):
    talk.clock.advance(DAY)
    told = rows(talk, "getupstreammsgdist", SATURDAY, SUNDAY)
    assert [tuple(row.values()) for row in told] == [
        (SATURDAY, 0, 1, 1),
        (SATURDAY, 0, 3, 1),
        (SUNDAY, 0, 1, 1),
    ]
    assert list(told[0]) == ["ref_date", "user_source", "count_interval", "msg_user"]


@pytest.mark.parametrize(
    ("messages", "interval"), [(1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (50, 3)]
)
def test_intervals(desk: Desktop, messages, interval):
    lin = desk.follower()
    for _ in range(messages):
        desk.acts.say(lin, "你好")
    next_morning(desk)
    told = rows(desk, "getupstreammsgdist", SATURDAY)
    assert [row["count_interval"] for row in told] == [interval]


def test_a_week_is_told_on_its_monday_when_it_is_over(talk: Desktop):
    monday = "2026-11-16"
    assert rows(talk, "getupstreammsgweek", monday, SATURDAY) == []
    talk.clock.advance(18 * HOUR)  # the next Monday at eight
    told = rows(talk, "getupstreammsgweek", monday, SATURDAY)
    assert [tuple(row.values()) for row in told] == [(monday, 0, 1, 2, 13), (monday, 0, 2, 1, 1)]
    spread = rows(talk, "getupstreammsgdistweek", monday, SATURDAY)
    assert [(row["count_interval"], row["msg_user"]) for row in spread] == [(1, 1), (3, 1)]


def test_a_month_is_told_on_its_first_when_it_is_over(talk: Desktop):
    first = "2026-11-01"
    assert rows(talk, "getupstreammsgmonth", first, SATURDAY) == []
    talk.clock.advance(8 * DAY + 18 * HOUR)  # December 1 at eight
    told = rows(talk, "getupstreammsgmonth", first, "2026-11-30")
    assert [tuple(row.values()) for row in told] == [(first, 0, 1, 2, 13), (first, 0, 2, 1, 1)]
    spread = rows(talk, "getupstreammsgdistmonth", first, "2026-11-30")
    assert [(row["count_interval"], row["msg_user"]) for row in spread] == [(1, 1), (3, 1)]


def test_what_blacklisted_people_say_does_not_count(desk: Desktop):
    lin = desk.follower()
    desk.post("tags/members/batchblacklist", {"openid_list": [lin.openid]})
    desk.acts.say(lin, "你好")
    next_morning(desk)
    assert rows(desk, "getupstreammsg", SATURDAY) == []


def test_of_past_days_only_numbers_are_kept(talk: Desktop):
    counts = talk.world.room(Statistics)
    present = counts._present
    assert {name: list(one.sent[1]) for name, one in present.items() if name != "month"} == {
        "hour": ["o-wang"],
        "day": ["o-wang"],
        "week": ["o-lin", "o-wang"],
    }


# --- the callback ------------------------------------------------------------------------------


def test_deliveries_with_their_failures_and_times(desk: Desktop):
    counts = desk.world.room(Statistics)
    for ms, failed in ((12.4, False), (30.0, False), (5000.0, True)):
        counts.pushed(ms, failed, desk.clock())
    desk.clock.advance(HOUR)
    counts.pushed(8, False, desk.clock())
    next_morning(desk)
    names = ["ref_date", "callback_count", "fail_count", "total_time_cost", "max_time_cost"]
    (whole,) = rows(desk, "getinterfacesummary", SATURDAY)
    assert (list(whole), list(whole.values())) == (names, [SATURDAY, 4, 1, 5050, 5000])
    hours = rows(desk, "getinterfacesummaryhour", SATURDAY)
    assert [(row["ref_hour"], row["callback_count"]) for row in hours] == [(1200, 3), (1300, 1)]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        pytest.param(SUCCESS, 0, id="success"),
        pytest.param((200, "text/plain", b"what?"), 1, id="an answer that is none"),
    ],
)
def test_what_the_pusher_delivers_is_counted(dumb_bot, answer, failed):
    bot = dumb_bot(lambda _: answer)
    clock = MovableClock(lambda: NOON)
    world = World(a_config(callback_url=bot.url), clock)
    pusher = Pusher(world, workers=1)
    pusher.start()
    Acts(world, pusher.push).follow(world.person("o-lin"))
    assert pusher.drain(10)
    pusher.stop()
    counted = world.room(Statistics).interface(SATURDAY)
    assert (counted.callback_count, counted.fail_count) == (1, failed)
