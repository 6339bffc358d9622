"""What was meant: asked where nobody is sure, and what is said in answer."""

from __future__ import annotations

import pytest

from bot.i18n import t
from bot.store.db import fetch
from bot.values.inbound import Subscribe, TextMessage
from bot.values.replies import MenuReply
from tests.handlers.conftest import shown
from tests.handlers.talking import means, teach

UNSURE = "那个多少"


@pytest.fixture
def shop(house):
    for slug, title in (("hours", "营业时间"), ("price", "价格")):
        document = {"slug": slug, "title": title, "answers": [{"text": f"关于{title}"}]}
        teach(house, "intent", slug, document)
    means(house, UNSURE, intent="price", confidence=0.4, second=("hours", 0.35))
    return house


def ask(house):
    handled = house.push(TextMessage, text=UNSURE)
    assert isinstance(handled.reply, MenuReply)
    return [option.say for option in handled.reply.options]


def test_the_two_likeliest_are_offered_and_neither(shop):
    assert ask(shop) == ["价格", "营业时间", t("clarify.neither")]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1", "关于价格"),
        ("第二个", "关于营业时间"),
        ("营业时间", "关于营业时间"),
        ("价格吧", "关于价格"),
    ],
)
def test_a_choice_may_be_typed(shop, text, answer):
    ask(shop)
    assert shop.says(text) == answer


def test_it_may_be_tapped_long_after(shop):
    ask(shop)
    shop.wait(hours=5)
    handled = shop.push(TextMessage, text="营业时间", menu_id="i:hours")
    assert shown(handled) == "关于营业时间"


def test_neither_is_an_answer_too(shop):
    ask(shop)
    assert shop.says("都不是") == t("clarify.sorry")


def test_it_goes_before_the_question_that_was_asked_on_following(shop):
    shop.push(Subscribe)
    ask(shop)
    assert shop.says("第一个") == "关于价格"


def test_what_was_meant_is_kept_as_the_best_example(shop):
    ask(shop)
    shop.says("1")
    ((facts,),) = fetch("SELECT facts FROM event WHERE kind = 'clarified'")
    assert '"intent": "price"' in facts
    assert '"event"' in facts


def test_after_its_time_a_number_means_nothing_any_more(shop):
    ask(shop)
    shop.wait(minutes=6)
    assert shop.says("1") == t("fallback.default")
