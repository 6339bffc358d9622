import json
from datetime import date, timedelta

import pytest

from bot.errors import (
    GatewayDown,
    GatewayError,
    InvalidInput,
    MessageRefused,
    OutcomeUnknown,
    RequestRejected,
    TokenRejected,
    Transient,
)
from bot.store.tokens import SharedTokens
from bot.values.replies import TextReply, TransferReply
from bot.wechat.breaker import Breaker
from bot.wechat.client import WeChatClient, connect
from bot.wechat.exchange import Exchange
from bot.wechat.transport import PooledTransport
from tests.bot.wechat.conftest import CUT, HANG
from tests.conftest import NOON

APPID, SECRET = "wx0123456789abcdef", "a-secret-of-thirty-two-characters"
CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
STABLE = "/cgi-bin/stable_token"
STALE = {"errcode": 40001, "errmsg": "invalid credential rid: a-b-c"}


class World:
    def __init__(self, platform) -> None:
        self.platform = platform
        self.now = NOON
        self.client = connect(APPID, SECRET, platform.url, SharedTokens(), lambda: self.now)


@pytest.fixture
def world(platform, store):
    made = World(platform)
    yield made
    made.client.close()


@pytest.fixture
def client(world):
    return world.client


def sent(platform, path):
    return [json.loads(body) for _, body in platform.asked(path)]


# --- one call ----------------------------------------------------------------------------------


def test_the_token_is_asked_for_in_normal_mode_and_put_in_the_query(client, platform):
    client.send_custom("o-lin", TextReply("你好"))
    assert sent(platform, STABLE) == [
        {
            **{"grant_type": "client_credential", "appid": APPID, "secret": SECRET},
            "force_refresh": False,
        }
    ]
    assert platform.asked(CUSTOM)[0][0] == {"access_token": "token-1"}


def test_bodies_are_raw_utf8(client, platform):
    client.send_custom("o-lin", TextReply("你好😀"))
    assert "你好😀".encode() in platform.asked(CUSTOM)[0][1]


def test_many_calls_use_one_connection_and_one_token(client, platform):
    for _ in range(5):
        client.send_custom("o-lin", TextReply("a"))
    assert (platform.connections, platform.tokens_given) == (1, 1)


def test_a_refused_token_is_replaced_and_the_call_made_again(client, platform):
    platform.script[CUSTOM] = [STALE]
    client.send_custom("o-lin", TextReply("a"))
    tokens = [query["access_token"] for query, _ in platform.asked(CUSTOM)]
    assert tokens == ["token-1", "token-2"]


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_token_refused_for_ever_costs_two_calls_and_one_fetch(client, platform, errcode):
    platform.script[CUSTOM] = [{"errcode": errcode, "errmsg": "no"}] * 100
    with pytest.raises(TokenRejected):
        client.send_custom("o-lin", TextReply("a"))
    assert len(platform.asked(CUSTOM)) == 2
    for _ in range(10):
        with pytest.raises(TokenRejected):
            client.send_custom("o-lin", TextReply("a"))
    assert len(platform.asked(STABLE)) == 2


def test_a_wrong_secret_is_said_in_words_and_not_hammered(client, platform):
    platform.script[STABLE] = [{"errcode": 40125, "errmsg": "invalid appsecret"}] * 100
    for _ in range(20):
        with pytest.raises(RequestRejected, match="reset the AppSecret") as refused:
            client.send_custom("o-lin", TextReply("a"))
        assert refused.value.appid == APPID, "whoever catches it knows whose secrets are wrong"
    assert (len(platform.asked(STABLE)), platform.asked(CUSTOM)) == (1, [])


@pytest.mark.parametrize("answer", [(502, b"<html>"), CUT, (200, b"[]"), {"expires_in": 7200}])
def test_without_a_token_the_call_was_certainly_not_made(client, platform, answer):
    platform.script[STABLE] = [answer]
    with pytest.raises(GatewayDown):
        client.send_custom("o-lin", TextReply("a"))
    assert platform.asked(CUSTOM) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param({"errcode": -1, "errmsg": "system error"}, Transient, id="busy"),
        pytest.param({"errcode": "45047", "errmsg": "x"}, MessageRefused, id="a code as text"),
        pytest.param((500, b"<html>oops</html>"), OutcomeUnknown, id="500 and HTML"),
        pytest.param((302, b""), OutcomeUnknown, id="sent elsewhere"),
        pytest.param((200, b"<html>"), OutcomeUnknown, id="HTML"),
        pytest.param((200, b""), OutcomeUnknown, id="nothing"),
        pytest.param((200, b"[1]"), OutcomeUnknown, id="no object"),
        pytest.param((200, b'{"errcode":"x"}'), OutcomeUnknown, id="a code that is none"),
        pytest.param((200, b"[" * 100_000), OutcomeUnknown, id="deep JSON"),
        pytest.param((200, b" " * (9 << 20)), OutcomeUnknown, id="too large"),
        pytest.param(CUT, OutcomeUnknown, id="cut after reading"),
    ],
)
def test_what_an_answer_means_and_that_it_is_not_repeated(client, platform, answer, error):
    platform.script[CUSTOM] = [answer]
    with pytest.raises(error):
        client.send_custom("o-lin", TextReply("a"))
    assert len(platform.asked(CUSTOM)) == 1
    client.send_custom("o-lin", TextReply("a"))  # and the next call works


def test_a_cut_on_a_reused_connection_is_not_repeated_either(client, platform):
    client.send_custom("o-lin", TextReply("a"))
    platform.script[CUSTOM] = [CUT]
    with pytest.raises(OutcomeUnknown):
        client.send_custom("o-lin", TextReply("b"))
    assert len(platform.asked(CUSTOM)) == 2


def test_a_slow_answer_is_unknown(client, platform):
    client.send_custom("o-lin", TextReply("a"))
    platform.script[CUSTOM] = [HANG]
    with pytest.raises(OutcomeUnknown):
        client._exchange.ask("POST", CUSTOM, json={}, deadline_s=0.1)


def test_nobody_listening_is_down(client, platform):
    client.send_custom("o-lin", TextReply("a"))
    platform.close()
    client._exchange.transport.close()
    with pytest.raises(GatewayDown):
        client.send_custom("o-lin", TextReply("b"))


def test_a_raw_newline_inside_an_answer_is_read(client, platform):
    platform.script[TEMPLATE] = [(200, b'{"errcode":0,"errmsg":"a\nb","msgid":7}')]
    assert client.send_template("o-lin", "T", {}) == "7"


def test_errors_and_logs_hold_neither_token_nor_openid_nor_text(client, platform, caplog):
    caplog.set_level("DEBUG", logger="bot")
    platform.script[CUSTOM] = [
        {"errcode": 45015, "errmsg": "out of time rid: 5f-1e"},
        CUT,
        (500, b"o-lin"),
    ]
    for _ in range(3):
        with pytest.raises(GatewayError) as failed:
            client.send_custom("o-lin", TextReply("secret words"))
        assert "token-1" not in str(failed.value)
    assert "errcode=45015 rid=5f-1e" in caplog.text
    for secret in ("token-1", "o-lin", "secret words", SECRET):
        assert secret not in caplog.text


# --- the breaker -------------------------------------------------------------------------------


class Tokens:
    def get(self, now):
        return "t"

    def replace(self, rejected, now):
        return "t"


def test_a_failing_platform_is_left_alone_until_one_call_works(platform):
    time = [0.0]
    exchange = Exchange(
        platform.url,
        Tokens(),
        PooledTransport(),
        lambda: NOON,
        Breaker(threshold=3, pause_s=5, seconds=lambda: time[0]),
    )
    platform.script["/x"] = [{"errcode": -1}, CUT, (500, b""), {"errcode": -1}]
    for _ in range(3):
        with pytest.raises(GatewayError):
            exchange.call("POST", "/x", json={})
    for _ in range(10):
        with pytest.raises(GatewayDown, match="calls pause"):
            exchange.call("POST", "/x", json={})
    assert len(platform.asked("/x")) == 3
    time[0] = 5.0
    with pytest.raises(Transient):  # the one that tries
        exchange.call("POST", "/x", json={})
    with pytest.raises(GatewayDown):
        exchange.call("POST", "/x", json={})
    time[0] = 10.0
    for _ in range(3):
        exchange.call("POST", "/x", json={})
    assert len(platform.asked("/x")) == 7
    exchange.transport.close()


def test_a_refusal_in_the_platforms_words_does_not_trip_the_breaker(platform):
    breaker = Breaker(threshold=3)
    exchange = Exchange(platform.url, Tokens(), PooledTransport(), lambda: NOON, breaker)
    platform.script["/x"] = [{"errcode": 43004}] * 10
    for _ in range(10):
        with pytest.raises(GatewayError):
            exchange.call("POST", "/x", json={})
    assert breaker.allows()
    exchange.transport.close()


# --- named methods -----------------------------------------------------------------------------


def test_a_template_message(client, platform):
    platform.script[TEMPLATE] = [{"errcode": 0, "errmsg": "ok", "msgid": 200228332}]
    data = {"thing4": "双人\n火锅 套餐"}
    assert client.send_template("o-lin", "T", data, "https://u", "c-1") == "200228332"
    assert sent(platform, TEMPLATE) == [
        {
            **{"touser": "o-lin", "template_id": "T", "url": "https://u", "client_msg_id": "c-1"},
            "data": {"thing4": {"value": "双人 火锅 套餐"}},
        }
    ]


def test_without_url_and_client_id_neither_is_sent(client, platform):
    client.send_template("o-lin", "T", {})
    assert set(sent(platform, TEMPLATE)[0]) == {"touser", "template_id", "data"}


def test_what_cannot_be_said_later_is_refused_before_sending(client, platform):
    with pytest.raises(InvalidInput):
        client.send_custom("o-lin", TransferReply())
    assert platform.requests == []


@pytest.mark.parametrize(
    ("tag_id", "chosen"), [(2, {"is_to_all": False, "tag_id": 2}), (None, {"is_to_all": True})]
)
def test_a_mass_send_by_tag(client, platform, tag_id, chosen):
    path = "/cgi-bin/message/mass/sendall"
    platform.script[path] = [{"errcode": 0, "msg_id": 34182, "msg_data_id": 1}]
    content = {"msgtype": "mpnews", "mpnews": {"media_id": "m"}}
    assert client.mass_send_by_tag(tag_id, content, "camp-1") == "34182"
    assert sent(platform, path) == [{"filter": chosen, **content, "clientmsgid": "camp-1"}]


def test_a_mass_send_accepted_before_gives_its_old_id(client, platform):
    path = "/cgi-bin/message/mass/send"
    platform.script[path] = [{"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 34182}]
    assert client.mass_send_by_list(["a", "b"], {"msgtype": "text"}, "camp-1") == "34182"


@pytest.mark.parametrize("count", [0, 1, 10_001])
def test_a_mass_send_by_list_knows_its_bounds(client, platform, count):
    with pytest.raises(InvalidInput):
        client.mass_send_by_list(["o"] * count, {}, "c")
    assert platform.requests == []


def test_a_refused_mass_send_raises(client, platform):
    platform.script["/cgi-bin/message/mass/send"] = [{"errcode": 45028, "errmsg": "no quota"}]
    with pytest.raises(GatewayError, match="no quota"):
        client.mass_send_by_list(["a", "b"], {}, "c")


def test_followers_come_page_by_page_until_one_has_no_data(client, platform):
    platform.script["/cgi-bin/user/get"] = [
        {"total": 3, "count": 2, "data": {"openid": ["a", "b"]}, "next_openid": "b"},
        {"total": 3, "count": 1, "data": {"openid": ["c"]}, "next_openid": "c"},
        {"total": 3, "count": 0, "next_openid": ""},
    ]
    assert [page.openids for page in client.iter_followers()] == [("a", "b"), ("c",)]
    starts = [query.get("next_openid") for query, _ in platform.asked("/cgi-bin/user/get")]
    assert starts == [None, "b", "c"]


def test_a_page_that_points_at_itself_ends_the_list(client, platform):
    page = {"total": 9, "count": 1, "data": {"openid": ["a"]}, "next_openid": "a"}
    platform.script["/cgi-bin/user/get"] = [page] * 50
    assert len(list(client.iter_followers())) == 2


def test_tagging_goes_in_requests_of_fifty(client, platform):
    client.tag_users(134, [str(n) for n in range(120)])
    sizes = [
        len(body["openid_list"]) for body in sent(platform, "/cgi-bin/tags/members/batchtagging")
    ]
    assert sizes == [50, 50, 20]


def test_the_field_is_tagid(client, platform):
    client.untag_users(134, ["a"])
    assert sent(platform, "/cgi-bin/tags/members/batchuntagging") == [
        {"tagid": 134, "openid_list": ["a"]}
    ]


def test_no_menu_is_none(client, platform):
    platform.script["/cgi-bin/menu/get"] = [
        {"errcode": 46003, "errmsg": "menu no exist"},
        {"menu": {"button": []}},
    ]
    assert client.get_menu() is None
    assert client.get_menu() == {"button": []}


def test_media_goes_up_as_a_form_and_survives_a_refused_token(client, platform):
    path = "/cgi-bin/media/upload"
    platform.script[path] = [STALE, {"type": "image", "media_id": "m-1", "created_at": 1}]
    assert client.upload_media("image", "a.png", b"\x89PNG") == "m-1"
    (_, first), (query, second) = platform.asked(path)
    assert query == {"type": "image", "access_token": "token-2"}
    assert first == second
    assert b'name="media"; filename="a.png"' in second
    assert b"\x89PNG" in second


def test_statistics_of_a_name(client, platform):
    platform.script["/datacube/getusersummary"] = [{"list": [{"new_user": 3}]}]
    begin = date(2026, 11, 1)
    assert client.datacube("getusersummary", begin, begin + timedelta(days=6)) == [{"new_user": 3}]
    assert sent(platform, "/datacube/getusersummary") == [
        {"begin_date": "2026-11-01", "end_date": "2026-11-07"}
    ]


def test_a_web_authorisation_needs_no_token(client, platform):
    platform.script["/sns/oauth2/access_token"] = [
        {"access_token": "x", "openid": "o-lin", "scope": "snsapi_base", "is_snapshotuser": 1},
        {"errcode": 40163, "errmsg": "code been used"},
    ]
    user = client.oauth_user("c-1")
    assert (user.openid, user.scope, user.snapshot) == ("o-lin", "snsapi_base", True)
    query = platform.asked("/sns/oauth2/access_token")[0][0]
    assert "access_token" not in query
    with pytest.raises(MessageRefused):
        client.oauth_user("c-1")
    assert platform.tokens_given == 0


def test_the_page_ticket_is_kept_until_five_minutes_before_its_end(world, client, platform):
    path = "/cgi-bin/ticket/getticket"
    platform.script[path] = [
        {"errcode": 0, "ticket": "one", "expires_in": 7200},
        {"errcode": 0, "ticket": "two", "expires_in": 7200},
    ]
    assert [client.jsapi_ticket(), client.jsapi_ticket()] == ["one", "one"]
    world.now += timedelta(minutes=115)
    assert client.jsapi_ticket() == "two"


@pytest.mark.parametrize(
    ("ask", "path", "answer", "expected"),
    [
        (lambda c: c.user_info("o"), "/cgi-bin/user/info", {"subscribe": 1}, {"subscribe": 1}),
        (
            lambda c: c.user_info_batch(["a", "b"]),
            "/cgi-bin/user/info/batchget",
            {"user_info_list": [{"openid": "a"}]},
            [{"openid": "a"}],
        ),
        (lambda c: c.create_tag("vip"), "/cgi-bin/tags/create", {"tag": {"id": 134}}, 134),
        (lambda c: c.tags(), "/cgi-bin/tags/get", {"tags": [{"id": 2}]}, [{"id": 2}]),
        (lambda c: c.create_menu({"button": []}), "/cgi-bin/menu/create", {"errcode": 0}, None),
        (lambda c: c.delete_menu(), "/cgi-bin/menu/delete", {"errcode": 0}, None),
        (
            lambda c: c.create_qrcode("camp01"),
            "/cgi-bin/qrcode/create",
            {"ticket": "t", "url": "u"},
            {"ticket": "t", "url": "u"},
        ),
        (
            lambda c: c.draft_add([{"title": "t", "content": "c", "thumb_media_id": "m"}]),
            "/cgi-bin/draft/add",
            {"media_id": "m"},
            "m",
        ),
        (
            lambda c: c.freepublish_submit("m"),
            "/cgi-bin/freepublish/submit",
            {"errcode": 0, "publish_id": 100},
            "100",
        ),
        (
            lambda c: c.get_private_templates(),
            "/cgi-bin/template/get_all_private_template",
            {"template_list": [{"template_id": "T"}]},
            [{"template_id": "T"}],
        ),
        (
            lambda c: c.mass_status("34182"),
            "/cgi-bin/message/mass/get",
            {"msg_id": 34182, "msg_status": "SENDING"},
            "SENDING",
        ),
        (
            lambda c: c.quota_get(CUSTOM),
            "/cgi-bin/openapi/quota/get",
            {"errcode": 0, "quota": {"daily_limit": 500000}},
            {"daily_limit": 500000},
        ),
        (lambda c: c.clear_quota(), "/cgi-bin/clear_quota", {"errcode": 0}, None),
        (lambda c: c.callback_check(), "/cgi-bin/callback/check", {"dns": []}, {"dns": []}),
        (lambda c: c.callback_ips(), "/cgi-bin/getcallbackip", {"ip_list": ["1"]}, ["1"]),
        (lambda c: c.typing("o"), "/cgi-bin/message/custom/typing", {"errcode": 0}, None),
        (
            lambda c: c.library.template.get_all_private_template(),
            "/cgi-bin/template/get_all_private_template",
            {"template_list": []},
            {"template_list": []},
        ),
    ],
)
def test_each_method_asks_its_path_of_our_host_with_our_token(
    client, platform, ask, path, answer, expected
):
    platform.script[path] = [answer]
    assert ask(client) == expected
    assert platform.asked(path)[0][0]["access_token"] == "token-1"


def test_wechatpy_groups_raise_our_errors_and_never_loop(client, platform):
    platform.script["/cgi-bin/user/info"] = [{"errcode": 42001, "errmsg": "expired"}] * 100
    with pytest.raises(TokenRejected):
        client.user_info("o")
    assert len(platform.asked("/cgi-bin/user/info")) == 2
    platform.script["/cgi-bin/getcallbackip"] = [{"errcode": 0}]
    with pytest.raises(OutcomeUnknown):
        client.callback_ips()


def test_sending_does_not_load_wechatpy():
    import subprocess
    import sys

    code = (
        "import sys, bot.wechat.client, bot.wechat.callback, bot.wechat.inbound\n"
        "print([m for m in ('wechatpy', 'requests', 'urllib3', 'pycurl') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_client_takes_any_tokens(platform):
    client = WeChatClient(APPID, SECRET, platform.url, Tokens(), lambda: NOON)
    client.call("POST", "/x", json={"a": "好"})
    assert platform.asked("/x") == [({"access_token": "t"}, '{"a":"好"}'.encode())]
    client.close()
