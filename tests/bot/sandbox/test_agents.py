"""While a human agent holds a chat: who hears what, and what can be answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.sandbox import reception
from bot.sandbox.codes import PlatformError
from tests.bot.sandbox.hotline import HUA, LAN, Hotline, code_of, log, staffed

MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture
def desk() -> Iterator[Hotline]:
    desk = staffed()
    yield desk
    desk.timeline.stop()


# --- while an agent holds the chat ---------------------------------------------------------------


def test_while_an_agent_serves_messages_reach_the_agent_and_not_the_program(desk):
    lin = desk.world.person("o-lin")
    desk.agents.take(LAN, "o-lin")
    before = len(desk.pushed)
    desk.acts.say(lin, "我要退款")
    desk.acts.send_picture(lin)
    assert len(desk.pushed) == before
    assert [bubble.text for bubble in lin.chat[-2:]] == ["我要退款", "[图片]"]
    assert [one["text"] for one in log(desk)["recordlist"]] == ["我要退款", "[image]"]
    assert desk.world.ledger.records("agent_heard")[0]["account"] == LAN
    desk.agents.close(LAN, "o-lin")
    desk.acts.say(lin, "谢谢")
    assert desk.pushed[-1]["Content"] == "谢谢"


def test_events_still_reach_the_program(desk):
    desk.agents.take(LAN, "o-lin")
    desk.acts.click(desk.world.person("o-lin"), "COUPON")
    assert desk.pushed[-1]["Event"] == "CLICK"


def test_after_half_an_hour_messages_go_to_the_program_again(desk):
    lin = desk.world.person("o-lin")
    desk.agents.take(LAN, "o-lin")
    desk.pass_time(30 * MINUTE - 1)
    desk.acts.say(lin, "还在吗")
    assert desk.pushed[-1].get("Event") == "kf_create_session"
    desk.pass_time(1)
    desk.acts.say(lin, "喂")
    assert desk.pushed[-1]["Content"] == "喂"
    assert desk.ask("kfsession/getsession", openid="o-lin")["kf_account"] == LAN
    desk.hand_over()  # the program sends it back
    desk.acts.say(lin, "终于")
    assert [one["text"] for one in log(desk)["recordlist"]] == ["还在吗", "喂", "终于"]
    assert len(desk.events()) == 1


def test_an_agent_s_answer_is_on_the_phone_and_free(desk):
    lin = desk.world.person("o-lin")
    desk.agents.take(LAN, "o-lin")
    desk.agents.say(LAN, "o-lin", "马上处理")
    bubble = lin.chat[-1]
    assert (bubble.side, bubble.via, bubble.text) == ("account", "agent", "马上处理")
    assert lin.window.left == 5
    assert log(desk)["recordlist"][-1]["opercode"] == 2002
    assert "o-lin" not in desk.world.deliveries, "not the program's"


def test_a_long_chat_may_go_on_after_five_answers(desk):
    desk.agents.take(LAN, "o-lin")
    for number in range(10):
        desk.agents.say(LAN, "o-lin", str(number))
    assert len(log(desk)["recordlist"]) == 10


def leave(desk: Hotline) -> None:
    desk.acts.unfollow(desk.world.person("o-lin"))


def ban(desk: Hotline) -> None:
    desk.world.person("o-lin").blacklisted = True


def switch_off(desk: Hotline) -> None:
    reception.receive(desk.world, desk.world.person("o-lin"), on=False)


@pytest.mark.parametrize(
    ("meanwhile", "errcode"),
    [
        pytest.param(leave, 10700, id="the follower left"),
        pytest.param(switch_off, 10703, id="turned messages off"),
        pytest.param(lambda desk: desk.pass_time(48 * HOUR), 10706, id="did nothing for 48 hours"),
        pytest.param(ban, 62751, id="is on the blacklist"),
    ],
)
def test_when_an_agent_s_answer_cannot_arrive(desk, meanwhile, errcode):
    desk.agents.take(LAN, "o-lin")
    meanwhile(desk)
    with pytest.raises(PlatformError) as refused:
        desk.agents.say(LAN, "o-lin", "您好")
    assert code_of(refused) == errcode
    assert log(desk)["recordlist"] == []


@pytest.mark.parametrize(
    ("account", "openid", "text", "errcode"),
    [
        pytest.param("a@gh", "o-lin", "您好", 65401, id="an unknown agent"),
        pytest.param(HUA, "o-lin", "您好", 65414, id="another's follower"),
        pytest.param(LAN, "o-wang", "您好", 65413, id="whom nobody serves"),
        pytest.param(LAN, "o-lin", "", 44004, id="nothing"),
    ],
)
def test_what_an_agent_cannot_say(desk, account, openid, text, errcode):
    desk.chatting("o-wang")
    desk.agents.take(LAN, "o-lin")
    with pytest.raises(PlatformError) as refused:
        desk.agents.say(account, openid, text)
    assert code_of(refused) == errcode
