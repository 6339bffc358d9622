"""Who is the same person as whom: pure, a batch of evidence at a time.

A party is one person as far as is known: identities, and at most one follower. Every join is an
edge between two parties that were two before, so the edges of a party are a tree, and taking one
away leaves exactly two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.store.identity_joins import Contradiction, Edge, Join
from bot.values.identity import EXCLUSIVE, PERSONAL, Kind, Member, Why


class Verdict(StrEnum):
    """What became of a piece of evidence."""

    JOINED = "joined"
    TOGETHER = "together"  # they were
    APART = "apart"  # somebody undid this once
    CONFLICT = "conflict"


@dataclass(eq=False, slots=True)
class Party:
    """One person. `unionid`: the hash of the one that the platform told of the follower."""

    members: dict[int, Member] = field(default_factory=dict)
    follower: int | None = None
    unionid: str | None = None

    def names(self, kinds: frozenset[Kind]) -> set[tuple[Kind, str, str]]:
        """(kind, system, hash) of those of its names that one person has one of."""
        found = {(m.kind, m.system, m.hash) for m in self.members.values() if m.kind in kinds}
        if self.unionid is not None:
            found.add((Kind.UNIONID, "", self.unionid))
        return found


class Parties:
    """The persons of a batch; joins change them here, and `edges` and `changed` are to be written.

    fresh      identities made just now: nothing came by them yet
    apart      pairs that were joined once and undone
    contested  identities that something contradicts: a telephone among them joins nobody
    """

    def __init__(
        self,
        members: Iterable[Member],
        followers: dict[int, str | None],
        fresh: Iterable[int] = (),
        apart: Iterable[tuple[int, int | None, int | None]] = (),
        contested: Iterable[int] = (),
    ) -> None:
        self.edges: list[Edge] = []
        self.contradictions: list[Contradiction] = []
        self._fresh, self._contested = set(fresh), set(contested)
        self._before: dict[int, Member] = {}
        self._of: dict[int, Party] = {}
        self._followers = {who: Party({}, who, unionid) for who, unionid in followers.items()}
        self._apart: dict[int, list[tuple[int | None, int | None]]] = {}
        for identity, other, follower in apart:
            self._apart.setdefault(identity, []).append((other, follower))
        contacts: dict[int, Party] = {}
        for one in members:
            self._before[one.id] = one
            if one.follower is not None:
                party = self._followers.setdefault(one.follower, Party({}, one.follower))
            else:
                party = contacts.setdefault(one.contact or one.id, Party())
            party.members[one.id] = one
            self._of[one.id] = party

    def of(self, identity: int) -> Party | None:
        return self._of.get(identity)

    def knows(self, follower: int) -> bool:
        """False: erased meanwhile."""
        return follower in self._followers

    def join(
        self,
        identity: int,
        why: Why,
        evidence: str,
        other: int | None = None,
        follower: int | None = None,
    ) -> Verdict:
        """Take evidence that `identity` is the same person as `other`, or as `follower`."""
        mine = self._of[identity]
        theirs = self._of[other] if other is not None else self._followers[follower or 0]
        if mine is theirs:
            return Verdict.TOGETHER
        chosen = why is Why.OPERATOR
        if not chosen and (self._set_apart(mine, theirs) or self._set_apart(theirs, mine)):
            return Verdict.APART
        if self._contradicts(mine, theirs, why, identity, other):
            self.contradictions.append(Contradiction(identity, other, follower, why, evidence))
            self._contested.add(identity)
            return Verdict.CONFLICT
        moved = self._merge(mine, theirs)
        self.edges.append(Edge(identity, other, follower, why, evidence, moved))
        return Verdict.JOINED

    def _set_apart(self, one: Party, two: Party) -> bool:
        return any(
            (other is not None and other in two.members)
            or (follower is not None and follower == two.follower)
            for identity in one.members
            for other, follower in self._apart.get(identity, ())
        )

    def _contradicts(
        self, mine: Party, theirs: Party, why: Why, identity: int, other: int | None
    ) -> bool:
        if mine.follower is not None and theirs.follower is not None:
            return True
        if why is Why.OPERATOR:
            return _clash(mine, theirs, EXCLUSIVE)
        kinds = {self._of[id_].members[id_].kind for id_ in (identity, other) if id_ is not None}
        if Kind.PHONE not in kinds:
            return _clash(mine, theirs, EXCLUSIVE)
        shared = {identity, other} & self._contested
        return bool(shared) or _clash(mine, theirs, PERSONAL)

    def _merge(self, mine: Party, theirs: Party) -> tuple[int, ...]:
        """One party of two; the identities whose events follow."""
        keeps, goes = (mine, theirs) if mine.follower is not None else (theirs, mine)
        moved: tuple[int, ...] = ()
        if keeps.follower is not None:
            moved = tuple(sorted(id_ for id_ in goes.members if id_ not in self._fresh))
        keeps.members.update(goes.members)
        for id_ in goes.members:
            self._of[id_] = keeps
        return moved

    def changed(self) -> list[Member]:
        """Identities whose contact or follower is another now."""
        found = []
        for party in {id(party): party for party in self._of.values()}.values():
            contact = min(party.members) if len(party.members) > 1 else None
            for one in party.members.values():
                now = one._replace(contact=contact, follower=party.follower)
                if now != self._before[one.id]:
                    found.append(now)
        return found


def _clash(one: Party, two: Party, kinds: frozenset[Kind]) -> bool:
    """Whether both have a name of the kind and system that one person has one of, and another."""
    names = one.names(kinds)
    systems = {(kind, system) for kind, system, _ in names}
    return any((name[0], name[1]) in systems and name not in names for name in two.names(kinds))


def parted(join: Join, joins: Sequence[Join]) -> set[int]:
    """The identities that go when `join` is taken out of its party: the half without follower,
    or, where there is none, the half of its `identity`."""
    edges = [one for one in joins if one.id != join.id and one.state in ("open", "done")]
    mine = _reached(join.identity, edges)
    if join.other is None:
        return mine
    held = {one.identity for one in edges if one.follower is not None}
    return mine if not mine & held else _reached(join.other, edges)


def _reached(start: int, edges: Sequence[Join]) -> set[int]:
    near: dict[int, list[int]] = {}
    for one in edges:
        if one.other is not None:
            near.setdefault(one.identity, []).append(one.other)
            near.setdefault(one.other, []).append(one.identity)
    found, waiting = {start}, [start]
    while waiting:
        new = [id_ for id_ in near.get(waiting.pop(), ()) if id_ not in found]
        found.update(new)
        waiting += new
    return found
