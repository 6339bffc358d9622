"""The refresh as machinery: its cost, its failures, and two of it at once."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

from bot.profile.refresh import fold_new
from bot.segment import lists, refresh, sql_passes
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.segment.sql import Query
from bot.store import leases, segment_lists, segment_members
from bot.store import segments as kept
from bot.store.db import fetch, run, transaction
from bot.store.models import database
from tests.bot.segment import cast
from tests.conftest import NOON

DAY = timedelta(days=1)


def tagged(person, tag="vip", on=True, at=NOON):
    cast.did(person, "tag", at, tag=tag, on=on)
    cast.folded(at)


def how(report):
    return {one.slug: (one.how, one.entered, one.left) for one in report.segments}


def test_a_round_says_what_it_did(store):
    account = cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(account)
    define(account, "vip", "会员", {"tag": "vip"}, NOON)
    tagged(lin)
    assert how(refresh_all(NOON)) == {"vip": ("full", 1, 0)}
    tagged(wang)
    tagged(lin, on=False, at=NOON + DAY)
    report = refresh_all(NOON + DAY)
    assert how(report) == {"vip": ("changes", 1, 1)}
    assert report.segments[0].size == 1
    assert report.looked == 2


def test_an_idle_round_writes_nothing(store):
    account = cast.an_account()
    define(account, "vip", "会员", {"event": "order", "within_days": 9}, NOON)
    refresh_all(NOON)
    before = store.db.connection().total_changes
    assert refresh_all(NOON + timedelta(minutes=1)).segments == ()
    assert store.db.connection().total_changes == before


def test_on_demand_everything_is_compared_and_mended(store):
    account = cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(account)
    tagged(lin)
    state = define(account, "vip", "会员", {"tag": "vip"}, NOON)
    refresh_all(NOON)
    run("UPDATE segment_member SET follower_id = ?", (wang,))
    assert how(refresh_all(NOON)) == {}
    assert how(refresh_all(NOON, full=True)) == {"vip": ("full", 1, 1)}
    assert cast.held(account) == {"vip": {lin}}
    assert cast.sizes(account) == {"vip": 1}
    reasons = {change.follower_id: change.reason for change in kept.changes(state.id)}
    assert reasons == {lin: {"definition": 1}, wang: {"definition": 1}}


def test_who_stays_through_a_new_definition_keeps_his_date(store):
    account = cast.an_account()
    lin = cast.somebody(account)
    tagged(lin)
    state = define(account, "vip", "会员", {"tag": "vip"}, NOON)
    refresh_all(NOON)
    define(account, "vip", "会员", {"any": [{"tag": "vip"}, {"tag": "new"}]}, NOON)
    refresh_all(NOON + DAY)
    assert kept.member_since(state.id, lin) == NOON


def test_a_broken_segment_stops_no_other_and_is_tried_again(any_store):
    account = cast.an_account()
    lin = cast.somebody(account)
    tagged(lin)
    define(account, "bad", "坏", {"tag": "vip"}, NOON)
    define(account, "good", "好", {"tag": "vip"}, NOON)
    run("UPDATE segment SET rule = '{\"tag\": 7}' WHERE slug = 'bad'")
    report = refresh_all(NOON)
    assert {one.slug: one.how for one in report.segments} == {"bad": "failed", "good": "full"}
    assert cast.held(account)["good"] == {lin}
    assert "tag" in kept.by_slug(account, "bad").error
    assert refresh_all(NOON + timedelta(minutes=9)).segments == ()
    define(account, "bad", "好了", {"tag": "vip"}, NOON)
    refresh_all(NOON + timedelta(minutes=9))
    mended = kept.by_slug(account, "bad")
    assert (mended.size, mended.error, mended.built) == (1, "", True)


def test_sql_that_fails_is_noted_and_tried_again_later(any_store, monkeypatch):
    account = cast.an_account()
    lin = cast.somebody(account)
    tagged(lin)
    cast.did(lin, "attribute", NOON, name="city", value="北京")
    cast.folded(NOON)
    define(account, "a", "甲", {"attribute": "city", "op": "eq", "value": "北京"}, NOON)
    define(account, "b", "乙", {"tag": "vip"}, NOON)
    with monkeypatch.context() as broken:
        real = sql_passes.attributes
        bad = Query("SELECT nothing", [])
        broken.setattr(sql_passes, "attributes", lambda *given: real(*given)._replace(query=bad))
        report = refresh_all(NOON)
    assert {one.slug: one.how for one in report.segments} == {"a": "failed", "b": "full"}
    assert kept.by_slug(account, "a").error
    refresh_all(NOON + timedelta(minutes=11))
    assert cast.held(account) == {"a": {lin}, "b": {lin}}
    assert kept.by_slug(account, "a").error == ""


def test_changed_followers_are_judged_one_by_one_where_sql_fails(any_store, monkeypatch):
    account = cast.an_account()
    lin = cast.somebody(account)
    define(account, "a", "甲", {"tag": "vip"}, NOON)
    refresh_all(NOON)
    tagged(lin)
    monkeypatch.setattr(sql_passes, "tagged", lambda *given: Query("SELECT nothing", []))
    assert how(refresh_all(NOON)) == {"a": ("changes", 1, 0)}
    assert cast.held(account) == {"a": {lin}}


def test_while_another_refreshes_one_waits_for_his_turn(any_store):
    account = cast.an_account()
    define(account, "vip", "会员", {"tag": "vip"}, NOON)
    assert leases.acquire(f"segments:{account}", "another", 60_000)
    assert refresh_all(NOON).busy == (account,)
    assert leases.release(f"segments:{account}", "another")
    assert refresh_all(NOON).busy == ()


def test_who_lost_his_lease_writes_nothing_more(any_store, monkeypatch):
    """The lease runs out in the middle and another process takes it."""
    account = cast.an_account()
    lin = cast.somebody(account)
    tagged(lin)
    define(account, "vip", "会员", {"tag": "vip"}, NOON)

    def taken(plans, prove, real=refresh._Round):
        run("UPDATE lease SET owner = 'another', fence = fence + 1")
        return real(plans, prove)

    monkeypatch.setattr(refresh, "_Round", taken)
    assert refresh_all(NOON).busy == (account,)
    assert cast.held(account) == {"vip": set()}


def meanwhile(monkeypatch, act):
    """`act` once, after the members of a full comparison were written and before it is noted."""
    real, left = kept.built, [act]

    def built(*given):
        while left:
            left.pop()()
        real(*given)

    monkeypatch.setattr(kept, "built", built)


def test_members_of_an_older_definition_are_never_taken_for_the_new_ones(any_store, monkeypatch):
    account = cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(account)
    tagged(lin, "vip")
    tagged(wang, "new")
    define(account, "a", "甲", {"tag": "vip"}, NOON)
    meanwhile(monkeypatch, lambda: define(account, "a", "甲", {"tag": "new"}, NOON))
    refresh_all(NOON)
    assert cast.held(account) == {"a": {lin}}
    assert not kept.by_slug(account, "a").built
    refresh_all(NOON)
    assert cast.held(account) == {"a": {wang}}
    assert kept.by_slug(account, "a").built


def test_members_of_an_older_list_are_never_taken_for_the_new_ones(any_store, monkeypatch):
    """A change of many lines asks for a comparison; one that is under way has read the old ones."""
    monkeypatch.setattr(segment_lists, "MOST_DIRTY", 0)
    account = cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(account)
    state = lists.static(account, "gold", "金卡", NOON)
    lists.change(state, {lin})
    meanwhile(monkeypatch, lambda: lists.change(state, {wang}))
    refresh_all(NOON)
    assert not kept.by_slug(account, "gold").built
    refresh_all(NOON)
    assert cast.held(account) == {"gold": {wang}}


def test_a_failure_of_an_older_definition_does_not_rest_the_new_one(any_store, monkeypatch):
    account = cast.an_account()
    tagged(lin := cast.somebody(account))
    define(account, "a", "甲", {"interest": "咖啡"}, NOON)

    def fail(*given):
        define(account, "a", "甲", {"tag": "vip"}, NOON)
        raise ValueError("no such thing")

    with monkeypatch.context() as broken:
        broken.setattr(sql_passes, "interests", fail)
        assert how(refresh_all(NOON))["a"][0] == "failed"
    assert kept.by_slug(account, "a").error == ""
    refresh_all(NOON)
    assert cast.held(account) == {"a": {lin}}


def test_a_change_during_the_look_is_looked_at_again(store):
    account = cast.an_account()
    lin = cast.somebody(account)
    kept.mark_dirty([lin])
    seen = kept.dirty(account, 10)
    kept.mark_dirty([lin])
    with transaction():
        kept.settle_dirty(seen)
    assert kept.dirty(account, 10) == [(lin, 2)]


def test_several_refreshers_and_folders_end_right(any_store):
    account = cast.an_account()
    people = [cast.somebody(account) for _ in range(30)]
    define(account, "vip", "会员", {"tag": "vip"}, NOON)
    define(account, "rest", "其余", {"not": {"segment": "vip"}}, NOON)
    for person in people:
        cast.did(person, "tag", NOON, tag="vip", on=True)
        cast.did(person, "tag", NOON + DAY, tag="vip", on=person % 3 == 0)
    ready = threading.Barrier(4)
    failures = []

    def work(number):
        try:
            ready.wait(10)
            for turn in range(6):
                fold_new(NOON + 2 * DAY, batch=5, most=10)
                refresh_all(NOON + 2 * DAY + cast.ms(turn * number), full=turn == number)
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    end = NOON + 3 * DAY
    cast.folded(end)
    refresh_all(end)
    vip = {person for person in people if person % 3 == 0}
    assert cast.held(account) == {"vip": vip, "rest": set(people) - vip}
    assert cast.sizes(account) == {"vip": len(vip), "rest": 30 - len(vip)}


class Crash(BaseException):
    """The process ends here: nothing of ours catches it."""


def crashing_at(monkeypatch, number):
    """End at the number-th statement that writes members, and say whether it came to that."""
    left = [number]

    def before(real):
        def writes(*given):
            left[0] -= 1
            if left[0] == 0:
                raise Crash
            return real(*given)

        return writes

    for module, names in ((kept, ("run", "run_many")), (segment_members, ("run",))):
        for name in names:
            monkeypatch.setattr(module, name, before(getattr(module, name)))
    return lambda: left[0] <= 0


def test_ended_at_any_statement_the_next_round_does_the_rest_once(any_store, monkeypatch):
    monkeypatch.setattr(refresh, "SPAN", 2)
    monkeypatch.setattr(refresh, "BATCH", 2)
    number, came = 0, True
    while came:
        number += 1
        account = cast.an_account()
        people = [cast.somebody(account) for _ in range(5)]
        vip = define(account, "vip", "会员", {"tag": "vip"}, NOON, triggers=True)
        refresh_all(NOON, account)
        for person in people[:3]:
            tagged(person)
        define(account, "rest", "其余", {"not": {"segment": "vip"}}, NOON)
        with monkeypatch.context() as short:
            did_crash = crashing_at(short, number)
            with suppress(Crash):
                refresh_all(NOON, account)
            came = did_crash()
        refresh_all(NOON, account)
        assert cast.held(account) == {"vip": set(people[:3]), "rest": set(people[3:])}
        assert cast.sizes(account) == {"vip": 3, "rest": 2}
        moves = [change.follower_id for change in kept.changes(vip.id)]
        assert sorted(moves) == people[:3]
    assert number > 5


def test_forgetting_somebody_leaves_no_row_and_right_sizes(any_store):
    account = cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(account)
    define(account, "all", "全部", {"bucket": [0, 100]}, NOON)
    refresh_all(NOON)
    refresh_all(NOON, full=True)
    kept.forget([lin])
    assert cast.held(account) == {"all": {wang}}
    assert cast.sizes(account) == {"all": 1}
    for table in ("segment_member", "segment_change", "segment_dirty"):
        assert fetch(f"SELECT COUNT(*) FROM {table} WHERE follower_id = ?", (lin,)) == [(0,)]


def test_a_slower_clock_does_not_bring_anybody_back(store):
    account = cast.an_account()
    lin = cast.somebody(account)
    cast.did(lin, "order", NOON)
    cast.folded(NOON)
    define(account, "day", "一天", {"event": "order", "within_days": 1}, NOON)
    refresh_all(NOON)
    refresh_all(NOON + 2 * DAY)
    kept.mark_dirty([lin])
    refresh_all(NOON + DAY / 2)
    assert cast.held(account) == {"day": set()}
