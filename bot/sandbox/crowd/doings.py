"""What living people do with the account by themselves, and when it asks them something."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import partial

from bot.sandbox.acts import AccountClosed, Acts, NotFollowing
from bot.sandbox.crowd import speech
from bot.sandbox.crowd.customers import Around, Customers
from bot.sandbox.crowd.life import Life, Lives
from bot.sandbox.crowd.population import chosen_option
from bot.sandbox.crowd.reactions import SECOND, Reaction
from bot.sandbox.menus import menu_for
from bot.sandbox.people import Bubble, Person
from bot.sandbox.qrcodes import Codes
from bot.sandbox.world import World

ANSWERS = 0.6  # a welcome's question, a message menu: at most, of those who pay attention
BY_CODE = 0.4  # share of those who come that scan a code
SOURCES = ("ADD_SCENE_SEARCH",) * 3 + ("ADD_SCENE_PROFILE_CARD",) * 2 + ("ADD_SCENE_OTHERS",)


class Doings:
    def __init__(
        self, world: World, acts: Acts, lives: Lives, customers: Customers, town: Around
    ) -> None:
        self._world, self._acts, self._lives = world, acts, lives
        self._customers, self._town = customers, town

    # --- by themselves -----------------------------------------------------------------------

    def follow(self, person: Person, rng: random.Random, by_code: float = BY_CODE) -> None:
        """By one of the account's QR codes, where it has some; else some other way."""
        scene = self._scene(rng) if rng.random() < by_code else ""
        with suppress(AccountClosed):  # by hand, meanwhile
            self._acts.follow(person, scene, source=rng.choice(SOURCES))

    def scan(self, person: Person, rng: random.Random) -> None:
        if scene := self._scene(rng):
            self._acts.scan(person, scene)

    def _scene(self, rng: random.Random) -> str:
        """Of one of the codes that still hold; "" where there is none."""
        now, codes = self._world.clock(), self._world.room(Codes).by_scene
        with self._world.lock:
            holds = sorted(c.scene for c in codes.values() if c.until is None or c.until > now)
        return rng.choice(holds) if holds else ""

    def speak(self, life: Life, person: Person, rng: random.Random, count: int) -> None:
        """Says something, and more of it soon."""
        if not person.subscribed:
            return
        kind, detail = speech.something(life, rng)
        if kind == "voice":
            self._acts.send_voice(person, detail)
        elif kind == "picture":
            self._acts.send_picture(person)
        elif kind == "location":
            self._acts.send_location(person, detail, rng)
        else:
            self._acts.say(person, detail)
        if count > 1:
            more = partial(self.speak, life, person, rng, count - 1)
            self._town.later(rng.uniform(15, 90) * SECOND, more)

    def use_menu(self, life: Life, person: Person, rng: random.Random) -> None:
        """Only what the account's menu has; without one nothing happens."""
        buttons = speech.buttons(menu_for(self._world, person))
        if not buttons:
            return
        kind, detail = rng.choice(buttons)
        if kind == "click":
            self._acts.click(person, detail)
            return
        self._acts.view(person, detail)
        self._customers.tap(life, person, Reaction("tap", 0.0, detail), rng)

    # --- when asked --------------------------------------------------------------------------

    def answer(self, life: Life, person: Person, bubble: Bubble, nth: int) -> None:
        """Says the chosen option of a welcome, or taps an item of a message menu; or does not."""
        rng = self._lives.draws.rng(b"answer", life.index, nth)
        if life.farms or rng.random() >= ANSWERS * life.attention:
            return
        if bubble.items:
            liked = [item for item in bubble.items if any(t in item[1] for t in life.interests)]
            menu_id, words = rng.choice(liked or bubble.items)
        else:
            menu_id, words = "", chosen_option(bubble.text, life, rng)
        if words:
            say = partial(self._say, person, words, menu_id)
            self._town.later(rng.uniform(4, 40) * SECOND, say)

    def _say(self, person: Person, words: str, menu_id: str) -> None:
        with suppress(NotFollowing):
            self._acts.say(person, words, menu_id)
