"""Whose row it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.store import imports as store


class Person(NamedTuple):
    """What a row says of who it is about; the first that is given decides."""

    follower: int | None = None
    openid: str | None = None
    unionid: str | None = None
    phone: str | None = None
    customer: str | None = None

    @property
    def named(self) -> bool:
        return any(value is not None for value in self)


class Found(NamedTuple):
    """Follower ids in the order asked for, None: nobody known; and who was made for it.

    In a dry run the made have no number yet: they are told apart by a negative one.
    """

    ids: list[int | None]
    made: set[int]


def find_people(account_id: int, people: Sequence[Person], now: datetime) -> Found:
    """The followers, made where an openid is new; in a transaction of the caller's."""
    openids = list({p.openid: None for p in people if p.follower is None and p.openid})
    ids, made = store.ensure_followers(account_id, openids, now)
    found = Found(_resolved(account_id, people, ids), set(made))
    store.learn_unionids(
        {
            who: person.unionid
            for who, person in zip(found.ids, people, strict=True)
            if who is not None and person.unionid and person.openid
        }
    )
    return found


def seek_people(account_id: int, people: Sequence[Person], would_be: dict[str, int]) -> Found:
    """The same without writing. `would_be` remembers between calls whom an import would make."""
    openids = list({p.openid: None for p in people if p.follower is None and p.openid})
    ids = store.followers_with(account_id, openids)
    made = set()
    for openid in openids:
        if openid not in ids:
            if openid not in would_be:
                would_be[openid] = -len(would_be) - 1
                made.add(would_be[openid])
            ids[openid] = would_be[openid]
    return Found(_resolved(account_id, people, ids), made)


def _resolved(
    account_id: int, people: Sequence[Person], by_openid: dict[str, int]
) -> list[int | None]:
    numbers = store.of_account(account_id, {p.follower for p in people if p.follower})
    unionids = {p.unionid for p in people if p.unionid and not p.openid and p.follower is None}
    by_unionid = store.with_unionid(account_id, sorted(unionids))
    found: list[int | None] = []
    for person in people:
        if person.follower is not None:
            found.append(person.follower if person.follower in numbers else None)
        elif person.openid:
            found.append(by_openid.get(person.openid))
        elif person.unionid:
            found.append(by_unionid.get(person.unionid))
        else:
            found.append(find_person(account_id, person))
    return found


def find_person(account_id: int, person: Person) -> int | None:
    """By telephone or customer number: nobody, until identities of other systems are kept.

    The seam for that: whatever joins them to a follower answers here.
    """
    return None
