"""相似人群: a model of who is like a segment's members, everybody scored, and a segment of it."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.learning import alike, scoring
from bot.segment.catalogue import define
from bot.store import segments

AT_LEAST = 0.9  # more like the members than nine of ten others are


def run(desk: Desk) -> dict[str, Any]:
    """asked: {segment: slug, author}. {segment, model, seeds, scored}: the new segment's slug."""
    account_id, asked = desk.task.account_id, desk.task.asked
    tell = steady(desk)

    def said(step: str, done: int, total: int) -> None:
        tell(done, total)

    kept = alike.learn(account_id, asked["segment"], desk.now(), progress=said)
    scored = scoring.score(account_id, kept.slug, desk.now(), said)
    of = segments.by_slug(account_id, asked["segment"])
    rule = {"all": [{"model": kept.slug, "at_least": AT_LEAST}, {"not": {"segment": of.slug}}]}
    name = f"与“{of.name}”相似"[:64]
    made = define(account_id, kept.slug, name, rule, desk.now(), author=asked["author"])
    return {
        "segment": made.slug, "of": of.slug, "model": kept.slug,
        "seeds": kept.metrics["seeds"], "scored": scored.followers,
    }  # fmt: skip
