from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.errors import CallbackRejected, SettingsError
from bot.wechat import markup
from bot.wechat.callback import Gate, read_query
from bot.wechat.crypto import Cipher
from tests.bot.wechat.envelopes import (
    ACCOUNT,
    APPID,
    KEY,
    NONCE,
    OLD_KEY,
    TOKEN,
    encrypted,
    plain_query,
    push,
    signed,
    text_push,
)
from tests.conftest import NOON

SAFE = Gate(TOKEN, APPID, (KEY, OLD_KEY), accept_plain=False, original_id=ACCOUNT)
PLAIN = Gate(TOKEN, APPID, (KEY, OLD_KEY), accept_plain=True, original_id=ACCOUNT)


def refusal(gate, query, body, now=NOON):
    with pytest.raises(CallbackRejected) as refused:
        gate.open(query, body, now)
    return refused.value.status, refused.value.reason


# --- the handshake -----------------------------------------------------------------------------


def test_the_handshake_returns_the_bare_echo():
    assert SAFE.verify_url({**plain_query(), "echostr": "4375120948345356249"}, NOON) == (
        "4375120948345356249"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"signature": "0" * 40}, (403, "bad_signature"), id="a wrong signature"),
        pytest.param({"signature": ""}, (403, "no_signature"), id="no signature"),
        pytest.param({"nonce": "1"}, (403, "bad_signature"), id="another nonce"),
        pytest.param({"timestamp": "soon"}, (400, "bad_timestamp"), id="a time that is no number"),
        pytest.param(
            {"timestamp": "１７"}, (400, "bad_timestamp"), id="a number of another script"
        ),
        pytest.param({"echostr": ""}, (400, "bad_echostr"), id="nothing to echo"),
        pytest.param({"echostr": "<script>"}, (400, "bad_echostr"), id="markup to echo"),
        pytest.param({"echostr": "a\r\nb"}, (400, "bad_echostr"), id="lines to echo"),
        pytest.param({"echostr": "1" * 600}, (400, "bad_echostr"), id="a long echo"),
    ],
)
def test_a_handshake_that_proves_nothing_is_refused(changes, expected):
    query = {**plain_query(), "echostr": "1", **changes}
    with pytest.raises(CallbackRejected) as refused:
        SAFE.verify_url(query, NOON)
    assert (refused.value.status, refused.value.reason) == expected


# --- the three modes ---------------------------------------------------------------------------


def test_safe_mode_opens():
    opened = SAFE.open(*encrypted(text_push()), NOON)
    assert opened.fields["Content"] == "我要退订"
    assert opened.nonce == NONCE


def test_compatible_mode_reads_the_encrypted_half_only():
    query, body = encrypted(text_push("真"), inside="<Content>假</Content>")
    assert SAFE.open(query, body, NOON).fields["Content"] == "真"


def test_plaintext_mode_opens_where_it_is_allowed():
    opened = PLAIN.open(plain_query(), text_push(), NOON)
    assert opened.fields["Content"] == "我要退订"
    assert opened.cipher is None


def test_an_exact_repeat_passes():
    query, body = encrypted(text_push())
    assert SAFE.open(query, body, NOON).fields == SAFE.open(query, body, NOON).fields


def test_a_message_under_the_previous_key_is_answered_under_it():
    opened = SAFE.open(*encrypted(text_push(), key=OLD_KEY), NOON)
    sealed = SAFE.seal("<xml>hello</xml>", opened, NOON)
    parts = markup.read(sealed)
    theirs = WeChatCrypto(TOKEN, OLD_KEY, APPID)
    read = theirs.decrypt_message(
        sealed.decode(), parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"]
    )
    assert read == "<xml>hello</xml>"
    assert (parts["Nonce"], parts["TimeStamp"]) == (NONCE, str(int(NOON.timestamp())))


@pytest.mark.parametrize("words", ["success", ""])
def test_the_bare_words_stay_bare(words):
    opened = SAFE.open(*encrypted(text_push()), NOON)
    assert SAFE.seal(words, opened, NOON) == words.encode()


def test_what_came_plain_is_answered_plain():
    opened = PLAIN.open(plain_query(), text_push(), NOON)
    assert PLAIN.seal("<xml>好</xml>", opened, NOON) == "<xml>好</xml>".encode()


# --- what users type ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        pytest.param("a\x1db", "ab", id="a control character, which the platform pushes raw"),
        pytest.param("😀", "😀", id="emoji beyond the basic plane"),
        pytest.param("<!DOCTYPE html>", "<!DOCTYPE html>", id="a document type is just text"),
        pytest.param("&lt;&amp;", "&lt;&amp;", id="entities are just text"),
        pytest.param("", "", id="nothing"),
        pytest.param("a\nb", "a\nb", id="two lines"),
        pytest.param("a]]]]><![CDATA[>b", "a]]>b", id="a split end of section"),
    ],
)
def test_text_arrives_as_typed(typed, read):
    assert PLAIN.open(plain_query(), text_push(typed), NOON).fields["Content"] == read


def test_half_a_character_is_replaced():
    body = text_push("好").replace("好".encode(), "好".encode()[:2])
    assert PLAIN.open(plain_query(), body, NOON).fields["Content"] == "\ufffd"


def test_repeated_elements_become_a_list_and_nested_ones_a_mapping():
    body = push("<P><item><A>1</A></item><item><A>2</A></item></P><Q> </Q>")
    fields = PLAIN.open(plain_query(), body, NOON).fields
    assert fields["P"] == {"item": [{"A": "1"}, {"A": "2"}]}


# --- refusals ----------------------------------------------------------------------------------


def entity_bomb() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><xml><B>&a;</B></xml>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", (400, "empty_body"), id="an empty body"),
        pytest.param(b"{}", (400, "bad_xml"), id="JSON"),
        pytest.param(b"<xml><A></xml>", (400, "bad_xml"), id="crossed elements"),
        pytest.param(b"<xml/>trailing", (400, "bad_xml"), id="something behind the root"),
        pytest.param(b"<html><A/></html>", (400, "bad_xml"), id="another root"),
        pytest.param(b"<xml>text</xml>", (400, "bad_xml"), id="a root without fields"),
        pytest.param(b"<xml><A>&#x1D;</A></xml>", (400, "bad_xml"), id="a forbidden reference"),
        pytest.param(b"<xml><A>&a;</A></xml>", (400, "bad_xml"), id="an unknown entity"),
        pytest.param(entity_bomb(), (400, "document_type"), id="entities"),
        pytest.param(
            b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><A/></xml>',
            (400, "document_type"),
            id="an external document type",
        ),
        pytest.param(
            b"<xml>" + b"<a>" * 20000, (400, "nested_too_deep"), id="twenty thousand levels"
        ),
        pytest.param(
            b"<xml>" + b"<a/>" * 20000, (400, "too_many_elements"), id="twenty thousand fields"
        ),
        pytest.param(b"<" * ((1 << 20) + 1), (413, "too_large"), id="more than 1 MiB"),
        pytest.param(
            push("<A/>", account="gh_other"), (403, "other_account"), id="another account's"
        ),
    ],
)
def test_a_hostile_plain_body_is_refused(body, expected):
    assert refusal(PLAIN, plain_query(), body) == expected


def test_hostile_xml_inside_the_encryption_is_refused_as_well():
    assert refusal(SAFE, *encrypted(entity_bomb())) == (400, "document_type")
    assert refusal(SAFE, *encrypted(push("<A/>", account="gh_x"))) == (403, "other_account")


def test_anothers_appid_or_key_is_refused():
    assert refusal(SAFE, *encrypted(text_push(), appid="wxother")) == (403, "undecryptable")
    assert refusal(SAFE, *encrypted(text_push(), key="B" * 43)) == (403, "undecryptable")


def without(name):
    query, body = encrypted(text_push())
    return {k: v for k, v in query.items() if k != name}, body


@pytest.mark.parametrize(
    ("query_and_body", "expected"),
    [
        pytest.param((plain_query(), text_push()), (403, "unencrypted"), id="a plain push"),
        pytest.param(
            ({**plain_query(), "encrypt_type": "raw"}, text_push()),
            (403, "unencrypted"),
            id="a push that says it is plain",
        ),
        pytest.param(
            ({**encrypted(text_push())[0]}, text_push()),
            (403, "unencrypted"),
            id="a plain body under an encrypted query",
        ),
        pytest.param(without("msg_signature"), (403, "no_msg_signature"), id="no body signature"),
        pytest.param(without("signature"), (403, "no_signature"), id="no signature"),
        pytest.param(
            ({**encrypted(text_push())[0], "encrypt_type": "rot13"}, text_push()),
            (400, "bad_encrypt_type"),
            id="an unknown encryption",
        ),
        pytest.param(
            (encrypted(text_push())[0], encrypted(text_push())[1]),
            (403, "bad_msg_signature"),
            id="the body of another push",
        ),
        pytest.param(
            (encrypted(text_push())[0], b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>"),
            (403, "unencrypted"),
            id="two encrypted parts",
        ),
    ],
)
def test_safe_mode_refuses_what_is_not_proved(query_and_body, expected):
    assert refusal(SAFE, *query_and_body) == expected


def test_a_gate_without_keys_refuses_encrypted_pushes():
    keyless = Gate(TOKEN, APPID, (), accept_plain=True)
    assert refusal(keyless, *encrypted(text_push())) == (403, "undecryptable")


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        pytest.param(timedelta(seconds=300), False, id="five minutes old is fresh"),
        pytest.param(timedelta(seconds=301), True, id="a second more is not"),
        pytest.param(timedelta(seconds=-300), False, id="five minutes ahead is a clock's error"),
        pytest.param(timedelta(seconds=-301), True, id="a second more is not ahead"),
        pytest.param(timedelta(days=20000), True, id="from 1970"),
    ],
)
def test_age(age, stale):
    query, body = encrypted(text_push(), at=NOON - age)
    if stale:
        assert refusal(SAFE, query, body) == (403, "stale")
    else:
        assert SAFE.open(query, body, NOON).fields


def test_an_account_not_known_yet_takes_any_receiver():
    gate = Gate(TOKEN, APPID, (KEY,), accept_plain=False)
    assert gate.open(*encrypted(push("<A>1</A>", account="gh_x")), NOON).fields["A"] == "1"


@pytest.mark.parametrize(
    ("token", "keys", "accept_plain"),
    [
        pytest.param("", (KEY,), False, id="no token: anybody could sign"),
        pytest.param(TOKEN, ("short",), True, id="a malformed key"),
        pytest.param(TOKEN, (), False, id="nothing could come in"),
    ],
)
def test_a_gate_that_proves_nothing_is_not_built(token, keys, accept_plain):
    with pytest.raises(SettingsError):
        Gate(token, APPID, keys, accept_plain)


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("a=1&b=%2B2", {"a": "1", "b": "+2"}),
        ("echostr=", {"echostr": ""}),
        ("signature=1&signature=2", None),
        ("&".join(f"p{i}=1" for i in range(40)), None),
    ],
)
def test_query_strings(query_string, expected):
    if expected is None:
        with pytest.raises(CallbackRejected):
            read_query(query_string)
    else:
        assert read_query(query_string) == expected


# --- whatever comes ----------------------------------------------------------------------------

FRAGMENTS = [
    *(b"<xml>", b"</xml>", b"<a>", b"</a>", b"<![CDATA[", b"]]>", b"<!DOCTYPE x", b"<!ENTITY"),
    *(b"<Encrypt>", b"</Encrypt>", b"<ToUserName>", b"</ToUserName>", b"\xff\xfe", b"\x00", b"<?"),
]
BODIES = st.binary(max_size=200) | st.lists(st.sampled_from(FRAGMENTS)).map(b"".join)


def status_of(gate, query, body):
    """200 for what is let in; anything but a refusal goes through and fails the test."""
    try:
        gate.open(query, body, NOON)
    except CallbackRejected as refused:
        return refused.status
    return 200


@settings(max_examples=300)
@given(BODIES, st.sampled_from(["aes", "raw", ""]))
def test_no_body_raises_anything_but_a_refusal(body, kind):
    query = plain_query()
    query["encrypt_type"] = kind
    query["msg_signature"] = signed(TOKEN, query["timestamp"], NONCE, "x")
    assert status_of(SAFE, query, body) in (400, 403)
    assert status_of(PLAIN, query, body) in (200, 400, 403)


@settings(max_examples=300)
@given(BODIES)
def test_no_decrypted_body_raises_anything_but_a_refusal(inner):
    query = plain_query()
    secret = Cipher(KEY, APPID).encrypt(inner)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signed(TOKEN, query["timestamp"], NONCE, secret)
    envelope = f"<xml><Encrypt>{secret}</Encrypt></xml>".encode()
    assert status_of(SAFE, query, envelope) in (200, 400, 403)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type"]),
        st.text(max_size=20),
    )
)
def test_no_query_raises_anything_but_a_refusal(query):
    with pytest.raises(CallbackRejected):
        SAFE.open(query, text_push(), NOON)
    with pytest.raises(CallbackRejected):
        SAFE.verify_url(query, NOON)
