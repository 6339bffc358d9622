"""Conversations with forms, step by step: answers, corrections, digressions, ends."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.i18n import t
from bot.nlp.dictionary import Dictionary
from bot.nlp.understanding import understand
from bot.talk.answers import read_answer
from bot.talk.dialogue import begin, question, resume, step
from bot.talk.forms import read_form, shipped
from bot.talk.intents import Named
from bot.talk.openers import opened_by
from bot.talk.turns import Around, State
from bot.values.audience import Understanding

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # a Saturday, 12:00 in Shanghai
AROUND = Around(now=NOON, zone=ZoneInfo("Asia/Shanghai"), intents=("parking", "reserve"))
FORMS = {one["slug"]: read_form(one, read_answer) for one in shipped()}
BOOKING = FORMS["booking"]
READY = ("订座", "周六晚上六点四个人", "13800138000", "没有")  # what brings a booking to its end


def said(text, **changes):
    return replace(understand(text), **changes)


def meaning(text, intent, confidence=0.95):
    return said(text, intent=intent, confidence=confidence)


class Talk:
    """A follower in a form: `says` gives the turn, `heard` what the follower reads."""

    def __init__(self, slug="booking", around=AROUND):
        self.form, self.around = FORMS.get(slug, slug), around
        self.turn = None

    @property
    def state(self):
        return self.turn.state

    @property
    def values(self):
        return dict(self.state.values if self.state else self.turn.values)

    @property
    def heard(self):
        return "\n".join(self.turn.say)

    def says(self, *texts):
        for text in texts:
            about = said(text) if isinstance(text, str) else text
            if self.turn is None:
                self.turn = begin(self.form, about, self.around)
            else:
                assert self.state is not None, f"the form is over before {about.text}"
                self.turn = step(self.form, self.state, about, self.around)
        return self.turn


def test_a_booking_from_one_end_to_the_other():
    talk = Talk()
    assert talk.says("订座").outcome == "asking"
    assert talk.heard == "好的，帮您登记订座。\n请问哪天来用餐？"
    assert talk.says("周六晚上六点四个人").say == ("留个手机号吧，方便门店联系您。",)
    assert talk.says("13800138000").outcome == "asking"
    assert talk.says("没有").outcome == "confirming"
    assert "11月21日（周六） 18:00，4位" in talk.heard
    assert "13800138000" in talk.heard
    assert talk.says("是").outcome == "done"
    assert talk.values == {
        "day": "2026-11-21", "at": "18:00", "people": 4, "phone": "13800138000", "note": None
    }  # fmt: skip


def test_the_opening_message_is_an_answer_already():
    talk = Talk()
    talk.says("明天晚上七点，三个人，电话13800138000，能订座吗")
    assert talk.values == {
        "day": "2026-11-22", "at": "19:00", "people": 3, "phone": "13800138000"
    }  # fmt: skip
    assert talk.state.open == "note"


@pytest.mark.parametrize(
    ("slug", "text", "values"),
    [
        ("complaint", "我要投诉，昨天外卖洒了一半", {"what": "昨天外卖洒了一半"}),
        ("complaint", "我要投诉服务员态度差", {"what": "服务员态度差"}),
        ("complaint", "怎么等了一个小时还没上菜？我要投诉", {"what": "怎么等了一个小时还没上菜？"}),
        ("complaint", "菜里有头发", {"what": "菜里有头发"}),
        ("complaint", "昨天点的外卖，洒了一半，投诉你们", {"what": "昨天点的外卖，洒了一半"}),
        ("complaint", "我要投诉", {}),
        ("complaint", "我要投诉你们店", {}),
        ("complaint", "太差劲了，我要投诉", {}),
        ("complaint", "投诉电话是多少", {}),
        ("booking", "订座，四个人，靠窗，姓王", {"people": 4, "note": "靠窗，姓王"}),
        ("booking", "订座 四个人 靠窗", {"people": 4, "note": "靠窗"}),
        ("booking", "你好，想订个位子，周末，四个人，谢谢", {"people": 4}),
        ("booking", "订座，可以停车吗", {}),
        ("booking", "想来吃饭，四个人，靠窗", {"people": 4, "note": "靠窗"}),
        ("booking", "订座，" + "长" * 61, {}),
        ("return_goods", "我要退货，尺码不合适", {"wish": "退货退款", "reason": "尺码不合适"}),
        ("return_goods", "衣服有个洞，要退货", {"wish": "退货退款", "reason": "衣服有个洞"}),
        (
            "return_goods",
            "我要退货，订单号2026111877990011，手机号13800138000",
            {"wish": "退货退款", "order": "2026111877990011"},
        ),
        ("return_goods", "我想退掉昨天买的那双鞋", {"wish": "退货退款"}),
        ("trial", "孩子7岁，想约试听", {"age": 7}),
        ("trial", "孩子5到7岁，想约试听", {}),
        ("trial", "想约试听", {}),
    ],
)
def test_texts_and_ages_of_the_opening_message_are_taken_where_they_say_something(
    slug, text, values
):
    talk = Talk(slug)
    talk.says(text)
    assert talk.values == values


def test_what_no_confirmation_will_show_is_said_back():
    talk = Talk("complaint")
    talk.says("我要投诉，昨天外卖洒了一半")
    assert talk.turn.say[1] == t("dialogue.noted", title="情况", value="昨天外卖洒了一半")
    booking = Talk()
    booking.says("订座，靠窗")
    assert booking.turn.say[1:] == ("请问哪天来用餐？",)


def test_a_text_slot_takes_the_thing_of_its_name_that_a_message_names():
    words = Dictionary([Named(slug="course", title="课程", values=(("钢琴", "弹琴"),))])
    talk = Talk("trial")
    talk.says(understand("孩子7岁，想学弹琴，约试听", words))
    assert talk.values == {"course": "钢琴", "age": 7}


def test_an_impossible_opening_is_told_at_once():
    talk = Talk()
    talk.says("昨天晚上六点四个人")
    assert talk.heard.endswith(t("slot.date_past"))
    assert talk.state.open == "day"
    assert talk.values == {"at": "18:00", "people": 4}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("不对，是周五", {"day": "2026-11-27"}),
        ("改成7点", {"at": "19:00"}),
        ("人数改成6个", {"people": 6}),
        ("改成6个人", {"people": 6}),
        ("改成6个", {"people": 6}),
        ("不是四个人是五个人", {"people": 5}),
        ("是五个人不是四个人", {"people": 5}),
        ("周六改成周日", {"day": "2026-11-22"}),
        ("明天七点吧", {"day": "2026-11-22", "at": "19:00"}),
        ("时间换成晚上8点半", {"at": "20:30"}),
        ("电话改成13900139000", {"phone": "13900139000"}),
        ("备注改成要宝宝椅", {"note": "要宝宝椅"}),
        ("五个人", {"people": 5}),
        ("日期应该是下周三", {"day": "2026-11-25"}),
        ("日期改为12月1号，人数5位", {"day": "2026-12-01", "people": 5}),
    ],
)
def test_whatever_was_said_can_be_corrected_at_the_confirmation(text, changed):
    talk = Talk()
    talk.says(*READY)
    before = talk.values
    assert talk.says(text).outcome == "confirming"
    assert talk.values == {**before, **changed}
    assert talk.says("对").outcome == "done"


@pytest.mark.parametrize(
    ("answered", "text", "changed"),
    [
        (("订座", "周六"), "不对，是周五", {"day": "2026-11-27"}),
        (("订座", "周六", "六点"), "改成周日七点", {"day": "2026-11-22", "at": "19:00"}),
        (("订座", "周六", "六点", "4"), "人数是5个人，说错了", {"people": 5}),
        (("订座", "周六", "六点", "4", "13800138000"), "改成7点", {"at": "19:00"}),
        (("订座", "周六", "六点", "4"), "改成6个", {"people": 6}),
    ],
)
def test_and_at_any_time_before(answered, text, changed):
    talk = Talk()
    talk.says(*answered)
    asked, before = talk.state.open, talk.values
    talk.says(text)
    assert talk.values == {**before, **changed}
    assert talk.state.open == asked


@pytest.mark.parametrize(
    ("text", "reopened"),
    [
        ("电话错了", "phone"),
        ("人数不对", "people"),
        ("时间改一下", "at"),
        ("日期要改", "day"),
        ("备注", "note"),
    ],
)
def test_what_is_wrong_without_saying_what_is_right_is_asked_again(text, reopened):
    talk = Talk()
    talk.says(*READY)
    assert talk.says(text).outcome == "asking"
    assert talk.state.open == reopened
    assert reopened not in talk.values


@pytest.mark.parametrize(
    ("text", "asked"),
    [("电话错了", "phone"), ("人数不对", "people"), ("我的时间要改", "at"), ("电话改了吗", "day")],
)
def test_what_is_wrong_before_it_was_given_is_asked_for_next(text, asked):
    talk = Talk()
    talk.says("订座", meaning(text, "phone"))
    assert talk.state.open == asked


def test_a_bare_no_takes_back_what_was_said_last():
    talk = Talk()
    talk.says("订座", "周六", "六点", "不对")
    assert (talk.state.open, talk.values) == ("at", {"day": "2026-11-21"})


def test_no_at_the_confirmation_asks_what_to_change_and_never_for_ever():
    talk = Talk()
    talk.says(*READY)
    assert talk.says("不对").outcome == "confirming"
    assert talk.heard == t("dialogue.change_what")
    assert talk.says("不对").outcome == "confirming"
    assert talk.says("不对").outcome == "gave_up"


def test_a_correction_to_the_impossible_is_refused_and_asked():
    talk = Talk()
    talk.says(*READY, "改成昨天")
    assert (talk.turn.outcome, talk.state.open) == ("asking", "day")
    assert talk.heard == t("slot.date_past")


def test_a_day_that_makes_its_time_past_asks_for_another_time():
    talk = Talk()
    talk.says("订座", "明天上午11点四个人", "13800138000", "没有", "改成今天")
    assert talk.turn.outcome == "asking"
    assert talk.state.open == "at"
    assert talk.heard.endswith(t("slot.time_past", now="12:00"))


@pytest.mark.parametrize("word", ["算了", "取消", "不订了", "我不想订了", "取消预订", "cancel"])
@pytest.mark.parametrize("answered", [1, 2, 3, 4])
def test_an_end_needs_no_confirmation(word, answered):
    talk = Talk()
    talk.says(*READY[:answered])
    assert talk.says(word).outcome == "cancelled"
    assert talk.state is None
    assert talk.heard == BOOKING.cancelled.zh


def test_a_reason_is_no_end():
    talk = Talk("return_goods")
    talk.says("我要退货", "202611210001", "不想要了")
    assert talk.values["reason"] == "不想要了"


@pytest.mark.parametrize("word", ["没有", "无", "跳过", "没什么要求", "不用了", "都行", "skip"])
def test_what_is_optional_can_be_left_out(word):
    talk = Talk()
    talk.says(*READY[:3], word)
    assert talk.turn.outcome == "confirming"
    assert talk.values["note"] is None


@pytest.mark.parametrize("word", ["没有", "跳过", "随便", "不知道"])
def test_what_is_required_can_not(word):
    talk = Talk()
    talk.says("订座", word)
    assert talk.heard == t("dialogue.needed")
    assert talk.state.open == "day"


def test_asking_ends_after_as_many_attempts_as_the_slot_allows():
    talk = Talk()
    talk.says("订座", "哈", "呵")
    assert t("dialogue.hint") in talk.heard
    talk.says("嘿")
    assert talk.turn.outcome == "gave_up"
    assert talk.state is None
    assert "人工" in talk.heard


def test_an_optional_slot_is_left_out_instead():
    talk = Talk("room")
    talk.says("订包厢", "明天晚上九点十个人", "天知道", "地知道", "你知道")
    assert talk.state.open == "phone"
    assert talk.values["occasion"] is None


def test_the_last_day_that_can_be_had_is_told_as_people_read_it():
    talk = Talk()
    talk.says("订座", "3月1号")
    assert talk.heard == "最晚可以约到1月20日（周三），请换一天。"


def test_attempts_are_counted_anew_at_each_question():
    talk = Talk()
    talk.says("订座", "哈", "呵", "明天", "哈", "呵")
    assert talk.turn.outcome == "asking"


def test_an_answer_to_a_later_question_is_kept_and_the_open_one_stays():
    talk = Talk()
    talk.says("订座", "13800138000")
    assert (talk.state.open, talk.values) == ("day", {"phone": "13800138000"})


class TestDigression:
    def test_a_command_word_passes_and_leads_back(self):
        talk = Talk()
        assert talk.says("订座", "优惠券").outcome == "digressed"
        assert talk.heard == t("dialogue.back", question=BOOKING.slots[0].ask.zh)
        assert "\n" not in talk.heard
        assert talk.says("明天").outcome == "asking"

    def test_so_does_an_intent_that_is_sure(self):
        talk = Talk()
        assert talk.says("订座", meaning("有地方停车吗", "parking")).outcome == "digressed"

    @pytest.mark.parametrize(
        "about",
        [
            pytest.param({"intent": "parking", "confidence": 0.4}, id="not sure"),
            pytest.param({"intent": "wifi", "confidence": 0.9}, id="nothing to answer with"),
            pytest.param({"intent": "parking", "confidence": 0.9, "refused": True}, id="refused"),
        ],
    )
    def test_but_not_one_that_would_only_annoy(self, about):
        talk = Talk()
        assert talk.says("订座", said("有地方停车吗", **about)).outcome == "asking"

    def test_the_forms_own_intent_is_the_question_again_and_no_fault(self):
        talk = Talk()
        talk.says("订座", *[meaning("我要预订啊", "reserve")] * 5)
        assert talk.turn.outcome == "asking"
        assert talk.state.misses == 0

    def test_an_answer_stays_one_whatever_the_model_thinks(self):
        talk = Talk()
        assert talk.says("订座", meaning("明天", "parking")).outcome == "asking"
        assert talk.values == {"day": "2026-11-22"}

    def test_a_question_that_only_names_a_value_is_a_question(self):
        talk = Talk()
        talk.says("订座", meaning("周日门口停车收费吗", "parking"))
        assert talk.turn.outcome == "digressed"
        assert talk.values == {}

    def test_a_keyword_rule_passes_unless_it_is_an_answer(self):
        talk = Talk(around=replace(AROUND, matched="part"))
        assert talk.says("订座", "停车").outcome == "digressed"
        assert talk.says("明天").outcome == "asking"

    def test_a_story_is_not_cut_short_by_a_keyword_in_it(self):
        talk = Talk("complaint", replace(AROUND, matched="part"))
        talk.says("我要投诉", meaning("停车场的人骂我，你们管不管？", "parking"))
        assert talk.values["what"] == "停车场的人骂我，你们管不管？"

    def test_a_person_is_always_to_be_had(self):
        talk = Talk("complaint")
        assert talk.says("我要投诉", "人工").outcome == "digressed"

    def test_anger_goes_to_a_person_where_it_is_no_answer(self):
        talk = Talk(around=replace(AROUND, angry=True))
        assert talk.says("订座", "你们有病吧").why == "angry"

    def test_twice_in_a_row_puts_the_form_aside_with_its_question_said_a_last_time(self):
        talk = Talk()
        talk.says("订座", "周六", "优惠券", "帮助")
        assert talk.heard == t("dialogue.aside_open", title="订座", question="几点到店？")
        assert talk.says("优惠券").say == ()

    @pytest.mark.parametrize(
        ("text", "open_", "changed"),
        [
            ("六点", "people", {"at": "18:00"}),
            ("7", "people", {"at": "19:00"}),
            ("六点四个人", "phone", {"at": "18:00", "people": 4}),
            ("四个人", "at", {"people": 4}),
            ("我的电话是13800138000", "at", {"phone": "13800138000"}),
            ("改成周日", "at", {"day": "2026-11-22"}),
            ("继续", "at", {}),
        ],
    )
    def test_an_answer_or_a_word_takes_it_up_again(self, text, open_, changed):
        talk = Talk()
        talk.says("订座", "周六", "优惠券", "帮助", "优惠券")
        assert talk.says(text).outcome == "asking"
        assert talk.values == {"day": "2026-11-21", **changed}
        assert talk.state.open == open_
        assert (talk.state.aside, talk.state.digressions) == (False, 0)

    @pytest.mark.parametrize(
        "about",
        [
            said("六点还有车吗"),
            said("今天天气不错"),
            meaning("周日门口停车收费", "parking"),
            said("昨天"),
            said("好的"),
        ],
        ids=lambda one: one.text,
    )
    def test_what_only_names_a_value_does_not(self, about):
        talk = Talk()
        talk.says("订座", "优惠券", "帮助")
        assert talk.says(about).say == ()
        assert talk.state.aside
        assert talk.values == {}

    def test_a_keyword_rules_text_does_not(self):
        talk = Talk()
        talk.says("订座", "优惠券", "帮助")
        talk.around = replace(AROUND, matched="part")
        assert talk.says("周六").say == ()

    def test_a_question_for_a_text_needs_the_word(self):
        talk = Talk()
        talk.says(*READY[:3], "优惠券", "帮助")
        assert talk.heard == t("dialogue.aside", title="订座")
        assert talk.says("靠窗").say == ()
        assert talk.says("继续").state.open == "note"

    def test_an_answer_in_between_counts_anew(self):
        talk = Talk()
        talk.says("订座", "优惠券", "周六", "帮助")
        assert not talk.state.aside

    def test_what_was_put_aside_can_be_ended(self):
        talk = Talk()
        assert talk.says("订座", "优惠券", "帮助", "取消").outcome == "cancelled"

    def test_a_form_that_allows_none_still_gives_a_person(self):
        form = replace(BOOKING, digress=False)
        assert Talk(form).says("订座", "优惠券").outcome == "asking"
        assert Talk(form).says("订座", "人工").outcome == "digressed"

    def test_the_confirmation_is_come_back_to_in_one_line(self):
        talk = Talk()
        talk.says(*READY, "优惠券")
        assert talk.heard == t("dialogue.back_confirm", title="订座")


class TestExpiry:
    LATER = replace(AROUND, now=NOON + timedelta(minutes=30))

    def test_to_the_minute(self):
        talk = Talk()
        talk.says("订座")
        talk.around = replace(AROUND, now=NOON + timedelta(minutes=29, seconds=59))
        assert talk.says("明天").outcome == "asking"
        assert talk.state.until > Talk().says("订座").state.until, "each message begins it anew"

    @pytest.mark.parametrize(
        ("before", "text", "offered"),
        [
            (("订座",), "明天", True),
            (("订座", "周六", "18点半"), "4位", True),
            (READY, "是", True),
            (READY, "改成6位", True),
            (("订座",), "今天天气不错", False),
            (("订座",), "有停车场吗", False),
            (("订座",), "优惠券", False),
            (READY, "你好", False),
            (READY[:3], "没什么", False),
        ],
    )
    def test_an_answer_is_offered_to_go_on_and_nobody_else_is_reminded(self, before, text, offered):
        talk = Talk()
        talk.says(*before)
        talk.around = self.LATER
        assert (talk.says(text).outcome == "lapsed") is offered
        assert bool(talk.turn.say) is offered
        assert talk.state is not None

    def lapsed(self, *texts):
        talk = Talk()
        talk.says("订座", "明天晚上六点")
        talk.around = self.LATER
        talk.says("4位", *texts)
        return talk

    def test_the_offer_says_what_was_given_the_late_answer_too(self):
        assert self.lapsed().heard == t(
            "dialogue.lapsed",
            title="订座",
            given="日期 11月22日（周日）、时间 18:00、人数 4",
        )
        talk = Talk()
        talk.says("订座")
        talk.around = self.LATER
        talk.says("13800138000")
        assert "电话 13800138000" in talk.heard

    @pytest.mark.parametrize("word", ["继续", "好的", "是", "13800138000"])
    def test_yes_and_an_answer_go_on(self, word):
        talk = self.lapsed(word)
        assert talk.turn.outcome == "asking"
        assert talk.values.items() >= {"day": "2026-11-22", "at": "18:00", "people": 4}.items()

    @pytest.mark.parametrize("word", ["不用了", "取消", "算了"])
    def test_no_ends_it(self, word):
        assert self.lapsed(word).turn.outcome == "cancelled"

    def test_from_the_beginning_begins_with_nothing(self):
        talk = self.lapsed("重新来")
        assert (talk.state.open, talk.values) == ("day", {})

    def test_a_yes_counts_only_right_after_the_offer(self):
        talk = self.lapsed("你好", "好的")
        assert talk.turn.say == ()
        assert talk.says("继续").state.open == "phone"

    def test_go_on_needs_no_offer(self):
        talk = Talk()
        talk.says("订座", "明天晚上六点")
        talk.around = self.LATER
        talk.says("继续")
        given = "日期 11月22日（周日）、时间 18:00"
        assert talk.turn.say[0] == t("dialogue.resumed", title="订座", given=given)
        assert talk.state.open == "people"

    @pytest.mark.parametrize(
        ("waited", "outcome"),
        [
            (timedelta(hours=24, minutes=29, seconds=59), "lapsed"),
            (timedelta(hours=24, minutes=30), "expired"),
        ],
    )
    def test_for_a_day_after_its_end(self, waited, outcome):
        talk = Talk()
        talk.says("订座", "下周三")
        talk.around = replace(AROUND, now=NOON + waited)
        assert talk.says("四个人").outcome == outcome
        assert (talk.state is None) is (outcome == "expired")

    def test_what_is_over_by_then_is_asked_for_again(self):
        talk = Talk()
        talk.says("订座", "今天下午三点四个人")
        talk.around = replace(AROUND, now=NOON + timedelta(hours=4))
        talk.says("继续")
        assert talk.values == {"day": "2026-11-21", "people": 4}
        assert talk.state.open == "at"


def test_one_form_within_another_and_no_deeper():
    outer, inner = Talk(), Talk("order_query")
    outer.says("订座", "周六")
    inner.turn = begin(inner.form, said("查订单"), AROUND, outer.state)
    assert inner.state.parked.form == "booking"
    third = begin(FORMS["room"], said("订包厢"), AROUND, inner.state)
    assert third.state.parked.form == "order_query"
    assert third.state.parked.parked is None
    assert question(BOOKING, outer.state, AROUND) == t("dialogue.back", question="几点到店？")


def test_a_form_asked_for_again_goes_on_where_it_was():
    talk = Talk()
    talk.says("订座", "周六", "优惠券", "帮助")
    turn = resume(BOOKING, talk.state, said("我要订座，四个人"), AROUND)
    assert not turn.state.aside
    assert turn.state.values == {"day": "2026-11-21", "people": 4}
    assert turn.state.open == "at"


def test_a_form_that_changed_meanwhile_goes_on_with_what_it_asks_now():
    talk = Talk()
    talk.says(*READY)
    talk.form = replace(BOOKING, slots=BOOKING.slots[:2] + BOOKING.slots[3:])
    assert "people" not in talk.says("是").values
    talk = Talk()
    talk.says("订座")
    talk.form = replace(BOOKING, slots=BOOKING.slots[1:])
    assert talk.says("明天").state.open == "at"


def test_english_readers_are_asked_in_english():
    talk = Talk(around=replace(AROUND, lang="en"))
    talk.says("订座", "昨天")
    assert talk.heard == t("slot.date_past", "en")
    talk.says("明天")
    assert talk.heard == "What time?"


@pytest.mark.parametrize(
    ("about", "begins"),
    [
        (said("订座"), True),
        (meaning("周六有位子吗", "reserve"), True),
        (meaning("周六有位子吗", "reserve", 0.49), False),
        (said("周六有位子吗", intent="reserve", confidence=0.55, second=("hours", 0.5)), False),
        (said("周六", intent="reserve", confidence=0.9, refused=True), False),
        (meaning("停车", "parking"), False),
        (meaning("优惠券", "reserve"), False),
        (said(""), False),
    ],
)
def test_what_begins_a_form(about, begins):
    assert bool(opened_by([BOOKING], about, AROUND.how)) is begins


def test_every_shipped_form_can_be_filled_and_ended():
    said_to = {
        "booking": (*READY, "是"),
        "room": ("订包厢", "明天晚上9点", "十个人", "生日", "13800138000", "是"),
        "trial": ("约试听", "钢琴", "8", "周日下午三点", "13800138000", "是"),
        "order_query": ("查订单", "E2026112100012"),
        "complaint": ("我要投诉", "等了两个小时没人管", "没有", "13800138000"),
        "preferences": ("设置喜好", "1和3"),
        "return_goods": ("申请退货", "1", "202611210001", "尺码不合适", "是"),
    }
    assert said_to.keys() == FORMS.keys()
    for slug, texts in said_to.items():
        talk = Talk(slug)
        assert talk.says(*texts).outcome == "done", slug


# --- laws ---------------------------------------------------------------------------------------

TEXTS = ("周六晚上六点四个人", "明天", "昨天", "晚上", "七点", "23点", "俩", "0个人", "6", "1", "2",
         "13800138000", "138001380", "E2026112100012", "没有", "跳过", "都要", "是", "不是", "不对",
         "不对，是周五", "改成7点", "人数改成6个", "电话错了", "不是四个人是五个人", "算了", "取消",
         "继续", "优惠券", "帮助", "人工", "你好", "生日", "退货", "咖啡", "情" * 400, "😀" * 200,
         "\ud800", "{phone}", "{{", "<a href='x'>", "")  # fmt: skip
ANYTHING = st.one_of(st.sampled_from(TEXTS), st.text(max_size=80))


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(ANYTHING, st.sampled_from(["", "parking", "reserve"])), max_size=14),
    st.sampled_from(["", "part", "exact"]),
)
def test_no_conversation_breaks_a_form_or_grows_its_state(slug, texts, matched):
    talk = Talk(slug, replace(AROUND, matched=matched))
    talk.turn = begin(talk.form, None, talk.around, Talk("trial").says("约试听").state)
    for text, intent in texts:
        talk.says(said(text, intent=intent, confidence=0.9))
        kept = talk.state
        assert (kept is None) == (talk.turn.outcome in ("done", "cancelled", "gave_up", "expired"))
        if kept is None:
            break
        document = json.dumps(kept.to_json(), ensure_ascii=False)
        assert len(document.encode(errors="surrogatepass")) < 4096
        assert State.of(json.loads(document)) == kept
        assert talk.turn.say or kept.aside or kept.until <= to_ms(talk.around.now)
        assert all(len(one.encode(errors="replace")) <= 2048 for one in talk.turn.say)


@pytest.mark.parametrize("slug", sorted(FORMS))
def test_a_form_that_nobody_answers_ends_by_itself(slug):
    talk = Talk(slug)
    talk.turn = begin(talk.form, None, talk.around)
    for _ in range(40):
        if talk.state is None:
            break
        talk.says("！！")
    assert talk.state is None


@pytest.mark.parametrize(
    "piece", [",;", "不是", "改成", "没有", "周六", "单号1", "1380013800", "a-"]
)
@pytest.mark.parametrize("slug", ["booking", "complaint"])
def test_a_text_of_any_length_is_answered_at_once(slug, piece):
    talk = Talk(slug)
    talk.says(FORMS[slug].open[0])
    about = Understanding(piece * 25_000, {}, plain=piece * 25_000)
    began = time.perf_counter()
    talk.says(about)
    assert time.perf_counter() - began < 0.5
    assert talk.heard
