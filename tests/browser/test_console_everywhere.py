"""Every page of the console: links lead to it, it pleases axe, and it fits a desk and a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from bot.console.rights import Role
from handlers import dispatch
from tests.bot.console.sharing import shared
from tests.bot.wechat.conftest import Platform
from tests.browser import full_house
from tests.browser.console import ALL, COLOURS, DESK, PHONE, faults_of, served, sign_in
from tests.browser.test_console_desks import Shop
from tests.browser.test_me import windows as windows


@pytest.fixture
def shop(tmp_path, fresh_sqlite) -> Iterator[Shop]:
    platform = Platform()
    with shared(Shop, tmp_path, fresh_sqlite(tmp_path), platform.url, dispatch) as found:
        found.platform = platform
        found.hire("boss", Role.ADMIN)
        full_house.filled(found)
        with served(found.app) as address:
            found.address = f"{address}/console"
            yield found
    platform.close()


# A page of each endpoint in one look, by turns, and its colours and width in the other;
# EACH_LOOK=1: every tab in both, minutes more.
LOOKS = ((DESK, "light"), (PHONE, "dark"))
EACH = os.environ.get("EACH_LOOK") == "1"
# Pages that no link leads to here: forms lead there, or there is nothing to show.
BY_FORMS = {"search", "segment_why", "import_columns", "report_people", "replay_one"}
NOT_NOW = {
    "campaign_live",  # while it sends
    "model_card", "model_curves",  # teaching takes too long for this page
    "campaign_people",  # the campaign that is walked has no run
    "picture_small",  # an image of a page, not a page
    "week_digest",  # made by a job
    "work_file", "work_live",  # while a task goes on, and where it made a file
}  # fmt: skip


@pytest.mark.timeout(400)
def test_every_page_is_led_to_and_pleases_axe_on_a_desk_and_on_a_phone(windows: Any, shop: Shop):
    found = full_house.walk(shop, shop.signed_in("boss"))
    missed = {one.removeprefix("console.") for one in full_house.all_pages(shop) - found.endpoints}
    assert missed <= BY_FORMS | NOT_NOW
    page = sign_in(windows, shop.address, "boss", DESK)
    faults = []
    seen = found.whole if EACH else found.by_endpoint
    for number, address in enumerate(seen.values()):
        page.goto(shop.address.removesuffix("/console") + address)
        for turn, (size, scheme) in enumerate(LOOKS if number % 2 else reversed(LOOKS)):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            asked = COLOURS if turn and not EACH else ALL
            faults += faults_of(page, f"{address}, {size['width']}, {scheme}", asked)
    assert faults == []
