"""The console in a real browser: a marketer's first day, on a desk and on a phone, and for axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot import background, campaign
from bot.background import run_short
from bot.console import second
from bot.console.rights import Role
from bot.segment.refresh import refresh_all
from bot.store import campaigns, console_sessions, operators, segments
from tests.bot.console.conftest import PASSWORD, House
from tests.bot.console.conftest import house as house
from tests.browser.console import DESK, PHONE, go, keep, please_axe, served, sign_in
from tests.browser.test_me import windows as windows
from tests.conftest import a_follower

TABLE = "openid,城市\no-1,杭州\no-2,宁波\n,上海\n".encode()


@pytest.fixture
def console(house: House) -> Iterator[str]:
    """The console's address; thirty followers, a marketer, a reviewer, an administrator."""
    for number in range(30):
        a_follower(house.account_id, openid=f"o-{number}")
    for name, role in (("lin", Role.MARKETER), ("wu", Role.REVIEWER), ("boss", Role.ADMIN)):
        house.hire(name, role)
    with served(house.app) as address:
        yield f"{address}/console"


@pytest.mark.parametrize("size", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
def test_a_marketer_s_first_day(windows: Any, console: str, house: House, size: dict[str, int]):
    page = sign_in(windows, console, "lin", size)

    go(page, "粉丝")
    page.click("main a:text-is('导入')")
    page.set_input_files("#f-file", {"name": "城市.csv", "mimeType": "text/csv", "buffer": TABLE})
    page.click("form[action$='/upload'] .btn-primary")
    page.wait_for_selector("text=杭州")
    keep(page, "import")
    page.click("button[value=start]")
    background.run_long(house.services, house.clock())
    page.wait_for_selector("text=新增或更新 2 行")
    assert "1" in page.inner_text("#live")  # one row names nobody

    go(page, "人群")
    page.click("text=新建人群")
    page.fill("#f-name", "正在关注的人")
    page.fill("#f-slug", "following")
    row = page.locator(".condition").first
    row.locator("select").nth(2).select_option("subscribed")
    row.get_by_label("值", exact=True).select_option("true")
    page.click("text=预估人数")
    page.wait_for_selector("#preview >> text=30 人")
    keep(page, "segment")
    page.click("button.btn-primary")
    page.wait_for_url("**/segments/following")
    refresh_all(house.clock())

    go(page, "优惠券")
    page.fill("#b-title", "周末第二杯")
    page.fill("#b-slug", "cup")
    page.fill("#b-face_value", "10")
    page.fill("#b-threshold", "30")
    page.fill("#b-codes", "100")
    page.click("details button.btn-primary")
    page.wait_for_selector("text=满30元减10元")

    go(page, "营销活动")
    page.click("text=新建活动 >> nth=0")
    page.fill("#f-name", "周末第二杯")
    page.fill("#f-slug", "weekend")
    page.check("#f-any [value=following]")
    page.select_option("#f-offer", "cup")
    page.fill("#f-text", "【鸿雁咖啡】周末第二杯 ")
    page.click("[data-chip='{link}']")
    page.fill("#f-holdout", "10")
    page.click(".wizard .btn-primary")
    page.wait_for_url("**/campaigns/weekend")
    page.click("text=试算")
    page.wait_for_url("**/work/*")
    run_short(house.services, house.clock())
    page.wait_for_selector("text=谁会收到")
    assert "对照组" in page.inner_text("main")
    page.click("text=查看活动")
    page.click("text=提交审批")
    page.wait_for_selector("text=审批中")

    reviewer = sign_in(windows, console, "wu", size)
    assert "待审批" in reviewer.inner_text("main")
    go(reviewer, "营销活动")
    reviewer.click("text=周末第二杯 >> nth=0")
    reviewer.click("button[value=approve]")
    reviewer.wait_for_selector("text=已通过")

    page.reload()
    page.click("text=立即开始")
    page.wait_for_selector("text=已排期")
    assert campaigns.by_slug(house.account_id, "weekend").state == "scheduled"
    campaign.push_due(house.services, house.clock())
    page.reload()
    page.wait_for_selector("#live")
    keep(page, "campaign")
    page.click("text=暂停")
    page.wait_for_selector("text=已暂停")
    page.click("main a:text-is('效果')")
    page.wait_for_selector("text=转化漏斗")
    keep(page, "effect")
    assert segments.by_slug(house.account_id, "following").size == 30


def test_an_administrator_invites_somebody_who_then_signs_in(windows: Any, console: str):
    page = sign_in(windows, console, "boss", DESK)
    go(page, "成员与权限")
    page.fill("#f-name", "zhao")
    page.fill("#f-title", "赵先生")
    page.click("text=生成邀请链接")
    link = page.inner_text("code.link")
    guest = windows(viewport=PHONE, locale="zh-CN")
    guest.goto(f"{console}/invited/{link.rpartition('/')[2]}")
    guest.fill("#f-password", PASSWORD)
    guest.fill("#f-again", PASSWORD)
    guest.click("button.btn-primary")
    guest.wait_for_selector("text=密码已设好")
    guest.fill("#f-name", "zhao")
    guest.fill("#f-password", PASSWORD)
    guest.click("button.btn-primary")
    guest.wait_for_url("**/console/a/default")
    go(page, "操作日志")
    assert "邀请成员" in page.inner_text("main")


@pytest.mark.parametrize("size", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
def test_the_way_in_pleases_axe(windows: Any, console: str, size: dict[str, int]):
    stranger = windows(viewport=size, locale="zh-CN")
    stranger.goto(f"{console}/sign-in")
    please_axe(stranger)


def test_it_is_used_by_keyboard_alone(windows: Any, console: str):
    page = windows(viewport=DESK, locale="zh-CN")
    page.goto(f"{console}/")
    page.keyboard.press("Tab")
    page.keyboard.type("lin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/a/default")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_session_that_ends_takes_no_text_and_no_page_with_it(
    windows: Any, console: str, house: House
):
    page = sign_in(windows, console, "lin", DESK, meant="401")
    page.goto(f"{console}/a/default/new-content?kind=product")
    for name, text in (("slug", "latte"), ("title", "大杯拿铁"), ("summary", "深烘豆")):
        page.fill(f"#c-{name}", text)
    lin = operators.by_name("lin")
    assert lin is not None
    console_sessions.end_all(lin.id)
    operators.update(lin.id, totp=(secret := second.new_secret()))
    # A part of the page asks again, as the bell does each minute: a bar, and all stays.
    page.evaluate("htmx.ajax('GET', '/console/a/default/bell', '#bell')")
    page.wait_for_selector("#signed-out:visible")
    assert page.input_value("#c-title") == "大杯拿铁"
    page.click("button[value=save] >> nth=0")
    page.wait_for_selector("text=您填写的内容还在")
    page.fill("#f-name", "lin")
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_selector("#f-code")
    page.wait_for_timeout(2000)  # as long as parts of pages that ask again would need
    assert page.locator("#f-code").count() == page.locator("main").count() == 1
    page.fill("#f-code", second.code_at(secret, house.clock()))
    page.click("button.btn-primary")
    page.wait_for_selector("dl.unsent >> text=深烘豆")
    keep(page, "unsent")
    please_axe(page)
    page.click("button.btn-primary")
    page.wait_for_url("**/contents/latte")
    assert "大杯拿铁" in page.inner_text("main")
