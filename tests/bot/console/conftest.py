"""The console over a real store: its people, and a browser for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.build import build
from bot.console import passwords, people, signing
from bot.console.rights import Role
from bot.effect import keeping
from bot.services import Services
from bot.settings import Settings
from bot.store import operators
from bot.store.operators import EVERY_ACCOUNT
from tests.conftest import KEY, NOON
from tests.support.app import app_with

PASSWORD = "天青色等烟雨 1234"
QUICK = 4  # log2 of scrypt's price, for tests alone


class Hand:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class House:
    """The app, its services and its clock."""

    app: Flask
    services: Services
    clock: Hand
    account_id: int

    def hire(self, name: str, role: Role | None, account_id: int = EVERY_ACCOUNT) -> int:
        """Somebody who has chosen PASSWORD."""
        operator_id = operators.add(name, name.title(), self.clock())
        assert operator_id is not None
        if role is not None:
            operators.set_role(operator_id, account_id, role)
        operators.update(operator_id, password=passwords.hashed(PASSWORD))
        return operator_id

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, name: str) -> FlaskClient:
        """A browser with a session of somebody who is hired."""
        person = operators.by_name(name)
        assert person is not None
        browser = self.browser()
        token = signing.begin(people.get(person.id), self.clock(), "a test", proved=True)
        browser.set_cookie("hongyan_console", token, path="/console")
        return browser


@pytest.fixture
def house(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(passwords, "LOG_N", QUICK)
    monkeypatch.setattr(keeping, "QUICK_MS", 60_000)  # however busy the machine
    clock = Hand()
    services = build(
        Settings.from_env(
            {
                "HONGYAN_DATABASE_URL": fresh_sqlite(tmp_path),
                "HONGYAN_SECRET_KEYS": KEY,
                "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
                "HONGYAN_PUBLIC_URL": "https://bot.example.com",
            }
        ),
        clock=clock,
    )
    yield House(app_with(services), services, clock, services.account_of("default").id)
    services.store.close()


def form_of(browser: FlaskClient, path: str = "/console/me") -> str:
    """What the forms of a page carry."""
    found = re.search(r'name="form" value="([0-9a-f]+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def post(browser: FlaskClient, path: str, **values: str):
    """A form of ours, sent as its page would."""
    return browser.post(path, data={"form": form_of(browser), **values})
