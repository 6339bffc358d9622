"""What people, the account and its reviewers do by the control plane, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.sandbox.follower import Follower
from bot.sandbox.hosting import LocalSandbox
from bot.sandbox.testing import ControlRefused

pytestmark = pytest.mark.wechat_sandbox(start="2026-11-21T12:00+08:00")


@pytest.fixture
def lin(wechat_sandbox: LocalSandbox) -> Follower:
    found = wechat_sandbox.follower("小林")
    found.follow()
    return found


class Api:
    """Calls with a token of the account's."""

    def __init__(self, sandbox: LocalSandbox) -> None:
        self.url = sandbox.url
        self.account = {"appid": sandbox.appid, "secret": sandbox.appsecret}
        self.token = self.fetch()["access_token"]

    def fetch(self) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", **self.account}
        found: dict[str, Any] = requests.get(f"{self.url}/cgi-bin/token", asked, timeout=5).json()
        return found

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        query = {"access_token": self.token}
        found: dict[str, Any] = requests.post(
            f"{self.url}{path}", json=body, params=query, timeout=5
        ).json()
        return found

    def upload(self) -> str:
        """A permanent picture's media_id."""
        files = {"media": ("a.jpg", b"\xff\xd8\xff\xe0" + b"0" * 100 + b"\xff\xd9", "image/jpeg")}
        query = {"access_token": self.token, "type": "image"}
        path = f"{self.url}/cgi-bin/material/add_material"
        return str(requests.post(path, files=files, params=query, timeout=5).json()["media_id"])

    def draft(self, **more: Any) -> str:
        article = {"title": "A", "content": "<p>a</p>", "thumb_media_id": self.upload(), **more}
        return str(self.post("/cgi-bin/draft/add", articles=[article])["media_id"])


@pytest.fixture
def api(wechat_sandbox: LocalSandbox) -> Api:
    return Api(wechat_sandbox)


# --- people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "fields", "label"),
    [
        pytest.param("say", {"text": "a"}, "text", id="writing"),
        pytest.param("say", {"text": "a", "menu_id": "1"}, "text", id="answering a message menu"),
        pytest.param("voice", {"text": "a"}, "voice", id="speaking"),
        pytest.param("picture", {}, "image", id="a picture"),
        pytest.param("location", {"label": "人民广场"}, "location", id="a place"),
        pytest.param("click", {"key": "A"}, "CLICK", id="a menu item"),
        pytest.param("view", {"url": "https://e.example/"}, "VIEW", id="a menu link"),
        pytest.param("scan", {"scene": "a"}, "SCAN", id="a code"),
        pytest.param("unfollow", {}, "unsubscribe", id="leaving"),
        pytest.param("revoke", {"code": "201"}, "user_authorization_revoke", id="revoking"),
        pytest.param("modify", {}, "user_info_modified", id="another profile"),
        pytest.param("cancel", {}, "user_authorization_cancellation", id="closing the account"),
    ],
)
def test_an_act_is_pushed(
    wechat_sandbox: LocalSandbox, lin: Follower, act: str, fields: dict[str, str], label: str
):
    heard: list[bytes] = []

    def program(environ: dict[str, Any], start: Any) -> list[bytes]:
        heard.append(environ["wsgi.input"].read())
        start("200 OK", [])
        query = dict(part.split("=") for part in environ["QUERY_STRING"].split("&"))
        return [query.get("echostr", "success").encode()]

    wechat_sandbox.mount(program)
    lin.act(act, **fields)
    assert [one["label"] for one in wechat_sandbox.pushes()] == [label]
    assert len(heard) == 2  # the verification, and this


def test_a_tap_on_the_menu_does_what_its_button_does(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api
):
    button = {"type": "click", "name": "coupon", "key": "COUPON"}
    assert api.post("/cgi-bin/menu/create", button=[button])["errcode"] == 0
    lin.act("tap", path="0")
    (record,) = wechat_sandbox.ledger("click")
    assert record["key"] == "COUPON"


def test_what_a_person_agrees_to_and_takes_back(wechat_sandbox: LocalSandbox, lin: Follower):
    told = wechat_sandbox.post("subscribe_once", openid=lin.openid, scene=7)
    assert told["done"] is True
    assert wechat_sandbox.post("subscribe_once", openid=lin.openid, scene=7, confirmed=False) == {
        "openid": lin.openid,
        "done": False,
    }
    stopped = wechat_sandbox.post("stop_notice", openid=lin.openid, template_id="none")
    assert stopped["done"] is False


def test_who_refuses_messages_gets_no_mass_message(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api
):
    lin.act("refuse_messages")
    wang = wechat_sandbox.follower("小王")
    wang.follow()
    people = [lin.openid, wang.openid]
    text = {"content": "weekend"}
    sent = api.post("/cgi-bin/message/mass/send", touser=people, msgtype="text", text=text)
    assert sent["errcode"] == 0
    wechat_sandbox.settle()
    assert [one.via for one in wang.screen if one.side == "account"] == ["mass"]
    assert not [one for one in lin.screen if one.side == "account"]


def test_a_risky_person_cannot_log_in(wechat_sandbox: LocalSandbox, lin: Follower):
    lin.act("mark_risky")
    code = wechat_sandbox.post("js_code", openid=lin.openid)["code"]
    asked = {"appid": wechat_sandbox.appid, "secret": wechat_sandbox.appsecret, "js_code": code}
    asked["grant_type"] = "authorization_code"
    answer = requests.get(f"{wechat_sandbox.url}/sns/jscode2session", asked, timeout=5).json()
    assert answer["errcode"] == 40226


def test_a_code_for_the_phone_number_opens_once(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api
):
    code = wechat_sandbox.post("phone_code", openid=lin.openid, number="13800001111")["code"]
    answer = api.post("/wxa/business/getuserphonenumber", code=code)
    assert answer["phone_info"]["purePhoneNumber"] == "13800001111"
    assert api.post("/wxa/business/getuserphonenumber", code=code)["errcode"]


# --- articles ------------------------------------------------------------------------------------


@pytest.fixture
def article(wechat_sandbox: LocalSandbox, lin: Follower, api: Api) -> str:
    """The address of an article that 小林 was sent."""
    draft = api.draft(need_open_comment=1, content_source_url="https://e.example/more")
    filter_ = {"is_to_all": True}
    news = {"media_id": draft}
    sent = api.post("/cgi-bin/message/mass/sendall", filter=filter_, mpnews=news, msgtype="mpnews")
    assert sent["errcode"] == 0
    wechat_sandbox.settle()
    return next(one.url for one in lin.screen if one.via == "mass")


def test_what_a_reader_does(wechat_sandbox: LocalSandbox, lin: Follower, article: str):
    def do(act: str, **fields: Any) -> dict[str, Any]:
        told = wechat_sandbox.post(act, openid=lin.openid, article=article, **fields)
        return {name: value for name, value in told.items() if name != "openid"}

    assert "<p>a</p>" in requests.get(article, timeout=5).text
    assert do("read") == {"done": True, "title": "A"}
    assert do("share", scene=2) == {"done": True}
    assert [do(act)["now"] for act in ("like", "like", "look", "favourite")] == [
        True,
        False,
        True,
        True,
    ]
    assert do("source")["url"] == "https://e.example/more"
    written = do("comment", content="when?")["user_comment_id"]
    assert do("withdraw", user_comment_id=written)["done"] is True
    assert do("withdraw", user_comment_id=written)["done"] is False
    with pytest.raises(ControlRefused, match="characters"):
        do("comment", content="")


# --- the account and its reviewers ---------------------------------------------------------------


def test_a_frozen_secret_gets_no_token(wechat_sandbox: LocalSandbox, api: Api):
    wechat_sandbox.post("freeze_secret")
    assert api.fetch()["errcode"] == 40243
    wechat_sandbox.post("freeze_secret", frozen=False)
    assert "access_token" in api.fetch()


@pytest.mark.wechat_sandbox(switches={"unknown_ip_asks": True})
def test_the_administrator_lets_an_address_in(wechat_sandbox: LocalSandbox):
    asked = {"appid": wechat_sandbox.appid, "secret": wechat_sandbox.appsecret}
    asked["grant_type"] = "client_credential"
    address = f"{wechat_sandbox.url}/cgi-bin/token"
    assert requests.get(address, asked, timeout=5).json()["errcode"] == 89503
    wechat_sandbox.post("confirm_address", address="127.0.0.1")
    assert "access_token" in requests.get(address, asked, timeout=5).json()


@pytest.mark.wechat_sandbox(kind="test")
def test_a_test_account_writes_templates_and_the_platform_bans_them(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api
):
    fields = {"title": "pickup", "content": "{{first.DATA}}\n{{keyword1.DATA}}"}
    template = wechat_sandbox.post("write_template", **fields)["template_id"]
    data = {"first": {"value": "a"}, "keyword1": {"value": "b"}}
    message = {"touser": lin.openid, "template_id": template, "data": data}
    assert api.post("/cgi-bin/message/template/send", **message)["errcode"] == 0
    wechat_sandbox.post("ban_template", template_id=template)
    assert api.post("/cgi-bin/message/template/send", **message)["errcode"] == 43116
    wechat_sandbox.post("ban_template", template_id=template, banned=False)
    assert api.post("/cgi-bin/message/template/send", **message)["errcode"] == 0


@pytest.mark.wechat_sandbox(switches={"admin_confirms": True})
@pytest.mark.parametrize(
    ("word", "status"),
    [("confirm_mass", "SEND_SUCCESS"), ("refuse_mass", "SEND_FAIL")],
    ids=["allowed", "forbidden"],
)
def test_the_administrator_s_word_on_a_message_to_all(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api, word: str, status: str
):
    text = {"content": "all"}
    sent = api.post(
        "/cgi-bin/message/mass/sendall", filter={"is_to_all": True}, msgtype="text", text=text
    )
    wechat_sandbox.settle()
    assert not [one for one in lin.screen if one.via == "mass"]
    assert wechat_sandbox.post(word, msg_id=sent["msg_id"])["done"] is True
    wechat_sandbox.settle()
    told = api.post("/cgi-bin/message/mass/get", msg_id=sent["msg_id"])
    assert told["msg_status"] == status
    assert wechat_sandbox.post(word, msg_id=sent["msg_id"])["done"] is False


def test_the_next_mass_message_ends_as_told(wechat_sandbox: LocalSandbox, lin: Follower, api: Api):
    wechat_sandbox.post("fail_mass", status="err(10001)")
    text = {"content": "all"}
    sent = api.post(
        "/cgi-bin/message/mass/sendall", filter={"is_to_all": True}, msgtype="text", text=text
    )
    wechat_sandbox.settle()
    told = api.post("/cgi-bin/message/mass/get", msg_id=sent["msg_id"])
    assert told["msg_status"] == "SEND_FAIL"


def test_publishing_meets_what_was_ordered(wechat_sandbox: LocalSandbox, api: Api):
    draft = api.draft()
    wechat_sandbox.post("refuse_publish", errcode=53503)
    assert api.post("/cgi-bin/freepublish/submit", media_id=draft)["errcode"] == 53503
    wechat_sandbox.post("fail_publish", status=3)
    job = api.post("/cgi-bin/freepublish/submit", media_id=draft)["publish_id"]
    wechat_sandbox.settle()
    assert api.post("/cgi-bin/freepublish/get", publish_id=job)["publish_status"] == 3


def test_the_platform_takes_a_published_article_away(wechat_sandbox: LocalSandbox, api: Api):
    job = api.post("/cgi-bin/freepublish/submit", media_id=api.draft())["publish_id"]
    wechat_sandbox.settle()
    article = api.post("/cgi-bin/freepublish/get", publish_id=job)["article_id"]
    assert wechat_sandbox.post("ban_article", article_id=article)["done"] is True
    assert api.post("/cgi-bin/freepublish/get", publish_id=job)["publish_status"] == 6
    assert wechat_sandbox.post("ban_article", article_id="none")["done"] is False


# --- agents --------------------------------------------------------------------------------------


@pytest.fixture
def anna(wechat_sandbox: LocalSandbox, api: Api) -> str:
    """An agent at work."""
    account = f"anna@{wechat_sandbox.original_id}"
    api.post("/customservice/kfaccount/add", kf_account=account, nickname="Anna")
    api.post("/customservice/kfaccount/inviteworker", kf_account=account, invite_wx="anna_wx")
    wechat_sandbox.post("agent_confirm", account=account)
    wechat_sandbox.post("agent_online", account=account)
    return account


def test_an_agent_takes_a_follower_answers_and_ends(
    wechat_sandbox: LocalSandbox, lin: Follower, anna: str
):
    lin.say("help")
    wechat_sandbox.post("agent_take", account=anna, openid=lin.openid)
    wechat_sandbox.post("agent_say", account=anna, openid=lin.openid, text="here")
    assert lin.expect("here").via == "agent"
    wechat_sandbox.post("agent_close", account=anna, openid=lin.openid)
    with pytest.raises(ControlRefused) as refused:
        wechat_sandbox.post("agent_say", account=anna, openid=lin.openid, text="still here")
    assert refused.value.status == 409


def test_an_agent_hands_a_follower_over(
    wechat_sandbox: LocalSandbox, lin: Follower, api: Api, anna: str
):
    bert = f"bert@{wechat_sandbox.original_id}"
    api.post("/customservice/kfaccount/add", kf_account=bert, nickname="Bert")
    api.post("/customservice/kfaccount/inviteworker", kf_account=bert, invite_wx="bert_wx")
    wechat_sandbox.post("agent_confirm", account=bert)
    wechat_sandbox.post("agent_online", account=bert)
    lin.say("help")
    wechat_sandbox.post("agent_take", account=anna, openid=lin.openid)
    wechat_sandbox.post("agent_switch", account=anna, to=bert, openid=lin.openid)
    wechat_sandbox.post("agent_say", account=bert, openid=lin.openid, text="Bert here")
    assert lin.expect("Bert here")


def test_customer_service_can_be_closed(wechat_sandbox: LocalSandbox, api: Api):
    wechat_sandbox.post("agent_enable", on=False)
    account = f"anna@{wechat_sandbox.original_id}"
    made = api.post("/customservice/kfaccount/add", kf_account=account, nickname="Anna")
    assert made["errcode"] == 65400


def test_one_person_is_an_agent_of_five_accounts_at_most(wechat_sandbox: LocalSandbox, api: Api):
    wechat_sandbox.post("agent_elsewhere", wx="anna_wx", accounts=5)
    account = f"anna@{wechat_sandbox.original_id}"
    api.post("/customservice/kfaccount/add", kf_account=account, nickname="Anna")
    asked = {"kf_account": account, "invite_wx": "anna_wx"}
    assert api.post("/customservice/kfaccount/inviteworker", **asked)["errcode"] == 65410
