"""The store: migrations, leases, the log, accounts; on every engine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Conflict, NotFound, SealBroken, SettingsError, StoreUnavailable
from bot.store import accounts, events, followers, leases, migrate
from bot.store.db import available, fetch, now_ms, open_store, run, transaction
from bot.store.vault import new_key
from tests.conftest import KEY, NOON, a_follower
from tests.support.threads import together

APPID = "wxdevelopment0000"


def test_a_new_store_has_nothing_left_to_migrate(any_store):
    assert migrate.pending(any_store.db) == []


def test_opening_again_changes_nothing(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)
    again = open_store(any_store.url, [KEY])
    assert accounts.by_slug("default").id == account
    again.close()


def test_a_store_of_a_newer_version_is_refused(any_store):
    run(f"INSERT INTO {migrate.HISTORY} (name, applied) VALUES ('9999_future', '2030-01-01')")
    with pytest.raises(SettingsError, match="newer version"):
        migrate.upgrade(any_store.db)


def test_a_store_with_data_is_backed_up_before_an_upgrade(store, tmp_path):
    account = accounts.ensure_default(APPID, "service", NOON)
    first = fetch(f"SELECT name FROM {migrate.HISTORY} ORDER BY name LIMIT 1")[0][0]
    run(f"DELETE FROM {migrate.HISTORY} WHERE name = ?", (first,))
    migrate.upgrade(store.db, NOON)
    copy = next(tmp_path.glob("hongyan.db.before-*"))
    store.close()
    kept = open_store(f"sqlite:///{copy}", [KEY], upgrade=False)
    assert accounts.by_slug("default").id == account
    kept.close()


def test_other_keys_do_not_open_the_store(store):
    with pytest.raises(SealBroken):
        open_store(store.url, [new_key()])


def test_rotated_keys_open_the_store_and_find_everybody(store):
    account = accounts.ensure_default(APPID, "service", NOON)
    lin = a_follower(account, "o-lin")
    open_store(store.url, [new_key(), KEY])
    found = followers.find(account, "o-lin")
    assert found is not None
    assert found.id == lin
    assert followers.openid_of(lin) == "o-lin"


def test_an_openid_stands_nowhere_in_the_file(store, tmp_path):
    account = accounts.ensure_default(APPID, "service", NOON)
    followers.ensure(account, "oPlainlyVisibleOpenid", NOON)
    store.close()
    for file in tmp_path.iterdir():
        assert b"oPlainlyVisibleOpenid" not in file.read_bytes()


def test_a_new_file_is_its_owner_s_alone(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/new.db", [KEY])
    accounts.ensure_default("wxdevelopment0000", "service", NOON)
    migrate.backup(opened.db, tmp_path / "copy.db")
    modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.glob("*.db*")}
    del modes["new.db.migrating"]  # empty: the lock of who migrates
    assert modes == {"new.db": 0, "new.db-wal": 0, "new.db-shm": 0, "copy.db": 0}
    opened.close()


def test_a_follower_is_made_once_by_sixteen_threads(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)
    ids = together(16, lambda n: followers.ensure(account, "o-same", NOON).id)
    assert len(set(ids)) == 1


def test_an_event_is_appended_once_by_sixteen_threads(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)
    lin = a_follower(account)

    def append(n):
        return events.append(
            account, lin, "tag", at=NOON, received_at=NOON, source="handler", key="k"
        )

    assert sum(1 for made in together(16, append) if made is not None) == 1


def test_an_account_that_is_not_there_is_told(store):
    with pytest.raises(NotFound):
        accounts.by_slug("nobody")


def test_another_appid_takes_over_an_account_without_followers_only(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)
    accounts.learn_original_id(account, "gh_first")
    other = "wx0123456789abcdef"
    assert accounts.ensure_default(other, "service", NOON) == account
    assert accounts.by_slug("default").original_id == ""
    a_follower(account)
    with pytest.raises(Conflict, match="HONGYAN_DATABASE_URL"):
        accounts.ensure_default(APPID, "service", NOON)


def test_a_store_whose_file_was_taken_away_takes_no_more_writes(store, tmp_path):
    account = accounts.ensure_default(APPID, "service", NOON)
    followers.ensure(account, "o-before", NOON)
    (tmp_path / "hongyan.db").rename(tmp_path / "elsewhere.db")
    with pytest.raises(StoreUnavailable, match="moved or deleted"), available():
        followers.ensure(account, "o-after", NOON)


def test_an_api_key_opens_its_account_until_revoked(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)
    key = accounts.new_api_key(account, "shop", NOON)
    assert accounts.account_of_key(key) == account
    assert accounts.account_of_key(key + "x") is None
    run("UPDATE api_key SET revoked_at = 1")
    assert accounts.account_of_key(key) is None


class TestLeases:
    def test_one_of_sixteen_gets_it(self, any_store):
        fences = together(16, lambda n: leases.acquire("x", f"o{n}", 60_000))
        assert [fence for fence in fences if fence is not None] == [1]

    def test_its_holder_renews_with_the_same_fence(self, any_store):
        assert leases.acquire("x", "a", 60_000) == leases.acquire("x", "a", 60_000) == 1

    def test_an_expired_one_is_taken_over_with_a_higher_fence(self, any_store):
        leases.acquire("x", "a", 60_000)
        run("UPDATE lease SET until = ?", (now_ms() - 1,))
        assert leases.acquire("x", "b", 60_000) == 2
        assert leases.acquire("x", "a", 60_000) is None
        assert leases.holder("x") == "b"

    def test_a_released_one_is_free_at_once(self, any_store):
        leases.acquire("x", "a", 60_000)
        assert leases.release("x", "a")
        assert leases.acquire("x", "b", 60_000) == 2
        assert not leases.release("x", "a")

    def test_the_clock_is_the_databases(self, any_store):
        from bot.clock import from_ms, utc_now

        assert abs(from_ms(now_ms()) - utc_now()) < timedelta(seconds=5)


def test_a_failed_transaction_leaves_nothing(any_store):
    account = accounts.ensure_default(APPID, "service", NOON)

    def half():
        with transaction():
            followers.ensure(account, "o-half", NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert followers.find(account, "o-half") is None


def shape(db):
    """Tables with their columns and indexes, as the engine tells them."""
    return {
        table: (
            sorted((c.name, c.data_type, c.null, c.primary_key) for c in db.get_columns(table)),
            sorted((i.name, tuple(i.columns), i.unique) for i in db.get_indexes(table)),
        )
        for table in db.get_tables()
        if table != migrate.HISTORY
    }


@pytest.mark.mysql
def test_the_migrations_make_the_schema_of_the_models(any_store):
    from bot.store.models import TABLES

    migrated = shape(any_store.db)
    any_store.db.drop_tables(TABLES)
    any_store.db.create_tables(TABLES)
    assert migrated == shape(any_store.db)
