"""The rest of wechatpy on the sandbox: material, statistics, agents, log-in, tokens, faults.

What it has and the platform has not, or has elsewhere, is refused here as there.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import APILimitedException, WeChatClientException
from wechatpy.oauth import WeChatOAuth, WeChatOAuthException

from bot.sandbox.hosting import LocalSandbox
from tests.support.wechatpy_address import point_wechatpy_at
from tests.support.wechatpy_client import PNG, a_client, a_picture, refused

NOVEMBER = "2026-11-21T12:00+08:00"


@pytest.fixture
def client(wechat_sandbox: LocalSandbox) -> WeChatClient:
    return a_client(wechat_sandbox)


# --- media, drafts, publishing -------------------------------------------------------------------


def test_it_uploads_and_downloads_media(client: WeChatClient):
    uploaded = client.media.upload("image", a_picture())
    assert uploaded["type"] == "image"
    assert client.media.download(uploaded["media_id"]).content == PNG
    assert uploaded["media_id"] in client.media.get_url(uploaded["media_id"])
    assert client.media.upload_image(a_picture()).startswith("http")


def test_it_keeps_material(client: WeChatClient):
    kept = client.material.add("image", a_picture())
    assert client.material.get_count()["image_count"] == 1
    (item,) = client.material.batchget("image")["item"]
    assert item["media_id"] == kept["media_id"]
    assert client.material.get(kept["media_id"]).content == PNG
    client.material.delete(kept["media_id"])
    assert client.material.get_count()["image_count"] == 0


def an_article(client: WeChatClient) -> dict[str, Any]:
    cover = client.material.add("image", a_picture())["media_id"]
    return {"title": "新豆到店", "content": "<p>耶加雪菲</p>", "thumb_media_id": cover}


def test_it_drafts_and_publishes(wechat_sandbox: LocalSandbox, client: WeChatClient):
    article = an_article(client)
    draft = client.draft.add([article])["media_id"]
    assert client.draft.count()["total_count"] == 1
    client.draft.update(draft, 0, {**article, "title": "新豆今天到店"})
    assert client.draft.get(draft)["news_item"][0]["title"] == "新豆今天到店"
    assert client.draft.batchget()["total_count"] == 1
    job = client.freepublish.submit(draft)["publish_id"]
    wechat_sandbox.settle()
    published = client.freepublish.get(job)
    assert published["publish_status"] == 0
    read = client.freepublish.getarticle(published["article_id"])["news_item"][0]
    assert read["title"] == "新豆今天到店"
    assert client.freepublish.batchget(0, 20)["total_count"] == 1
    client.freepublish.delete(published["article_id"])
    assert client.freepublish.batchget(0, 20)["total_count"] == 0


def test_it_deletes_a_draft(client: WeChatClient):
    draft = client.draft.add([an_article(client)])["media_id"]
    client.draft.delete(draft)
    assert client.draft.count()["total_count"] == 0


def test_its_retired_upload_of_articles_is_refused(client: WeChatClient):
    """`media/uploadnews` gave way to drafts."""
    article = {"title": "一", "content": "<p></p>", "thumb_media_id": "x"}
    with pytest.raises(WeChatClientException):
        client.media.upload_articles([article])


@pytest.mark.wechat_sandbox(followers=2)
def test_it_reads_and_answers_comments(wechat_sandbox: LocalSandbox, client: WeChatClient):
    draft = client.draft.add([{**an_article(client), "need_open_comment": 1}])["media_id"]
    sent = client.message.send_mass_article(draft, is_to_all=True)
    wechat_sandbox.settle()
    (reader, _) = wechat_sandbox.openids()
    page = next(
        one["url"]
        for one in wechat_sandbox.get(f"followers/{reader}/screen")["bubbles"]
        if one["via"] == "mass"
    )
    written = wechat_sandbox.post("comment", openid=reader, article=page, content="什么时候到货")
    number, data = written["user_comment_id"], sent["msg_data_id"]
    (comment,) = client.material.list_comment(data, index=0)["comment"]
    assert comment["content"] == "什么时候到货"
    client.material.markelect_comment(data, 0, number)
    client.material.unmarkelect_comment(data, 0, number)
    client.material.add_reply_comment(data, 0, number, "周五")
    client.material.delete_reply_comment(data, 0, number)
    client.material.delete_comment(data, 0, number)
    client.material.close_comment(data, index=0)
    client.material.open_comment(data, index=0)
    with refused(88001):  # wechatpy proposes 1, which is the second article
        client.material.list_comment(data)


# --- statistics ----------------------------------------------------------------------------------


@pytest.mark.wechat_sandbox(start=NOVEMBER)
def test_it_reads_yesterday_s_figures(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    lin.say("你好")
    wechat_sandbox.run(days=1)
    day = date(2026, 11, 21)
    summary = client.datacube.get_user_summary(day, day)
    assert sum(one["new_user"] for one in summary) == 1
    assert client.datacube.get_user_cumulate(day, day)[-1]["cumulate_user"] == 1
    assert sum(one["msg_count"] for one in client.datacube.get_upstream_msg(day, day)) == 1
    for ask in (
        client.datacube.get_interface_summary,
        client.datacube.get_interface_summary_hour,
        client.datacube.get_article_summary,
        client.datacube.get_article_total,
        client.datacube.get_user_read,
        client.datacube.get_user_read_hour,
        client.datacube.get_user_share,
        client.datacube.get_user_share_hour,
        client.datacube.get_upstream_msg_hour,
        client.datacube.get_upstream_msg_dist,
    ):
        assert isinstance(ask(day, day), list), ask.__name__


@pytest.mark.wechat_sandbox(start=NOVEMBER)
@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        pytest.param(0, 0, id="today"),
        pytest.param(8, 1, id="more than seven days"),
    ],
)
def test_figures_that_are_not_to_be_had(client: WeChatClient, begins: int, ends: int):
    today = date(2026, 11, 21)
    with refused(61501):
        client.datacube.get_user_summary(
            today - timedelta(days=begins), today - timedelta(days=ends)
        )


# --- agents --------------------------------------------------------------------------------------


def test_its_list_of_agents_asks_at_a_wrong_address(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    """It stands under /cgi-bin/customservice; wechatpy leaves the first part out."""
    with refused(40066):
        client.customservice.get_accounts()
    with refused(40066):
        client.customservice.get_online_accounts()
    listed = client.get("customservice/getkflist")  # of the client itself, which adds /cgi-bin/
    assert listed["kf_list"] == []


def test_its_agents_still_have_passwords(wechat_sandbox: LocalSandbox, client: WeChatClient):
    account = f"anna@{wechat_sandbox.original_id}"
    client.customservice.add_account(account, "安娜", "0" * 32)
    client.customservice.update_account(account, "安娜客服", "0" * 32)
    (one,) = client.get("customservice/getkflist")["kf_list"]
    assert one["kf_nick"] == "安娜客服"
    client.customservice.delete_account(account)
    assert client.get("customservice/getkflist")["kf_list"] == []


@pytest.mark.wechat_sandbox(switches={"kf_upgraded": False})
def test_it_opens_and_closes_a_session(wechat_sandbox: LocalSandbox, client: WeChatClient):
    account = f"anna@{wechat_sandbox.original_id}"
    client.customservice.add_account(account, "安娜", "0" * 32)
    wechat_sandbox.post("agent_online", account=account)
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    lin.say("找人工")
    client.customservice.create_session(lin.openid, account)
    assert client.customservice.get_session(lin.openid)["kf_account"] == account
    assert len(client.customservice.get_session_list(account)) == 1
    assert client.customservice.get_wait_case()["count"] == 0
    client.customservice.close_session(lin.openid, account)
    now = int(wechat_sandbox.now.timestamp())
    assert "recordlist" in client.customservice.get_records(now - 60, now + 1)


# --- web pages -----------------------------------------------------------------------------------


def oauth_of(sandbox: LocalSandbox, scope: str) -> WeChatOAuth:
    made = WeChatOAuth(
        sandbox.appid, sandbox.appsecret, "http://127.0.0.1:9/back", scope, state="abc"
    )
    point_wechatpy_at(made, sandbox.url)
    return made


def test_it_logs_a_follower_in_by_the_consent_page(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    oauth = oauth_of(wechat_sandbox, "snsapi_userinfo")
    page = urlsplit(oauth.authorize_url)
    asked = f"{wechat_sandbox.url}{page.path}?{page.query}&as={lin.openid}&auto=allow"
    sent_back = requests.get(asked, allow_redirects=False, timeout=10).headers["Location"]
    found = parse_qs(urlsplit(sent_back).query)
    assert found["state"] == ["abc"]
    oauth.fetch_access_token(found["code"][0])
    assert oauth.open_id == lin.openid
    assert oauth.check_access_token() is True
    assert oauth.get_user_info()["openid"] == lin.openid
    oauth.refresh_access_token(oauth.refresh_token)
    assert oauth.check_access_token() is True


def test_a_code_opens_once(wechat_sandbox: LocalSandbox):
    lin = wechat_sandbox.follower("小林")
    code = wechat_sandbox.post("web_code", openid=lin.openid)["code"]
    oauth = oauth_of(wechat_sandbox, "snsapi_base")
    oauth.fetch_access_token(code)
    with pytest.raises(WeChatOAuthException, check=lambda error: error.errcode == 40163):
        oauth.fetch_access_token(code)


def test_it_signs_a_page_for_the_js_sdk(client: WeChatClient):
    ticket = client.jsapi.get_jsapi_ticket()
    assert client.jsapi.get_jsapi_ticket() == ticket
    signature = client.jsapi.get_jsapi_signature("n", ticket, 1, "https://e.example/")
    assert len(signature) == 40


# --- the rest of the library ---------------------------------------------------------------------


def test_it_asks_for_addresses_and_checks_the_network(client: WeChatClient):
    assert client.misc.get_wechat_ips()
    assert set(client.misc.check_network()) == {"dns", "ping"}


DEAD = [
    pytest.param(lambda c: c.misc.short_url("https://e.example/"), id="long2short, ended in 2021"),
    pytest.param(lambda c: c.group.get(), id="groups, replaced by tags"),
    pytest.param(lambda c: c.cloud.db_add("env", "{}"), id="cloud functions"),
    pytest.param(lambda c: c.device.bind("t", "d", "o"), id="devices"),
    pytest.param(lambda c: c.invoice.get_contact(), id="invoices"),
    pytest.param(lambda c: c.marketing.get_user_action_sets("1"), id="advertisements"),
    pytest.param(lambda c: c.merchant.get_all_groups(), id="the old shop"),
    pytest.param(lambda c: c.poi.get_categories(), id="shops"),
    pytest.param(lambda c: c.scan.get_merchant_info(), id="product scanning"),
    pytest.param(lambda c: c.semantic.search("咖啡", "restaurant"), id="semantics"),
    pytest.param(lambda c: c.shakearound.get_apply_status("1"), id="shake around"),
    pytest.param(lambda c: c.wifi.list_shops(), id="shop networks"),
    pytest.param(lambda c: c.wxa.check_text_security("文字"), id="a mini-program's checks"),
]


@pytest.mark.parametrize("call", DEAD)
def test_what_the_sandbox_does_not_play_is_refused_and_not_pretended(
    client: WeChatClient, call: Any
):
    with refused(40066):
        call(client)


def test_it_logs_a_mini_program_s_user_in(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    code = wechat_sandbox.post("js_code", openid=lin.openid)["code"]
    assert client.wxa.code_to_session(code)["openid"] == lin.openid
    with refused(40163):
        client.wxa.code_to_session(code)


# --- tokens and faults ---------------------------------------------------------------------------


def test_it_fetches_a_new_token_where_the_old_one_was_dropped(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    client.user.get_followers()
    wechat_sandbox.expire_tokens()
    assert client.user.get_followers()["total"] == 0
    assert len(wechat_sandbox.calls("/cgi-bin/token")) == 2


def test_in_a_storm_of_40001_it_burns_a_token_for_each_try(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    """Its retry has no end of its own: without `auto_retry=False` a storm eats the day's tokens."""
    wechat_sandbox.fault("/cgi-bin/user/get", kind="errcode", errcode=40001, times=20)
    assert client.user.get_followers()["total"] == 0
    assert len(wechat_sandbox.calls("/cgi-bin/token")) == 21


def test_a_used_up_quota_is_an_exception_of_its_own(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    wechat_sandbox.fault("/cgi-bin/user/get", kind="errcode", errcode=45009)
    with pytest.raises(APILimitedException):
        client.user.get_followers()


def test_a_page_instead_of_json_is_handed_out_as_if_it_were_a_result(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    """wechatpy returns the bare response: a caller that reads fields fails elsewhere."""
    client.user.get_followers()
    wechat_sandbox.fault("/cgi-bin/user/get", kind="html")
    assert isinstance(client.user.get_followers(), requests.Response)


def test_its_clock_is_the_machine_s(wechat_sandbox: LocalSandbox, client: WeChatClient):
    """It counts a token's life by `time.time()`: on a moved clock it learns by 42001."""
    client.user.get_followers()
    wechat_sandbox.advance(hours=2)
    assert client.expires_at > time.time()
    assert client.user.get_followers()["total"] == 0
    assert [one["errcode"] for one in wechat_sandbox.calls("/cgi-bin/user/get")] == [0, 42001, 0]
