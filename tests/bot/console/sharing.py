"""One app for all tests of a module, since routes and templates take long to compile; each test
begins with nobody and nothing in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
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


class _Fields(HTMLParser):
    """What a browser sends of a form as it stands; buttons are not pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._select, self._text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        name, kind = has.get("name", ""), has.get("type", "text")
        if tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in has):
            self._add(name, has.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "textarea":
            self._text, self.sent[name] = name, [""]
        elif tag == "select":
            self._select = name
        elif (tag == "option" and "selected" in has) or (
            tag == "option" and self._select not in self.sent
        ):
            self.sent[self._select] = [has["value"]]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            text = self.sent[self._text][0].removeprefix("\n")  # as browsers do
            self.sent[self._text], self._text = [text.replace("\n", "\r\n")], ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.sent[self._text][0] += data

    def _add(self, name: str, value: str) -> None:
        self.sent.setdefault(name, []).append(value)


def as_sent(form: str) -> dict[str, list[str] | str]:
    """The fields of a form's HTML as a browser sends them; a lone value alone."""
    fields = _Fields()
    fields.feed(form)
    return {name: each if len(each) > 1 else each[0] for name, each in fields.sent.items()}


def seen_in(browser: FlaskClient, page: str, action: str = "", name: str = "seen") -> str:
    """Which state of something a form of a page is of; `action`: how the form's address ends."""
    for form in re.findall(r"<form\b.*?</form>", browser.get(page).text, re.DOTALL):
        where = re.search(r'action="([^"]*)"', form[: form.index(">")])
        found = re.search(rf'name="{name}" value="([^"]*)"', form)
        if found and (where[1] if where else "").endswith(action):
            return found[1]
    raise AssertionError(f"{page} has no form {action} with {name}")
