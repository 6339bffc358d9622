"""Articles and pop-ups: what people do inside WeChat itself, between a message and the web."""

from __future__ import annotations

import random
from contextlib import suppress

from bot.sandbox import articles
from bot.sandbox.acts import Acts
from bot.sandbox.api import subscriptions
from bot.sandbox.articles import Articles, Gone, NoArticle
from bot.sandbox.crowd.life import Life
from bot.sandbox.crowd.offers import read
from bot.sandbox.people import Person
from bot.sandbox.world import World

LIKES, SHARES, GOES_ON = 0.08, 0.05, 0.5  # of readers, times their affinity
ACCEPTS = 0.6  # a subscription, at most


def article_of(world: World, link: str) -> str:
    """The key of an article of this platform; "" for any other address."""
    key = link.removeprefix(f"{articles.address(world)}/s/")
    return key if key != link and key in world.room(Articles).pages else ""


class Readers:
    def __init__(self, world: World, acts: Acts) -> None:
        self._world, self._acts = world, acts

    def follow(self, life: Life, person: Person, link: str, rng: random.Random) -> str:
        """The address that a tap leads to in the end: an article is read here, and then maybe its
        阅读原文. "" where that is all."""
        key = article_of(self._world, link)
        if not key:
            return link
        try:
            article = articles.read(self._world, person.openid, key)
        except (NoArticle, Gone):
            return ""
        now = self._world.clock()
        self._world.ledger.add("read", now, openid=person.openid, article=key)
        liking = life.affinity_to(read(article.title).topic)
        if rng.random() < LIKES * liking:
            articles.like(self._world, person.openid, key)
        if rng.random() < SHARES * liking:
            articles.share(self._world, person.openid, key)
        source = article.fields.get("content_source_url")
        if not source or not (life.farms or rng.random() < GOES_ON + liking / 2):
            return ""
        return articles.open_source(self._world, person.openid, key)

    def answer_popup(
        self, life: Life, person: Person, notices: tuple[str, ...], rng: random.Random
    ) -> None:
        """A page asks whether it may send these notices."""
        if not notices or not person.subscribed:
            return
        yes = life.farms or rng.random() < ACCEPTS * life.attention + ACCEPTS / 4
        with suppress(ValueError):  # the account has no such template: no pop-up
            subscriptions.accept_notice(self._world, self._acts, person, notices[:3], yes)
