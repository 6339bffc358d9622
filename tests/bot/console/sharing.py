"""One app for all tests of a module, since routes and templates take long to compile; each test
begins with nobody and nothing in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from flask.testing import FlaskClient

from bot.app import create_app
from bot.build import build
from bot.console import passwords
from bot.console.gate import COOKIE, form_of
from bot.effect import keeping
from bot.inbox.context import Dispatch
from bot.settings import Settings
from bot.store import talk
from bot.store.db import run
from bot.talk import live
from tests.bot.console.conftest import QUICK, Hand, House
from tests.conftest import KEY, NOON

H = TypeVar("H", bound=House)
# Children first.
EMPTIED = (
    *("suggestion", "example", "talk_document", "inbox", "event", "handoff", "dialogue"),
    *("follower", "quota", "audit_entry", "audit_head"),
)


@contextmanager
def shared(
    made: type[H], folder: Path, database_url: str, platform_url: str, dispatch: Dispatch
) -> Iterator[H]:
    """A house over a store of its own; what the account says is read anew every time."""
    clock = Hand()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(passwords, "LOG_N", QUICK)
        patch.setattr(keeping, "QUICK_MS", 60_000)  # however busy the machine: counted when asked
        patch.setattr(live, "FRESH_SECONDS", 0.0)
        given = {
            "HONGYAN_DATABASE_URL": database_url,
            "HONGYAN_SECRET_KEYS": KEY,
            "HONGYAN_WECHAT_API_URL": platform_url,
            "HONGYAN_PUBLIC_URL": "https://bot.example.com",
        }
        services = build(Settings.from_env(given), clock=clock)
        app = create_app(services, dispatch)
        yield made(app, services, clock, services.account_of("default").id)
        services.store.close()


def emptied(house: H) -> H:
    """Nobody has written yet, nothing is said, and it is noon."""
    for table in EMPTIED:
        run(f"DELETE FROM {table}")
    run("DELETE FROM account WHERE slug <> 'default'")
    talk.bump(house.account_id)
    house.clock.now = NOON
    return house


def post(browser: FlaskClient, path: str, **values: str):
    """A form of ours, sent as its page would."""
    return browser.post(path, data={"form": stamp(browser), **values})


def stamp(browser: FlaskClient) -> str:
    """What the forms of this browser's session carry."""
    cookie = browser.get_cookie(COOKIE, path="/console")
    assert cookie is not None
    return form_of(cookie.value)


def seen_in(browser: FlaskClient, page: str, action: str = "", name: str = "seen") -> str:
    """Which state of something a form of a page is of; `action`: how the form's address ends."""
    for form in re.findall(r"<form\b.*?</form>", browser.get(page).text, re.DOTALL):
        where = re.search(r'action="([^"]*)"', form[: form.index(">")])
        found = re.search(rf'name="{name}" value="([^"]*)"', form)
        if found and (where[1] if where else "").endswith(action):
            return found[1]
    raise AssertionError(f"{page} has no form {action} with {name}")
