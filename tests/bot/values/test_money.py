"""Amounts as people write them, and as they read them: exact, or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.values.money import amount, fen_of, yuan

WRITTEN = [
    ("45.5", 4550),
    ("45.50", 4550),
    ("45", 4500),
    (".5", 50),
    ("5.", 500),
    ("¥1,280.50", 128050),
    ("￥ 1，280.5 元", 128050),
    ("１２８０．５０元", 128050),
    ("-3", -300),
    ("0.00", 0),
]


@pytest.mark.parametrize(("text", "fen"), WRITTEN)
def test_an_amount_in_yuan_is_whole_fen(text: str, fen: int):
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["0.005", "1.234"])
def test_parts_of_a_fen_are_refused_and_not_rounded(text: str):
    with pytest.raises(ValueError, match="part of a fen"):
        fen_of(text)


@pytest.mark.parametrize(
    "text", ["", "元", "¥", ".", "1.2.3", "1e3", "nan", "1_000", "十元", "5元元"]
)
def test_what_is_no_amount_is_refused(text: str):
    with pytest.raises(ValueError, match="no amount"):
        fen_of(text)


def test_a_price_of_a_message_may_be_finer_than_a_fen():
    assert amount("0.01234") == Decimal("0.01234")
    assert fen_of("1,280", 1) == 1280


@pytest.mark.parametrize(("fen", "text"), [(1500, "15"), (1550, "15.50"), (5, "0.05")])
def test_an_amount_is_read_without_needless_noughts(fen: int, text: str):
    assert yuan(fen) == text
