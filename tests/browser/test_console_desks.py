"""The console in a real browser: an agent's hour, an operator's day, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.console.rights import Role
from bot.store import accounts, audit
from handlers import dispatch
from tests.bot.console.sharing import shared
from tests.bot.console.test_inbox import LIN, WANG, Counter
from tests.bot.wechat.conftest import Platform
from tests.browser.console import DESK, PHONE, go, keep, please_axe, served, sign_in
from tests.browser.test_me import windows as windows

SIZES = [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")]


@dataclass
class Shop(Counter):
    """A counter whose console stands at `address`."""

    address: str = ""


@pytest.fixture
def shop(tmp_path, fresh_sqlite) -> Iterator[Shop]:
    platform = Platform()
    with shared(Shop, tmp_path, fresh_sqlite(tmp_path), platform.url, dispatch) as found:
        found.platform = platform
        found.hire("mei", Role.AGENT)
        found.hire("boss", Role.ADMIN)
        with served(found.app) as address:
            found.address = f"{address}/console"
            yield found
    platform.close()


@pytest.mark.parametrize("size", SIZES)
def test_an_agent_s_hour(windows: Any, shop: Shop, size: dict[str, int]):
    """Take over, answer, hand back; another follower writes meanwhile and is seen at once."""
    shop.says("你好")
    shop.says("转人工")
    page = sign_in(windows, shop.address, "mei", size)
    go(page, "消息")
    page.wait_for_selector("#chats tr.unread >> text=转人工")
    please_axe(page)
    shop.says("转人工", WANG)  # the list looks again by itself
    page.wait_for_selector("#chats >> text=人工中 2 个会话")
    page.click("#chats a >> nth=0")

    page.click("text=接入会话")
    page.wait_for_selector("#say")
    shop.says("我的订单什么时候到？")
    page.wait_for_selector("#thread >> text=我的订单什么时候到？")
    page.fill("#f-text", "您好，明天上午送到。")
    page.click("#say .btn-primary")
    page.wait_for_selector("#thread .us >> text=明天上午送到")
    please_axe(page)
    assert shop.sent[-1] == "您好，明天上午送到。"
    assert shop.owner(LIN) == "agent"

    keep(page, "chat")
    page.click("text=转回机器人")
    page.wait_for_selector("text=接入后才能回复")
    assert shop.owner(LIN) == ""
    assert shop.says("你好") != ""


@pytest.mark.parametrize("size", SIZES)
def test_an_operator_s_day(windows: Any, shop: Shop, size: dict[str, int]):
    """Add an account, change its secrets, make and revoke a key, read what was done."""
    page = sign_in(windows, shop.address, "boss", size)
    go(page, "公众号")
    please_axe(page)
    for name, text in (
        ("slug", "tea"), ("appid", "wx0123456789abcdef"), ("appsecret", "a" * 32),
        ("token", "tea-token"), ("aes_key", "k" * 43),
    ):  # fmt: skip
        page.fill(f"#f-{name}", text)
    page.click("main form .btn-primary")
    page.wait_for_selector("main >> text=wx0123456789abcdef")
    made = accounts.by_slug("tea")

    page.goto(f"{shop.address}/a/tea/settings")
    please_axe(page)
    page.fill("#f-appsecret", "b" * 32)
    page.click("form[action$='/rotate'] .btn-primary")
    page.wait_for_selector("[role=status]")
    assert accounts.by_slug("tea").appsecret == "b" * 32 != made.appsecret
    assert "b" * 32 not in page.content()

    page.fill("#f-name", "收银台")
    page.click("form[action$='/keys'] button")
    key = page.inner_text("code.link >> nth=0")
    assert len(key) > 20
    page.goto(f"{shop.address}/a/tea/settings")
    assert key not in page.content()  # it is shown once
    page.click("form[action$='/revoke'] button")
    page.wait_for_selector("text=已吊销")

    go(page, "操作日志")
    please_axe(page)
    done = {one.action for one in audit.entries(20)}
    assert {"account_key", "account_key_revoke"} <= done
    shown = page.inner_text("main")
    assert "boss" in shown.casefold()
    assert key not in shown
    keep(page, "audit")
    go(page, "任务")
    please_axe(page)
