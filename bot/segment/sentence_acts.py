"""Conditions about acts in words, Chinese and English; the rest of them stands in `sentence`."""

from __future__ import annotations

from collections.abc import Mapping

from bot.segment.acts import (
    Act,
    Aggregate,
    Coupon,
    Event,
    Listed,
    Outcome,
    Step,
    Succession,
)
from bot.segment.reading import Scalar, Where
from bot.segment.verbs import verb as said

Titles = Mapping[str, str]
# Before the slugs, and the kinds of events, that have titles.
EVENT, SEGMENT, COUPON, CAMPAIGN = "event:", "segment:", "coupon:", "campaign:"
CONTENT, JOURNEY = "content:", "journey:"
_NONE: Titles = {}
_FIGURES = {
    "zh": {"sum": "合计", "min": "最小", "max": "最大", "avg": "平均"},
    "en": {"sum": "the sum of", "min": "the least", "max": "the greatest", "avg": "the average"},
}
_FACTS = {
    "zh": {"amount_fen": "金额", "items": "件数", "score": "评分"},
    "en": {"amount_fen": "amount"},
}
_COUPON = {
    "zh": {"issued": "获得", "claimed": "领取", "redeemed": "核销", "expired": "过期未用"},
    "en": {"issued": "got", "claimed": "claimed", "redeemed": "redeemed", "expired": "let expire"},
}
_OUTCOMES = {
    "zh": {"sent": "已收到活动{}", "clicked": "点开过活动{}的链接", "redeemed": "因活动{}而购买",
           "held_out": "在活动{}的对照组中", "skipped": "在活动{}中被跳过",
           "not_clicked": "收到活动{}但没有点开"},
    "en": {"sent": "was sent the campaign {}", "clicked": "opened a link of the campaign {}",
           "redeemed": "bought because of the campaign {}",
           "held_out": "is held out of the campaign {}",
           "skipped": "was skipped in the campaign {}",
           "not_clicked": "was sent the campaign {} and opened nothing"},
}  # fmt: skip


def act_said(leaf: Act, lang: str, titles: Titles = _NONE) -> str:
    """The condition in words; `lang` is zh or en. `titles`: of kinds of events, as event:KIND, and
    of what a condition names, as coupon:SLUG."""
    zh = lang == "zh"
    if isinstance(leaf, Event):
        return _event_zh(leaf, titles) if zh else _event_en(leaf, titles)
    if isinstance(leaf, Aggregate):
        return _figure(leaf, lang, titles)
    if isinstance(leaf, Succession):
        return _succession(leaf, lang, titles)
    if isinstance(leaf, Coupon):
        return _coupon(leaf, lang, called(COUPON, leaf.batch, titles))
    if isinstance(leaf, Outcome):
        name = called(CAMPAIGN, leaf.campaign, titles)
        of = f"「{name}」" if zh else f'"{name}"'
        if leaf.variant:
            of += f"（方案 {leaf.variant}）" if zh else f" (variant {leaf.variant})"
        return _OUTCOMES[lang][leaf.outcome].format(of)
    if isinstance(leaf, Listed):
        name = called(SEGMENT, leaf.slug, titles)
        return f"在名单「{name}」中" if zh else f'is in the list "{name}"'
    if leaf.included:
        return "手工加入" if zh else "put in by hand"
    return "手工排除" if zh else "kept out by hand"


def called(what: str, slug: str, titles: Titles) -> str:
    """The title of something that is named by slug; the slug where it has none."""
    return titles.get(what + slug) or slug


def value_said(value: Scalar, lang: str) -> str:
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else str(value).lower()
    if isinstance(value, str):
        return f"「{value}」" if lang == "zh" else f'"{value}"'
    return f"{value:.15g}"


def _verb(kind: str, where: Where, lang: str, titles: Titles) -> str:
    facts = [f"{key} = {value_said(value, lang)}" for key, value in where]
    verb = said(kind, lang, titles.get(EVENT + kind, ""))
    if not facts:
        return verb
    return f"{verb}（{'，'.join(facts)}）" if lang == "zh" else f"{verb} ({', '.join(facts)})"


def _event_zh(leaf: Event, titles: Titles) -> str:
    when = "" if leaf.within_days is None else f"最近 {leaf.within_days:g} 天内"
    verb, facts = _parted(leaf.kind, leaf.where, "zh", titles)
    if leaf.at_most == 0:
        return f"{when}没有{verb}{facts}" if when else f"从未{verb}{facts}"
    times = _often_zh(leaf.at_least, leaf.at_most)
    return f"{when}{verb}{times}{facts}" if when or times else f"曾经{verb}{facts}"


def _event_en(leaf: Event, titles: Titles) -> str:
    when = " ever" if leaf.within_days is None else f" within {leaf.within_days:g} days"
    verb, facts = _parted(leaf.kind, leaf.where, "en", titles)
    facts = facts and f" {facts}"
    if leaf.at_most == 0:
        return f"never: {verb}{when}{facts}"
    return f"{verb}{_often_en(leaf.at_least, leaf.at_most)}{when}{facts}"


def _parted(kind: str, where: Where, lang: str, titles: Titles) -> tuple[str, str]:
    verb = _verb(kind, (), lang, titles)
    return verb, _verb(kind, where, lang, titles).removeprefix(verb).strip()


def _often_zh(low: int, high: int | None) -> str:
    if high is None:
        return "" if low == 1 else f"至少 {low} 次"
    if low == high:
        return f"正好 {low} 次"
    return f"至多 {high} 次" if low == 0 else f" {low} 至 {high} 次"


def _often_en(low: int, high: int | None) -> str:
    if high is None:
        return "" if low == 1 else f" at least {low} times"
    if low == high:
        return f" exactly {low} times"
    return f" at most {high} times" if low == 0 else f" {low} to {high} times"


def _figure(leaf: Aggregate, lang: str, titles: Titles) -> str:
    verb, figure = _verb(leaf.kind, leaf.where, lang, titles), _FIGURES[lang][leaf.figure]
    fact = _FACTS[lang].get(leaf.fact, leaf.fact)
    bounds = _bounds(leaf, lang)
    if lang == "zh":
        when = "历来" if leaf.within_days is None else f"最近 {leaf.within_days:g} 天内"
        return f"{when}{verb}的{figure}{fact}{bounds}"
    when = " ever" if leaf.within_days is None else f" within {leaf.within_days:g} days"
    return f"{figure} {fact} where he {verb}{when} {bounds}"


def _bounds(leaf: Aggregate, lang: str) -> str:
    low, high = (_amount(end, leaf.fact) for end in (leaf.at_least, leaf.at_most))
    zh = lang == "zh"
    if low == high:
        return f"正好 {low}" if zh else f"is exactly {low}"
    if not high:
        return f"不少于 {low}" if zh else f"is at least {low}"
    if not low:
        return f"不多于 {high}" if zh else f"is at most {high}"
    return f"在 {low} 与 {high} 之间" if zh else f"is between {low} and {high}"


def _amount(value: int | None, fact: str) -> str:
    if value is None:
        return ""
    return f"¥{value / 100:.2f}" if fact.endswith("_fen") else str(value)


def _succession(leaf: Succession, lang: str, titles: Titles) -> str:
    zh = lang == "zh"
    text = _verb(leaf.steps[0].kind, leaf.steps[0].where, lang, titles)
    if leaf.within_days is not None:
        days = f"{leaf.within_days:g}"
        text = f"最近 {days} 天内{text}" if zh else f"{text} within {days} days"
    elif zh:
        text = f"曾经{text}"
    return text + "".join(_then(step, lang, titles) for step in leaf.steps[1:])


def _then(step: Step, lang: str, titles: Titles) -> str:
    verb = _verb(step.kind, step.where, lang, titles)
    days = None if step.within_days is None else f"{step.within_days:g}"
    if lang == "zh":
        after = "，之后" if days is None else f"，之后 {days} 天内"
        return f"{after}没有{verb}" if step.absent else f"{after}{verb}"
    after = "" if days is None else f" within {days} days"
    return f", then not{after}: {verb}" if step.absent else f", then{after} {verb}"


def _coupon(leaf: Coupon, lang: str, batch: str) -> str:
    verb = _COUPON[lang][leaf.state]
    if lang == "zh":
        when = "" if leaf.within_days is None else f"最近 {leaf.within_days:g} 天内"
        if leaf.at_most == 0:
            return f"{when or '从未'}{'没有' if when else ''}{verb}优惠券「{batch}」"
        times = _often_zh(leaf.at_least, leaf.at_most).replace("次", "张")
        return f"{when or '曾经'}{verb}优惠券「{batch}」{times}"
    when = "" if leaf.within_days is None else f" within {leaf.within_days:g} days"
    never = "never: " if leaf.at_most == 0 else ""
    times = "" if leaf.at_most == 0 else _often_en(leaf.at_least, leaf.at_most)
    return f'{never}{verb} the coupon "{batch}"{times}{when}'
