"""Segments for their users: define, remove, page through, estimate, and ask why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import Conflict, InvalidInput, NotFound
from bot.segment.evaluate import evaluate, needs
from bot.segment.plan import cycle_through
from bot.segment.rules import Rule, inner_segments, is_slug, parse
from bot.segment.sentence import sentence
from bot.segment.sql import compile
from bot.store import audience, follower_facts
from bot.store import segments as store
from bot.store.db import dialect, transaction
from bot.store.segments import Member, SegmentState

EXACT = 40_000  # audiences up to this size are counted, larger ones are sampled
SPANS = 40
SPAN_IDS = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """How many a rule would hold. `exact` False: estimated from SPANS even spans of followers."""

    size: int
    sample: tuple[int, ...]
    exact: bool


def define(account_id: int, slug: str, name: str, rule: Any, now: datetime) -> SegmentState:
    """Make a segment, or change it; its members follow with the next refresh.

    Raises InvalidInput (with `field`): a bad slug, name or rule, an unknown inner segment, a cycle.
    """
    if not is_slug(slug):
        raise InvalidInput("a slug is of a-z, 0-9, _ and -, at most 64", "slug")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 64 or "\x00" in name:
        raise InvalidInput("a name has 1 to 64 characters", "name")
    parsed = parse(rule, "rule")
    with transaction():
        _check_inner(account_id, slug, parsed)
        return store.put(account_id, slug, name.strip(), rule, now)


def _check_inner(account_id: int, slug: str, rule: Rule) -> None:
    inner = inner_segments(rule)
    if not inner:
        return
    rules = {slug: rule}
    for state in store.of_account(account_id):
        rules.setdefault(state.slug, parse(state.rule))
    for one in sorted(inner - rules.keys()):
        raise InvalidInput(f"there is no segment {one!r}", "rule")
    if way := cycle_through(slug, rules):
        raise InvalidInput(f"segments look into each other: {' > '.join(way)}", "rule")


def remove(account_id: int, slug: str) -> None:
    """Remove a segment. Raises NotFound, and Conflict while another looks into it."""
    with transaction():
        state = store.by_slug(account_id, slug)
        for other in store.of_account(account_id):
            if other.slug != slug and slug in inner_segments(parse(other.rule)):
                raise Conflict(f"the segment {other.slug!r} looks into {slug!r}")
        store.remove(state.id)


def members(account_id: int, slug: str, after_id: int = 0, limit: int = 100) -> list[Member]:
    """Members ascending by follower id, after one. Raises NotFound."""
    return store.members(store.by_slug(account_id, slug).id, after_id, limit)


def preview(account_id: int, rule: Any, now: datetime, sample: int = 10) -> Preview:
    """Who a rule would hold now. Raises InvalidInput."""
    parsed = parse(rule, "rule")
    low, high, count = audience.extent(account_id)
    if count <= EXACT:
        query = compile(parsed, now, account_id, dialect())
        size = audience.count_of(*query)
        first = audience.ids_of(f"{query.sql} ORDER BY f.id LIMIT ?", [*query.params, sample])
        return Preview(size, tuple(first), exact=True)
    step = (high - low + 1) // SPANS
    looked, found = 0, list[int]()
    for number in range(SPANS):
        start = low - 1 + number * step
        span = (start, start + min(step, SPAN_IDS))
        looked += audience.count_between(account_id, *span)
        found += audience.ids_of(*compile(parsed, now, account_id, dialect(), span))
    size = round(len(found) * count / looked) if looked else 0
    return Preview(
        size, tuple(found[:: max(1, len(found) // max(1, sample))][:sample]), exact=False
    )


def why(
    account_id: int, slug: str, follower_id: int, now: datetime, lang: str = "zh"
) -> dict[str, Any]:
    """Why a follower is in a segment, or not, and since when; plain JSON. Raises NotFound.

    `matches` and `because` are of now; `member` is of the last refresh. `until`: see Verdict.
    """
    state = store.by_slug(account_id, slug)
    rule = parse(state.rule)
    found = follower_facts.load([follower_id], needs([rule], now))
    if not found or found[0].account_id != account_id:
        raise NotFound(f"there is no follower {follower_id}")
    verdict = evaluate(rule, found[0], now)
    since = store.member_since(state.id, follower_id)
    return {
        "segment": slug,
        "follower": follower_id,
        "rule": sentence(rule, lang),
        "member": since is not None,
        "since": None if since is None else since.isoformat(timespec="seconds"),
        "matches": verdict.matches,
        "until": None if verdict.until is None else verdict.until.isoformat(timespec="seconds"),
        "because": verdict.reason["because"],
        "history": [
            {
                "at": change.at.isoformat(timespec="seconds"),
                "entered": change.entered,
                "reason": change.reason,
            }
            for change in store.changes(state.id, 10, follower_id)
        ],
    }
