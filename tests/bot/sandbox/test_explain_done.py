"""A good call is explained too: the rule that it met, with the numbers of its moment."""

from __future__ import annotations

import re

import pytest

from bot.sandbox.api.newtmpl import Notices
from bot.sandbox.api.oauth import js_code, web_code
from bot.sandbox.api.subscriptions import accept_notice
from bot.sandbox.explain import explain
from bot.sandbox.gateway import Call
from bot.sandbox.traffic import Exchange
from tests.bot.sandbox.conftest import PICTURE, Desktop
from tests.bot.sandbox.test_subscriptions import BIZ, EVENT, GOOD, MINI, long_term
from tests.conftest import NOON

OK = {"errcode": 0, "errmsg": "ok"}
CHINESE = re.compile("[一-鿿]")


def said(desk: Desktop, number: int = -1) -> str:
    """Of the last call, in both languages."""
    told = explain(desk.world.traffic.since()[number])
    assert CHINESE.search(told.zh)
    assert not CHINESE.search(told.en)
    assert "{" not in told.zh + told.en
    return f"{told.zh} {told.en}"


def custom(desk: Desktop) -> str:
    body = {"touser": "o-lin", "msgtype": "text", "text": {"content": "好"}}
    assert desk.post("message/custom/send", body)["errcode"] == 0
    return said(desk)


def test_a_message_tells_its_window_and_keeps_the_numbers_of_its_moment(desk: Desktop):
    desk.chatting()
    first = custom(desk)
    assert "48 小时" in first
    assert "还可发 4 条，到 11-" in first
    assert "1/500,000 次" in first
    desk.clock.advance(60)
    assert "还可发 3 条" in custom(desk)
    assert said(desk, -2) == first


def test_a_message_after_a_click_tells_of_its_minute(desk: Desktop):
    desk.acts.click(desk.follower(), "K")
    assert "1 分钟的窗口" in custom(desk)
    desk.clock.advance(60)
    desk.acts.say(desk.world.person("o-lin"), "你好")
    desk.clock.advance(10)
    desk.acts.click(desk.world.person("o-lin"), "K")
    assert "48 小时" in custom(desk)


def test_a_template_message_tells_whether_its_client_msg_id_is_known(desk: Desktop):
    desk.follower()
    template = desk.post("template/api_add_template", {"template_id_short": "TM00015"})
    body = {
        "touser": "o-lin",
        "template_id": template["template_id"],
        "data": {name: {"value": "1"} for name in ("first", "orderMoneySum", "orderProductName")},
        "client_msg_id": "c-1",
    }
    msgid = desk.post("message/template/send", body)["msgid"]
    assert "c-1 记住 10 分钟" in said(desk)
    assert f"TEMPLATESENDJOBFINISH 事件告知（MsgID {msgid}）" in said(desk)
    desk.post("message/template/send", body)
    assert f"返回原来的 msgid {msgid}，不再下发" in said(desk)
    del body["client_msg_id"]
    desk.post("message/template/send", body)
    assert "重复调用会重复下发" in said(desk)


@pytest.mark.parametrize(
    ("path", "scene"), [pytest.param(BIZ, 1, id="the account"), pytest.param(MINI, 0, id="mini")]
)
def test_a_notice_tells_how_many_rights_are_left(desk: Desktop, path, scene):
    lin = desk.follower()
    for _ in range(2):
        accept_notice(desk.world, desk.acts, lin, [EVENT], scene=scene)
    for left in (1, 0):
        body = {"touser": "o-lin", "template_id": EVENT, "data": GOOD}
        assert desk.post(path, body)["errcode"] == 0
        assert f"用掉粉丝的一次订阅授权，还剩 {left} 次" in said(desk)
    assert "还剩 1 次" in said(desk, -2)


def test_a_long_term_right_is_not_used_up(desk: Desktop):
    template = long_term(desk)
    accept_notice(desk.world, desk.acts, desk.follower(), [template])
    data = {name: GOOD.get(name, {"value": "小林"}) for name in names_of(desk, template)}
    assert desk.post(BIZ, {"touser": "o-lin", "template_id": template, "data": data}) == OK
    assert "次数不减" in said(desk)


def names_of(desk: Desktop, template: str) -> list[str]:
    content = desk.world.room(Notices).notices[template].content
    return re.findall(r"{{(\w+)\.DATA}}", content)


MASS = {"msgtype": "text", "text": {"content": "早"}}


@pytest.mark.parametrize(
    ("method", "path", "fields", "parts"),
    [
        pytest.param(
            "POST",
            "/cgi-bin/message/mass/send",
            {**MASS, "touser": ["o-lin", "o-wang"], "clientmsgid": "m1"},
            ["收件人 2/2 人", "每人每月最多 4 条", "记住 24 小时", "MASSSENDJOBFINISH", "1/100 次"],
            id="a mass message",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/message/mass/sendall",
            {**MASS, "filter": {"is_to_all": True}},
            ["每月 4 次，本月已 1 次"],
            id="a mass message to all",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/message/mass/preview",
            {**MASS, "touser": "o-lin"},
            ["不占每人每月"],
            id="a preview",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/message/custom/typing",
            {"touser": "o-lin", "command": "Typing"},
            ["15 秒"],
            id="typing",
        ),
        pytest.param(
            "GET",
            "/cgi-bin/user/get",
            {},
            ["10,000", "这一页 2 个，共 2 个", "最后一页", "1/500 次"],
            id="the list of followers",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/qrcode/create",
            {"expire_seconds": 90, "action_info": {"scene": {"scene_str": "a"}}}
            | {"action_name": "QR_STR_SCENE"},
            ["90 秒后"],
            id="a temporary code",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/qrcode/create",
            {"action_info": {"scene": {"scene_id": 7}}, "action_name": "QR_LIMIT_SCENE"},
            ["永久二维码"],
            id="a permanent code",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/tags/create",
            {"tag": {"name": "老客"}},
            ["最多 100 个", "每位粉丝最多 20 个"],
            id="a tag",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/tags/members/batchblacklist",
            {"openid_list": ["o-lin"]},
            ["黑名单一次最多 20 人"],
            id="the blacklist",
        ),
        pytest.param(
            "POST",
            "/cgi-bin/menu/create",
            {"button": [{"type": "click", "name": "优惠", "key": "K"}]},
            ["5 分钟后看到", "1/1,000 次"],
            id="a menu",
        ),
        pytest.param(
            "POST",
            "/datacube/getusersummary",
            {"begin_date": "2026-01-01", "end_date": "2026-01-01"},
            ["次日 08:00", "现在可查到"],
            id="statistics",
        ),
        pytest.param(
            "GET", "/cgi-bin/customservice/getkflist", {}, ["多客服"], id="customer service"
        ),
        pytest.param(
            "POST",
            "/cgi-bin/clear_quota",
            {"appid": "wxsandbox00000001"},
            ["每月 10 次，本月已用 1 次"],
            id="clearing the counts",
        ),
        pytest.param(
            "GET", "/cgi-bin/draft/count", {}, ["成功", "1/1,000 次"], id="any with a limit"
        ),
        pytest.param(
            "GET",
            "/cgi-bin/getcallbackip",
            {},
            ["今天第 1 次", "没有上限"],
            id="any without a limit",
        ),
    ],
)
def test_a_call_that_was_done_tells_its_rule(desk: Desktop, method, path, fields, parts):
    for openid in ("o-lin", "o-wang"):
        desk.chatting(openid)
    answer = desk.get(path) if method == "GET" else desk.post(path, fields)
    assert answer.get("errcode", 0) == 0, answer
    for part in parts:
        assert part in said(desk)


GRANT = {
    "grant_type": "client_credential",
    "appid": "wxsandbox00000001",
    "secret": "secret-of-the-sandbox",
}


def test_a_token_tells_how_long_the_old_one_lives(desk: Desktop):
    desk.get("token", **GRANT)
    assert "旧的还能用 300 秒（到 " in said(desk)
    desk.post("stable_token", GRANT)
    desk.clock.advance(100)
    desk.post("stable_token", GRANT)
    assert "到期前 5 分钟" in said(desk)
    assert "还有效 7100 秒" in said(desk)
    desk.post("stable_token", {**GRANT, "force_refresh": True})
    assert "立即失效" in said(desk)


def test_a_code_is_used_now(desk: Desktop):
    code = web_code(desk.world, desk.follower())
    fields = {"appid": GRANT["appid"], "secret": GRANT["secret"], "code": code}
    desk.get("/sns/oauth2/access_token", grant_type="authorization_code", **fields)
    assert "code 只能用一次、5 分钟内有效，现在已用掉" in said(desk)
    asked = {"appid": GRANT["appid"], "secret": GRANT["secret"]}
    mini = js_code(desk.world, desk.world.person("o-lin"))
    desk.get("/sns/jscode2session", grant_type="authorization_code", js_code=mini, **asked)
    assert "小程序的 code 只能用一次" in said(desk)


def test_uploaded_media_tells_its_end(desk: Desktop):
    query = {"access_token": desk.token, "type": "image"}
    desk.gateway.answer(Call("/cgi-bin/media/upload", "POST", query, files={"media": PICTURE}))
    assert "保存 3 天，到 " in said(desk)


def test_a_pay_request_that_was_done_is_no_bare_success():
    path = "/v3/marketing/favor/stocks"
    exchange = Exchange(1, NOON, "call", path, "", "", "", "0", "", 0.0)
    assert "微信支付" in explain(exchange).zh
