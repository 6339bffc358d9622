"""Whose a report is, by whatever names it says so, and what its names prove about each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.profile.parties import Parties
from bot.store import identities
from bot.store import identity_joins as joins
from bot.store.identity_joins import Contradiction, Edge
from bot.values.identity import Key, Kind, Member, Named, Whose, Why


def whose(
    account_id: int,
    named: Sequence[Named],
    now: datetime,
    proved: list[Edge | Contradiction] | None = None,
) -> list[Whose]:
    """Whose each report is, in a transaction of the caller's that writes the events, too.

    Names that nobody had are kept, and names of one report are joined where they may be: a few
    statements for the whole batch, however long it is.

    proved  takes up the joins and contradictions, for who counts them
    """
    keys = dict.fromkeys(key for one in named for key in _needed(one))  # in the order told
    if not keys:
        return [Whose(one.follower, None) for one in named]
    identities.hold(account_id)
    known = identities.found(account_id, list(keys))
    told = identities.of_unionids(account_id, keys.keys() - known.keys())
    new = [key for key in keys if key not in known and key not in told]
    fresh = identities.make(account_id, new, now)
    known |= fresh
    open_ = [one for one in named if _says_more(one, known, told)]
    parties = _joined(account_id, open_, known, told, fresh.values(), now) if open_ else None
    if parties and proved is not None:
        proved += [*parties.edges, *parties.contradictions]
    return [_whose(one, known, told, parties) for one in named]


def _joined(
    account_id: int,
    named: Sequence[Named],
    known: dict[Key, Member],
    told: dict[Key, int],
    fresh: Collection[Member],
    now: datetime,
) -> Parties:
    """The parties after what these reports prove, and written so."""
    members = {known[key] for one in named for key in _needed(one) if key in known}
    ids = {one.follower for one in named if one.follower is not None} | set(told.values())
    parties = parties_of(account_id, members, ids, {one.id for one in fresh})
    for one in named:
        _evidence(parties, one, known, told)
    write(account_id, parties, now)
    return parties


def _says_more(one: Named, known: dict[Key, Member], told: dict[Key, int]) -> bool:
    """Whether some of its names are not known to be one person's: most reports say it again."""
    names = _needed(one)
    if len(names) + (one.follower is not None) < 2:
        return False
    members = [known[key] for key in names if key in known]
    people = {member.follower for member in members} | {told[key] for key in names if key in told}
    if one.follower is not None:
        people.add(one.follower)
    if len(people) > 1 or people != {None}:
        return len(people) > 1
    return len({member.contact or -member.id for member in members}) > 1


def seek(account_id: int, named: Sequence[Named]) -> list[Whose | None]:
    """The same without writing anything; None: nobody has this name yet."""
    keys = {one.keys[0] for one in named if one.follower is None and one.keys}
    known = identities.found(account_id, keys)
    told = identities.of_unionids(account_id, keys - known.keys())
    return [
        _whose(one, known, told, None)
        if one.follower is not None or one.keys[0] in known or one.keys[0] in told
        else None
        for one in named
    ]


def same_contact(account_id: int, one: int | None, two: int | None) -> bool:
    """Whether two identities that wait are one person's."""
    found = {m.contact or m.id for m in identities.by_ids(account_id, {one or 0, two or 0})}
    return one is not None and two is not None and len(found) == 1


def _needed(one: Named) -> tuple[Key, ...]:
    """A web visitor is joined by a tracked link only: beside another name he says nothing."""
    first = one.keys[:1] if one.follower is None else ()
    return (*first, *(key for key in one.keys if key.kind is not Kind.VISITOR))


def _whose(
    one: Named, known: dict[Key, Member], told: dict[Key, int], parties: Parties | None
) -> Whose:
    if one.follower is not None:
        return Whose(one.follower, None)
    member = known.get(one.keys[0])
    if member is None:
        return Whose(told[one.keys[0]], None)
    party = parties.of(member.id) if parties else None
    return Whose(party.follower if party else member.follower, member.id)


def _evidence(parties: Parties, one: Named, known: dict[Key, Member], told: dict[Key, int]) -> None:
    """Join what one report names together: each weaker name to the one that decides."""
    names = list(_needed(one))
    follower, other = one.follower, None
    if follower is None:
        decides = names.pop(0)
        if decides in known:
            other = known[decides].id
        else:
            follower = told[decides]
    if follower is not None and not parties.knows(follower):
        return
    for key in dict.fromkeys(names):
        if key in known and known[key].id != other:
            parties.join(known[key].id, Why.TOLD_TOGETHER, one.evidence, other, follower)


def parties_of(
    account_id: int,
    members: Collection[Member],
    follower_ids: Collection[int],
    fresh: Collection[int] = (),
) -> Parties:
    """The parties of these, whole, and what is known against joining them."""
    contacts = {one.contact for one in members if one.contact is not None}
    people = {one.follower for one in members if one.follower is not None} | set(follower_ids)
    whole = {one.id: one for one in members}
    for one in (
        *identities.of_contacts(account_id, contacts),
        *identities.of_followers(account_id, people),
    ):
        whole[one.id] = one
    old = whole.keys() - set(fresh)
    return Parties(
        whole.values(),
        identities.unionids_of(account_id, people),
        fresh,
        joins.set_apart(old),
        joins.contested(old),
    )


def write(
    account_id: int, parties: Parties, now: datetime, actor: str = "", reason: str = ""
) -> None:
    identities.place(parties.changed())
    joins.add(account_id, parties.edges, now, actor, reason)
    joins.contradict(account_id, parties.contradictions, now)
