"""What a run's rows came to, minute by minute: for speed, time left and the error brake.

Counted in the transactions that settle, one statement a batch, so that nobody has to read the
ledger every second. These are counts of what happened: a row that is called unknown and then turns
out to be sent is in both. The sum of a run is never taken from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run

MINUTE_MS = 60_000
MINUTE = timedelta(minutes=1)
COUNTED = ("sent", "failed", "unknown", "again", "skipped", "lost")


@dataclass(frozen=True, slots=True)
class Done:
    """Rows by what became of them.

    again   put back, to be tried later
    lost    unknown because their sender died: no fault of the message or the platform
    """

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    again: int = 0
    skipped: int = 0
    lost: int = 0

    @property
    def moved(self) -> int:
        """Rows that are through."""
        return self.sent + self.failed + self.unknown + self.skipped + self.lost

    def counts(self) -> tuple[int, ...]:
        return self.sent, self.failed, self.unknown, self.again, self.skipped, self.lost

    def minus(self, other: Done) -> Done:
        return Done(*(a - b for a, b in zip(self.counts(), other.counts(), strict=True)))


def note(campaign_id: int, generation: int, done: Done, now: datetime) -> None:
    """Add to the present minute; the last statement of the transaction that it belongs to."""
    if not any(done.counts()):
        return
    minute = to_ms(now) // MINUTE_MS * MINUTE_MS
    key = (campaign_id, generation, minute)
    if not _add(key, done):
        columns = ("campaign_id", "generation", "minute", *COUNTED)
        if insert_new("send_progress", columns, (*key, *done.counts())) is None:
            _add(key, done)


def _add(key: tuple[int, int, int], done: Done) -> int:
    return run(
        "UPDATE send_progress SET sent = sent + ?, failed = failed + ?, unknown = unknown + ?,"
        " again = again + ?, skipped = skipped + ?, lost = lost + ?"
        " WHERE campaign_id = ? AND generation = ? AND minute = ?",
        (*done.counts(), *key),
    )


def since(campaign_id: int, generation: int, at: datetime) -> Done:
    """The sum of the whole minutes from the one of `at` on."""
    found = fetch(
        f"SELECT {', '.join(f'COALESCE(SUM({name}), 0)' for name in COUNTED)} FROM send_progress"
        " WHERE campaign_id = ? AND generation = ? AND minute >= ?",
        (campaign_id, generation, to_ms(at) // MINUTE_MS * MINUTE_MS),
    )
    return Done(*map(int, found[0]))


def total(campaign_id: int, generation: int) -> Done:
    return since(campaign_id, generation, from_ms(0))


def sent_between(account_id: int, since: datetime, until: datetime) -> int:
    """Messages of the account that the platform took in [since, until), of whatever campaign or
    journey; trials apart."""
    found = fetch(
        # SQLite reads tables that are joined by CROSS in this order: by the minute first.
        "SELECT COALESCE(SUM(p.sent), 0) FROM send_progress p CROSS JOIN campaign c"
        " WHERE c.id = p.campaign_id AND p.minute >= ? AND p.minute < ? AND c.account_id = ?"
        " AND c.kind <> 'test'",
        (to_ms(since), to_ms(until), account_id),
    )
    return int(found[0][0])


def senders(account_id: int, since: datetime) -> dict[str, tuple[int, datetime]]:
    """slug -> (campaign's number, the latest minute) of who sent anything since then, trials
    apart."""
    found = fetch(
        "SELECT c.slug, c.id, MAX(p.minute) FROM send_progress p CROSS JOIN campaign c"
        " WHERE c.id = p.campaign_id AND p.minute >= ? AND p.sent > 0 AND c.account_id = ?"
        " AND c.kind <> 'test' GROUP BY c.slug, c.id",
        (to_ms(since), account_id),
    )
    return {slug: (int(id_), from_ms(int(minute))) for slug, id_, minute in found}


def sent_after(campaign_id: int, at: datetime) -> int:
    """Messages of a campaign that went in the whole minutes after the one of `at`."""
    found = fetch(
        "SELECT COALESCE(SUM(sent), 0) FROM send_progress WHERE campaign_id = ? AND minute > ?",
        (campaign_id, to_ms(at)),
    )
    return int(found[0][0])


def minutes(campaign_id: int, generation: int, at: datetime) -> list[tuple[datetime, Done]]:
    """The minutes from the one of `at` on in which something happened, the oldest first."""
    found = fetch(
        f"SELECT minute, {', '.join(COUNTED)} FROM send_progress"
        " WHERE campaign_id = ? AND generation = ? AND minute >= ? ORDER BY minute",
        (campaign_id, generation, to_ms(at) // MINUTE_MS * MINUTE_MS),
    )
    return [(from_ms(row[0]), Done(*row[1:])) for row in found]


def last(campaign_id: int, generation: int) -> datetime | None:
    """The latest minute in which a row was through."""
    found = fetch(
        "SELECT MAX(minute) FROM send_progress WHERE campaign_id = ? AND generation = ?"
        " AND sent + failed + unknown + skipped + lost > 0",
        (campaign_id, generation),
    )
    return None if found[0][0] is None else from_ms(int(found[0][0]))
