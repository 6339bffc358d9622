"""The builder of segments under a marketer's hands: a click after typing, money in yuan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.store.db import run
from handlers import dispatch
from tests.bot.console.sharing import shared
from tests.bot.console.test_inbox import Counter
from tests.bot.wechat.conftest import Platform
from tests.browser.console import DESK, please_axe, served, sign_in
from tests.browser.test_me import windows as windows
from tests.conftest import a_follower


@pytest.fixture
def shop(tmp_path, fresh_sqlite):
    platform = Platform()
    with shared(Counter, tmp_path, fresh_sqlite(tmp_path), platform.url, dispatch) as found:
        found.hire("lin", Role.MARKETER)
        with served(found.app) as address:
            found.address = f"{address}/console"
            yield found
    platform.close()


def rule_of(page: Any) -> Any:
    return json.loads(page.input_value("#f-rule"))


def test_no_click_is_lost_after_typing(windows: Any, shop: Any):
    for number in range(3):
        one = a_follower(shop.account_id, openid=f"o-{number}")
        run(
            "INSERT INTO follower_attribute (follower_id, name, text, number)"
            " VALUES (?, 'city', '上海', NULL)",
            (one,),
        )
    page = sign_in(windows, shop.address, "lin", DESK)
    page.goto(f"{shop.address}/a/default/new-segment")
    page.select_option("[aria-label='条件类型']", "interest")
    page.click("[aria-label='兴趣']")
    page.keyboard.type("咖啡")
    page.click("text=＋ 条件 >> nth=0")  # the field is left by this very click
    assert page.locator(".condition").count() == 2
    page.select_option("[aria-label='属性'] >> nth=0", "spent_fen")
    assert "元" in page.inner_text(".condition >> nth=1")
    page.select_option("[aria-label='比较'] >> nth=0", "ge")
    page.fill(".condition >> nth=1 >> input", "128.5")
    page.click("text=＋ 条件组")
    assert page.locator(".condition").count() == 3
    page.select_option("[aria-label='属性'] >> nth=1", "city")
    page.fill("[aria-label='值']", "上海")
    please_axe(page)
    assert rule_of(page) == {
        "all": [
            {"interest": "咖啡", "at_least": 0.3},
            {"attribute": "spent_fen", "op": "ge", "value": 12850},
            {"any": [{"attribute": "city", "op": "eq", "value": "上海"}]},
        ]
    }
    page.fill("#f-name", "花钱的上海人")
    page.fill("#f-slug", "sh")
    page.click("button:text-is('保存')")
    page.wait_for_url("**/segments/sh")
    assert "消费金额不小于¥128.50" in page.inner_text(".sentence")


def test_the_search_box_by_a_key_and_a_list_without_ctrl(windows: Any, shop: Any):
    for slug in ("a", "b"):
        define(shop.account_id, slug, slug.upper(), {"tag": slug}, shop.clock())
    page = sign_in(windows, shop.address, "lin", DESK)
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    assert page.input_value("[type=search]") == "a/b"
    page.goto(f"{shop.address}/a/default/new-campaign")
    for slug in ("a", "b", "b"):
        page.click(f"#f-except input[value={slug}]")
    chosen = "boxes => boxes.filter((one) => one.checked).map((one) => one.value)"
    assert page.eval_on_selector_all("#f-except input", chosen) == ["a"]
    page.focus("#f-except input[value=b]")
    page.keyboard.press("Space")
    assert page.eval_on_selector_all("#f-except input", chosen) == ["a", "b"]
