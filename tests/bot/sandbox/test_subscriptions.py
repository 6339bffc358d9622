"""Subscription notices and one-time subscriptions: rights, events, sending (4.4, 4.5, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.api.newtmpl import Notices
from bot.sandbox.api.notices import composed, link_mini_program
from bot.sandbox.api.notices_library import LIBRARY
from bot.sandbox.api.subscriptions import (
    ARTICLE,
    MINI_PROGRAM,
    ONE_TIME_TEMPLATE,
    accept_notice,
    rights_of,
    stop_notice,
    subscribe_once,
)
from bot.sandbox.config import Switches
from bot.sandbox.people import Person
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.asking import fetch, send
from tests.bot.sandbox.conftest import Desktop, a_config

EVENT = "SBXN1_event_reminder_0000000000000000000000"
RESTOCK = "SBXN2_back_in_stock_00000000000000000000000"
LIBRARY_CALLS = "/wxaapi/newtmpl/"
BIZ, MINI = "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/subscribe/send"
ONCE = "/cgi-bin/message/template/subscribe"
GOOD = {
    "thing1": {"value": "秋季新品品鉴会"},
    "time2": {"value": "2026-11-28 14:00"},
    "thing3": {"value": "人民路店二楼"},
}


def notify(desk: Desktop, path: str = BIZ, **changes: Any) -> dict[str, Any]:
    body = {"touser": "o-lin", "template_id": EVENT, "data": GOOD, **changes}
    return send(desk, path, body)


def accepts(desk: Desktop, person: Person, *template_ids: str, **how: Any) -> dict[str, str]:
    return accept_notice(desk.world, desk.acts, person, template_ids or (EVENT,), **how)


def long_term(desk: Desktop) -> str:
    public = LIBRARY["49017"]
    notice = composed("long", public.title, public.keywords[:2], public.type)
    desk.world.room(Notices).notices["long"] = notice
    return notice.id


# --- the library ---------------------------------------------------------------------------------


def test_the_way_from_category_to_template(desk: Desktop):
    (category,) = [
        one
        for one in fetch(desk, f"{LIBRARY_CALLS}getcategory")["data"]
        if one["name"] == "点餐平台"
    ]
    query = {"ids": str(category["id"]), "start": "0", "limit": "1"}
    found = fetch(desk, f"{LIBRARY_CALLS}getpubtemplatetitles", **query)
    assert found["count"] == 1
    assert found["data"] == [{"tid": 45390, "title": "取餐提醒", "type": 2, "categoryId": "616"}]
    words = fetch(desk, f"{LIBRARY_CALLS}getpubtemplatekeywords", tid="45390")["data"]
    assert words[1] == {"kid": 2, "name": "门店名称", "example": "人民路店", "rule": "thing"}
    body = {"tid": 45390, "kidList": [3, "2"], "sceneDesc": "取餐"}
    added = send(desk, f"{LIBRARY_CALLS}addtemplate", body)["priTmplId"]
    (mine,) = [
        one
        for one in fetch(desk, f"{LIBRARY_CALLS}gettemplate")["data"]
        if one["priTmplId"] == added
    ]
    assert mine["content"] == "取餐时间：{{time3.DATA}}\n门店名称：{{thing2.DATA}}"
    assert mine["type"] == 2
    delete = f"{LIBRARY_CALLS}deltemplate"
    codes = [send(desk, delete, {"priTmplId": one})["errcode"] for one in (added, added, "")]
    assert codes == [0, 20001, 20002]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"ids": ""}, 200018, id="no category"),
        pytest.param({"ids": "307,1"}, 200019, id="a category that the account does not have"),
        pytest.param({"ids": "衣服"}, 200019, id="a category that is no number"),
        pytest.param({"start": "-1"}, 200016, id="a start before the first"),
        pytest.param({"limit": "31"}, 200017, id="more than 30 at once"),
        pytest.param({"limit": "x"}, 200017, id="a limit that is no number"),
        pytest.param({"ids": '"307,321"', "limit": "30"}, 0, id="ids in quotes, as documented"),
    ],
)
def test_the_pages_of_titles(desk: Desktop, changes, expected):
    query = {"ids": "321", "start": "0", "limit": "30", **changes}
    answer = fetch(desk, f"{LIBRARY_CALLS}getpubtemplatetitles", **query)
    assert answer["errcode"] == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"tid": "1"}, 200014, id="a title that is none"),
        pytest.param({"kidList": [1]}, 200020, id="one keyword is too few"),
        pytest.param({"kidList": [1, 2, 3, 4, 5, 6]}, 200020, id="six are too many"),
        pytest.param({"kidList": [1, 9]}, 200020, id="a keyword that is none"),
        pytest.param({"kidList": [1, 1]}, 200020, id="a keyword twice"),
        pytest.param({"kidList": "1,2"}, 200020, id="no list"),
        pytest.param({"sceneDesc": "好" * 15}, 0, id="a scene of 15 characters"),
        pytest.param({"sceneDesc": "好" * 16}, 200021, id="a scene too long"),
    ],
)
def test_what_can_be_added(desk: Desktop, changes, expected):
    body = {"tid": "47123", "kidList": [1, 2], "sceneDesc": "活动", **changes}
    assert send(desk, f"{LIBRARY_CALLS}addtemplate", body)["errcode"] == expected


def test_keywords_of_a_title_that_is_none(desk: Desktop):
    assert fetch(desk, f"{LIBRARY_CALLS}getpubtemplatekeywords", tid="1")["errcode"] == 200014


def test_an_account_has_25_notices_at_most(desk: Desktop):
    body = {"tid": "47123", "kidList": [1, 2]}
    codes = [send(desk, f"{LIBRARY_CALLS}addtemplate", body)["errcode"] for _ in range(24)]
    assert codes == [0] * 23 + [200012]


@pytest.mark.parametrize("kind", ["subscription", "service_unverified", "test"])
def test_only_a_verified_service_account_has_notices(kind):
    desk = Desktop(a_config(kind=kind))
    assert fetch(desk, f"{LIBRARY_CALLS}gettemplate")["errcode"] == 48001
    assert notify(desk)["errcode"] == 48001
    desk.timeline.stop()


# --- rights --------------------------------------------------------------------------------------


def test_each_acceptance_allows_one_message(desk: Desktop):
    lin = desk.follower()
    assert notify(desk)["errcode"] == 43101
    accepts(desk, lin)
    accepts(desk, lin)
    assert rights_of(desk.world, lin) == {EVENT: 2}
    assert [notify(desk)["errcode"] for _ in range(3)] == [0, 0, 43101]
    assert rights_of(desk.world, lin) == {}


def test_a_right_waits_without_end_and_is_for_its_template_alone(desk: Desktop):
    accepts(desk, desk.follower(), RESTOCK)
    desk.clock.advance(400 * 24 * 3600)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert notify(desk)["errcode"] == 43101
    data = {
        "thing1": {"value": "羊毛围巾"},
        "date2": {"value": "2027年12月1日"},
        "amount3": {"value": "199元"},
    }
    assert notify(desk, template_id=RESTOCK, data=data)["errcode"] == 0


def test_a_long_term_notice_may_go_again_and_again(desk: Desktop):
    lin = desk.follower()
    notice = long_term(desk)
    accepts(desk, lin, notice)
    data = {"name1": {"value": "林晓雨"}, "time2": {"value": "2026-11-28 09:30"}}
    codes = [notify(desk, template_id=notice, data=data)["errcode"] for _ in range(3)]
    assert codes == [0, 0, 0]
    assert rights_of(desk.world, lin) == {notice: -1}
    assert stop_notice(desk.world, desk.acts, lin, notice)
    assert notify(desk, template_id=notice, data=data)["errcode"] == 43101


def test_a_refused_message_costs_no_right(desk: Desktop):
    accepts(desk, desk.follower())
    assert notify(desk, data={})["errcode"] == 47003
    assert notify(desk)["errcode"] == 0


def test_who_does_not_follow_gets_it_as_a_service_notice(desk: Desktop):
    stranger = desk.world.person("o-stranger")
    accepts(desk, stranger)
    assert notify(desk, touser="o-stranger")["errcode"] == 0
    desk.finished()
    assert (stranger.chat[-1].kind, stranger.chat[-1].via) == ("service_notice", "subscribe")


@pytest.mark.parametrize(
    ("given", "path", "expected"),
    [
        pytest.param(ARTICLE, BIZ, 0, id="an account's notice through bizsend"),
        pytest.param(ARTICLE, MINI, 43101, id="an account's notice through the mini-program's"),
        pytest.param(ARTICLE, ONCE, 43101, id="an account's notice through the one-time call"),
        pytest.param(MINI_PROGRAM, MINI, 0, id="a mini-program's message through its own"),
        pytest.param(MINI_PROGRAM, BIZ, 43101, id="a mini-program's message through bizsend"),
    ],
)
def test_a_right_counts_only_where_it_was_given(desk: Desktop, given, path, expected):
    accepts(desk, desk.follower(), scene=given)
    assert notify(desk, path)["errcode"] == expected


@pytest.mark.parametrize(
    ("template_ids", "scene"),
    [
        pytest.param([], 1, id="none"),
        pytest.param([EVENT, EVENT], 1, id="one twice"),
        pytest.param(["Tpl"], 1, id="one that is not the account's"),
        pytest.param([EVENT, "long"], 1, id="one-time and long-term mixed"),
        pytest.param([EVENT], 9, id="a place that is none"),
        pytest.param([EVENT, RESTOCK, "a", "b"], MINI_PROGRAM, id="four in a mini-program"),
    ],
)
def test_a_pop_up_that_the_platform_would_not_show(desk: Desktop, template_ids, scene):
    lin = desk.follower()
    long_term(desk)
    with pytest.raises(ValueError, match=r"wants|template_ids"):
        accept_notice(desk.world, desk.acts, lin, template_ids, True, scene)


# --- what is pushed ------------------------------------------------------------------------------


def test_a_pop_up_is_answered_for_each_notice(desk: Desktop):
    lin = desk.follower()
    told = accepts(desk, lin, EVENT, RESTOCK, accepted=[RESTOCK], scene=ARTICLE)
    assert told == {EVENT: "reject", RESTOCK: "accept"}
    pushed = parse(render(desk.finished()[-1]))
    assert pushed["Event"] == "subscribe_msg_popup_event"
    assert pushed["FromUserName"] == "o-lin"
    assert pushed["SubscribeMsgPopupEvent"] == {
        "List": [
            {"TemplateId": EVENT, "SubscribeStatusString": "reject", "PopupScene": "2"},
            {"TemplateId": RESTOCK, "SubscribeStatusString": "accept", "PopupScene": "2"},
        ]
    }


def test_one_answer_is_one_list_element(desk: Desktop):
    accepts(desk, desk.follower(), accepted=False)
    assert "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[SBXN1" in render(desk.finished()[-1])
    assert notify(desk)["errcode"] == 43101


def test_answering_opens_no_window_for_customer_service(desk: Desktop):
    lin = desk.world.person("o-lin")
    accepts(desk, lin)
    assert lin.window.refusal(desk.clock()) == 45015


def test_turning_a_notice_off_is_pushed_as_a_refusal(desk: Desktop):
    lin = desk.follower()
    accepts(desk, lin)
    assert stop_notice(desk.world, desk.acts, lin, EVENT)
    pushed = desk.finished()[-1]
    assert pushed["Event"] == "subscribe_msg_change_event"
    item = {"TemplateId": EVENT, "SubscribeStatusString": "reject"}
    assert pushed["SubscribeMsgChangeEvent"] == {"List": [item]}
    assert notify(desk)["errcode"] == 43101
    before = len(desk.pushed)
    assert not stop_notice(desk.world, desk.acts, lin, EVENT)
    assert len(desk.finished()) == before


def test_the_switch_wraps_the_refusal_as_the_documents_sample_was():
    desk = Desktop(a_config(switches=Switches(change_as_popup=True)))
    lin = desk.follower()
    accepts(desk, lin)
    stop_notice(desk.world, desk.acts, lin, EVENT)
    pushed = desk.finished()[-1]
    assert pushed["Event"] == "subscribe_msg_change_event"
    assert "SubscribeMsgPopupEvent" in pushed
    desk.timeline.stop()


def test_a_sent_notice_is_shown_and_reported(desk: Desktop):
    lin = desk.follower()
    accepts(desk, lin)
    notify(desk, page="https://e.example/event")
    pushed = desk.finished()[-1]
    assert pushed["Event"] == "subscribe_msg_sent_event"
    (item,) = pushed["SubscribeMsgSentEvent"]["List"]
    assert (item["ErrorCode"], item["ErrorStatus"]) == ("0", "success")
    assert item["MsgID"] == desk.world.deliveries["o-lin"][-1].msgid
    assert lin.chat[-1].text.startswith("活动开始提醒\n活动名称：秋季新品品鉴会")
    assert lin.chat[-1].url == "https://e.example/event"


# --- what a notice may hold ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "changes", "expected"),
    [
        pytest.param(BIZ, {"touser": "o-nobody"}, 40003, id="an openid that is nobody's"),
        pytest.param(BIZ, {"template_id": "Tpl"}, 40037, id="a template we do not have"),
        pytest.param(BIZ, {"data": {}}, 47003, id="no values"),
        pytest.param(BIZ, {"page": "pages/index"}, 41030, id="a web page that is none"),
        pytest.param(BIZ, {"miniprogram": {"appid": "wxother"}}, 40013, id="unlinked"),
        pytest.param(BIZ, {"page": "https://e.example/"}, 0, id="a web page"),
        pytest.param(MINI, {"page": "https://e.example/"}, 41030, id="no mini-program page"),
        pytest.param(MINI, {"page": "/pages/index"}, 41030, id="a leading slash"),
        pytest.param(MINI, {"page": "pages/index?id=1"}, 0, id="a mini-program's page"),
        pytest.param(MINI, {"miniprogram_state": "beta"}, 40097, id="a state that is none"),
        pytest.param(MINI, {"lang": "de"}, 40097, id="a language that is none"),
    ],
)
def test_what_a_notice_may_hold(desk: Desktop, path, changes, expected):
    lin = desk.follower()
    accepts(desk, lin)
    accepts(desk, lin, scene=MINI_PROGRAM)
    assert notify(desk, path, **changes)["errcode"] == expected


def test_a_wrong_value_is_named(desk: Desktop):
    accepts(desk, desk.follower())
    answer = notify(desk, data={**GOOD, "time2": {"value": "明天"}})
    assert answer["errcode"] == 47003
    assert "data.time2.value invalid" in answer["errmsg"]


def test_a_notice_can_lead_to_a_linked_mini_program(desk: Desktop):
    lin = desk.follower()
    accepts(desk, lin)
    link_mini_program(desk.world, "wxmini")
    jump = {"appid": "wxmini", "pagepath": "pages/event"}
    assert notify(desk, miniprogram=jump)["errcode"] == 0
    desk.finished()
    assert lin.chat[-1].text.endswith("小程序：pages/event")


# --- one-time subscriptions ----------------------------------------------------------------------


def once(desk: Desktop, **changes: Any) -> int:
    body = {
        "touser": "o-stranger",
        "template_id": ONE_TIME_TEMPLATE,
        "url": "https://e.example/",
        "scene": "1000",
        "title": "开售提醒",
        "data": {"content": {"value": "您关注的商品开售了", "color": "#333333"}},
        **changes,
    }
    return int(send(desk, ONCE, body)["errcode"])


def content(text: object) -> dict[str, Any]:
    return {"content": {"value": text}}


def test_one_confirmation_is_one_message_to_who_need_not_follow(desk: Desktop):
    stranger = desk.world.person("o-stranger")
    assert once(desk) == 43101
    subscribe_once(desk.world, stranger, 1000)
    assert [once(desk), once(desk)] == [0, 43101]
    assert stranger.chat[-1].text == "开售提醒\n您关注的商品开售了"


def test_confirmations_in_one_scene_do_not_add_up_in_several_they_do(desk: Desktop):
    stranger = desk.world.person("o-stranger")
    for scene in (1, 1, 2):
        subscribe_once(desk.world, stranger, scene)
    assert [once(desk, scene=scene) for scene in (1, 1, 2, 2)] == [0, 43101, 0, 43101]


def test_who_cancels_gives_nothing(desk: Desktop):
    subscribe_once(desk.world, desk.world.person("o-stranger"), 1000, confirmed=False)
    assert once(desk) == 43101


@pytest.mark.parametrize("scene", [-1, 10_001])
def test_a_scene_that_is_none(desk: Desktop, scene):
    with pytest.raises(ValueError, match="scene"):
        subscribe_once(desk.world, desk.world.person("o-stranger"), scene)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"touser": "o-nobody"}, 40003, id="an openid that is nobody's"),
        pytest.param({"template_id": "Tpl"}, 40037, id="a template that is not the account's one"),
        pytest.param({"scene": "a"}, 40035, id="a scene that is no number"),
        pytest.param({"title": "好" * 15}, 0, id="a title of 15 characters"),
        pytest.param({"title": "好" * 16}, 45003, id="a title too long"),
        pytest.param({"title": ""}, 47003, id="no title"),
        pytest.param({"data": content("好" * 200)}, 0, id="200 characters"),
        pytest.param({"data": content("好" * 201)}, 45002, id="a content too long"),
        pytest.param({"data": content("")}, 47003, id="no content"),
        pytest.param({"data": None}, 47003, id="no data"),
        pytest.param({"miniprogram": {"appid": "wxother"}}, 40013, id="an unlinked mini-program"),
    ],
)
def test_what_a_one_time_message_may_hold(desk: Desktop, changes, expected):
    subscribe_once(desk.world, desk.world.person("o-stranger"), 1000)
    assert once(desk, **changes) == expected
