"""While a human agent holds the chat, the bot keeps silent."""

import pytest

from bot.store.models import Follower
from bot.values.inbound import AgentSession, ImageMessage, MenuClick, Subscribe, VoiceMessage
from tests.conftest import NOON
from tests.handlers.conftest import shown


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
