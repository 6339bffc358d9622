"""Every errcode of the table: provoked at the platform, met by the product's client, handled.

Two ways to provoke one: on demand (a fault), for every code there is; and by doing what earns it,
for those that a caller can earn here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from bot.clock import utc_now
from bot.errors import (
    GatewayError,
    MessageRefused,
    QuotaExhausted,
    RequestRejected,
    TokenRejected,
    Transient,
    UserUnreachable,
)
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.store.tokens import SharedTokens
from bot.values.replies import TextReply
from bot.wechat import calls
from bot.wechat.client import WeChatClient, connect
from bot.wechat.errcode_table import TABLE, Action
from bot.wechat.errcodes import advice, retryable
from tests.bot.sandbox.conftest import a_config

PATH = "/cgi-bin/openapi/quota/get"
CODES = [code for entry in TABLE for code in entry.codes if code != 0]
HANDLED: dict[Action, type[GatewayError]] = {
    Action.REFRESH: TokenRejected,
    Action.BACKOFF: Transient,
    Action.NEXT_DAY: QuotaExhausted,
    Action.UNSUB: UserUnreachable,
    Action.DROP: MessageRefused,
    Action.STOP: RequestRejected,
    Action.FIX: RequestRejected,
    Action.OK: MessageRefused,
}
ACTIONS = {code: entry.action for entry in TABLE for code in entry.codes}


class Served:
    """A platform over HTTP and the product's own client for it."""

    def __init__(self, client: WeChatClient, platform: Platform) -> None:
        self.client = client
        self.platform = platform

    def fetched_tokens(self) -> int:
        records = self.platform.world.ledger.records("api")
        return sum(record["path"] == "/cgi-bin/stable_token" for record in records)

    def arm(self, errcode: int, times: int = 1, path: str = PATH) -> None:
        fault = {"path": path, "times": times, "kind": "errcode", "errcode": errcode}
        self.platform.world.faults.add(fault)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    platform = Platform(a_config())
    server = make_server("127.0.0.1", 0, create_app(platform), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    platform.timeline.start()
    config = platform.config
    url = f"http://127.0.0.1:{server.server_port}"
    client = connect(config.appid, config.appsecret, url, SharedTokens(), utc_now)
    yield Served(client, platform)
    client.close()
    platform.stop()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_faults_left(store, served: Served) -> Iterator[None]:
    """Each test has a store of its own, where the shared token lives."""
    yield
    served.platform.world.faults.clear()


def asked(served: Served) -> dict[str, object]:
    return served.client.call("POST", PATH, json={"cgi_path": PATH})


# --- on demand: every code of the table --------------------------------------------------------


REFUSALS = [action for action in Action if action != Action.REFRESH]


def codes_of(action: Action) -> list[int]:
    return [code for code in CODES if ACTIONS[code] == action]


@pytest.mark.parametrize("action", REFUSALS)
def test_a_refusal_becomes_the_error_that_says_what_to_do(served: Served, action: Action):
    for errcode in codes_of(action):
        served.arm(errcode)
        with pytest.raises(GatewayError) as refusal:
            asked(served)
        assert type(refusal.value) is HANDLED[action], errcode
        assert refusal.value.errcode == errcode
        assert "rid: " in refusal.value.errmsg
        assert advice(errcode, "zh") != advice(123456, "zh")
        assert asked(served)["errcode"] == 0  # the next call is not held back by it


@pytest.mark.parametrize("errcode", codes_of(Action.REFRESH))
def test_a_stale_token_is_replaced_once_and_the_call_repeated(served: Served, errcode: int):
    asked(served)
    before = served.fetched_tokens()
    served.arm(errcode)
    assert asked(served)["errcode"] == 0
    assert served.fetched_tokens() == before + 1


@pytest.mark.parametrize("errcode", codes_of(Action.REFRESH))
def test_refused_twice_it_stops_and_does_not_hammer(served: Served, errcode: int):
    asked(served)
    before = served.fetched_tokens()
    served.arm(errcode, times=10)
    with pytest.raises(TokenRejected):
        asked(served)
    assert served.fetched_tokens() == before + 1


@pytest.mark.parametrize("action", Action)
def test_among_many_sends_each_gets_its_own_verdict(served: Served, action: Action):
    """The send engine's way: the refused one is an answer, the others go."""
    world = served.platform.world
    people = [world.person(f"o-{n}") for n in range(3)]
    for errcode in codes_of(action):
        for person in people:
            served.platform.acts.follow(person)
            served.platform.acts.say(person, "在吗")
        served.arm(errcode, path=calls.CUSTOM)
        sends = [calls.custom(n, who.openid, TextReply("你好")) for n, who in enumerate(people)]
        answers = list(served.client.send_many(sends, 1))
        failed = [type(answer.error) for answer in answers if answer.error is not None]
        # A stale token is replaced, and the send that met it goes out after all.
        assert failed == ([] if action == Action.REFRESH else [HANDLED[action]]), errcode


def test_what_is_worth_a_retry_is_what_the_table_says():
    wanted = {Action.REFRESH, Action.BACKOFF}
    assert {code for code in CODES if retryable(code)} >= {
        code for code in CODES if ACTIONS[code] in wanted
    }
