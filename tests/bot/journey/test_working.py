"""Journeys on real stores: who comes in, goes on, leaves; each thing once, whatever dies."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot import journey
from bot.clock import from_ms
from bot.errors import Conflict, InvalidInput
from bot.journey import explaining, reporting, working
from bot.store import (
    attribute_types,
    db,
    events,
    follower_facts,
    journey_log,
    journey_runs,
    journeys,
    privacy,
    segments,
)
from bot.store.db import Store, fetch, is_postgres, run, transaction
from bot.store.held import everything
from bot.store.models import Event, JourneyRun
from bot.store.profiles import state_of
from bot.values.attributes import Declared
from bot.values.facts import Needs
from tests.bot.campaign.world import Crash
from tests.bot.journey.cast import DAY, TEXT, URL, Town, a_journey, found_town

END = {"id": "end", "end": "finished"}
WELCOME = a_journey(
    {"id": "hello", "send": {"purpose": "service", "text": "欢迎"}},
    {"id": "ask", "wait": {"event": "preference", "days": 1, "then": "taste", "else": "rest"}},
    {"id": "taste", "branch": {"ways": [{"if": {"interest": "火锅"}, "to": "hot"}], "else": "any"}},
    {"id": "hot", "send": {"purpose": "marketing", "text": "火锅券 {link}", "offer": "autumn"},
     "next": "tag"},
    {"id": "any", "send": {"purpose": "marketing", "text": "券 {link}", "offer": "autumn"}},
    {"id": "tag", "tag": {"tag": "asked", "days": 30}},
    END,
    {"id": "rest", "end": "rest"},
)  # fmt: skip


@pytest.fixture
def any_town(any_store: Store) -> Town:
    return found_town(any_store)


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


def test_a_welcome_from_following_to_the_first_coupon(any_town: Town):
    town = any_town
    lin, mei, wu = town.people
    town.start(WELCOME)
    town.happens("subscribe", lin, mei)
    assert town.turn(seconds=0.5) == 0  # its handling may not be through yet
    town.turn()
    assert [town.where(who) for who in town.people] == ["ask", "ask", ""]
    town.happens("preference", lin, topics={"火锅": 1.0})
    town.turn()
    town.turn()
    assert town.ways(lin) == ["hello", "ask heard", "taste 1", "hot", "tag", "end finished"]
    assert town.texts(lin)[0] == "欢迎"
    assert town.texts(lin)[1].startswith("火锅券 https://h.example/")
    assert "asked" in state_of(lin)["tags"]
    town.turn(days=1)
    assert (town.where(mei), town.texts(mei)) == ("rest", ["欢迎"])
    assert (town.turn(), town.where(wu)) == (0, "")


def test_who_comes_in_again_and_who_does_not(town: Town):
    lin, *_ = town.people
    for number, (rule, waits, entries) in enumerate(
        [
            ({"rule": "never"}, 90, 1),
            ({"rule": "after", "days": 30, "most": 2}, 29, 1),
            ({"rule": "after", "days": 30, "most": 2}, 30, 2),
            ({"rule": "always", "most": 2}, 1, 2),
        ]
    ):
        slug = f"again-{number}"
        one = a_journey({"id": "t", "tag": slug}, END, slug=slug, reentry=rule)
        one["trigger"] = {"when": "event", "event": "order"}
        town.start(one)
        for days in (0, waits, 0):
            town.world.later(days=days)
            town.happens("order", lin)
            town.turn()
        found = [r for r in journey_runs.of_follower(lin) if r.trace[0][0] == "t"]
        mine = [r for r in found if journeys.get(r.journey_id).slug == slug]
        assert [r.entry for r in mine] == [*range(entries, 0, -1)], (slug, rule)
        journey.stop(town.account_id, slug, town.now)


@pytest.mark.parametrize(
    ("kind", "facts", "outcome", "sent"),
    [
        pytest.param("unsubscribe", {}, "unsubscribed", 0, id="left the account"),
        pytest.param("opt_out", {}, "opted_out", 0, id="refused marketing"),
        pytest.param("refund", {"shop": "A1"}, "left", 0, id="an exit"),
        pytest.param("refund", {"shop": "B2"}, "wait", 1, id="an exit elsewhere"),
        pytest.param("order", {}, "converted", 0, id="the goal"),
    ],
)
def test_what_leads_out_stops_what_waits_to_be_sent(town: Town, kind, facts, outcome, sent):
    lin, *_ = town.people
    town.world.later(hours=10)  # quiet until the next morning
    town.start(
        a_journey(
            {"id": "offer", "send": {"purpose": "marketing", "text": "早安"}},
            {"id": "wait", "wait": {"days": 3}},
            END,
            goals=[{"event": "order"}],
            exits=[{"event": "refund", "where": {"shop": "A1"}}],
        )
    )
    town.happens("subscribe", lin)
    town.turn()
    town.happens(kind, lin, **facts)
    town.turn()
    town.turn(hours=12)
    assert (town.where(lin), len(town.texts(lin))) == (outcome, sent)
    if outcome == "converted":
        found = explaining.explain(lin)[0]
        assert (found.converted_at is not None, found.hops[0].sent) == (
            True,
            "skipped:left_journey",
        )


def test_the_held_out_walk_silently_and_are_the_measure(any_store: Store):
    town = found_town(any_store, followers=60)
    town.start(
        a_journey(
            {"id": "offer", "send": {"purpose": "service", "text": "券"}},
            {"id": "wait", "wait": {"days": 1}},
            END, holdout=0.5, goals=[{"event": "order"}], goal_days=3,
        )
    )  # fmt: skip
    town.happens("subscribe", *town.people)
    town.turn()
    held = {r.follower_id for who in town.people for r in journey_runs.of_follower(who)
            if r.held_out}  # fmt: skip
    assert 15 < len(held) < 45
    treated = [who for who in town.people if who not in held]
    town.turn(days=1)
    town.happens("order", *treated[:10], *sorted(held)[:2])  # after they were through
    town.turn()
    town.turn(days=3)
    found = reporting.report(town.account_id, "welcome", town.now)
    assert town.world.platform.received().total() == len(treated)
    assert (found.entered, found.held_out, found.on_the_way) == (60, len(held), 0)
    assert found.converted == 12
    assert (found.effect.sent, found.effect.sent_bought) == (len(treated), 10)
    assert (found.effect.held_out, found.effect.held_out_bought) == (len(held), 2)
    assert found.steps[0].passed == {"done": len(treated), "held_out": len(held)}
    assert found.steps[0].sends == {"sent": len(treated)}
    assert fetch("SELECT COUNT(*) FROM journey_run WHERE heeds = TRUE") == [(0,)]


def test_while_it_is_paused_nobody_moves_and_nothing_is_forgotten(any_town: Town):
    town = any_town
    lin, mei, wu = town.people
    town.start(WELCOME)
    town.happens("subscribe", lin, mei)
    town.turn()
    journey.pause(town.account_id, "welcome", town.now)
    town.happens("preference", lin, topics={"火锅": 1.0})
    town.happens("subscribe", wu)
    town.turn()
    assert [town.where(who) for who in town.people] == ["taste", "ask", ""]
    with pytest.raises(Conflict):
        journey.start(town.account_id, "welcome", town.now)
    town.turn(hours=3)
    journey.resume(town.account_id, "welcome", town.now)
    town.turn()
    assert [town.where(who) for who in town.people] == ["finished", "ask", ""]
    journey.stop(town.account_id, "welcome", town.now)
    town.turn()
    assert (town.where(mei), town.turn()) == ("stopped", 0)


@pytest.mark.parametrize(
    ("policy", "where", "then"),
    [
        pytest.param("keep", ("wait", 1), ["一", "二"], id="they finish by the old one"),
        pytest.param("move", ("wait", 2), ["一", "三"], id="they go on by the new one"),
        pytest.param("stop", ("version_stopped", 1), ["一"], id="they are out"),
    ],
)
def test_an_edit_says_what_becomes_of_those_on_the_way(town: Town, policy, where, then):
    lin, mei, _ = town.people
    steps = [
        {"id": "one", "send": {**TEXT, "text": "一"}},
        {"id": "wait", "wait": {"days": 9}},
        {"id": "two", "send": {**TEXT, "text": "二"}},
        END,
    ]
    first = town.start(a_journey(*steps))
    town.happens("subscribe", lin)
    town.turn()
    assert town.define(a_journey(*steps)).version == 1  # the same again is no new version
    steps[1:3] = [
        {"id": "wait", "wait": {"days": 5}},
        {"id": "two", "send": {**TEXT, "text": "三"}},
    ]
    made = town.define(a_journey(*steps), policy=policy, author="lin")
    assert made.version == 2
    slugs = [journeys.version(first.id, number).actions for number in (2, 1)]
    assert slugs[0]["one"] == slugs[1]["one"] == "journey:welcome:1:one"
    assert slugs[0]["two"] == "journey:welcome:2:two"
    town.turn()
    assert (town.where(lin), town.run(lin).version) == where
    town.happens("subscribe", mei)
    town.turn()
    assert town.run(mei).version == 2
    town.turn(days=5)
    town.turn(days=4)
    assert town.texts(lin) == then


def test_an_edit_with_an_error_changes_nothing_and_names_must_be_there_to_start(town: Town):
    town.define(a_journey({"id": "c", "coupon": "none-such"}, END))
    with pytest.raises(InvalidInput, match="none-such"):
        journey.start(town.account_id, "welcome", town.now)
    with pytest.raises(InvalidInput, match=r"steps\.c"):
        town.define(a_journey({"id": "c", "coupon": "autumn"}))
    found = journey.find(town.account_id, "welcome")
    assert (found.state, found.version) == ("draft", 1)
    town.define(a_journey({"id": "other", "start": "welcome"}, END, slug="back"))
    with pytest.raises(InvalidInput, match="back"):
        town.start(a_journey({"id": "c", "start": "back"}, END))


def test_coupons_attributes_hand_off_other_journeys_and_dates(any_town: Town):
    town = any_town
    lin, mei, wu = town.people
    attribute_types.define(town.account_id, Declared("birthday", "date", (), ""), town.now)
    town.start(
        a_journey({"id": "t", "tag": "second"}, END, slug="second", trigger={"when": "manual"})
    )
    town.start(
        a_journey(
            {"id": "gift", "coupon": "autumn"},
            {"id": "note", "set": {"attribute": "greeted", "value": True}},
            {"id": "person", "handoff": "寿星"},
            {"id": "on", "start": "second"},
            END,
            trigger={"when": "date", "attribute": "birthday", "days_before": 7, "hour": 9},
        )
    )
    for who, day in ((lin, "1990-11-28"), (mei, "1990-11-29"), (wu, "2000-11-28")):
        town.happens("attribute", who, name="birthday", value=day)
    run("UPDATE coupon_batch SET per_person = 1")
    events.append(
        town.account_id, wu, "x", at=town.now, received_at=town.now, source="x", key="x", facts={}
    )
    town.turn()
    town.turn()
    assert [town.where(who) for who in town.people] == ["finished", "", "finished"]
    assert town.world.stock() == {"available": 98, "issued": 2}
    found = follower_facts.load([lin], Needs(attributes=frozenset({"greeted"})))[0]
    assert found.attributes["greeted"][0] == "true"
    assert Event.select().where(Event.kind == "handoff_wanted").count() == 2
    slugs = [journeys.get(r.journey_id).slug for r in journey_runs.of_follower(lin)]
    assert sorted(slugs) == ["second", "welcome"]
    assert (town.turn(), town.world.stock()["issued"]) == (0, 2)  # once a day
    town.turn(days=1)
    assert town.where(mei) == "finished"


def test_segments_lead_in_and_out_and_caps_hold(any_store: Store):
    town = found_town(any_store, followers=5)
    rule = {"tag": "vip"}
    segments.put(town.account_id, "vip", "会员", rule, town.now)
    town.start(
        a_journey(
            {"id": "wait", "wait": {"days": 30}},
            END,
            trigger={"when": "segment", "segment": "vip"},
            exits=[{"segment": "vip", "does": "leaves"}],
            limits={"active": 3, "daily": 4},
        )
    )
    town.turn()
    town.happens("tag", *town.people, tag="vip", on=True)
    for _ in range(3):
        town.turn()
    assert sorted(town.where(who) for who in town.people) == ["", "", "wait", "wait", "wait"]
    town.happens("tag", *town.people[:3], tag="vip", on=False)
    for _ in range(3):
        town.turn()
    assert Counter(town.where(who) for who in town.people) == {"left": 3, "": 2}
    town.happens("tag", *town.people[3:], tag="vip", on=False)
    for _ in range(3):
        town.turn()
    town.happens("tag", *town.people[3:], tag="vip", on=True)
    for _ in range(3):
        town.turn()
    assert Counter(town.where(who) for who in town.people) == {"left": 3, "wait": 1, "": 1}
    assert reporting.report(town.account_id, "welcome", town.now).away == {"full": 3}


# --- whatever dies ------------------------------------------------------------------------------


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


def test_two_workers_at_once_move_each_once(any_store: Store):
    if not is_postgres():
        pytest.skip("SQLite has one writer")
    town = found_town(any_store, followers=200)
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
        while done := working.advance_batch(number, URL, town.now, limit=15):
            moved.append(done)
        any_store.leave()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(moved) == 200
    town.world.push()
    assert set(town.world.platform.received().values()) == {1}
    assert town.world.platform.received().total() == 200
    assert Event.select().where(Event.kind == "tag").count() == 200


def test_an_event_that_is_committed_late_is_heard_all_the_same(any_store: Store):
    if not is_postgres():
        pytest.skip("SQLite commits ids in their order")
    town = found_town(any_store)
    lin, mei, _ = town.people
    town.start(WELCOME)
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
    assert explaining.lines(explaining.explain(lin))[0].startswith("迎新（welcome v1 #1）进行中")
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
