"""What living people do inside WeChat: articles, pop-ups, message menus; and local visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.sandbox import articles
from bot.sandbox.api.subscriptions import rights_of
from bot.sandbox.articles import Article
from bot.sandbox.crowd import visitor
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.life import Life, Lives
from bot.sandbox.crowd.local import LocalWeb
from bot.sandbox.crowd.readers import Readers
from bot.sandbox.crowd.visitor import Visit, read_notices
from bot.sandbox.people import Bubble
from bot.sandbox.platform import Platform
from tests.bot.sandbox.conftest import Answer, Asked, Desktop, a_config
from tests.bot.sandbox.shop import URL, Shop

EVENT = "SBXN1_event_reminder_0000000000000000000000"
LIVES = Lives(1, 500, Habits(farmers=0.2), 8.0)
PEOPLE = [LIVES.of(index) for index in range(500)]


def published(desk: Desktop, **fields: Any) -> Article:
    post = articles.compose(desk.world, [{"title": "咖啡周年庆", **fields}], "mass")
    articles.release(desk.world, post)
    return post.articles[0]


def followed(desk: Desktop, link: str, people: list[Life]) -> list[str]:
    readers, rng = Readers(desk.world, desk.acts), LIVES.draws.rng(b"test", 1)
    return [readers.follow(life, desk.world.person(life.openid), link, rng) for life in people]


def test_a_tap_on_an_article_reads_it_and_some_go_on_to_where_it_leads(desk: Desktop):
    article = published(desk, content_source_url=f"{URL}/t/1")
    led = followed(desk, article.url, PEOPLE)
    assert article.reads == desk.world.ledger.counts()["read"] == 500
    assert 100 < led.count(f"{URL}/t/1") < 500
    assert set(led) == {"", f"{URL}/t/1"}
    assert 0 < len(article.likes) < 50
    assert 0 < article.shares < 50
    assert all(to for life, to in zip(PEOPLE, led, strict=True) if life.farms)


def test_an_article_that_leads_nowhere_is_read_and_that_is_all(desk: Desktop):
    assert set(followed(desk, published(desk).url, PEOPLE)) == {""}


def test_a_deleted_article_is_not_read(desk: Desktop):
    article = published(desk, content_source_url=URL)
    article.deleted = True
    assert set(followed(desk, article.url, PEOPLE[:9])) == {""}
    assert article.reads == 0


def test_any_other_link_is_left_to_the_browser(desk: Desktop):
    for link in (f"{URL}/t/1", f"{articles.address(desk.world)}/s/unknown", "http://["):
        assert followed(desk, link, PEOPLE[:1]) == [link]


def test_a_page_with_a_subscription_button_gets_accepted_and_refused(desk: Desktop):
    readers, rng = Readers(desk.world, desk.acts), LIVES.draws.rng(b"test", 2)
    for life in PEOPLE:
        readers.answer_popup(life, desk.follower(life.openid), (EVENT,), rng)
    given = sum(bool(rights_of(desk.world, desk.world.person(p.openid))) for p in PEOPLE)
    assert 150 < given < 450
    answered = [one for one in desk.pushed if one["Event"] == "subscribe_msg_popup_event"]
    assert len(answered) == 500


@pytest.mark.parametrize(
    "notices",
    [
        pytest.param((), id="no button"),
        pytest.param(("unknown",), id="a template that the account has not"),
        pytest.param((EVENT, EVENT), id="the same one twice"),
    ],
)
def test_where_the_platform_shows_no_pop_up_nobody_answers(desk: Desktop, notices):
    readers, rng = Readers(desk.world, desk.acts), LIVES.draws.rng(b"test", 3)
    readers.answer_popup(PEOPLE[0], desk.follower(PEOPLE[0].openid), notices, rng)
    assert {one["Event"] for one in desk.finished()} == {"subscribe"}


def test_the_buttons_of_a_page():
    html = '<wx-open-subscribe template="a,b" id="x"></wx-open-subscribe><p>'
    assert read_notices(html) == ("a", "b")
    assert read_notices("<html>") == ()


def test_an_item_of_a_message_menu_is_tapped(caplog):
    config = a_config(
        callback_url="", people="life", followers=60, start="2026-11-01T08:00+08:00",
        habits={"present": 0.9, "farmers": 0.0},
    )  # fmt: skip
    platform = Platform(config)
    platform.start()
    platform.run(1)
    world, items = platform.world, (("101", "满意"), ("102", "不满意"))
    for openid in world.subscribed():
        menu = Bubble("account", "msgmenu", "满意吗", world.clock(), "custom", items=items)
        world.show(world.people[openid], menu)
    platform.run(600)
    said = [b.text for p in world.people.values() for b in p.chat if b.side == "user"]
    assert len(said) > 5
    assert set(said) == {"满意", "不满意"}
    platform.stop()


# --- the program in this process -----------------------------------------------------------------


def test_a_local_visit_is_as_one_over_http():
    shop = Shop()
    web = LocalWeb(shop)
    assert web.visit(f"{URL}/t/1", wants=False) == Visit(200, True)
    assert web.visit(f"{URL}/t/1", wants=True) == Visit(200, True, True, "C0001")
    assert web.visit(f"{URL}/elsewhere", wants=True) == Visit(404)
    assert web.redeem(URL, "key", "C0001", "order", 3980) == 200
    assert web.redeem(URL, "key", "C0001", "order", 3980) == 409


def redirecting(environ: Mapping[str, Any], start: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/around":
        start("302 Found", [("Location", "/around")])
    elif environ["PATH_INFO"] == "/t":
        start("302 Found", [("Location", "/form")])
    elif environ["REQUEST_METHOD"] == "POST":
        raise RuntimeError("the program is broken")
    else:
        start("200 OK", [("Content-Type", "text/html")])
        return [b'<form action="javascript:x" data-claim>' * (environ["PATH_INFO"] == "/form")]
    return [b""]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/t", Visit(200, True), id="a form that leads nowhere"),
        pytest.param("/around", Visit(0), id="a redirect to itself"),
        pytest.param("/", Visit(200), id="nothing to claim"),
    ],
)
def test_odd_programs_do_no_harm(path, expected):
    assert LocalWeb(redirecting).visit(f"{URL}{path}", wants=True) == expected


def test_a_till_that_breaks_gives_no_answer():
    assert LocalWeb(redirecting).redeem(URL, "key", "C", "order", 1) == 0


def test_only_the_platform_is_told_who_holds_the_phone(dumb_bot):
    def page(_: Asked) -> Answer:
        return 200, "text/html", b"<html>"

    bot = dumb_bot(page)
    visitor.visit(f"{bot.url}/a", False, "o-lin", "127.0.0.1")
    visitor.visit(f"{bot.url}/b", False, "o-lin", "platform.example")
    assert [asked.headers.get("Cookie") for asked in bot.asked] == ["as=o-lin", None]
