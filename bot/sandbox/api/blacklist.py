"""The blacklist (4.10). Who is on it says nothing to the account and hears nothing from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from bot.sandbox.api.people import PAGE
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, ok, texts
from bot.sandbox.people import Person
from bot.sandbox.world import World

AT_ONCE = 20


@dataclass
class Blacklist:
    """Openids in the order they came on it: with the number of their coming, for paging."""

    places: dict[str, int] = field(default_factory=dict)
    came: int = 0

    def add(self, person: Person) -> None:
        if not person.blacklisted:
            person.blacklisted, self.came = True, self.came + 1
            self.places[person.openid] = self.came

    def remove(self, person: Person) -> None:
        person.blacklisted = False
        self.places.pop(person.openid, None)


def _named(world: World, body: Fields) -> list[Person]:
    """40032 none or more than twenty, 49003 someone whom this account never met."""
    people = [world.people.get(openid) for openid in texts(body.get("openid_list"), AT_ONCE)]
    met = [person for person in people if person is not None and person.subscribe_at]
    if len(met) < len(people):
        raise PlatformError(49003)
    return met


@endpoint("POST", "/cgi-bin/tags/members/batchblacklist")
def batch_blacklist(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    for person in _named(desk.world, body):
        desk.world.room(Blacklist).add(person)
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/batchunblacklist")
def batch_unblacklist(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    for person in _named(desk.world, body):
        desk.world.room(Blacklist).remove(person)
    return ok()


@endpoint("POST", "/cgi-bin/tags/members/getblacklist")
def get_blacklist(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A page after `begin_openid`. Past the end: count 0, no `data`, next_openid ""."""
    places = desk.world.room(Blacklist).places
    begin = body.get("begin_openid") or ""
    if not isinstance(begin, str):
        raise PlatformError(40035)
    if begin and begin not in places:
        raise PlatformError(49003)
    after = places[begin] if begin else 0
    rest = (openid for openid, place in places.items() if place > after)
    page = list(islice(rest, PAGE))
    if not page:
        return {"total": len(places), "count": 0, "next_openid": ""}
    return {
        "total": len(places),
        "count": len(page),
        "data": {"openid": page},
        "next_openid": page[-1],
    }
