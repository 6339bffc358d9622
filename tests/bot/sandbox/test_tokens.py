"""The two token families, and who gets one (4.1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.codes import PlatformError
from bot.sandbox.config import Switches
from bot.sandbox.gateway import ENDPOINTS, Call
from bot.sandbox.tokens import Tokens, confirm_address, freeze_secret
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.conftest import NOON

SECOND = timedelta(seconds=1)


def errcode(tokens: Tokens, text: str | None, now) -> int:
    try:
        tokens.check(text, now)
    except PlatformError as error:
        return error.errcode
    return 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, 41001, id="missing"),
        pytest.param("", 41001, id="empty"),
        pytest.param("abc", 40014, id="malformed"),
        pytest.param("92_" + "x" * 100, 40001, id="never given"),
    ],
)
def test_wrong_tokens(text, expected):
    assert errcode(Tokens(), text, NOON) == expected


def test_a_plain_token_is_new_each_time_and_the_old_one_lives_five_minutes_more():
    tokens = Tokens()
    first, seconds = tokens.plain(NOON)
    second, _ = tokens.plain(NOON)
    assert seconds == 7200
    assert first != second
    assert errcode(tokens, first, NOON + 299 * SECOND) == 0
    assert errcode(tokens, first, NOON + 300 * SECOND) == 40001
    assert errcode(tokens, second, NOON + 7199 * SECOND) == 0
    assert errcode(tokens, second, NOON + 7200 * SECOND) == 42001


def test_a_stable_token_stays_until_five_minutes_before_its_end():
    tokens = Tokens()
    first, _ = tokens.stable(NOON)
    assert tokens.stable(NOON + 6899 * SECOND) == (first, 301)
    second, seconds = tokens.stable(NOON + 6900 * SECOND)
    assert (second != first, seconds) == (True, 7200)
    assert errcode(tokens, first, NOON + 7199 * SECOND) == 0, "both are valid for five minutes"
    assert errcode(tokens, first, NOON + 7200 * SECOND) == 42001


def test_forcing_kills_the_old_one_at_once():
    tokens = Tokens()
    first, _ = tokens.stable(NOON)
    second, _ = tokens.stable(NOON, force=True)
    assert errcode(tokens, first, NOON) == 40001
    assert errcode(tokens, second, NOON) == 0


def test_forcing_wants_thirty_seconds_between():
    tokens = Tokens()
    tokens.stable(NOON, force=True)
    with pytest.raises(PlatformError) as refused:
        tokens.stable(NOON + 29 * SECOND, force=True)
    assert refused.value.errcode == 45011
    tokens.stable(NOON + 30 * SECOND, force=True)


def test_forcing_works_twenty_times_a_day():
    tokens = Tokens()
    for number in range(20):
        tokens.stable(NOON + number * 30 * SECOND, force=True)
    with pytest.raises(PlatformError) as refused:
        tokens.stable(NOON + timedelta(hours=1), force=True)
    assert refused.value.errcode == 45009
    tokens.stable(NOON + timedelta(days=1), force=True)


def test_the_families_do_not_invalidate_each_other():
    tokens = Tokens()
    stable, _ = tokens.stable(NOON)
    plain, _ = tokens.plain(NOON)
    tokens.plain(NOON)
    tokens.stable(NOON, force=True)
    assert errcode(tokens, stable, NOON + 301 * SECOND) == 40001
    assert errcode(tokens, plain, NOON + 301 * SECOND) == 40001
    assert errcode(tokens, tokens.stable(NOON + 301 * SECOND)[0], NOON + 301 * SECOND) == 0


# --- who gets one ------------------------------------------------------------------------------

ACCOUNT = {
    "grant_type": "client_credential",
    "appid": "wxsandbox00000001",
    "secret": "secret-of-the-sandbox",
}
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.9"


def fetch(desk: Desktop, address: str = HERE, path: str = "/cgi-bin/token") -> dict[str, Any]:
    if path == "/cgi-bin/token":
        call = Call(path, "GET", ACCOUNT, client_ip=address)
    else:
        call = Call(path, "POST", {}, json.dumps(ACCOUNT).encode(), client_ip=address)
    answer: dict[str, Any] = json.loads(desk.gateway.answer(call).body)
    return answer


@pytest.fixture
def strict() -> Iterator[Callable[..., Desktop]]:
    """A platform with other settings than usual."""
    made: list[Desktop] = []

    def make(**changes: Any) -> Desktop:
        made.append(Desktop(a_config(**changes)))
        return made[-1]

    yield make
    for desktop in made:
        desktop.timeline.stop()


@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token"])
def test_only_listed_addresses_get_tokens_and_the_refusal_names_the_caller(strict, path):
    desk = strict(ip_allow=(HERE,))
    assert "access_token" in fetch(desk, HERE, path)
    refused = fetch(desk, ELSEWHERE, path)
    assert refused["errcode"] == 40164
    words = "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: "
    assert refused["errmsg"].startswith(words)


@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token"])
def test_an_unlisted_address_can_meet_the_other_documented_code(strict, path):
    desk = strict(ip_allow=(HERE,), switches=Switches(allow_list_code=61004))
    assert "access_token" in fetch(desk, HERE, path)
    refused = fetch(desk, ELSEWHERE, path)
    words = "access clientip is not registered requestIP: 203.0.113.9 rid: "
    assert (refused["errcode"], refused["errmsg"][: len(words)]) == (61004, words)


@pytest.mark.parametrize("code", [40125, 40001])
def test_a_wrong_secret_meets_the_code_that_the_switch_says(strict, code):
    desk = strict(switches=Switches(wrong_secret_code=code))
    token = Call("/cgi-bin/token", "GET", {**ACCOUNT, "secret": "wrong"})
    clear = Call(
        "/cgi-bin/clear_quota/v2", "POST", {"appid": ACCOUNT["appid"], "appsecret": "wrong"}, b"{}"
    )
    web = Call(
        "/sns/oauth2/access_token",
        "GET",
        {**ACCOUNT, "secret": "wrong", "code": "x", "grant_type": "authorization_code"},
    )
    answers = [json.loads(desk.gateway.answer(call).body) for call in (token, clear, web)]
    assert [answer["errcode"] for answer in answers] == [code] * 3


def test_a_listed_address_is_asked_for_tokens_only(strict):
    desk = strict(ip_allow=(ELSEWHERE,))
    assert "errcode" not in desk.get("user/get")


def test_an_ipv6_caller_is_named_as_it_is(strict):
    refused = fetch(strict(ip_allow=(HERE,)), "2001:db8::1")
    assert refused["errmsg"].startswith("invalid ip 2001:db8::1, not in whitelist")


def test_an_unknown_address_waits_for_the_administrator(strict):
    desk = strict(switches=Switches(unknown_ip_asks=True))
    assert [fetch(desk)["errcode"] for _ in range(2)] == [89503, 89503]
    confirm_address(desk.world, HERE, allowed=True)
    assert "access_token" in fetch(desk)
    assert fetch(desk, ELSEWHERE)["errcode"] == 89503


def test_a_refused_address_has_to_wait_an_hour_and_the_second_time_a_day(strict):
    desk = strict(switches=Switches(unknown_ip_asks=True))
    confirm_address(desk.world, HERE, allowed=False)
    assert fetch(desk)["errcode"] == 89507
    desk.clock.advance(3600)
    assert fetch(desk)["errcode"] == 89503
    confirm_address(desk.world, HERE, allowed=False)
    desk.clock.advance(3600)
    assert fetch(desk)["errcode"] == 89506
    desk.clock.advance(22 * 3600)
    assert fetch(desk)["errcode"] == 89503, "a day after the first refusal"


def test_a_frozen_secret_gets_no_token_while_those_that_are_out_work(desk: Desktop):
    freeze_secret(desk.world, True)
    assert fetch(desk)["errcode"] == 40243
    assert "errcode" not in desk.get("user/get")
    freeze_secret(desk.world, False)
    assert "access_token" in fetch(desk)


def test_a_wrong_secret_is_told_before_anything_else(strict):
    desk = strict(ip_allow=(ELSEWHERE,))
    call = Call("/cgi-bin/token", "GET", {**ACCOUNT, "secret": "wrong"})
    assert json.loads(desk.gateway.answer(call).body)["errcode"] == 40125


@pytest.mark.parametrize(
    ("kind", "most"),
    [("service", 2000), ("test", 200)],
)
def test_plain_tokens_are_counted_by_the_day(strict, kind, most):
    desk = strict(kind=kind)
    desk.world.used[("/cgi-bin/token", "2026-11-21")] = most - 1
    assert [fetch(desk).get("errcode") for _ in range(2)] == [None, 45009]


def test_stable_tokens_are_counted_by_the_minute(desk: Desktop, monkeypatch):
    path = "/cgi-bin/stable_token"
    assert ENDPOINTS[path].a_minute == 10_000
    monkeypatch.setitem(ENDPOINTS, path, replace(ENDPOINTS[path], a_minute=2))
    assert [fetch(desk, path=path).get("errcode") for _ in range(3)] == [None, None, 45011]
    desk.clock.advance(60)
    assert "access_token" in fetch(desk, path=path)
