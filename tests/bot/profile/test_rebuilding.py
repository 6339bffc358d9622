"""A rebuild shared by processes, interrupted anywhere, beside everything that goes on."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.errors import Conflict
from bot.profile import rebuilding
from bot.profile.fold import fold
from bot.profile.refresh import fold_new, fold_of
from bot.store import accounts, privacy, profiles, rebuilds
from bot.store.db import fetch, run
from bot.store.models import database
from tests.bot.profile.test_refresh import TABLES, a_life, did, kept
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)


class Killed(BaseException):
    """The process ends here: nothing of ours catches it."""


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def small(monkeypatch):
    """Several ranges of several batches, for few followers."""
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    monkeypatch.setattr(rebuilding, "RANGE", 4)


def a_shop(account, count):
    """So many followers with a life, and one of whom nothing is known."""
    people = [a_follower(account, f"o-{n}") for n in range(count)]
    for number, person in enumerate(people):
        a_life(account, person, f"{number}-")
    fold_new(NOON)
    a_follower(account, "o-nothing")
    return people


def spoil(people):
    """Change their profiles past the log; one loses it altogether."""
    run("UPDATE profile SET messages = 99")
    run("DELETE FROM follower_tag")
    run("DELETE FROM profile WHERE follower_id = ?", (people[0],))
    for table in TABLES:
        run(f"DELETE FROM {table} WHERE follower_id = ?", (people[0],))


def rebuilt(owner="me", **options):
    """Take part in a rebuild until it is whole; as it stands then."""
    begun, _ = rebuilds.begin(NOON, **options)
    rebuilding.work(begun.id, owner, NOON, wait=lambda seconds: None)
    return rebuilds.get(begun.id)


def test_it_says_how_many_were_not_what_the_log_says(account, small):
    people = a_shop(account, 5)
    before, versions = kept(), dict(fetch("SELECT follower_id, version FROM profile"))
    found = rebuilt()
    assert (found.whole, found.total, found.done, found.changed) == (True, 6, 6, 0)
    assert dict(fetch("SELECT follower_id, version FROM profile")) == versions  # nothing written
    spoil(people)
    run("UPDATE follower_attribute SET text = '上海' WHERE follower_id = ?", (people[1],))
    assert rebuilt().changed == 5
    assert kept() == before
    run("UPDATE follower_attribute SET text = '上海' WHERE follower_id = ?", (people[1],))
    assert rebuilt().changed == 1


def test_a_stage_that_time_moved_is_written_and_is_no_news(account):
    (lin,) = a_shop(account, 1)
    run("UPDATE follower SET stage = 'active' WHERE id = ?", (lin,))
    assert rebuilt().changed == 0
    assert fetch("SELECT stage FROM follower WHERE id = ?", (lin,)) == [("customer",)]


def test_killed_after_any_statement_it_goes_on_and_counts_everybody_once(
    account, small, monkeypatch
):
    people = a_shop(account, 5)
    before = kept()
    spoil(people)
    monkeypatch.setattr(rebuilds, "LEASE_MS", 0)  # the dead are given up at once
    real, calls = database.obj.execute_sql, 0
    kills, limit = 0, 1

    def dying(sql, *args, **more):
        nonlocal calls
        answer = real(sql, *args, **more)
        calls += sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
        if calls == limit:
            raise Killed
        return answer

    found = None
    while found is None:
        calls, database.obj.execute_sql = 0, dying
        try:
            found = rebuilt(f"life {kills}")
        except Killed:
            kills, limit = kills + 1, limit + 1
        finally:
            database.obj.execute_sql = real
    assert kills > 20
    assert (found.done, found.changed) == (6, 5)
    assert kept() == before
    assert fetch("SELECT COUNT(*) FROM rebuild_range") == [(0,)]


def test_two_workers_share_the_followers_and_write_each_once(account, small):
    people = a_shop(account, 12)
    before = kept()
    spoil(people[:1])
    versions = dict(fetch("SELECT follower_id, version FROM profile"))
    begun, _ = rebuilds.begin(NOON)
    ready, did_here, failures = threading.Barrier(2), [], []

    def work(owner):
        try:
            ready.wait(10)
            did_here.append(rebuilding.work(begun.id, owner, NOON))
        except BaseException as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sum(one.followers for one in did_here) == rebuilds.get(begun.id).done == 13
    assert sum(one.changed for one in did_here) == rebuilds.get(begun.id).changed == 12
    assert kept() == before
    after = dict(fetch("SELECT follower_id, version FROM profile"))
    assert {after[one] - versions[one] for one in people[1:]} == {1}


def test_what_happens_during_a_rebuild_is_in_the_result(account, small, monkeypatch):
    people = a_shop(account, 5)
    spoil(people)
    new = iter(range(100))

    def busy(state, log):
        """Whoever is read just now does something, which the running bot folds at once."""
        rows = list(log)
        if rows and not database.obj.in_transaction():
            did(account, people[next(new) % 5], "order", f"n{next(new)}", amount_fen=100)
            fold_new(NOON)
        return fold(state, rows)

    monkeypatch.setattr(rebuilding, "fold", busy)
    found = rebuilt()
    assert next(new) >= 8
    assert found.done == 6
    log = {person: list(profiles.folded_events(person)) for person in people}
    assert profiles.backlog() == 0
    assert profiles.states_of(people) == {who: fold({}, rows) for who, rows in log.items()}
    monkeypatch.setattr(rebuilding, "fold", fold)
    assert rebuilt().changed == 0


def test_what_is_revoked_during_a_rebuild_stays_revoked(store, account_id, monkeypatch):
    (lin,) = a_shop(account_id, 1)
    run("UPDATE profile SET messages = 99")

    def slow(state, log):
        """What was read is revoked, and the profile made anew, before it is written."""
        found = fold(state, log)
        monkeypatch.setattr(rebuilding, "fold", fold)
        privacy.empty_events(lin, ["message.text"])
        privacy.refold(lin)
        fold_of(lin, NOON)
        return found

    monkeypatch.setattr(rebuilding, "fold", slow)
    assert rebuilt().done == 2
    assert "topics" not in profiles.state_of(lin)
    assert fetch("SELECT * FROM follower_interest") == []


def test_who_lost_a_range_writes_no_more_of_it(account, small):
    a_shop(account, 3)
    begun, _ = rebuilds.begin(NOON)
    slow = rebuilds.claim(begun.id, "slow", 2)
    assert rebuilds.claim(begun.id, "other", 2).after == slow.until
    run("UPDATE rebuild_range SET lease_until = 0 WHERE owner = 'slow'")
    taken = rebuilds.claim(begun.id, "quick", 2)
    assert (taken.after, taken.until) == (slow.after, slow.until)
    for step in (
        lambda: rebuilds.advance(slow, slow.until, 2, 2),
        lambda: rebuilds.renew(slow),
        lambda: rebuilds.close(slow),
    ):
        with pytest.raises(Conflict):
            step()
    rebuilds.advance(taken, taken.until, 2, 1)
    rebuilds.close(taken)
    assert (rebuilds.get(begun.id).done, rebuilds.get(begun.id).changed) == (2, 1)


@pytest.mark.parametrize(
    ("later", "restart", "new"),
    [
        pytest.param(timedelta(), False, False, id="what is under way is gone on with"),
        pytest.param(DAY - timedelta(seconds=1), False, False, id="for a day"),
        pytest.param(DAY, False, True, id="and not longer"),
        pytest.param(timedelta(), True, True, id="nor where all is wanted anew"),
    ],
)
def test_what_was_broken_off_is_gone_on_with(store, account_id, later, restart, new):
    a_shop(account_id, 3)
    first, _ = rebuilds.begin(NOON)
    part = rebuilds.claim(first.id, "dead", 2)
    rebuilds.advance(part, part.after + 1, 1, 0)
    again, is_new = rebuilds.begin(NOON + later, restart=restart)
    assert (is_new, again.id != first.id, again.done) == (new, new, 0 if new else 1)
    if new:
        with pytest.raises(Conflict):
            rebuilds.renew(part)
        assert not rebuilds.get(first.id).running
        assert not rebuilds.get(first.id).whole


def test_a_shop_without_followers_is_rebuilt_at_once(store, account_id):
    found = rebuilt()
    assert (found.whole, found.done) == (True, 0)
