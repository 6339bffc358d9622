"""Every errcode of the table: provoked at the platform, met by the product's client, handled.

Two ways to provoke one: on demand (a fault), for every code there is; and by doing what earns it,
for those that a caller can earn here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from bot.clock import SHANGHAI, utc_now
from bot.errors import (
    GatewayError,
    MessageRefused,
    QuotaExhausted,
    RequestRejected,
    TokenRejected,
    Transient,
    UserUnreachable,
)
from bot.sandbox.api import oauth
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.windows import Window
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


# --- earned: by doing what the platform refuses ------------------------------------------------


def _window_of(served: Served, openid: str) -> None:
    who = served.platform.world.person(openid)
    served.platform.acts.follow(who)
    served.platform.acts.say(who, "在吗")


def _custom(served: Served, openid: str) -> None:
    served.client.send_custom(openid, TextReply("你好"))


def _to_a_stranger(served: Served) -> None:
    _custom(served, "o-nobody")


def _to_one_who_left(served: Served) -> None:
    _window_of(served, "o-left")
    served.platform.acts.unfollow(served.platform.world.person("o-left"))
    _custom(served, "o-left")


def _outside_the_window(served: Served) -> None:
    silent = served.platform.world.person("o-silent")
    served.platform.acts.follow(silent)
    silent.window = Window()
    _custom(served, "o-silent")


def _a_sixth(served: Served) -> None:
    _window_of(served, "o-six")
    for _ in range(6):
        _custom(served, "o-six")


def _an_unknown_template(served: Served) -> None:
    _window_of(served, "o-lin")
    served.client.send_template("o-lin", "no-such-template", {})


def _a_bad_value(served: Served) -> None:
    _window_of(served, "o-lin")
    values = {"thing1": "", "time2": "soon", "thing3": "x"}
    served.client.send_template("o-lin", "SBX1_coupon_expiry_0000000000000000000000000", values)


def _a_tag_twice(served: Served) -> None:
    served.client.create_tag("常客")
    served.client.create_tag("常客")


def _a_reserved_tag(served: Served) -> None:
    served.client.library.tag.update(2, "别的")


def _a_menu_too_wide(served: Served) -> None:
    button = {"type": "click", "name": "a", "key": "a"}
    served.client.create_menu({"button": [button] * 4})


def _a_code_without_scene(served: Served) -> None:
    served.client.create_qrcode("")


def _a_code_for_nobody(served: Served) -> None:
    served.client.oauth_user("no-such-code")


def _a_code_twice(served: Served) -> None:
    lin = served.platform.world.person("o-lin")
    code = oauth.web_code(served.platform.world, lin, "snsapi_base", False)
    assert served.client.oauth_user(code).openid == "o-lin"
    served.client.oauth_user(code)


def _statistics_of_today(served: Served) -> None:
    today = utc_now().astimezone(SHANGHAI).date()
    served.client.datacube("getusersummary", today, today)


def _a_mass_message_twice(served: Served) -> None:
    for who in ("o-lin", "o-wang"):
        _window_of(served, who)
    content = {"msgtype": "text", "text": {"content": "周末见"}}
    for _ in range(2):
        served.client.mass_send_by_list(["o-lin", "o-wang"], content, "weekend")


@pytest.mark.parametrize(
    ("errcode", "do"),
    [
        pytest.param(40003, _to_a_stranger, id="40003 a stranger"),
        pytest.param(43004, _to_one_who_left, id="43004 who has left"),
        pytest.param(45015, _outside_the_window, id="45015 no window"),
        pytest.param(45047, _a_sixth, id="45047 the sixth message"),
        pytest.param(40037, _an_unknown_template, id="40037 no such template"),
        pytest.param(47003, _a_bad_value, id="47003 a value against its type"),
        pytest.param(45157, _a_tag_twice, id="45157 a tag that is there"),
        pytest.param(45058, _a_reserved_tag, id="45058 a reserved tag"),
        pytest.param(40016, _a_menu_too_wide, id="40016 four buttons"),
        pytest.param(40053, _a_code_without_scene, id="40053 a code without scene"),
        pytest.param(40029, _a_code_for_nobody, id="40029 a code nobody gave"),
        pytest.param(40163, _a_code_twice, id="40163 a code used twice"),
        pytest.param(61501, _statistics_of_today, id="61501 a day that is not over"),
        pytest.param(45066, _a_mass_message_twice, id="45066 the same mass within a minute"),
    ],
)
def test_a_code_is_earned_and_becomes_its_error(served: Served, errcode: int, do):
    with pytest.raises(GatewayError) as refusal:
        do(served)
    assert refusal.value.errcode == errcode
    assert type(refusal.value) is HANDLED[ACTIONS[errcode]]
