"""What a set of documents and a model would answer to a text, without answering. Pure.

This is the decision of the handlers for somebody whom no dialogue and no person holds; a test
keeps the two alike. Replays and trials compare two sets by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.nlp.understanding import understand
from bot.talk.answers import Answer
from bot.talk.deciding import decide, yields
from bot.talk.faq import nearer, same
from bot.talk.live import Talk
from bot.talk.rules_match import InSegment
from bot.talk.twofold import two_questions
from bot.values.audience import Understanding
from bot.values.replies import MenuReply, TextReply

RIGHTS = ("opt_out", "opt_in", "erase", "erase_confirm")


@dataclass(frozen=True, slots=True)
class Preview:
    """`key` names the decision: rule:tea, word:coupon, intent:hours, intent:hours+wifi (both are
    asked), faq:wifi, clarify:a|b, topic:咖啡, default. `says`: the first words of the answer, ""
    where an act answers."""

    key: str
    why: str
    says: str = ""


def preview(
    talk: Talk, said: Understanding, now: datetime, zone: ZoneInfo, in_segment: InSegment
) -> Preview:
    """The first step that takes the text."""
    if said.word in RIGHTS:
        return Preview(f"word:{said.word}", "a right")
    rule = talk.rules.match(said.corrected or said.plain, now, zone, in_segment)
    if rule is not None:
        return Preview(f"rule:{rule.rule.slug}", rule.why, _says(rule.rule.answers))
    if said.word and not yields(said, talk.intents, talk.clarify):
        return Preview(f"word:{said.word}", "a command")
    verdict = decide(said, talk.intents, talk.clarify)
    hits = talk.faq.find(said.plain)
    both = _two_questions(talk, said, now, zone)
    if both is not None and nearer(hits, said.confidence) is None:
        return both
    if verdict.intent is not None and nearer(hits, said.confidence) is None:
        intent = verdict.intent
        return Preview(f"intent:{intent.slug}", verdict.why, _says(intent.answers))
    hit = same(hits)
    if hit is not None:
        answers = talk.faq[hit.slug].answers
        return Preview(f"faq:{hit.slug}", f"like “{hit.question}” {hit.score:.2f}", _says(answers))
    if verdict.choices:
        between = "|".join(one.slug for one in verdict.choices)
        return Preview(f"clarify:{between}", verdict.why)
    if said.topics:
        topic = max(said.topics, key=lambda name: (said.topics[name], name))
        return Preview(f"topic:{topic}", f"topic {topic}")
    usual = talk.rules.default(now, zone, in_segment)
    if usual is not None:
        return Preview(f"rule:{usual.rule.slug}", usual.why, _says(usual.rule.answers))
    return Preview("default", verdict.why)


def _two_questions(
    talk: Talk, said: Understanding, now: datetime, zone: ZoneInfo
) -> Preview | None:
    def alone(text: str) -> Understanding:
        return understand(text, talk.words, talk.model, now=now, zone=zone)

    both = two_questions(said, alone, talk.intents, talk.clarify)
    if both is None:
        return None
    why = " and ".join(f"{one.intent} {one.confidence:.2f}" for one in both)
    key = "+".join(one.intent for one in both)
    says = _says(talk.intents[both[0].intent].answers)
    return Preview(f"intent:{key}", f"two questions: {why}", says)


def _says(answers: Sequence[Answer]) -> str:
    for answer in answers:
        match answer.reply:
            case TextReply(text):
                return text
            case MenuReply(head=head):
                return head
        return f"({answer.kind})"
    return ""
