"""Who the simulated followers are and what they will do: pure, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.sandbox.crowd import phrases
from bot.sandbox.people import new_openid

FOLLOWS_WITHIN = 0.25  # of the story: everybody has followed
LEAVES_AFTER = 0.35  # of the story: nobody leaves earlier
ENDS_AT = 0.9  # of the story: nothing new after, so that all settles
ACTS_A_SECOND = 120.0  # over all people; many people chat less each
ENDLESS_GAP = 45.0  # seconds between two acts of one endless person, on average


@dataclass(frozen=True)
class Persona:
    """Hidden from every API; a product can only find it out.

    interests   topic -> weight, the strongest first; the weights add up to 1
    chattiness  acts in a story, relative to the mean of 1
    patience    chance to answer what the bot asks
    affinity    chance to tap a link on a topic of one's own, and to use what was claimed
    """

    index: int
    openid: str
    name: str
    interests: dict[str, float]
    chattiness: float
    patience: float
    affinity: float
    scene: str
    leaves: bool
    opts_out: bool

    def likes(self, text: str) -> bool:
        """Does the text name one of the interests?"""
        return any(topic in text for topic in self.interests)


@dataclass(frozen=True)
class Act:
    """at: seconds from the story's begin. kind: what `Acts` can do; detail: its argument."""

    at: float
    kind: str
    detail: str = ""


def persona(seed: int, index: int) -> Persona:
    rng = random.Random(f"{seed}:persona:{index}")
    topics = rng.sample(list(phrases.TOPICS), rng.choice((1, 2, 2, 3)))
    raw = sorted((rng.uniform(0.2, 1.0) for _ in topics), reverse=True)
    weights = [weight / sum(raw) for weight in raw]
    return Persona(
        index=index,
        openid=new_openid(rng),
        name=f"{rng.choice(phrases.NICKNAMES)}{rng.choice(('', '', str(rng.randint(1, 99))))}",
        interests=dict(zip(topics, weights, strict=True)),
        chattiness=rng.lognormvariate(-0.1, 0.5),
        patience=rng.uniform(0.5, 1.0),
        affinity=rng.betavariate(3, 2),
        scene=rng.choice(phrases.SCENES) if rng.random() < 0.4 else "",
        leaves=rng.random() < 0.05,
        opts_out=rng.random() < 0.03,
    )


def script(who: Persona, seed: int, seconds: float, people: int) -> list[Act]:
    """All acts of one person in a story of `seconds`, in order of time."""
    rng = random.Random(f"{seed}:script:{who.index}")
    follows = rng.uniform(0.0, FOLLOWS_WITHIN) * seconds
    ends = ENDS_AT * seconds
    mean = min(6.0, ACTS_A_SECOND * seconds / max(1, people))
    count = max(1, round(mean * who.chattiness))
    acts = [Act(follows, "follow", who.scene)]
    for _ in range(count):
        at = rng.uniform(follows + 0.03 * seconds, ends)
        acts.append(Act(at, *_something(who, rng)))
    if who.opts_out:
        acts.append(Act(rng.uniform(0.5, 0.85) * seconds, "say", rng.choice(phrases.OPT_OUTS)))
    if who.leaves:
        gone = rng.uniform(LEAVES_AFTER, 0.85) * seconds
        acts = [act for act in acts if act.at < gone]
        acts.append(Act(max(gone, follows + 0.05 * seconds), "unfollow"))
    return sorted(acts, key=lambda act: act.at)


def endless(who: Persona, seed: int, spread: float) -> Iterator[Act]:
    """Acts without end; the person follows within `spread` seconds, and follows again if gone."""
    rng = random.Random(f"{seed}:endless:{who.index}")
    at = rng.uniform(0.0, spread)
    yield Act(at, "follow", who.scene)
    while True:
        at += 1.0 + rng.expovariate(who.chattiness / ENDLESS_GAP)
        chance = rng.random()
        if chance < 0.003:
            yield Act(at, "unfollow")
            at += rng.uniform(60, 600)
            yield Act(at, "follow", who.scene)
        elif chance < 0.006:
            yield Act(at, "say", rng.choice(phrases.OPT_OUTS))
        else:
            yield Act(at, *_something(who, rng))


_MIX = (  # what a person does when doing something; the rest is talk about an interest
    (0.05, "say", phrases.GREETINGS),
    (0.08, "say", phrases.COUPONS),
    (0.05, "say", phrases.NONSENSE),
    (0.02, "say", phrases.HELPS),
    (0.03, "say", phrases.THANKS),
    (0.03, "picture", ("",)),
    (0.02, "location", phrases.PLACES),
    (0.06, "click", phrases.MENU_KEYS),
    (0.02, "scan", phrases.SCENES),
)


def _something(who: Persona, rng: random.Random) -> tuple[str, str]:
    chance = rng.random()
    for share, kind, details in _MIX:
        chance -= share
        if chance < 0:
            return kind, rng.choice(details)
    spoken = talk(who.interests, rng)
    return ("voice", spoken) if rng.random() < 0.06 else ("say", spoken)


def talk(interests: Mapping[str, float], rng: random.Random) -> str:
    """A phrase on one of the interests, the stronger the likelier."""
    (topic,) = rng.choices(list(interests), weights=list(interests.values()))
    text = rng.choice(phrases.TOPICS[topic]) + rng.choice(phrases.PARTICLES)
    if len(text) > 6 and rng.random() < 0.05:  # a slip of the thumb: two characters change places
        place = rng.randrange(len(text) - 1)
        text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text
