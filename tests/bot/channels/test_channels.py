"""The ways a message travels: what they may carry, and how a call looks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.channels.customer_service import text_call
from bot.channels.registry import CHANNELS
from bot.channels.template import notice_call
from bot.values.audience import Channel, Purpose
from bot.values.replies import TextReply
from bot.wechat.calls import custom


def test_every_channel_is_registered():
    assert set(CHANNELS) == set(Channel)


@pytest.mark.parametrize(
    ("channel", "purpose", "allowed"),
    [
        (Channel.CUSTOMER_SERVICE, Purpose.MARKETING, True),
        (Channel.CUSTOMER_SERVICE, Purpose.SERVICE, True),
        (Channel.TEMPLATE, Purpose.SERVICE, True),
        (Channel.TEMPLATE, Purpose.MARKETING, False),
    ],
)
def test_marketing_never_travels_as_a_template_message(channel, purpose, allowed):
    assert (purpose in CHANNELS[channel].purposes) is allowed
    assert allowed or CHANNELS[channel].rule


def test_what_the_platform_remembers_of_a_repeat():
    assert CHANNELS[Channel.CUSTOMER_SERVICE].duplicate_span is None
    assert CHANNELS[Channel.TEMPLATE].duplicate_span == timedelta(minutes=10)


def test_only_customer_service_needs_an_open_window():
    assert [c for c in Channel if CHANNELS[c].needs_window] == [Channel.CUSTOMER_SERVICE]


def test_a_customer_service_call():
    call = text_call(7, "o-lin", "你好")
    assert call.key == 7
    assert json.loads(call.body) == {
        "touser": "o-lin",
        "msgtype": "text",
        "text": {"content": "你好"},
    }


@pytest.mark.parametrize(
    "text", ['"引号" \\ 反斜杠', "两\n行\t", "控\x07制", "😀 \ud83d", "一" * 900, "  前后  "]
)
def test_a_text_is_written_as_any_other_reply_is(text: str):
    assert text_call(7, 'o-"lin', text) == custom(7, 'o-"lin', TextReply(text))


@pytest.mark.parametrize("text", ["", " \n", "\x07"])
def test_a_text_of_which_nothing_shows_is_refused(text: str):
    with pytest.raises(ValueError, match="visible"):
        text_call(7, "o-lin", text)


def test_a_notice_is_cut_to_what_the_platform_shows():
    fields = {"thing1": "一" * 25, "thing2": "two\nlines"}
    body = json.loads(notice_call(7, "o-lin", "T", fields, "https://h.example", "send-7").body)
    assert body["data"] == {"thing1": {"value": "一" * 20}, "thing2": {"value": "two lines"}}
    assert (body["client_msg_id"], body["url"]) == ("send-7", "https://h.example")
