"""How codes come on stock: a batch from its document, codes made here or imported from a shop."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.content.batches import BatchDocument, read_batch, write_batch
from bot.coupon.codes import generate
from bot.errors import Conflict
from bot.store import coupon_void, coupons
from bot.store.coupon_batches import chunks
from bot.store.coupons import BatchState
from bot.store.db import transaction

_HEADINGS = {"code", "codes", "coupon", "coupon_code", "券码", "优惠码", "优惠券码", "兑换码"}
_FORM = re.compile(r"[0-9A-Za-z][0-9A-Za-z _.\-]*[0-9A-Za-z]")
_SHORTEST, _LONGEST = 4, 64


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no code. `reason`: length, characters."""

    line: int  # from 1
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """lines = added + repeated + rejected; empty lines and the heading are not counted."""

    lines: int
    added: int
    repeated: int
    rejected: int


def make_batch(
    account_id: int, document: Any, now: datetime, zone: ZoneInfo = SHANGHAI
) -> BatchState:
    """Create the batch that the document describes, with as many fresh codes as it asks for.

    The codes follow in transactions of their own: ten million must not hold up everybody else.

    Raises InvalidInput with the field, and Conflict when the slug is taken.
    """
    wanted = read_batch(document, zone)
    batch_id = coupons.create_batch(
        account_id,
        wanted.slug,
        wanted.title,
        terms=wanted.terms,
        per_person=wanted.per_person,
        total_limit=wanted.total_limit,
        budget_fen=wanted.budget_fen,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        start_seconds=wanted.start_seconds,
        valid_seconds=wanted.valid_seconds,
        low_permille=wanted.low_permille,
        low_count=wanted.low_count,
        topics=wanted.topics,
        now=now,
    )
    restock(batch_id, wanted.codes)
    return coupons.batch(batch_id)


def document_of(batch: BatchState) -> dict[str, Any]:
    """The document that `make_batch` makes such a batch of, without codes."""
    return write_batch(
        BatchDocument(
            slug=batch.slug,
            title=batch.title,
            terms=batch.terms,
            per_person=batch.per_person,
            total_limit=batch.total_limit,
            budget_fen=batch.budget_fen,
            valid_from=batch.valid_from,
            valid_until=batch.valid_until,
            start_seconds=batch.start_seconds,
            valid_seconds=batch.valid_seconds,
            low_permille=batch.low_permille,
            low_count=batch.low_count,
            topics=batch.topics,
        )
    )


def restock(batch_id: int, count: int) -> int:
    """Make `count` fresh codes; how many are on stock because of it.

    Raises Conflict where the batch's limit or budget has no room for all of them: none is made.
    """
    left = coupons.room(batch_id)
    if left is not None and left < count:
        raise Conflict(f"the batch has room for {left} more codes, not for {count}")
    return coupons.add_codes(batch_id, generate(count))


def on_paper(batch_id: int, count: int, now: datetime) -> Iterator[str]:
    """Make codes that people hand out, as they come: usable at once, and never given by the bot.

    Each is on stock and out of it in one transaction of a chunk, before it is said.

    Raises Conflict where the batch is withdrawn, or has no room.
    """
    of = coupons.batch(batch_id)
    if of.withdrawn_at is not None:
        raise Conflict(f"the batch {of.slug} is withdrawn")
    for chunk in chunks(generate(count)):
        with transaction():
            coupons.add_codes(batch_id, chunk)
            coupon_void.issue_on_paper(of, chunk, now)
        yield from chunk


def import_codes(
    batch_id: int, lines: Iterable[str], reject: Callable[[Reject], None] = lambda _: None
) -> ImportReport:
    """Put a shop's codes on stock: one a line, or the first column of a CSV; streamed.

    Each refused line goes to `reject`. Running it again adds nothing, so a broken import is
    repeated whole.
    """
    counted = _Counted(lines, reject)
    added = coupons.add_codes(batch_id, counted.codes())
    repeated = counted.lines - counted.rejected - added
    return ImportReport(counted.lines, added, repeated, counted.rejected)


class _Counted:
    """The codes among lines, counting as they pass."""

    def __init__(self, lines: Iterable[str], reject: Callable[[Reject], None]) -> None:
        self._lines, self._reject = lines, reject
        self.lines = self.rejected = 0

    def codes(self) -> Iterator[str]:
        for number, line in enumerate(self._lines, 1):
            code = _first_column(line)
            if not code or (number == 1 and code.lower() in _HEADINGS):
                continue
            self.lines += 1
            if reason := _refusal(code):
                self.rejected += 1
                self._reject(Reject(number, reason))
            else:
                yield code


def _first_column(line: str) -> str:
    text = unicodedata.normalize("NFKC", line.lstrip("\ufeff"))
    return re.split(r"[,;\t]", text, maxsplit=1)[0].strip().strip('"').strip()


def _refusal(code: str) -> str:
    if not _SHORTEST <= len(code) <= _LONGEST:
        return "length"
    return "" if _FORM.fullmatch(code) else "characters"
