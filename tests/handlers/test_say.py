"""What an answer's document does: texts filled in, coupons given, content chosen, people called."""

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.store import coupons, followers, handoff, segments
from bot.store.db import fetch, run
from bot.values.audience import Understanding
from bot.values.entities import Entity
from bot.values.inbound import TextMessage
from bot.values.replies import (
    NO_REPLY,
    ImageReply,
    MenuReply,
    Several,
    TextReply,
    TransferReply,
)
from tests.conftest import NOON
from tests.handlers.talking import answering, context, means, setting, teach


@pytest.fixture
def lin(house):
    """Lin's context after her first message."""
    house.says("嗯")
    return context(house)


def attribute(house, name, text):
    run(
        "INSERT INTO follower_attribute (follower_id, name, text, number) VALUES (?, ?, ?, NULL)",
        (house.follower_id, name, text),
    )


def batch(house, slug, topics=(), stock=1, per_person=1):
    made = coupons.create_batch(
        house.account.id, slug, f"{slug}券", face_value_fen=500, per_person=per_person,
        topics=topics, now=NOON,
    )  # fmt: skip
    coupons.add_codes(made, [f"{slug}-{n}" for n in range(stock)])


def test_variables_are_filled_in(house, lin):
    setting(house, "shop", hours="10:00-22:00")
    attribute(house, "nickname", "林")
    attribute(house, "生日", "5月")
    ctx = context(house)
    dish = Understanding("", {}, entities=(Entity("dish", "千层肚", 0, 3, "毛肚"),))
    text = (
        "{name|您}：{hours|…}，{attr.生日|?}，{city|本市}，{date} {time}，"
        "{entity.dish|菜}，{stage}，{you}"
    )
    assert answering(ctx, {"text": text}, said=dish) == TextReply(
        "林：10:00-22:00，5月，本市，11月21日 12:00，毛肚，新朋友，您"
    )


def test_a_nickname_is_no_link(house, lin):
    attribute(house, "nickname", "<a href='http://evil.example'>奖</a>")
    said = answering(context(house), {"text": "{name}好"}).text
    assert "<" not in said
    assert "://" not in said


def test_a_forms_slots_win(house, lin):
    assert answering(lin, {"text": "{date|x}"}, also={"date": "周六"}) == TextReply("周六")


def test_several_kinds_become_several_messages(house, lin):
    reply = answering(lin, {"text": "看"}, {"image": "m"}, {"text": "完"})
    assert reply == Several((TextReply("看"), ImageReply("m"), TextReply("完")))


def test_nothing_for_this_follower_is_the_default(house, lin):
    assert answering(lin, {"text": "老客专享", "only": "vip"}).text


def test_an_answer_for_a_segment(house, lin):
    vip = segments.put(house.account.id, "vip", "VIP", {"subscribed": True}, NOON)
    answers = ({"text": "老客专享", "only": "vip"}, {"text": "大家好"})
    assert answering(lin, *answers, give="first") == TextReply("大家好")
    run(
        "INSERT INTO segment_member (segment_id, follower_id, since) VALUES (?, ?, 0)",
        (vip.id, house.follower_id),
    )
    assert answering(lin, *answers, give="first") == TextReply("老客专享")


def test_silence_is_an_answer(house, lin):
    assert answering(lin, {"silent": True}) == NO_REPLY


def test_the_first_answer_of_a_day_is_greeted(house, lin):
    setting(house, "tone", greeting="您好呀～", closing="再见")
    assert answering(context(house), {"text": "十点"}) == TextReply("十点")
    yesterday = context(house, last_inbound_at=NOON - timedelta(days=1))
    assert answering(yesterday, {"text": "十点"}) == TextReply("您好呀～十点")
    assert answering(context(house), {"text": "不客气"}, about="thanks") == TextReply(
        "不客气\n再见"
    )


def test_what_was_said_last_is_not_said_again(house):
    answers = [{"text": "十点"}, {"text": "上午十点"}, {"text": "十点整"}]
    teach(house, "intent", "hours", {"slug": "hours", "title": "时间", "answers": answers})
    means(house, "几点", intent="hours", confidence=0.9)
    said = [house.says("几点") for _ in range(6)]
    assert all(one != other for one, other in pairwise(said))
    assert set(said) == {"十点", "上午十点", "十点整"}


# --- coupons and content ------------------------------------------------------------------------


def test_a_coupon_is_given_once_an_event(house, lin):
    batch(house, "spring", stock=5, per_person=3)
    first = answering(lin, {"coupon": "spring"})
    assert "spring券" in first.text
    assert answering(lin, {"coupon": "spring"}) == first
    assert len(coupons.usable_by(house.follower_id, NOON)) == 1


def test_who_has_had_theirs_is_shown_it(house, lin):
    batch(house, "spring", stock=5)
    answering(lin, {"coupon": "spring"})
    house.says("嗯")
    assert "spring券" in answering(context(house), {"coupon": "spring"}).text
    assert len(coupons.usable_by(house.follower_id, NOON)) == 1


@pytest.mark.parametrize("wanted", [{"coupon": "gone"}, {"content": "咖啡"}, {"coupon": "mine"}])
def test_nothing_to_give_is_said(house, lin, wanted):
    assert isinstance(answering(lin, wanted), TextReply)
    assert fetch("SELECT COUNT(*) FROM coupon_code WHERE state = 'issued'") == [(0,)]


@pytest.mark.parametrize(
    ("wanted", "personalised", "given"),
    [
        pytest.param("interests", True, "tea券", id="what they like most"),
        pytest.param("interests", False, "coffee券", id="the first of all for who refuses that"),
        pytest.param("咖啡", True, "coffee券", id="what was asked for"),
    ],
)
def test_content_is_chosen_for_the_follower(house, lin, wanted, personalised, given):
    batch(house, "coffee", ["咖啡"])
    batch(house, "tea", ["奶茶"])
    run(
        "INSERT INTO follower_interest (follower_id, topic, level) VALUES (?, '奶茶', 11)",
        (house.follower_id,),
    )
    ctx = context(house, personalised=personalised)
    assert given in answering(ctx, {"content": wanted}).text


def test_an_empty_batch_gives_way_to_the_next(house, lin):
    batch(house, "tea", ["奶茶"], stock=0)
    batch(house, "tea-2", ["奶茶"])
    assert "tea-2券" in answering(lin, {"content": "奶茶"}).text
    assert "tea-2券" in answering(lin, {"content": "奶茶"}).text


# --- people -------------------------------------------------------------------------------------


def test_an_answer_may_call_a_person(house, lin):
    assert answering(lin, {"human": "kf1@gh"}) == TransferReply("kf1@gh")
    assert followers.get(house.follower_id).owner(NOON) == "queue"
    assert handoff.asked(house.follower_id)[0].why == "rule"


def test_the_intent_human_calls_one_whatever_its_words_are(house, lin):
    reply = answering(lin, {"text": "请稍等"}, about="human")
    assert reply == Several((TransferReply(), TextReply("请稍等")))


def test_an_intent_may_ask_how_it_was_once_a_day(house, lin):
    teach(house, "intent", "refund", {"slug": "refund", "title": "退款", "ask_satisfied": True})
    asked = answering(context(house), {"text": "退好了"}, about="refund")
    assert isinstance(asked, MenuReply)
    assert asked.head.startswith("退好了\n\n")
    assert [option.say for option in asked.options] == ["满意", "不满意"]
    assert answering(context(house), {"text": "退好了"}, about="refund") == asked  # the same event
    house.push(TextMessage, text="嗯")
    assert answering(context(house), {"text": "退好了"}, about="refund") == TextReply("退好了")
