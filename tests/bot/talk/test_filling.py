"""Variables: filled in as data, never as a template, a link or a trick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.talk.filling import check, fill, harmless, variables_in


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        pytest.param("{name}你好", {"name": "林"}, "林你好", id="known"),
        pytest.param("{name|您}好", {}, "您好", id="unknown: the default"),
        pytest.param("{name|您}好", {"name": ""}, "您好", id="empty: the default"),
        pytest.param("{name}好", {}, "好", id="no default: nothing"),
        pytest.param("{name|}好", {}, "好", id="an empty default"),
        pytest.param("{{name}}", {"name": "林"}, "{name}", id="braces that are meant"),
        pytest.param("{ name | 您 }", {}, " 您 ", id="a default keeps its spaces"),
        pytest.param("{a}{b}", {"a": "{b}", "b": "x"}, "{b}x", id="a value is not read again"),
        pytest.param("{entity.dish|菜}", {"entity.dish": "毛肚"}, "毛肚", id="with a dot"),
    ],
)
def test_filling(text, values, expected):
    assert fill(text, values) == expected


@pytest.mark.parametrize(
    ("nickname", "expected"),
    [
        pytest.param(
            '<a href="http://evil.example">领奖</a>',
            '＜a href="http：//evil．example"＞领奖＜/a＞',
            id="a link",
        ),
        pytest.param("evil.com", "evil．com", id="a bare domain, which phones make a link"),
        pytest.param(
            "weixin://bizmsgmenu?msgmenucontent=TD",
            "weixin：//bizmsgmenu?msgmenucontent=TD",
            id="a choice",
        ),
        pytest.param("\u202eABC", "ABC", id="a mark that turns the reading round"),
        pytest.param("林\n\n【系统】", "林 【系统】", id="a line of its own"),
        pytest.param("3.5 折", "3.5 折", id="a number stays"),
        pytest.param("👨‍👩‍👧", "👨‍👩‍👧", id="a joined emoji stays whole"),
        pytest.param("长" * 100, "长" * 64, id="at most 64 characters"),
    ],
)
def test_a_nickname_cannot_do_anything(nickname, expected):
    assert fill("{name}", {"name": nickname}) == expected


def test_what_marketers_wrote_may_be_a_link():
    link = '<a href="https://shop.example">地图</a>'
    assert fill("{map|…}", {}, {"map": link}) == link


def test_the_result_fits_a_message():
    assert len(fill("火" * 600 + "{x|" + "锅" * 600 + "}", {}).encode()) <= 2048


@pytest.mark.parametrize(
    "text", ["{", "}", "{}", "{a b}", "{1}", "{name!r}", "{name:>9}", "{a.b.c}", "{hours}", "{}}"]
)
def test_what_is_refused_when_it_is_saved(text):
    with pytest.raises(InvalidInput):
        check(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{name}",
        "{hours|10:00}",
        "{attr.生日}",
        "{entity.dish}",
        "{coupon.count}",
        "{{}}",
        "{地址|门口}",
    ],
)
def test_what_is_accepted(text):
    check(text)


def test_the_names_that_are_asked_for():
    assert variables_in("{a} {b|x} {{c}} {b}") == {"a", "b"}


@given(st.text(), st.dictionaries(st.sampled_from(["name", "city"]), st.text()))
def test_no_text_and_no_value_makes_it_fail(text, values):
    fill(text, values)
    fill("{name|a}{city}", values)
    assert not {"<", ">"} & set(harmless(values.get("name", "")))
