"""One store for a whole module: its tests use accounts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.db import Store, open_store
from tests.conftest import KEY


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("segments")
        url = f"sqlite:///{path}/hongyan.db"
    else:
        url = request.getfixturevalue("postgres").new_database()
    opened = open_store(url, [KEY])
    yield opened
    opened.close()
