"""How sure is sure enough: answer, ask back, or leave it."""

import pytest

from bot.errors import InvalidInput
from bot.talk.deciding import Clarify, decide, read_clarify, write_clarify
from bot.talk.intents import Intent
from bot.values.audience import Understanding

INTENTS = {
    "hours": Intent(slug="hours", title="营业时间", answers=("十点",)),
    "address": Intent(slug="address", title="地址", answers=("门口",)),
    "greet": Intent(slug="greet", title="打招呼", answers=("您好",)),
    "mute": Intent(slug="mute", title="没有回答"),
}


def said(intent="hours", confidence=0.9, second=("address", 0.15), refused=False):
    return Understanding(
        "几点", {}, intent=intent, confidence=confidence, second=second, refused=refused
    )


@pytest.mark.parametrize(
    ("what", "answered", "asked"),
    [
        pytest.param({}, "hours", (), id="sure and far ahead: answered"),
        pytest.param({"confidence": 0.5}, "hours", (), id="just sure: answered"),
        pytest.param({"confidence": 0.49}, None, ("hours", "address"), id="less: asked back"),
        pytest.param(
            {"confidence": 0.52, "second": ("address", 0.45)}, None, ("hours", "address"),
            id="sure but hardly ahead: asked back",
        ),
        pytest.param({"confidence": 0.2}, None, ("hours", "address"), id="a guess: asked back"),
        pytest.param({"confidence": 0.19}, None, (), id="less than a guess: left"),
        pytest.param({"refused": True}, None, (), id="out of scope: left, however sure"),
        pytest.param({"intent": ""}, None, (), id="no model: left"),
        pytest.param({"intent": "mute"}, None, (), id="an intent without an answer: left"),
        pytest.param({"intent": "gone"}, None, (), id="an intent that was removed: left"),
        pytest.param(
            {"confidence": 0.4, "second": ("mute", 0.3)}, None, ("hours",),
            id="the second has no answer: only the first is offered",
        ),
        pytest.param({"confidence": 0.4, "second": None}, None, ("hours",), id="no second"),
        pytest.param(
            {"confidence": 0.4, "second": ("address", 0.09)}, None, ("hours",),
            id="a second that is hardly meant is not offered",
        ),
        pytest.param({"intent": "greet", "confidence": 0.4}, None, (), id="small talk: not asked"),
    ],
)  # fmt: skip
def test_how_sure_is_sure_enough(what, answered, asked):
    verdict = decide(said(**what), INTENTS, Clarify())
    assert (verdict.intent.slug if verdict.intent else None) == answered
    assert tuple(one.slug for one in verdict.choices) == asked
    assert verdict.why


def test_the_setting_round_trips_and_refuses_what_makes_no_sense():
    how = read_clarify({"sure": 0.7, "minutes": 3})
    assert how == Clarify(sure=0.7, minutes=3)
    assert read_clarify(write_clarify(how)) == how
    for document, field in (
        ({"sure": 2}, "sure"),
        ({"guess": 0.9}, "guess"),
        ({"certain": 1}, "certain"),
        ({"sure": True}, "sure"),
        ({"minutes": 0}, "minutes"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read_clarify(document)
        assert refused.value.field == field
