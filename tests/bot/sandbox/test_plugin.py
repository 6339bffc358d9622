"""The pytest plugin, used as another project would use it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import requests
from flask import Flask

from bot.sandbox.hosting import LocalSandbox, SandboxServer, config_of
from bot.sandbox.testing import CallbackNotVerified, ControlRefused, Sandbox
from tests.support.echo import echo_program, served

NOVEMBER = "2026-11-21T12:00+08:00"
MODES = [
    pytest.param(marks=pytest.mark.wechat_sandbox(mode=mode), id=mode)
    for mode in ("safe", "compatible", "plain")
]


def program_of(sandbox: Sandbox) -> Flask:
    return echo_program(sandbox.token, sandbox.aes_key, sandbox.appid)


def texts(answers: list) -> list[str]:
    return [one.text for one in answers]


# --- a program in every mode, by both ways -------------------------------------------------------


@pytest.fixture
def mounted(wechat_sandbox: LocalSandbox) -> LocalSandbox:
    wechat_sandbox.mount(program_of(wechat_sandbox), "/wechat")
    return wechat_sandbox


@pytest.fixture
def connected(wechat_sandbox: LocalSandbox) -> Iterator[LocalSandbox]:
    with served(program_of(wechat_sandbox)) as url:
        wechat_sandbox.connect(url)
        yield wechat_sandbox


@pytest.mark.parametrize("way", ["mounted", "connected"])
@pytest.mark.parametrize((), MODES)
@pytest.mark.parametrize(
    (),
    [
        pytest.param(id="on the wall clock"),
        pytest.param(id="on virtual time", marks=pytest.mark.wechat_sandbox(start=NOVEMBER)),
    ],
)
def test_an_echo_program_of_flask_and_wechatpy(request: pytest.FixtureRequest, way: str):
    sandbox = request.getfixturevalue(way)
    lin = sandbox.follower("小林")
    assert texts(lin.follow()) == ["欢迎"]
    assert texts(lin.say("你好")) == ["你好"]
    assert lin.picture() == []
    assert lin.click("COUPON") == []
    assert lin.unfollow() == []
    sandbox.assert_no_faults()
    assert {one["outcome"] for one in sandbox.pushes()} == {"answered", "silent"}


@pytest.mark.parametrize((), MODES)
def test_the_end_of_a_cdata_in_an_echo_is_a_fault_notice(mounted: LocalSandbox):
    """wechatpy does not escape it: whoever says back what was said can be made to fail."""
    lin = mounted.follower("小林")
    lin.follow()
    (notice,) = lin.say("]]>")
    assert (notice.side, notice.kind) == ("notice", "fault")
    with pytest.raises(AssertionError, match="text of "):
        mounted.assert_no_faults()


def test_a_program_with_another_token_is_not_connected(wechat_sandbox: LocalSandbox):
    stranger = echo_program("another", wechat_sandbox.aes_key, wechat_sandbox.appid)
    with pytest.raises(CallbackNotVerified, match="echostr"):
        wechat_sandbox.mount(stranger, "/wechat")
    with served(stranger) as url, pytest.raises(CallbackNotVerified, match=url):
        wechat_sandbox.connect(url, timeout=0)


def failing(program: Flask) -> Flask:
    """Verified like any other, then it breaks on every push."""
    program.before_request(lambda: 1 / (flask.request.method == "GET") and None)
    return program


def test_a_program_that_raises_is_a_fault(wechat_sandbox: LocalSandbox):
    wechat_sandbox.mount(failing(program_of(wechat_sandbox)), "/wechat")
    lin = wechat_sandbox.follower("小林")
    assert [one.kind for one in lin.follow()] == ["fault"]


def test_without_a_program_people_act_all_the_same(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    assert lin.follow() == []
    assert lin.subscribed


# --- people --------------------------------------------------------------------------------------


def test_an_act_returns_what_it_was_answered(mounted: LocalSandbox):
    lin = mounted.follower("小林")
    lin.follow()
    (answer,) = lin.say("你好")
    assert (answer.side, answer.via, answer.kind, answer.text) == (
        "account",
        "reply",
        "text",
        "你好",
    )
    assert [one.number for one in lin.screen] == [1, 2, 3, 4]
    assert answer == lin.screen[-1]


def test_one_name_is_one_person(wechat_sandbox: LocalSandbox):
    assert wechat_sandbox.follower("小林").openid == wechat_sandbox.follower("小林").openid
    assert wechat_sandbox.follower("小王").openid != wechat_sandbox.follower("小林").openid


def test_who_does_not_follow_cannot_talk(wechat_sandbox: LocalSandbox):
    with pytest.raises(ControlRefused, match="does not follow"):
        wechat_sandbox.follower("小林").say("你好")


def test_a_message_opens_the_window(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    assert lin.window["open"] is False
    lin.follow()
    assert lin.window["left"] == 3
    lin.say("你好")
    assert (lin.window["open"], lin.window["left"]) == (True, 5)


@pytest.mark.wechat_sandbox(followers=5)
def test_people_can_follow_from_the_start(wechat_sandbox: LocalSandbox):
    assert len(wechat_sandbox.openids()) == 5
    assert wechat_sandbox.pushes() == []


@pytest.mark.wechat_sandbox(start=NOVEMBER, population=30)
def test_a_population_lives_when_time_is_run(wechat_sandbox: LocalSandbox):
    assert wechat_sandbox.ledger("message") == []
    wechat_sandbox.run(days=20)
    assert wechat_sandbox.ledger("message")
    assert len(wechat_sandbox.get("truth")["truth"]) >= 30


# --- what comes later ----------------------------------------------------------------------------


def send(sandbox: Sandbox, openid: str, text: str) -> int:
    """A customer-service message; its errcode."""
    account = {"appid": sandbox.appid, "secret": sandbox.appsecret}
    asked = {"grant_type": "client_credential", **account}
    token = requests.get(f"{sandbox.url}/cgi-bin/token", asked, timeout=5).json()["access_token"]
    body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
    answer = requests.post(
        f"{sandbox.url}/cgi-bin/message/custom/send?access_token={token}",
        json=body,
        timeout=5,
    ).json()
    return int(answer["errcode"])


def test_a_message_of_a_worker_is_waited_for(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    worker = threading.Thread(target=send, args=(wechat_sandbox, lin.openid, "later"))
    worker.start()
    assert lin.expect("later").via == "custom"
    worker.join()


@pytest.mark.wechat_sandbox(start=NOVEMBER)
def test_what_never_comes_is_told_with_what_did(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    with pytest.raises(AssertionError, match="关注了公众号"):
        lin.expect("优惠券", within=60)


def test_sent_messages_are_asserted_in_words(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    assert send(wechat_sandbox, lin.openid, "a coupon") == 0
    assert send(wechat_sandbox, "o-nobody", "x") == 40003
    wechat_sandbox.assert_sent(lin.openid, text="coupon", kind="text", times=1)
    with pytest.raises(AssertionError) as told:
        wechat_sandbox.assert_sent(lin.openid, text="welcome")
    assert "got text 'a coupon'" in str(told.value)
    assert "/cgi-bin/message/custom/send invalid openid" in str(told.value)


def test_calls_are_kept_with_their_duplicate_ids(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    send(wechat_sandbox, lin.openid, "x")
    (call,) = wechat_sandbox.calls("/cgi-bin/message/custom/send")
    assert (call["openid"], call["errcode"], call["duplicate_id"]) == (lin.openid, 0, "")


# --- time and faults -----------------------------------------------------------------------------


@pytest.mark.wechat_sandbox(start=NOVEMBER)
def test_time_stands_until_it_is_run(wechat_sandbox: LocalSandbox):
    began = wechat_sandbox.now
    assert began.isoformat() == "2026-11-21T12:00:00+08:00"
    wechat_sandbox.run(days=3, hours=1)
    wechat_sandbox.advance(minutes=30, seconds=5)
    assert (wechat_sandbox.now - began).total_seconds() == 73 * 3600 + 1805


def test_the_wall_clock_cannot_be_run(wechat_sandbox: LocalSandbox):
    with pytest.raises(ControlRefused, match="start"):
        wechat_sandbox.run(days=1)


def test_a_fault_is_met_and_cleared(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    wechat_sandbox.fault("/cgi-bin/message/custom/send", kind="errcode", errcode=-1, times=2)
    assert send(wechat_sandbox, lin.openid, "x") == -1
    wechat_sandbox.clear_faults()
    assert send(wechat_sandbox, lin.openid, "x") == 0
    assert wechat_sandbox.get("faults")["faults"]["errcode"]["met"] == 1


ADDRESSES = "/cgi-bin/getcallbackip"


def called(sandbox: LocalSandbox) -> dict | type[Exception]:
    """A call by a client that keeps its connection; what it got, or how that ended."""
    with requests.Session() as session:
        asked = {"grant_type": "client_credential", "appid": sandbox.appid}
        account = {**asked, "secret": sandbox.appsecret}
        token = session.get(f"{sandbox.url}/cgi-bin/token", params=account, timeout=8).json()
        query = {"access_token": token["access_token"]}
        try:
            return session.get(sandbox.url + ADDRESSES, params=query, timeout=8).json()
        except requests.RequestException as error:
            return type(error)


BROKEN = requests.exceptions.ChunkedEncodingError  # the answer ended before it was whole


@pytest.mark.parametrize(
    (),
    [
        pytest.param(id="on the wall clock"),
        pytest.param(id="on virtual time", marks=pytest.mark.wechat_sandbox(start=NOVEMBER)),
    ],
)
@pytest.mark.parametrize(
    ("kind", "more", "ends"),
    [
        pytest.param("drop", {}, (requests.ConnectionError,), id="drop"),
        pytest.param("reset", {}, (requests.ConnectionError,), id="reset"),
        pytest.param("cut", {}, (BROKEN,), id="cut"),
        pytest.param("wrong_length", {}, (BROKEN,), id="a wrong length"),
        pytest.param(
            "timeout_after_accept",
            {"seconds": 0.01},
            (requests.ConnectionError, BROKEN),
            id="silence; on virtual time half an answer",
        ),
    ],
)
def test_a_connection_that_ends_ends_at_once(
    wechat_sandbox: LocalSandbox, caplog: pytest.LogCaptureFixture, kind, more, ends
):
    wechat_sandbox.fault(ADDRESSES, kind=kind, **more)
    assert called(wechat_sandbox) in ends
    assert "ip_list" in called(wechat_sandbox)
    assert [one for one in caplog.records if one.name == "werkzeug"] == []


@pytest.mark.parametrize("kind", ["slow_drip", "hang", "latency"])
@pytest.mark.parametrize(
    (),
    [
        pytest.param(id="on the wall clock"),
        pytest.param(id="on virtual time", marks=pytest.mark.wechat_sandbox(start=NOVEMBER)),
    ],
)
def test_an_answer_that_is_late_comes_whole(wechat_sandbox: LocalSandbox, kind):
    wechat_sandbox.fault(ADDRESSES, kind=kind, seconds=0.05)
    assert called(wechat_sandbox)["ip_list"]
    assert wechat_sandbox.get("faults")["faults"][kind]["met"] == 1


@pytest.mark.wechat_sandbox(start=NOVEMBER, followers=2)
def test_a_reset_world_is_the_one_of_the_beginning(mounted: LocalSandbox):
    lin = mounted.follower("小林")
    lin.follow()
    mounted.run(days=1)
    mounted.reset()
    assert mounted.now.isoformat() == "2026-11-21T12:00:00+08:00"
    assert len(mounted.openids()) == 2
    again = mounted.follower("小林")
    assert again.openid == lin.openid
    assert texts(again.follow()) == ["欢迎"]


def story(sandbox: LocalSandbox) -> list:
    sandbox.mount(program_of(sandbox), "/wechat")
    lin = sandbox.follower("小林")
    lin.follow()
    lin.say("你好")
    send(sandbox, lin.openid, "x")
    sandbox.run(hours=1)
    return sandbox.ledger()


def test_the_same_test_gives_the_same_ledger():
    with LocalSandbox(start=NOVEMBER) as one, LocalSandbox(start=NOVEMBER) as other:
        assert story(one) == story(other)


# --- the plugin itself ---------------------------------------------------------------------------


@pytest.mark.wechat_sandbox(mode="plain", kind="test")
class TestMarkers:
    def test_a_class_s_marker_holds_for_its_tests(self, wechat_sandbox: LocalSandbox):
        assert (wechat_sandbox.mode, wechat_sandbox.config.kind) == ("plain", "test")

    @pytest.mark.wechat_sandbox(mode="compatible")
    def test_the_nearer_marker_wins(self, wechat_sandbox: LocalSandbox):
        assert (wechat_sandbox.mode, wechat_sandbox.config.kind) == ("compatible", "test")


def test_a_population_wants_a_start():
    with pytest.raises(TypeError, match="start"):
        config_of(population=10)


def test_what_is_named_of_limits_and_switches_joins_the_usual():
    config = config_of(limits={"answer": 1.0}, switches={"kf_upgraded": False})
    assert (config.limits.answer, config.limits.deliveries) == (1.0, 3)
    assert config.switches.kf_upgraded is False


def test_it_ends_without_leaving_anything_behind():
    before = set(threading.enumerate())
    with LocalSandbox() as sandbox:
        url = sandbox.url
        sandbox.follower("小林").follow()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert not [one for one in threading.enumerate() if one not in before]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/sandbox/state", timeout=5)


ANOTHER_PROJECT = """
import sys
HEAVY = {"flask", "werkzeug", "requests", "granian", "cryptography"}
assert not HEAVY & set(sys.modules)
def test_that_has_nothing_to_do_with_it():
    assert not HEAVY & set(sys.modules)
def test_that_uses_it(wechat_sandbox):
    assert wechat_sandbox.follower("lin").follow() == []
"""


@pytest.mark.slow
def test_another_project_s_run_stays_light_and_without_warnings(tmp_path: Path):
    (tmp_path / "test_theirs.py").write_text(ANOTHER_PROJECT)
    ours = ["-p", "bot.sandbox.plugin", "--strict-markers", "-W", "error", "-q"]
    none = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *ours, *none, "--rootdir", ".", "test_theirs.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert "warning" not in done.stdout


@pytest.mark.slow
def test_the_marker_wants_names(tmp_path: Path):
    (tmp_path / "test_theirs.py").write_text(
        "import pytest\n@pytest.mark.wechat_sandbox('plain')\ndef test_it(wechat_sandbox): ...\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "bot.sandbox.plugin", "-q", "test_theirs.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "wants named options" in done.stdout


@pytest.mark.slow
@pytest.mark.wechat_sandbox(start=NOVEMBER, followers=2)
def test_a_process_of_its_own_is_used_in_the_same_way(wechat_sandbox_server: SandboxServer):
    sandbox = wechat_sandbox_server
    with served(program_of(sandbox)) as url:
        sandbox.connect(url)
        lin = sandbox.follower("小林")
        assert texts(lin.follow()) == ["欢迎"]
        sandbox.run(days=2)
        assert send(sandbox, lin.openid, "x") == 45015
        with pytest.raises(AssertionError, match="response out of time limit"):
            sandbox.assert_sent(lin.openid)
        sandbox.reset()
        assert len(sandbox.openids()) == 2
        assert texts(sandbox.follower("小林").follow()) == ["欢迎"]
