"""Figures: what the platform's statistics say of a day, one row a report, subject and day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, run


@dataclass(frozen=True, slots=True)
class Figure:
    """`subject` "" is the whole account; `published` only of an article."""

    report: str
    day: str
    subject: str
    numbers: Mapping[str, Any]
    title: str = ""
    published: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "report": self.report,
            "day": self.day,
            "subject": self.subject,
            "title": self.title,
            "published": self.published,
            "numbers": dict(self.numbers),
        }


def put(account_id: int, figures: Iterable[Figure], now: datetime) -> int:
    """Write figures over those of the same report, subject and day; how many. In a transaction."""
    count = 0
    for one in figures:
        key = (account_id, one.report, one.subject, one.day)
        numbers = json.dumps(dict(one.numbers), ensure_ascii=False)
        insert_new(
            "figure",
            ("account_id", "report", "subject", "day", "title", "published", "numbers", "read_at"),
            (*key, one.title, one.published, numbers, to_ms(now)),
        )
        run(
            "UPDATE figure SET title = ?, published = ?, numbers = ?, read_at = ?"
            " WHERE account_id = ? AND report = ? AND subject = ? AND day = ?",
            (one.title, one.published, numbers, to_ms(now), *key),
        )
        count += 1
    return count


def of_days(
    account_id: int, first: str, last: str, report: str = "", limit: int = 1000
) -> list[Figure]:
    """Figures from `first` to `last`, of one report or all."""
    rows = fetch(
        "SELECT report, day, subject, numbers, title, published FROM figure"
        " WHERE account_id = ? AND day >= ? AND day <= ? AND (? = '' OR report = ?)"
        " ORDER BY day, report, subject LIMIT ?",
        (account_id, first, last, report, report, limit),
    )
    return [Figure(r[0], r[1], r[2], json.loads(r[3]), r[4], r[5]) for r in rows]


def articles_since(account_id: int, day: str) -> list[str]:
    """The msgids of articles published since `day`, as far as a report told."""
    rows = fetch(
        "SELECT DISTINCT subject FROM figure WHERE account_id = ? AND published >= ?"
        " AND subject <> '' ORDER BY subject",
        (account_id, day),
    )
    return [row[0] for row in rows]
