"""Why somebody is in or out, in words: each deciding condition, with what was found of him."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.segment.acts import Aggregate, Coupon, Event, Succession
from bot.segment.evaluate import reason
from bot.segment.rules import Attribute, Bucket, Interest, Leaf, Predicted, Rule, leaves
from bot.segment.sentence import Titles, attribute_said, sentence
from bot.values.facts import FollowerFacts


def reasons_said(
    rule: Rule, because: Sequence[dict[str, Any]], facts: FollowerFacts, now: datetime, lang: str,
    titles: Titles | None = None,
) -> list[str]:  # fmt: skip
    """`because` of `evaluate(rule, facts, now)` as sentences, one each.

    城市是「北京」（实际：「上海」）; city is "北京" (found: "上海").
    What held is not among the words: see `held`.
    """
    lang = "en" if lang == "en" else "zh"
    if facts.erased:
        return [("资料已删除" if lang == "zh" else "is erased") for _ in because]
    # Reasons stand in the order of the conditions, some of which decided nothing.
    ahead = iter(leaves(rule))
    return [_said(_leaf_of(one, ahead, facts, now), one, lang, titles) for one in because]


def _leaf_of(
    one: dict[str, Any], ahead: Iterator[Leaf], facts: FollowerFacts, now: datetime
) -> Leaf:
    return next(leaf for leaf in ahead if one in reason(leaf, facts, to_ms(now))["because"])


def _said(leaf: Leaf, one: dict[str, Any], lang: str, titles: Titles | None) -> str:
    said, found = sentence(leaf, lang, titles), _found(leaf, one, lang == "zh")
    if not found:
        return said
    return f"{said}（实际：{found}）" if lang == "zh" else f"{said} (found: {found})"


def _found(leaf: Leaf, one: dict[str, Any], zh: bool) -> str:
    """What he has; "" where the condition says it all."""
    if isinstance(leaf, Interest):
        return f"{one['score']:g}"
    if isinstance(leaf, Predicted):
        return f"{one['found']:g}" if one["found"] is not None else "没有" if zh else "none"
    if isinstance(leaf, Bucket):
        return str(one["number"])
    if isinstance(leaf, Attribute):
        return _has(leaf, one["found"], zh)
    if isinstance(leaf, Event):
        return f"{one['found']} 次" if zh else f"{one['found']} times"
    if isinstance(leaf, Coupon):
        return f"{one['found']} 张" if zh else str(one["found"])
    if isinstance(leaf, Succession):
        counts = ("、" if zh else ", ").join(map(str, one["found"]))
        return f"各步 {counts} 次" if zh else f"{counts} times, step by step"
    return _amount(leaf, one["found"], zh) if isinstance(leaf, Aggregate) else ""


def _has(leaf: Attribute, found: Any, zh: bool) -> str:
    if leaf.name == "subscribed" or leaf.op == "exists":
        return ""
    if found is None:
        return "没有" if zh else "none"
    if leaf.name == "last_seen":
        return f"{found:g} 天前" if zh else f"{found:g} days ago"
    if isinstance(leaf.value, bool) and found in ("true", "false"):
        found = found == "true"
    elif isinstance(leaf.value, int | float) and isinstance(found, str):
        return found
    return attribute_said(leaf.name, found, "zh" if zh else "en")


def _amount(leaf: Aggregate, found: float | None, zh: bool) -> str:
    if found is None:
        return "没有" if zh else "none"
    return f"¥{found / 100:.2f}" if leaf.fact.endswith("_fen") else f"{found:.15g}"
