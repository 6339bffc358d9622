"""One SQL, three engines: what a statement may rely on wherever the data is."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

import pytest
from peewee import IntegrityError, PeeweeException

from bot.errors import SettingsError
from bot.store import accounts, events, leases, migrate, quotas
from bot.store.db import again, connect_to, fetch, insert_new, is_postgres, run, transaction
from bot.store.models import Event, Quota
from tests.bot.store.test_store import shape
from tests.conftest import NO_MYSQL, NOON, a_follower
from tests.support.mysql import MySQLServer
from tests.support.mysql import available as mysql_available

pytestmark = pytest.mark.mysql


@pytest.fixture
def lin(any_store) -> int:
    return a_follower(accounts.ensure_default("wxdevelopment0000", "service", NOON))


def an_event(account_id: int, follower_id: int, key: str, facts: dict | None = None) -> int | None:
    values = events.row(
        account_id, follower_id, "message.text", NOON, NOON, "callback", key, facts or {}, None
    )
    return insert_new("event", events.COLUMNS, values)


def test_a_text_equals_only_itself(any_store):
    others = ["LIN", "lín", "lin ", " lin", "ｌｉｎ"]  # as collations would have them
    for number, name in enumerate(["lin", *others]):
        assert leases.acquire(name, f"owner {number}", 60_000), name
    assert leases.holder("lin") == "owner 0"


def test_a_repeat_is_passed_over_and_no_other_fault_is(any_store, lin):
    assert an_event(1, lin, "k")
    assert an_event(1, lin, "k") is None
    with pytest.raises(IntegrityError):
        an_event(1, lin + 1000, "of nobody")
    assert Event.select().count() == 1


def test_a_row_that_is_found_counts_though_nothing_in_it_changes(any_store, lin):
    assert run("UPDATE follower SET stage = stage WHERE id = ?", (lin,)) == 1


def test_long_texts_are_kept_whole(any_store, lin):
    long = "字" * 100_000
    found = an_event(1, lin, "k", {"text": long})
    assert Event.get_by_id(found).facts == {"text": long}


def test_who_has_waited_for_a_row_reads_what_its_last_holder_wrote(any_store, lin):
    holds, seen = threading.Event(), []

    def wait_and_read() -> None:
        holds.wait(5)
        with transaction():
            fetch("SELECT COUNT(*) FROM follower")
            quotas.room(1, "template", "2026-11-21", 10)
            seen.append(fetch("SELECT stage FROM follower WHERE id = ?", (lin,))[0][0])
        any_store.leave()

    waiter = threading.Thread(target=wait_and_read)
    waiter.start()
    quotas.room(1, "template", "2026-11-21", 10)
    with transaction():
        quotas.room(1, "template", "2026-11-21", 10)
        holds.set()
        waiter.join(0.2)
        run("UPDATE follower SET stage = 'loyal' WHERE id = ?", (lin,))
    waiter.join(5)
    assert seen == ["loyal"]


def test_of_two_who_wait_for_each_other_one_begins_anew(any_store, lin):
    """Each takes one row, then the other's: an engine that locks rows has to end one of them."""
    both, errors = threading.Barrier(2), []
    for period in ("a", "b"):
        quotas.room(1, "template", period, 10)

    @again
    def take(first: str, second: str) -> None:
        with transaction():
            if is_postgres():
                run("SET LOCAL deadlock_timeout = '20ms'")
            quotas.take(1, "template", first, 1)
            with suppress(threading.BrokenBarrierError):
                both.wait(0.3)  # the first time both are here; who begins anew is alone
            quotas.take(1, "template", second, 1)

    def work(first: str, second: str) -> None:
        try:
            take(first, second)
        except Exception as error:
            errors.append(error)
        any_store.leave()

    threads = [threading.Thread(target=work, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert errors == []
    assert [row.used for row in Quota.select()] == [2, 2]


@pytest.mark.skipif(not mysql_available(), reason=NO_MYSQL)
@pytest.mark.xdist_group("mysql")
def test_a_migration_that_was_cut_off_anywhere_is_run_again(mysql: MySQLServer, fresh_mysql):
    """No DDL of MySQL is rolled back: what was made before the cut is found there again."""
    db = connect_to(mysql.new_database())
    for statements in (3, 40, 75, 110, 230):
        with suppress(_Cut), _cut_off(db, statements):
            migrate.upgrade(db)
    migrate.upgrade(db)
    whole = connect_to(fresh_mysql(None))
    assert shape(db) == shape(whole)
    db.close()
    whole.close()


class _Cut(PeeweeException):
    pass


class _cut_off:
    """Let so many statements through, then none."""

    def __init__(self, db, statements: int) -> None:
        self.db, self.left, self.real = db, statements, type(db)._execute_cursor

    def __enter__(self) -> None:
        def counted(*args, **kwargs):
            self.left -= 1
            if self.left < 0:
                raise _Cut
            return self.real(self.db, *args, **kwargs)

        self.db._execute_cursor = counted

    def __exit__(self, *_) -> None:
        del self.db._execute_cursor
        self.db.close()


def test_without_its_driver_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bot.store.mysql", None)
    with pytest.raises(SettingsError, match=r"pip install 'hongyan\[mysql\]'"):
        connect_to("mysql://u@127.0.0.1/x")
