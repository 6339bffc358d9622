"""The follower's own page in a real browser: drawn, narrow, for axe, and without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.store import followers
from bot.tracking.tokens import me_url
from tests.bot.web.conftest import Site
from tests.bot.web.conftest import site as site
from tests.bot.web.test_me import a_rich_life
from tests.browser.conftest import BROWSER_THREAD
from tests.browser.test_for_everyone import AXE
from tests.conftest import NOON


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        return


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    a_rich_life(site.account_id, site.lin)
    server = make_server("127.0.0.1", 0, site.browser.application, True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield me_url(f"http://127.0.0.1:{server.port}", site.lin, NOON)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def windows(browser: Any) -> Iterator[Any]:
    """Opens a window of its own; an error of a script or of the policy fails the test."""
    made: list[Any] = []
    errors: list[str] = []

    def opened(**how: Any) -> Any:
        context = browser.new_context(**how)
        made.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        return page

    yield opened
    for context in made:
        BROWSER_THREAD.submit(context.close).result()
    assert errors == []


def test_it_is_drawn_fits_any_width_and_pleases_axe(address: str, windows: Any):
    page = windows(viewport={"width": 320, "height": 800}, color_scheme="dark")
    page.goto(f"{address}?lang=en")
    page.locator(".chart svg").nth(5).wait_for()
    for width in (1100, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    assert page.evaluate("rules => axe.run({runOnly: rules})", rules)["violations"] == []


def test_every_right_can_be_used_without_scripts(address: str, windows: Any, site: Site):
    page = windows(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page.goto(address)
    assert page.locator("table").count() == 6
    page.get_by_role("button", name="关掉: 推荐与优惠消息").click()
    assert "已记下" in page.locator("#said").inner_text()
    page.get_by_role("button", name="打开: 推荐与优惠消息").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载全部数据").click()
    assert download.value.suggested_filename == "my-data.json"
    page.get_by_role("button", name="删除全部数据").click()
    page.get_by_label("我明白").check()
    page.get_by_role("button", name="确认删除").click()
    assert "已全部删除" in page.locator("h1").inner_text()
    assert followers.get(site.lin).erased_at == NOON
