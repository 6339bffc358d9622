"""A real Chromium. It lives in a thread of its own, and every test of this folder runs there.

The synchronous Playwright leaves an event loop running in its thread; in the main thread that would
break whatever another test does with asyncio.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.bot.sandbox import conftest as sandbox
from tests.browser.stage import Program, Stage

HERE = Path(__file__).parent
ROOT_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage"]  # Chromium has no sandbox as root
dumb_bot = sandbox.dumb_bot
BROWSER_THREAD = ThreadPoolExecutor(1, "browser")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One worker of pytest-xdist has them all: one browser is enough."""
    for item in items:
        if HERE not in item.path.parents:
            continue
        item.add_marker(pytest.mark.slow)
        if config.pluginmanager.hasplugin("xdist"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """The test's own lines run where the browser lives."""
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}
    BROWSER_THREAD.submit(pyfuncitem.obj, **given).result()
    return True


def _there(task: Any, *args: Any, **named: Any) -> Any:
    return BROWSER_THREAD.submit(task, *args, **named).result()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium (Debian: apt install chromium fonts-noto-cjk)")
    driver = _there(sync_api.sync_playwright().start)
    flags = ROOT_FLAGS if getattr(os, "geteuid", int)() == 0 else []
    launched = _there(driver.chromium.launch, executable_path=chromium, args=flags)
    yield launched
    _there(launched.close)
    _there(driver.stop)


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    program = Program()
    made = Stage(program, request.getfixturevalue("dumb_bot")(program).url)
    yield made
    made.stop()


@pytest.fixture
def page(browser: Any, stage: Stage) -> Iterator[Any]:
    """A fresh window on a desk; an error in a script of ours fails the test."""
    context = _there(browser.new_context, viewport={"width": 1400, "height": 900}, locale="zh-CN")
    opened = _there(context.new_page)
    errors: list[str] = []
    _there(opened.on, "pageerror", lambda error: errors.append(str(error)))
    _there(opened.on, "console", lambda said: _noted(said, errors))
    _there(opened.set_default_timeout, 8000)
    yield opened
    _there(context.close)
    assert errors == []


def _noted(said: Any, errors: list[str]) -> None:
    # A refused act (409) is told by the browser as an error too: that is no fault of a script.
    if said.type == "error" and "Failed to load resource" not in said.text:
        errors.append(said.text)
