"""Whose row it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bot.profile import identity, persons
from bot.store import identities
from bot.store import imports as store
from bot.store.identity_joins import Contradiction, Edge
from bot.store.imports import NONE, Sealed
from bot.values.identity import Key, Kind, Named, phone_number


class Person(NamedTuple):
    """What a row says of who it is about; the first that is given decides, the rest is evidence."""

    follower: int | None = None
    openid: str | None = None
    unionid: str | None = None
    phone: str | None = None
    customer: str | None = None

    @property
    def named(self) -> bool:
        return any(value is not None for value in self)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Names that other systems gave, the strongest first."""
        if self.unionid is None and self.phone is None and self.customer is None:
            return ()
        phone = phone_number(self.phone) if self.phone else None
        told = (
            (Kind.UNIONID, self.unionid), (Kind.CUSTOMER, self.customer), (Kind.PHONE, phone),
        )  # fmt: skip
        return tuple(Key(kind, value) for kind, value in told if value)


class Found(NamedTuple):
    """Follower ids in the order asked for, and who was made for it.

    ids         None: nobody known yet, or the row names nobody
    identities  by which identity the row's events come; None: the follower's own name, or nobody
    proved      joins that the rows made, and contradictions that they told; of a dry run none
    In a dry run what would be made has no number yet: it is told apart by a negative one.
    """

    ids: list[int | None]
    made: set[int]
    identities: list[int | None]
    proved: Sequence[Edge | Contradiction] = ()

    @property
    def joined(self) -> list[Edge]:
        return [one for one in self.proved if isinstance(one, Edge)]


def find_people(
    account_id: int,
    people: Sequence[Person],
    now: datetime,
    evidence: Sequence[str] = (),
    sealed: Mapping[str, Sealed] = NONE,
) -> Found:
    """The followers, made where an openid is new, and the identities of who is known by other
    names; what one row names together is joined. In a transaction of the caller's.

    evidence  what names each row: kept as the ground of a join
    sealed    openids that were hashed and sealed beforehand
    """
    keys = [person.keys for person in people]
    if any(keys):
        identities.hold(account_id)  # before any follower is touched: everybody takes them so
    openids = list({p.openid: None for p in people if p.follower is None and p.openid})
    ids, made = store.ensure_followers(account_id, openids, now, sealed)
    followers = _followers(account_id, people, ids)
    proved: list[Edge | Contradiction] = []
    _learn_unionids(account_id, people, followers, now, proved)
    grounds = evidence or [""] * len(people)
    named = {
        place: Named(followers[place], keys[place], grounds[place])
        for place, person in enumerate(people)
        if keys[place] and not (followers[place] is None and _own(person))
    }
    whose = persons.whose(account_id, list(named.values()), now, proved)
    found = dict(zip(named, whose, strict=True))
    return Found(
        [found[n].follower if n in found else who for n, who in enumerate(followers)],
        set(made),
        [found[n].identity if n in found else None for n in range(len(people))],
        proved,
    )


def seek_people(account_id: int, people: Sequence[Person], would_be: dict[str | Key, int]) -> Found:
    """The same without writing. `would_be` remembers between calls whom an import would make."""
    openids = list({p.openid: None for p in people if p.follower is None and p.openid})
    ids = store.followers_with(account_id, openids)
    made = {_would_be(openid, would_be) for openid in openids if openid not in ids} - {0}
    ids |= {openid: would_be[openid] for openid in openids if openid not in ids}
    followers = _followers(account_id, people, ids)
    places = [n for n, who in enumerate(followers) if who is None and not _own(people[n])]
    named = {n: Named(None, people[n].keys) for n in places if people[n].keys}
    sought = dict(zip(named, persons.seek(account_id, list(named.values())), strict=True))
    names: list[int | None] = [None] * len(people)
    for n, found in sought.items():
        if found is not None:
            followers[n], names[n] = found
        else:
            key = named[n].keys[0]
            names[n] = would_be.setdefault(key, -len(would_be) - 1)
    return Found(followers, made, names)


def _would_be(openid: str, would_be: dict[str | Key, int]) -> int:
    """The number of somebody who would be made; 0 where they were counted before."""
    if openid in would_be:
        return 0
    would_be[openid] = -len(would_be) - 1
    return would_be[openid]


def _own(person: Person) -> bool:
    """Whether the row names a follower of ours, by number or openid."""
    return person.follower is not None or bool(person.openid)


def _followers(
    account_id: int, people: Sequence[Person], by_openid: dict[str, int]
) -> list[int | None]:
    """Followers whom rows name by number or openid; None: nobody, or no such name."""
    numbers = store.of_account(account_id, {p.follower for p in people if p.follower})
    found: list[int | None] = []
    for person in people:
        if person.follower is not None:
            found.append(person.follower if person.follower in numbers else None)
        else:
            found.append(by_openid.get(person.openid) if person.openid else None)
    return found


def _learn_unionids(
    account_id: int,
    people: Sequence[Person],
    followers: Sequence[int | None],
    now: datetime,
    proved: list[Edge | Contradiction],
) -> None:
    told = {
        who: person.unionid
        for who, person in zip(followers, people, strict=True)
        if who is not None and person.unionid and person.openid
    }
    if told:
        store.learn_unionids(told)
        identity.platform_told(account_id, told, now, proved)
