"""Human agents and followers: sessions, the queue, the log (客服会话)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.sandbox.codes import PlatformError
from tests.bot.sandbox.hotline import HOME, HUA, LAN, Hotline, code_of, log, staffed


@pytest.fixture
def desk() -> Iterator[Hotline]:
    desk = staffed()
    yield desk
    desk.timeline.stop()


# --- sessions ------------------------------------------------------------------------------------


def test_a_session_by_the_api(desk):
    assert desk.do("kfsession/create", kf_account=LAN, openid="o-lin") == 0
    began = int(desk.clock().timestamp())
    served = {"createtime": began, "kf_account": LAN}
    assert desk.ask("kfsession/getsession", openid="o-lin") == served
    listed = desk.ask("kfsession/getsessionlist", kf_account=LAN)
    assert listed == {"sessionlist": [{"createtime": began, "openid": "o-lin"}]}
    online = desk.get("customservice/getonlinekflist")["kf_online_list"]
    assert [(one["kf_account"], one["status"], one["accepted_case"]) for one in online] == [
        (LAN, 1, 1),
        (HUA, 1, 0),
    ]
    assert desk.do("kfsession/close", kf_account=LAN, openid="o-lin") == 0
    assert desk.ask("kfsession/getsession", openid="o-lin")["kf_account"] == ""
    assert desk.events() == [("kf_create_session", LAN), ("kf_close_session", LAN)]
    event = desk.pushed[-1]
    assert (event["FromUserName"], event["MsgType"]) == ("o-lin", "event")


def test_an_agent_who_leaves_is_not_listed_online(desk):
    desk.agents.online(HUA, False)
    online = desk.get("customservice/getonlinekflist")["kf_online_list"]
    assert [one["kf_account"] for one in online] == [LAN]


@pytest.mark.parametrize(
    ("account", "openid", "errcode"),
    [
        pytest.param(LAN, "o-wang", 0, id="the agent who serves already"),
        pytest.param(HUA, "o-wang", 65414, id="whom another serves"),
        pytest.param(HUA, "o-lin", 0, id="whom nobody serves"),
        pytest.param(f"off@{HOME}", "o-lin", 65415, id="an agent who is not there"),
        pytest.param(f"new@{HOME}", "o-lin", 65402, id="an agent whom nobody is"),
        pytest.param("a@gh", "o-lin", 65401, id="an unknown agent"),
        pytest.param(HUA, "o-nobody", 40003, id="a stranger"),
        pytest.param(HUA, "o-gone", 43004, id="one who left"),
    ],
)
def test_who_may_serve_whom(desk, account, openid, errcode):
    desk.add(f"new@{HOME}")
    desk.hire(f"off@{HOME}", "off_2026")
    desk.agents.online(f"off@{HOME}", False)
    desk.chatting("o-wang")
    desk.acts.unfollow(desk.follower("o-gone"))
    desk.agents.take(LAN, "o-wang")
    before = desk.events()
    assert desk.do("kfsession/create", kf_account=account, openid=openid) == errcode
    begun = errcode == 0 and openid == "o-lin"
    assert desk.events()[len(before) :] == ([("kf_create_session", account)] if begun else [])


@pytest.mark.parametrize(
    ("account", "openid", "errcode"),
    [
        pytest.param(LAN, "o-wang", 65413, id="there is no session"),
        pytest.param(HUA, "o-lin", 65414, id="it is another's"),
        pytest.param("a@gh", "o-lin", 65401, id="an unknown agent"),
        pytest.param(LAN, "o-nobody", 40003, id="a stranger"),
    ],
)
def test_what_cannot_be_closed(desk, account, openid, errcode):
    desk.chatting("o-wang")
    desk.agents.take(LAN, "o-lin")
    assert desk.do("kfsession/close", kf_account=account, openid=openid) == errcode


def test_whose_sessions_cannot_be_listed(desk):
    desk.add(f"new@{HOME}")
    assert desk.ask("kfsession/getsession", openid="o-nobody")["errcode"] == 40003
    for account, errcode in (("a@gh", 65401), (f"new@{HOME}", 65402)):
        answer = desk.ask("kfsession/getsessionlist", kf_account=account)
        assert answer["errcode"] == errcode


def test_handing_over_to_another_agent(desk):
    desk.agents.take(LAN, "o-lin")
    desk.agents.switch(LAN, HUA, "o-lin")
    assert desk.events()[-1] == ("kf_switch_session", LAN, HUA)
    assert desk.pushed[-1]["FromKfAccount"] == LAN
    assert desk.ask("kfsession/getsession", openid="o-lin")["kf_account"] == HUA
    desk.agents.online(LAN, False)
    with pytest.raises(PlatformError) as refused:
        desk.agents.switch(HUA, LAN, "o-lin")
    assert code_of(refused) == 65415


def test_a_deleted_agent_lets_followers_go(desk):
    desk.agents.take(LAN, "o-lin")
    assert desk.ask("kfaccount/del", kf_account=LAN)["errcode"] == 0
    assert desk.events()[-1] == ("kf_close_session", LAN)
    assert desk.ask("kfsession/getsession", openid="o-lin")["kf_account"] == ""


# --- the queue -----------------------------------------------------------------------------------


def waiting(desk: Hotline) -> list[str]:
    answer = desk.ask("kfsession/getwaitcase")
    assert answer["count"] >= len(answer["waitcaselist"])
    return [one["openid"] for one in answer["waitcaselist"]]


def test_who_is_handed_over_waits_in_order_and_still_talks_to_the_program(desk):
    desk.hand_over()
    desk.chatting("o-wang")
    desk.hand_over("o-wang")
    desk.clock.advance(10)
    desk.acts.say(desk.world.person("o-lin"), "有人吗")
    assert desk.pushed[-1]["Content"] == "有人吗"
    assert waiting(desk) == ["o-lin", "o-wang"]
    first = desk.ask("kfsession/getwaitcase")["waitcaselist"][0]
    assert first["latest_time"] == int(desk.clock().timestamp())
    assert desk.ask("kfsession/getsession", openid="o-lin") == {"createtime": 0, "kf_account": ""}
    assert desk.events() == []


def test_only_the_first_hundred_are_listed(desk):
    for number in range(101):
        desk.chatting(f"o-{number}")
        desk.hand_over(f"o-{number}")
    answer = desk.ask("kfsession/getwaitcase")
    assert (answer["count"], len(answer["waitcaselist"])) == (101, 100)
    assert answer["waitcaselist"][0]["openid"] == "o-0"


def test_an_agent_takes_who_waits_and_knows_what_was_asked(desk):
    desk.hand_over()
    desk.agents.take(LAN, "o-lin")
    assert waiting(desk) == []
    assert desk.events() == [("kf_create_session", LAN)]
    assert [(one["opercode"], one["text"]) for one in log(desk)["recordlist"]] == [(2003, "你好")]


@pytest.mark.parametrize(
    ("named", "account"),
    [
        pytest.param(HUA, HUA, id="an agent who is there"),
        pytest.param(f"off@{HOME}", f"off@{HOME}", id="one who is not there all the same"),
        pytest.param("a@gh", "", id="an unknown one: the follower waits"),
        pytest.param(f"new@{HOME}", "", id="one whom nobody is: the follower waits"),
    ],
)
def test_a_named_agent_serves_at_once(desk, named, account):
    desk.add(f"new@{HOME}")
    desk.hire(f"off@{HOME}", "off_2026")
    desk.agents.online(f"off@{HOME}", False)
    desk.hand_over(account=named)
    assert desk.ask("kfsession/getsession", openid="o-lin")["kf_account"] == account
    assert waiting(desk) == ([] if account else ["o-lin"])


def test_an_event_that_is_handed_over_brings_no_message(desk):
    desk.acts.click(desk.world.person("o-lin"), "HELP")
    desk.hand_over(account=LAN)
    assert log(desk)["recordlist"] == []


def test_without_the_customer_service_nobody_is_handed_over(desk):
    desk.agents.enable(False)
    desk.hand_over()
    desk.agents.enable()
    assert waiting(desk) == []
    assert desk.world.ledger.records("transfer")[-1]["taken"] is False


# --- the log -------------------------------------------------------------------------------------


def test_a_record_of_the_log(desk):
    desk.agents.take(LAN, "o-lin")
    desk.agents.say(LAN, "o-lin", "您好，我是小兰")
    assert log(desk)["recordlist"] == [
        {
            "openid": "o-lin",
            "opercode": 2002,
            "text": "您好，我是小兰",
            "time": int(desk.clock().timestamp()),
            "worker": LAN,
        }
    ]


def test_the_log_is_paged_by_the_last_msgid(desk):
    desk.agents.take(LAN, "o-lin")
    for number in range(5):
        desk.agents.say(LAN, "o-lin", str(number))
    after, pages = 1, []
    while (page := log(desk, msgid=after, number=2))["number"]:
        pages.append([one["text"] for one in page["recordlist"]])
        after = page["msgid"]
    assert pages == [["0", "1"], ["2", "3"], ["4"]]
    assert page == {"recordlist": [], "number": 0, "msgid": 0}


def test_the_log_of_other_times_is_left_out(desk):
    desk.agents.take(LAN, "o-lin")
    desk.agents.say(LAN, "o-lin", "早")
    said = int(desk.clock().timestamp())
    assert log(desk, starttime=said, endtime=said)["number"] == 1
    assert log(desk, starttime=said + 1, endtime=said + 1)["number"] == 0


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        pytest.param({"starttime": 0, "endtime": 86_400}, None, id="24 hours"),
        pytest.param({"starttime": 0, "endtime": 86_401}, 65417, id="a second more"),
        pytest.param({"starttime": 2, "endtime": 1}, 65416, id="an end before the start"),
        pytest.param({"starttime": "soon"}, 65416, id="a time that is none"),
        pytest.param({"starttime": -1}, 65416, id="before all time"),
        pytest.param({"msgid": 0}, 65416, id="a msgid below 1"),
        pytest.param({"number": 10_000}, None, id="10,000 records"),
        pytest.param({"number": 10_001}, 65416, id="one more"),
        pytest.param({"number": 0}, 65416, id="none"),
        pytest.param({"number": None}, 65416, id="no number"),
    ],
)
def test_which_questions_the_log_answers(desk, changes, errcode):
    assert log(desk, **changes).get("errcode") == errcode
