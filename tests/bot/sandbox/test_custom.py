"""Customer-service messages: every type, what it must hold, who may get one (4.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox import reception
from bot.sandbox.api.message_types import TYPES
from bot.sandbox.api.messages import is_typing
from bot.sandbox.api.notices import link_mini_program
from bot.sandbox.articles import on_air
from bot.sandbox.cards import add_card
from bot.sandbox.config import Switches
from bot.sandbox.gateway import Call
from tests.bot.sandbox.conftest import PICTURE, Desktop, a_config

SHOP = "wxminiprogram0001"
AGENT = "lan@gh_sandbox000001"


@pytest.fixture
def lin(desk: Desktop) -> Any:
    """Has just written; the account is linked to the mini-program SHOP."""
    link_mini_program(desk.world, SHOP)
    return desk.chatting()


@pytest.fixture
def media(desk: Desktop) -> dict[str, str]:
    """A media_id of each kind."""
    return {kind: desk.world.add_media(kind) for kind in ("image", "voice", "video", "thumb")}


def send(desk: Desktop, kind: str, fields: Any, **more: Any) -> int:
    body = {"touser": "o-lin", "msgtype": kind, kind: fields, **more}
    return int(desk.post("message/custom/send", body)["errcode"])


def filled(fields: dict[str, Any], media: dict[str, str]) -> dict[str, Any]:
    """`<image>` becomes the id of a picture, and so on."""
    return {
        name: media.get(value[1:-1], value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


VIDEO = {"media_id": "<video>", "thumb_media_id": "<thumb>", "title": "新店", "description": "一楼"}
MUSIC = {
    "title": "早安",
    "description": "店里的歌",
    "musicurl": "https://e.example/a.mp3",
    "hqmusicurl": "https://e.example/b.mp3",
    "thumb_media_id": "<thumb>",
}
ARTICLE = {"title": "周末半价", "description": "到店出示", "url": "https://e.example/h"}
MENU = {
    "head_content": "满意吗",
    "list": [{"id": "101", "content": "满意"}, {"id": 102, "content": "不满意"}],
    "tail_content": "谢谢",
}
PAGE = {
    "title": "订座",
    "appid": SHOP,
    "pagepath": "pages/seat?id=1",
    "thumb_media_id": "<image>",
}


@pytest.mark.parametrize(
    ("kind", "fields", "text", "url"),
    [
        ("text", {"content": "您好"}, "您好", ""),
        ("image", {"media_id": "<image>"}, "[image]", ""),
        ("voice", {"media_id": "<voice>"}, "[voice]", ""),
        ("video", VIDEO, "新店\n一楼", ""),
        ("music", MUSIC, "早安\n店里的歌", "https://e.example/a.mp3"),
        ("news", {"articles": [ARTICLE]}, "周末半价\n到店出示", "https://e.example/h"),
        ("msgmenu", MENU, "满意吗\n满意\n不满意\n谢谢", ""),
        ("miniprogrampage", PAGE, "订座", ""),
    ],
)
def test_a_complete_message_is_on_the_phone(desk, lin, media, kind, fields, text, url):
    assert send(desk, kind, filled(fields, media)) == 0
    bubble = lin.chat[-1]
    assert (bubble.side, bubble.kind, bubble.via) == ("account", kind, "custom")
    assert (bubble.text, bubble.url) == (text, url)


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


@pytest.mark.parametrize(
    ("kind", "fields", "errcode"),
    [
        pytest.param("text", {}, 44004, id="a text without content"),
        pytest.param("text", {"content": ""}, 44004, id="an empty text"),
        pytest.param("text", {"content": "好" * 683}, 45002, id="a text of 2,049 bytes"),
        pytest.param("image", {}, 41006, id="a picture without media"),
        pytest.param("image", {"media_id": "x"}, 40007, id="unknown media"),
        pytest.param("image", {"media_id": "<voice>"}, 40007, id="a voice is no picture"),
        pytest.param("voice", {"media_id": "<image>"}, 40007, id="a picture is no voice"),
        pytest.param("video", without(VIDEO, "media_id"), 41006, id="a video without media"),
        pytest.param("video", without(VIDEO, "thumb_media_id"), 41006, id="without a thumb"),
        pytest.param("video", {**VIDEO, "media_id": "<image>"}, 40007, id="a picture is no video"),
        pytest.param(
            "video", {**VIDEO, "thumb_media_id": "<voice>"}, 40007, id="a voice is no thumb"
        ),
        pytest.param("music", without(MUSIC, "musicurl"), 40035, id="music without its address"),
        pytest.param("music", without(MUSIC, "hqmusicurl"), 40035, id="without the better one"),
        pytest.param("music", without(MUSIC, "thumb_media_id"), 41006, id="without a cover"),
        pytest.param("news", {}, 44003, id="no articles"),
        pytest.param("news", {"articles": []}, 44003, id="an empty list of articles"),
        pytest.param("news", {"articles": ["x"]}, 44003, id="an article that is none"),
        pytest.param("news", {"articles": [ARTICLE] * 2}, 45008, id="two articles"),
        pytest.param("msgmenu", {"head_content": "?"}, 40035, id="a menu without items"),
        pytest.param("msgmenu", {"list": ["满意"]}, 40035, id="an item that is no object"),
        pytest.param("msgmenu", {"list": [{"id": "1"}]}, 40035, id="an item without content"),
        pytest.param("msgmenu", {"list": [{"content": "好"}]}, 40035, id="an item without id"),
        pytest.param("mpnews", {}, 41006, id="an article message without media"),
        pytest.param("mpnews", {"media_id": "<image>"}, 40007, id="a picture is no draft"),
        pytest.param("mpnewsarticle", {}, 40035, id="no article_id"),
        pytest.param("mpnewsarticle", {"article_id": "x"}, 53600, id="an unknown article"),
        pytest.param("wxcard", {}, 41012, id="a card without its id"),
        pytest.param("wxcard", {"card_id": "x"}, 40073, id="an unknown card"),
        pytest.param("miniprogrampage", without(PAGE, "title"), 40035, id="a page without title"),
        pytest.param("miniprogrampage", without(PAGE, "appid"), 40035, id="without appid"),
        pytest.param("miniprogrampage", without(PAGE, "pagepath"), 40035, id="without path"),
        pytest.param("miniprogrampage", {**PAGE, "pagepath": "/p"}, 40035, id="a slash before it"),
        pytest.param("miniprogrampage", {**PAGE, "appid": "wxo"}, 45064, id="one not linked"),
        pytest.param(
            "miniprogrampage", without(PAGE, "thumb_media_id"), 41006, id="without a picture"
        ),
        pytest.param("poem", {}, 40008, id="an unknown type"),
        pytest.param("text", "您好", 40035, id="no object"),
    ],
)
def test_an_incomplete_message_is_refused_and_costs_nothing(
    desk, lin, media, kind, fields, errcode
):
    given = filled(fields, media) if isinstance(fields, dict) else fields
    assert send(desk, kind, given) == errcode
    assert lin.window.left == 5
    assert lin.chat[-1].side == "user"


def test_every_type_of_the_documents_is_known():
    assert set(TYPES) == {
        *("text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle"),
        *("msgmenu", "wxcard", "miniprogrampage"),
    }


def test_a_permanent_picture_can_be_sent_for_ever(desk, lin):
    kept = desk.world.add_media("image", permanent=True)
    desk.clock.advance(30 * 86400)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    desk.acts.say(lin, "在吗")
    assert send(desk, "image", {"media_id": kept}) == 0


# --- articles ------------------------------------------------------------------------------------


def a_draft(desk: Desktop, *titles: str) -> str:
    thumb = permanent_picture(desk)
    articles = [
        {"title": title, "digest": "摘要", "content": "<p>正文</p>", "thumb_media_id": thumb}
        for title in titles
    ]
    return str(desk.post("draft/add", {"articles": articles})["media_id"])


def permanent_picture(desk: Desktop) -> str:
    query = {"access_token": desk.token, "type": "image"}
    call = Call("/cgi-bin/material/add_material", "POST", query, files={"media": PICTURE})
    return str(json.loads(desk.gateway.answer(call).body)["media_id"])


def test_a_draft_goes_out_as_an_article_with_a_page(desk, lin):
    media_id = a_draft(desk, "新店开业")
    assert send(desk, "mpnews", {"media_id": media_id}) == 0
    first = lin.chat[-1]
    assert (first.text, first.kind) == ("新店开业\n摘要", "mpnews")
    assert on_air(desk.world, first.url.rpartition("/")[2]).title == "新店开业"
    assert send(desk, "mpnews", {"media_id": media_id}) == 0
    assert lin.chat[-1].url == first.url


def test_a_draft_of_two_articles_is_too_much(desk, lin):
    assert send(desk, "mpnews", {"media_id": a_draft(desk, "一", "二")}) == 45008


def test_a_published_article_can_be_sent_until_it_is_deleted(desk, lin):
    desk.post("freepublish/submit", {"media_id": a_draft(desk, "菜单上新")})
    article_id = desk.finished()[-1]["PublishEventInfo"]["article_id"]
    assert send(desk, "mpnewsarticle", {"article_id": article_id}) == 0
    assert lin.chat[-1].text == "菜单上新\n摘要"
    assert lin.chat[-1].url
    desk.post("freepublish/delete", {"article_id": article_id})
    assert send(desk, "mpnewsarticle", {"article_id": article_id}) == 53600


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        pytest.param({}, 0, id="one that is open"),
        pytest.param({"status": "CARD_STATUS_VERIFY_FAIL"}, 40078, id="one that was refused"),
        pytest.param({"own": False}, 45030, id="one of another account"),
    ],
)
def test_a_card_can_be_sent(desk, lin, changes, errcode):
    card_id = add_card(desk.world, "代金券", **changes)
    assert send(desk, "wxcard", {"card_id": card_id}) == errcode
    shown = ("wxcard", "代金券") if errcode == 0 else ("text", "你好")
    assert (lin.chat[-1].kind, lin.chat[-1].text) == shown


# --- items that can be tapped --------------------------------------------------------------------


def test_the_items_of_a_message_menu_can_be_tapped(desk, lin):
    send(desk, "msgmenu", MENU)
    assert lin.chat[-1].items == (("101", "满意"), ("102", "不满意"))
    assert lin.chat[-1].as_json()["items"] == [["101", "满意"], ["102", "不满意"]]


@pytest.mark.parametrize(
    "link",
    [
        "weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=101",
        "weixin://bizmsgmenu?msgmenucontent=%E6%BB%A1%E6%84%8F&amp;msgmenuid=101",
    ],
)
def test_so_can_a_menu_link_in_a_text(desk, lin, link):
    assert send(desk, "text", {"content": f'请评价<a href="{link}">满意</a>'}) == 0
    assert lin.chat[-1].items == (("101", "满意"),)


def test_a_tapped_item_arrives_as_text_with_its_id(desk, lin):
    send(desk, "msgmenu", MENU)
    (item_id, content), *_ = lin.chat[-1].items
    desk.acts.say(lin, content, item_id)
    pushed = desk.pushed[-1]
    assert (pushed["MsgType"], pushed["Content"], pushed["bizmsgmenuid"]) == ("text", "满意", "101")


# --- who may get one -----------------------------------------------------------------------------


def test_nothing_goes_to_strangers_and_to_who_left(desk, lin):
    assert desk.post("message/custom/send", {"msgtype": "text"})["errcode"] == 40003
    desk.acts.unfollow(lin)
    assert send(desk, "text", {"content": "您好"}) == 43004


def test_nothing_goes_to_the_blacklist(desk, lin):
    lin.blacklisted = True
    assert send(desk, "text", {"content": "您好"}) == 43019


def test_who_turned_messages_off_gets_none_until_they_are_on_again(desk, lin):
    reception.receive(desk.world, lin, on=False)
    assert send(desk, "text", {"content": "您好"}) == 48002
    reception.receive(desk.world, lin, on=True)
    assert send(desk, "text", {"content": "您好"}) == 0
    told = desk.world.ledger.records("receive")
    assert [record["on"] for record in told] == [False, True]


@pytest.mark.parametrize(
    ("reset", "codes"),
    [
        pytest.param(True, [0] * 5 + [45047], id="the larger count and the later end hold"),
        pytest.param(False, [45015], id="or the click's minute replaces the 48 hours"),
    ],
)
def test_what_a_click_makes_of_a_message_s_window_is_a_switch(reset, codes):
    desk = Desktop(a_config(switches=Switches(windows_reset=reset)))
    lin = desk.chatting()
    desk.acts.click(lin, "COUPON")
    desk.clock.advance(60)
    assert [send(desk, "text", {"content": "您好"}) for _ in codes] == codes
    desk.timeline.stop()


@pytest.mark.parametrize("kind", ["subscription_unverified", "service_unverified"])
def test_an_unverified_account_may_not(kind):
    desk = Desktop(a_config(kind=kind))
    desk.chatting()
    assert send(desk, "text", {"content": "您好"}) == 48001
    desk.timeline.stop()


# --- in whose name -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "errcode"),
    [
        pytest.param({"customservice": {"kf_account": AGENT}}, 0, id="an agent"),
        pytest.param({"customservice": {"kf_account": "a@gh"}}, 61451, id="an unknown one"),
        pytest.param({"customservice": {}}, 61451, id="nobody named"),
        pytest.param({"customservice": AGENT}, 61451, id="a bare name"),
        pytest.param({"aimsgcontext": {"is_ai_msg": 1}}, 0, id="made by a machine"),
        pytest.param({"aimsgcontext": 1}, 40035, id="no object"),
    ],
)
def test_in_whose_name_it_goes(desk, lin, more, errcode):
    desk.post("/customservice/kfaccount/add", {"kf_account": AGENT, "nickname": "小兰"})
    assert send(desk, "text", {"content": "您好"}, **more) == errcode


# --- typing --------------------------------------------------------------------------------------


def typing(desk: Desktop, command: str = "Typing") -> int:
    body = {"touser": "o-lin", "command": command}
    return int(desk.post("message/custom/typing", body)["errcode"])


def test_typing_lasts_fifteen_seconds(desk, lin):
    assert typing(desk) == 0
    assert is_typing(desk.world, lin)
    desk.clock.advance(14)
    assert typing(desk) == 45081
    desk.clock.advance(1)
    assert not is_typing(desk.world, lin)
    assert typing(desk) == 0


def test_a_message_ends_typing_and_so_does_cancelling(desk, lin):
    typing(desk)
    send(desk, "text", {"content": "您好"})
    assert (is_typing(desk.world, lin), typing(desk)) == (False, 0)
    assert typing(desk, "CancelTyping") == 0
    assert not is_typing(desk.world, lin)


@pytest.mark.parametrize(
    ("command", "after", "errcode"),
    [
        pytest.param("Dance", 0, 45072, id="an unknown command"),
        pytest.param("Typing", 30, 0, id="30 seconds after the last act"),
        pytest.param("Typing", 31, 45080, id="and not later"),
        pytest.param("CancelTyping", 31, 45080, id="nor can it be cancelled then"),
    ],
)
def test_when_typing_may_be_shown(desk, lin, command, after, errcode):
    desk.clock.advance(after)
    assert typing(desk, command) == errcode


@pytest.mark.parametrize(
    ("kind", "fields", "picture"),
    [
        pytest.param("image", {"media_id": "<image>"}, "image", id="an image"),
        pytest.param("video", VIDEO, "thumb", id="a video's small one"),
        pytest.param("music", MUSIC, "thumb", id="music's small one"),
        pytest.param("voice", {"media_id": "<voice>"}, "", id="none of a voice"),
    ],
)
def test_the_phone_keeps_the_picture_of_a_message(desk, lin, media, kind, fields, picture):
    assert send(desk, kind, filled(fields, media)) == 0
    assert lin.chat[-1].picture == (f"media:{media[picture]}" if picture else "")


def test_the_phone_keeps_the_picture_of_an_article(desk, lin):
    article = {**ARTICLE, "picurl": "https://e.example/a.png"}
    assert send(desk, "news", {"articles": [article]}) == 0
    assert lin.chat[-1].picture == "https://e.example/a.png"
