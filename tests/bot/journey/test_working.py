"""Journeys on real stores: who comes in, goes on, leaves; and what becomes of it."""

from __future__ import annotations

from collections import Counter

import pytest

from bot import journey
from bot.coupon import make_batch
from bot.errors import Conflict, InvalidInput
from bot.journey import explaining, installing, reporting
from bot.store import (
    attribute_types,
    events,
    follower_facts,
    journey_runs,
    journeys,
    segments,
)
from bot.store.db import Store, fetch, run
from bot.store.models import Event
from bot.store.profiles import state_of
from bot.values.attributes import Declared
from bot.values.facts import Needs
from tests.bot.journey.cast import TEXT, Town, a_journey, found_town

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


def test_thirty_days_of_the_ready_made_welcome(store: Store):
    town = found_town(store, followers=4)
    lin, mei, wu, ann = town.people
    for slug in ("welcome-hotpot", "welcome-cafe", "welcome-any"):
        batch = {"slug": slug, "title": f"{slug}券", "face_value_fen": 2000, "codes": 9}
        make_batch(town.account_id, batch, town.now)
    made = installing.install(town.account_id, "catering", town.now)
    assert made.lacks == ()
    journey.start(town.account_id, "welcome-catering", town.now)
    town.happens("subscribe", lin, mei, wu, ann)
    town.turn()
    town.happens("preference", lin, topics={"火锅": 1.0})  # opens it, and never uses it
    town.happens("preference", wu, topics={"咖啡": 1.0})  # comes and uses it
    town.happens("preference", ann, topics={"火锅": 1.0})  # refuses marketing
    town.turn(seconds=3)
    town.happens("coupon.claimed", lin, wu)
    town.happens("opt_out", ann)
    town.happens("coupon.redeemed", wu, at=town.now)
    for _ in range(30):
        town.turn(days=1)
    assert [town.where(who) for who in town.people] == ["rest", "rest", "finished", "opted_out"]
    assert [len(town.texts(who)) for who in town.people] == [2, 0, 1, 1]
    assert "welcome-hotpot" in town.texts(lin)[0]
    assert town.texts(lin)[1].startswith("您领的券还没用")
    assert "welcome-cafe" in town.texts(wu)[0]
    found = reporting.report(town.account_id, "welcome-catering", town.now)
    assert (found.entered, found.on_the_way, found.converted) == (4, 0, 1)


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


OUT = [  # what happens, and how they left (or where they stand) with how many messages
    ("unsubscribe", {}, "unsubscribed", 0),
    ("opt_out", {}, "opted_out", 0),
    ("refund", {"shop": "A1"}, "left", 0),
    ("refund", {"shop": "B2"}, "wait", 1),
    ("order", {}, "converted", 0),
]


def test_what_leads_out_stops_what_waits_to_be_sent(store: Store):
    town = found_town(store, followers=len(OUT))
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
    town.happens("subscribe", *town.people)
    town.turn()
    for who, (kind, facts, *_) in zip(town.people, OUT, strict=True):
        town.happens(kind, who, **facts)
    town.turn()
    town.turn(hours=12)
    found = [(town.where(who), len(town.texts(who))) for who in town.people]
    assert found == [(outcome, sent) for _, _, outcome, sent in OUT]
    converted = explaining.explain(town.people[-1])[0]
    assert converted.converted_at is not None
    assert converted.hops[0].sent == "skipped:left_journey"


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
    assert found.effect.final is False, "a journey is looked at all along"
    assert [line for line in reporting.lines(found) if "随时查看都有效" in line]
    assert fetch("SELECT COUNT(*) FROM journey_run WHERE heeds = TRUE") == [(0,)]


def test_while_it_is_paused_nobody_moves_and_nothing_is_forgotten(town: Town):
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


EDITS = [  # the policy, where those on the way are after it by which version, what they get
    ("keep", ("wait", 1), ["一", "二"]),
    ("move", ("wait", 2), ["一", "三"]),
    ("stop", ("version_stopped", 1), ["一"]),
]


def test_an_edit_says_what_becomes_of_those_on_the_way(store: Store):
    town = found_town(store, followers=4)
    for who, (policy, *_) in zip(town.people, EDITS, strict=False):
        first = town.start(an_edited(policy, 9, "二"))
        assert journey.let_in(town.world.services, town.account_id, policy, [who], town.now) == {
            "entered": 1
        }
        assert town.define(an_edited(policy, 9, "二")).version == 1  # the same is no new version
    town.turn()
    for policy, *_ in EDITS:
        assert town.define(an_edited(policy, 5, "三"), policy=policy, author="lin").version == 2
    slugs = [journeys.version(first.id, number).actions for number in (2, 1)]
    assert slugs[0]["one"] == slugs[1]["one"] == "journey:stop:1:one"
    assert slugs[0]["two"] == "journey:stop:2:two"
    town.turn()
    new = town.people[3]
    journey.let_in(town.world.services, town.account_id, "keep", [new], town.now)
    assert town.run(new).version == 2
    found = [(town.where(who), town.run(who).version) for who in town.people[:3]]
    assert found == [where for _, where, _ in EDITS]
    town.turn(days=5)
    town.turn(days=4)
    assert [town.texts(who) for who in town.people[:3]] == [then for *_, then in EDITS]


def an_edited(slug: str, days: int, text: str) -> dict[str, object]:
    return a_journey(
        {"id": "one", "send": {**TEXT, "text": "一"}},
        {"id": "wait", "wait": {"days": days}},
        {"id": "two", "send": {**TEXT, "text": text}},
        END,
        slug=slug,
        trigger={"when": "manual"},
    )


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
    assert journeys.naming_segment(town.account_id, "vip") == ["welcome"]
    assert journeys.naming_segment(town.account_id, "other") == []
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
    found = reporting.report(town.account_id, "welcome", town.now)
    assert found.away == {"full": 3}
    assert "  ✗ 人数已满 3" in reporting.lines(found)


def test_the_report_tells_what_came_of_each_send(store: Store):
    town = found_town(store, followers=3)
    send = {"purpose": "service", "text": "券 {link}", "url": "https://a.example/", "goal": GOAL}
    town.start(a_journey({"id": "offer", "send": send}, {"id": "wait", "wait": {"days": 1}}, END))
    town.happens("subscribe", *town.people)
    town.turn()
    town.turn(minutes=1)
    town.happens("checkin", town.people[0])
    town.happens("order", town.people[1])
    found = reporting.report(town.account_id, "welcome", town.now)
    outcomes = found.steps[0].outcomes
    assert (outcomes["sent"], outcomes["goals"], outcomes["clicked"]) == (3, 1, 0)
    lines = reporting.lines(found)
    assert [line for line in lines if "达成目标 1" in line and "效果：已发 3" in line]
    assert found.steps[1].outcomes is None


GOAL = {"event": "checkin"}
