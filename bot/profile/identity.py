"""One person under many names: joined by what is told elsewhere or decided, parted when wrong.

Joining gives the events of a contact to a follower, and the fold takes them up; parting takes them
away, and the follower's profile is folded anew. Who it is changes at once, in one transaction; the
events follow in batches, each with its join row still unfinished, so that a stop anywhere is gone
on with by `go_on`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile import refresh
from bot.profile.parties import Verdict, parted
from bot.profile.persons import parties_of, write
from bot.store import audit, followers, identities, identity_names, listing
from bot.store import identity_joins as joins
from bot.store.db import transaction
from bot.values.identity import Key, Member, Why

logger = logging.getLogger(__name__)
BATCH = 1000  # events that follow in one transaction
TOGETHER = 200  # joins whose events do


# --- other evidence ------------------------------------------------------------------------------


def platform_told(
    account_id: int,
    follower_ids: Collection[int],
    now: datetime,
    proved: list[joins.Edge | joins.Contradiction] | None = None,
) -> int:
    """WeChat told unionids of these followers: contacts who wait under them are joined; how many.

    May be part of a transaction of the caller's. `proved` takes up the joins and contradictions.
    """
    return _join_all(account_id, identities.awaited(account_id, follower_ids), now, proved)


def learn_unionid(account_id: int, follower_id: int, unionid: str, now: datetime) -> int:
    """Keep the unionid that WeChat told of one follower; how many contacts were joined to him."""
    with transaction():
        identities.hold(account_id)  # before any follower is touched: everybody takes them so
        if not listing.keep_unionid(follower_id, unionid):
            return 0
        return platform_told(account_id, [follower_id], now)


def catch_up(account_id: int, now: datetime) -> int:
    """The same for all followers: what crossed each other's way is found at night."""
    return _join_all(account_id, identities.overlooked(account_id), now)


def _join_all(
    account_id: int,
    pairs: Sequence[tuple[int, int]],
    now: datetime,
    proved: list[joins.Edge | joins.Contradiction] | None = None,
) -> int:
    if not pairs:
        return 0
    with transaction():
        identities.hold(account_id)
        members = identities.by_ids(account_id, {identity for identity, _ in pairs})
        parties = parties_of(account_id, members, {follower for _, follower in pairs})
        verdicts = [
            parties.join(identity, Why.PLATFORM_UNIONID, "", follower=follower)
            for identity, follower in pairs
        ]
        write(account_id, parties, now)
    if proved is not None:
        proved += [*parties.edges, *parties.contradictions]
    return verdicts.count(Verdict.JOINED)


def opened_link(
    account_id: int, visitor: Key, follower_id: int, evidence: str, now: datetime
) -> Verdict | None:
    """A web visitor came by a follower's own link. None: this follower is not to be known so.

    evidence   names the link and the message that carried it: the first visitor who comes by it
               with this follower's name in it is the follower; further ones got it forwarded
    """
    with transaction():
        identities.hold(account_id)
        if not _may_be_known(account_id, follower_id):
            return None
        member = identities.make(account_id, [visitor], now)[visitor]
        parties = parties_of(account_id, [member], [follower_id])
        came = joins.by_evidence(account_id, evidence, follower_id)
        if any(one.identity != member.id for one in came):
            forwarded = joins.Contradiction(
                member.id, None, follower_id, Why.TRACKED_LINK, evidence
            )
            joins.contradict(account_id, [forwarded], now)
            return Verdict.CONFLICT
        verdict = parties.join(member.id, Why.TRACKED_LINK, evidence, follower=follower_id)
        write(account_id, parties, now)
    return verdict


def _may_be_known(account_id: int, follower_id: int) -> bool:
    try:
        person = followers.get(follower_id)
    except NotFound:
        return False
    return person.account_id == account_id and person.erased_at is None and person.personalised


# --- operators -----------------------------------------------------------------------------------


def join(
    account_id: int, identity: int, follower_id: int, reason: str, actor: str, now: datetime
) -> joins.Join:
    """An operator knows that they are one person.

    Raises NotFound, InvalidInput (no reason), Conflict: together already, or that would make one
    person of two followers.
    """
    if not reason.strip():
        raise InvalidInput("say why, for whoever looks at it later", "why")
    with transaction():
        identities.hold(account_id)
        members = identities.by_ids(account_id, [identity])
        if not members:
            raise NotFound(f"there is no identity {identity}")
        if not identities.unionids_of(account_id, [follower_id]):
            raise NotFound(f"there is no follower {follower_id}")
        parties = parties_of(account_id, members, [follower_id])
        verdict = parties.join(identity, Why.OPERATOR, "", follower=follower_id)
        if verdict is Verdict.TOGETHER:
            raise Conflict(f"identity {identity} is follower {follower_id} already")
        if verdict is not Verdict.JOINED:
            raise Conflict("they have names that one person has one of: first undo the wrong join")
        write(account_id, parties, now, actor, reason.strip()[:500])
        joins.settle_conflicts(identity)
        made = joins.of_follower(account_id, follower_id)[-1]
        detail = {"join": made.id, "identity": identity}
        audit.record(actor, "identity.join", now, follower_id=follower_id, detail=detail)
    _follow(account_id, [made])
    logger.info("identity=%d joined follower=%d join=%d", identity, follower_id, made.id)
    return joins.get(account_id, made.id)


@dataclass(frozen=True, slots=True)
class Undone:
    """What parting did. `kept`: removed events that stay counted with the follower, of so many
    identities."""

    join: joins.Join
    identities: tuple[int, ...]
    events: int
    kept: int


def undo(
    account_id: int, join_id: int, actor: str, now: datetime, *, anyway: bool = False
) -> Undone:
    """Take a join back: the half of the person that it brought goes, with its events.

    The same evidence does not join both again by itself. Raises NotFound, Conflict: undone before,
    or retention has removed events of that half, which stay counted (`anyway` parts the rest).
    """
    with transaction():
        identities.hold(account_id)
        wrong = joins.get(account_id, join_id)
        if wrong.state not in (joins.OPEN, joins.DONE):
            raise Conflict(f"join {join_id} was undone before")
        goes = _half(account_id, wrong)
        kept = identities.in_base([one.id for one in goes])
        if kept and not anyway:
            raise Conflict(
                "events that came by it were removed by retention and cannot be told apart any"
                " more: they would stay counted; to part the rest say --anyway"
            )
        _separate(account_id, wrong, goes)
        ids = tuple(one.id for one in goes)
        who = next((one.follower for one in goes), None)
        joins.undo(join_id, ids, who, now, actor)
        audit.record(actor, "identity.undo", now, follower_id=who, detail={"join": join_id})
    events = _leave(joins.get(account_id, join_id), now)
    logger.info("join=%d undone identities=%d events=%d", join_id, len(ids), events)
    return Undone(joins.get(account_id, join_id), ids, events, len(kept))


def _half(account_id: int, wrong: joins.Join) -> list[Member]:
    """The identities that go, as they stand."""
    start = identities.by_ids(account_id, [wrong.identity])
    whole = _whole(account_id, start)
    ids = parted(wrong, joins.between(account_id, [one.id for one in whole]))
    return [one for one in whole if one.id in ids]


def _whole(account_id: int, some: Sequence[Member]) -> list[Member]:
    people = {one.follower for one in some if one.follower is not None}
    if people:
        return identities.of_followers(account_id, people)
    contacts = {one.contact for one in some if one.contact is not None}
    return identities.of_contacts(account_id, contacts) if contacts else list(some)


def _separate(account_id: int, wrong: joins.Join, goes: Sequence[Member]) -> None:
    gone = {one.id for one in goes}
    stays = [one for one in _whole(account_id, goes) if one.id not in gone]
    for side, stay in ((goes, False), (stays, True)):
        contact = min(one.id for one in side) if len(side) > 1 else None
        identities.place(
            [one._replace(contact=contact, follower=one.follower if stay else None) for one in side]
        )


# --- who waits too long ---------------------------------------------------------------------------


def purge(account_id: int, before: datetime, actor: str, now: datetime) -> tuple[int, int]:
    """Forget contacts whose names were all kept since before then, and by whom nothing came since;
    (names, events). In batches; repeatable."""
    go_on(now)
    names = said = after = 0
    while old := identity_names.stale(account_id, before, after, 500):
        with transaction():
            identities.hold(account_id)
            gone = _forgettable(account_id, old, before)
            counts = identity_names.forget(gone)
        names, said, after = names + counts[0], said + counts[1], old[-1]
    if names or actor != "retention":  # the nightly round tells only what it did
        audit.record(actor, "identity.purge", now, detail={"names": names, "events": said})
    return names, said


def _forgettable(account_id: int, old: Sequence[int], before: datetime) -> set[int]:
    """Of these, those all of whose person is as old; with that person's other names."""
    members = [one for one in identities.by_ids(account_id, old) if one.follower is None]
    contacts = {one.contact for one in members if one.contact is not None}
    whole = {one.id: one for one in (*members, *identities.of_contacts(account_id, contacts))}
    still = identity_names.kept_since(account_id, whole, before) | identity_names.lively(
        whole, before
    )
    alive = {whole[id_].contact or id_ for id_ in still}
    return {id_ for id_, one in whole.items() if (one.contact or id_) not in alive}


def forget_contact(account_id: int, contact: int, actor: str, now: datetime) -> tuple[int, int]:
    """Forget one contact who waits, on his own wish; (names, events). Raises NotFound."""
    go_on(now)
    with transaction():
        identities.hold(account_id)
        found = identities.of_contacts(account_id, [contact])
        found = found or identities.by_ids(account_id, [contact])
        if not found or found[0].follower is not None:
            raise NotFound(f"there is no contact {contact} who waits")
        done = identity_names.forget([one.id for one in found])
        audit.record(actor, "identity.forget", now, detail={"names": done[0], "events": done[1]})
    return done


# --- events follow -------------------------------------------------------------------------------


def go_on(now: datetime) -> int:
    """Let the events of unfinished joins follow; how many did. A stop anywhere is gone on with."""
    moved = after = 0
    while found := joins.unfinished(after, TOGETHER):
        for account_id in {one.account_id for one in found}:
            opened = [one for one in found if one.state == joins.OPEN]
            moved += _follow(account_id, [one for one in opened if one.account_id == account_id])
        moved += sum(_leave(one, now) for one in found if one.state == joins.PARTING)
        after = found[-1].id
    return moved


def _follow(account_id: int, opened: Sequence[joins.Join]) -> int:
    """Bring joins of one account to their end, in batches of events."""
    moved, pending = _bring(account_id, opened, joins.OPEN), [one.id for one in opened]
    with transaction():
        identities.hold(account_id)
        joins.done(pending)
    return moved


def _leave(one: joins.Join, now: datetime) -> int:
    """Bring the undoing of a join to its end."""
    moved = _bring(one.account_id, [one], joins.PARTING)
    if one.left is not None:
        refresh.rebuild(now, [one.left])
    joins.undone(one.id)
    return moved


def _bring(account_id: int, some: Sequence[joins.Join], state: str) -> int:
    """Put the events of these joins where their identities are now; how many moved.

    A join that is in another state meanwhile (undone, or gone with the person) is left alone.
    """
    moved = after = 0
    while True:
        with transaction():
            identities.hold(account_id)
            still = joins.still([one.id for one in some], state)
            ids = sorted({id_ for one in some if one.id in still for id_ in one.moved})
            found = joins.astray(ids, after, BATCH)
            joins.bring(found)
        moved += len(found)
        if len(found) < BATCH:
            return moved
        after = found[-1][0]
