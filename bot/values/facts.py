"""What the profile fold and the segment rules read of a follower. Nothing personal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# Event kinds that a rule may name together.
FAMILIES: dict[str, tuple[str, ...]] = {
    "message.*": ("message.text", "message.image", "message.voice", "message.video",
                  "message.location", "message.link", "message.file", "message.unknown"),
    "menu.*": ("menu.click", "menu.view", "menu.miniprogram", "menu.scancode", "menu.pictures",
               "menu.location"),
    "coupon.*": ("coupon.issued", "coupon.claimed", "coupon.redeemed", "coupon.returned",
                 "coupon.expiring"),
}  # fmt: skip


def kinds_of(kind: str) -> tuple[str, ...]:
    """The event kinds meant by a kind or a family."""
    return FAMILIES.get(kind, (kind,))


class FoldEvent(NamedTuple):
    """One happening of the log. `key` names it uniquely; `at_ms` never lies after its receipt."""

    key: str
    kind: str
    at_ms: int
    facts: Any


class Seen(NamedTuple):
    """An event as rules see it. `facts` is empty where no rule asked for them."""

    at_ms: int
    facts: Mapping[str, Any]


class Code(NamedTuple):
    """A coupon code that was given to somebody. Instants are ms; None: not yet, or never ends."""

    issued: int | None
    claimed: int | None
    redeemed: int | None
    ends: int | None


class Sent(NamedTuple):
    """A row of a campaign's ledger. `clicked`: tapped by a person; `bought`: an order credited."""

    step: str
    state: str
    variant: str
    clicked: bool
    bought: bool


class EventNeed(NamedTuple):
    """Which events rules ask for: those of `kind` (or a family) at or after `since_ms`.

    most  the newest so many are enough; None: all (the facts decide)
    """

    kind: str
    since_ms: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a set of rules reads, so that a loader fetches no more."""

    attributes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    events: tuple[EventNeed, ...] = ()
    batches: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    pins: frozenset[int] = frozenset()
    models: frozenset[str] = frozenset()


@dataclass(slots=True)
class FollowerFacts:
    """A follower as rules see him. Instants are ms; None: never.

    attributes  name -> (text, number or None)
    tag_ends    tag -> ms from which he has it no more; `tags` holds those that ended, too
    interests   topic -> level (bot.values.interest)
    segments    slugs of the account's segments he is in; the engine adds and removes as it goes
    events      kind as the rule names it -> newest first
    codes       slug of a coupon batch -> his codes; sends: slug of a campaign -> its rows on him
    lists       slugs of the segments in whose list he is
    pins        segment id -> put in (True) or kept out (False) by a marketer
    predictions slug of a model -> its score for him
    """

    id: int
    account_id: int
    subscribed: bool = True
    language: str = "zh"
    source_scene: str = ""
    erased: bool = False
    first_seen: int | None = None
    last_seen: int | None = None
    messages: int = 0
    orders: int = 0
    redeemed: int = 0
    spent_fen: int = 0
    attributes: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    tag_ends: dict[str, int] = field(default_factory=dict)
    interests: dict[str, float] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    events: dict[str, Sequence[Seen]] = field(default_factory=dict)
    codes: dict[str, list[Code]] = field(default_factory=dict)
    sends: dict[str, list[Sent]] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    pins: dict[int, bool] = field(default_factory=dict)
    predictions: dict[str, float] = field(default_factory=dict)
