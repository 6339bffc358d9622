"""Writing the ledger's rows: intended ones and held-out ones, each once, in bulk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.coupons import CHUNK, send_of
from bot.store.db import fetch, is_mysql, run, run_many
from bot.store.segment_lists import mark_planned
from bot.store.sends import only
from bot.store.spans import qmarks
from bot.values.audience import Purpose, SendState, Skip
from bot.values.coupons import CodeState

REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all rows of one writing have in common."""

    campaign_id: int
    generation: int
    step: str
    purpose: Purpose
    batch_id: int | None
    planned_at: datetime
    not_before: datetime


@dataclass(frozen=True, slots=True)
class EndingCode:
    """A claimed coupon of a campaign that ends soon; `generation`: of the send that carried it."""

    code_id: int
    follower_id: int
    expires_at: datetime
    generation: int


def write(sheet: Sheet, state: SendState, variant: str, follower_ids: Sequence[int]) -> int:
    """Rows for these followers; how many were new. Those in the ledger already stay as they are,
    and followers who are gone get none. One statement, however many."""
    if not follower_ids:
        return 0
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    marks = ",".join("?" * len(follower_ids))
    if state is SendState.HELD_OUT:
        mark_planned(sheet.campaign_id, follower_ids)
    return run(
        f"{verb} INTO send (campaign_id, generation, step, follower_id, state, purpose, variant,"
        " channel, skip, batch_id, subject, client_id, msgid, planned_at, not_before, claimed_by,"
        " attempts, error, reasons)"
        " SELECT ?, ?, ?, id, ?, ?, ?, '', '', ?, '', '', '', ?, ?, '', 0, '', '{}'"
        f" FROM follower WHERE id IN ({marks}) ORDER BY id{end}",
        (
            sheet.campaign_id,
            sheet.generation,
            sheet.step,
            state,
            sheet.purpose,
            variant,
            sheet.batch_id,
            to_ms(sheet.planned_at),
            to_ms(sheet.not_before),
            *follower_ids,
        ),
    )


def note_barred(sheet: Sheet, reasons: Sequence[tuple[int, Skip]]) -> None:
    """Why held-out followers would have got nothing anyway: they are no fair comparison."""
    run_many(
        "UPDATE send SET skip = ? WHERE campaign_id = ? AND generation = ? AND step = ?"
        " AND follower_id = ? AND state = ?",
        [
            (skip, sheet.campaign_id, sheet.generation, sheet.step, who, SendState.HELD_OUT)
            for who, skip in reasons
        ],
    )


def note_control(sheet: Sheet, barred: Sequence[tuple[int, Skip | None]]) -> None:
    """These held-out followers are of the account's control group: (follower id, why they would
    have got nothing anyway; None: nothing was against it)."""
    run_many(
        "UPDATE send SET skip = ?, reasons = ? WHERE campaign_id = ? AND generation = ?"
        " AND step = ? AND follower_id = ? AND state = ?",
        [
            (Skip.GLOBAL_CONTROL, "{}" if why is None else json.dumps({"barred": why.value}),
             sheet.campaign_id, sheet.generation, sheet.step, who, SendState.HELD_OUT)
            for who, why in barred
        ],
    )  # fmt: skip


def set_times(sheet: Sheet, times: Sequence[tuple[int, datetime]]) -> None:
    """When each follower's row is due, where that is not the sheet's time: (follower id, time)."""
    run_many(
        "UPDATE send SET not_before = ? WHERE campaign_id = ? AND generation = ? AND step = ?"
        " AND follower_id = ? AND state = ?",
        [
            (to_ms(at), sheet.campaign_id, sheet.generation, sheet.step, who, SendState.INTENDED)
            for who, at in times
        ],
    )


def set_pieces(sheet: Sheet, pieces: Sequence[tuple[int, str, float]]) -> None:
    """Which piece each follower's row carries: (follower id, slug, chance of the choice). The row's
    chance is then that of its variant and its piece together."""
    run_many(
        "UPDATE send SET content = ?, chance = COALESCE(chance, 1.0) * ? WHERE campaign_id = ?"
        " AND generation = ? AND step = ? AND follower_id = ? AND state = ? AND content = ''",
        [
            (slug, chance, sheet.campaign_id, sheet.generation, sheet.step, who, SendState.INTENDED)
            for who, slug, chance in pieces
        ],
    )


def carried(send_ids: Sequence[int]) -> dict[int, str]:
    """The slug of the piece that each row carries; "" for none."""
    if not send_ids:
        return {}
    rows = fetch(f"SELECT id, content FROM send WHERE id IN ({qmarks(send_ids)})", send_ids)
    return dict(rows)


def pieces_for(campaign_id: int, generation: int, follower_ids: Sequence[int]) -> dict[int, str]:
    """The same by follower, of a run's offers that wait; who has none is left out."""
    if not follower_ids:
        return {}
    rows = fetch(
        "SELECT follower_id, content FROM send WHERE campaign_id = ? AND generation = ?"
        f" AND step = 'offer' AND follower_id IN ({qmarks(follower_ids)})"
        f" AND {only('state = ?')}",
        (campaign_id, generation, *follower_ids, SendState.INTENDED),
    )
    return dict(rows)


def set_subjects(sheet: Sheet, subjects: Sequence[tuple[int, str]]) -> None:
    """What each follower's notice is about: (follower id, subject)."""
    run_many(
        "UPDATE send SET subject = ? WHERE campaign_id = ? AND generation = ? AND step = ?"
        " AND follower_id = ?",
        [
            (subject, sheet.campaign_id, sheet.generation, sheet.step, who)
            for who, subject in subjects
        ],
    )


def ending_codes(
    campaign_id: int, batch_id: int, now: datetime, before: datetime
) -> Iterator[list[EndingCode]]:
    """Coupons of a campaign, whichever of its runs they came from, that their followers claimed
    and have not used, ending in (now, before] and not reminded of before; in chunks."""
    after = 0
    while codes := _unused(batch_id, now, before, after):
        after = codes[-1][0]
        owners = _owners(campaign_id, [send_id for _, send_id, _ in codes])
        yield [
            EndingCode(code_id, owners[send_id][0], from_ms(ends), owners[send_id][1])
            for code_id, send_id, ends in codes
            if send_id in owners
        ]


def _unused(
    batch_id: int, now: datetime, before: datetime, after: int
) -> list[tuple[int, int, int]]:
    """(code id, send id, expires at) by code id."""
    found = fetch(
        "SELECT id, purpose, expires_at FROM coupon_code WHERE batch_id = ? AND state = ?"
        " AND claimed_at IS NOT NULL AND reminded_at IS NULL AND expires_at > ?"
        " AND expires_at <= ? AND id > ? ORDER BY id LIMIT ?",
        (batch_id, CodeState.ISSUED, to_ms(now), to_ms(before), after, CHUNK),
    )
    return [(code_id, send_of(purpose) or 0, ends) for code_id, purpose, ends in found]


def _owners(campaign_id: int, send_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Send id -> (follower, generation), of those sends that belong to the campaign."""
    marks = ",".join("?" * len(send_ids))
    found = fetch(
        f"SELECT id, follower_id, generation FROM send WHERE id IN ({marks})"
        f" AND {only('campaign_id = ?')}",
        (*send_ids, campaign_id),
    )
    return {send_id: (who, generation) for send_id, who, generation in found}


def planned_for(sheet: Sheet, follower_ids: Sequence[int]) -> set[int]:
    """Those of them who have a row of the sheet's step in its run already."""
    if not follower_ids:
        return set()
    found = fetch(
        "SELECT follower_id FROM send WHERE campaign_id = ? AND generation = ? AND step = ?"
        f" AND follower_id IN ({qmarks(follower_ids)})",
        (sheet.campaign_id, sheet.generation, sheet.step, *follower_ids),
    )
    return {row[0] for row in found}
