"""What a form of rules offers: attributes with what fits each, behaviours, models, words in use.

An attribute of the account's own is offered where it is declared, or where followers have it; of
the latter the kind is what its values look like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.segment import dates
from bot.segment.rules import BUILT_IN, ORDER_OPS
from bot.segment.verbs import verb
from bot.store import attribute_types, insight_models, rule_words, talk
from bot.store.predictions import NUMBERED, PURPOSES, RECOMMEND, UPLIFT, means
from bot.store.rule_words import Value
from bot.values.attributes import Declared, day
from bot.values.stage import Stage

MOST_VALUES = 40  # suggested of one attribute
# Kinds beside those that one declares: whole numbers, fen, days since.
COUNT, MONEY, SINCE = "count", "money", "since"
_BUILT_IN = {
    "stage": "enum",
    "subscribed": "bool",
    "source_scene": "text",
    "orders": COUNT,
    "spent_fen": MONEY,
    "messages": COUNT,
    "last_seen": SINCE,
}
_FIT: dict[str, tuple[str, ...]] = {
    "text": ("eq", "ne", "contains", "in", "exists"),
    "number": ("eq", "ne", *ORDER_OPS, "exists"),
    COUNT: ("eq", "ne", *ORDER_OPS),
    MONEY: ("eq", "ne", *ORDER_OPS),
    SINCE: ("le", "ge", "exists"),
    "date": ("on", "before", "after", "exists"),
    "bool": ("eq", "exists"),
    "enum": ("eq", "ne", "in", "exists"),
}
# What followers do, in the order in which marketers ask for it.
BEHAVIOURS = (
    "order", "click", "message.*", "menu.*", "scan", "subscribe", "unsubscribe", "article.view",
    "product.view", "page.view", "video.view", "live.view", "search", "cart.add", "cart.remove",
    "favourite", "share", "comment", "checkin", "coupon.issued", "coupon.claimed",
    "coupon.redeemed", "coupon.*", "refund", "message.text", "message.image", "message.voice",
    "message.video", "message.location", "menu.view", "menu.miniprogram", "group.join",
    "group.leave", "preference", "opt_out", "opt_in", "campaign.answered", "campaign.ignored",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """An attribute. `choices`: the only values that it takes; `values`: some that are in use."""

    name: str
    title: str
    kind: str
    ops: tuple[str, ...]
    choices: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    own: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A model's scores lie between `low` and 1; one that numbers followers has `numbers`."""

    slug: str
    said: str
    numbers: bool
    low: int = 0


def attributes(account_id: int) -> list[Offer]:
    """Those that everybody has, then those declared, then those only found with followers."""
    declared, held = attribute_types.of_account(account_id), rule_words.attributes(account_id)
    own = [_declared(one, held.get(name, ())) for name, one in declared.items()]
    found = [_found(name, values) for name, values in sorted(held.items()) if name not in declared]
    return [*(_built_in(name) for name in _BUILT_IN), *own, *found]


def behaviours(account_id: int, lang: str) -> list[tuple[str, str]]:
    """(kind, words): those of everybody, and those that the account's forms note."""
    noted = talk.form_events(account_id)
    own = [(kind, verb(kind, lang, title)) for kind, title in sorted(noted.items())]
    return [*((kind, verb(kind, lang)) for kind in BEHAVIOURS if kind not in noted), *own]


def models(account_id: int, lang: str) -> list[Model]:
    """Those that are made by themselves, and the account's own."""
    slugs = [one for one in PURPOSES if one != RECOMMEND]
    slugs += sorted({one.slug for one in insight_models.models(account_id)} - {*slugs, RECOMMEND})
    return [
        Model(one, means(one, lang), one in NUMBERED, -1 if one == UPLIFT else 0) for one in slugs
    ]


def kind_of(values: Sequence[Value]) -> str:
    """What all values look like; a text where they differ."""
    if all(one.number is not None for one in values):
        return "number"
    if all(one.text in ("true", "false") for one in values):
        return "bool"
    return "date" if all(day(one.text) == one.text for one in values) else "text"


def _built_in(name: str) -> Offer:
    kind, allowed = _BUILT_IN[name], BUILT_IN[name][0]
    choices = tuple(Stage) if name == "stage" else ()
    ops = tuple(op for op in _FIT[kind] if op in allowed)
    return Offer(name, "", kind, ops, choices, own=False)


def _declared(one: Declared, values: Sequence[Value]) -> Offer:
    ops = _FIT[one.kind] + (dates.OPS if one.kind == "date" else ())
    return Offer(
        one.name, one.title or one.name, one.kind, ops, one.choices, _suggested(one.kind, values)
    )


def _found(name: str, values: Sequence[Value]) -> Offer:
    kind = kind_of(values)
    return Offer(name, name, kind, _FIT[kind], (), _suggested(kind, values))


def _suggested(kind: str, values: Sequence[Value]) -> tuple[str, ...]:
    """A value that one follower alone has is not shown to others."""
    shared = [one.text for one in values if one.shared] if kind == "text" else []
    return tuple(shared[:MOST_VALUES])
