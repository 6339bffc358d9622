"""Which handler takes what, and that every kind of message is survived."""

import pytest

import handlers
from bot.values import inbound
from bot.values.inbound import Inbound, MenuClick, Message, TextMessage, VoiceMessage
from bot.values.replies import TextReply, TransferReply
from tests.handlers.conftest import shown


def kinds(base: type[Inbound]) -> list[type[Inbound]]:
    """The class and all below it; what dataclass(slots=True) left behind is not one of them."""
    found = [base] if getattr(inbound, base.__name__) is base else []
    return found + [kind for sub in base.__subclasses__() for kind in kinds(sub)]


CONCRETE = [k for k in kinds(Inbound) if k not in (Inbound, inbound.Event, Message)]
OWN_ACTS = ("message.", "subscribe", "scan", "menu.click")  # these always have a sender
SENDERLESS = [k for k in CONCRETE if not k.kind.startswith(OWN_ACTS)]


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.kind)
def test_every_kind_has_a_handler_and_none_breaks(house, kind):
    needed = {"text": ""} if kind is TextMessage else {}
    handled = house.push(kind, **needed)
    assert handled.handler not in ("none", "failed")
    assert handled.reason


@pytest.mark.parametrize("kind", SENDERLESS, ids=lambda kind: kind.kind)
def test_a_push_about_nobody_breaks_nothing(house, kind):
    assert house.push(kind, openid="").handler != "failed"


@pytest.mark.parametrize(
    ("text", "handler"),
    [
        ("优惠券", "text.list_coupons"),
        ("有优惠券吗", "text.list_coupons"),
        ("我要优惠券吗", "fallback.default"),
        ("TD", "privacy.opt_out"),
        ("恢复", "privacy.opt_in"),
        ("删除我的数据", "privacy.ask_to_erase"),
        ("确认删除", "privacy.erase"),
        ("取消", "privacy.opt_out"),
        ("帮助", "text.give_help"),
        ("？", "text.give_help"),
        ("人工", "text.call_human"),
        ("我的资料", "text.show_profile"),
        ("你好", "text.greet"),
        ("哪家火锅好吃", "fallback.about_topic"),
        ("今天天气不错", "fallback.default"),
        ("1", "fallback.default"),
        ("", "fallback.default"),
        ("]]></Content><script>😀\x1d", "fallback.default"),
        ("火" * 5000, "fallback.default"),
    ],
)
def test_who_answers_a_text(house, text, handler):
    assert house.push(TextMessage, text=text).handler == handler


def test_a_recognised_voice_goes_the_way_of_a_text(house):
    handled = house.push(VoiceMessage, recognition="退订。")
    assert handled.handler == "privacy.opt_out"
    assert handled.reason == "voice, word opt_out"


def test_a_voice_that_was_not_recognised_is_excused(house):
    assert "语音" in shown(house.push(VoiceMessage))


def test_a_call_for_a_human_hands_the_chat_over(house):
    assert house.push(TextMessage, text="人工").reply == TransferReply()


@pytest.mark.parametrize(
    ("key", "starts"),
    [("COUPON", "现在没有"), ("MY_PROFILE", "关于您"), ("HELP", "您可以"), ("OLD_KEY", "您可以")],
)
def test_what_a_menu_button_says(house, key, starts):
    assert shown(house.push(MenuClick, key=key)).startswith(starts)


@pytest.mark.parametrize(
    "kind", [k for k in CONCRETE if k.kind.startswith(("message.", "delivery.", "subscription."))]
)
def test_messages_are_thanked_and_reports_are_not_answered(house, kind):
    needed = {"text": "火锅"} if kind is TextMessage else {}
    reply = house.push(kind, **needed).reply
    assert isinstance(reply, TextReply) == issubclass(kind, Message)


def test_the_default_answer_is_said_once_a_minute_and_other_words_meanwhile(house):
    default = house.says("呜啦啦")
    assert house.says("哗啦啦") not in ("", default)
    assert house.says("帮助")
    house.wait(seconds=61)
    assert house.says("呜啦啦") == default


def test_two_followers_each_get_the_default_answer(house):
    assert house.says("呜啦啦")
    assert house.says("呜啦啦", openid="o-wang")


def test_a_topic_is_taken_up_by_its_name(house):
    assert "火锅" in house.says("想吃火锅")


def test_the_answer_of_every_text_fits_into_a_reply(house):
    for text in ("优惠券", "帮助", "我的资料", "删除我的数据", "你好", "火锅", "呜啦啦"):
        assert len(house.says(text).encode()) <= 2048


def test_every_reason_is_kept_with_the_event(house, store):
    from bot.store.models import Inbox

    house.says("优惠券")
    row = Inbox.get()
    assert (row.handler, row.reason, row.state) == ("text.list_coupons", "word coupon", "done")


def test_the_order_of_trial_is_the_written_one():
    names = [route.name.split(".")[0] for route in handlers.router.routes]
    assert list(dict.fromkeys(names)) == list(handlers.ORDER)
