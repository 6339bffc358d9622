"""活动复盘: made once when a run is over, honest about what is too little, three next steps."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import pytest

from bot import campaign
from bot.effect import postmortem
from bot.effect.lessons import MOST, RULES, lessons
from bot.effect.telling import lesson, told
from bot.errors import NotFound
from bot.i18n import catalogue
from bot.store import events
from bot.store.db import Store, fetch
from bot.store.effect_responses import LEAVING
from bot.store.models import Follower, Generation, Send
from bot.values.audience import Skip
from tests.bot.campaign.world import SLUG, World, found_world
from tests.bot.effect.doings import buy, open_coupon, tap

AB = [{"name": name, "text": f"{name} {{link}}"} for name in ("a", "b")]


def a_town(store: Store) -> World:
    """120 followers, a third held out, ten unreachable. Six open it, four claim, two redeem."""
    world = found_world(store, followers=120, codes=200)
    Follower.update(window_left=0).where(Follower.id > 110).execute()
    world.begin(variants=AB, text=..., holdout=0.34, attribution_days=2)
    world.push()
    campaign.close_due(world.now)
    Generation.update(
        forecast={"audience": 120, "expected": 100, "coupons": {"burn": 80}}
    ).execute()
    rows = list(Send.select().where(Send.state == "sent").order_by(Send.variant, Send.id))
    for row in rows[:6]:
        tap(world, row)
    tap(world, rows[7], automatic=True)
    for row in rows[:4]:
        open_coupon(world, row)
    world.later(hours=1)
    for row in rows[:2]:
        buy(world, row.follower_id, 3000, paid_with=row)
    events.append(world.account_id, rows[9].follower_id, "unsubscribe", at=world.now,
                  received_at=world.now, source="callback", key="u")  # fmt: skip
    return world


@pytest.fixture
def town(store: Store) -> World:
    return a_town(store)


@pytest.fixture
def town_anywhere(any_store: Store) -> World:
    return a_town(any_store)


def test_it_is_made_once_when_the_run_is_over_and_adds_up(town_anywhere: World):
    town = town_anywhere
    assert postmortem.make_due(town.now) == 0
    assert postmortem.post_mortem(town.state(), None, town.now).document["final"] is False
    campaign.close_due(town.later(days=2))
    assert postmortem.make_due(town.now) == 1
    kept = postmortem.post_mortem(town.state(), 1, town.now)
    document, total = kept.document, kept.document["total"]
    assert document["final"] is True
    assert total["intended"] == 120 == total["sent"] + total["skipped"] + total["held_out"]
    assert document["skips"] == [{"reason": "no_channel", "people": total["skipped"]}]
    assert (total["clicked"], total["claimed"], total["redeemed"], total["buyers"]) == (6, 4, 2, 2)
    assert total["revenue_fen"] == 6000
    assert document["increment"]["bought"] == [2, 0]
    assert document["increment"]["enough"] is False, "two buyers say nothing"
    assert document["increment"]["left"]["unsubscribe"]["people"] == [1, 0]
    assert {one["figure"]: (one["foretold"], one["came"]) for one in document["forecast"]} == {
        "audience": (120, 120), "sent": (100, total["sent"]), "coupons": (80, total["sent"]),
    }  # fmt: skip
    assert document["variants"]["best"] == "a"
    assert document["variants"]["difference"][1] > 0
    assert document["variants"]["sure"] is False, "six who opened it are an anecdote"
    assert len(document["next"]) == MOST
    buy(town, 1, 100)
    assert postmortem.make_due(town.later(days=9)) == 0
    assert postmortem.post_mortem(town.state(), 1, town.now) == kept


def test_unfollows_are_held_against_the_month_before_where_nobody_was_held_out(store):
    """Of 100 three left in the month before: in two days 0.2 would have; ten did."""
    world = found_world(store, followers=100, codes=0)
    for who in (98, 99, 100):
        leaves(world, who, world.now - timedelta(days=9))
    world.begin(attribution_days=2, offer=..., text="您好")
    world.push()
    campaign.close_due(world.now)
    for who in range(1, 11):
        leaves(world, who, world.later(minutes=1))
    document = postmortem.look_back(world.state(), 1, world.now)
    assert document["base"] == {"left": 10, "expected": 0.2, "more": True}
    assert document["next"][0] == {"rule": "unfollows", "kind": "unsubscribe", "extra": 10}
    assert "本来就会有约 0.2 人取关，实际 10 人" in told(document)


def leaves(world: World, who: int, at: datetime) -> None:
    events.append(world.account_id, who, "unsubscribe", at=at, received_at=at, source="callback",
                  key=f"u{who}")  # fmt: skip


def test_its_words_say_the_sum_and_the_doubt(town: World):
    words = postmortem.post_mortem(town.state(), None, town.now).words
    assert "暂时的数字" in words
    assert "计划 120 = 已发" in words
    assert "人数或购买太少，还不能下结论" in words
    assert "还不能说谁更好" in words
    assert "没有可用渠道" in words
    assert "¥60.00" in words
    assert [line[:2] for line in words.splitlines()[-3:]] == ["1.", "2.", "3."]


def test_a_run_ended_early_waits_for_its_window_and_a_draft_has_none(store):
    world = found_world(store, followers=2)
    world.create()
    with pytest.raises(NotFound):
        postmortem.post_mortem(world.state(), None, world.now)
    campaign.start(world.services, world.account_id, SLUG, world.now)
    world.push()
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert postmortem.make_due(world.later(days=6, hours=23)) == 0
    assert postmortem.make_due(world.later(hours=1)) == 1
    assert fetch("SELECT COUNT(*) FROM post_mortem") == [(1,)]


# --- next steps, pure --------------------------------------------------------------------------

QUIET = {
    "linked": True,
    "base": None,
    "skips": [],
    "failed": [],
    "variants": None,
    "total": {
        "intended": 1000, "sent": 950, "failed": 0, "unknown": 0, "clicked": 100, "claimed": 0,
        "redeemed": 0, "buyers": 100, "every": 120, "taps": 120, "profit_fen": 1,
    },
    "increment": {
        "people": [950, 50], "enough": True, "difference": [0.0, -0.1, 0.1],
        "extra_buyers": [0.0, -95.0, 95.0],
        "left": {kind: {"enough": False, "difference": [0.0, -1.0, 1.0]} for kind in LEAVING},
    },
}  # fmt: skip


def changed(path: str, value: object) -> dict:
    document = copy.deepcopy(QUIET)
    *parents, name = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    place[name] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("increment.left.unsubscribe", {"enough": True, "difference": [0.01, 0.001, 0.02]},
         "unfollows"),
        ("base", {"left": 30, "expected": 2.0, "more": True}, "unfollows"),
        ("increment.difference", [-0.1, -0.2, 0.0], "no_gain"),
        ("total.unknown", 20, "unknown"),
        ("skips", [{"reason": "no_channel", "people": 201}], "skipped"),
        ("total.profit_fen", -1, "loss"),
        ("variants", {"best": "a", "worst": "b", "sure": True}, "winner"),
        ("total.clicked", 18, "few_open"),
        ("total.taps", 83, "machines"),
        ("increment.difference", [0.1, 0.01, 0.2], "gain"),
        ("total.buyers", 90, "follow_up"),
        ("increment.people", [950, 0], "hold_out"),
        ("increment.enough", False, "more_people"),
        ("variants", {"best": "a", "worst": "b", "sure": False}, "undecided"),
    ],
)  # fmt: skip
def test_what_stands_out_comes_first(path: str, value: object, rule: str):
    quiet = [one.rule for one in lessons(QUIET)]
    assert quiet == ["try_two", "margin", "keep"]
    found = lessons(changed(path, value))
    assert found[0].rule == rule
    assert len(found) == MOST
    assert all("{" not in lesson(one.to_json(), lang) for one in found for lang in ("zh", "en"))


def test_every_reason_rule_and_kind_has_its_words():
    wanted = {
        *(f"effect.{kind}.{skip}" for skip in Skip for kind in ("skip", "advice")),
        *(f"effect.next.{rule}" for rule in RULES),
        *(f"effect.left.{kind}" for kind in LEAVING),
    }
    assert wanted - set(catalogue("zh")) == set()


def test_it_reads_in_english_too(store):
    world = found_world(store, followers=3)
    world.begin()
    world.push()
    document = postmortem.look_back(world.state(), 1, world.now + timedelta(days=1))
    assert "Sum: planned 3 = sent 3" in told(document, "en")
