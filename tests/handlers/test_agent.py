"""Whose chat it is: handed over, held, given back; the bot silent meanwhile."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.i18n import t
from bot.inbox.returning import return_chats
from bot.store import dialogues, followers, handoff
from bot.store.db import fetch
from bot.store.models import Follower
from bot.values.inbound import (
    AgentSession,
    ImageMessage,
    MenuClick,
    Subscribe,
    TextMessage,
    VoiceMessage,
)
from bot.values.replies import (
    NO_REPLY,
    Later,
    MenuReply,
    Several,
    TextReply,
    TransferReply,
)
from tests.conftest import NOON
from tests.handlers.conftest import shown
from tests.handlers.talking import means, setting


def opens(house):
    house.push(AgentSession, action="create", agent="mei@hongyan")


@pytest.mark.parametrize("text", ["你好", "优惠券", "火锅", "呜啦啦", "删除我的数据", ""])
def test_the_bot_keeps_silent_while_an_agent_holds_the_chat(house, text):
    opens(house)
    assert house.says(text) == ""


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(ImageMessage, {}), (VoiceMessage, {"recognition": "你好"}), (MenuClick, {"key": "HELP"})],
)
def test_other_messages_are_the_agents_too(house, kind, fields):
    opens(house)
    assert shown(house.push(kind, **fields)) == ""


def test_a_refusal_counts_at_once_and_is_left_to_the_agent_to_confirm(house):
    opens(house)
    assert house.says("TD") == ""
    assert Follower.get().opted_out_at == NOON
    assert house.says("你好") == ""


def test_the_bot_speaks_again_when_the_session_is_closed(house):
    opens(house)
    house.push(AgentSession, action="close", agent="mei@hongyan")
    assert house.says("你好")


def test_an_agent_who_never_closes_holds_the_chat_for_half_an_hour(house):
    opens(house)
    house.wait(minutes=29)
    assert house.says("你好") == ""
    house.wait(minutes=1)
    assert house.says("你好")


def test_handing_over_to_another_agent_holds_it_anew(house):
    opens(house)
    house.wait(minutes=29)
    house.push(AgentSession, action="switch", agent="jun@hongyan", previous_agent="mei@hongyan")
    house.wait(minutes=29)
    assert house.says("你好") == ""


def test_an_agent_who_takes_the_chat_ends_the_question(house):
    house.push(Subscribe)
    opens(house)
    house.push(AgentSession, action="close")
    assert "记下了：" not in house.says("1")


def test_one_followers_agent_is_not_anothers(house):
    opens(house)
    assert house.says("你好", openid="o-wang")


def test_an_agents_session_is_on_record(house):
    opens(house)
    house.wait(minutes=5)
    house.push(AgentSession, action="close", agent="mei@hongyan")
    (asked,) = handoff.asked(house.follower_id)
    assert (asked.why, asked.agent, asked.outcome) == ("agent", "mei@hongyan", "closed")
    assert asked.accepted_at == NOON
    assert asked.ended_at == NOON + timedelta(minutes=5)


# --- asking for a person ------------------------------------------------------------------------


def said(house, text):
    return house.push(TextMessage, text=text).reply


def owner(house):
    return followers.get(house.follower_id).owner(house.now)


def test_the_word_hands_the_chat_over(house):
    assert said(house, "人工") == TransferReply()
    assert owner(house) == "queue"
    (asked,) = handoff.asked(house.follower_id)
    assert (asked.why, asked.asked_at, asked.outcome) == ("word", NOON, "")


def test_a_named_agent_and_words_for_who_waits(house):
    setting(house, "handoff", agent="kf1@gh", waiting="请稍等")
    assert said(house, "人工") == Several((TransferReply("kf1@gh"), TextReply("请稍等")))


@pytest.mark.parametrize("text", ["你好", "优惠券", "火锅", "呜啦啦", ""])
def test_who_waits_hears_no_bot_and_the_agent_will_see_what_they_write(house, text):
    said(house, "人工")
    assert said(house, text) == TransferReply()


def test_a_button_stays_silent_for_who_waits(house):
    said(house, "人工")
    assert house.push(MenuClick, key="HELP").reply == NO_REPLY


@pytest.mark.parametrize("text", ["TD", "删除我的数据"])
def test_rights_are_answered_while_nobody_has_come(house, text):
    said(house, "人工")
    assert isinstance(said(house, text), TextReply)


@pytest.mark.parametrize("word", ["机器人", "不用人工了。"])
def test_who_waits_may_have_the_bot_back(house, word):
    said(house, "人工")
    assert said(house, word) == TextReply(t("handoff.released"))
    assert owner(house) == ""
    assert handoff.asked(house.follower_id)[0].outcome == "released"
    assert shown(house.push(TextMessage, text="你好"))


def test_the_word_means_nothing_where_no_person_was_asked_for(house):
    assert said(house, "机器人") != TextReply(t("handoff.released"))


def test_it_does_not_end_an_agents_session(house):
    opens(house)
    assert house.says("机器人") == ""
    assert owner(house) == "agent"


def test_a_form_ends_where_a_person_is_asked_for(house):
    house.push(Subscribe)
    said(house, "人工")
    assert dialogues.current(house.follower_id, house.now) is None


def test_the_agent_who_comes_takes_over_from_the_queue(house):
    said(house, "人工")
    house.wait(minutes=1)
    opens(house)
    assert owner(house) == "agent"
    (asked,) = handoff.asked(house.follower_id)
    assert (asked.why, asked.agent) == ("word", "mei@hongyan")


# --- nobody comes -------------------------------------------------------------------------------


def test_who_waited_in_vain_hears_it_once_with_the_next_answer(house):
    said(house, "人工")
    house.wait(minutes=10)
    first = house.says("你好")
    assert first.startswith(t("handoff.back"))
    assert first != t("handoff.back")
    assert not house.says("你好").startswith(t("handoff.back"))
    assert handoff.asked(house.follower_id)[0].outcome == "timed_out"


@dataclass
class Phone:
    """What the platform was asked to show."""

    shown: list = field(default_factory=list)

    def send_custom(self, openid, reply):
        self.shown.append((openid, reply))


def test_or_by_itself_when_they_write_nothing(house):
    phone = Phone()
    said(house, "人工")
    services = replace(house.services, client_of=lambda _: phone)
    soon = house.now + timedelta(minutes=10)
    assert return_chats(services, soon - timedelta(seconds=1)) == 0
    assert return_chats(services, soon) == 1
    assert return_chats(services, soon) == 0
    assert phone.shown == [("o-lin", TextReply(t("handoff.back")))]
    house.wait(minutes=10)
    assert not house.says("你好").startswith(t("handoff.back"))


def test_asking_again_after_waiting_in_vain_hands_over_again(house):
    said(house, "人工")
    house.wait(minutes=10)
    assert said(house, "人工") == TransferReply()
    assert [one.outcome for one in handoff.asked(house.follower_id)] == ["", "timed_out"]


# --- outside hours ------------------------------------------------------------------------------


def test_outside_hours_the_bot_says_when_to_come_and_the_wish_is_on_record(house):
    setting(house, "handoff", hours=["14:00-18:00"])
    assert house.says("人工") == t("handoff.closed", hours="14:00-18:00")
    assert owner(house) == ""
    assert fetch("SELECT facts FROM event WHERE kind = 'handoff_wanted'") == [('{"why": "word"}',)]
    assert house.says("你好")


def test_in_the_houses_own_words(house):
    setting(house, "handoff", weekdays=[7], closed="明天见")
    assert house.says("人工") == "明天见"


# --- when a machine should not go on ------------------------------------------------------------

LOST = "叽里咕噜呜啦啦"


def test_the_third_text_that_is_not_understood_goes_to_a_person(house):
    assert [said(house, LOST) for _ in range(3)][2] == TransferReply()
    assert house.last.handler == "handoff.misses"
    assert handoff.asked(house.follower_id)[0].why == "misses"


def test_not_when_one_between_them_was_understood(house):
    for text in (LOST, LOST, "优惠券", LOST):
        assert isinstance(said(house, text), TextReply)


def test_not_when_the_first_is_long_ago(house):
    said(house, LOST)
    house.wait(minutes=11)
    assert isinstance(said(house, LOST), TextReply)
    assert isinstance(said(house, LOST), TextReply)


def test_anger_goes_to_a_person(house):
    means(house, "垃圾", anger=0.9)
    assert said(house, "垃圾") == TransferReply()
    assert handoff.asked(house.follower_id)[0].why == "anger"


@pytest.mark.parametrize("text", ["😡😡😡", "[怒][怒]"])
def test_faces_alone_are_heard(house, text):
    assert isinstance(house.push(TextMessage, text=text).reply, TransferReply | Several)
    assert house.last.handler == "handoff.anger"


def test_anger_about_messages_is_a_refusal_first(house):
    means(house, "退订", anger=1.0)
    assert house.says("退订") == t("opt_out.done")


@pytest.mark.parametrize("why", ["anger", "misses"])
def test_outside_hours_who_was_told_so_is_not_told_again_unasked(house, why):
    setting(house, "handoff", hours=["14:00-18:00"], closed="明天见", after_misses=1)
    if why == "anger":
        means(house, LOST, anger=0.9)
    assert house.says(LOST) == "明天见"
    assert house.says(LOST) != "明天见"


def test_a_house_may_switch_both_off(house):
    setting(house, "handoff", after_misses=0, anger=0)
    means(house, LOST, anger=1.0)
    for _ in range(5):
        assert isinstance(said(house, LOST), TextReply)


# --- how it was ---------------------------------------------------------------------------------


def closes(house):
    return house.push(AgentSession, action="close", agent="mei@hongyan").reply


def asked_by(house):
    opens(house)
    house.wait(minutes=5)
    return closes(house)


def tap(house, option):
    return house.push(TextMessage, text=option.say, menu_id=option.id).reply


def satisfied(house):
    return fetch("SELECT facts FROM event WHERE kind = 'satisfied'")


def test_after_a_session_they_are_asked_how_it_was(house):
    house.push(Subscribe)
    question = asked_by(house)
    assert isinstance(question, Later)
    yes, no = question.reply.options
    assert tap(house, yes) == TextReply(t("satisfied.thanks"))
    expected = '{"score": 1, "about": "agent", "agent": "mei@hongyan"}'
    assert satisfied(house) == [(expected,)]
    assert tap(house, no) == TextReply(t("satisfied.recorded"))
    assert satisfied(house) == [(expected,)]


def test_who_is_not_satisfied_is_offered_a_person(house):
    house.push(Subscribe)
    _, no = asked_by(house).reply.options
    offer = tap(house, no)
    assert isinstance(offer, MenuReply)
    assert '"score": 0' in satisfied(house)[0][0]
    assert tap(house, offer.options[0]) == TransferReply()


@pytest.mark.parametrize(
    ("typed", "score"), [("满意", 1), ("很满意！", 1), ("不满意", 0), ("2", 0)]
)
def test_a_typed_answer_counts_while_the_question_is_open(house, typed, score):
    house.push(Subscribe)
    asked_by(house)
    said(house, typed)
    assert f'"score": {score}' in satisfied(house)[0][0]


def test_and_not_later(house):
    house.push(Subscribe)
    asked_by(house)
    house.wait(minutes=31)
    said(house, "不满意")
    assert satisfied(house) == []


@pytest.mark.parametrize("menu_id", ["s:1:1", "s:999999999999999999:0", "s:x:1", "s::", "s:1:2"])
def test_a_made_up_answer_counts_nothing(house, menu_id):
    house.push(TextMessage, text="满意", menu_id=menu_id)
    assert satisfied(house) == []


def test_another_followers_question_is_not_theirs(house):
    house.push(Subscribe)
    yes, _ = asked_by(house).reply.options
    house.push(TextMessage, openid="o-wang", text=yes.say, menu_id=yes.id)
    assert satisfied(house) == []


@pytest.mark.parametrize(
    ("why", "prepare"),
    [
        ("they were asked today", lambda house: asked_by(house)),
        ("the house does not ask", lambda house: setting(house, "satisfaction", after_agent=False)),
        ("they do not follow", lambda house: None),
    ],
)
def test_nobody_is_asked_when(house, why, prepare):
    if why != "they do not follow":
        house.push(Subscribe)
    prepare(house)
    assert asked_by(house) == NO_REPLY


def test_nobody_is_asked_into_another_question(house):
    house.push(Subscribe)
    opens(house)
    dialogues.begin(house.follower_id, "booking", house.now + timedelta(hours=1))
    assert closes(house) == NO_REPLY


def test_closing_without_a_session_asks_nothing(house):
    house.push(Subscribe)
    assert closes(house) == NO_REPLY


def test_the_tap_of_somebody_whom_an_agent_has_again_is_counted_in_silence(house):
    house.push(Subscribe)
    yes, _ = asked_by(house).reply.options
    opens(house)
    assert tap(house, yes) == NO_REPLY
    assert len(satisfied(house)) == 1


@pytest.mark.parametrize("text", ["不要人工", "别转人工了", "我不需要人工客服", "不用转人工"])
def test_who_wants_no_person_gets_none(house, text):
    assert house.says(text) == t("handoff.refused")
    assert followers.get(house.follower_id).owner(house.now) == ""


def test_no_person_wanted_any_more_gives_the_chat_back_from_the_queue(house):
    house.push(TextMessage, text="人工")
    assert house.says("不要人工了") == t("handoff.released")
