"""The ground truth: what no API tells, for judging what a product has learned.

`export` is who the people are: it depends on the config alone and is the same before, during and
after a run. `offers` is what each received offer did, from the ledger's `offer` records: the true
chances, with and without the message, at the moment of its receipt.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from bot.sandbox.config import SandboxConfig
from bot.sandbox.crowd import personas
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.life import Life, Lives
from bot.sandbox.crowd.offers import TOPICS
from bot.sandbox.crowd.rhythm import hours_into_week

Truth = dict[str, Any]


def export(config: SandboxConfig) -> Iterator[Truth]:
    """One object for each person of the config, in the order of their index."""
    if config.people == "story":
        for index in range(config.followers):
            yield _of_the_story(personas.persona(config.seed, index))
        return
    lives = lives_of(config)
    for index in range(config.followers):
        told = _of_life(lives.of(index))
        if not config.stepped:
            del told["arrives_hours"]  # it depends on the hour at which the platform is started
        yield told


def lives_of(config: SandboxConfig) -> Lives:
    """The people who live under this config."""
    start = config.start_at()
    begins = hours_into_week(start) if start is not None else 0.0
    return Lives(config.seed, config.followers, Habits.of(config.habits), begins)


def _of_life(life: Life) -> Truth:
    """interests: weights that add up to 1; affinity: 0..1 by topic; rates a month; fen."""
    return {
        "kind": "person",
        "openid": life.openid,
        "interests": {topic: round(weight, 4) for topic, weight in life.interests.items()},
        "activity": life.rhythm.name,
        "chattiness": round(life.talks, 4),
        "patience": round(life.patience, 4),
        "attention": round(life.attention, 4),
        "frugality": round(life.frugality, 4),
        "affinity": {
            topic: round(liking, 4) for topic, liking in zip(TOPICS, life.affinity, strict=True)
        },
        "farmer": f"farmer-{life.group}" if life.farms else "",
        "purchases_a_month": round(life.buys, 4),
        "basket_fen": life.basket_fen,
        "arrives_hours": None if math.isinf(life.arrives) else round(life.arrives, 3),
    }


def _of_the_story(who: personas.Persona) -> Truth:
    """A person of a story has one affinity for what is of interest, a share of it for the rest."""
    return {
        "kind": "person",
        "openid": who.openid,
        "interests": {topic: round(weight, 4) for topic, weight in who.interests.items()},
        "chattiness": round(who.chattiness, 4),
        "patience": round(who.patience, 4),
        "affinity": round(who.affinity, 4),
    }


def offers(records: Iterable[Mapping[str, Any]]) -> Iterator[Truth]:
    """Of each received offer: openid, at (ms), via, topic, value, link, and these chances.

    tap                       opens the link
    redeems, redeems_without  redeems a coupon of it; without the message there is none
    buys_with, buys_without   buys within a week
    uplift                    the difference: what the message was worth
    """
    for record in records:
        if record["kind"] == "offer":
            uplift = record["buys_with"] - record["buys_without"]
            yield {**record, "redeems_without": 0.0, "uplift": round(uplift, 5)}


def write(file: TextIO, config: SandboxConfig, records: Iterable[Mapping[str, Any]] = ()) -> int:
    """JSON lines: the people, then their offers. How many lines."""
    lines = 0
    for found in (export(config), offers(records)):
        for one in found:
            file.write(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n")
            lines += 1
    return lines
