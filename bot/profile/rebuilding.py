"""Profiles folded again from the log, by one process or several, while everything goes on.

Nothing is held while a batch is reckoned: what stands, the log and the tables are read, and only a
profile that comes out different is written, in a short transaction, and only if nobody has changed
it since it was read; else it is reckoned once more with its row held. Events that arrive meanwhile
are not folded here: their flag is not ours, and their turn comes with the others.

The result is the same as before: a profile that comes out different was wrong, and is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from bot.errors import Conflict
from bot.profile.fold import fold
from bot.profile.folding import changed, fold_new
from bot.store import profiles, rebuilds, retention
from bot.store.db import transaction
from bot.values.facts import FoldEvent

BATCH = 100  # followers of one reading, and of one transaction
RANGE = 1000  # followers given out at once
WAIT_SECONDS = 0.2
RENEW_SECONDS = 5.0

Beat = Callable[[], None]
Row = tuple[int, FoldEvent]


class Rebuilt(NamedTuple):
    """Followers looked at, and those of them whose profile was not what the log says."""

    followers: int
    changed: int


class Difference(NamedTuple):
    """What is to be written. Not `news`: only the stage is another, which time moves."""

    change: profiles.Change
    news: bool


def rebuild(
    now: datetime,
    follower_ids: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Fold again from the log, for these followers or all; how many. The result is the same.

    progress  called with the number of followers done since its last call
    """
    fold_new(now)
    if follower_ids is None:
        begun, _ = rebuilds.begin(now, restart=True)
        return work(begun.id, "here", now, progress).followers
    for follower_id in sorted(follower_ids):
        _batch([follower_id], now)
        if progress is not None:
            progress(1)
    return len(follower_ids)


def work(
    run_id: int,
    owner: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Rebuilt:
    """Take ranges and fold their followers again until the rebuild is whole; what was done here.

    owner  names this process among all that work at it; what another leaves unfinished is taken
           over when nothing has been heard of it for rebuilds.LEASE_MS
    """
    done = Rebuilt(0, 0)
    while rebuilds.get(run_id).running:
        part = rebuilds.claim(run_id, owner, RANGE)
        if part is None:
            if not rebuilds.finish(run_id, now):
                wait(WAIT_SECONDS)  # for who is still at work, or to be given up as dead
            continue
        try:
            for one in _range(part, now):
                done = Rebuilt(done.followers + one.followers, done.changed + one.changed)
                if progress is not None:
                    progress(one.followers)
        except Conflict:  # too slow, or the rebuild was given up: the range is another's
            continue
    return done


def _range(part: rebuilds.Range, now: datetime) -> Iterator[Rebuilt]:
    beat = _every(RENEW_SECONDS, lambda: rebuilds.renew(part))
    after = part.after
    while ids := [id_ for id_ in profiles.with_profile(after, BATCH) if id_ <= part.until]:
        after = ids[-1]
        note = partial(rebuilds.advance, part, after, len(ids))
        yield Rebuilt(len(ids), _batch(ids, now, note, beat))
    rebuilds.close(part)


def _every(seconds: float, call: Beat) -> Beat:
    """`call`, but only when it was called last so long ago."""
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > seconds:
            call()
            last = time.monotonic()

    return beat


# --- a batch -----------------------------------------------------------------------------------


def _batch(
    ids: Sequence[int],
    now: datetime,
    note: Callable[[int], object] = lambda different: None,
    beat: Beat = lambda: None,
) -> int:
    """Fold the followers of these ascending ids again, and nobody has one between; how many came
    out different, which `note` is told in the transaction that writes them."""
    profiles.hold(profiles.unmade(ids))
    found = _different(ids, profiles.look(ids), now, beat)
    with transaction():
        written = profiles.write([one.change for one in found], now)
        done = [one for one in found if one.change.follower_id in written]
        if len(done) < len(found):
            done += _again([one.change.follower_id for one in found if one not in done], now, beat)
        different = sum(one.news for one in done)
        note(different)
    return different


def _again(ids: Sequence[int], now: datetime, beat: Beat) -> list[Difference]:
    """Those who changed while they were reckoned, once more with their rows held."""
    found = [one for id_ in ids for one in _different([id_], profiles.hold([id_]), now, beat)]
    profiles.write([one.change for one in found], now)
    return found


def _different(
    ids: Sequence[int], held: Mapping[int, profiles.Held], now: datetime, beat: Beat
) -> list[Difference]:
    bases, tables = retention.bases(ids), profiles.projected(ids)
    found = []
    for follower_id, log in _logs(ids, beat):
        if follower_id in held:
            state = fold(bases.get(follower_id, {}), log)
            stands = held[follower_id]
            change = changed(follower_id, stands, {}, state, None, now)
            news = change.text != stands.text or change.after != tables.get(follower_id)
            if news or change.stage != stands.standing.stage:
                before = tables.get(follower_id)
                found.append(Difference(change._replace(before=before), news))
    return found


def _logs(ids: Sequence[int], beat: Beat) -> Iterator[tuple[int, Iterator[FoldEvent]]]:
    """(follower id, events that his profile holds) of each; the events are to be used up first."""
    stream = profiles.folded_between(ids[0] - 1, ids[-1])
    groups = groupby(_beating(stream, beat), key=itemgetter(0))
    after = 0
    for follower_id, group in groups:
        yield from ((id_, iter(())) for id_ in ids if after < id_ < follower_id)
        yield follower_id, (event for _, event in group)
        after = follower_id
    yield from ((id_, iter(())) for id_ in ids if id_ > after)


def _beating(rows: Iterator[Row], beat: Beat) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if not number % 5000:
            beat()
        yield row
