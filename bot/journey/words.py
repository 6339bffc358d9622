"""A journey in words: a sentence for each step, a drawing as text, the same for Mermaid.

`titles` (bot.segment.catalogue.titles): what the account calls what a journey names by slug.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.campaign.document.definition import Definition
from bot.effect.tables import reason
from bot.i18n import t
from bot.journey.definition import (
    BEST_HOUR,
    Attribute,
    Branch,
    Flow,
    Kind,
    Listen,
    OnDate,
    Outcome,
    Send,
    Split,
    Step,
    Tag,
    Trigger,
    Wait,
    Webhook,
)
from bot.segment.sentence import sentence
from bot.segment.sentence_acts import (
    CONTENT,
    COUPON,
    EVENT,
    JOURNEY,
    SEGMENT,
    Titles,
    called,
    value_said,
)
from bot.segment.verbs import verb
from bot.store.segment_events import LEFT
from bot.values.facts import FAMILIES

_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
_NONE: Titles = {}
_FAMILY = {kinds: name for name, kinds in FAMILIES.items()}
MOST_TEXT = 24  # characters of a message in a drawing


def _t(key: str, lang: str, **values: object) -> str:
    return t(f"journey.{key}", lang, **values)


def span(seconds: float, lang: str = "zh") -> str:
    """The two greatest units: 1 天 2 小时."""
    parts: list[str] = []
    rest = round(seconds)
    for name, unit in _UNITS:
        if rest >= unit and len(parts) < 2:
            parts.append(_t(f"span.{name}", lang, n=rest // unit))
        rest %= unit
    return " ".join(parts) or _t("span.seconds", lang, n=0)


def listened(one: Listen, lang: str = "zh", titles: Titles = _NONE) -> str:
    """What has to happen."""
    if one.segment:
        key = "leaves" if one.kinds[0] == LEFT else "enters"
        return _t(key, lang, segment=called(SEGMENT, one.segment, titles))
    if one.scene:
        return _t("scans", lang, scene=one.scene)
    kind = _FAMILY.get(one.kinds, one.kinds[0])
    facts = "，".join(f"{key} = {value_said(value, lang)}" for key, value in one.where)
    act = verb(kind, lang, titles.get(EVENT + kind, ""))
    return f"{act}（{facts}）" if facts else act


def triggered(one: Trigger, lang: str = "zh", titles: Titles = _NONE) -> str:
    if one.date is not None:
        return _dated(one.date, lang, titles)
    if one.listen is not None:
        return _t("when", lang, what=listened(one.listen, lang, titles))
    return _t("by_hand", lang)


def _dated(one: OnDate, lang: str, titles: Titles) -> str:
    key = "on_day" if one.days_before == 0 else "before_day" if one.days_before > 0 else "after_day"
    yearly = _t("yearly", lang) if one.yearly else ""
    name = titles.get(one.attribute) or one.attribute
    return _t(
        key, lang, attribute=name, days=abs(one.days_before), hour=f"{one.hour:02d}:00",
        yearly=yearly,
    )  # fmt: skip


def step_said(step: Step, lang: str = "zh", titles: Titles = _NONE) -> str:
    """What the step does, without where it goes on."""
    what = step.what
    if isinstance(what, Wait):
        return _waited(what, lang, titles)
    if isinstance(what, Branch):
        return _t("branch", lang, n=len(what.ways))
    if isinstance(what, Split):
        total = sum(weight for _, weight in what.ways)
        shares = " / ".join(f"{to} {weight / total:.0%}" for to, weight in what.ways)
        return _t("split", lang, shares=shares)
    if isinstance(what, Outcome):
        return _t("outcome", lang, step=what.of)
    if isinstance(what, Send):
        return _sent(what.definition, lang, titles)
    if isinstance(what, Tag):
        return _tagged(step, what, lang)
    if isinstance(what, Attribute):
        name = titles.get(what.name) or what.name
        return _t("set", lang, attribute=name, value=value_said(what.value, lang))
    if isinstance(what, Webhook):
        facts = "、".join(titles.get(one) or one for one in what.facts)
        return _t("webhook_with" if facts else "webhook", lang, url=what.url, facts=facts)
    return _t(f"end.{what.name}" if step.kind is Kind.END else step.kind.value, lang,
              name=called(_OF.get(step.kind, ""), what.name, titles))  # fmt: skip


_OF = {Kind.COUPON: COUPON, Kind.START: JOURNEY}


def _tagged(step: Step, what: Tag, lang: str) -> str:
    if step.kind is Kind.UNTAG:
        return _t("untag", lang, tag=what.tag)
    if what.days is None:
        return _t("tag", lang, tag=what.tag)
    return _t("tag_for", lang, tag=what.tag, span=span(what.days * 86400, lang))


def _waited(what: Wait, lang: str, titles: Titles) -> str:
    either = _t("or", lang).join(listened(one, lang, titles) for one in what.listen)
    time = span(what.seconds, lang)
    if not what.until:
        return _t("wait_for" if either else "wait", lang, what=either, span=time)
    days = "、".join(_t(f"weekday.{day}", lang) for day in what.weekdays)
    clock = _t("best_hour" if what.until == BEST_HOUR else "clock", lang, clock=what.until)
    till = f"{days}{clock}"
    if what.seconds:
        till = _t("after", lang, span=time, clock=till)
    return _t("wait_for_till" if either else "wait_till", lang, what=either, till=till)


def _sent(definition: Definition, lang: str, titles: Titles) -> str:
    texts = definition.texts()
    text = texts[0].text.split("\n")[0]
    short = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
    if len(texts) > 1:
        short = _t("of_variants", lang, n=len(texts), text=short)
    goes = [called(COUPON, definition.offer, titles)] if definition.offer else []
    goes += [called(CONTENT, slug, titles) for slug in definition.content]
    purpose = _t(f"purpose.{definition.purpose.value}", lang)
    given = _t("and", lang).join(goes)
    key = "send_with" if definition.content else "send_offer" if goes else "send"
    return _t(key, lang, purpose=purpose, text=short, offer=given)


def ways_said(step: Step, lang: str = "zh", titles: Titles = _NONE) -> Iterator[tuple[str, str]]:
    """(when, the step it goes on to); "" for when there is one way only."""
    what = step.what
    for way, to in step.ways():
        if isinstance(what, Branch):
            rule = None if way == "else" else what.ways[int(way) - 1][0]
            said = _t("else", lang) if rule is None else sentence(rule, lang, titles)
        elif isinstance(what, Outcome) or (isinstance(what, Wait) and what.listen):
            said = _t(f"way.{way}", lang)
        elif isinstance(what, Split):
            total = sum(weight for _, weight in what.ways)
            said = f"{what.ways[int(way) - 1][1] / total:.0%}"
        else:
            said = ""
        yield said, to


def told(flow: Flow, lang: str = "zh", titles: Titles = _NONE) -> Iterator[str]:
    """The whole journey as lines of text: what leads in, each step, what leads out."""
    yield _t("head", lang, name=flow.name, slug=flow.slug)
    led_in = _t("or", lang).join(triggered(one, lang, titles) for one in flow.triggers)
    yield _t("in", lang, what=led_in)
    if flow.audience is not None:
        yield _t("audience", lang, rule=sentence(flow.audience, lang, titles))
    yield reentry_said(flow, lang)
    if flow.holdout:
        yield _t("holdout", lang, share=f"{flow.holdout:.0%}")
    for step in flow.steps.values():
        yield f"  [{step.id}] {step_said(step, lang, titles)}{_onward(flow, step, lang, titles)}"
    for goal in flow.goals:
        what = listened(goal, lang, titles)
        yield _t("goal", lang, what=what, span=span(flow.goal_days * 86400, lang))
    out = [verb("unsubscribe", lang), *([verb("opt_out", lang)] if flow.marketing else [])]
    out += [listened(one.listen, lang, titles) for one in flow.exits]
    yield _t("out", lang, what=_t("or", lang).join(out))
    yield _t("longest", lang, span=span(flow.longest_days * 86400, lang))


def _onward(flow: Flow, step: Step, lang: str, titles: Titles) -> str:
    """Nothing where it goes on with the step below."""
    ids = list(flow.steps)
    below = ids[ids.index(step.id) + 1] if step.id != ids[-1] else ""
    ways = list(ways_said(step, lang, titles))
    if len({to for _, to in ways}) <= 1:
        return "".join(f" → {to}" for _, to in ways[:1] if to != below)
    return "".join(f"\n      {said} → {to}" for said, to in ways)


def reentry_said(flow: Flow, lang: str = "zh") -> str:
    """Whether somebody comes in again, in one sentence."""
    rule = flow.reentry
    return _t(f"reentry.{rule.rule}", lang, days=f"{rule.days:g}", most=rule.most)


def mermaid(
    flow: Flow, counts: Mapping[str, int] | None = None, lang: str = "zh", titles: Titles = _NONE
) -> str:
    """A flowchart for whatever draws Mermaid. counts: people at a step, shown where there are."""
    lines = [
        "flowchart TD",
        f"  in_([{_quoted(' / '.join(triggered(x, lang, titles) for x in flow.triggers))}])",
    ]
    lines.append(f"  in_ --> {_node(flow.first)}")
    for step in flow.steps.values():
        label = step_said(step, lang, titles)
        if counts and counts.get(step.id):
            label += f" · {counts[step.id]}"
        left, right = _SHAPES.get(step.kind, ("[", "]"))
        lines.append(f"  {_node(step.id)}{left}{_quoted(label)}{right}")
        for said, to in ways_said(step, lang, titles):
            arrow = f"-- {_quoted(said)} -->" if said else "-->"
            lines.append(f"  {_node(step.id)} {arrow} {_node(to)}")
    return "\n".join(lines)


_SHAPES = {
    Kind.WAIT: ("([", "])"),
    Kind.BRANCH: ("{", "}"),
    Kind.SPLIT: ("{", "}"),
    Kind.OUTCOME: ("{", "}"),
    Kind.END: ("((", "))"),
}


def _node(step: str) -> str:
    """Ids of Mermaid have no hyphen, and some words are its own."""
    return "s_" + step.replace("-", "_")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "#quot;").replace("\n", " ") + '"'


def outcome_said(outcome: str, lang: str = "zh") -> str:
    """How somebody left."""
    return _t(f"left.{outcome or 'on_the_way'}", lang)


def away_said(word: str, lang: str = "zh") -> str:
    """Why somebody did not come in."""
    return _t(f"away.{word}", lang)


def send_said(word: str, lang: str = "zh") -> str:
    """What became of a send, skipped:no_channel, in words."""
    state, _, why = word.partition(":")
    told = t(f"fan.send.{state}", lang)
    return f"{told}（{reason('skip', why, lang)}）" if why else told
