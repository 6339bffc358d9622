"""Conversations of each trade, turn by turn: what is said, and what the phone must show.

A file a trade stands beside this one: {trade, conversations: [{name, turns: [[said, shown]]}]}.
`shown` is a pattern searched in all that appears in answer; null means silence. A turn that begins
with @ is an act: @tap WORDS, @wait 31m, @agent takes, @agent closes, @picture.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.talks.conftest import Shop

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parent
TRADES = ("ecommerce", "education", "entertainment", "catering")
LEAST = 15


def conversations(trade: str) -> list[dict[str, Any]]:
    held = json.loads((FOLDER / f"{trade}.json").read_text(encoding="utf-8"))
    return list(held["conversations"])


CASES = [
    # A shop is learnt once a worker: its conversations stay together, the trades spread.
    pytest.param(
        trade,
        one["turns"],
        id=f"{trade}: {one['name']}",
        marks=pytest.mark.xdist_group(f"talks-{trade}"),
    )
    for trade in TRADES
    for one in conversations(trade)
]


@pytest.mark.parametrize(("trade", "turns"), CASES)
def test_a_conversation_goes_as_written(shop: Shop, trade: str, turns: list[list[Any]]):
    talker = shop(trade)
    for said, shown in turns:
        answer = talker.do(said) if said.startswith("@") else talker.say(said)
        if shown is None:
            assert answer == "", f"{said!r}: not silent: {answer}\n{talker.why()}"
        else:
            assert re.search(shown, answer), (
                f"{said!r}: {shown!r} is not in:\n{answer}\n{talker.why()}"
            )
    talker.sandbox.assert_no_faults()


@pytest.mark.parametrize("trade", TRADES)
def test_a_trade_has_fifteen_conversations_of_different_kinds(trade: str):
    found = conversations(trade)
    assert len({one["name"] for one in found}) == len(found) >= LEAST
    turns = [said for one in found for said, _ in one["turns"]]
    for wanted in ("不对|改", "退订|TD", "人工", "@agent closes", "算了|取消"):
        assert any(re.search(wanted, said) for said in turns), wanted
