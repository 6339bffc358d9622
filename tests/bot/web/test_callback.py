"""Bad input over the callback: 4xx or `success`, one counted line, never a 5xx or a stored half."""

from __future__ import annotations

import io
import logging
import random
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.sandbox import xml
from bot.sandbox.crypto import sign
from bot.store.db import fetch
from bot.web.callback import CallbackFirst
from tests.bot.inbox.conftest import echo, house  # noqa: F401
from tests.conftest import NOON
from tests.support.platform import GH, Platform


@pytest.fixture
def any_store(store):
    """These tests are about bodies, not engines."""
    return store


class Client:
    """Calls the WSGI function as a server would."""

    def __init__(self, app):
        self.app = app

    def ask(self, method="POST", query="", body=b"", path="/wechat/default", length=None):
        seen = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query if isinstance(query, str) else urlencode(query),
            "CONTENT_LENGTH": str(len(body)) if length is None else length,
            "wsgi.input": io.BytesIO(body),
        }
        chunks = self.app(environ, lambda status, headers: seen.append((status, dict(headers))))
        status, headers = seen[0]
        answer = b"".join(chunks)
        assert headers["Content-Length"] == str(len(answer))
        return int(status.split()[0]), answer


@pytest.fixture
def client(house):  # noqa: F811
    def elsewhere(environ, start_response):
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]

    return Client(CallbackFirst(elsewhere, house.receiver(echo), lambda: NOON))


PLATFORM = Platform()


def delivery(**fields):
    return PLATFORM.delivery(PLATFORM.fields(NOON, **fields), NOON)


def inner(text):
    return PLATFORM.sealed(text, NOON)


def changed(**changes):
    query, body = delivery()
    query = {**query, **changes}
    return {k: v for k, v in query.items() if v is not None}, body


def stale():
    long_ago = NOON - timedelta(minutes=6)
    return PLATFORM.delivery(PLATFORM.fields(long_ago), long_ago)


def of_another_appid():
    from bot.settings import DEVELOPMENT

    other = Platform({**DEVELOPMENT, "APPID": "wxsomebodyelse000"})
    return other.delivery(other.fields(NOON), NOON)


def plain():
    query, _ = delivery()
    kept = {k: query[k] for k in ("signature", "timestamp", "nonce")}
    return kept, xml.render(PLATFORM.fields(NOON)).encode()


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<xml><Content>&b;</Content></xml>"
)

REFUSED = [
    pytest.param(changed(signature=None), 403, id="no signature"),
    pytest.param(changed(signature="0" * 40), 403, id="a wrong signature"),
    pytest.param(changed(msg_signature="0" * 40), 403, id="a wrong body signature"),
    pytest.param(changed(timestamp="noon"), 400, id="a timestamp that is no number"),
    pytest.param(stale(), 403, id="an old call"),
    pytest.param(of_another_appid(), 403, id="another account's body"),
    pytest.param(plain(), 403, id="an unencrypted body where only safe mode is let in"),
    pytest.param((delivery()[0], b""), 400, id="an empty body"),
    pytest.param((delivery()[0], b"not xml"), 400, id="a body that is no XML"),
    pytest.param((delivery()[0], BOMB.encode()), 400, id="an entity bomb outside"),
    pytest.param(inner(BOMB), 400, id="an entity bomb inside"),
    pytest.param(inner("hello"), 400, id="no XML inside"),
    pytest.param(inner("<xml></xml>"), 400, id="an empty message inside"),
    pytest.param(inner("<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>"), 400, id="deep nesting"),
]


@pytest.mark.parametrize(("call", "status"), REFUSED)
def test_what_is_not_the_platforms_is_refused(client, call, status, caplog):
    query, body = call
    with caplog.at_level(logging.WARNING):
        answered, said = client.ask(query=query, body=body)
    assert (answered, said) == (status, b"")
    assert len([r for r in caplog.records if "callback refused" in r.getMessage()]) == 1
    assert fetch("SELECT COUNT(*) FROM event") == [(0,)]


def test_a_body_over_one_megabyte_is_refused_unread(client):
    query, _ = delivery()
    assert client.ask(query=query, body=b"x" * (10 << 20))[0] == 413
    assert client.ask(query=query, body=b"x" * (2 << 20), length="")[0] == 413


@pytest.mark.parametrize("length", ["-1", "many", "1e9"])
def test_a_length_that_is_none_is_refused(client, length):
    query, body = delivery()
    assert client.ask(query=query, body=body, length=length)[0] == 400


def test_a_parameter_given_twice_is_refused(client):
    query, body = delivery()
    assert client.ask(query=urlencode(query) + "&nonce=2", body=body)[0] == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_refused(client, method):
    query, body = delivery()
    assert client.ask(method, query, body)[0] == 405


@pytest.mark.parametrize(
    "path", ["/wechat/", "/wechat/nobody", "/wechat/default/x", "/wechat/../x"]
)
def test_an_account_that_is_not_there_is_404(client, path, house, monkeypatch):  # noqa: F811
    from dataclasses import replace

    from bot.errors import NotFound

    def account_of(slug):
        if slug != "default":
            raise NotFound(slug)
        return house.account

    client.app._receiver.services = replace(house.services, account_of=account_of)
    query, body = delivery()
    assert client.ask(query=query, body=body, path=path)[0] == 404


def test_elsewhere_passes_through(client):
    assert client.ask("GET", path="/console/")[0] == 404


KEPT = [
    pytest.param({"Content": "\x1d控制\x00字符\x08"}, "你说控制字符", id="control characters"),
    pytest.param({"Content": "x ]]> y"}, "你说x ]]> y", id="the end of a CDATA section"),
    pytest.param(
        {"Content": "a]]></Content><MsgType><![CDATA[image]]>"},
        "你说a]]></Content><MsgType><![CDATA[image]]>",
        id="an element to be injected",
    ),
    pytest.param({"Content": ""}, "你说", id="empty content"),
    pytest.param({"Content": None}, "你说", id="no content at all"),
    pytest.param({"Content": "😀" * 3000}, "你说" + "😀" * 510, id="more than a reply can hold"),
    pytest.param({"MsgType": "hologram"}, "你说", id="an unknown message type"),
    pytest.param({"MsgType": "event", "Event": "levitate"}, "你说", id="an unknown event"),
]


@pytest.mark.parametrize(("fields", "shown"), KEPT)
def test_what_people_type_is_taken_and_answered(client, fields, shown):
    query, body = delivery(**fields)
    status, answer = client.ask(query=query, body=body)
    assert status == 200
    assert PLATFORM.said(answer) == shown
    assert fetch("SELECT COUNT(*) FROM event") == [(1,)]


def test_a_raw_control_character_as_the_platform_sends_it_is_taken(client):
    query, body = inner(
        f"<xml><ToUserName>{GH}</ToUserName><FromUserName>o-lin</FromUserName><CreateTime>"
        f"{int(NOON.timestamp())}</CreateTime><MsgType>text</MsgType><Content><![CDATA[a\x1db]]>"
        "</Content><MsgId>1</MsgId></xml>"
    )
    status, answer = client.ask(query=query, body=body)
    assert (status, PLATFORM.said(answer)) == (200, "你说ab")


# --- 10,000 hostile bodies: 300 + 700 by properties, 6,000 + 3,000 fuzzed ------------------------


def attack(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # a failing body is told as it was found
    )


texts = st.text(max_size=60)
names = st.sampled_from(
    ["ToUserName", "FromUserName", "MsgType", "Event", "EventKey", "Content", "MsgId",
     "Status", "List", "SendPicsInfo", "ScanCodeInfo", "OpenID", "RevokeInfo", "Latitude",
     "Encrypt", "TotalCount", "SubscribeMsgPopupEvent", "ExpiredTime", "Fee", "PublishEventInfo"]
)  # fmt: skip
kinds = st.sampled_from(
    ["text", "image", "voice", "video", "location", "link", "event", "", "subscribe", "SCAN",
     "LOCATION", "CLICK", "VIEW", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "pic_weixin",
     "subscribe_msg_popup_event", "user_authorization_revoke", "kf_create_session",
     "verify_expired", "PUBLISHJOBFINISH", "user_get_card", "card_pay_order"]
)  # fmt: skip
leaves = st.one_of(texts, kinds, st.integers().map(str), st.just("1760000000"))
trees = st.recursive(
    leaves,
    lambda inside: st.one_of(
        st.dictionaries(names, inside, max_size=5), st.lists(inside, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


@attack(300)
@given(
    body=st.one_of(st.binary(max_size=300), texts.map(str.encode)),
    query=st.one_of(
        st.text(max_size=80),
        st.dictionaries(
            st.sampled_from(
                ["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr"]
            ),
            st.one_of(texts, st.just(str(int(NOON.timestamp())))),
        ).map(urlencode),
    ),
    method=st.sampled_from(["GET", "POST"]),
)
def test_no_stranger_gets_a_5xx(client, body, query, method):
    status, _ = client.ask(method, query, body)
    assert 400 <= status < 500


@attack(700)
@given(
    fields=st.dictionaries(names, trees, max_size=10),
    kind=kinds,
    event=kinds,
    wild=st.one_of(st.none(), st.binary(max_size=80)),
)
def test_no_rightly_signed_body_gets_a_5xx(client, fields, kind, event, wild):
    whole = {"CreateTime": "1760000000", "FromUserName": "o-x", **fields}
    inside = xml.render({**whole, "MsgType": kind, "Event": event})
    if wild is not None:
        inside = inside[: len(inside) // 2] + wild.decode("latin-1") + inside[len(inside) // 2 :]
    status, answer = client.ask(query=(call := inner(inside))[0], body=call[1])
    assert status < 500
    if status == 200 and answer != b"success":
        PLATFORM.opened(answer)


POISON = (
    "]]>", "<![CDATA[", "<!DOCTYPE x>", "<!ENTITY a 'b'>", "&a;", "&#0;", "&#x1d;", "\x00", "\x1d",
    "\ufffe", "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "<xml>",
    "</xml>", "<MsgType>event</MsgType>", "<MsgId>-1</MsgId>", "<CreateTime>1e99</CreateTime>",
    "<CreateTime>99999999999999999999</CreateTime>", "😀" * 50, "<a>" * 40,
)  # fmt: skip


def mutated(text, rng):
    """`text` after one to four of: cut, doubled, swallowed, poisoned, one character changed."""
    for _ in range(rng.randint(1, 4)):
        here, there = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        text = rng.choice(
            (
                lambda t, a, b: t[:a],
                lambda t, a, b: t[:b] + t[a:],
                lambda t, a, b: t[:a] + t[b:],
                lambda t, a, b: t[:a] + rng.choice(POISON) + t[a:],
                lambda t, a, b: t[:a] + chr(rng.randrange(1, 0xD000)) + t[a + 1 :],
            )
        )(text, here, there)
    return text


def test_no_fuzzed_stranger_gets_a_5xx(client, caplog):
    caplog.set_level(logging.CRITICAL)
    rng = random.Random(20261121)
    query, body = delivery()
    for _ in range(6000):
        wild = mutated(body.decode(), rng).encode("utf-8", "replace")
        changed = {**query, rng.choice(list(query)): mutated(rng.choice(list(query.values())), rng)}
        status, _ = client.ask(query=changed if rng.random() < 0.7 else query, body=wild)
        assert 200 <= status < 500, (changed, wild)


def test_no_fuzzed_body_inside_a_right_envelope_gets_a_5xx(client, caplog):
    caplog.set_level(logging.CRITICAL)
    rng = random.Random(20261122)
    kinds = ("text", "image", "voice", "location", "link", "event")
    events = ("subscribe", "SCAN", "CLICK", "LOCATION", "TEMPLATESENDJOBFINISH", "user_get_card")
    taken = 0
    for _ in range(3000):
        fields = PLATFORM.fields(NOON, MsgType=rng.choice(kinds), Event=rng.choice(events))
        if rng.random() < 0.5:
            text = mutated(xml.render(fields), rng)
        else:
            name = rng.choice(list(fields))
            text = xml.render({**fields, name: mutated(str(fields[name]) * 3, rng)})
        query, body = inner(text)
        status, answer = client.ask(query=query, body=body)
        assert 200 <= status < 500
        if status == 200 and answer != b"success":
            PLATFORM.opened(answer)
            taken += 1
    assert taken > 300, "the fuzzer never got past the parser"


def test_a_wrong_answer_would_be_seen():
    """The attack's own check: a platform that gets a malformed answer says so."""
    with pytest.raises(Exception):  # noqa: B017, PT011
        PLATFORM.opened(b"<xml><Content>unencrypted</Content></xml>")


def test_the_signature_check_is_not_vacuous():
    query, body = delivery()
    assert query["msg_signature"] == sign(
        PLATFORM.token, query["timestamp"], query["nonce"], xml.parse(body)["Encrypt"]
    )
