"""Segments for their users: define, remove, page through, estimate, and ask why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from statistics import mean, stdev
from typing import Any

from bot.errors import Conflict, InvalidInput, NotFound
from bot.segment.checks import check_rule
from bot.segment.evaluate import evaluate, needs
from bot.segment.plan import with_pins
from bot.segment.rules import Listed, Outcome, Rule, inner_segments, is_slug, leaves, parse
from bot.segment.sentence import sentence
from bot.segment.sentence_acts import EVENT
from bot.segment.sentence_reasons import reasons_said
from bot.segment.sql import compile
from bot.store import (
    attribute_types,
    audience,
    audience_figures,
    called,
    follower_facts,
    journeys,
    segment_lists,
    segment_versions,
    talk,
)
from bot.store import segments as store
from bot.store.db import dialect, transaction
from bot.store.segments import Member, SegmentState

EXACT = 40_000  # audiences up to this size are counted, larger ones are sampled
SPANS = 40
SPAN_IDS = 500
SURE = 2.02  # of Student's distribution with SPANS - 1 degrees of freedom: 95 %


@dataclass(frozen=True, slots=True)
class Preview:
    """How many a rule would hold. `exact` False: estimated from SPANS even spans of followers, and
    `low` to `high` holds the number in 19 of 20 cases."""

    size: int
    sample: tuple[int, ...]
    exact: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Use:
    """Something that names a segment. `stage` of documents: live or draft."""

    kind: str
    slug: str
    stage: str = ""

    @property
    def how(self) -> str:
        return "looks into" if self.kind == "segment" else "is for"


def define(
    account_id: int, slug: str, name: str, rule: Any, now: datetime, *,
    author: str = "", triggers: bool | None = None,
) -> SegmentState:  # fmt: skip
    """Make a segment, or change it; its members follow with the next refresh.

    author    who edits, for the kept versions
    triggers  whether comings and goings are events of the log; None: as it is (at first: no)

    Raises InvalidInput (with `field`): a bad slug, name or rule, a cycle, or a rule that names a
    segment, list, campaign or coupon batch that is not there.
    """
    with transaction():
        parsed = check(account_id, slug, name, rule)
        state = store.put(account_id, slug, name.strip(), rule, now)
        segment_versions.keep(state.id, state.name, rule, author, now)
        campaigns = {leaf.campaign for leaf in leaves(parsed) if isinstance(leaf, Outcome)}
        segment_lists.watch(state.id, account_id, campaigns)
        if triggers is not None and triggers is not state.triggers:
            store.set_triggers(state.id, triggers)
        return store.by_slug(account_id, slug)


def check(account_id: int, slug: str, name: str, rule: Any) -> Rule:
    """The rule of a definition that `define` would take, and nothing saved. Raises as it does."""
    if not is_slug(slug):
        raise InvalidInput("a slug is of a-z, 0-9, _ and -, at most 64", "slug")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 64 or "\x00" in name:
        raise InvalidInput("a name has 1 to 64 characters", "name")
    return check_rule(account_id, slug, rule)


def used_by(account_id: int, slug: str) -> list[Use]:
    """What names the segment: others' rules, campaigns that are not over, journeys, answers and
    rules of the conversation (live and draft). Raises NotFound."""
    store.by_slug(account_id, slug)
    others = [state for state in store.of_account(account_id) if state.slug != slug]
    uses = [Use("segment", one.slug) for one in others if _reads(one, slug)]
    uses += [Use("campaign", one) for one in segment_versions.campaigns_of(account_id, slug)]
    uses += [Use("journey", one) for one in journeys.naming_segment(account_id, slug)]
    documents = segment_versions.documents_of(account_id, slug)
    return uses + [Use(kind, one, stage) for kind, one, stage in documents]


def _reads(state: SegmentState, slug: str) -> bool:
    rule = parse(state.rule)
    return slug in inner_segments(rule) or Listed(slug) in leaves(rule)


def remove(account_id: int, slug: str) -> None:
    """Remove a segment. Raises NotFound, and Conflict while something names it."""
    with transaction():
        state = store.by_slug(account_id, slug)
        if uses := used_by(account_id, slug):
            raise Conflict(
                "; ".join(f"the {use.kind} {use.slug!r} {use.how} {slug!r}" for use in uses)
            )
        segment_versions.forget(state.id)
        store.remove(state.id)


def restore(account_id: int, slug: str, number: int, now: datetime, author: str = "") -> Any:
    """Make an earlier definition the segment's own again, as an edit of its own.

    Raises NotFound, and InvalidInput where it names what is no longer there.
    """
    held = segment_versions.version(store.by_slug(account_id, slug).id, number)
    return define(account_id, slug, held.name, held.rule, now, author=author)


def pin(
    account_id: int, slug: str, follower_ids: Sequence[int], included: bool | None, now: datetime,
    *, author: str = "", reason: str = "",
) -> int:  # fmt: skip
    """Put followers in (True), keep them out (False), or let the rule decide again (None).

    Raises NotFound for a segment or a follower that the account does not have; then none is pinned.
    """
    state = store.by_slug(account_id, slug)
    known = segment_lists.find_many(account_id, "id", [str(one) for one in follower_ids])
    for one in follower_ids:
        if str(one) not in known:
            raise NotFound(f"there is no follower {one}")
    if included is None:
        return segment_lists.unpin(state.id, follower_ids)
    return segment_lists.pin(state.id, follower_ids, included, author, reason, now)


def members(account_id: int, slug: str, after_id: int = 0, limit: int = 100) -> list[Member]:
    """Members ascending by follower id, after one. Raises NotFound."""
    return store.members(store.by_slug(account_id, slug).id, after_id, limit)


def preview(account_id: int, rule: Any, now: datetime, sample: int = 10) -> Preview:
    """Who a rule would hold now. Raises InvalidInput."""
    parsed = parse(rule, "rule")
    if audience_figures.followers(account_id, EXACT + 1) > EXACT:
        return _estimated(account_id, parsed, now, sample)
    query = compile(parsed, now, account_id, dialect())
    size = audience.count_of(*query)
    first = audience.ids_of(f"{query.sql} ORDER BY f.id LIMIT ?", [*query.params, sample])
    return Preview(size, tuple(first), True, size, size)


def _estimated(account_id: int, rule: Rule, now: datetime, sample: int) -> Preview:
    """From how many each of SPANS even spans of ids holds: what they hold together, scaled, and how
    far that may be off, by how much they differ among themselves."""
    low, high = audience.ends(account_id)
    step = max(1, (high - low + 1) // SPANS)
    width = min(step, SPAN_IDS)
    starts = [low - 1 + number * step for number in range(SPANS)]
    spans = [(start, start + width) for start in starts]
    found = [audience.ids_of(*compile(rule, now, account_id, dialect(), one)) for one in spans]
    counts, scale = [len(ids) for ids in found], (high - low + 1) / width
    size, off = mean(counts) * scale, SURE * stdev(counts) / sqrt(SPANS) * scale
    everybody = [id_ for ids in found for id_ in ids]
    shown = everybody[:: max(1, len(everybody) // max(1, sample))][:sample]
    least = max(len(everybody), round(size - off))
    return Preview(round(size), tuple(shown), False, least, max(least, round(size + off)))


def titles(account_id: int) -> dict[str, str]:
    """What the account calls its own attributes, what its forms note, and what it names by slug,
    for `sentence`."""
    declared = attribute_types.of_account(account_id)
    noted = talk.form_events(account_id)
    return (
        {name: one.title for name, one in declared.items() if one.title}
        | {EVENT + kind: title for kind, title in noted.items()}
        | called.names(account_id)
    )


def why(
    account_id: int, slug: str, follower_id: int, now: datetime, lang: str = "zh"
) -> dict[str, Any]:
    """Why a follower is in a segment, or not, and since when; plain JSON. Raises NotFound.

    `rule` and `words`, one for each condition in `because`, are sentences in `lang`.
    `matches` and `because` are of now; `member` is of the last refresh. `until`: see Verdict.
    """
    state = store.by_slug(account_id, slug)
    bare = parse(state.rule)
    rule = with_pins(state.id, bare)
    found = follower_facts.load([follower_id], needs([rule], now))
    if not found or found[0].account_id != account_id:
        raise NotFound(f"there is no follower {follower_id}")
    verdict, told = evaluate(rule, found[0], now), titles(account_id)
    because = verdict.reason["because"]
    words = reasons_said(rule, because, found[0], now, lang, told)
    since = store.member_since(state.id, follower_id)
    return {
        "segment": slug,
        "follower": follower_id,
        "rule": sentence(bare, lang, told),
        "member": since is not None,
        "since": None if since is None else since.isoformat(timespec="seconds"),
        "matches": verdict.matches,
        "until": None if verdict.until is None else verdict.until.isoformat(timespec="seconds"),
        "because": because,
        "words": words,
        "history": [
            {
                "at": change.at.isoformat(timespec="seconds"),
                "entered": change.entered,
                "reason": change.reason,
            }
            for change in store.changes(state.id, 10, follower_id)
        ],
    }
