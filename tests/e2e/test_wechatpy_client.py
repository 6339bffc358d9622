"""wechatpy's own client, unmodified but for its addresses, at work on the sandbox.

Where the library itself is wrong the test says so: what fails here fails on the platform too.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.sandbox.hosting import LocalSandbox
from tests.support.wechatpy_client import a_client, a_picture, refused

ONE_TIME = "SBXO1_one_time_subscription_000000000000000"  # the account's template for these
TITLES = "https://api.weixin.qq.com/wxaapi/newtmpl/getpubtemplatetitles"
NOVEMBER = "2026-11-21T12:00+08:00"


@pytest.fixture
def client(wechat_sandbox: LocalSandbox) -> WeChatClient:
    return a_client(wechat_sandbox)


# --- followers and tags --------------------------------------------------------------------------


@pytest.mark.wechat_sandbox(followers=3)
def test_it_lists_the_followers(wechat_sandbox: LocalSandbox, client: WeChatClient):
    listed = client.user.get_followers()
    assert (listed["total"], listed["count"]) == (3, 3)
    assert list(client.user.iter_followers()) == wechat_sandbox.openids()


@pytest.mark.wechat_sandbox(followers=10_001)
def test_it_goes_on_to_the_second_page_of_followers(client: WeChatClient):
    assert len(set(client.user.iter_followers())) == 10_001


def test_it_reads_a_user_and_many_at_once(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin, wang = wechat_sandbox.follower("小林"), wechat_sandbox.follower("小王")
    lin.scan("store01")
    wang.follow()
    wang.unfollow()
    told = client.user.get(lin.openid)
    assert (told["subscribe"], told["subscribe_scene"]) == (1, "ADD_SCENE_QR_CODE")
    assert told["qr_scene_str"] == "store01"
    assert "headimgurl" not in told  # gone since the end of 2021; so is the nickname
    assert client.user.get(wang.openid)["subscribe"] == 0
    both = client.user.get_batch([lin.openid, wang.openid])
    assert [one["subscribe"] for one in both] == [1, 0]


def test_it_writes_a_remark(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    client.user.update_remark(lin.openid, "常客")
    assert client.user.get(lin.openid)["remark"] == "常客"


def test_it_tags_and_untags(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    tag = client.tag.create("咖啡")
    tag_id = tag.get("tag", tag)["id"]
    client.tag.tag_user(tag_id, lin.openid)
    assert client.tag.get_user_tag(lin.openid) == [tag_id]
    assert list(client.tag.iter_tag_users(tag_id)) == [lin.openid]
    client.tag.update(tag_id, "手冲咖啡")
    assert {"手冲咖啡"} <= {one["name"] for one in client.tag.get()}
    client.tag.untag_user(tag_id, [lin.openid])
    assert client.tag.get_user_tag(lin.openid) == []
    client.tag.delete(tag_id)
    assert tag_id not in {one["id"] for one in client.tag.get()}


def test_it_fills_and_empties_the_blacklist(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    client.tag.batch_black_list([lin.openid])
    assert client.tag.get_black_list()["data"]["openid"] == [lin.openid]
    client.tag.batch_unblack_list([lin.openid])
    assert client.tag.get_black_list()["total"] == 0


# --- customer-service messages -------------------------------------------------------------------


def test_it_sends_customer_service_messages_of_every_type(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    lin.say("在吗")
    picture = client.media.upload("image", a_picture())["media_id"]
    article = {
        "title": "新豆到店",
        "description": "耶加雪菲",
        "image": "https://e.example/a.png",
        "url": "https://e.example/a",
    }
    menu = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}], "tail_content": ""}
    client.message.send_text(lin.openid, "在的")
    client.message.send_image(lin.openid, picture)
    client.message.send_articles(lin.openid, [article])
    client.message.send_msg_menu(lin.openid, menu)
    client.message.send_text(lin.openid, "还有什么可以帮您")
    with refused(45047):
        client.message.send_text(lin.openid, "第六条")
    wechat_sandbox.settle()
    shown = [one.kind for one in lin.screen if one.side == "account"]
    assert shown == ["text", "image", "news", "msgmenu", "text"]
    wechat_sandbox.assert_sent(lin.openid, text="在的", kind="text", times=1)


def test_two_articles_are_one_too_many(wechat_sandbox: LocalSandbox, client: WeChatClient):
    """wechatpy lets ten through: the platform takes one since 2018."""
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    article = {"title": "一", "description": "", "url": "https://e.example/1", "image": ""}
    with refused(45008):
        client.message.send_articles(lin.openid, [article, article])


@pytest.mark.wechat_sandbox(start=NOVEMBER)
def test_after_48_hours_it_meets_a_closed_window(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    lin.say("你好")
    wechat_sandbox.advance(hours=48)
    with refused(45015):
        client.message.send_text(lin.openid, "还在吗")


# --- templates, notices, mass messages -----------------------------------------------------------


def values_for(content: str) -> dict[str, dict[str, str]]:
    """A fitting value for each field of a template's `{{thing1.DATA}}`."""
    fitting = {
        "thing": "会员日",
        "time": "2026-11-21 12:00",
        "date": "2026年11月21日",
        "amount": "¥39.80",
        "number": "2",
        "character_string": "A20261121001",
        "phrase": "已完成",
        "name": "小林",
        "const": "已完成",
        "short_thing": "会员日",
        "phone_number": "4008001234",
    }
    keys = [part.partition(".DATA")[0] for part in content.split("{{")[1:]]
    return {key: {"value": fitting.get(key.rstrip("0123456789"), "会员日")} for key in keys}


def test_it_sends_a_template_message(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    (own, *_) = client.template.get_all_private_template()["template_list"]
    sent = client.message.send_template(
        lin.openid, own["template_id"], values_for(own["content"]), url="https://e.example/o/1"
    )
    wechat_sandbox.settle()
    assert sent["msgid"] > 0
    (shown,) = [one for one in lin.screen if one.via == "template"]
    assert shown.url == "https://e.example/o/1"


def test_it_cannot_name_a_template_message(client: WeChatClient):
    """wechatpy has no client_msg_id here: after a time-out it cannot know whether to send again."""
    with pytest.raises(TypeError):
        client.message.send_template("o", "T", {}, client_msg_id="order-1")


def test_it_adds_and_deletes_a_template(wechat_sandbox: LocalSandbox, client: WeChatClient):
    before = {t["template_id"] for t in client.template.get_all_private_template()["template_list"]}
    added = client.template.add("TM00015")
    after = {t["template_id"] for t in client.template.get_all_private_template()["template_list"]}
    assert after - before == {added}
    client.template.del_private_template(added)
    assert client.template.get_industry()["primary_industry"]


def test_it_sends_a_notice_once_for_each_consent(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    (category, *_) = client.template.get_category()
    titles = client.get(TITLES, params={"ids": category["id"], "start": 0, "limit": 30})["data"]
    _, words = client.template.get_subscribe_message_template_keywords(titles[0]["tid"])
    kids = [word["kid"] for word in words[:2]]
    notice = client.template.add_subscribe_message_template(titles[0]["tid"], kids, "会员日")
    (own,) = [
        one
        for one in client.template.get_subscribe_message_templates()
        if one["priTmplId"] == notice
    ]
    data = values_for(own["content"])
    with refused(43101):
        client.message.send_subscribe_message(lin.openid, notice, data)
    lin.act("accept_notice", template_ids=[notice])
    client.message.send_subscribe_message(lin.openid, notice, data, page="https://e.example/n")
    with refused(43101):
        client.message.send_subscribe_message(lin.openid, notice, data)
    wechat_sandbox.settle()
    assert [one.url for one in lin.screen if one.via == "subscribe"] == ["https://e.example/n"]


def test_its_list_of_notices_forgets_the_category(client: WeChatClient):
    """The platform wants `ids`, and the method has no place for them."""
    with refused(200018):
        client.template.get_subscribe_message_template_titles()


def test_it_sends_once_to_who_has_agreed(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    address = client.message.get_subscribe_authorize_url(7, ONE_TIME, "https://e.example/back")
    assert parse_qs(urlsplit(address).query)["scene"] == ["7"]
    lin.act("subscribe_once", scene=7)
    data = {"content": {"value": "豆子到了", "color": "#333333"}}
    client.message.send_subscribe_template(lin.openid, ONE_TIME, 7, "到货提醒", data)
    with refused(43101):
        client.message.send_subscribe_template(lin.openid, ONE_TIME, 7, "到货提醒", data)


@pytest.mark.wechat_sandbox(followers=3)
def test_it_sends_to_all_of_a_list_and_of_a_tag(wechat_sandbox: LocalSandbox, client: WeChatClient):
    openids = wechat_sandbox.openids()
    listed = client.message.send_mass_text("周末八折", openids, client_msg_id="w1")
    tag = client.tag.create("常客")
    tag_id = tag.get("tag", tag)["id"]
    client.tag.tag_user(tag_id, openids[:2])
    tagged = client.message.send_mass_text("常客专享", tag_id, client_msg_id="w2")
    wechat_sandbox.settle()
    assert client.message.get_mass(listed["msg_id"])["msg_status"] == "SEND_SUCCESS"
    assert client.message.get_mass(tagged["msg_id"])["msg_status"] == "SEND_SUCCESS"
    wechat_sandbox.assert_sent(openids[0], text="常客专享", times=1)
    wechat_sandbox.assert_sent(openids[2], text="常客专享", times=0)
    with refused(45066):  # within the same minute
        client.message.send_mass_text("周末八折", openids, client_msg_id="w1")
    wechat_sandbox.advance(minutes=2)
    with refused(45065):
        client.message.send_mass_text("周末八折", openids, client_msg_id="w1")


def test_the_arguments_of_the_older_wechatpy_are_no_audience(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    """1.8 said (group_or_users, content): 2.0 takes the audience for the text."""
    with pytest.raises(WeChatClientException):
        client.message.send_mass_text([wechat_sandbox.follower("小林").openid], "周末八折")


def test_it_previews_a_mass_message(wechat_sandbox: LocalSandbox, client: WeChatClient):
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    client.message.send_mass_text("周末八折", lin.openid, preview=True)
    wechat_sandbox.settle()
    assert lin.expect("周末八折")


# --- menu and QR codes ---------------------------------------------------------------------------


def test_it_makes_reads_and_deletes_a_menu(wechat_sandbox: LocalSandbox, client: WeChatClient):
    button = {"type": "click", "name": "优惠券", "key": "COUPON"}
    client.menu.create({"button": [button]})
    made = client.menu.get()["menu"]["button"]
    assert [(one["name"], one["key"]) for one in made] == [("优惠券", "COUPON")]
    tag = client.tag.create("会员")
    rule = {"tag_id": str(tag.get("tag", tag)["id"])}
    conditional = client.menu.add_conditional({"button": [button], "matchrule": rule})
    lin = wechat_sandbox.follower("小林")
    lin.follow()
    assert client.menu.try_match(lin.openid)
    assert client.menu.get_menu_info()["is_menu_open"] == 1
    client.menu.del_conditional(conditional["menuid"])
    client.menu.delete()
    assert client.menu.get() is None  # wechatpy's word for 46003


def test_its_menu_of_nothing_is_refused(client: WeChatClient):
    with refused(40016):
        client.menu.create({"button": []})


def test_a_scan_of_its_qr_code_brings_a_follower(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    code = client.qrcode.create(
        {
            "expire_seconds": 600,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": "camp01"}},
        }
    )
    lin = wechat_sandbox.follower("小林")
    lin.act("scan", ticket=code["ticket"])
    assert client.user.get(lin.openid)["qr_scene_str"] == "camp01"


def test_the_picture_of_a_code_comes_from_the_platform_s_other_host(
    wechat_sandbox: LocalSandbox, client: WeChatClient
):
    """`qrcode.show` asks with `requests` itself: the client's session cannot send it elsewhere."""
    code = client.qrcode.create(
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "door"}}}
    )
    address = urlsplit(client.qrcode.get_url(code))
    assert address.netloc == "mp.weixin.qq.com"
    picture = requests.get(f"{wechat_sandbox.url}{address.path}?{address.query}", timeout=10)
    assert picture.headers["Content-Type"].startswith("image/")
