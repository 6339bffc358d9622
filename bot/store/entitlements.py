"""Rights to one message each: accepted subscription notices, confirmed one-time subscriptions.

A right is a row. It is open until a ledger row takes it (`send_id`), the follower refuses the
template, or the platform says that it knows of none. What tells of it may come twice and in any
order: a row has the key of its event, and a refusal that happened later ends a right told later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from bot.clock import to_ms
from bot.errors import Conflict
from bot.store.db import again, fetch, insert_new, locking, run, run_many, transaction
from bot.store.spans import qmarks, spans
from bot.values.audience import Channel

OPEN = "refusal = ? AND send_id IS NULL AND ended_at IS NULL"
_OF = "follower_id = ? AND channel = ? AND template_id = ?"
_COLUMNS = ("follower_id", "channel", "template_id", "scene", "at", "dedupe", "refusal", "ended_at")


@again
def grant(
    follower_id: int, channel: str, template_id: str, key: str, at: datetime, scene: int = 0
) -> bool:
    """The follower agreed at `at`. False: told before, or (one-time) this scene has a right still.

    key   names the telling: an event's id and its line
    """
    of, ms = (follower_id, channel, template_id), to_ms(at)
    with transaction():
        _hold(follower_id)
        if channel == Channel.ONE_TIME and fetch(
            f"SELECT 1 FROM entitlement WHERE {_OF} AND scene = ? AND {OPEN}", (*of, scene, False)
        ):
            return False
        later = fetch(
            f"SELECT MIN(at) FROM entitlement WHERE {_OF} AND refusal = ? AND at > ?",
            (*of, True, ms),
        )[0][0]
        values = (*of, scene, ms, _dedupe(key), False, later)
        return insert_new("entitlement", _COLUMNS, values) is not None


@again
def refuse(follower_id: int, channel: str, template_id: str, key: str, at: datetime) -> int:
    """No more of this template, as of `at`: the open rights of before end; how many."""
    of, ms = (follower_id, channel, template_id), to_ms(at)
    with transaction():
        _hold(follower_id)
        insert_new("entitlement", _COLUMNS, (*of, 0, ms, _dedupe(key), True, None))
        return run(
            f"UPDATE entitlement SET ended_at = ? WHERE {_OF} AND {OPEN} AND at <= ?",
            (ms, *of, False, ms),
        )


def _hold(follower_id: int) -> None:
    """A claim that is under way reads and takes rights under this lock."""
    fetch(f"SELECT id FROM follower WHERE id = ?{locking()}", (follower_id,))


def _dedupe(key: str) -> str:
    return blake2b(key.encode(), digest_size=16).hexdigest()


def left(
    follower_ids: Sequence[int], channel: str, template_id: str, scene: int = 0
) -> dict[int, int]:
    """Open rights by follower; who has none is left out. `scene`: of a one-time subscription."""
    return {
        who: int(count)
        for span in spans(follower_ids)
        for who, count in fetch(
            f"SELECT follower_id, COUNT(*) FROM entitlement WHERE follower_id IN ({qmarks(span)})"
            f" AND channel = ? AND template_id = ? AND scene = ? AND {OPEN} GROUP BY follower_id",
            (*span, channel, template_id, scene, False),
        )
    }


def spend(sends: Sequence[tuple[int, int]], channel: str, template_id: str, scene: int = 0) -> None:
    """One open right, the oldest, for each (send id, follower id). In the claim's transaction,
    which holds the followers. Raises Conflict where one has none: the claim is given up."""
    open_rights: dict[int, list[int]] = {}
    for span in spans(sorted({who for _, who in sends})):
        for right, who in fetch(
            f"SELECT id, follower_id FROM entitlement WHERE follower_id IN ({qmarks(span)})"
            f" AND channel = ? AND template_id = ? AND scene = ? AND {OPEN} ORDER BY at, id",
            (*span, channel, template_id, scene, False),
        ):
            open_rights.setdefault(who, []).append(right)
    taken: list[tuple[int, int]] = []
    for send_id, who in sends:
        if not open_rights.get(who):
            raise Conflict("a right to a notice was gone when it was to be used")
        taken.append((send_id, open_rights[who].pop(0)))
    run_many("UPDATE entitlement SET send_id = ? WHERE id = ?", taken)


def give_back(send_ids: Iterable[int]) -> None:
    """What these took is open again: they were certainly not sent."""
    for span in spans(sorted(send_ids)):
        run(f"UPDATE entitlement SET send_id = NULL WHERE send_id IN ({qmarks(span)})", list(span))


def void(send_ids: Iterable[int], now: datetime) -> None:
    """The platform knows of no right (43101): neither do we any more, of that follower and
    template."""
    for span in spans(sorted(send_ids)):
        for of in fetch(
            "SELECT follower_id, channel, template_id FROM entitlement"
            f" WHERE send_id IN ({qmarks(span)})",
            list(span),
        ):
            run(
                f"UPDATE entitlement SET ended_at = ? WHERE {_OF} AND {OPEN}",
                (to_ms(now), *of, False),
            )


def used(follower_id: int, channel: str, template_id: str) -> list[int]:
    """The ledger rows that used a right of this template, the oldest first; at most ten."""
    found = fetch(
        f"SELECT send_id FROM entitlement WHERE {_OF} AND send_id IS NOT NULL"
        " ORDER BY send_id DESC LIMIT 10",
        (follower_id, channel, template_id),
    )
    return sorted(int(row[0]) for row in found)


def stock(account_id: int) -> list[tuple[str, str, int, int]]:
    """(channel, template, open rights, followers who have one), of the account."""
    return [
        (str(channel), str(template), int(rights), int(people))
        for channel, template, rights, people in fetch(
            "SELECT e.channel, e.template_id, COUNT(*), COUNT(DISTINCT e.follower_id)"
            " FROM entitlement e JOIN follower f ON f.id = e.follower_id"
            " WHERE f.account_id = ? AND e.refusal = ? AND e.send_id IS NULL"
            " AND e.ended_at IS NULL GROUP BY e.channel, e.template_id"
            " ORDER BY e.channel, e.template_id",
            (account_id, False),
        )
    ]
