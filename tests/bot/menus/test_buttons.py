"""Editing a menu's buttons, and what is wrong with them before the platform is asked."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInput
from bot.menus import buttons as edit
from bot.menus.checking import ERROR, Known, faults, host_errors, rule_errors

A = {"name": "甲", "type": "click", "key": "HELP"}
B = {"name": "乙", "type": "view", "url": "https://b.example/"}
C = {"name": "丙", "type": "click", "key": "COUPON"}
FULL = [A, {"name": "多", "sub_button": [B, C]}]
THERE = Known({"tea"}, {"咖啡"})


def names(buttons):
    return [(one["name"], [each["name"] for each in one.get("sub_button", ())]) for one in buttons]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (lambda m: edit.put(m, (2,), C), [("甲", []), ("多", ["乙", "丙"]), ("丙", [])]),
        (lambda m: edit.put(m, (0,), B), [("乙", []), ("多", ["乙", "丙"])]),
        (lambda m: edit.put(m, (1,), C), [("甲", []), ("丙", ["乙", "丙"])]),
        (lambda m: edit.put(m, (1, 2), A), [("甲", []), ("多", ["乙", "丙", "甲"])]),
        (lambda m: edit.put(m, (0, 0), B), [("甲", ["乙"]), ("多", ["乙", "丙"])]),
        (lambda m: edit.move(m, (1,), -1), [("多", ["乙", "丙"]), ("甲", [])]),
        (lambda m: edit.move(m, (0,), -1), names(FULL)),
        (lambda m: edit.move(m, (1, 0), 1), [("甲", []), ("多", ["丙", "乙"])]),
        (lambda m: edit.move(m, (1, 1), 1), names(FULL)),
        (lambda m: edit.remove(m, (1, 0)), [("甲", []), ("多", ["丙"])]),
        (lambda m: edit.remove(m, (1,)), [("甲", [])]),
        (lambda m: edit.remove(edit.remove(m, (1, 1)), (1, 0)), [("甲", []), ("多", [])]),
    ],
    ids=["a third", "another first", "a name for the opener", "one more above",
         "the first above a button", "earlier", "earlier than first", "later above",
         "later than last", "one gone above", "one gone", "the last gone above"],
)  # fmt: skip
def test_a_step_of_editing_gives_a_new_menu_and_leaves_the_old(steps, found):
    before = edit.cleaned(FULL)
    assert names(steps(before)) == found
    assert before == edit.cleaned(FULL)


@pytest.mark.parametrize(
    "steps",
    [
        lambda m: edit.put([*m, C], (3,), A),
        lambda m: edit.put([{"name": "多", "sub_button": [A] * 5}], (0, 5), B),
        lambda m: edit.put(m, (2, 0), B),
        lambda m: edit.put(m[:1], (2,), B),
        lambda m: edit.remove(m, (2,)),
        lambda m: edit.move(m, (0, 0), 1),
    ],
    ids=["a fourth", "a sixth above", "above none", "beyond the next", "remove none", "move none"],
)
def test_there_are_three_places_and_five_above_each(steps):
    with pytest.raises(InvalidInput):
        steps(edit.cleaned(FULL))


@pytest.mark.parametrize("text", ["", "0", "6", "1-", "1-6", "1-1-1", "-1", "a", "１", "99"])
def test_what_names_no_place_is_refused(text):
    with pytest.raises(InvalidInput):
        edit.read_place(text)
    assert edit.written(edit.read_place("3-5")) == "3-5"


def test_the_platform_s_own_forms_are_read_as_ours():
    """menu/get sends empty sub_button lists; get_current_selfmenu_info has them in a `list`."""
    sent = [
        {**A, "sub_button": []},
        {"name": "多", "sub_button": {"list": [{**B, "news_info": 3}]}},
    ]
    assert edit.cleaned(sent) == [A, {"name": "多", "sub_button": [B]}]


@pytest.mark.parametrize("given", [None, {}, [3], [{"name": 3}], [{"name": "a", "key": []}],
                                   [{"name": "a", "sub_button": 3}]])  # fmt: skip
def test_what_is_no_menu_is_refused(given):
    with pytest.raises(InvalidInput):
        edit.cleaned(given)


def test_differences_say_place_and_name():
    new = [B, {"name": "多", "sub_button": [B]}, C]
    assert edit.differences(FULL, new) == [
        ("changed", "1", "乙"), ("removed", "2-2", "丙"), ("added", "3", "丙"),
    ]  # fmt: skip
    assert edit.differences(FULL, FULL) == []


def of(**fields):
    return [{"name": "甲", "type": "click", "key": "HELP", **fields}]


APP = {"type": "miniprogram", "url": "https://a.example", "appid": "wx1234567890", "pagepath": "p"}


@pytest.mark.parametrize(
    ("menu", "what"),
    [
        ([], "none"),
        ([A] * 4, "many_top"),
        ([{"name": "多", "sub_button": [A] * 6}], "many_below"),
        ([{"name": "多", "sub_button": [{"name": "深", "sub_button": [A]}]}], "deep"),
        (of(name=""), "no_name"),
        (of(name="一二三四五六"), "long_name"),  # 18 bytes of 16
        ([{"name": "多", "sub_button": of(name="字" * 21)}], "long_name"),  # 63 of 60
        (of(type="dance"), "no_type"),
        (of(key=""), "no_key"),
        (of(key="k" * 129), "long_field"),
        (of(type="view", url=""), "no_url"),
        (of(type="view", url="https://a.example/" + "x" * 1007), "long_field"),  # 1,025
        (of(type="view", url="ftp://a.example"), "bad_url"),
        (of(type="view", url="https://"), "bad_url"),
        (of(type="view", url="https://a b.example"), "bad_url"),
        (of(**{**APP, "appid": "gh_1"}), "bad_appid"),
        (of(**{**APP, "pagepath": ""}), "no_pagepath"),
        (of(type="media_id", media_id=""), "no_media_id"),
        (of(type="article_id"), "no_article_id"),
        (of(key="RULE:gone"), "no_rule"),
    ],
)  # fmt: skip
def test_what_the_platform_would_refuse_is_an_error(menu, what):
    found = [one for one in faults(menu, THERE) if one.level == ERROR]
    assert what in [one.what for one in found]
    assert all(one.said(lang) != f"con.menus.fault.{one.what}" for one in found
               for lang in ("zh", "en"))  # fmt: skip


@pytest.mark.parametrize(
    ("menu", "what"),
    [
        (of(name="一二三四五"), ["wide_name"]),  # 15 bytes: allowed, and cut off
        (of(name="abcdefgh"), []),  # eight narrow letters are as wide as four characters
        ([{"name": "多", "sub_button": of(name="一二三四五六七八")}], ["wide_name"]),
        (of(type="view", url="http://a.example"), ["plain_url"]),
        (of(key="OLD"), ["dead_key"]),
        (of(key="CONTENT:茶"), ["no_topic"]),
        (of(key="CONTENT:咖啡"), []),
        (of(key="RULE:tea"), []),
        (of(key="ONCE:spring"), []),
        ([A, {**A, "name": "再"}], ["same_key", "same_key"]),
        (of(**APP), []),
        (of(name="一" * 4, key="HELP"), []),
        (FULL, []),
    ],
)  # fmt: skip
def test_what_followers_would_wonder_about_is_a_warning(menu, what):
    found = faults(menu, THERE)
    assert [(one.level, one.what) for one in found] == [("warning", one) for one in what]
    assert all("{" not in one.said(lang) for one in found for lang in ("zh", "en"))


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({}, ["no_match"]),
        ({"tag_id": "2"}, []),
        ({"client_platform_type": "3"}, []),
        ({"tag_id": "vip"}, ["bad_tag"]),
        ({"tag_id": "²"}, ["bad_tag"]),
        ({"tag_id": "2", "client_platform_type": "4"}, ["bad_platform"]),
    ],
)
def test_a_personalised_menu_is_for_a_tag_or_a_phone(rule, what):
    assert [one.what for one in rule_errors(rule)] == what


@pytest.mark.parametrize(("hosts", "many"), [(3, 0), (4, 1)])
def test_personalised_menus_lead_to_three_domains(hosts, many):
    menus = [of(type="view", url=f"https://{n}.example/") for n in range(hosts)]
    assert len(host_errors([*menus, menus[0]])) == many
