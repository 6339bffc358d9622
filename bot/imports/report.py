"""What an import did, so that it adds up: read = taken + unchanged + rejected + duplicates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """Counts of rows, and of what was done to cells.

    taken       rows that brought something new        unchanged   everything was known already
    waiting     of those taken, rows of people whom no follower is known to be
    joined      identities that its rows proved to be one person with somebody; rows that brought
                one are taken. A dry run does not reckon it: 0
    conflicts   identities that a row named together against what is known; of a dry run 0, too
    changes     column -> kind of change -> cells (of rows that were not rejected)
    reasons     why rows were rejected -> rows (a row may have several)
    """

    read: int = 0
    taken: int = 0
    unchanged: int = 0
    rejected: int = 0
    duplicates: int = 0
    waiting: int = 0
    followers_made: int = 0
    events: int = 0
    joined: int = 0
    conflicts: int = 0
    changes: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    ignored: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        return self.read == self.taken + self.unchanged + self.rejected + self.duplicates

    def to_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "taken": self.taken,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "duplicates": self.duplicates,
            "adds_up": self.adds_up,
            "waiting": self.waiting,
            "followers_made": self.followers_made,
            "events": self.events,
            "joined": self.joined,
            "conflicts": self.conflicts,
            "changes": {name: dict(kinds) for name, kinds in sorted(self.changes.items())},
            "reasons": dict(self.reasons.most_common()),
            "ignored_columns": list(self.ignored),
        }


@dataclass
class Landed:
    """What only the store knows: kept with the run, so that an interrupted one goes on counting."""

    taken: int = 0
    unchanged: int = 0
    waiting: int = 0
    followers_made: int = 0
    events: int = 0
    joined: int = 0
    conflicts: int = 0
    refused: dict[str, int] = field(default_factory=dict)  # reason -> rows

    def add(self, other: Landed) -> None:
        self.taken += other.taken
        self.unchanged += other.unchanged
        self.waiting += other.waiting
        self.followers_made += other.followers_made
        self.events += other.events
        self.joined += other.joined
        self.conflicts += other.conflicts
        for reason, times in other.refused.items():
            self.refused[reason] = self.refused.get(reason, 0) + times
