"""A coupon batch as a document: what YAML, JSON and the console have in common.

slug: spring-8
title: 满30减8
kind: cut                 # cut 满减, discount 折扣, exchange 兑换, cash 代金
face_value_fen: 800       # of a cut, of cash; of an exchange: the price of the thing
threshold_fen: 3000       # 0: no minimum
discount_permille: 200    # of a discount, what comes off: 200 is 八折
max_discount_fen: 2000    # its cap
exchange: 拿铁一杯         # what an exchange gives
per_person: 1
total_limit: 1000         # codes that may come on stock in all
budget_fen: 800000        # what all redemptions together may cost
cost_fen: 500             # of one redemption; not given: by kind
valid_from: 2026-12-01    # a day in the account's zone, or an instant with its offset
valid_until: 2026-12-31   # the last day, to its end
start_days: 1             # from issue until it can be used (or start_seconds)
valid_days: 7             # from then on (or valid_seconds); the earlier of both ends counts
stack_group: drinks       # which other coupons one order takes beside it: slugs, groups, "*"
stacks_with: [cakes]
shops: [sh-001]           # in these alone
weekdays: [1, 2, 3, 4, 5] # Monday is 1
hours: 14:00-17:00
low_permille: 100         # alarm below this share of all codes,
low_count: 50             # and below this number
topics: [咖啡]
codes: 1000               # made at once; 0: they are imported
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.content import batch_terms
from bot.content.batch_fields import listed, maybe, refusal, slug, text, whole
from bot.content.batch_terms import MOST_FEN, read_terms, write_terms
from bot.errors import InvalidInput
from bot.values.coupons import Terms

_DAY = 86400
MOST_CODES = 10_000_000
LONGEST_DAYS = 3660
FIELDS = (
    "slug",
    "title",
    *batch_terms.FIELDS,
    "per_person",
    "total_limit",
    "budget_fen",
    "valid_from",
    "valid_until",
    "start_days",
    "start_seconds",
    "valid_days",
    "valid_seconds",
    "low_permille",
    "low_count",
    "topics",
    "codes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDocument:
    """A checked document. Instants are aware UTC, `codes` is how many to make at once."""

    slug: str
    title: str
    terms: Terms
    per_person: int = 1
    total_limit: int | None = None
    budget_fen: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    start_seconds: int = 0
    valid_seconds: int | None = None
    low_permille: int = 100
    low_count: int = 0
    topics: tuple[str, ...] = ()
    codes: int = 0

    @property
    def face_value_fen(self) -> int:
        return self.terms.face_value_fen

    @property
    def threshold_fen(self) -> int:
        return self.terms.threshold_fen


def read_batch(document: Any, zone: ZoneInfo = SHANGHAI) -> BatchDocument:
    """Raises InvalidInput that names the first field that breaks a rule, and the rule."""
    if not isinstance(document, Mapping):
        raise InvalidInput("a coupon batch is a mapping of fields")
    for name in document:
        if name not in FIELDS:
            raise refusal(str(name), f"there is no such field; there are {', '.join(FIELDS)}")
    opens, ends = _instant(document, "valid_from", zone), _instant(document, "valid_until", zone)
    if opens and ends and opens >= ends:
        raise refusal("valid_until", "is not after valid_from")
    limit = maybe(document, "total_limit", 1, MOST_CODES)
    terms, budget = read_terms(document), maybe(document, "budget_fen", 1, MOST_FEN * MOST_CODES)
    if budget is not None and not terms.cost:
        raise refusal("budget_fen", "wants cost_fen beside it: one redemption costs nothing known")
    codes = whole(document, "codes", 0, 0, MOST_CODES if limit is None else limit)
    if budget is not None and codes * terms.cost > budget:
        raise refusal("codes", f"the budget pays for {budget // terms.cost} of them")
    return BatchDocument(
        slug=slug(document),
        title=text("title", document.get("title")),
        terms=terms,
        per_person=whole(document, "per_person", 1, 1, 1000),
        total_limit=limit,
        budget_fen=budget,
        valid_from=opens,
        valid_until=ends,
        start_seconds=_seconds(document, "start") or 0,
        valid_seconds=_seconds(document, "valid"),
        low_permille=whole(document, "low_permille", 100, 0, 1000),
        low_count=whole(document, "low_count", 0, 0, MOST_CODES),
        topics=listed(document, "topics", lambda field, one: text(field, one, 32)),
        codes=codes,
    )


def write_batch(batch: BatchDocument) -> dict[str, Any]:
    """The JSON-ready document that `read_batch` turns into the same batch."""
    document: dict[str, Any] = {
        "slug": batch.slug,
        "title": batch.title,
        **write_terms(batch.terms),
        "per_person": batch.per_person,
        "total_limit": batch.total_limit,
        "budget_fen": batch.budget_fen,
        "valid_from": batch.valid_from.isoformat() if batch.valid_from else None,
        "valid_until": batch.valid_until.isoformat() if batch.valid_until else None,
        "start_seconds": batch.start_seconds or None,
        "valid_seconds": batch.valid_seconds,
        "low_permille": batch.low_permille,
        "low_count": batch.low_count,
        "topics": list(batch.topics),
        "codes": batch.codes,
    }
    return {name: value for name, value in document.items() if value is not None}


def _seconds(document: Mapping[str, Any], what: str) -> int | None:
    """start_days or start_seconds, valid_days or valid_seconds."""
    days, seconds = f"{what}_days", f"{what}_seconds"
    least = 0 if what == "start" else 1
    if document.get(days) is not None and document.get(seconds) is not None:
        raise refusal(seconds, f"stands beside {days}: give one of the two")
    if document.get(days) is not None:
        return _DAY * whole(document, days, None, least, LONGEST_DAYS)
    return maybe(document, seconds, least, LONGEST_DAYS * _DAY)


def _instant(document: Mapping[str, Any], field: str, zone: ZoneInfo) -> datetime | None:
    """A day means its first moment, in `valid_until` its end, in the account's zone."""
    value = document.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        value = _parsed(value, field)
    if isinstance(value, date) and not 2000 <= value.year < 2200:
        raise refusal(field, "lies outside the years 2000 to 2199")
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        day = value + timedelta(days=1) if field == "valid_until" else value
        return datetime.combine(day, time(), zone).astimezone(UTC)
    raise refusal(field, "wants a day like 2026-12-31, or 2026-12-31T18:00+08:00")


def _parsed(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise refusal(field, "wants a day like 2026-12-31, or 2026-12-31T18:00+08:00") from None
