"""Neighbours and penalties by the control plane: mini-programs, cards, WeChat Pay, WeCom."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
import requests

from bot.sandbox.follower import Follower
from bot.sandbox.hosting import LocalSandbox
from bot.sandbox.testing import ControlRefused
from tests.bot.sandbox.test_control_acts import Api

pytestmark = pytest.mark.wechat_sandbox(start="2026-11-21T12:00+08:00")
PAGE = {"title": "Members", "appid": "wx-mini", "pagepath": "pages/m", "thumb_media_id": ""}


def silent(environ, start_response):
    """A program that hears all and says nothing."""
    echo = parse_qs(environ["QUERY_STRING"]).get("echostr", ["success"])[0]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [echo.encode()]


@pytest.fixture
def lin(wechat_sandbox: LocalSandbox) -> Follower:
    wechat_sandbox.mount(silent)
    found = wechat_sandbox.follower("小林")
    found.follow()
    found.say("你好")
    return found


@pytest.fixture
def api(wechat_sandbox: LocalSandbox) -> Api:
    return Api(wechat_sandbox)


def test_a_linked_mini_program_can_be_sent(wechat_sandbox: LocalSandbox, lin: Follower, api: Api):
    page = {**PAGE, "thumb_media_id": api.upload()}
    card = {"touser": lin.openid, "msgtype": "miniprogrampage", "miniprogrampage": page}
    assert api.post("/cgi-bin/message/custom/send", **card)["errcode"] == 45064
    wechat_sandbox.post("link_mini_program", appid="wx-mini")
    assert api.post("/cgi-bin/message/custom/send", **card)["errcode"] == 0


def test_a_moved_account_knows_its_former_openids(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api
):
    wechat_sandbox.post("move_account", from_appid="wx-old", openids={"o-old": lin.openid})
    asked = api.post("/cgi-bin/changeopenid", from_appid="wx-old", openid_list=["o-old"])
    assert asked["result_list"][0]["new_openid"] == lin.openid


def test_a_card_is_taken_and_redeemed_once(wechat_sandbox: LocalSandbox, lin: Follower):
    card = wechat_sandbox.post("add_card", title="咖啡券")["card_id"]
    code = wechat_sandbox.post("take_card", openid=lin.openid, card_id=card)["code"]
    wechat_sandbox.post("redeem_card", code=code)
    with pytest.raises(ControlRefused):
        wechat_sandbox.post("redeem_card", code=code)
    wechat_sandbox.settle()
    labels = [push["label"] for push in wechat_sandbox.pushes()]
    assert labels[-2:] == ["user_get_card", "user_consume_card"]


def test_a_card_is_thrown_away(wechat_sandbox: LocalSandbox, lin: Follower):
    card = wechat_sandbox.post("add_card", title="咖啡券", quantity=1)["card_id"]
    code = wechat_sandbox.post("take_card", openid=lin.openid, card_id=card)["code"]
    wechat_sandbox.post("delete_card", openid=lin.openid, code=code)
    wechat_sandbox.settle()
    assert wechat_sandbox.pushes()[-1]["label"] == "user_del_card"


def test_the_merchant_has_all_that_a_program_needs(wechat_sandbox: LocalSandbox):
    merchant = wechat_sandbox.post("merchant")
    assert merchant["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert len(merchant["apiv3_key"]) == 32
    unsigned = requests.get(f"{wechat_sandbox.url}/v3/certificates", timeout=5)
    assert unsigned.status_code == 401


def test_a_coupon_that_nobody_has_cannot_be_used(wechat_sandbox: LocalSandbox):
    with pytest.raises(ControlRefused) as refused:
        wechat_sandbox.post("use_coupon", coupon_id="none")
    assert refused.value.status == 422


def test_a_customer_comes_to_a_member_and_goes(wechat_sandbox: LocalSandbox, lin: Follower):
    corp = wechat_sandbox.post("corp")
    wechat_sandbox.post("add_member", userid="anna", member="安娜")
    external = wechat_sandbox.post("add_customer", openid=lin.openid, userid="anna")
    asked = {"corpid": corp["corpid"], "corpsecret": corp["corpsecret"]}
    token = requests.get(f"{wechat_sandbox.url}/cgi-bin/gettoken", asked, timeout=5).json()
    query = {"access_token": token["access_token"], "userid": "anna"}
    listed = f"{wechat_sandbox.url}/cgi-bin/externalcontact/list"
    found = requests.get(listed, query, timeout=5).json()
    assert found["external_userid"] == [external["external_userid"]]
    wechat_sandbox.post("lose_customer", external_userid=external["external_userid"], userid="anna")
    assert requests.get(listed, query, timeout=5).json()["errcode"] == 84061


TEXT = {"msgtype": "text", "text": {"content": "free coffee"}}
CUSTOM = "/cgi-bin/message/custom/send"


@pytest.mark.parametrize(
    ("act", "fields", "undo", "errcode"),
    [
        pytest.param("ban_api", {"path": CUSTOM}, {"on": False}, 48004, id="a banned call"),
        pytest.param("restrict", {}, {"on": False}, 50002, id="a restricted account"),
        pytest.param(
            "risky_words", {"words": ["coffee"]}, {"words": []}, 45166, id="a word not allowed"
        ),
    ],
)
def test_a_penalty_holds_until_it_is_taken_back(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api, act, fields, undo, errcode
):
    wechat_sandbox.post(act, **fields)
    assert api.post(CUSTOM, touser=lin.openid, **TEXT)["errcode"] == errcode
    wechat_sandbox.post(act, **{**fields, **undo})
    assert api.post(CUSTOM, touser=lin.openid, **TEXT)["errcode"] == 0


@pytest.mark.parametrize(
    ("act", "fields", "path", "body", "errcode"),
    [
        pytest.param(
            "agree_terms",
            {"on": False},
            "/cgi-bin/message/mass/sendall",
            {"filter": {"is_to_all": True}, **TEXT},
            48003,
            id="terms not agreed to",
        ),
        pytest.param(
            "punish_templates",
            {},
            "/cgi-bin/template/api_add_template",
            {"template_id_short": "TM00015"},
            43106,
            id="no more templates",
        ),
        pytest.param(
            "ban_notices", {}, "/cgi-bin/message/subscribe/bizsend", {}, 43107, id="no notices"
        ),
    ],
)
def test_a_penalty_closes_what_it_is_about(
    wechat_sandbox: LocalSandbox, api: Api, act, fields, path, body, errcode
):
    wechat_sandbox.post(act, **fields)
    assert api.post(path, **body)["errcode"] == errcode
