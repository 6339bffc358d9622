"""Which answers the follower sees, which are silence, which are the fault notice."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.config import Switches
from bot.sandbox.crypto import Box, sign
from bot.sandbox.judge import Expected, Judge
from bot.sandbox.xml import render
from tests.bot.sandbox.conftest import AES_KEY

APPID, TOKEN, GH = "wxsandbox00000001", "tokentoken", "gh_1"
BOX = Box(AES_KEY, APPID)
A_TEXT = Expected("o-lin", GH, "text")
A_CLICK = Expected("o-lin", GH, "CLICK")
A_LEAVING = Expected("o-lin", GH, "unsubscribe")


def reply(**changes: Any) -> bytes:
    fields = {
        "ToUserName": "o-lin",
        "FromUserName": GH,
        "CreateTime": 1760000000,
        "MsgType": "text",
        "Content": "你好",
    }
    whole = {**fields, **changes}
    return render({name: value for name, value in whole.items() if value is not None}).encode()


def sealed(body: bytes, box: Box = BOX, token: str = TOKEN, **changes: Any) -> bytes:
    text = box.seal(body.decode())
    fields = {
        "Encrypt": text,
        "MsgSignature": sign(token, "1760000000", "77", text),
        "TimeStamp": 1760000000,
        "Nonce": "77",
    }
    whole = {**fields, **changes}
    return render({name: value for name, value in whole.items() if value is not None}).encode()


def news(count: int, said: int | None = None) -> bytes:
    articles = [{"Title": f"第{n}篇", "Url": "https://e.example/1"} for n in range(count)]
    return reply(
        MsgType="news",
        Content=None,
        ArticleCount=count if said is None else said,
        Articles={"item": articles},
    )


def outcome(body: bytes, expected: Expected = A_TEXT, mode: str = "plain") -> str:
    return Judge(mode, TOKEN, BOX).verdict(body, expected).outcome


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", "silent", id="an empty body says nothing"),
        pytest.param(b"success", "silent", id="success says nothing"),
        pytest.param(reply(), "answered", id="a text is shown"),
        pytest.param(news(1), "answered", id="one article answers a message"),
        pytest.param(
            reply(MsgType="image", Content=None, Image={"MediaId": "m"}),
            "answered",
            id="a picture is shown",
        ),
        pytest.param(
            reply(MsgType="transfer_customer_service", Content=None),
            "answered",
            id="handing over to an agent is an answer",
        ),
        pytest.param(
            reply(
                MsgType="transfer_customer_service", Content=None, TransInfo={"KfAccount": "a@b"}
            ),
            "answered",
            id="handing over to a certain agent",
        ),
        pytest.param(
            reply(MsgType="transfer_customer_service", Content=None, TransInfo={"KfAccount": ""}),
            "fault",
            id="handing over to an agent who is not named",
        ),
        pytest.param(
            reply(Content=None).replace(b"</xml>", b"<Content><![CDATA[a]]>b]]></Content></xml>"),
            "fault",
            id="an end of CDATA inside a value",
        ),
        pytest.param(
            reply(Content=None).replace(
                b"</xml>",
                b"<Content><![CDATA[a]]></Content><MsgType><![CDATA[image]]></MsgType></xml>",
            ),
            "fault",
            id="a second MsgType, smuggled in",
        ),
        pytest.param(reply(Content="a ]]> b"), "answered", id="an end of CDATA, split"),
        pytest.param(reply() + reply(), "fault", id="a doubled root"),
        pytest.param(reply(Content="a\x08b"), "fault", id="a control character"),
        pytest.param(reply(Content="你好").decode().encode("gbk"), "fault", id="GBK"),
        pytest.param(b"\xef\xbb\xbfsuccess", "fault", id="success behind a byte order mark"),
        pytest.param(
            reply(MsgType="music", Content=None, Music={"Title": "歌", "MusicUrl": "u"}),
            "fault",
            id="music without a thumb",
        ),
        pytest.param(
            reply(MsgType="video", Content=None, Video={"Title": "片"}),
            "fault",
            id="a video without media",
        ),
        pytest.param(
            reply(
                MsgType="news",
                Content=None,
                ArticleCount=1,
                Articles={"item": [{"Url": "https://e.example/1"}]},
            ),
            "fault",
            id="an article without a title",
        ),
        pytest.param(
            reply(MsgType="news", Content=None, ArticleCount=0), "fault", id="news without any"
        ),
        pytest.param(b"success\n", "fault", id="success with a line break is not success"),
        pytest.param(b'"success"', "fault", id="success in quotes is not success"),
        pytest.param(b'{"ok": true}', "fault", id="JSON"),
        pytest.param(b"<html><body>502</body></html>", "fault", id="an HTML error page"),
        pytest.param(reply()[:-3], "fault", id="XML cut short"),
        pytest.param(reply(ToUserName=GH, FromUserName="o-lin"), "fault", id="names not swapped"),
        pytest.param(reply(FromUserName="gh_2"), "fault", id="another account's name"),
        pytest.param(reply(CreateTime="now"), "fault", id="a time that is no number"),
        pytest.param(reply(CreateTime=None), "fault", id="no time"),
        pytest.param(reply(MsgType="poem"), "fault", id="an unknown MsgType"),
        pytest.param(reply(MsgType=["text", "image"]), "fault", id="two MsgTypes"),
        pytest.param(reply(Content=""), "fault", id="an empty Content"),
        pytest.param(reply(Content="a" * 2048), "answered", id="2,048 bytes are allowed"),
        pytest.param(reply(Content="a" * 2046 + "好"), "fault", id="2,049 bytes are not"),
        pytest.param(news(2), "fault", id="two articles in answer to a message"),
        pytest.param(news(1, said=2), "fault", id="a wrong ArticleCount"),
        pytest.param(reply(MsgType="image", Content=None), "fault", id="a picture without media"),
        pytest.param(sealed(reply()), "fault", id="encrypted where plain is agreed"),
    ],
)
def test_answers_in_plain_mode(body, expected):
    assert outcome(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"success", "silent", id="success stays bare"),
        pytest.param(sealed(reply()), "answered", id="a sealed text is shown"),
        pytest.param(reply(), "fault", id="a bare one is not accepted"),
        pytest.param(sealed(reply(), token="other"), "fault", id="signed with another token"),
        pytest.param(sealed(reply(), MsgSignature=None), "fault", id="no signature"),
        pytest.param(sealed(reply(), Nonce="78"), "fault", id="a Nonce that was not signed"),
        pytest.param(
            sealed(reply(), box=Box("B" * 43, APPID)), "fault", id="sealed with another key"
        ),
        pytest.param(
            sealed(reply(), box=Box(AES_KEY, "wxother")), "fault", id="sealed for another appid"
        ),
        pytest.param(sealed(b"hello"), "fault", id="no XML inside"),
    ],
)
def test_answers_in_safe_mode(body, expected):
    assert outcome(body, mode="safe") == expected


@pytest.mark.parametrize("body", [reply(), sealed(reply())], ids=["bare", "sealed"])
def test_compatible_mode_takes_both(body):
    assert outcome(body, mode="compatible") == "answered"


@pytest.mark.parametrize(
    ("count", "expected"), [(8, "answered"), (9, "fault")], ids=["eight", "nine are too many"]
)
def test_an_event_may_be_answered_with_up_to_eight_articles(count, expected):
    assert outcome(news(count), A_CLICK) == expected


def test_an_answer_to_what_nobody_sees_is_ignored_whatever_it_is():
    assert outcome(b"<html>", A_LEAVING) == "silent"


@pytest.mark.parametrize(
    ("body", "lenient"),
    [
        pytest.param(b"success\n", "silent", id="a line break behind it"),
        pytest.param(b"\xef\xbb\xbfsuccess", "silent", id="a byte order mark before it"),
        pytest.param(b"\r\n", "silent", id="white space alone"),
        pytest.param(b'"success"', "fault", id="quotes around it"),
    ],
)
def test_white_space_around_success_is_a_switch(body, lenient):
    judge = Judge("plain", TOKEN, BOX, Switches(trim_success=True))
    assert judge.verdict(body, A_TEXT).outcome == lenient
    assert outcome(body) == "fault"


@pytest.mark.parametrize(
    ("kind", "media_id", "expected"),
    [
        pytest.param("image", "a-picture", "answered", id="a picture of ours"),
        pytest.param("image", "a-voice", "fault", id="a voice is no picture"),
        pytest.param("image", "expired", "fault", id="what is not there any more"),
        pytest.param("music", "a-thumb", "answered", id="music with its thumb"),
        pytest.param("music", "a-picture", "answered", id="music with a picture as its thumb"),
        pytest.param("music", "a-voice", "fault", id="music with a voice as its thumb"),
    ],
)
def test_a_reply_names_media_that_the_platform_has(kind, media_id, expected):
    held = {"a-picture": "image", "a-voice": "voice", "a-thumb": "thumb"}
    name = "ThumbMediaId" if kind == "music" else "MediaId"
    body = reply(MsgType=kind, Content=None, **{kind.capitalize(): {name: media_id}})
    judge = Judge("plain", TOKEN, BOX, media=held.get)
    assert judge.verdict(body, A_TEXT).outcome == expected


def test_the_agent_who_is_named_is_told():
    body = reply(MsgType="transfer_customer_service", TransInfo={"KfAccount": "test1@gh_1"})
    assert Judge("plain", TOKEN, BOX).verdict(body, A_TEXT).text == "test1@gh_1"


@pytest.mark.parametrize(
    ("fields", "picture"),
    [
        pytest.param({"MsgType": "image", "Image": {"MediaId": "m"}}, "media:m", id="an image"),
        pytest.param(
            {
                "MsgType": "news",
                "ArticleCount": 1,
                "Articles": {"item": [{"Title": "一", "PicUrl": "https://e.example/1.png"}]},
            },
            "https://e.example/1.png",
            id="an article's",
        ),
        pytest.param(
            {"MsgType": "music", "Music": {"ThumbMediaId": "t"}}, "media:t", id="music's small one"
        ),
        pytest.param({"MsgType": "voice", "Voice": {"MediaId": "m"}}, "", id="none of a voice"),
        pytest.param({"MsgType": "text", "Content": "好"}, "", id="none of a text"),
    ],
)
def test_the_picture_of_an_answer_is_kept(fields, picture):
    body = reply(**{"Content": None, **fields})
    assert Judge("plain", TOKEN, BOX).verdict(body, A_TEXT).picture == picture
