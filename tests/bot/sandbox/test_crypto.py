"""The official worked example (消息加解密说明), and the agreement with another implementation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.sandbox.crypto import BadCipher, Box, same, sign
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import AES_KEY

TOKEN, KEY, APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZ"
    "qzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2"
    "Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBr"
    "ebufAlr7F9mFUPAJGj04="
)
OPENED = {
    "ToUserName": "gh_97417a04a28d",
    "FromUserName": "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
    "CreateTime": 1714112445,
    "MsgType": "event",
    "Event": "debug_demo",
    "debug_str": "hello world",
}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(
            ("1714037059", "486452656"),
            "899cf89e464efb63f54ddac96b0a0a235f53aa78",
            id="V1 the signature in plain mode",
        ),
        pytest.param(
            ("1714112445", "415670741"),
            "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
            id="V2 the signature in safe mode",
        ),
        pytest.param(
            ("1714112445", "415670741", SEALED),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
            id="V3 the signature over the cipher text",
        ),
    ],
)
def test_signatures_of_the_official_example(parts, expected):
    assert sign(TOKEN, *parts) == expected


def test_v4_the_official_cipher_text_opens():
    assert json.loads(Box(KEY, APPID).open(SEALED)) == OPENED


def test_v5_the_official_reply_is_sealed_and_signed_byte_by_byte():
    sealed = Box(KEY, APPID).seal('{"demo_resp":"good luck"}', prefix=b"707722b803182950")
    assert sealed == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    assert sign(TOKEN, "1713424427", "415670741", sealed) == (
        "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    )


@given(st.text(max_size=300))
def test_what_was_sealed_opens_again(text):
    box = Box(AES_KEY, APPID)
    assert box.open(box.seal(text)) == text


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param("", id="nothing"),
        pytest.param("not base64!", id="not base64"),
        pytest.param("QUJD", id="not whole blocks"),
        pytest.param("A" * 64, id="another key's"),
        pytest.param(Box(KEY, "wxanother").seal("你好"), id="another account's"),
        pytest.param(Box(AES_KEY, APPID).seal("你好"), id="of another key"),
    ],
)
def test_what_is_not_ours_does_not_open(sealed):
    with pytest.raises(BadCipher):
        Box(KEY, APPID).open(sealed)


def test_wechatpy_opens_what_the_sandbox_seals_and_the_other_way_round():
    other, box = WeChatCrypto(TOKEN, AES_KEY, APPID), Box(AES_KEY, APPID)
    sealed = box.seal("<xml>你好😀</xml>")
    signature = sign(TOKEN, "1760000000", "77", sealed)
    body = render({"ToUserName": "gh_1", "Encrypt": sealed})
    assert other.decrypt_message(body, signature, "1760000000", "77") == "<xml>你好😀</xml>"

    envelope = parse(other.encrypt_message("<xml>再见</xml>", "77", "1760000000"))
    assert box.open(envelope["Encrypt"]) == "<xml>再见</xml>"
    assert same(
        envelope["MsgSignature"],
        sign(TOKEN, envelope["TimeStamp"], envelope["Nonce"], envelope["Encrypt"]),
    )
