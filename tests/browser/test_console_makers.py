"""What scripts do where marketers make things: variants of a text, the small one of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot import background
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import campaigns, pictures
from bot.store.pictures import Spot
from tests.bot.console.conftest import House
from tests.bot.console.platforms import on_platform
from tests.browser.console import PHONE, served, sign_in
from tests.browser.test_me import windows as windows
from tests.support.pictures import png

A_LINK = "看 {link}"


@dataclass
class Shop:
    house: House
    address: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory, fresh_sqlite) -> Iterator[Shop]:
    """One for both: neither looks at what the other made."""
    folder = tmp_path_factory.mktemp("makers")
    with on_platform(folder, fresh_sqlite(folder)) as house, served(house.app) as address:
        rule = {"attribute": "subscribed", "op": "eq", "value": True}
        define(house.account_id, "all", "全部", rule, house.clock())
        refresh_all(house.clock())
        yield Shop(house, f"{address}/console")


def test_variants_are_added_shared_and_removed(windows: Any, shop: Shop):
    page = sign_in(windows, shop.address, "lin", PHONE)
    page.wait_for_load_state("networkidle")
    page.goto(f"{shop.address}/a/default/new-campaign")
    for name, text in (("name", "周末"), ("slug", "weekend"), ("text", A_LINK)):
        page.fill(f"#f-{name}", text)
    page.check("#f-any [value=all]")
    page.fill("#f-url", "https://shop.example/")
    page.check("[name=offer_mode][value=none]")
    page.check("[name=text_mode][value=variants]")
    assert page.input_value("#f-v_text-1") == A_LINK, "the one text is the first variant"
    page.fill("#f-v_text-2", "乙 {link}")
    page.click("[data-variant=add]")
    assert page.evaluate("document.activeElement.id") == "f-v_text-3"
    page.fill("#f-v_text-3", "丙 {link}")
    assert page.inner_text("#share-total") == "合计 100%"
    page.fill("#f-v_share-1", "50")
    assert "合计 116.66%" in page.inner_text("#share-total.fault")
    page.click(".variant:nth-child(2) [data-variant=remove]")
    assert page.input_value("#f-v_name-2") == "c"
    page.fill("#f-v_share-2", "50")
    page.locator("#f-v_share-2").blur()
    page.wait_for_selector("#panel >> text=版本 c")
    page.click("#campaign-form .btn-primary")
    page.wait_for_url("**/campaigns/weekend")
    page.wait_for_load_state("networkidle")
    found = campaigns.by_slug(shop.house.account_id, "weekend").definition["variants"]
    assert [(one["name"], one["weight"]) for one in found] == [("a", 50), ("c", 50)]


def test_a_large_picture_comes_with_a_small_one(windows: Any, shop: Shop):
    page = sign_in(windows, shop.address, "lin", PHONE)
    page.wait_for_load_state("networkidle")
    page.goto(f"{shop.address}/a/default/pictures")
    file = {"name": "门店.png", "mimeType": "image/png", "buffer": png(700, 500, more=70_000)}
    page.set_input_files("#f-file", [file])
    page.click("#picture-form .btn-primary")
    page.wait_for_url("**/work/*")
    background.run_short(shop.house.services, shop.house.clock())
    page.wait_for_load_state("networkidle")
    page.goto(f"{shop.address}/a/default/pictures")
    (one,) = pictures.page(shop.house.account_id, 9, Spot())[0]
    assert one.media_id
    small = pictures.small(shop.house.account_id, one.id)
    assert small is not None
    assert (small.format, small.data[:2]) == ("jpg", b"\xff\xd8")
    page.locator(".picture-small img").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.picture-small img').naturalWidth === 320")
    page.wait_for_load_state("networkidle")
