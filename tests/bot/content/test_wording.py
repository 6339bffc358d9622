"""One grammar of variables: what each form means, and that older texts mean what they meant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.campaign.document import wording as campaigns
from bot.content.variables import Kind, Variable, misfit
from bot.content.wording import fill, money, parts_of, places
from bot.errors import InvalidInput
from bot.talk import filling as talk
from bot.wechat.outbound import shown_text

EVENING = datetime(2026, 12, 31, 10, 30, tzinfo=UTC)  # 18:30 in Shanghai
VALUES = {"title": "满30减8", "price": 1990, "until": EVENING, "day": date(2026, 3, 5), "n": 12345}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        pytest.param("{title}到店", "满30减8到店", id="a value"),
        pytest.param("{name}到店", "到店", id="no value and no words: nothing"),
        pytest.param("{name|朋友}好", "朋友好", id="words for when there is none"),
        pytest.param("{name|}好", "好", id="words of nothing"),
        pytest.param("{title|our offer}", "满30减8", id="the value goes before the words"),
        pytest.param("{name|default:money}", "money", id="words that are also a filter's name"),
        pytest.param("{name|a|b}", "a|b", id="words with a bar in them"),
        pytest.param("{ title }", "满30减8", id="spaces in the braces"),
        pytest.param("{{title}} {{", "{title} {", id="braces that are meant"),
        pytest.param("{price|money}", "19.90元", id="money of fen"),
        pytest.param("{title|money}", "满30减8", id="a text stays a text"),
        pytest.param("{price|number}", "1,990", id="thousands"),
        pytest.param("{until}", "2026-12-31 18:30", id="an instant in the account's zone"),
        pytest.param("{until|date}", "12月31日", id="its day"),
        pytest.param("{until|date:%Y/%m/%d}", "2026/12/31", id="in another form"),
        pytest.param("{until|date} {until|time}", "12月31日 18:30", id="and its time"),
        pytest.param("{day|date}", "3月5日", id="a day without a time"),
        pytest.param("{title|short:4}", "满30…", id="cut"),
        pytest.param("{title|short:5}", "满30减8", id="not cut where it fits"),
        pytest.param("{name|short:2|亲爱的朋友}", "亲爱的朋友", id="words are not cut"),
        pytest.param("{gone|money|8元}", "8元", id="a filter of nothing"),
        pytest.param("{n|number|short:4}", "12,…", id="one filter after the other"),
        pytest.param("{1x} {", "{1x} {", id="what is no variable stays"),
    ],
)
def test_what_it_reads(text, filled):
    assert fill(text, VALUES) == filled


def test_what_is_put_in_is_never_read_again():
    assert fill("{a}{b}", {"a": "{b}", "b": "{{x}}"}) == "{b}{{x}}"


@pytest.mark.parametrize(
    ("fen", "said"), [(0, "0元"), (1, "0.01元"), (950, "9.50元"), (1000, "10元"), (-950, "-9.50元")]
)
def test_money_is_said_in_yuan(fen, said):
    assert money(fen) == said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", ("brace", "{")),
        ("}x", ("brace", "}")),
        ("{1x}", ("name", "1x")),
        ("{title|short}", ("filter", "short")),
        ("{title|short:0}", ("filter", "short:0")),
        ("{price|money:2}", ("filter", "money:2")),
        ("{until|date:ymd}", ("filter", "date:ymd")),
    ],
)
def test_what_is_no_variable_is_told_with_its_place(text, fault):
    (found,) = [one for one in parts_of(text) if not isinstance(one, str)]
    assert (found.kind, found.what) == fault
    assert text[found.start : found.end].startswith(("{", "}"))


@pytest.mark.parametrize(
    ("text", "kind", "wrong"),
    [
        ("{x|money}", Kind.MONEY, ""),
        ("{x|money}", Kind.TEXT, "money"),
        ("{x|date|time}", Kind.DATE, ""),
        ("{x|short:9|date}", Kind.NAME, "date"),
        ("{x|short:9}", Kind.LINK, "short"),
        ("{x|number}", Kind.MONEY, ""),
    ],
)
def test_a_filter_fits_its_variables_type(text, kind, wrong):
    (place,) = places(text)
    assert misfit(place, Variable("x", kind)) == wrong


NAME = st.sampled_from(["title", "link", "face_value", "gone"])
WORDS = st.text("减 满8|元a", max_size=6)
PLACE = st.builds(lambda n, w: f"{{{n}}}" if w is None else f"{{{n}|{w}}}", NAME, st.none() | WORDS)
TEXT = st.lists(PLACE | st.text("好a，8 \n", max_size=5), max_size=5).map("".join)


def as_it_was(text, values):
    """What a text meant before there were filters."""
    return re.sub(
        r"\{(\w+)(?:\|([^{}]*))?\}", lambda m: values.get(m[1]) or m[2] or "", text
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(TEXT)
def test_texts_of_campaigns_and_answers_mean_what_they_meant(text):
    values = {"title": "券", "link": "https：//h", "face_value": "8元"}
    campaigns.check_text(text, "text", frozenset(values) | {"gone"})
    meant = as_it_was(text, values)
    assert fill(text, values) == campaigns.fill(text, values) == meant
    assert talk.fill(text, {}, values) == shown_text(meant)
    assert set(campaigns.needed(text)) == set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("text", ["{", "{title|short:x}", "{1x}", "{gone}"])
def test_both_refuse_what_is_no_variable(text):
    with pytest.raises(InvalidInput):
        campaigns.check_text(text, "text")
    with pytest.raises(InvalidInput):
        talk.check(text, ("title",))
