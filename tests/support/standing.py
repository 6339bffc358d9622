"""Services whose account stands on a sandbox of its own, for use cases that ask the platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.build import build
from bot.clock import utc_now
from bot.sandbox.hosting import LocalSandbox
from bot.services import Services
from bot.settings import DEVELOPMENT, Settings
from tests.conftest import KEY


@contextmanager
def on_sandbox(database_url: str) -> Iterator[Services]:
    """The account `default`, over this store."""
    known = {"appid": DEVELOPMENT["APPID"], "appsecret": DEVELOPMENT["APPSECRET"]}
    with LocalSandbox(**known) as sandbox:
        given = {
            "HONGYAN_DATABASE_URL": database_url,
            "HONGYAN_SECRET_KEYS": KEY,
            "HONGYAN_WECHAT_API_URL": sandbox.url,
            "HONGYAN_PUBLIC_URL": "https://bot.example.com",
        }
        services = build(Settings.from_env(given), clock=utc_now)
        yield services
        services.store.close()
