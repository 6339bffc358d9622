"""Marketers' patterns: linear in time, compared with normalised texts, able to give examples."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.nlp.normalise import normalise
from bot.talk.patterns import any_of, compiled, samples
from bot.talk.substrings import Substrings


def found(pattern, text):
    return compiled(pattern).found(normalise(text).encode())


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("退.{0,3}款", "我要退一下款", True),
        ("退.{0,3}款", "退了四个字的款", False),
        ("^订单", "订单呢", True),
        ("^订单", "我的订单", False),
        ("[A-Z]{2}\\d+", "单号ab123", True),
        ("[０-９]+件", "３件", True),
        ("優惠", "优惠", True),
        ("优惠", "優惠", True),
        ("多少钱？", "多少钱？", True),
        ("多少钱？", "多少", False),
        ("\\？$", "在吗？", True),
        ("(?:退|换)货", "换货", True),
        ("[^0-9]{3}", "12三四五", True),
        ("发票|抬头", "抬头", True),
    ],
)
def test_where_a_pattern_is_found(pattern, text, is_found):
    assert found(pattern, text) is is_found


@pytest.mark.parametrize(
    "pattern",
    [
        "\\w{900}.{900}",
        "(", "a**", "(a)\\1", "(?=a)b", "(?<=a)b", "a{2000}", "(a{1000}){1000}", "[[:alpha:]]x",
        "[a--b]", "[]a]", "a{,3}", "a*", "^", "(?P<x>a)(?P=x)", ".*", "\\", "a\\Z", "[",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(InvalidInput):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a|aa)+$",
        "(?:.*)*x",
        "(a?){30}a{30}",
        "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]$",
    ],
)
def test_no_pattern_hangs_on_a_hostile_text(pattern):
    run = compiled(pattern)
    hostile = ("a" * 2000 + "!").encode()
    started = time.perf_counter()
    run.found(hostile)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("退.{0,3}货款", ("货款",)),
        ("退款|换货", ("退款", "换货")),
        ("\\d{11}", ()),
        ("(?:发票)?", None),
        ("(发票)+抬头吧", ("抬头吧",)),
        ("(?:发票)*抬头", ("抬头",)),
        ("a|\\d", ()),
        ("ABC\\d", ("abc",)),
        ("x?单", ("单",)),
    ],
)
def test_what_every_match_holds(pattern, needs):
    if needs is None:
        with pytest.raises(InvalidInput):
            compiled(pattern)
    else:
        assert compiled(pattern).needs == needs


@pytest.mark.parametrize(
    "pattern",
    [
        "退.{0,3}款",
        "退款|换货|发票",
        "\\d{3}-\\d{4}",
        "[^a-z]b",
        "[\\d\\s]x",
        "(?:ab?){2,3}",
        "\\W单",
    ],
)
def test_examples_match_and_are_the_same_each_time(pattern):
    made = list(samples(pattern))
    assert made
    assert made == list(samples(pattern))
    assert all(found(pattern, one) for one in made if normalise(one) == one)


def test_one_look_for_many_patterns():
    some = any_of([compiled("\\d{3}"), compiled("[xyz]单")])
    assert [some(text.encode()) for text in ("12", "123", "z单", "单")] == [
        False,
        True,
        True,
        False,
    ]


_PIECES = st.lists(
    st.sampled_from([*"退货款单ab12", ".", "退款", "\\d", "[退换]", "(?:退|换货)", "b?", "款+"]),
    min_size=1, max_size=6,
).map("".join)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(_PIECES, st.text("退换货款单ab12 ", max_size=12))
def test_what_is_found_holds_what_is_needed(pattern, text):
    try:
        made = compiled(pattern)
    except InvalidInput:
        return
    is_found = made.found(text.encode())
    assert is_found == bool(re.search(pattern, text))
    if is_found and made.needs:
        assert any(part in text for part in made.needs)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("abc一", max_size=4), max_size=12), st.text("abc一", max_size=15))
def test_substrings_are_those_that_stand_in_the_text(texts, text):
    expected = sorted({one for one in texts if one and one in text})
    assert sorted(Substrings(texts).within(text)) == expected
