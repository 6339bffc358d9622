"""What pages of the console are tried with: a served app, signing in, the menu, axe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from tests.bot.console.conftest import PASSWORD
from tests.browser.test_for_everyone import AXE
from tests.browser.test_me import Quiet

DESK = {"width": 1280, "height": 900}
KEPT = Path(__file__).parents[2] / "var" / "screens"
PHONE = {"width": 375, "height": 740}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The app at an address of this machine."""
    server = make_server("127.0.0.1", 0, app, True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
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


def keep(page: Any, name: str) -> None:
    """A picture of the page in var/screens, kept by every run for whoever wants to look."""
    KEPT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=KEPT / f"{name}-{page.viewport_size['width']}.png", full_page=True)


def please_axe(page: Any) -> None:
    """No serious fault for people with a screen reader, and nothing wider than the screen."""
    assert faults_of(page, page.url) == []


ALL = (
    "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'],"
    " preload: false}"
)


# What a look can change: colours. Whether it is too wide is asked of every look.
COLOURS = "{runOnly: {type: 'rule', values: ['color-contrast']}, resultTypes: ['violations']}"


def faults_of(page: Any, where: str, asked: str = ALL) -> list[str]:
    """What is wrong with the page that is shown, each with where that is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(f"axe.run({asked})")
    said = [
        f"{where}: {one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*said, f"{where}: {wide} px too wide"] if wide > 0 else said
