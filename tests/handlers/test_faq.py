"""Questions that are written down, asked in other words."""

import pytest

from bot.store import talk
from bot.values.inbound import TextMessage
from tests.conftest import NOON
from tests.handlers.conftest import shown

SOUP = {
    "slug": "soup",
    "questions": ["锅底可以免费加汤吗", "续汤要钱吗", "加汤收不收费"],
    "answers": [{"text": "加汤免费，{name|您}叫店员就行。"}],
}
DOGS = {
    "slug": "dogs",
    "questions": ["能带狗进店吗", "宠物友好吗"],
    "answers": [{"text": "可以带"}],
}


@pytest.fixture
def asked(house):
    """What is said to a text, and the step `faq` of its trace."""
    for document in (SOUP, DOGS):
        talk.put(house.account.id, "faq", document["slug"], document, NOON)

    def ask(text):
        handled = house.push(TextMessage, text=text)
        return handled, next(step for step in handled.trace if step[0] == "faq")

    return ask


@pytest.mark.parametrize("text", ["锅底可以免费加汤吗", "请问加汤收费吗？", "續湯要錢嗎"])
def test_a_question_in_other_words_gets_its_answer(asked, text):
    handled, (_, handler, took, why) = asked(text)
    assert shown(handled) == "加汤免费，您叫店员就行。"
    assert handled.handler == "faq.soup"
    assert took
    assert why.startswith("like “")
    assert handler == "faq.answer"


def test_what_only_resembles_a_question_is_passed_on_with_how_near_it_was(asked):
    handled, (_, _, took, why) = asked("狗年是哪一年")
    assert not handled.handler.startswith("faq")
    assert not took
    assert why.startswith("nearest dogs 0."), why


def test_what_resembles_nothing_is_passed_on(asked):
    _, (_, _, took, why) = asked("zzz qqq")
    assert (took, why) == (False, "nothing alike")


def test_where_no_question_is_written_down_nobody_looks(house):
    handled = house.push(TextMessage, text="续汤要钱吗")
    assert ("faq", "faq.answer", False, "no questions are written down") in handled.trace
