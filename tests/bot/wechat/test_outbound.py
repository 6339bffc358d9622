import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy import parse_message
from wechatpy.replies import REPLY_TYPES

from bot.values.replies import (
    NO_REPLY,
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)
from bot.wechat import markup
from bot.wechat.outbound import SUCCESS, custom_body, render, shown_text
from tests.bot.wechat.envelopes import ACCOUNT, OPENID
from tests.conftest import NOON

ARTICLES = tuple(Article(f"t{n}", "d", "https://u", "https://p") for n in range(10))


def fields_of(reply, **how):
    return markup.read(render(reply, OPENID, ACCOUNT, NOON, **how).encode())


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(TextReply("a\nb"), {"MsgType": "text", "Content": "a\nb"}, id="text"),
        pytest.param(ImageReply("m"), {"MsgType": "image", "Image": {"MediaId": "m"}}, id="image"),
        pytest.param(VoiceReply("m"), {"MsgType": "voice", "Voice": {"MediaId": "m"}}, id="voice"),
        pytest.param(
            VideoReply("m", "t"),
            {"MsgType": "video", "Video": {"MediaId": "m", "Title": "t"}},
            id="video",
        ),
        pytest.param(
            MusicReply("m", "t", "d", "https://u", "https://h"),
            {
                "MsgType": "music",
                "Music": {
                    "Title": "t",
                    "Description": "d",
                    "MusicUrl": "https://u",
                    "HQMusicUrl": "https://h",
                    "ThumbMediaId": "m",
                },
            },
            id="music",
        ),
        pytest.param(
            NewsReply(ARTICLES[:1]),
            {
                "MsgType": "news",
                "ArticleCount": "1",
                "Articles": {
                    "item": {
                        **{"Title": "t0", "Description": "d"},
                        **{"PicUrl": "https://p", "Url": "https://u"},
                    }
                },
            },
            id="news",
        ),
        pytest.param(TransferReply(), {"MsgType": "transfer_customer_service"}, id="any agent"),
        pytest.param(
            TransferReply("a@gh"),
            {"MsgType": "transfer_customer_service", "TransInfo": {"KfAccount": "a@gh"}},
            id="a named agent",
        ),
    ],
)
def test_each_kind_goes_back_the_way_it_came(reply, expected):
    envelope = {"ToUserName": OPENID, "FromUserName": ACCOUNT, "CreateTime": "1795233600"}
    assert fields_of(reply) == {**envelope, **expected}


@pytest.mark.parametrize(
    "reply",
    [
        NO_REPLY,
        TextReply(""),
        TextReply(" \n"),
        TextReply("\x00\x1d"),
        ImageReply(""),
        VoiceReply(""),
        VideoReply(""),
        MusicReply(""),
        NewsReply(()),
    ],
)
def test_what_would_be_shown_as_a_fault_is_success(reply):
    assert render(reply, OPENID, ACCOUNT, NOON) == SUCCESS
    assert custom_body(reply, OPENID) is None


def test_nobody_to_answer_is_success():
    assert render(TextReply("a"), "", ACCOUNT, NOON) == SUCCESS


@pytest.mark.parametrize(("to_message", "count"), [(True, "1"), (False, "8")])
def test_articles_are_clamped_to_what_is_delivered(to_message, count):
    assert fields_of(NewsReply(ARTICLES), to_message=to_message)["ArticleCount"] == count


@given(st.text())
def test_no_text_breaks_out_of_its_element(text):
    xml = render(TextReply(text), OPENID, ACCOUNT, NOON)
    if xml == SUCCESS:
        assert not shown_text(text)
        return
    fields = markup.read(xml.encode())
    assert set(fields) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}
    assert fields["MsgType"] == "text"
    assert fields["Content"] == shown_text(text).replace("\r\n", "\n").replace("\r", "\n")


def test_an_injected_reply_stays_text():
    text = "a]]></Content><MsgType><![CDATA[image]]></MsgType><Content><![CDATA["
    assert fields_of(TextReply(text))["Content"] == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a" * 2048, "a" * 2048, id="2,048 bytes fit"),
        pytest.param("a" * 2049, "a" * 2048, id="one more does not"),
        pytest.param("好" * 683, "好" * 682, id="no third of a character"),
        pytest.param("😀" * 513, "😀" * 512, id="whole emoji"),
        pytest.param(
            "a" * 2030 + '<a href="https://u">here</a>', "a" * 2030, id="no half of a link"
        ),
        pytest.param("a\x08b", "ab", id="no control characters"),
    ],
)
def test_text_is_cut_where_it_can_be_cut(text, shown):
    assert shown_text(text) == shown
    assert fields_of(TextReply(text))["Content"] == shown


def test_another_implementation_reads_our_reply():
    xml = render(TextReply("好"), OPENID, ACCOUNT, NOON)
    read = parse_message(xml)
    assert (read.content, read.target, read.source) == ("好", OPENID, ACCOUNT)
    assert "text" in REPLY_TYPES


@pytest.mark.parametrize(
    ("reply", "msgtype", "body"),
    [
        (TextReply("a]]>b"), "text", {"content": "a]]>b"}),
        (ImageReply("m"), "image", {"media_id": "m"}),
        (VoiceReply("m"), "voice", {"media_id": "m"}),
        (VideoReply("m", "t"), "video", {"media_id": "m", "title": "t"}),
        (
            VideoReply("m", thumb_media_id="n"),
            "video",
            {"media_id": "m", "thumb_media_id": "n"},
        ),
        (
            MusicReply("m", "t", "d", "https://u", "https://h"),
            "music",
            {
                **{"title": "t", "description": "d", "musicurl": "https://u"},
                **{"hqmusicurl": "https://h", "thumb_media_id": "m"},
            },
        ),
        (
            NewsReply(ARTICLES),
            "news",
            {
                "articles": [
                    {"title": "t0", "description": "d", "url": "https://u", "picurl": "https://p"}
                ]
            },
        ),
    ],
)
def test_the_same_reply_as_a_customer_service_message(reply, msgtype, body):
    assert custom_body(reply, OPENID) == {"touser": OPENID, "msgtype": msgtype, msgtype: body}


def test_a_transfer_cannot_be_said_later():
    assert custom_body(TransferReply("a@gh"), OPENID) is None
