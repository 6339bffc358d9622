"""Scripted followers: when their steps are, what they can do, what becomes of what they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from bot.clock import SHANGHAI, from_ms
from bot.sandbox import articles
from bot.sandbox.crowd.local import LocalWeb
from bot.sandbox.crowd.script_words import (
    ACTS,
    Script,
    ScriptError,
    at,
    claim,
    click,
    deed,
    follow,
    from_json,
    from_lines,
    location,
    picture,
    redeem,
    say,
    scan,
    tap,
    to_json,
    unfollow,
    view,
    voice,
)
from bot.sandbox.crowd.scripts import Scripts
from bot.sandbox.inprocess import WsgiWire
from bot.sandbox.people import Bubble
from bot.sandbox.platform import Platform
from tests.bot.sandbox.conftest import a_config
from tests.bot.sandbox.shop import URL, Shop

START = datetime(2026, 11, 1, 8, 0, tzinfo=SHANGHAI)  # a Sunday
DAY = 86_400
STEPS = '[["23:50", "follow"], ["00:10", "say", "营业到几点"], ["day 3 12:00", "redeem"]]'
LINES = f"""
{{"name": "小林", "steps": {STEPS}}}
"""


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def platform(shop: Shop) -> Iterator[Platform]:
    config = a_config(
        callback_url="", mode="plain", start=START.isoformat(), shop_url=URL, shop_key="key"
    )
    platform = Platform(config, wire=WsgiWire(shop))
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def scripts(platform: Platform, shop: Shop) -> Scripts:
    return Scripts(platform.world, platform.acts, platform.timeline, LocalWeb(shop))


def when(platform: Platform, *kinds: str) -> list[datetime]:
    return [
        from_ms(one["at"]).astimezone(SHANGHAI) for one in platform.world.ledger.records(*kinds)
    ]


# --- the journey ---------------------------------------------------------------------------------


def test_follows_at_2350_asks_at_0010_redeems_on_day_3(platform, scripts, shop):
    scripts.play(*from_lines(LINES.splitlines()))
    platform.run(3 * DAY)
    assert scripts.failures == []
    assert when(platform, "follow") == [shanghai("11-01T23:50")]
    assert when(platform, "message") == [shanghai("11-02T00:10")]
    assert when(platform, "tap", "claim", "redemption") == [shanghai("11-03T12:00")] * 3
    assert shop.said == ["subscribe", "营业到几点"]
    assert shop.redeemed == {"C0001": 5000}
    chat = [(bubble.side, bubble.text) for bubble in scripts.person("小林").chat]
    assert chat[2] == ("user", "营业到几点")
    assert chat[3][1].startswith("营业到几点，满50减10元")


def test_many_scripts_are_played_side_by_side(platform, scripts):
    scripts.play(
        Script("小林", at("09:00", follow()), at("+2h", say("在吗"))),
        Script("阿强", at("09:30", follow()), at("+1d", unfollow())),
    )
    scripts.play(Script("小林", at("12:00", say("还在吗"))))  # the same person
    platform.run(2 * DAY)
    ledger = platform.world.ledger
    assert [one["openid"] for one in ledger.records("message")] == [
        scripts.person("小林").openid
    ] * 2
    assert when(platform, "unfollow") == [shanghai("11-02T09:30")]
    assert ledger.counts()["follow"] == 2


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["08:00"], ["11-01T08:00"], id="now is the next eight"),
        pytest.param(["07:59"], ["11-02T07:59"], id="what is over is tomorrow"),
        pytest.param(["23:50", "00:10"], ["11-01T23:50", "11-02T00:10"], id="over midnight"),
        pytest.param(["9:05:30"], ["11-01T09:05:30"], id="with seconds"),
        pytest.param(["+20m", "+1h30m"], ["11-01T08:20", "11-01T09:50"], id="after the step above"),
        pytest.param(["+2d", "+45s"], ["11-03T08:00", "11-03T08:00:45"], id="days and seconds"),
        pytest.param(["day 3 12:00"], ["11-03T12:00"], id="the first step's day counts from now"),
        pytest.param(
            ["07:00", "day 3 12:00"], ["11-02T07:00", "11-04T12:00"], id="day 1 is the first step's"
        ),
    ],
)
def test_when_the_steps_are(words, expected):
    script = Script("小林", *(at(word, follow()) for word in words))
    assert list(script.times(START)) == [shanghai(text) for text in expected]


def test_a_step_before_the_one_above_is_refused_and_nothing_is_played(platform, scripts):
    good = Script("阿强", at("09:00", follow()))
    bad = Script("小林", at("23:50", follow()), at("day 1 12:00", say("早")))
    with pytest.raises(ScriptError, match="before the step above"):
        scripts.play(good, bad)
    platform.run(DAY)
    assert "follow" not in platform.world.ledger.counts()


@pytest.mark.parametrize("word", ["", "24:00", "12:60", "noon", "+", "+5", "day 3", "20m", 5])
def test_a_time_that_is_none(word):
    with pytest.raises(ScriptError):
        at(word, follow())


# --- acts ----------------------------------------------------------------------------------------


def test_every_act_of_a_person(platform, scripts, shop):
    deeds = [
        follow("store01"), say("想喝咖啡"), voice("想吃火锅"), picture(), location("人民广场"),
        click("COUPON"), view("http://e.example/"), scan("store02"), tap(), claim(), redeem(3980),
        deed("revoke", "206"), deed("modify"), unfollow(), deed("cancel"),
    ]  # fmt: skip
    assert {one.act for one in deeds} == set(ACTS)
    scripts.play(Script("小林", *(at("+1m", one) for one in deeds)))
    platform.run(DAY)
    assert scripts.failures == []
    assert [said for said in shop.said if said != "想喝咖啡"] == [
        "subscribe", "voice", "image", "location", "CLICK", "VIEW", "SCAN",
        "user_authorization_revoke", "user_info_modified", "unsubscribe",
        "user_authorization_cancellation",
    ]  # fmt: skip
    assert shop.redeemed == {"C0001": 3980}


@pytest.mark.parametrize(
    ("steps", "act", "reason"),
    [
        pytest.param([say("在吗")], "say", "does not follow", id="a stranger cannot write"),
        pytest.param([follow(), tap()], "tap", "no link", id="nothing to tap"),
        pytest.param([follow(), redeem()], "redeem", "no link", id="nothing to redeem"),
        pytest.param(
            [follow(), say("a"), claim(), redeem(), redeem()], "redeem", "refused", id="used twice"
        ),
        pytest.param([follow(), deed("revoke", "999")], "revoke", "code", id="no such code"),
    ],
)
def test_what_cannot_be_done_is_written_down_and_the_next_step_is_played(
    platform, scripts, shop, steps, act, reason
):
    scripts.play(Script("小林", *(at("+1m", one) for one in steps), at("+1m", follow())))
    platform.run(DAY)
    (failure,) = scripts.failures
    assert (failure.name, failure.act) == ("小林", act)
    assert reason in failure.reason
    assert platform.world.ledger.records("script_failed")[0]["act"] == act
    assert shop.said[0] == "subscribe"


def test_a_tap_on_an_article_reads_it_and_goes_on_to_where_it_leads(platform, scripts, shop):
    world = platform.world
    fields = {"title": "周年庆", "content_source_url": f"{URL}/t/1"}
    post = articles.compose(world, [fields], "mass")
    articles.release(world, post)
    lin = scripts.person("小林")
    platform.acts.follow(lin)
    platform.run(1)
    url = post.articles[0].url
    world.show(lin, Bubble("account", "mpnews", "周年庆", world.clock(), "mass", url))
    scripts.play(Script("小林", at("+1m", tap()), at("+1m", redeem())))
    platform.run(DAY)
    assert scripts.failures == []
    assert post.articles[0].reads == 2
    assert shop.redeemed == {"C0001": 5000}


# --- as JSON -------------------------------------------------------------------------------------


def test_scripts_are_lines_of_json():
    (script,) = from_lines(LINES.splitlines())
    assert script == Script(
        "小林",
        at("23:50", follow()),
        at("00:10", say("营业到几点")),
        at("day 3 12:00", deed("redeem")),
    )
    assert from_json(to_json(script)) == script


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param('{"name": "a"}', id="no steps"),
        pytest.param('{"name": "", "steps": []}', id="no name"),
        pytest.param('{"name": 5, "steps": []}', id="a name that is no text"),
        pytest.param('{"name": "a", "steps": [["23:50"]]}', id="no act"),
        pytest.param('{"name": "a", "steps": [["23:50", "fly"]]}', id="an unknown act"),
        pytest.param('{"name": "a", "steps": [["23:50", "say"]]}', id="an argument is missing"),
        pytest.param('{"name": "a", "steps": [["23:50", "tap", "x"]]}', id="one too many"),
        pytest.param('{"name": "a", "steps": [["23:50", "redeem", "x"]]}', id="no amount"),
        pytest.param('{"name": "a", "steps": [[5, "tap"]]}', id="no time"),
    ],
)
def test_a_line_that_is_no_script_is_refused_by_its_number(line):
    with pytest.raises(ScriptError, match=r"^line 2: "):
        from_lines(["", line])
