"""对话测试: what a text would be answered, and why. Nothing is sent and nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, render, words, zone_of
from bot.nlp.understanding import understand
from bot.store import segments, talk
from bot.store.talk import DRAFT, LIVE
from bot.talk import live
from bot.talk.live import Talk
from bot.talk.preview import preview
from bot.web.services import services

LONGEST = 500  # characters of a text that is tried
_STEPS = ("rule", "word", "intent", "faq", "clarify", "topic", "default")


@dataclass(frozen=True)
class Tried:
    """What one stage would do with a text, in finished words."""

    stage: str
    step: str
    name: str
    says: str
    why: str
    understood: list[tuple[str, str]]
    hits: list[tuple[str, str, str, str]]  # rule, match, keyword, whether it fits now


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
    found = preview(house, said, now, zone, lambda slug: slug == mine)
    step, _, name = found.key.partition(":")
    understood = [
        (say("con.try.word"), said.word),
        (say("con.try.topics"), "、".join(said.topics)),
        (say("con.try.intent"), f"{said.intent} {said.confidence:.2f}" if said.intent else ""),
    ]
    hits = [
        (
            one.rule.slug,
            one.match,
            one.text,
            say("con.yes" if one.fits(now, zone, lambda slug: slug == mine) else "con.no"),
        )
        for one in house.rules.hits(said.corrected or said.plain)
    ]
    return Tried(
        stage,
        say(f"con.try.step.{step if step in _STEPS else 'default'}"),
        name,
        found.says,
        found.why,
        [(what, value) for what, value in understood if value],
        hits,
    )
