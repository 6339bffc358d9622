"""The life of access tokens, as a script with nothing but `requests` meets it.

The platform's clock is virtual: two hours pass when the test says so.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.sandbox.hosting import LocalSandbox

pytestmark = pytest.mark.wechat_sandbox(start="2026-11-01T08:00+08:00")

LIFE = 7200
OVERLAP = 300


class Script:
    """What a small program does by hand."""

    def __init__(self, sandbox: LocalSandbox) -> None:
        self.url = sandbox.url
        self.account = {
            "grant_type": "client_credential",
            "appid": sandbox.appid,
            "secret": sandbox.appsecret,
        }
        self.http = requests.Session()

    def ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        answer = self.http.request(method, self.url + path, timeout=10, **given)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def plain(self, **changes: str) -> dict[str, Any]:
        return self.ask("GET", "/cgi-bin/token", params={**self.account, **changes})

    def stable(self, force: bool = False) -> dict[str, Any]:
        body = {**self.account, "force_refresh": force}
        return self.ask("POST", "/cgi-bin/stable_token", json=body)

    def use(self, token: str) -> int:
        """The errcode that a call with this token meets; 0 where it works."""
        answer = self.ask("GET", "/cgi-bin/getcallbackip", params={"access_token": token})
        return int(answer.get("errcode", 0))


@pytest.fixture
def script(wechat_sandbox: LocalSandbox) -> Script:
    return Script(wechat_sandbox)


def test_a_token_works_for_two_hours(wechat_sandbox: LocalSandbox, script: Script):
    fetched = script.plain()
    assert fetched["expires_in"] == LIFE
    wechat_sandbox.advance(seconds=LIFE - 1)
    assert script.use(fetched["access_token"]) == 0
    wechat_sandbox.advance(seconds=1)
    assert script.use(fetched["access_token"]) == 42001


def test_a_new_token_leaves_the_old_one_five_minutes(wechat_sandbox: LocalSandbox, script: Script):
    old, new = script.plain()["access_token"], script.plain()["access_token"]
    assert old != new
    wechat_sandbox.advance(seconds=OVERLAP - 1)
    assert (script.use(old), script.use(new)) == (0, 0)
    wechat_sandbox.advance(seconds=1)
    assert (script.use(old), script.use(new)) == (40001, 0)


def test_the_stable_token_stays_until_five_minutes_before_its_end(
    wechat_sandbox: LocalSandbox, script: Script
):
    first = script.stable()
    wechat_sandbox.advance(seconds=LIFE - OVERLAP - 1)
    again = script.stable()
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == OVERLAP + 1
    wechat_sandbox.advance(seconds=1)
    second = script.stable()
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == LIFE
    assert (script.use(first["access_token"]), script.use(second["access_token"])) == (0, 0)
    wechat_sandbox.advance(seconds=OVERLAP)
    assert script.use(first["access_token"]) in (40001, 42001)
    assert script.use(second["access_token"]) == 0


def test_the_two_families_leave_each_other_alone(wechat_sandbox: LocalSandbox, script: Script):
    stable = script.stable()["access_token"]
    plain = script.plain()["access_token"]
    wechat_sandbox.advance(seconds=OVERLAP)
    assert (script.use(stable), script.use(plain)) == (0, 0)


def test_a_forced_refresh_ends_the_old_token_at_once(script: Script):
    old = script.stable()["access_token"]
    new = script.stable(force=True)["access_token"]
    assert (script.use(old), script.use(new)) == (40001, 0)


def test_forced_refreshes_are_thirty_seconds_apart_and_twenty_a_day(
    wechat_sandbox: LocalSandbox, script: Script
):
    assert "access_token" in script.stable(force=True)
    wechat_sandbox.advance(seconds=29)
    assert script.stable(force=True)["errcode"] == 45011
    for _ in range(19):
        wechat_sandbox.advance(seconds=30)
        assert "access_token" in script.stable(force=True)
    wechat_sandbox.advance(seconds=30)
    assert script.stable(force=True)["errcode"] == 45009
    assert "access_token" in script.stable()
    wechat_sandbox.advance(days=1)
    assert "access_token" in script.stable(force=True)


@pytest.mark.wechat_sandbox(kind="test")
def test_the_day_s_tokens_run_out_and_come_back_at_midnight(
    wechat_sandbox: LocalSandbox, script: Script
):
    last = [script.plain() for _ in range(200)][-1]["access_token"]
    assert script.plain()["errcode"] == 45009
    assert script.use(last) == 0
    wechat_sandbox.advance(hours=16)  # from 08:00 in Shanghai to its midnight
    assert "access_token" in script.plain()


@pytest.mark.wechat_sandbox(kind="test")
def test_a_cleared_quota_lets_the_day_go_on(script: Script, wechat_sandbox: LocalSandbox):
    token = [script.plain() for _ in range(200)][-1]["access_token"]
    body = {"appid": wechat_sandbox.appid}
    cleared = script.ask("POST", "/cgi-bin/clear_quota", params={"access_token": token}, json=body)
    assert cleared["errcode"] == 0
    assert "access_token" in script.plain()


@pytest.mark.parametrize(
    ("token", "errcode"),
    [
        pytest.param("", 41001, id="none"),
        pytest.param("secret", 40014, id="one that has not the form of a token"),
        pytest.param("92_" + "x" * 128, 40001, id="one that was never given out"),
    ],
)
def test_what_is_no_token_is_told_apart(script: Script, token: str, errcode: int):
    assert script.use(token) == errcode


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        pytest.param({"grant_type": "password"}, 40002, id="another grant"),
        pytest.param({"appid": ""}, 41002, id="no appid"),
        pytest.param({"appid": "wx0"}, 40013, id="another account"),
        pytest.param({"secret": ""}, 41004, id="no secret"),
        pytest.param({"secret": "x"}, 40125, id="a wrong secret"),
    ],
)
def test_who_gets_no_token(script: Script, changes: dict[str, str], errcode: int):
    assert script.plain(**changes)["errcode"] == errcode


def test_every_error_carries_a_trace(script: Script):
    answer = script.ask("GET", "/cgi-bin/getcallbackip")
    assert answer["errcode"] == 41001
    trace = answer["errmsg"].partition("rid: ")[2]
    assert [len(part) for part in trace.split("-")] == [8, 8, 8]


def test_the_same_script_on_the_same_clock_gets_the_same_tokens(
    wechat_sandbox: LocalSandbox, script: Script
):
    first = [script.plain()["access_token"], script.stable()["access_token"]]
    wechat_sandbox.reset()
    assert [script.plain()["access_token"], script.stable()["access_token"]] == first


@pytest.mark.wechat_sandbox(ip_allow=("192.0.2.1",))
def test_an_address_outside_the_allow_list_gets_no_token(script: Script):
    answer = script.plain()
    assert answer["errcode"] == 40164
    assert "127.0.0.1" in answer["errmsg"]


def test_tokens_that_the_platform_drops_are_fetched_anew(
    wechat_sandbox: LocalSandbox, script: Script
):
    old = script.stable()["access_token"]
    wechat_sandbox.expire_tokens()
    assert script.use(old) == 40001
    assert script.use(script.stable()["access_token"]) == 0
