"""Every step that a text went through on its way to an answer, in words: what took it, why those
before it did not. The steps and their order are those of bot.talk.preview, which decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.console.rule_choices import topic_said
from bot.console.shell import Words
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.nlp.words import WORDS
from bot.talk.answers import Answer, write_answer
from bot.talk.deciding import Verdict, decide, yields
from bot.talk.faq import GAP, SAME, Hit, nearer
from bot.talk.live import Talk
from bot.talk.preview import RIGHTS, Preview
from bot.talk.rules import Rule
from bot.talk.rules_match import Entry, InSegment
from bot.values.audience import Understanding

STEPS = ("rights", "rule", "word", "intent", "faq", "clarify", "topic", "usual", "own")
_TOOK, _PASSED, _AFTER = "took", "passed", "after"


@dataclass(frozen=True)
class Step:
    """`state`: took, passed, or after."""

    name: str
    state: str
    why: str


@dataclass(frozen=True)
class Trial:
    """One text in one stage, for one follower, and what was decided."""

    house: Talk
    said: Understanding
    found: Preview
    now: datetime
    zone: ZoneInfo
    in_segment: InSegment
    say: Words
    lang: str

    # --- what took it ----------------------------------------------------------------------------

    @property
    def took(self) -> str:
        """The step that answers."""
        kind, _, name = self.found.key.partition(":")
        if kind == "word":
            return "rights" if name in RIGHTS else "word"
        if kind == "rule":
            rule = self.rule
            return "usual" if rule is not None and rule.on == "default" else "rule"
        return kind if kind in STEPS else "own"

    @property
    def named(self) -> str:
        return self.found.key.partition(":")[2]

    @property
    def rule(self) -> Rule | None:
        """The rule that answers."""
        if not self.found.key.startswith("rule:"):
            return None
        return next((one for one in self.house.rules.all if one.slug == self.named), None)

    @property
    def name(self) -> str:
        """What people call that which answers."""
        kind = self.took
        if kind in ("rule", "usual"):
            return self.rule_said(self.named)
        if kind in ("rights", "word"):
            return self.word_said(self.named)
        if kind == "intent":
            return self.say("con.rules.comma").join(map(self.intent_said, self.named.split("+")))
        if kind == "clarify":
            return self.say("con.rules.comma").join(map(self.intent_said, self.named.split("|")))
        if kind == "faq":
            return self.house.faq[self.named].questions[0]
        return topic_said(self.named, self.say) if kind == "topic" else ""

    @property
    def answers(self) -> tuple[list[dict[str, Any]], str]:
        """Documents of what is answered, and how many of them are given; none where an act is."""
        given: Sequence[Answer] = ()
        how = "all"
        if (rule := self.rule) is not None:
            given, how = rule.answers, rule.give
        elif self.took == "intent":
            intent = self.house.intents[self.named.partition("+")[0]]
            given, how = intent.answers, intent.give
        elif self.took == "faq":
            entry = self.house.faq[self.named]
            given, how = entry.answers, entry.give
        return [write_answer(one) for one in given], how

    # --- every step ------------------------------------------------------------------------------

    def steps(self) -> list[Step]:
        at = STEPS.index(self.took)
        found = [Step(name, _PASSED, self._not(name)) for name in STEPS[:at]]
        found.append(Step(self.took, _TOOK, self._because()))
        found += [Step(name, _AFTER, self.say("con.try.after")) for name in STEPS[at + 1 :]]
        return found

    def _because(self) -> str:
        say, how = self.say, self.house.clarify
        match self.took:
            case "rule":
                mine = (one for one in self.hits if one.rule.slug == self.named)
                hit = next(one for one in mine if self.fits(one))
                return say(
                    "con.try.yes.rule", rule=self.name, keyword=hit.text,
                    match=say(f"con.rules.match.{hit.match}"), priority=hit.rule.priority,
                )  # fmt: skip
            case "usual":
                priority = self.rule.priority if self.rule else ""
                return say("con.try.yes.usual", rule=self.name, priority=priority)
            case "rights" | "word":
                return say(f"con.try.yes.{self.took}", word=self.name)
            case "intent" if "+" in self.named:
                return say("con.try.yes.two", what=self.name)
            case "intent":
                ahead = self.said.confidence - (self.said.second[1] if self.said.second else 0.0)
                return say(
                    "con.try.yes.intent", intent=self.name, chance=share(self.said.confidence),
                    sure=share(how.sure), lead=share(ahead), gap=share(how.gap),
                )  # fmt: skip
            case "faq":
                hit_of = next(one for one in self.questions if one.slug == self.named)
                return say(
                    "con.try.yes.faq", question=hit_of.question, score=share(hit_of.score),
                    same=share(SAME),
                )  # fmt: skip
            case "clarify":
                return say("con.try.yes.clarify", what=self.name)
            case "topic":
                return say("con.try.yes.topic", topic=self.name)
        return say("con.try.yes.own")

    def _not(self, name: str) -> str:
        """Why a step before the one that took it did not."""
        reasons: dict[str, Callable[[], str]] = {
            "rule": self._no_rule, "word": self._no_word, "intent": self._no_intent,
            "faq": self._no_faq,
        }  # fmt: skip
        return reasons[name]() if name in reasons else self.say(f"con.try.no.{name}")

    def _no_rule(self) -> str:
        if self.hits:
            return self.say("con.try.no.rule_now", count=len(self.hits))
        return self.say("con.try.no.rule")

    def _no_word(self) -> str:
        if self.said.word and yields(self.said, self.house.intents, self.house.clarify):
            return self.say(
                "con.try.no.word_yields", word=self.word_said(self.said.word), **self._likeliest()
            )
        return self.say("con.try.no.word")

    def _no_intent(self) -> str:
        how, said = self.house.clarify, self.said
        state = self.verdict.state
        if state == "sure" and nearer(self.questions, said.confidence) is not None:
            state = "nearer"
        second, other = said.second or ("", 0.0)
        if state == "between" and not second:
            state = "unsure"
        return self.say(
            f"con.try.no.{state}", **self._likeliest(), second=self.intent_said(second),
            other=share(other), sure=share(how.sure), guess=share(how.guess), gap=share(how.gap),
        )  # fmt: skip

    def _no_faq(self) -> str:
        if not self.questions:
            return self.say("con.try.no.faq_none")
        first = self.questions[0]
        return self.say(
            "con.try.no.faq", question=first.question, score=share(first.score), same=share(SAME),
            gap=share(GAP),
        )  # fmt: skip

    def _likeliest(self) -> dict[str, str]:
        return {"intent": self.intent_said(self.said.intent), "chance": share(self.said.confidence)}

    # --- what it is made of ----------------------------------------------------------------------

    @cached_property
    def hits(self) -> list[Entry]:
        """Keywords that fit, whatever the time and the follower."""
        return self.house.rules.hits(self.said.corrected or self.said.plain)

    def fits(self, entry: Entry) -> bool:
        return entry.fits(self.now, self.zone, self.in_segment)

    @cached_property
    def questions(self) -> list[Hit]:
        return self.house.faq.find(self.said.plain)

    @cached_property
    def verdict(self) -> Verdict:
        return decide(self.said, self.house.intents, self.house.clarify)

    def rule_said(self, slug: str) -> str:
        return str(self.house.documents.get(("rule", slug), {}).get("name") or slug)

    def intent_said(self, slug: str) -> str:
        intent = self.house.intents.get(slug)
        if intent is None:
            return self.say("con.try.none") if slug == OUT_OF_SCOPE else slug
        return (intent.english if self.lang == "en" else "") or intent.title or slug

    def word_said(self, word: str) -> str:
        return self.say(f"con.try.is.{word}") if word in WORDS else word


def share(value: float) -> str:
    return f"{100 * value:.0f}%"
