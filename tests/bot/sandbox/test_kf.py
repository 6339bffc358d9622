"""Human agents: their accounts, pictures and invitations (客服管理)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Call, Upload
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.bot.sandbox.hotline import HOME, HUA, LAN, Hotline, code_of, staffed

JPEG = Upload("lan.jpg", "image/jpeg", b"\xff\xd8jpeg")
HOUR = 3600.0


@pytest.fixture
def empty() -> Iterator[Hotline]:
    desk = Hotline()
    yield desk
    desk.timeline.stop()


@pytest.fixture
def desk() -> Iterator[Hotline]:
    desk = staffed()
    yield desk
    desk.timeline.stop()


# --- accounts ------------------------------------------------------------------------------------

ACCOUNTS = [
    # account, nickname, code of the new service, of the old
    pytest.param(LAN, "小兰", 0, 0, id="a name at the Official Account's id"),
    pytest.param(None, "小兰", 65404, 61451, id="no account"),
    pytest.param("lan", "小兰", 65404, 61452, id="a name alone"),
    pytest.param("lan@gh_other", "小兰", 65404, 61452, id="another Official Account's"),
    pytest.param(f"abcdefghij@{HOME}", "小兰", 0, 0, id="ten characters before the @"),
    pytest.param(f"abcdefghijk@{HOME}", "小兰", 65404, 61454, id="eleven"),
    pytest.param(f"兰@{HOME}", "小兰", 65404, 61455, id="Chinese before the @"),
    pytest.param(LAN, None, 65403, 61451, id="no nickname"),
    pytest.param(LAN, "客" * 6, 0, 0, id="six Chinese characters"),
    pytest.param(LAN, "客" * 7, 0, 61451, id="seven: too many for the old service"),
    pytest.param(LAN, "客" * 17, 65403, 61451, id="seventeen: too many for the new one too"),
]


@pytest.mark.parametrize(("account", "nickname", "new", "old"), ACCOUNTS)
@pytest.mark.parametrize("upgraded", [True, False])
def test_how_an_agent_may_be_called(upgraded, account, nickname, new, old):
    desk = Hotline(kf_upgraded=upgraded)
    assert desk.add(account, nickname) == (new if upgraded else old)
    desk.timeline.stop()


@pytest.mark.parametrize(
    ("upgraded", "exists", "full", "unknown"),
    [(True, 65406, 65405, 65401), (False, 61453, 61456, 61452)],
)
def test_a_hundred_agents_each_once(upgraded, exists, full, unknown):
    desk = Hotline(kf_upgraded=upgraded)
    assert [desk.add(f"a{n}@{HOME}") for n in range(100)] == [0] * 100
    assert desk.add(f"a0@{HOME}") == exists
    assert desk.add(LAN) == full
    assert desk.do("kfaccount/update", kf_account=LAN, nickname="兰") == unknown
    desk.timeline.stop()


def test_an_agent_is_listed_renamed_and_deleted(empty):
    empty.add()
    assert empty.do("kfaccount/update", kf_account=LAN, nickname="兰兰") == 0
    assert empty.listed() == [
        {"kf_account": LAN, "kf_headimgurl": "", "kf_id": "1001", "kf_nick": "兰兰"}
    ]
    assert empty.do("kfaccount/update", kf_account=LAN, nickname="") == 65403
    assert empty.ask("kfaccount/del", kf_account=HUA)["errcode"] == 65401
    assert empty.ask("kfaccount/del", kf_account=LAN)["errcode"] == 0
    assert empty.listed() == []


def picture(desk: Hotline, media: Upload | None, account: str = LAN) -> int:
    query = {"access_token": desk.token, "kf_account": account}
    files = {"media": media} if media else {}
    path = "/customservice/kfaccount/uploadheadimg"
    return int(
        json.loads(desk.gateway.answer(Call(path, "POST", query, files=files)).body)["errcode"]
    )


def test_an_agent_gets_a_picture(empty):
    empty.add()
    assert picture(empty, JPEG) == 0
    assert empty.listed()[0]["kf_headimgurl"].startswith("http://mmbiz.qpic.cn/")


@pytest.mark.parametrize(
    ("media", "account", "new", "old"),
    [
        pytest.param(None, LAN, 41005, 41005, id="no file"),
        pytest.param(Upload("a.jpg", "image/jpeg", b""), LAN, 41005, 41005, id="an empty one"),
        pytest.param(Upload("a.gif", "image/gif", b"gif"), LAN, 40005, 61457, id="not a JPG"),
        pytest.param(
            Upload("a.jpg", "image/jpeg", b"x" * (5 * 1024 * 1024 + 1)),
            LAN,
            40009,
            40009,
            id="over 5 MB",
        ),
        pytest.param(JPEG, HUA, 65401, 61452, id="nobody's"),
    ],
)
@pytest.mark.parametrize("upgraded", [True, False])
def test_which_pictures_are_none(upgraded, media, account, new, old):
    desk = Hotline(kf_upgraded=upgraded)
    desk.add()
    assert picture(desk, media, account) == (new if upgraded else old)
    desk.timeline.stop()


def test_the_old_service_may_fail_as_a_whole(empty):
    empty.world.faults.add({"path": "/customservice/kfaccount/add", "errcode": 61450})
    assert empty.add() == 61450


CALLS = [
    ("POST", "/customservice/kfaccount/add"),
    ("POST", "/customservice/kfaccount/update"),
    ("GET", "/customservice/kfaccount/del"),
    ("POST", "/customservice/kfaccount/inviteworker"),
    ("GET", "/cgi-bin/customservice/getkflist"),
    ("GET", "/cgi-bin/customservice/getonlinekflist"),
    ("POST", "/customservice/kfsession/create"),
    ("POST", "/customservice/kfsession/close"),
    ("GET", "/customservice/kfsession/getsession"),
    ("GET", "/customservice/kfsession/getsessionlist"),
    ("GET", "/customservice/kfsession/getwaitcase"),
    ("POST", "/customservice/msgrecord/getmsglist"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_the_customer_service_no_call_works(empty, method, path):
    empty.agents.enable(False)
    assert empty.call(method, path, b"{}")["errcode"] == 65400


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_an_unverified_account_may_call_none(method, path):
    desk = Desktop(a_config(kind="service_unverified"))
    assert desk.call(method, path, b"{}")["errcode"] == 48001
    desk.timeline.stop()


# --- invitations ---------------------------------------------------------------------------------


def test_an_invited_person_confirms_and_can_work(empty):
    empty.add()
    with pytest.raises(PlatformError) as refused:
        empty.agents.online(LAN)
    assert code_of(refused) == 65402
    assert empty.invite() == 0
    (waiting,) = empty.listed()
    assert (waiting["invite_wx"], waiting["invite_status"]) == ("lan_2026", "waiting")
    assert waiting["invite_expire_time"] > empty.clock().timestamp()
    empty.agents.confirm(LAN)
    (bound,) = empty.listed()
    assert bound["kf_wx"] == "lan_2026"
    assert "invite_wx" not in bound


@pytest.mark.parametrize(
    ("accepts", "later", "status"),
    [
        pytest.param(False, 0, "rejected", id="refused"),
        pytest.param(None, 24 * HOUR, "expired", id="not answered within a day"),
    ],
)
def test_after_a_vain_invitation_another_may_go_out(empty, accepts, later, status):
    empty.add()
    empty.invite()
    if accepts is not None:
        empty.agents.confirm(LAN, accepts)
    empty.pass_time(later)
    assert empty.listed()[0]["invite_status"] == status
    with pytest.raises(PlatformError) as refused:
        empty.agents.confirm(LAN)
    assert code_of(refused) == 65416
    assert empty.invite() == 0


@pytest.mark.parametrize(
    ("account", "wx", "errcode"),
    [
        pytest.param(LAN, "lan_2026", 65412, id="the agent is bound already"),
        pytest.param(f"new@{HOME}", "lan_2026", 65407, id="the person is an agent already"),
        pytest.param(f"new@{HOME}", "wen_2026", 65408, id="the person has an invitation already"),
        pytest.param(f"asked@{HOME}", "wu_2026", 65411, id="the agent has one out already"),
        pytest.param(f"new@{HOME}", "林", 65409, id="no WeChat id"),
        pytest.param(f"new@{HOME}", "busy_2026", 65410, id="an agent of five others"),
        pytest.param(f"nobody@{HOME}", "wu_2026", 65401, id="no agent"),
        pytest.param(f"new@{HOME}", "wu_2026", 0, id="a new agent, a new person"),
    ],
)
def test_who_may_be_invited(desk, account, wx, errcode):
    desk.add(f"new@{HOME}")
    desk.add(f"asked@{HOME}")
    desk.invite(f"asked@{HOME}", "wen_2026")
    desk.agents.employed_elsewhere("busy_2026", 5)
    assert desk.invite(account, wx) == errcode


def test_the_old_service_knows_no_invitations_and_needs_none():
    desk = Hotline(kf_upgraded=False)
    desk.add()
    assert desk.invite() == 65400
    desk.agents.online(LAN)
    desk.follower()
    desk.agents.take(LAN, "o-lin")
    assert desk.events() == [("kf_create_session", LAN)]
    desk.timeline.stop()
