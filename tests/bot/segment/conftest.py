"""One store for a whole module: its tests use accounts of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.store.db import Store, open_store
from tests.conftest import KEY


@pytest.fixture(scope="module")
def kept_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    made = request.getfixturevalue(f"fresh_{request.param}")
    url = made(tmp_path_factory.mktemp("segments"))
    opened = open_store(url, [KEY])
    yield opened
    opened.close()
