"""Everything that a text says, at once; and nothing that is typed makes it fail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlp.learn.reading import Row, Table
from bot.nlp.learn.train import train
from bot.nlp.normalise import normalise
from bot.nlp.understanding import understand

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TYPED = st.text(
    alphabet="退订优惠卷一二三两十百点半周月号明天晚上到个人块¥0123456789:-.,～ "
    "\u200b\u202e\ud800👍🏻[微笑]/:)aA預",
    max_size=60,
)


def test_a_booking_in_one_message():
    said = understand("周六晚上6点四个人,电话13800138000", now=NOW)
    assert [(one.kind, one.value) for one in said.entities] == [
        ("moment", {"date": "2026-11-28", "time": "18:00", "fuzzy": False}),
        ("people", {"count": 4}),
        ("phone", "13800138000"),
    ]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("4位", ["people"]),
        ("买3份,15块8一份", ["quantity", "money", "quantity"]),
        ("订单号202603011234567", ["order_number"]),
        ("三天后", ["date"]),
        ("七点半", ["time"]),
        ("有券吗", []),
    ],
)
def test_of_what_overlaps_the_longer_stays(text, kinds):
    assert [one.kind for one in understand(text, now=NOW).entities] == kinds


def test_the_places_of_entities_are_places_of_the_normalised_text():
    said = understand("明天ＡＢ\u200b13800138000", now=NOW)
    assert all(said.plain[one.start : one.end] == one.text for one in said.entities)


def test_traditional_characters_are_understood():
    assert understand("退訂").word == "opt_out"
    assert understand("優惠券").word == "coupon"
    assert understand("想吃火鍋").topics["火锅"] == 1.0


def test_a_correction_is_kept_beside_what_was_typed():
    said = understand("快弟到哪了")
    assert (said.plain, said.corrected) == ("快弟到哪了", "快递到哪了")
    assert understand("快递到哪了").corrected == ""


def test_mood_is_heard():
    assert understand("太好吃了,非常满意").sentiment > 0.3
    assert understand("垃圾店,再也不来了!!!").sentiment < -0.3


@settings(max_examples=300, deadline=None)
@given(st.one_of(TYPED, st.text(max_size=80)))
def test_whatever_is_typed_nothing_is_raised_and_everything_has_its_place(text):
    said = understand(text, now=NOW)
    assert all(said.plain[one.start : one.end] == one.text for one in said.entities)
    said.plain.encode()  # no half characters are left


@settings(max_examples=300, deadline=None)
@given(st.one_of(TYPED, st.text(max_size=80)))
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    "piece",
    [
        "啊",
        "😀",
        "\u202e",
        "\u200b",
        "ﷺ",
        "' OR 1=1;--",
        "<b>&amp;",
        "1点半",
        "預",
        "\ud83d",
        "[",
        "/:",
    ],
)
def test_fifty_thousand_characters_are_understood_as_well(piece):
    text = (piece * 50_000)[:50_000]
    assert understand(text, now=NOW).text == text


@pytest.fixture(scope="module")
def learnt():
    labels = {
        "booking": ("订", "预订", "想订"),
        "parcel": ("快递到哪了", "包裹没到", "物流"),
        "out_of_scope": ("今天天气", "写首诗", "股票"),
    }
    rows = [
        Row(f"{text}{more}", (label,))
        for label, texts in labels.items()
        for text in texts
        for more in ("", "吗", "呢", "啊", "呀")
    ]
    return train(Table(tuple(rows), several=False), NOW)


def test_a_model_adds_the_intent(learnt):
    said = understand("我的快递到哪了", model=learnt, now=NOW)
    assert (said.intent, said.refused) == ("parcel", False)
    assert said.second is not None
    assert said.second[0] in ("booking", "out_of_scope")
    assert 0 <= said.second[1] <= said.confidence <= 1


def test_what_is_out_of_scope_is_refused(learnt):
    said = understand("今天天气怎样", model=learnt, now=NOW)
    assert (said.intent, said.refused) == ("out_of_scope", True)


def test_without_a_model_there_is_no_intent_and_nothing_refused():
    said = understand("快递到哪了啊", now=NOW)
    assert (said.intent, said.confidence, said.second, said.refused) == ("", 0.0, None, False)


def test_a_model_hears_the_beginning_of_a_text_that_is_too_long(learnt):
    assert understand("快递到哪了" * 10_000, model=learnt, now=NOW).intent == "parcel"
