"""What changes in people, and what decides about most messages: some 60 bytes a person."""

from __future__ import annotations

from array import array

from bot.sandbox.crowd.life import GRAIN, Life
from bot.sandbox.crowd.offers import NO_TOPIC, TOPICS
from bot.sandbox.crowd.rhythm import RHYTHMS

_COLUMNS = len(TOPICS) + 1  # the last: to nothing in particular
NEVER = -1e6


class Table:
    """One row a person, by index. Times are hours since the start."""

    def __init__(self, people: int) -> None:
        floats = bytes(4 * people)
        self._affinity = bytearray(people * _COLUMNS)
        self.rhythm = bytearray(people)
        self.farms = bytearray(people)
        self.mood = bytearray(people)
        self.patience = array("f", floats)
        self.attention = array("f", floats)
        self.frugality = array("f", floats)
        self.buys = array("f", floats)
        self.fatigue = array("f", floats)
        self.last_at = array("f", [NEVER]) * people  # a message came
        self.opted_out_at = array("f", [NEVER]) * people
        self.redeemed_at = array("f", [NEVER]) * people
        self.next_at = array("d", [NEVER]) * people  # the person's one entry in the agenda
        self.received = array("I", floats)
        self.woken = array("I", floats)

    def learn(self, life: Life) -> None:
        """Fills the row of one person."""
        row, at = life.index, life.index * _COLUMNS
        means = (*life.affinity, life.affinity_to(NO_TOPIC))
        self._affinity[at : at + _COLUMNS] = bytes(round(one * GRAIN) for one in means)
        self.rhythm[row] = RHYTHMS.index(life.rhythm)
        self.farms[row] = life.farms
        self.patience[row], self.attention[row] = life.patience, life.attention
        self.frugality[row], self.buys[row] = life.frugality, life.buys

    def affinity_to(self, row: int, topic: int) -> float:
        return self._affinity[row * _COLUMNS + (topic if topic >= 0 else _COLUMNS - 1)] / GRAIN
