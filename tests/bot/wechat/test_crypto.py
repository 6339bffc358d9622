import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto

from bot.errors import CallbackRejected, SettingsError
from bot.wechat.crypto import Cipher, same, signature
from tests.bot.wechat.envelopes import APPID, KEY, OLD_KEY

# The platform's own worked example.
GOLDEN_TOKEN, GOLDEN_KEY, GOLDEN_APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
GOLDEN_ENCRYPT = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzD"
    "pVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2I"
    "uQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F"
    "9mFUPAJGj04="
)
GOLDEN_REPLY = (
    "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(
            ("1714037059", "486452656"),
            "899cf89e464efb63f54ddac96b0a0a235f53aa78",
            id="V1 plaintext mode",
        ),
        pytest.param(
            ("1714112445", "415670741"),
            "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
            id="V2 safe mode, the query",
        ),
        pytest.param(
            ("1714112445", "415670741", GOLDEN_ENCRYPT),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
            id="V3 safe mode, with the body",
        ),
        pytest.param(
            ("1713424427", "415670741", GOLDEN_REPLY),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
            id="V5 a reply",
        ),
    ],
)
def test_signatures_of_the_worked_example(parts, expected):
    assert signature(GOLDEN_TOKEN, *parts) == expected


def test_the_order_of_parts_does_not_matter():
    assert signature("b", "a", "c") == signature("c", "b", "a")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("abc", True), ("abd", False), ("", False), ("ａｂｃ", False), ("\udcff", False)],
)
def test_comparing_takes_any_text(given, expected):
    assert same(given, "abc") is expected


def test_the_worked_example_decrypts():
    opened = json.loads(Cipher(GOLDEN_KEY, GOLDEN_APPID).decrypt(GOLDEN_ENCRYPT))
    assert opened == {
        "ToUserName": "gh_97417a04a28d",
        "FromUserName": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
        "CreateTime": 1714112445,
        "MsgType": "event",
        "Event": "debug_demo",
        "debug_str": "hello world",
    }


def test_the_worked_reply_encrypts():
    cipher = Cipher(GOLDEN_KEY, GOLDEN_APPID)
    assert cipher.encrypt(b'{"demo_resp":"good luck"}', b"707722b803182950") == GOLDEN_REPLY


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_what_one_side_encrypts_the_other_reads(text):
    ours = Cipher(KEY, APPID)
    theirs = PrpCrypto(base64.b64decode(KEY + "="))
    assert ours.decrypt(theirs.encrypt(text, APPID)).decode() == text
    assert theirs.decrypt(ours.encrypt(text.encode()), APPID) == text


def test_two_encryptions_of_one_text_differ():
    cipher = Cipher(KEY, APPID)
    assert cipher.encrypt(b"x") != cipher.encrypt(b"x")


def sealed_with(full: bytes) -> str:
    """`full` encrypted as it is: for contents that no honest side makes."""
    cipher = Cipher(KEY, APPID)
    encryptor = cipher._aes.encryptor()
    return base64.b64encode(encryptor.update(full) + encryptor.finalize()).decode()


GOOD = b"r" * 16 + (1).to_bytes(4, "big") + b"x" + APPID.encode()
PAD = 32 - len(GOOD) % 32


def test_the_hand_made_good_one_is_good():
    assert Cipher(KEY, APPID).decrypt(sealed_with(GOOD + bytes([PAD]) * PAD)) == b"x"


@pytest.mark.parametrize(
    "encrypt",
    [
        pytest.param("", id="nothing"),
        pytest.param("not base64!", id="no base64"),
        pytest.param("中文", id="no ASCII"),
        pytest.param("AAAA", id="no multiple of the block"),
        pytest.param(base64.b64encode(b"g" * 64).decode(), id="noise"),
        pytest.param(Cipher(OLD_KEY, APPID).encrypt(b"x"), id="another key"),
        pytest.param(Cipher(KEY, "wxother").encrypt(b"x"), id="another appid"),
        pytest.param(Cipher(KEY, APPID + "x").encrypt(b"x"), id="a longer appid"),
        pytest.param(Cipher(KEY, "").encrypt(b"x"), id="no appid"),
        pytest.param(sealed_with(GOOD + bytes(PAD)), id="padding of zeros"),
        pytest.param(sealed_with(GOOD + b"\x21" * PAD), id="padding above 32"),
        pytest.param(
            sealed_with(GOOD + b"\x00" * (PAD - 1) + bytes([PAD])), id="padding not all alike"
        ),
        pytest.param(sealed_with(b"\x20" * 16), id="less than a head"),
        pytest.param(sealed_with(b"\x20" * 32), id="nothing but padding"),
        pytest.param(
            sealed_with(b"r" * 16 + b"\xff\xff\xff\xff" + b"x" * 11 + b"\x01"),
            id="a length beyond the end",
        ),
    ],
)
def test_what_is_not_ours_is_refused_without_saying_why(encrypt):
    with pytest.raises(CallbackRejected) as refused:
        Cipher(KEY, APPID).decrypt(encrypt)
    assert (refused.value.status, refused.value.reason) == (403, "undecryptable")


@given(st.binary(max_size=200))
def test_no_bytes_break_it(noise):
    with pytest.raises(CallbackRejected):
        Cipher(KEY, APPID).decrypt(base64.b64encode(noise))
    with pytest.raises(CallbackRejected):
        Cipher(KEY, APPID).decrypt(noise)


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "中" * 43])
def test_a_malformed_key_is_named_by_its_length_only(key):
    with pytest.raises(SettingsError, match=f"has {len(key)} characters"):
        Cipher(key, APPID)
