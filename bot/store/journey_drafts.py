"""A journey's definition while it is being changed: change upon change, until it becomes a version.

There is one for all who work at a journey. Whoever changes it says which state of it he looked at,
so that nobody's change is written over unseen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction

KEPT = 30  # changes that can be undone


@dataclass(frozen=True, slots=True)
class Draft:
    """The latest change. `based_on`: the journey's latest version when the first was made.

    earlier  how many changes can be undone
    """

    journey_id: int
    number: int
    based_on: int
    document: dict[str, Any]
    author: str
    at: datetime
    earlier: int

    @property
    def stamp(self) -> str:
        """Which state of it somebody has seen."""
        text = json.dumps(self.document, ensure_ascii=False)
        return f"{self.number}-{blake2b(text.encode(), digest_size=8).hexdigest()}"


def of_journey(journey_id: int) -> Draft | None:
    rows = fetch(
        "SELECT number, based_on, document, author, at, (SELECT COUNT(*) FROM journey_draft o"
        " WHERE o.journey_id = d.journey_id AND o.number < d.number) FROM journey_draft d"
        " WHERE journey_id = ? ORDER BY number DESC LIMIT 1",
        (journey_id,),
    )
    if not rows:
        return None
    number, based_on, document, author, at, earlier = rows[0]
    return Draft(journey_id, number, based_on, json.loads(document), author, from_ms(at), earlier)


def keep(
    journey_id: int,
    seen: str,
    based_on: int,
    document: Mapping[str, Any],
    author: str,
    now: datetime,
) -> bool:
    """One more change. False: somebody else made one since `seen` ("" for none at all)."""
    with transaction():
        held = of_journey(journey_id)
        if seen != (held.stamp if held else ""):
            return False
        number = held.number + 1 if held else 1
        text = json.dumps(document, ensure_ascii=False)
        columns = ("journey_id", "number", "based_on", "document", "author", "at")
        based = held.based_on if held else based_on
        values = (journey_id, number, based, text, author[:64], to_ms(now))
        if insert_new("journey_draft", columns, values) is None:
            return False
        run(
            "DELETE FROM journey_draft WHERE journey_id = ? AND number < ?",
            (journey_id, number - KEPT),
        )
    return True


def undo(journey_id: int, seen: str) -> bool:
    """Back to the change before; before the first there is none. False: it is not what was seen."""
    with transaction():
        held = of_journey(journey_id)
        if held is None or seen != held.stamp:
            return False
        gone = "DELETE FROM journey_draft WHERE journey_id = ? AND number = ?"
        return run(gone, (journey_id, held.number)) == 1


def drop(journey_id: int, number: int = (1 << 31) - 1) -> int:
    """All changes up to one, what somebody keeps meanwhile stays; how many they were."""
    return run(
        "DELETE FROM journey_draft WHERE journey_id = ? AND number <= ?", (journey_id, number)
    )
