"""What a text says about one slot: values, refusals with their reason, and silence."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import t
from bot.nlp.normalise import normalise
from bot.talk.form import Slot, Words
from bot.talk.heard import Problem, hear
from bot.talk.shown import shown
from bot.talk.slots import read
from bot.talk.when import complete

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # a Saturday, 12:00 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = ("date", "time", "moment", "number", "people", "money", "phone", "order_number", "text",
         "choice", "yes_no", "entity:dish")  # fmt: skip
DISHES = (("毛肚", "千层肚"), ("鸭肠",), ("Latte", "拿铁"))


def a_slot(kind, **changes):
    bounds = {"date": (0, 60), "moment": (0, 60), "people": (1, 30), "number": (1, 99),
              "money": (100, 100_000), "text": (2, 20)}.get(kind, (0, 0))  # fmt: skip
    usual = {"name": "it", "title": "它", "ask": Words("？"), "least": bounds[0],
             "most": bounds[1]}  # fmt: skip
    if kind == "choice" or kind.startswith("entity:"):
        usual["choices"] = DISHES
    return Slot(**{**usual, "kind": kind, **changes})


def reading(slot, text, *, asked=True, kept=None, day=None):
    """The value, the key of the problem, or None."""
    heard = hear(text, normalise(text), NOON, SHANGHAI, budget=slot.kind == "money")
    found = read(slot, heard, asked=asked, kept=kept, day=day)
    return found.key if isinstance(found, Problem) else found.value if found else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "今天", "2026-11-21"),
        ("date", "后天吧", "2026-11-23"),
        ("date", "周六", "2026-11-21"),
        ("date", "下周三", "2026-11-25"),
        ("date", "12月3号", "2026-12-03"),
        ("date", "28", "2026-11-28"),
        ("date", "二十八", "2026-11-28"),
        ("date", "明天晚上", "2026-11-22"),
        ("date", "昨天", "slot.date_past"),
        ("date", "2026-11-20", "slot.date_past"),
        ("date", "3月1号", "slot.date_far"),
        ("date", "周末", "slot.date_vague"),
        ("date", "每周三", "slot.date_vague"),
        ("date", "不知道", None),
        ("date", "四个人", None),
        ("time", "六点", "18:00"),
        ("time", "晚上七点半", "19:30"),
        ("time", "18:30", "18:30"),
        ("time", "7", "19:00"),
        ("time", "明天上午9点", "09:00"),
        ("time", "下午2点到4点", "14:00-16:00"),
        ("time", "六点左右", "18:00"),
        ("time", "晚上", "slot.time_vague"),
        ("time", "七点前", "slot.time_vague"),
        ("time", "随便", None),
        ("moment", "明天下午三点", "2026-11-22T15:00"),
        ("moment", "明天", "2026-11-22"),
        ("moment", "下午三点", "T15:00"),
        ("moment", "明天晚上", "2026-11-22"),
        ("moment", "昨天三点", "slot.date_past"),
        ("moment", "晚上", "slot.time_vague"),
        ("people", "四个人", 4),
        ("people", "俩", 2),
        ("people", "三四个人", 4),
        ("people", "6", 6),
        ("people", "六个", 6),
        ("people", "一家三口", 3),
        ("people", "两大一小", 3),
        ("people", "0个人", "slot.people_few"),
        ("people", "0", "slot.people_few"),
        ("people", "31位", "slot.people_many"),
        ("people", "很多", None),
        ("number", "8", 8),
        ("number", "八岁", 8),
        ("number", "100", "slot.number_many"),
        ("number", "两三个", "slot.number_vague"),
        ("number", "一半", None),
        ("number", "没数过", None),
        ("money", "一百二", 12000),
        ("money", "预算两百", 20000),
        ("money", "15块8", 1580),
        ("money", "五毛", "slot.money_few"),
        ("money", "一万块", "slot.money_many"),
        ("money", "看着办", None),
        ("phone", "13800138000", "13800138000"),
        ("phone", "我的电话是138 0013 8000", "13800138000"),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("phone", "1380013800012", "slot.phone_wrong"),
        ("phone", "138001380", "slot.phone_wrong"),
        ("phone", "没有", None),
        ("order_number", "E2026112100012", "E2026112100012"),
        ("order_number", "单号2026-1121-0001", "202611210001"),
        ("order_number", "ab-123456", "AB123456"),
        ("order_number", "12345", "slot.order_wrong"),
        ("order_number", "我找不到", None),
        ("text", "  靠窗，\n谢谢 ", "靠窗， 谢谢"),
        ("text", "好", "slot.text_short"),
        ("text", "长" * 21, "slot.text_long"),
        ("text", "！！", None),
        ("text", "\u202e靠窗的位置", "靠窗的位置"),
        ("yes_no", "是的", True),
        ("yes_no", "不用了", False),
        ("yes_no", "也许", None),
        ("choice", "毛肚", "毛肚"),
        ("choice", "来千层肚吧", "毛肚"),
        ("choice", "2", "鸭肠"),
        ("choice", "第二个", "鸭肠"),
        ("choice", "LATTE", "Latte"),
        ("choice", "毛肚和鸭肠", "slot.choice_one"),
        ("choice", "4", None),
        ("choice", "0", None),
        ("choice", "牛排", None),
        ("entity:dish", "想吃鸭肠", "鸭肠"),
        ("entity:dish", "2", None),
    ],
)
def test_what_an_answer_to_the_open_question_means(kind, text, value):
    assert reading(a_slot(kind), text) == value


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("孩子7岁", 7),
        ("三年级2班，今年9周岁", 9),
        ("七岁半", 7),
        ("12 years old", 12),
        ("100岁", "slot.number_many"),
        ("明天3点2个人，5岁", 5),
    ],
)
def test_a_number_with_its_unit_is_heard_whether_asked_for_or_not(text, value, asked):
    slot = a_slot("number", units=("岁", "周岁", "years"))
    assert reading(slot, text, asked=asked) == value


@pytest.mark.parametrize("text", ["5到7岁", "3岁以上", "几岁", "7"])
def test_of_what_is_no_one_number_of_that_unit_nothing_is_heard(text):
    assert reading(a_slot("number", units=("岁",)), text, asked=False) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("people", "四个人", 4),
        ("people", "4", None),
        ("date", "28", None),
        ("date", "周末", "slot.date_vague"),
        ("phone", "138001380", None),
        ("number", "8", None),
        ("text", "靠窗", None),
        ("yes_no", "是", None),
        ("choice", "2", None),
        ("choice", "毛肚", "毛肚"),
    ],
)
def test_where_nobody_asked_only_what_names_itself_counts(kind, text, value):
    assert reading(a_slot(kind), text, asked=False) == value


@pytest.mark.parametrize(
    ("text", "hours", "day", "value"),
    [
        pytest.param("八点", [("10:00", "22:00")], None, "20:00", id="eight is the evening here"),
        pytest.param("八点", [("07:00", "10:00")], date(2026, 11, 22), "08:00", id="or morning"),
        pytest.param("23点", [("10:00", "22:00")], None, "slot.time_closed", id="closed"),
        pytest.param("10点", [("10:00", "22:00")], date(2026, 11, 22), "10:00", id="to the minute"),
        pytest.param("凌晨1点", [("18:00", "02:00")], None, "01:00", id="open over midnight"),
        pytest.param("下午5点", [("18:00", "02:00")], None, "slot.time_closed", id="not yet open"),
        pytest.param("11点", [("10:00", "22:00")], date(2026, 11, 21), "slot.time_past", id="over"),
        pytest.param("中午12点", [], date(2026, 11, 21), "slot.time_past", id="now is too late"),
        pytest.param("12:01", [], date(2026, 11, 21), "12:01", id="a minute from now is not"),
        pytest.param("六点", [], date(2026, 11, 22), "18:00", id="tomorrow at six: the evening"),
        pytest.param("九点", [], date(2026, 11, 22), "09:00", id="tomorrow at nine: the morning"),
    ],
)
def test_a_time_is_the_one_that_is_open_and_still_to_come(text, hours, day, value):
    assert reading(a_slot("time", hours=tuple(hours)), text, day=day) == value


@pytest.mark.parametrize(
    ("kept", "text", "value"),
    [
        ("2026-11-22", "下午三点", "2026-11-22T15:00"),
        ("T15:00", "明天", "2026-11-22T15:00"),
        ("2026-11-22T15:00", "改到周一", "2026-11-23T15:00"),
        ("2026-11-22T15:00", "下午四点", "2026-11-22T16:00"),
        ("2026-11-21", "上午十点", "slot.time_past"),
    ],
)
def test_a_moment_keeps_the_half_that_is_not_said(kept, text, value):
    assert reading(a_slot("moment"), text, kept=kept) == value


@pytest.mark.parametrize(
    ("value", "whole"),
    [("2026-11-22", False), ("T15:00", False), ("2026-11-22T15:00", True), ("", False)],
)
def test_a_moment_is_complete_with_day_and_time(value, whole):
    assert complete(a_slot("moment"), value) is whole
    assert complete(a_slot("date"), "2026-11-22")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800138000", "13800138000"),
        ("单号202611210001", "202611210001"),
        ("12345", "slot.order_wrong"),
        ("没有", None),
    ],
)
def test_a_telephone_number_may_stand_for_an_order(text, value):
    assert reading(a_slot("order_number", also="phone"), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1和3", ["毛肚", "Latte"]),
        ("31", ["毛肚", "Latte"]),
        ("都要", ["毛肚", "鸭肠", "Latte"]),
        ("拿铁，毛肚", ["毛肚", "Latte"]),
        ("14", None),
        ("全部都不要", None),
    ],
)
def test_several_may_be_chosen_and_stand_in_the_order_of_the_form(text, value):
    assert reading(a_slot("choice", many=True), text) == value


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        ("date", "2026-11-27", "11月27日（周五）", "Fri 11/27"),
        ("moment", "2026-11-27T15:00", "11月27日（周五） 15:00", "Fri 11/27 15:00"),
        ("moment", "T15:00", "15:00", "15:00"),
        ("people", 4, "4", "4"),
        ("money", 1550, "15.50", "15.50"),
        ("money", 20000, "200", "200"),
        ("yes_no", True, "是", "yes"),
        ("choice", ["毛肚", "鸭肠"], "毛肚、鸭肠", "毛肚, 鸭肠"),
        ("text", None, "无", "none"),
    ],
)
def test_how_a_value_is_shown(kind, value, zh, en):
    assert shown(a_slot(kind), value, "zh") == zh
    assert shown(a_slot(kind), value, "en") == en


PIECES = (
    *("周六", "昨天", "晚上", "7点", "四个人", "13800138000", "138", "单号12", "毛肚", "是", "不"),
    *("0", "99999999999999999999", "-1", "½", "٣", "每周", "到", "半", "两三", "😀", "\u202e"),
    *("{people}", "<a href='x'>", "\ud800", "一" * 30, "1" * 300, "點", " ", "，"),
)


@given(
    st.sampled_from(KINDS),
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=6).map("".join)),
    st.booleans(),
)
def test_no_text_breaks_a_slot_and_every_refusal_has_words(kind, text, asked):
    slot = a_slot(kind)
    heard = hear(text, normalise(text), NOON, SHANGHAI)
    found = read(slot, heard, asked=asked)
    if isinstance(found, Problem):
        assert found.words("zh")
        assert found.words("en")
    elif found is not None:
        assert shown(slot, found.value, "zh") is not None
        assert len(str(found.value).encode()) <= 200


def test_every_kind_has_words_for_not_understood():
    for kind in (*KINDS[:-1], "entity", "order_or_phone"):
        assert t(f"slot.again_{kind}", "zh", title="菜")
