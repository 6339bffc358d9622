"""The segments that one follower is in, each with the conditions that hold of him, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.i18n import t
from bot.segment import evaluate
from bot.segment.plan import with_pins
from bot.segment.rules import Rule, parse
from bot.segment.sentence import Titles, sentence
from bot.segment.sentence_reasons import reasons_said
from bot.store import follower_facts
from bot.store.portrait import Membership
from bot.values.facts import FollowerFacts


@dataclass(frozen=True, slots=True)
class Belonging:
    """`rule` is the segment's sentence, `because` what of it holds of him now ([]: nothing).

    holds   False: the rule does not hold any more, and the next refresh takes him out
    """

    name: str
    slug: str
    since: datetime | None
    rule: str
    because: tuple[str, ...] = ()
    holds: bool = True


def belongings(
    follower_id: int,
    members: list[Membership],
    now: datetime,
    lang: str,
    titles: Titles | None = None,
) -> list[Belonging]:
    """In the order given. What all rules need of him is read once.

    titles  what the account calls its own attributes
    """
    rules = {one.segment_id: _parsed(one) for one in members}
    needed = evaluate.needs([rule for _, rule in filter(None, rules.values())], now)
    facts = next(iter(follower_facts.load([follower_id], needed)), None)
    return [_belonging(one, rules[one.segment_id], facts, now, lang, titles) for one in members]


def _parsed(one: Membership) -> tuple[Rule, Rule] | None:
    """The rule as it was written, and as it is evaluated; None: it does not parse any more."""
    try:
        bare = parse(one.rule)
    except InvalidInput:
        return None
    return bare, with_pins(one.segment_id, bare)


def _belonging(
    one: Membership,
    rules: tuple[Rule, Rule] | None,
    facts: FollowerFacts | None,
    now: datetime,
    lang: str,
    titles: Titles | None,
) -> Belonging:
    if rules is None or facts is None:
        return Belonging(one.name, one.slug, one.since, "")
    found = evaluate.reason(rules[1], facts, to_ms(now))
    said = reasons_said(rules[1], found["because"], facts, now, lang, titles)
    because = tuple(
        words if reason.get("held", True) else t("fan.not", lang, condition=words)
        for words, reason in zip(said, found["because"], strict=True)
    )
    rule = sentence(rules[0], lang, titles)
    return Belonging(one.name, one.slug, one.since, rule, because, found["matches"])
