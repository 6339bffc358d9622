"""Journeys counted: who came in, where they are, how they left; what became of their sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState


class Left(NamedTuple):
    """How many runs are alike in this. `outcome` "": on the way."""

    outcome: str
    held_out: bool
    runs: int
    converted: int


class Passed(NamedTuple):
    version: int
    step: str
    way: str
    held_out: bool
    people: int


class Standing(NamedTuple):
    version: int
    step: str
    people: int


def left(journey_id: int) -> list[Left]:
    rows = fetch(
        "SELECT outcome, held_out, COUNT(*), SUM(CASE WHEN converted_at IS NOT NULL THEN 1 ELSE 0"
        " END) FROM journey_run WHERE journey_id = ? GROUP BY outcome, held_out"
        " ORDER BY outcome, held_out",
        (journey_id,),
    )
    return [Left(row[0], bool(row[1]), int(row[2]), int(row[3])) for row in rows]


def passed(journey_id: int) -> list[Passed]:
    rows = fetch(
        "SELECT version, step, way, held_out, people FROM journey_passed WHERE journey_id = ?"
        " ORDER BY version, step, way, held_out",
        (journey_id,),
    )
    return [Passed(row[0], row[1], row[2], bool(row[3]), int(row[4])) for row in rows]


def standing(journey_id: int) -> list[Standing]:
    rows = fetch(
        "SELECT version, step, COUNT(*) FROM journey_run WHERE journey_id = ? AND outcome = ''"
        " AND wake_at IS NOT NULL GROUP BY version, step ORDER BY version, step",
        (journey_id,),
    )
    return [Standing(row[0], row[1], int(row[2])) for row in rows]


def arms(journey_id: int, entered_before: datetime) -> dict[bool, tuple[int, int]]:
    """held out or not -> (first entries whose time for the goal is over, those that reached it).

    A follower counts once, by his first entry.
    """
    rows = fetch(
        "SELECT held_out, COUNT(*), SUM(CASE WHEN converted_at IS NOT NULL THEN 1 ELSE 0 END)"
        " FROM journey_run WHERE journey_id = ? AND entry = 1 AND entered_at <= ?"
        " GROUP BY held_out",
        (journey_id, to_ms(entered_before)),
    )
    return {bool(row[0]): (int(row[1]), int(row[2])) for row in rows}


class Result(NamedTuple):
    """What became of a send."""

    state: str
    skip: str
    clicked: bool
    redeemed: bool

    def words(self) -> frozenset[str]:
        """Of bot.journey.definition.SEND_WAYS."""
        sent = self.state in (SendState.SENT, SendState.UNKNOWN)
        found = {"sent"} if sent else {self.state} & {"failed", "skipped"}
        found |= {word for word, is_so in
                  (("clicked", self.clicked), ("redeemed", self.redeemed)) if is_so}  # fmt: skip
        return frozenset(found)


def results(campaign_id: int, people: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Result]:
    """(follower id, entry) -> what became of the send of that entry; who has none is left out."""
    found = {}
    for entry in sorted({entry for _, entry in people}):
        ids = sorted(who for who, number in people if number == entry)
        for part in spans(ids):
            for who, state, skip, clicked, redeemed in fetch(
                "SELECT s.follower_id, s.state, s.skip, EXISTS (SELECT 1 FROM click k"
                " WHERE k.send_id = s.id AND k.automatic = FALSE),"
                " EXISTS (SELECT 1 FROM coupon_code o WHERE o.id = s.coupon_code"
                " AND o.redeemed_at IS NOT NULL) FROM send s WHERE s.campaign_id = ?"
                f" AND s.generation = ? AND s.step = 'offer' AND s.follower_id IN ({qmarks(part)})",
                (campaign_id, entry, *part),
            ):
                found[who, entry] = Result(state, skip, bool(clicked), bool(redeemed))
    return found
