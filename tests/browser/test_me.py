"""The pages of one follower in a real browser: drawn, narrow, for axe, and without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.profile import refresh
from bot.profile.showing import page_link
from bot.store import followers
from bot.tracking.tokens import me_url
from tests.bot.web.conftest import Site
from tests.bot.web.conftest import site as site
from tests.bot.web.test_me import a_rich_life, happened
from tests.browser.conftest import BROWSER_THREAD
from tests.browser.test_for_everyone import AXE
from tests.conftest import NOON


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        return


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    """The site's own address."""
    a_rich_life(site.account_id, site.lin)
    server = make_server("127.0.0.1", 0, site.browser.application, True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(served: str, site: Site) -> str:
    return me_url(served, site.lin, NOON)


@pytest.fixture
def windows(browser: Any) -> Iterator[Any]:
    """Opens a window of its own; an error of a script or of the policy fails the test, but for
    those with `meant` in them."""
    made: list[Any] = []
    errors: list[str] = []

    def opened(meant: str | None = None, **how: Any) -> Any:
        context = browser.new_context(**how)
        made.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: noted(said, meant))
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        return page

    def noted(said: Any, meant: str | None) -> None:
        if said.type == "error" and (meant is None or meant not in said.text):
            errors.append(said.text)

    yield opened
    for context in made:
        BROWSER_THREAD.submit(context.close).result()
    assert errors == []


def please_everybody(page: Any, charts: int) -> None:
    """All charts are drawn, each says what it shows, nothing is too wide, and axe is content."""
    page.locator(".chart svg").nth(charts - 1).wait_for()
    assert page.locator(".chart svg").count() == charts
    said = page.locator(".chart").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert all(len(words) > 20 for words in said)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(AXE)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    assert page.evaluate("rules => axe.run({runOnly: rules})", rules)["violations"] == []


def test_it_is_drawn_fits_any_width_and_pleases_axe(address: str, windows: Any):
    page = windows(viewport={"width": 320, "height": 800}, color_scheme="dark")
    page.goto(f"{address}?lang=en")
    please_everybody(page, 6)


def test_so_is_the_marketers_page_and_its_timeline_answers_a_keyboard(
    served: str, windows: Any, site: Site
):
    happened(site.account_id, site.lin, "click", 2, topics={"<img src=x onerror=hacked>": 1.0})
    refresh.fold_new(NOON)
    page = windows(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page.goto(page_link(served, site.lin, "operator:ming", NOON).url)
    please_everybody(page, 7)
    page.get_by_label("看哪一类").focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**kind=purchases*")
    lines = page.locator(".acts li").all_inner_texts()
    assert lines == ["2026-11-09 12:00 下了订单 咖啡 · 128.50 元"]


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
