import pytest

from bot.nlp.lexicon import topic_names
from bot.profile.onboarding import LONGEST, OPTIONS, answer


def test_what_is_asked_for_are_topics_of_the_lexicon():
    assert set(OPTIONS) <= set(topic_names())
    assert len(OPTIONS) <= 9  # one digit each


@pytest.mark.parametrize(("number", "topic"), list(enumerate(OPTIONS, 1)))
def test_number_and_name_choose_the_same(number, topic):
    assert answer(str(number)) == answer(topic) == answer(f"{number} {topic}") == (topic,)


def test_the_order_and_repetition_of_an_answer_do_not_matter():
    assert answer("3 1 3") == answer("甜品和咖啡") == ("咖啡", "甜品")


def test_a_long_text_is_no_answer():
    assert answer("我喜欢咖啡" + "和火锅" * LONGEST) == ()


def test_no_text_takes_long_to_read():
    from time import perf_counter

    began = perf_counter()
    for part in ("全都要", "都", "全", "我", "我要", "以及", "1"):
        answer((part * LONGEST)[: LONGEST - 1] + "x")
    assert perf_counter() - began < 10  # milliseconds; a pattern that explodes takes minutes
