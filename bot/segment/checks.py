"""What a rule is held against before it is kept or tried: references and declared attributes.

Every refusal names the condition by its path: "rule.all[1]".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.errors import InvalidInput
from bot.segment import dates
from bot.segment.plan import cycle_through
from bot.segment.reading import path
from bot.segment.rules import (
    BUILT_IN,
    ORDER_OPS,
    All,
    AnyOf,
    Attribute,
    Coupon,
    InSegment,
    Leaf,
    Listed,
    Not,
    Outcome,
    Predicted,
    Rule,
    parse,
)
from bot.store import attribute_types, insight_models, segment_versions
from bot.store import segments as store
from bot.store.predictions import PURPOSES, TOPIC
from bot.values.attributes import KINDS, Declared, fitted, wanted

Placed = list[tuple[str, Leaf]]


def check_rule(account_id: int, slug: str, document: Any) -> Rule:
    """The rule of a document, fit for the segment `slug` ("": of none yet). Nothing is saved.

    Raises InvalidInput whose `field` is a path: it does not parse, names a segment, list, campaign
    or coupon batch that is not there, or compares an attribute as what it is not declared.
    """
    parsed = parse(document, "rule")
    found = list(_placed(parsed, "rule"))
    _check_inner(account_id, slug, parsed, found)
    _check_named(account_id, slug, found)
    _check_declared(account_id, found)
    return parsed


def _placed(rule: Rule, at: str) -> Iterator[tuple[str, Leaf]]:
    """Every condition with the path of its place in the document."""
    if isinstance(rule, All | AnyOf):
        here = path(at, "all" if isinstance(rule, All) else "any")
        for number, part in enumerate(rule.rules):
            yield from _placed(part, f"{here}[{number}]")
    elif isinstance(rule, Not):
        yield from _placed(rule.rule, path(at, "not"))
    else:
        yield at, rule


def _check_inner(account_id: int, slug: str, rule: Rule, found: Placed) -> None:
    inner = {leaf.slug: at for at, leaf in reversed(found) if isinstance(leaf, InSegment)}
    if not inner:
        return
    rules = {slug: rule}
    for state in store.of_account(account_id):
        rules.setdefault(state.slug, parse(state.rule))
    for one in sorted(inner.keys() - rules.keys()):
        raise InvalidInput(f"there is no segment {one!r}", inner[one])
    if way := cycle_through(slug, rules):
        said = f"segments look into each other: {' > '.join(way)}"
        raise InvalidInput(said, inner.get(way[1], "rule"))


def _check_named(account_id: int, slug: str, found: Placed) -> None:
    """A slip of the pen in a name would hold for nobody, and nobody would see why."""
    lists = {state.slug for state in store.of_account(account_id)} | {slug}
    named = {leaf.model for _, leaf in found if isinstance(leaf, Predicted)}
    models = {*PURPOSES, *(one for one in named if one.startswith(TOPIC))}
    if named - models:
        models |= {one.slug for one in insight_models.models(account_id)}
    for at, leaf in found:
        if isinstance(leaf, Listed) and leaf.slug not in lists:
            raise InvalidInput(f"there is no segment {leaf.slug!r} with a list", at)
        if isinstance(leaf, Predicted) and leaf.model not in models:
            raise InvalidInput(f"there is no model {leaf.model!r}", at)
        if isinstance(leaf, Outcome) and not segment_versions.campaign_known(
            account_id, leaf.campaign
        ):
            raise InvalidInput(f"there is no campaign {leaf.campaign!r}", at)
        if isinstance(leaf, Coupon) and not segment_versions.batch_known(account_id, leaf.batch):
            raise InvalidInput(f"there is no coupon batch {leaf.batch!r}", at)


def _check_declared(account_id: int, found: Placed) -> None:
    """What the account declared of its attributes holds in rules, too."""
    declared = attribute_types.of_account(account_id)
    for at, leaf in found:
        if not isinstance(leaf, Attribute) or leaf.name in BUILT_IN:
            continue
        held = declared.get(leaf.name)
        if leaf.op in dates.OPS:
            if held is None or held.kind != "date":
                raise InvalidInput(
                    f"{leaf.name} is not declared as a date:"
                    f" hongyan attributes define {leaf.name} date", at,
                )  # fmt: skip
        elif held is not None and leaf.op != "exists":
            _check_value(held, leaf, at)


def _check_value(declared: Declared, leaf: Attribute, at: str) -> None:
    takes = {"contains": ("text",), **dict.fromkeys(ORDER_OPS, ("text", "number", "date"))}
    if declared.kind not in takes.get(leaf.op, KINDS):
        raise InvalidInput(f"{leaf.name} is declared {declared.kind}: no {leaf.op}", at)
    for value in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
        if leaf.op != "contains" and fitted(declared, value, at) != value:
            raise InvalidInput(f"{leaf.name} takes {wanted(declared)}", at)
