"""A tiny population against a scripted bot, over real HTTP: the books agree with what was asked."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.sandbox.crowd import phrases
from bot.sandbox.platform import Platform
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import SUCCESS, Answer, Asked, DumbBot, a_config

WELCOME = "欢迎！回复数字告诉我们您喜欢什么：\n" + "\n".join(
    f"{number} {topic}" for number, topic in enumerate(phrases.TOPICS, 1)
)
FORM = '<form method="post" action="/claim" data-claim><input type="hidden" name="t" value="1">'


class Shop:
    """Welcomes, offers a coupon to everybody who writes, hands out codes, redeems them once."""

    def __init__(self) -> None:
        self.url = ""
        self.given = 0
        self.redeemed: set[str] = set()
        self.said: Counter[str] = Counter()

    def __call__(self, asked: Asked) -> Answer:
        path = urlsplit(asked.path).path
        if path == "/wechat/default":
            return self.callback(asked)
        if path == "/t/abc":
            return 200, "text/html", FORM.encode()
        if path == "/claim":
            self.given += 1
            return 200, "text/html", f'<p data-coupon-code="C{self.given:04d}">'.encode()
        assert path == "/api/v1/coupons/redeem"
        assert asked.headers["Authorization"] == "Bearer key"
        code = json.loads(asked.body)["code"]
        if code in self.redeemed:
            return 409, "application/json", b"{}"
        self.redeemed.add(code)
        return 200, "application/json", b"{}"

    def callback(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            (echo,) = parse_qs(urlsplit(asked.path).query)["echostr"]
            return 200, "text/plain", echo.encode()
        fields = parse(asked.body)
        self.said[fields.get("Event") or fields["MsgType"]] += 1
        if fields.get("Event") == "subscribe":
            return self.text(fields, WELCOME)
        if fields["MsgType"] == "text":
            return self.text(fields, f"{fields['Content']}券：{self.url}/t/abc")
        return SUCCESS

    def text(self, fields: dict[str, Any], content: str) -> Answer:
        answer = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": 1760000000,
            "MsgType": "text",
            "Content": content,
        }
        return 200, "application/xml", render(answer).encode()


@pytest.fixture
def story(dumb_bot) -> Iterator[tuple[Platform, Shop, DumbBot]]:
    shop = Shop()
    bot = dumb_bot(shop)
    shop.url = bot.url
    config = a_config(
        callback_url=f"{bot.url}/wechat/default",
        mode="plain",
        followers=12,
        seed=3,
        seconds=0.6,
        shop_url=bot.url,
        shop_key="key",
    )
    platform = Platform(config)
    yield platform, shop, bot
    platform.stop()


def wait_for_the_end(platform: Platform) -> None:
    ends = time.monotonic() + 20
    while not platform.population.report()["ended"] and time.monotonic() < ends:
        time.sleep(0.01)
    assert platform.settle(20)


def test_a_story_from_following_to_redemption(story):
    platform, shop, bot = story
    platform.start()
    wait_for_the_end(platform)
    books = platform.ledger()
    calls, acts = books["callbacks"], books["acts"]

    assert books["followers"] == shop.said["subscribe"] == acts["follow"] == 12
    assert calls["waiting"] == calls["failed"] == calls["repeated"] == 0
    assert calls["pushes"] == calls["deliveries"] == sum(shop.said.values())
    assert calls["answered"] == shop.said["subscribe"] + shop.said["text"]
    assert calls["answered"] + calls["silent"] == calls["pushes"]
    assert books["subscribed"] == 12 - acts.get("unfollow", 0)

    paths = Counter(urlsplit(asked.path).path for asked in bot.asked)
    assert len(books["taps"]) == paths["/t/abc"] > 0
    assert len(books["claims"]) == paths["/claim"] == shop.given > 0
    assert len(books["redemptions"]) == paths["/api/v1/coupons/redeem"] > 0
    accepted = [one["code"] for one in books["redemptions"] if one["accepted"]]
    assert set(accepted) == shop.redeemed
    assert len(accepted) == len(shop.redeemed)
    assert all(person["interests"] for person in books["people"])


def test_people_answer_the_welcome_with_an_interest_of_theirs(story):
    platform, _, _ = story
    platform.start()
    wait_for_the_end(platform)
    answers = {str(n): topic for n, topic in enumerate(phrases.TOPICS, 1)}
    answers |= {topic: topic for topic in phrases.TOPICS}
    answered = 0
    for person in platform.world.people.values():
        for bubble in person.chat:
            if bubble.side == "user" and bubble.text in answers:
                answered += 1
                assert answers[bubble.text] in person.interests
    assert answered >= 3


def test_a_bot_that_talks_nonsense_does_not_stop_the_people(dumb_bot):
    def nonsense(asked: Asked) -> Answer:
        if asked.method == "GET":
            (echo,) = parse_qs(urlsplit(asked.path).query)["echostr"]
            return 200, "text/plain", echo.encode()
        return 200, "text/html", b"<html>\xff]]>"

    bot = dumb_bot(nonsense)
    platform = Platform(a_config(callback_url=f"{bot.url}/", followers=5, seconds=0.3, seed=2))
    platform.start()
    wait_for_the_end(platform)
    calls = platform.state()["callbacks"]
    assert calls["failed"] == calls["pushes"] > 5
    platform.stop()


def test_endless_people_settle_when_they_are_stopped(dumb_bot):
    shop = Shop()
    bot = dumb_bot(shop)
    shop.url = bot.url
    config = a_config(
        callback_url=f"{bot.url}/wechat/default", mode="plain", followers=5, time_scale=100.0
    )
    platform = Platform(config)
    platform.start()
    ends = time.monotonic() + 10
    while not shop.said["text"] and time.monotonic() < ends:
        time.sleep(0.01)
    assert platform.settle(10)
    before = platform.state()["callbacks"]
    assert before["pushes"] > 0
    assert before["waiting"] == 0
    platform.stop()


def test_a_story_can_be_played_on_virtual_time():
    config = a_config(callback_url="", followers=20, seconds=60.0, start="2026-11-01T08:00+08:00")
    platform = Platform(config)
    platform.start()
    platform.run(15)
    assert platform.state()["acts"]["follow"] == 20
    platform.run(45)
    assert platform.population.report()["ended"]
    assert platform.state()["acts"]["message"] > 20
    platform.stop()
