from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every SQL statement that peewee runs."""

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(str(record.msg))

    kept: list[str] = []
    handler, logger = Keeper(), logging.getLogger("peewee")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield kept
    logger.removeHandler(handler)
    logger.setLevel(level)
