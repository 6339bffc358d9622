"""The Flask app over a real store."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from bot import coupon
from bot.build import build
from bot.services import Services
from bot.settings import Settings
from bot.store import accounts, coupons
from tests.conftest import KEY, NOON, a_follower
from tests.support.app import app_with


@dataclass
class Site:
    """A visitor's browser, the services behind it, and one issued coupon of Lin's."""

    browser: FlaskClient
    services: Services
    account_id: int
    lin: int
    code_id: int
    key: str

    @property
    def code(self) -> str:
        return coupons.code_text(self.code_id)

    def redeem(self, **changes: object):
        document = {"code": self.code, "order_number": "A-1", "amount_fen": 4500, **changes}
        return self.browser.post(
            "/api/v1/coupons/redeem",
            json=document,
            headers={"Authorization": f"Bearer {self.key}"},
        )


@pytest.fixture
def site(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    services = build(
        Settings.from_env(
            {
                "HONGYAN_DATABASE_URL": fresh_sqlite(tmp_path),
                "HONGYAN_SECRET_KEYS": KEY,
                "HONGYAN_WECHAT_API_URL": "http://127.0.0.1:9",
                "HONGYAN_PUBLIC_URL": "https://bot.example.com",
            }
        ),
        clock=lambda: NOON,
    )
    account = services.account_of("default")
    lin = a_follower(account.id)
    batch = coupon.make_batch(
        account.id,
        {"slug": "b", "title": "立减<b>券</b>", "face_value_fen": 1050, "threshold_fen": 3000,
         "valid_days": 7, "codes": 3},
        NOON,
    )  # fmt: skip
    code = coupons.issue_now(batch.id, lin, "event:1", NOON)
    yield Site(
        app_with(services).test_client(),
        services,
        account.id,
        lin,
        code.id,
        accounts.new_api_key(account.id, "shop", NOON),
    )
    services.store.close()
