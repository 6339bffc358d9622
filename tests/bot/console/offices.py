"""One app for the tests of a settings page; each test begins with lin, who may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.console.rights import Role
from bot.store import operators
from bot.store.db import run
from bot.store.operators import EVERY_ACCOUNT
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import emptied, shared

NOWHERE = "http://127.0.0.1:9"


@contextmanager
def opened(folder: Path, database_url: str, platform_url: str = NOWHERE) -> Iterator[House]:
    with shared(House, folder, database_url, platform_url, dispatch) as found:
        yield found


def anew(house: House, *tables: str) -> House:
    """Nothing in these tables, and nobody there but lin."""
    for table in tables:
        run(f"DELETE FROM {table}")
    emptied(house)
    run("UPDATE account SET timezone = 'Asia/Shanghai'")
    run("DELETE FROM operator WHERE name <> 'lin'")
    if operators.by_name("lin") is None:
        house.hire("lin", Role.ADMIN)
    lin = operators.by_name("lin")
    assert lin is not None
    operators.update(lin.id, language="zh")
    operators.set_role(lin.id, EVERY_ACCOUNT, Role.ADMIN)
    return house
