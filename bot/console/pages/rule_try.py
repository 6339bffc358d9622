"""对话测试: what a text would be answered, and why. Nothing is sent and nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from bot.console.answer_form import in_words
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.rule_choices import things_named, topic_said
from bot.console.rule_form import when_said
from bot.console.shell import Words, language, render, words, zone_of
from bot.console.try_steps import Trial, share
from bot.i18n import t
from bot.nlp.language import language_of
from bot.nlp.understanding import understand
from bot.store import segments, talk
from bot.store.talk import DRAFT, LIVE
from bot.talk import live
from bot.talk.filling import fill
from bot.talk.live import Talk
from bot.talk.preview import preview
from bot.talk.rules_match import Entry
from bot.web.services import services

LONGEST = 500  # characters of a text that is tried


@dataclass(frozen=True)
class Tried:
    """What one stage would do with a text, in finished words."""

    stage: str
    step: str
    name: str
    says: list[str]
    give: str
    steps: list[tuple[str, str, str, str]]  # what, its state, that in words, why
    understood: list[tuple[str, str]]
    # slug, rule, match, keyword, priority, whether it answers now
    hits: list[tuple[str, str, str, str, int, str]]


@page("/a/<slug>/rules-try", Right.LOOK)
def rules_try(slug: str) -> Response:
    """As a follower would meet it who is in the chosen segment and in no dialogue."""
    text = request.args.get("text", "").strip()[:LONGEST]
    of, say = account(), words()
    stages = (LIVE, DRAFT) if talk.has(of.id, DRAFT) else (LIVE,)
    return render(
        "rules_try.html",
        text=text,
        segment=request.args.get("segment", ""),
        segments=segments.of_account(of.id),
        tried=[_tried(stage, text, say) for stage in stages] if text else [],
        may_edit=asker().may(Right.EDIT),
        slug=slug,
    )


def _talk(stage: str) -> Talk:
    of = account()
    now_live = services().talk_of(of.id)
    return now_live if stage == LIVE else live.load(of.id, stage, now_live)


def _tried(stage: str, text: str, say: Words) -> Tried:
    of, now, mine = account(), asker().now, request.args.get("segment", "")
    house, zone = _talk(stage), zone_of(of)
    said = understand(text, house.words, house.model, now=now, zone=zone)

    def in_segment(slug: str) -> bool:
        return slug == mine

    found = preview(house, said, now, zone, in_segment)
    trial = Trial(house, said, found, now, zone, in_segment, say, language())
    answers, give = trial.answers
    things = things_named()
    return Tried(
        stage,
        say(f"con.try.step.{trial.took}"),
        trial.name,
        [in_words(_as_said(one, trial), say, things) for one in answers],
        say(f"con.rules.give.{give}") if len(answers) > 1 else "",
        [
            (say(f"con.try.step.{one.name}"), one.state, say(f"con.try.state.{one.state}"), one.why)
            for one in trial.steps()
        ],
        _understood(trial, say),
        [_hit(one, trial, things, say) for one in trial.hits],
    )


def _as_said(answer: Mapping[str, Any], trial: Trial) -> Mapping[str, Any]:
    """A text with what the shop has set and what was said now in the place of its variables; what
    only a follower has (a name, points) stands as its default."""
    if "text" not in answer:
        return answer
    said, house = trial.said, trial.house
    named = {f"entity.{one.kind}": str(one.value or one.text) for one in reversed(said.entities)}
    now = trial.now.astimezone(trial.zone)
    named["date"] = t("say.date", language_of(said.plain) or "zh", month=now.month, day=now.day)
    named["time"] = f"{now:%H:%M}"
    facts = {"you": house.tone.honorific, **house.shop}
    return {**answer, "text": fill(str(answer["text"]), named, facts)}


def _understood(trial: Trial, say: Words) -> list[tuple[str, str]]:
    said = trial.said
    second = said.second or ("", 0.0)
    found = [
        (say("con.try.corrected"), said.corrected),
        (say("con.try.word"), trial.word_said(said.word)),
        (
            say("con.try.topics"),
            say("con.rules.comma").join(topic_said(one, say) for one in said.topics),
        ),
        (say("con.try.intent"), _odds(trial, said.intent, said.confidence)),
        (say("con.try.second"), _odds(trial, *second)),
    ]
    return [(what, value) for what, value in found if value]


def _odds(trial: Trial, intent: str, chance: float) -> str:
    return f"{trial.intent_said(intent)} {share(chance)}" if intent else ""


def _hit(
    one: Entry, trial: Trial, things: dict[tuple[str, str], str], say: Words
) -> tuple[str, str, str, str, int, str]:
    rule, document = one.rule, trial.house.documents.get(("rule", one.rule.slug), {})
    fits = say("con.try.now")
    if not rule.times.hold(trial.now, trial.zone):
        fits = say("con.try.not_now", when=when_said(document, say, trial.zone))
    elif rule.segment and not trial.in_segment(rule.segment):
        segment = things.get(("segment", rule.segment), rule.segment)
        fits = say("con.try.not_segment", segment=segment)
    match = say(f"con.rules.match.{one.match}")
    return rule.slug, trial.rule_said(rule.slug), match, one.text, rule.priority, fits
