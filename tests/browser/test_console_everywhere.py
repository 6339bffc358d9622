"""Every page of the console: links lead to it, it pleases axe in both colours, it fits a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.console.rights import Role
from handlers import dispatch
from tests.bot.console.sharing import shared
from tests.bot.wechat.conftest import Platform
from tests.browser import full_house
from tests.browser.console import DESK, PHONE, served
from tests.browser.full_house import Shown
from tests.browser.test_console_desks import Shop
from tests.browser.test_for_everyone import AXE
from tests.browser.test_me import windows as windows

# What is looked at and is no page: why not. A new endpoint is reached by the walk, or stands here.
NO_PAGE = {
    **dict.fromkeys(("campaign_live", "chat_live", "inbox_live", "work_live", "bell"),
                    "a part of pages, which have it in them"),
    **dict.fromkeys(("code_csv", "codes_csv", "report_csv", "import_template", "work_file",
                     "take_copy"),
                    "a file"),
    **dict.fromkeys(("code_picture", "model_curves", "picture_small"), "a picture"),
    "asset": "scripts and styles",
}  # fmt: skip


@pytest.fixture
def shop(tmp_path, fresh_sqlite) -> Iterator[Shop]:
    platform = Platform()
    with shared(Shop, tmp_path, fresh_sqlite(tmp_path), platform.url, dispatch) as found:
        found.platform = platform
        found.hire("boss", Role.ADMIN)
        full_house.filled(found)
        yield found
    platform.close()


# A page's own part takes the place of the last one's, within the frame that all have: then neither
# styles nor axe are read again, which costs more than all the rest.
SHOW = """html => {
  const given = new DOMParser().parseFromString(html, "text/html");
  document.title = given.title;
  document.querySelector("main").replaceWith(document.adoptNode(given.querySelector("main")));
}"""
UNFOLD = """() => {
  for (const one of document.querySelectorAll("main details")) one.open = true;
  return document.documentElement.scrollWidth - innerWidth;
}"""
# All rules by day. Of the night only colours are its own.
LOOK = """async where => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
  const looks = [["light", rules], ["dark", {type: "rule", values: ["color-contrast"]}]];
  const said = [];
  for (const [theme, runOnly] of looks) {
    document.documentElement.dataset.bsTheme = theme;
    const how = {runOnly, resultTypes: ["violations"], preload: false, selectors: false};
    const found = await axe.run(where, how);
    for (const one of found.violations) {
      if (!["serious", "critical"].includes(one.impact)) continue;
      said.push(...one.nodes.map(node => `${theme}: ${one.id}: ${node.html.slice(0, 160)}`));
    }
  }
  return said;
}"""


class Viewer:
    """One window in which every page is seen."""

    def __init__(self, page: Any, address: str) -> None:
        self._page, self._address = page, address
        self._framed = False

    def show(self, one: Shown) -> bool:
        """Its own part in the frame that is there; False: the page as a whole, because it has no
        frame or has scripts of its own."""
        text = one.body.decode()
        own = text.partition("<main")[2]
        if self._framed and 'id="menu"' in text and "<script" not in own:
            self._page.evaluate(SHOW, text)
            return True
        self._page.goto(self._address + one.address)
        self._framed = 'id="menu"' in text
        return False

    def faults(self, one: Shown) -> list[str]:
        """What axe says of it, by day and by night, and whether it is too wide."""
        framed = self.show(one)
        if not framed:
            self._page.evaluate(AXE)
        wide = self._wide(one)
        said = self._page.evaluate(LOOK, "main" if framed else "html")
        return wide + [f"{one.address}: {each}" for each in said]

    def too_wide(self, one: Shown) -> list[str]:
        """Where the window is another size by now."""
        self.show(one)
        return self._wide(one)

    def _wide(self, one: Shown) -> list[str]:
        """Whatever can be unfolded counts; it stays so."""
        more = self._page.evaluate(UNFOLD)
        size = self._page.viewport_size["width"]
        return [f"{one.address}: {more} px wider than {size}"] if more > 0 else []


@pytest.mark.timeout(400)
def test_every_page_is_led_to_pleases_axe_and_fits_a_desk_and_a_phone(windows: Any, shop: Shop):
    boss = shop.signed_in("boss")
    found = full_house.walk(shop, boss)
    pages = {key.partition(" ")[0].removeprefix("console.") for key in found.whole}
    everything = {one.removeprefix("console.") for one in full_house.all_pages(shop)}
    assert everything - pages == set(NO_PAGE)
    assert all(b"<title>" in one.body for one in found.whole.values())
    # Those in the frame one behind another; those with scripts are read as a whole each.
    shown = sorted(found.whole.values(), key=lambda one: b"<script" in one.body.split(b"<main")[1])
    with served(full_house.as_found(shop, boss, found)) as address:
        page = windows(viewport=DESK, locale="zh-CN", reduced_motion="reduce")
        viewer = Viewer(page, address)
        faults = [fault for one in shown for fault in viewer.faults(one)]
        page.set_viewport_size(PHONE)
        faults += [fault for one in shown for fault in viewer.too_wide(one)]
    assert faults == []
