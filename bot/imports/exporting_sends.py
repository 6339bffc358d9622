"""What a campaign sent, and its report, out into a file: by pseudonym, streamed, harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.i18n import catalogue
from bot.imports.exporting import Cell, local, written
from bot.store import pseudonyms
from bot.store import send_exports as store
from bot.store.send_exports import Sent

COLUMNS = (
    "send", "follower", "generation", "step", "state", "reason", "variant", "channel", "purpose",
    "attempts", "errcode", "planned_at", "sent_at", "delivered_at", "settled_at", "clicks",
    "clicked_at", "conversions", "credited_fen", "claimed_at", "redeemed_at", "content",
    "reason_words",
)  # fmt: skip


def export_sends(
    campaign_id: int,
    path: Path,
    *,
    format_: str = "",
    progress: Callable[[int], object] = lambda done: None,
) -> int:
    """Write every row of the campaign's ledger; how many. Raises InvalidInput, NotFound for where.

    format_   csv, xlsx or jsonl; "": by the file's suffix
    """
    done = 0
    with written(path, format_, COLUMNS) as put:
        for page in store.pages(campaign_id):
            for one in page:
                put(_row(one))
            done += len(page)
            progress(len(page))
    return done


def _row(one: Sent) -> list[Cell]:
    return [
        one.id,
        pseudonyms.of(one.follower_id) if one.follower_id is not None else None,
        one.generation,
        one.step,
        one.state,
        one.reason,
        one.variant,
        one.channel,
        one.purpose,
        one.attempts,
        one.errcode,
        local(one.planned_at),
        local(one.sent_at),
        local(one.delivered_at),
        local(one.settled_at),
        one.clicks,
        local(one.clicked_at),
        one.conversions,
        one.credited_fen,
        local(one.claimed_at),
        local(one.redeemed_at),
        one.content,
        catalogue("zh").get(f"effect.skip.{one.reason}", one.reason),
    ]


def export_report(report: Mapping[str, Any], path: Path, *, format_: str = "") -> int:
    """Write a report, a figure a line, named by its place in it; how many."""
    done = 0
    with written(path, format_, ("figure", "value")) as put:
        for name, value in _figures(report, ""):
            put([name, value])
            done += 1
    return done


def _figures(value: Any, name: str) -> Iterator[tuple[str, Cell]]:
    parts: Iterator[tuple[object, Any]]
    if isinstance(value, Mapping):
        parts = iter(value.items())
    elif isinstance(value, list | tuple):
        parts = iter(enumerate(value, start=1))
    else:
        yield name, value if isinstance(value, int | None) else str(value)
        return
    for key, inner in parts:
        yield from _figures(inner, f"{name}.{key}" if name else str(key))
