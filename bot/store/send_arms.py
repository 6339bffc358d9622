"""Writing the intended rows of several arms at once, in the order of followers, not of arms.

Rows are claimed in the order in which they were written: were one arm written after the other, a
coupon stock or a day's quota that ends in between would leave the last arm without, and the
comparison would be one of early followers with late ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.clock import to_ms
from bot.store.db import is_mysql, run
from bot.store.send_plan import Sheet
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState

SPAN = 2000
Arm = tuple[str, float | None]  # variant, and the chance by which it was drawn; None: no draw


def write(sheet: Sheet, arms: Mapping[Arm, Sequence[int]]) -> int:
    """Rows for these followers; how many were new. Those in the ledger already stay as they are,
    and followers who are gone get none."""
    theirs = sorted((who, arm) for arm, ids in arms.items() for who in ids)
    return sum(_write(sheet, span) for span in spans(theirs, SPAN))


def _write(sheet: Sheet, theirs: Sequence[tuple[int, Arm]]) -> int:
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    ids = [who for who, _ in theirs]
    variant, variants = _by([(who, arm[0]) for who, arm in theirs])
    chance, chances = _by([(who, arm[1]) for who, arm in theirs])
    return run(
        f"{verb} INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
        " chance, channel, skip, batch_id, subject, client_id, msgid, planned_at, not_before,"
        " claimed_by, attempts, error, reasons)"
        f" SELECT ?, ?, ?, id, ?, ?, {variant}, {chance},"
        " '', '', ?, '', '', '', ?, ?, '', 0, '', '{}'"
        f" FROM follower WHERE id IN ({qmarks(ids)}) ORDER BY id{end}",
        (
            sheet.campaign_id, sheet.generation, sheet.step, SendState.INTENDED, sheet.purpose,
            *variants, *chances,
            sheet.batch_id, to_ms(sheet.planned_at), to_ms(sheet.not_before), *ids,
        ),
    )  # fmt: skip


def _by(theirs: Sequence[tuple[int, Any]]) -> tuple[str, list[Any]]:
    """A value for each follower, in SQL, and its parameters."""
    groups: dict[Any, list[int]] = {}
    for who, value in theirs:
        groups.setdefault(value, []).append(who)
    *some, (last, _) = sorted(groups.items(), key=lambda group: len(group[1]))
    if not some:
        return _mark(last), [*_given(last)]
    whens = " ".join(f"WHEN id IN ({qmarks(ids)}) THEN {_mark(value)}" for value, ids in some)
    params = [param for value, ids in some for param in (*ids, *_given(value))]
    return f"CASE {whens} ELSE {_mark(last)} END", [*params, *_given(last)]


def _mark(value: Any) -> str:
    return "NULL" if value is None else "?"


def _given(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)
