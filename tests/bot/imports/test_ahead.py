"""What another process makes ahead comes in its order, whole, or with the reason why not."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator

import pytest

from bot.errors import InvalidInput
from bot.imports import running
from bot.imports.ahead import HelperDied, ahead
from bot.imports.parcels import pack, unpack
from tests.bot.imports.cast import ORDERS, PEOPLE, an_account, prepared, table


def test_pieces_come_in_their_order_from_another_process():
    found = list(ahead(lambda: ((n, os.getpid()) for n in range(50))))
    assert [n for n, _ in found] == list(range(50))
    assert os.getpid() not in {pid for _, pid in found}


def broken() -> Iterator[int]:
    yield 1
    raise InvalidInput("line 2: not a number", "age")


def test_an_error_over_there_is_raised_here_with_its_field():
    pieces = ahead(broken)
    assert next(pieces) == 1
    with pytest.raises(InvalidInput, match="line 2: not a number") as told:
        next(pieces)
    assert told.value.field == "age"


def killed() -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_killed_is_missed():
    pieces = ahead(killed)
    assert next(pieces) == 1
    with pytest.raises(HelperDied, match="what landed is kept"):
        next(pieces)


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 100_000


def test_ending_early_ends_the_other_process():
    pieces = ahead(endless)
    next(pieces)
    pieces.close()
    deadline = time.monotonic() + 5
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("mapping", "rows"),
    [
        pytest.param(
            PEOPLE,
            [["openid", "city", "age"], ["o-1", "北京", "20"], ["", "上海", "x"], ["o-2", "", "7"]],
            id="followers, one without a name",
        ),
        pytest.param(
            ORDERS,
            [
                ["openid", "no", "paid", "when"],
                ["o-1", "A-1", "12.50", "2026-11-01 10:00"],
                ["o-2", "A-2", "free", "2026-11-01 10:00"],
            ],
            id="orders, one without a price",
        ),
    ],
)
def test_a_batch_comes_through_as_it_was(store, tmp_path, mapping, rows):
    ready = prepared(table(tmp_path / "rows.csv", rows), mapping)
    tally = running._Tally(an_account(), ready, running.Landed())
    batches = list(running._batches(ready, tally, 0))
    assert sum(len(batch.items) for batch in batches) > 0
    for batch in batches:
        again = unpack(pack(batch))
        assert again == batch
        assert [type(part) for item in again.items for part in (item, *item)] == [
            type(part) for item in batch.items for part in (item, *item)
        ]
