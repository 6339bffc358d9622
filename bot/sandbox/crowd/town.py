"""Living followers at work (`people = "life"`): they come, talk, buy, react, tire and leave.

Chance is drawn from (seed, person, what, how manyth): on virtual time the same seed against the
same program gives the same life. A person costs one waiting entry at most (agenda), and what is
set off by a message; whoever reacts to nothing costs nothing but the reading.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from bot.sandbox.acts import Acts, NotFollowing
from bot.sandbox.crowd import fatigue, speech
from bot.sandbox.crowd.agenda import Agenda
from bot.sandbox.crowd.customers import Customers
from bot.sandbox.crowd.doings import Doings
from bot.sandbox.crowd.ending import Ending
from bot.sandbox.crowd.errands import Errands, Web
from bot.sandbox.crowd.fatigue import FINE, LEFT, SILENT
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.crowd.life import Life, Lives
from bot.sandbox.crowd.population import BUSY, HOLD_BACK
from bot.sandbox.crowd.reactions import Reaction, Reactions
from bot.sandbox.crowd.readers import Readers
from bot.sandbox.crowd.rhythm import hours_into_week
from bot.sandbox.crowd.table import NEVER, Table
from bot.sandbox.people import Bubble, Person
from bot.sandbox.pusher import Pusher
from bot.sandbox.statistics import Statistics
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

MONTH_HOURS = 720.0
FAR = 24 * 365 * 5  # hours: what comes later never comes
RETURNS = 0.1  # share of those who left that follow again, weeks later
RETURN_HOURS = 20 * 24.0


class Town(Ending):
    """`start` begins; `stop` ends all new acts; `drain` waits for those under way."""

    def __init__(
        self,
        world: World,
        acts: Acts,
        pusher: Pusher,
        timeline: Timeline | SteppedTimeline,
        web: Web | None = None,
    ) -> None:
        config = world.config
        super().__init__(timeline, Errands(world, web))
        self._world, self._acts, self._pusher = world, acts, pusher
        self._config, self._habits = config, Habits.of(config.habits)
        self._start = config.start_at() or world.clock()
        self._begins = hours_into_week(self._start)
        self.lives = Lives(config.seed, config.followers, self._habits, self._begins)
        self.table = Table(config.followers)
        self._reactions = Reactions(self.lives, self.table, self._begins)
        self._customers = Customers(world, self._errands, Readers(world, acts), self.table, self)
        self._doings = Doings(world, acts, self.lives, self._customers, self)
        self._agenda = Agenda()
        self._index: dict[str, int] = {}
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}  # equal interests, once in memory
        self._friends = deque(self.lives.reserved())
        self._began: float | None = None
        self._received: Counter[str] = Counter()  # messages by channel
        self._ends: Counter[str] = Counter()

    # --- time --------------------------------------------------------------------------------

    def hours(self) -> float:
        """Hours of their life since the start."""
        if self._began is None:
            return 0.0
        if self._config.stepped:
            passed = (self._world.clock() - self._start).total_seconds()
        else:
            passed = time.monotonic() - self._began
        return passed * self._config.time_scale / 3600

    def week_hour(self) -> float:
        """Of their life: hours since a Monday, 0:00."""
        return self._begins + self.hours()

    def later(self, hours: float, do: Callable[[], None]) -> None:
        """After so many hours of their life, unless the town has stopped by then."""
        if not self._stopped:
            seconds = max(0.0, hours) * 3600 / self._config.time_scale
            self._timeline.later(seconds, partial(self._unless_stopped, do))

    def _unless_stopped(self, do: Callable[[], None]) -> None:
        if self._stopped:
            return
        if self._pusher.backlog > BUSY:
            self._timeline.later(HOLD_BACK, partial(self._unless_stopped, do))
            return
        do()

    # --- the beginning -----------------------------------------------------------------------

    def start(self) -> None:
        """Brings in who follows since before, in their order; plans the others' coming."""
        if self._stopped:
            return
        for at, index in sorted(
            (self.lives.arrives(index), index) for index in range(self._config.followers)
        ):
            life = self.lives.of(index)
            self.table.learn(life)
            if at < 0:
                self._settle(life)
            elif at < FAR:
                self._put(index, at)
        self._world.listeners.append(self._notice)
        self._began = time.monotonic()
        self._timeline.start()
        self._each_hour()
        if self._config.seconds is not None:
            self.later(self._config.seconds / 3600, self.stop)

    def _person(self, life: Life) -> Person:
        person = self._world.person(life.openid, life.name)
        liked = tuple(life.interests)
        person.interests = self._known.setdefault(liked, liked)
        self._index[person.openid] = life.index
        return person

    def _settle(self, life: Life) -> None:
        """Follows since before the start: nobody was told."""
        world, person = self._world, self._person(life)
        with world.lock:
            if person.subscribe_at is None:
                world.followers.append(person.openid)
            person.subscribed = True
            person.subscribe_at = since = self._start + timedelta(hours=life.arrives)
            world.room(Statistics).followed(person, since)
        self._plan(life)

    # --- acts of one's own -------------------------------------------------------------------

    def _each_hour(self) -> None:
        now = self.hours()
        for at, index in self._agenda.take():
            self.later(at - now, partial(self._wake, index, at))
        self.later(self._agenda.hour + 1 - now, self._each_hour)

    def _plan(self, life: Life) -> None:
        """When the person acts next: as often as wished, in the hours of the person's rhythm."""
        rate = sum(speech.wishes(life, self._habits.leavers_a_month).values())
        if rate <= 0:
            return
        nth = self.table.woken[life.index]
        chance, _ = self.lives.draws.two(b"next", life.index, nth)
        now = self.week_hour()
        wait = -math.log(1.0 - chance) * MONTH_HOURS / rate
        self._put(life.index, life.rhythm.after(now, wait) - self._begins)

    def _put(self, index: int, at: float) -> None:
        """The one entry of this person; any earlier one is void."""
        self.table.next_at[index] = at
        if at < FAR and not self._agenda.put(index, at):
            self.later(at - self.hours(), partial(self._wake, index, at))

    def _wake(self, index: int, at: float) -> None:
        if self.table.next_at[index] != at:
            return
        life, table = self.lives.of(index), self.table
        table.woken[index] += 1
        rng = self.lives.draws.rng(b"wake", index, table.woken[index])
        person = self._person(life)
        if table.mood[index] == SILENT:
            return
        if person.subscribed:
            with suppress(NotFollowing):
                self._act(life, person, rng)
        elif person.subscribe_at is None or table.mood[index] == LEFT:
            table.mood[index], table.fatigue[index] = FINE, 0.0
            self._doings.follow(person, rng)
        if person.subscribed:
            self._plan(life)

    def _act(self, life: Life, person: Person, rng: random.Random) -> None:
        wishes = speech.wishes(life, self._habits.leavers_a_month)
        (wish,) = rng.choices(list(wishes), list(wishes.values()))
        if wish == "message":
            self._doings.speak(life, person, rng, speech.session(rng))
        elif wish == "purchase":
            self._customers.buy(life, rng)
        elif wish == "menu":
            self._doings.use_menu(life, person, rng)
        elif wish == "scan":
            self._doings.scan(person, rng)
        else:
            self._leave(life.index, person)

    def _leave(self, index: int, person: Person) -> None:
        if not self._acts.unfollow(person):
            return
        self.table.mood[index], self.table.next_at[index] = LEFT, NEVER
        returns, when = self.lives.draws.two(b"returns", index, self.table.woken[index])
        if returns < RETURNS:
            self._put(index, self.hours() + RETURN_HOURS * (0.2 - math.log(1.0 - when)))

    def bring_a_friend(self, rng: random.Random) -> None:
        """Somebody tells of the account and shows its QR code; whoever is told follows by it."""
        if self._friends:
            life = self.lives.of(self._friends.popleft())
            self.later(rng.uniform(0.05, 30), partial(self._befriended, life, rng))

    def _befriended(self, life: Life, rng: random.Random) -> None:
        self._doings.follow(self._person(life), rng, by_code=1.0)
        self._plan(life)

    # --- what reaches a phone ----------------------------------------------------------------

    def _notice(self, person: Person, bubble: Bubble) -> None:
        if bubble.side != "account" or self._stopped:
            return
        index = self._index.get(person.openid)
        if index is None:
            return
        self._received[bubble.via] += 1
        mood = self.table.mood[index]
        heard = self._reactions.receive(index, bubble.via, bubble.text, bubble.url, self.hours())
        if heard is None:
            return
        now = self._world.clock()
        if heard.chances is not None and self._habits.note_offers:
            self._customers.note(person.openid, bubble.via, heard.offer, heard.chances)
        if heard.end != FINE and heard.end != mood:
            end = fatigue.NAMES[heard.end]
            self._ends[end] += 1
            self._world.ledger.add("tired", now, openid=person.openid, end=end)
        for reaction in heard.reactions:
            self.later(reaction.after, partial(self._react, index, person, reaction))
        if bubble.answers == "subscribe" or bubble.items:
            nth = self.table.received[index]
            self._doings.answer(self.lives.of(index), person, bubble, nth)

    def _react(self, index: int, person: Person, reaction: Reaction) -> None:
        life = self.lives.of(index)
        if reaction.kind == "tap":
            rng = self.lives.draws.rng(b"visit", index, reaction.nth)
            self._customers.tap(life, person, reaction, rng)
        elif reaction.kind == "unfollow":
            self._leave(index, person)
        else:
            with suppress(NotFollowing):
                self._acts.say(person, reaction.detail)

    # --- the end -----------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """How far they are, and how the people stand to the account."""
        moods = Counter(self.table.mood)
        return {
            "people": self._config.followers,
            "began": self._began is not None,
            "elapsed": round(self.hours() * 3600, 1),
            "seconds": self._config.seconds,
            "ended": self._stopped,
            "received": dict(sorted(self._received.items())),
            "redeemed": self._errands.redeemed,
            "tired": dict(sorted(self._ends.items())),
            "moods": {name: moods[mood] for mood, name in enumerate(fatigue.NAMES)},
        }
