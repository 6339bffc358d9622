"""A rule as one sentence, Chinese or English, for the console and for answers to "why me"."""

from __future__ import annotations

from bot.segment import dates, predicted
from bot.segment.rules import (
    All,
    AnyOf,
    Attribute,
    Bucket,
    InSegment,
    Interest,
    Not,
    Predicted,
    Rule,
    Scalar,
    Tag,
)
from bot.segment.sentence_acts import SEGMENT, act_said, called, value_said
from bot.segment.sentence_acts import Titles as Titles
from bot.values.attributes import day

_OPS = {
    "zh": {"eq": "是", "ne": "不是", "lt": "小于", "le": "不大于", "gt": "大于", "ge": "不小于",
           "in": "属于", "contains": "含有"},
    "en": {"eq": "is", "ne": "is not", "lt": "is below", "le": "is at most", "gt": "is above",
           "ge": "is at least", "in": "is one of", "contains": "contains"},
}  # fmt: skip
_ON_DAYS = {
    "zh": {"lt": "早于", "le": "不晚于", "gt": "晚于", "ge": "不早于"},
    "en": {"lt": "is before", "le": "is not after", "gt": "is after", "ge": "is not before"},
}  # fmt: skip
_DAYS = {
    "zh": {"lt": "距上次互动不到 {} 天", "le": "最近 {} 天内有互动",
           "gt": "超过 {} 天没有互动", "ge": "至少 {} 天没有互动"},
    "en": {"lt": "was seen less than {} days ago", "le": "was seen within {} days",
           "gt": "was not seen for more than {} days", "ge": "was not seen for {} days"},
}  # fmt: skip
_NAMES = {
    "zh": {"stage": "阶段", "language": "语言", "source_scene": "来源", "orders": "订单数",
           "spent_fen": "消费金额", "messages": "消息数", "city": "城市"},
    "en": {"source_scene": "source", "spent_fen": "money spent", "messages": "messages"},
}  # fmt: skip
_STAGES = {"new": "新关注", "active": "活跃", "customer": "顾客", "loyal": "忠实顾客",
           "sleeping": "沉睡", "gone": "已取关"}  # fmt: skip


def sentence(rule: Rule, lang: str = "zh", titles: Titles | None = None) -> str:
    """The rule in words; any language but English is answered in Chinese.

    titles  what the account calls its own attributes, as event:KIND its kinds of events, and what
            it names by slug as segment:SLUG, coupon:SLUG, campaign:SLUG
    """
    return _said(rule, "en" if lang == "en" else "zh", titles or {}, top=True)


def _said(rule: Rule, lang: str, titles: Titles, top: bool = False) -> str:
    zh = lang == "zh"
    if isinstance(rule, All | AnyOf):
        parts = [_said(part, lang, titles) for part in rule.rules]
        both, either = ("，并且", "，或者") if zh else (", and ", ", or ")
        text = (both if isinstance(rule, All) else either).join(parts)
        return text if top or len(parts) == 1 else f"（{text}）" if zh else f"({text})"
    if isinstance(rule, Not):
        inner = _said(rule.rule, lang, titles)
        return f"并非{inner}" if zh else f"not: {inner}"
    if isinstance(rule, Tag):
        return f"有标签「{rule.tag}」" if zh else f'has the tag "{rule.tag}"'
    if isinstance(rule, Interest):
        score = f"{rule.at_least:g}"
        topic = rule.topic
        return (
            f"对「{topic}」的兴趣不低于 {score}"
            if zh
            else f"interest in {topic} of {score} or more"
        )
    if isinstance(rule, Predicted):
        return predicted.said(rule, lang)
    if isinstance(rule, InSegment):
        name = called(SEGMENT, rule.slug, titles)
        return f"在人群「{name}」中" if zh else f'is in the segment "{name}"'
    if isinstance(rule, Bucket):
        span = f"{rule.low}–{rule.high}%"
        return f"固定抽样的 {span}" if zh else f"is in the fixed share {span}"
    if isinstance(rule, Attribute):
        return _attribute(rule, lang, titles)
    return act_said(rule, lang, titles)


def _attribute(rule: Attribute, lang: str, titles: Titles) -> str:
    zh = lang == "zh"
    name = titles.get(rule.name) or _NAMES[lang].get(rule.name, rule.name)
    if rule.name == "subscribed":
        follows = rule.value is (rule.op == "eq")
        return ("已关注" if follows else "未关注") if zh else "follows" if follows else "left"
    if rule.name == "last_seen":
        if rule.op == "exists":
            return (
                ("有过互动" if rule.value else "从未互动")
                if zh
                else ("was seen" if rule.value else "was never seen")
            )
        return _DAYS[lang][rule.op].format(f"{rule.value:g}")
    if rule.op == "exists":
        has, lacks = ("已知", "未知") if zh else (" is known", " is not known")
        return f"{name}{has if rule.value else lacks}"
    if rule.op in dates.OPS:
        return _dated(rule, name, zh)
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    listed = ("、" if zh else ", ").join(attribute_said(rule.name, one, lang) for one in values)
    op = _compares(rule, lang)
    if zh and isinstance(rule.value, bool):  # not 会员是是
        return f"{name}{'为' if rule.op == 'eq' else '不为'}「{listed}」"
    return f"{name}{op}{listed}" if zh else f"{name} {op} {listed}"


def _compares(rule: Attribute, lang: str) -> str:
    """Days, which are kept as 2026-11-21, come earlier or later; they are not small or great."""
    is_day = isinstance(rule.value, str) and day(rule.value) == rule.value
    return (is_day and _ON_DAYS[lang].get(rule.op)) or _OPS[lang][rule.op]


def attribute_said(name: str, value: Scalar, lang: str) -> str:
    """A value of the attribute in words; `lang` is zh or en."""
    if name == "stage" and lang == "zh":
        value = _STAGES[str(value)]
    if name == "spent_fen":
        return f"¥{float(value) / 100:.2f}"
    return value_said(value, lang)


def _dated(rule: Attribute, name: str, zh: bool) -> str:
    days = rule.value
    yearly = rule.op == "yearly_within"
    if not days:
        today = f"{name}是今天" if zh else f"{name} is today"
        return (f"每年的{today}" if zh else f"{today}, of any year") if yearly else today
    if zh:
        when = f"最近 {days} 天内" if rule.op == "within_last" else f"今天起 {days} 天内"
        return f"{'每年的' if yearly else ''}{name}在{when}"
    when = f"in the last {days} days" if rule.op == "within_last" else f"in the next {days} days"
    return f"{name} is {when}{', of any year' if yearly else ''}"
