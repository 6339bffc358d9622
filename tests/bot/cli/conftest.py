"""Commands find a database where they look for one: made once, copied here for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import NewDatabase


@pytest.fixture(autouse=True)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, fresh_sqlite: NewDatabase) -> None:
    """var/hongyan.db of the test's folder, but for tests marked `from_nothing`."""
    if request.node.get_closest_marker("from_nothing") is None:
        (tmp_path / "var").mkdir()
        fresh_sqlite(tmp_path / "var")
