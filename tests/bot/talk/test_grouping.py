"""Unanswered messages come together by what they say."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.talk.grouping import LEAST, Heard, group

WIFI = ["wifi密码多少", "店里wifi密码是啥", "请问wifi的密码", "wifi密码告诉我", "有wifi吗密码多少"]
DOGS = ["可以带狗进店吗", "能不能带狗", "带狗可以进吗", "狗狗能进店里吗", "我能带狗去吗"]
NOISE = ["今天月亮好圆", "hhhh", "量子力学是什么", "帮我写首诗", "股票跌了"]


def heard(*texts: str, intent: str = "", confidence: float = 0.0, first: int = 1) -> list[Heard]:
    return [Heard(first + n, text, intent, confidence) for n, text in enumerate(texts)]


def test_messages_that_say_the_same_are_one_group_and_single_ones_none():
    found = group(heard(*WIFI, *NOISE, *DOGS))
    groups = [{one.text for one in each.heard} for each in found]
    assert len(groups) == 2
    assert any(len(each & set(WIFI)) >= 4 and not each & set(DOGS) for each in groups)
    assert any(len(each & set(DOGS)) >= 4 and not each & set(WIFI) for each in groups)


def test_a_group_names_its_keywords_and_its_share_of_all_messages():
    found = next(each for each in group(heard(*WIFI, *NOISE)) if "wifi" in each.heard[0].text)
    assert "密码" in found.keywords or "wifi" in found.keywords
    assert found.coverage == len(found.heard) / 10


def test_a_group_leans_to_the_intent_that_the_model_leaned_to():
    some = heard(*WIFI[:3], intent="phone", confidence=0.3)
    rest = heard(*WIFI[3:], intent="bot", confidence=0.9, first=9)
    (found,) = group(some + rest)
    assert (found.intent, round(found.confidence, 2)) == ("phone", 0.3)


def test_the_order_of_arrival_does_not_change_who_is_together():
    mixed = heard(*WIFI, *DOGS, *NOISE)
    first = {frozenset(one.event_id for one in each.heard) for each in group(mixed)}
    random.Random(3).shuffle(mixed)
    assert {frozenset(one.event_id for one in each.heard) for each in group(mixed)} == first


def test_nothing_to_group_is_no_group():
    assert group([]) == []
    assert group(heard("wifi", "wifi")) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=40))
def test_every_message_is_in_one_group_at_most(texts):
    found = group(heard(*texts))
    ids = [one.event_id for each in found for one in each.heard]
    assert len(ids) == len(set(ids))
    assert all(len(each.heard) >= LEAST and 0 < each.coverage <= 1 for each in found)


def test_two_thousand_messages_of_one_vocabulary_are_grouped_in_bounded_work():
    rng = random.Random(1)
    words = [f"词{n}" for n in range(400)]
    texts = ["".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(2000)]
    assert group(heard(*texts))
