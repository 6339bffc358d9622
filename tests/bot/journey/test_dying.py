"""Each thing once and nobody forgotten, whatever dies or comes late; and whose data it is."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from bot import journey
from bot.clock import SHANGHAI, from_ms
from bot.journey import explaining, reporting, working
from bot.store import (
    db,
    journey_log,
    journey_runs,
    journeys,
    privacy,
)
from bot.store.db import Store, fetch, is_postgres, run, transaction
from bot.store.held import everything
from bot.store.models import Event, JourneyRun
from tests.bot.campaign.world import Crash
from tests.bot.journey.cast import DAY, URL, Town, a_journey, found_town

END = {"id": "end", "end": "finished"}
ASK = a_journey({"id": "ask", "wait": {"event": "preference", "days": 1}}, END)


@pytest.fixture
def any_town(any_store: Store) -> Town:
    return found_town(any_store)


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


class Deadly:
    """Kills the process that works before the n-th statement."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self.real = db.database.obj.execute_sql
        monkeypatch.setattr(db.database.obj, "execute_sql", self.execute_sql)

    def execute_sql(self, *args):
        self.left -= 1
        if self.left < 0:
            raise Crash
        return self.real(*args)


def test_killed_before_any_statement_nothing_is_done_twice_and_nobody_is_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    town = found_town(store)
    town.start(
        a_journey(
            {"id": "offer", "send": {"purpose": "service", "text": "券"}},
            {"id": "gift", "coupon": "autumn"},
            {"id": "tag", "tag": "asked"},
            {"id": "call", "webhook": {"url": "https://h.example/x"}},
            {"id": "wait", "wait": {"hours": 1}},
            {"id": "late", "send": {"purpose": "service", "text": "完"}},
            END,
        )
    )
    town.happens("subscribe", *town.people)
    deadly = Deadly(monkeypatch)
    for then in (timedelta(seconds=2), timedelta(hours=2)):
        town.world.later(seconds=then.total_seconds())
        killed = 0
        while True:
            deadly.left = killed
            try:
                journey.advance_due(town.world.services, town.now)
                break
            except Crash:
                killed += 1
            finally:
                deadly.left = 10**9
        assert killed > 20
        town.world.push()
    assert [town.where(who) for who in town.people] == ["finished"] * 3
    assert [town.texts(who) for who in town.people] == [["券", "完"]] * 3
    assert town.world.stock()["issued"] == 3
    assert Event.select().where(Event.kind == "tag").count() == 3
    assert fetch("SELECT COUNT(*) FROM journey_call") == [(3,)]
    passed = reporting.report(town.account_id, "welcome", town.now)
    assert [sum(step.passed.values()) for step in passed.steps] == [3] * 7


@pytest.mark.engines("postgres")  # SQLite has one writer
def test_two_workers_at_once_move_each_once(any_store: Store):
    town = found_town(any_store, followers=90)
    town.start(
        a_journey(
            {"id": "wait", "wait": {"minutes": 1}},
            {"id": "offer", "send": {"purpose": "service", "text": "券"}},
            {"id": "tag", "tag": "asked"},
            END,
        )
    )
    town.happens("subscribe", *town.people)
    town.turn()
    town.world.later(minutes=2)
    number = journey.find(town.account_id, "welcome").id
    moved: list[int] = []

    def work() -> None:
        while done := working.advance_batch(number, URL, town.now, limit=10):
            moved.append(done)
        any_store.leave()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(moved) == 90
    town.world.push()
    assert set(town.world.platform.received().values()) == {1}
    assert town.world.platform.received().total() == 90
    assert Event.select().where(Event.kind == "tag").count() == 90


@pytest.mark.engines("postgres")  # SQLite commits ids in their order
def test_an_event_that_is_committed_late_is_heard_all_the_same(any_store: Store):
    town = found_town(any_store)
    lin, mei, _ = town.people
    town.start(ASK)
    town.turn()
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction():
            town.happens("subscribe", lin)
            begun.set()
            may_end.wait(10)
        any_store.leave()

    late = threading.Thread(target=slow)
    late.start()
    assert begun.wait(10)
    town.happens("subscribe", mei)
    town.turn()
    assert (town.where(lin), town.where(mei)) == ("", "ask")
    may_end.set()
    late.join()
    town.turn()
    assert town.where(lin) == "ask"


def test_the_ids_passed_over_are_remembered_for_a_while(store: Store):
    cursor = journey_log.Cursor(10, [(3, 5, 1000), (7, 7, 1000)])
    now = town_time(60)
    assert journey_log.after(cursor, [4], now).gaps == [(3, 3, 1000), (5, 5, 1000), (7, 7, 1000)]
    assert journey_log.after(cursor, [], town_time(121)).gaps == []
    assert journey_log.after(cursor, [11, 12], now).event_id == 12


def town_time(seconds: float) -> datetime:
    return from_ms(1000) + timedelta(seconds=seconds)


# --- whom it is about -----------------------------------------------------------------------------


def test_a_person_sees_their_journeys_and_is_forgotten_in_them(any_town: Town):
    town = any_town
    lin, *_ = town.people
    town.start(a_journey({"id": "call", "webhook": {"url": "https://h.example/x"}},
                         {"id": "wait", "wait": {"days": 1}}, END))  # fmt: skip
    town.happens("subscribe", lin)
    town.turn()
    held = everything(lin)
    assert [one["slug"] for one in held["journeys"]] == ["welcome"]
    assert [one["step"] for one in held["webhooks"]] == ["call"]
    told = explaining.lines(explaining.explain(lin), SHANGHAI)
    assert told[0].startswith("迎新（welcome v1 #1）进行中")
    assert told[1].startswith("  2026-11-21 12:00 · "), "by the account's clock"
    privacy.erase(lin, town.now, town.now - DAY)
    assert JourneyRun.select().count() == 0
    assert fetch("SELECT COUNT(*) FROM journey_call") == [(0,)]
    assert town.turn(days=2) == 0


def test_a_journey_that_lost_its_coupons_is_paused_and_holds_up_no_other(town: Town):
    lin, *_ = town.people
    town.start(
        a_journey({"id": "wait", "wait": {"hours": 1}}, {"id": "c", "coupon": "autumn"}, END)
    )
    town.start(a_journey({"id": "wait", "wait": {"hours": 1}}, END, slug="other"))
    town.happens("subscribe", lin)
    town.turn()
    town.start(a_journey({"id": "c", "coupon": "autumn"}, END, slug="at-once"))
    run("UPDATE coupon_batch SET slug = 'gone'")
    town.turn(hours=2)
    town.happens("subscribe", town.people[1])
    town.turn()
    assert journey.find(town.account_id, "at-once").state == "paused"
    assert town.where(town.people[1]) == ""
    town.turn()
    assert town.where(town.people[1]) == "wait"
    found = journey.find(town.account_id, "welcome")
    assert (found.state, "autumn" in found.error) == ("paused", True)
    slugs = {journeys.get(r.journey_id).slug: r.outcome for r in journey_runs.of_follower(lin)}
    assert slugs == {"welcome": "", "other": "finished"}


def test_who_is_due_is_found_by_an_index(any_store: Store):
    town = found_town(any_store, followers=1)
    sql, params = journey_runs.due_query(1, town.now, 300)
    if is_postgres():
        run("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in fetch(f"EXPLAIN {sql}", params))
        run("SET enable_seqscan = on")
        assert "Sort" not in plan
    else:
        plan = "\n".join(row[3] for row in fetch(f"EXPLAIN QUERY PLAN {sql}", params))
        assert "TEMP B-TREE" not in plan
    assert "journey_run_due" in plan
