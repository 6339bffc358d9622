"""Who has chatted last, and who is meant by a few letters: nobody sorts everybody each second."""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice

from bot.sandbox.people import ME, Bubble, Person
from bot.sandbox.world import World

KEPT = 100
UNLISTED = frozenset({"oPlatformPushAccount00000001"})  # not a person: 微信团队


class Recent:
    """Listens to the world from now on; whoever chatted before is looked up once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._last: OrderedDict[str, None] = OrderedDict()
        with world.lock:
            met = (person for person in world.people.values() if person.chat)
            newest = heapq.nlargest(KEPT, met, key=lambda person: person.chat[-1].at)
            for person in reversed(newest):
                self._last[person.openid] = None
            world.listeners.append(self._heard)

    def _heard(self, person: Person, _bubble: Bubble) -> None:
        with self._lock:
            self._last[person.openid] = None
            self._last.move_to_end(person.openid)
            if len(self._last) > KEPT:
                self._last.popitem(last=False)

    def people(self, most: int) -> list[Person]:
        """The human first, then who has chatted last."""
        with self._lock:
            openids = [openid for openid in reversed(self._last) if openid != ME]
        known = self._world.people
        found = (known[openid] for openid in openids if openid not in UNLISTED)
        return [self._world.person(ME), *islice(found, most)]

    def search(self, words: str, most: int) -> list[Person]:
        """By name, remark or openid, the earliest first. Hold the world's lock."""
        return list(islice(self._matching(words.casefold()), most))

    def _matching(self, words: str) -> Iterator[Person]:
        for person in self._world.people.values():
            if person.openid in UNLISTED:
                continue
            openid, named = person.openid.casefold(), f"{person.name}\n{person.remark}".casefold()
            # Two letters stand somewhere in most openids.
            if words in named or words == openid or (len(words) > 3 and words in openid):
                yield person
