"""The simulated followers: the same for the same seed, and inside the story's times."""

from __future__ import annotations

import itertools
import random

import pytest

from bot.sandbox.crowd import phrases
from bot.sandbox.crowd.personas import endless, persona, script
from bot.sandbox.crowd.population import chosen_option

SECONDS, PEOPLE = 60.0, 200


def scripts(seed: int) -> list[list[object]]:
    return [
        [persona(seed, index), *script(persona(seed, index), seed, SECONDS, PEOPLE)]
        for index in range(PEOPLE)
    ]


def test_the_same_seed_gives_the_same_people_and_acts():
    assert scripts(7) == scripts(7)
    assert scripts(7) != scripts(8)


def test_a_person_does_not_depend_on_how_many_others_there_are():
    who = persona(7, 3)
    assert script(who, 7, SECONDS, 10) == script(who, 7, SECONDS, 20)


def test_openids_are_28_characters_and_all_different():
    openids = {persona(1, index).openid for index in range(1000)}
    assert len(openids) == 1000
    assert {len(openid) for openid in openids} == {28}


def test_the_storys_times():
    for index in range(PEOPLE):
        acts = script(persona(1, index), 1, SECONDS, PEOPLE)
        assert acts[0].kind == "follow"
        assert acts[0].at <= 0.25 * SECONDS
        assert acts[-1].at <= 0.9 * SECONDS
        assert [act.at for act in acts] == sorted(act.at for act in acts)
        gone = [act for act in acts if act.kind == "unfollow"]
        assert all(act is acts[-1] and act.at >= 0.35 * SECONDS for act in gone)


def test_a_crowd_does_everything():
    acts = [act for one in scripts(1) for act in one[1:]]
    kinds = {act.kind for act in acts}  # type: ignore[attr-defined]
    assert kinds == {
        "follow",
        "unfollow",
        "say",
        "voice",
        "picture",
        "location",
        "click",
        "scan",
    }
    said = {act.detail for act in acts if act.kind == "say"}  # type: ignore[attr-defined]
    assert said & set(phrases.OPT_OUTS)
    assert said & set(phrases.COUPONS)
    assert len(said) > 300


def test_a_large_crowd_says_less_each():
    assert len(script(persona(1, 5), 1, 10.0, 100_000)) <= 3


def test_endless_people_go_on_in_order():
    acts = list(itertools.islice(endless(persona(1, 0), 1, 10.0), 2000))
    assert acts[0].kind == "follow"
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert {"unfollow", "follow"} <= {act.kind for act in acts[1:]}


@pytest.mark.parametrize("topic", phrases.TOPICS)
def test_every_topic_has_words_enough(topic):
    assert len(set(phrases.TOPICS[topic])) >= 12


@pytest.mark.parametrize(
    "welcome",
    [
        pytest.param("欢迎！回复数字：\n1 咖啡\n2 火锅\n3 甜品", id="a number and a blank"),
        pytest.param("您喜欢什么？\n1. 咖啡\n2. 火锅\n3. 甜品", id="a number and a stop"),
        pytest.param("1️⃣ 咖啡\n2️⃣ 火锅\n3️⃣ 甜品", id="keycap digits"),
        pytest.param("1、☕ 咖啡\n2、🍲 火锅\n3、甜品", id="with pictures"),
    ],
)
def test_the_welcome_is_answered_by_number_or_word(welcome):
    who = next(p for p in (persona(1, n) for n in range(99)) if "火锅" in p.interests)
    first = next(topic for topic in who.interests if topic in welcome)
    answers = {chosen_option(welcome, who, random.Random(n)) for n in range(20)}
    assert len(answers) == 2
    assert any(answer.isdigit() for answer in answers)
    assert any(first in answer for answer in answers)


def test_a_welcome_without_options_is_not_answered():
    assert chosen_option("欢迎关注！2026 年见", persona(1, 0), random.Random(1)) == ""
