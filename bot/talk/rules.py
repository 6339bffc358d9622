"""Rules of marketers as documents: 关键词回复, 被关注回复, 收到消息回复.

{slug: refund, name: 退款, on: message, keywords: [退款, {text: 退钱, match: contains}],
 answers: [{text: …}], give: all, priority: 100, hours: ["22:00-02:00"], weekdays: [6, 7],
 starts_at: 2026-12-01, ends_at: 2026-12-31, segment: vip, enabled: true}

on        message    a text with one of the keywords
          subscribe  somebody follows, by one of the scenes; without scenes however they came
          default    a text that nobody else understood
match     exact      the whole text, whatever its punctuation and spaces; a bare keyword means this
          contains   it stands somewhere in the text
          regex      the pattern is found in the text (bot.talk.patterns)

Which of several rules answers: docs/reference/rules.md, bot/talk/rules_match.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import InvalidInput
from bot.nlp.normalise import bare, normalise
from bot.talk.intents import GIVE, Answers, ReadAnswer
from bot.talk.patterns import compiled
from bot.talk.reading import Fields, refusal
from bot.talk.times import ALWAYS, Times, read_times, write_times

ON = ("message", "subscribe", "default")
MATCHES = ("exact", "contains", "regex")
MOST_RULES = 2000
MOST_KEYWORDS = 100
LONGEST_KEYWORD = 60
MOST_ANSWERS = 20
MOST_SCENES = 100
PRIORITY = 100
# Of all patterns without any sure letters, which every message tries (bot.talk.patterns).
MOST_BLIND = 100_000


@dataclass(frozen=True, slots=True)
class Keyword:
    """As it was written; `key` is what messages are compared with."""

    text: str
    match: str = "exact"

    @property
    def key(self) -> str:
        if self.match == "regex":
            return compiled(self.text).written
        plain = normalise(self.text)
        return exact_key(plain) if self.match == "exact" else plain


def exact_key(plain: str) -> str:
    """The normalised text without punctuation and spaces; itself where it is nothing else."""
    return bare(plain) or plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """See the module. `give`: all answers in order, one at random, or the first."""

    slug: str
    on: str = "message"
    name: str = ""
    keywords: tuple[Keyword, ...] = ()
    scenes: tuple[str, ...] = ()
    answers: Answers = ()
    give: str = "all"
    priority: int = PRIORITY
    times: Times = ALWAYS
    segment: str = ""
    enabled: bool = True


def read_rule(document: Any, read_answer: ReadAnswer) -> Rule:
    """Raises InvalidInput that names the first bad field."""
    fields = Fields(document, "rule")
    on = fields.one_of("on", ON, "message")
    rule = Rule(
        slug=fields.slug(),
        name=fields.text("name", ""),
        on=on,
        keywords=_keywords(fields, on),
        scenes=fields.each("scenes", _scene, MOST_SCENES),
        answers=fields.each("answers", read_answer, MOST_ANSWERS, least=1),
        give=fields.one_of("give", GIVE, "all"),
        priority=fields.whole("priority", PRIORITY, 0, 1000),
        times=read_times(fields),
        segment=fields.slug("segment", ""),
        enabled=fields.flag("enabled", True),
    )
    fields.done()
    if rule.scenes and on != "subscribe":
        raise refusal("scenes", "belongs to a rule with `on: subscribe`")
    return rule


def _keywords(fields: Fields, on: str) -> tuple[Keyword, ...]:
    least = 1 if on == "message" else 0
    found = fields.each("keywords", _keyword, MOST_KEYWORDS, least=least)
    if found and on != "message":
        raise refusal("keywords", "belongs to a rule with `on: message`")
    return tuple(dict.fromkeys(found))


def _keyword(item: Any) -> Keyword:
    fields = Fields({"text": item} if isinstance(item, str) else item, "keyword")
    keyword = Keyword(
        fields.text("text", longest=LONGEST_KEYWORD), fields.one_of("match", MATCHES, "exact")
    )
    fields.done()
    if keyword.match == "regex":
        try:
            compiled(keyword.text)
        except InvalidInput as error:
            raise refusal("text", str(error)) from None
    return keyword


def _scene(item: Any) -> str:
    scene = Fields({"": item}, "scene").text("")
    if "*" in scene[:-1]:
        raise InvalidInput("a * stands only at the end: shop-*")
    return scene


def write_rule(rule: Rule, write_answer: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """The document that `read_rule` turns into the same rule; what is usual is left out."""
    document: dict[str, Any] = {
        "slug": rule.slug,
        "name": rule.name or None,
        "on": rule.on,
        "keywords": [_written(one) for one in rule.keywords] or None,
        "scenes": list(rule.scenes) or None,
        "answers": [write_answer(one) for one in rule.answers],
        "give": rule.give,
        "priority": rule.priority,
        **write_times(rule.times),
        "segment": rule.segment or None,
        "enabled": None if rule.enabled else False,
    }
    return {name: value for name, value in document.items() if value is not None}


def _written(keyword: Keyword) -> Any:
    if keyword.match == "exact":
        return keyword.text
    return {"text": keyword.text, "match": keyword.match}


def read_rules(documents: Iterable[Any], read_answer: ReadAnswer) -> list[Rule]:
    """A whole set. Raises InvalidInput that names the place: rules[3].keywords[0].text."""
    listed = list(documents)
    if len(listed) > MOST_RULES:
        raise refusal("rules", f"wants at most {MOST_RULES} rules; there are {len(listed)}")
    found: dict[str, Rule] = {}
    for at, document in enumerate(listed):
        try:
            rule = read_rule(document, read_answer)
        except InvalidInput as error:
            place = f"rules[{at}]" + (f".{error.field}" if error.field else "")
            raise refusal(place, str(error).removeprefix(f"{error.field}: ")) from None
        if rule.slug in found:
            raise refusal(f"rules[{at}].slug", f"{rule.slug} stands there twice")
        found[rule.slug] = rule
    if sum(map(_blind_size, found.values())) > MOST_BLIND:
        raise refusal("rules", "too many patterns without letters, which every message tries")
    return list(found.values())


def _blind_size(rule: Rule) -> int:
    patterns = [compiled(one.text) for one in rule.keywords if one.match == "regex"]
    return sum(one.size for one in patterns if not one.needs)
