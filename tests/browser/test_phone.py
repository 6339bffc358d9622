"""The phone page, in a real browser: following, chatting, menus, pushes, people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SHANGHAI
from bot.sandbox.people import ME, Bubble
from bot.sandbox.qrimage import png
from tests.browser.stage import Stage

expect = pytest.importorskip("playwright.sync_api").expect

MENU = [
    {"type": "click", "name": "今日优惠", "key": "DEALS"},
    {
        "name": "会员",
        "sub_button": [
            {"type": "view", "name": "我的优惠券", "url": "https://shop.example/coupons"},
            {"type": "scancode_waitmsg", "name": "扫码核销", "key": "REDEEM"},
        ],
    },
]


def last(page: Any) -> Any:
    return page.locator(".chat > [data-number]").last


def opened(page: Any, stage: Stage, menu: bool = False) -> None:
    """My phone, following; with the account's menu where it is wanted."""
    stage.world.menu = MENU if menu else []
    stage.follow()
    page.goto(stage.phone)
    expect(page.locator("[data-follow]")).to_have_text("取消关注")
    expect(page.locator("[data-state]")).to_contain_text("已关注")


# --- following and chatting ----------------------------------------------------------------------


def test_a_newcomer_follows_writes_and_sees_the_answer(page: Any, stage: Stage):
    stage.program.says = lambda fields, _: f"收到：{fields.get('Content', '欢迎关注')}"
    page.goto(stage.phone)
    expect(page.locator(".chat")).to_contain_text("还没有消息")
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.locator(".bubble.account")).to_have_count(1)
    expect(page.locator("[data-empty]")).to_have_count(0)
    page.get_by_label("消息 Message").fill("有优惠券吗 😀")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".bubble.user .words")).to_have_text("有优惠券吗 😀")
    expect(page.locator(".bubble.account .words").last).to_have_text("收到：有优惠券吗 😀")
    expect(page.get_by_label("消息 Message")).to_have_value("")


def test_who_does_not_follow_is_told_so_and_keeps_the_words(page: Any, stage: Stage):
    page.goto(stage.phone)
    page.get_by_label("消息 Message").fill("你好")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("请先关注")
    expect(page.get_by_label("消息 Message")).to_have_value("你好")


@pytest.mark.parametrize(
    ("button", "words", "heard"),
    [
        pytest.param("图片", None, {"MsgType": "image"}, id="a picture"),
        pytest.param(
            "语音",
            "想吃火锅",
            {"MsgType": "voice", "Recognition": "想吃火锅"},
            id="a voice",
        ),
        pytest.param("位置", "外滩", {"MsgType": "location", "Label": "外滩"}, id="a place"),
        pytest.param("扫码", "store09", {"Event": "SCAN", "EventKey": "store09"}, id="a QR code"),
    ],
)
def test_what_else_a_follower_can_send(page: Any, stage: Stage, button, words, heard):
    opened(page, stage)
    page.get_by_label("更多 More").click()
    page.locator("#more").get_by_role("button", name=button).click()
    if words is not None:
        page.locator("dialog input").fill(words)
        page.keyboard.press("Enter")
    expect(page.locator(".chat > [data-number]")).to_have_count(2)
    stage.settle()
    assert heard.items() <= stage.program.heard[-1].items()


def test_an_emoji_goes_where_the_cursor_is(page: Any, stage: Stage):
    opened(page, stage)
    page.get_by_label("消息 Message").fill("好的")
    page.get_by_label("表情 Emoji").click()
    page.get_by_role("button", name="👍").click()
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.user .words")).to_have_text("好的👍")


def test_leaving_and_coming_back(page: Any, stage: Stage):
    opened(page, stage)
    page.get_by_role("button", name="取消关注").click()
    expect(page.locator("[data-state]")).to_contain_text("未关注")
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.get_by_role("button", name="取消关注")).to_be_visible()
    assert stage.events() == ["subscribe", "unsubscribe", "subscribe"]


# --- menus ---------------------------------------------------------------------------------------


def test_a_menu_item_of_type_click_is_pushed(page: Any, stage: Stage):
    stage.program.says = lambda fields, _: f"点了 {fields['EventKey']}"
    opened(page, stage, menu=True)
    page.get_by_role("button", name="今日优惠").click()
    expect(last(page)).to_contain_text("点了 DEALS")
    assert stage.program.heard[-1]["Event"] == "CLICK"


def test_a_link_in_a_sub_menu_opens_a_tab_of_its_own(page: Any, stage: Stage):
    page.context.route("https://shop.example/**", lambda route: route.fulfill(body="shop"))
    opened(page, stage, menu=True)
    top = page.get_by_role("button", name="会员")
    expect(top).to_have_attribute("aria-expanded", "false")
    top.click()
    expect(top).to_have_attribute("aria-expanded", "true")
    with page.context.expect_page() as tab:
        page.get_by_role("button", name="我的优惠券").click()
    tab.value.wait_for_load_state()
    assert tab.value.url == "https://shop.example/coupons"
    assert tab.value.evaluate("window.opener") is None
    expect(last(page)).to_contain_text("打开菜单链接")
    assert stage.events() == ["subscribe", "VIEW"]


def test_a_button_that_asks_does_so_in_a_dialogue(page: Any, stage: Stage):
    opened(page, stage, menu=True)
    page.get_by_role("button", name="会员").click()
    page.get_by_role("button", name="扫码核销").click()
    page.locator("dialog input").fill("CODE-1")
    page.get_by_role("button", name="确定").click()
    expect(last(page)).to_contain_text("扫码")
    stage.settle()
    assert stage.program.heard[-1]["ScanCodeInfo"]["ScanResult"] == "CODE-1"


def test_a_new_menu_replaces_the_keyboard_and_can_be_switched(page: Any, stage: Stage):
    opened(page, stage)
    expect(page.locator("[data-say]")).to_be_visible()
    assert stage.api("menu/create", {"button": MENU})["errcode"] == 0
    expect(page.get_by_role("button", name="今日优惠")).to_be_visible()
    expect(page.locator("[data-say]")).to_be_hidden()
    page.get_by_label("切换键盘与菜单").click()
    expect(page.get_by_label("消息 Message")).to_be_visible()


def test_a_tapped_item_of_a_message_menu_is_a_text_with_its_id(page: Any, stage: Stage):
    stage.follow()
    stage.platform.acts.say(stage.me, "你好")
    page.goto(stage.phone)
    items = [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]
    content = {"head_content": "您对本次服务满意吗", "list": items, "tail_content": "欢迎再来"}
    assert stage.custom("msgmenu", content)["errcode"] == 0
    page.get_by_role("button", name="满意", exact=True).click()
    expect(page.locator(".bubble.user .words").last).to_have_text("满意")
    stage.settle()
    assert stage.program.heard[-1]["bizmsgmenuid"] == "101"


# --- what the account sends ----------------------------------------------------------------------


def test_a_push_appears_without_reloading_and_is_announced(page: Any, stage: Stage):
    opened(page, stage)
    page.evaluate("window.same = true")
    assert stage.custom("text", {"content": "周年庆今天开始"})["errcode"] == 0
    expect(last(page)).to_contain_text("周年庆今天开始")
    expect(last(page)).to_contain_text("客服消息")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(page.locator("[data-state]")).to_contain_text("还可发 2 条")
    assert page.evaluate("window.same")


@pytest.mark.parametrize(
    ("bubble", "words"),
    [
        pytest.param(("news", "火锅周年庆\n两人同行", "custom"), "两人同行", id="an article"),
        pytest.param(("template", "订单通知\n金额：39.80", "template"), "金额", id="a template"),
        pytest.param(("miniprogrampage", "会员中心", "custom"), "小程序", id="a mini-program"),
        pytest.param(("music", "晚安曲\n钢琴", "reply"), "音乐", id="music"),
    ],
)
def test_what_leads_on_is_a_card(page: Any, stage: Stage, bubble, words):
    opened(page, stage)
    kind, text, via = bubble
    url = "https://shop.example/t/a"
    stage.world.show(stage.me, Bubble("account", kind, text, stage.world.clock(), via, url))
    card = page.locator(".card")
    expect(card.locator("h3")).to_have_text(text.partition("\n")[0])
    expect(card).to_contain_text(words)
    link = card.get_by_role("link", name="查看详情")
    expect(link).to_have_attribute("href", url)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


def test_a_link_into_the_platform_itself_is_opened_as_this_follower(page: Any, stage: Stage):
    stage.program.says = lambda *_: (
        '<a href="https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx">绑定会员</a>'
    )
    opened(page, stage)
    link = page.locator(".words").get_by_role("link", name="绑定会员")
    expect(link).to_have_attribute("href", f"/connect/oauth2/authorize?appid=wx&as={ME}")


def test_reading_old_lines_is_not_disturbed_by_new_ones(page: Any, stage: Stage):
    stage.follow()
    for number in range(30):
        at = stage.world.clock()
        stage.world.show(stage.me, Bubble("account", "text", f"第 {number} 条", at, "mass"))
    page.goto(stage.phone)
    chat = page.locator("[data-chat]")
    expect(chat.get_by_text("第 29 条")).to_be_in_viewport()
    chat.evaluate("box => { box.scrollTop = 40; }")
    first = chat.locator("> *").first.element_handle()
    stage.custom("text", {"content": "新的一条"})
    expect(page.locator("[data-fresh]")).to_be_visible()
    assert chat.evaluate("box => box.scrollTop") == 40
    assert first.evaluate("node => node.isConnected")  # the old lines were not drawn anew
    page.locator("[data-fresh]").click()
    expect(chat.get_by_text("新的一条")).to_be_in_viewport()


# --- people, time, personal data -----------------------------------------------------------------


def test_choosing_among_followers(page: Any, stage: Stage):
    for name in ("小林", "小王"):
        stage.follow(stage.world.person(name=name))
    page.goto(stage.phone)
    expect(page.locator("[data-people] li")).to_have_count(3)
    page.get_by_label("搜索粉丝").fill("小林")
    expect(page.locator("[data-people] li")).to_have_count(1)
    page.get_by_role("link", name="小林").click()
    expect(page).to_have_title("小林 的手机")
    expect(page.locator("[data-people] [aria-current=page]")).to_contain_text("小林")


def test_a_new_follower_is_made_and_opened(page: Any, stage: Stage):
    page.goto(stage.phone)
    page.get_by_label("新粉丝的名字").fill("赵六")
    page.get_by_role("button", name="新粉丝").click()
    expect(page).to_have_title("赵六 的手机")
    expect(page.locator(".chat")).to_contain_text("关注了公众号")
    assert stage.events() == ["subscribe"]


def test_messages_to_others_are_marked_unread_until_their_phone_is_opened(page: Any, stage: Stage):
    lin = stage.follow(stage.world.person(name="小林"))
    page.goto(stage.phone)
    row = page.locator(f'[data-person="{lin.openid}"]')
    expect(row).to_be_visible()
    expect(row.locator("[data-unread]")).to_be_hidden()
    for _ in range(2):
        assert stage.custom("text", {"content": "在吗"}, lin.openid)["errcode"] == 0
    expect(row.locator("[data-unread]")).to_have_text("2")
    row.click()
    expect(page.locator(".bubble.account")).to_have_count(2)
    page.go_back()
    expect(page).to_have_title("我 的手机")
    expect(row.locator("[data-unread]")).to_be_hidden()


def test_time_is_moved_and_the_window_closes(page: Any, stage: Stage):
    opened(page, stage)
    expect(page.locator("[data-state]")).to_contain_text("还可发 3 条")
    before = stage.world.clock()
    page.get_by_role("button", name="+1 小时").click()
    expect(page.locator("[data-state]")).to_contain_text("45015")
    page.get_by_label("快进的分钟数").fill("30")
    page.get_by_role("button", name="快进").click()
    page.wait_for_function(
        "shown => new Date(document.querySelector('[data-now]').textContent) >= new Date(shown)",
        arg=f"{(before + timedelta(minutes=90)).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
    )


def test_personal_data_is_revoked_and_the_account_closed(page: Any, stage: Stage):
    opened(page, stage)
    page.get_by_text("个人信息").click()
    page.get_by_label("撤回授权").select_option("206")
    page.get_by_role("button", name="撤回 revoke").click()
    page.get_by_role("button", name="修改资料").click()
    page.get_by_role("button", name="注销").click()
    page.get_by_role("button", name="确定").click()
    expect(page.locator("[data-state]")).to_contain_text("未关注")
    stage.settle()
    revoked = next(one for one in stage.program.heard if "RevokeInfo" in one)
    assert (revoked["RevokeInfo"], revoked["OpenID"]) == ("206", ME)
    assert sorted(stage.events()) == [
        "subscribe",
        "user_authorization_cancellation",
        "user_authorization_revoke",
        "user_info_modified",
    ]


@pytest.mark.parametrize("button", ["同意", "拒绝"])
def test_the_pop_up_of_a_subscription_is_answered(page: Any, stage: Stage, button):
    opened(page, stage)
    page.get_by_text("订阅通知 subscription").click()
    page.locator("[data-notices] input").first.check()
    page.get_by_role("button", name=button).click()
    expect(last(page)).to_contain_text("回复了订阅请求")
    stage.settle()
    answered = stage.program.heard[-1]["SubscribeMsgPopupEvent"]["List"]
    expected = {"同意": "accept", "拒绝": "reject"}[button]
    assert answered["SubscribeStatusString"] == expected


# --- pictures ------------------------------------------------------------------------------------


def test_pictures_of_this_platform_are_shown_and_no_others(page: Any, stage: Stage):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, stage)
    media_id = stage.world.add_media("image", png("https://e.example/"), "image/png")
    stage.platform.acts.say(stage.me, "你好")
    stage.custom("image", {"media_id": media_id})
    article = {"title": "周末半价", "description": "到店出示", "url": "https://e.example/"}
    for changes in (
        {"picurl": f"{stage.url}/mmbiz/{media_id}"},
        {"picurl": "https://img.example/a.png"},
        {"picurl": "javascript:alert(1)", "url": "javascript:alert(2)"},
    ):
        stage.custom("news", {"articles": [{**article, **changes}]})
    expect(page.locator(".card")).to_have_count(3)
    pictures = page.locator(".chat img")
    expect(pictures).to_have_count(2)
    for at in range(2):
        expect(pictures.nth(at)).to_be_visible()
        pictures.nth(at).scroll_into_view_if_needed()
        page.wait_for_function(
            "at => document.querySelectorAll('.chat img')[at].naturalWidth > 50", arg=at
        )
    expect(page.locator(".card").nth(1)).to_contain_text("图片在 img.example")
    expect(page.locator(".card").nth(2)).to_contain_text("图片的地址无效")
    expect(page.locator(".card").nth(2)).to_contain_text("链接被拒绝")
    assert all(url.startswith(stage.url) for url in asked)
