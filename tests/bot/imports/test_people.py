"""Whose a row is: customers and telephones wait, and a table that leads to followers joins them."""

from __future__ import annotations

from bot.profile import identity
from bot.profile.refresh import fold_new
from bot.store import followers, identity_joins
from bot.store.db import fetch
from bot.store.profiles import state_of
from tests.bot.imports.cast import CITY, an_account, bring, people, sums, table, try_out
from tests.conftest import NOON


def test_what_a_table_says_of_customers_waits_and_finds_its_follower(any_store, tmp_path):
    """A shop's list first, the one that leads from customers to followers afterwards."""
    orders = {"kind": "orders", "columns": {"customer": "customer", "no": "order", "paid": "amount",
              "when": "at"}}  # fmt: skip
    rows = [["customer", "no", "paid", "when"],
            *([f"K-{n % 3}", f"A{n}", "1.00", "2026-11-20"] for n in range(6))]  # fmt: skip
    shop = table(tmp_path / "shop.csv", rows)
    tried, brought = try_out(shop, orders), bring(shop, orders)
    assert sums(tried) == sums(brought) == (6, 6, 0, 0, 0)
    assert (tried.report.waiting, brought.report.waiting) == (6, 6)
    assert sums(bring(shop, orders)) == (6, 0, 6, 0, 0), "told again it is nothing new"
    leads = [["openid", "customer", "phone"], ["o-1", "K-1", "13812345678"],
             ["o-2", "K-2", "138 1234 5678"]]  # fmt: skip
    mapping = {"columns": {"openid": "openid", "customer": "customer", "phone": "phone"}}
    led = bring(table(tmp_path / "leads.csv", leads), mapping)
    assert (sums(led), led.report.waiting) == ((2, 2, 0, 0, 0), 0)
    identity.go_on(NOON)
    fold_new(NOON)
    first, second = (followers.find(an_account(), f"o-{n}") for n in (1, 2))
    assert [state_of(one.id)["orders"] for one in (first, second)] == [2, 2]
    waits = fetch("SELECT COUNT(*) FROM event WHERE follower_id IS NULL")
    assert waits == [(2,)], "K-0 is nobody's yet"
    [conflict] = identity_joins.conflicts(an_account(), 9)
    assert (conflict.follower, conflict.evidence.rpartition(":")[2]) == (second.id, "3"), "its line"


def test_rows_that_only_join_people_are_taken_and_what_contradicts_is_counted(store, tmp_path):
    """Everybody is known, and so is every name: all that the list tells is who is who."""
    shop = {"columns": {"customer": "customer", "city": CITY}}
    names = [["customer", "city"], ["K-1", "北京"], ["K-2", "上海"], ["K-3", "上海"]]
    waits = bring(table(tmp_path / "shop.csv", names), shop)
    assert (sums(waits), waits.report.joined) == ((3, 3, 0, 0, 0), 0)
    bring(people(tmp_path, 3))
    leads = [["openid", "customer"], ["o-1", "K-1"], ["o-2", "K-2"], ["o-0", "K-2"]]
    path, mapping = table(tmp_path / "l.csv", leads), {"columns": {c: c for c in leads[0]}}
    told = bring(path, mapping).report
    assert (told.taken, told.unchanged, told.joined, told.conflicts) == (2, 1, 2, 1)
    again = bring(path, mapping).report
    assert (again.taken, again.unchanged, again.joined, again.conflicts) == (0, 3, 0, 1)


def test_an_openid_with_its_unionid_takes_up_who_waits_under_it(store, tmp_path):
    waits = [["unionid", "city"], ["u-1", "北京"]]
    columns = {"unionid": "unionid", "city": CITY}
    bring(table(tmp_path / "w.csv", waits), {"columns": columns})
    bring(people(tmp_path, 2))
    pairs = [["openid", "unionid"], ["o-1", "u-1"], ["o-0", "u-0"]]
    mapping = {"columns": {"openid": "openid", "unionid": "unionid"}}
    told = bring(table(tmp_path / "p.csv", pairs), mapping).report
    assert (told.joined, told.conflicts, told.events) == (1, 0, 0)
    assert (told.taken, told.unchanged) == (1, 1)
