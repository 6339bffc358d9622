"""Messages of several clauses: how they part, and when a second request stands in one."""

from dataclasses import replace

import pytest

from bot.nlp.understanding import understand
from bot.talk.answers import Answer
from bot.talk.clauses import MOST, clauses, several, without_and
from bot.talk.deciding import Clarify
from bot.talk.intents import Intent
from bot.talk.openers import without_numbers
from bot.talk.twofold import question_beside, two_questions
from bot.values.replies import TextReply

TEXT = Answer(kind="text", reply=TextReply("…"))
INTENTS = {
    one.slug: one
    for one in (
        Intent(slug="parking", title="停车", answers=(TEXT,)),
        Intent(slug="hours", title="时间", answers=(TEXT, TEXT)),
        Intent(slug="reserve", title="订座", answers=(Answer(kind="form", name="booking"),)),
        Intent(slug="coupon.get", title="领券", answers=(Answer(kind="coupon", name="mine"),)),
        Intent(slug="greet", title="问好", answers=(TEXT,)),
        Intent(slug="wifi", title="无线网"),
    )
}
# What a clause of these words means; the first that is found.
WORDS = {"停车": "parking", "几点": "hours", "位子": "reserve", "券": "coupon.get", "好吗": "greet",
         "网": "wifi"}  # fmt: skip


def meant(text, confidence=0.95, **changes):
    said = understand(text)
    intent = next((slug for word, slug in WORDS.items() if word in text), "")
    return replace(said, intent=intent, confidence=confidence if intent else 0.0, **changes)


def beside(text, understood=meant):
    found = question_beside(text, understood, INTENTS, Clarify())
    return found and (found.rest, found.asked.intent)


def both(text, understood=meant, **changes):
    whole = replace(meant(text), **{"intent": "hours", "confidence": 0.6,
                                    "second": ("parking", 0.3), **changes})  # fmt: skip
    found = two_questions(whole, understood, INTENTS, Clarify())
    return found and tuple(one.intent for one in found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("订座，明晚6点4位，靠窗", ["订座", "明晚6点4位", "靠窗"]),
        ("订座 明晚6点 4位", ["订座", "明晚6点", "4位"]),
        ("有停车位吗？几点关门", ["有停车位吗？", "几点关门"]),
        ("book a table, window seat please", ["book a table", "window seat please"]),
        ("，，，", []),
        ("", []),
        ("一。" * (MOST + 1), []),
    ],
)
def test_a_message_parts_at_stops_and_chinese_spaces(text, parts):
    assert [text[start:end] for start, end in clauses(text)] == parts


@pytest.mark.parametrize(
    ("text", "is_"),
    [("有停车位吗？", False), ("你好", False), ("4位，靠窗", True), ("长，" * 101, False)],
)
def test_one_clause_is_not_looked_at_twice_nor_is_a_story(text, is_):
    assert several(text) is is_


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("顺便问下有没有停车位", "有没有停车位"),
        ("另外，想问一下几点关门", "几点关门"),
        ("还有", ""),
        ("还有位子", "位子"),
        ("问题不大", "问题不大"),
        ("有没有停车位", "有没有停车位"),
    ],
)
def test_what_leads_to_another_request_is_none_of_it(text, left):
    assert without_and(text) == left


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("订明晚6点的位子，顺便问下有没有停车位", ("订明晚6点的位子", "parking")),
        ("有停车位吗？4位", ("4位", "parking")),
        ("4位，另外，能停车吗", ("4位", "parking")),
        ("4位，靠窗，能停车吗", ("4位，靠窗", "parking")),
        ("有没有停车位", None),
        ("4位，停车", None),
        ("4位，能停吗", None),
        ("4位，有网吗", None),
        ("4位，今天好吗", None),
        ("位子，能领券吗", None),
        ("4位，有位子吗", None),
        ("有停车位吗，几点关门", None),
        ("不订位子，就问有停车位吗", None),
        ("4位，有停车位吗，" + "好的，" * 3, None),
    ],
)
def test_one_question_that_words_answer_stands_beside_the_rest(text, found):
    assert beside(text) == found


@pytest.mark.parametrize(("confidence", "found"), [(0.9, "parking"), (0.89, "")])
def test_only_a_certain_one(confidence, found):
    seen = beside("4位，能停车吗", lambda text: meant(text, confidence))
    assert (seen[1] if seen else "") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("有停车位吗，几点关门", ("parking", "hours")),
        ("你好，几点关门？有停车位吗？谢谢", ("hours", "parking")),
        ("有停车位吗，几点", None),
        ("有停车位吗，停车多少钱", None),
        ("有停车位吗，我昨天买的鞋，几点关门", None),
        ("不用地址，几点关门，有停车位吗", None),
        ("有停车位吗几点关门", None),
    ],
)
def test_two_questions_are_two_only_where_nothing_else_is_told(text, found):
    assert both(text) == found


@pytest.mark.parametrize(
    "whole",
    [{"second": ("wifi", 0.3)}, {"second": None}, {"refused": True}, {"word": "help"}],
    ids=str,
)
def test_and_the_whole_text_must_mean_both(whole):
    assert both("有停车位吗，几点关门", **whole) is None


def test_a_message_of_one_clause_costs_no_second_look():
    asked = []
    question_beside("有没有停车位", asked.append, INTENTS, Clarify())
    two_questions(meant("有没有停车位"), asked.append, INTENTS, Clarify())
    assert asked == []


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("订座，电话13912345678", "订座"),
        ("我的手机号码是13912345678，想订个位", "想订个位"),
        ("查一下单号2026112100012345", "查一下"),
        ("13912345678", ""),
        ("订座", ""),
    ],
)
def test_numbers_of_somebody_say_nothing_of_what_is_wanted(text, rest):
    assert without_numbers(understand(text)) == rest
