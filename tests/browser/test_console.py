"""The console in a real browser: a marketer's first day, on a desk and on a phone, and for axe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from bot import campaign
from bot.console.rights import Role
from bot.segment.refresh import refresh_all
from bot.store import campaigns, segments
from tests.bot.console.conftest import PASSWORD, House
from tests.bot.console.conftest import house as house
from tests.browser.test_for_everyone import AXE
from tests.browser.test_me import Quiet
from tests.browser.test_me import windows as windows
from tests.conftest import a_follower

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 740}


@pytest.fixture
def console(house: House) -> Iterator[str]:
    """The console's address; thirty followers, a marketer, a reviewer, an administrator."""
    for number in range(30):
        a_follower(house.account_id, openid=f"o-{number}")
    for name, role in (("lin", Role.MARKETER), ("wu", Role.REVIEWER), ("boss", Role.ADMIN)):
        house.hire(name, role)
    server = make_server("127.0.0.1", 0, house.app, True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}/console"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(windows: Any, console: str, name: str, size: dict[str, int], **how: Any) -> Any:
    page = windows(viewport=size, locale="zh-CN", reduced_motion="reduce", **how)
    page.goto(f"{console}/")
    page.fill("#f-name", name)
    page.fill("#f-password", PASSWORD)
    page.click("button.btn-primary")
    page.wait_for_url("**/console/a/default")
    page.on("dialog", lambda asked: asked.accept())
    return page


def go(page: Any, words: str) -> None:
    """By the menu, which a phone folds away."""
    if page.locator("[data-toggle=menu]").is_visible():
        page.click("[data-toggle=menu]")
    page.click(f"#menu a:text-is('{words}')")
    page.wait_for_load_state()


def please_axe(page: Any) -> None:
    page.evaluate(AXE)
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious] == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@pytest.mark.parametrize("size", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
def test_a_marketer_s_first_day(windows: Any, console: str, house: House, size: dict[str, int]):
    page = sign_in(windows, console, "lin", size)

    go(page, "人群")
    page.click("text=新建人群")
    page.fill("#f-name", "正在关注的人")
    page.fill("#f-slug", "following")
    row = page.locator(".condition").first
    row.locator("select").nth(2).select_option("subscribed")
    row.locator("input").fill("true")
    row.locator("input").blur()
    page.click("text=预估人数")
    page.wait_for_selector("#preview >> text=30 人")
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
    page.select_option("#f-any", "following")
    page.select_option("#f-offer", "cup")
    page.fill("#f-text", "【鸿雁咖啡】周末第二杯 ")
    page.click("[data-chip='{link}']")
    page.fill("#f-holdout", "10")
    page.click(".wizard .btn-primary")
    page.wait_for_url("**/campaigns/weekend")
    page.click("text=试算")
    page.wait_for_selector("text=谁会收到")
    assert "对照组" in page.inner_text("main")
    page.click("text=返回")
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
    page.click("text=暂停")
    page.wait_for_selector("text=已暂停")
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


PATHS = (
    "a/default", "a/default/followers", "a/default/segments", "a/default/new-segment",
    "a/default/coupons", "a/default/campaigns", "a/default/new-campaign", "members", "audit", "me",
)  # fmt: skip


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk"),
        pytest.param(PHONE, "dark", id="phone, dark"),
    ],
)
def test_every_page_pleases_axe_and_fits(
    windows: Any, console: str, size: dict[str, int], scheme: str
):
    page = sign_in(windows, console, "boss", size, color_scheme=scheme)
    for path in PATHS:
        page.goto(f"{console}/{path}")
        please_axe(page)
    stranger = windows(viewport=size, locale="zh-CN", color_scheme=scheme)
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
