"""What is reported, each figure from one query, and what a dry run foretells."""

from __future__ import annotations

import pytest

from bot import campaign
from bot.errors import Conflict, InvalidInput, MessageRefused, NotFound
from bot.store import campaigns, coupons, events, links
from bot.store.db import Store, run
from bot.store.models import Click, CouponBatch, Follower, Link, Quota, Send
from bot.tracking.tokens import read_link
from tests.bot.campaign.world import SLUG, World, a_document, found_world
from tests.conftest import NOON

AB = [{"name": name, "text": f"{name} {{link}}"} for name in ("a", "b")]


@pytest.fixture
def world(any_store: Store) -> World:
    return found_world(any_store, followers=40)


def sent(world: World, variant: str) -> list[Send]:
    return list(Send.select().where((Send.state == "sent") & (Send.variant == variant)))


def tap(world: World, row: Send, automatic: bool = False) -> None:
    link = Link.get(Link.campaign == world.state().id)
    Click.insert(
        link=link, send=row, follower=row.follower_id, at=world.now, automatic=automatic
    ).execute()


def buy(world: World, row: Send, fen: int) -> None:
    event_id = events.append(
        world.account_id,
        row.follower_id,
        "order",
        at=world.now,
        received_at=world.now,
        source="order",
        key=f"{row.id}:{world.now}",
        facts={"amount_fen": fen},
    )
    assert event_id is not None
    assert coupons.credit(row.id, event_id, world.now, fen)


def test_the_funnel_of_each_variant(world: World):
    world.begin(variants=AB, text=...)
    world.push()
    first, second, third = sent(world, "a")[:3]
    for row in (first, first, second, third):
        tap(world, row)
    tap(world, first, automatic=True)
    buy(world, first, 5000)
    world.later(seconds=1)
    buy(world, first, 300)
    report = world.report()
    a, b = report.variants
    assert (a.name, a.sent, a.clicks, a.taps, a.automatic_taps) == ("a", a.audience, 3, 4, 1)
    assert (a.redemptions, a.buyers, a.revenue_fen) == (2, 1, 5300)
    assert (b.sent, b.clicks, b.redemptions) == (40 - a.sent, 0, 0)
    assert a.ctr == pytest.approx(3 / a.sent)
    assert a.cvr == pytest.approx(1 / 3)
    assert report.to_json()["yield"] == pytest.approx(1 / a.sent)


def test_totals_are_the_sums_of_what_is_shown(world: World):
    world.begin(variants=AB, text=..., holdout=0.2)
    world.push()
    for row in sent(world, "a")[:2] + sent(world, "b")[:1]:
        tap(world, row)
    shown = world.report().to_json()
    assert shown["clicks"] == sum(v["clicks"] for v in shown["variants"]) == 3
    assert shown["closing"]["sent"] == sum(v["sent"] for v in shown["variants"])


def test_what_is_bought_after_the_attribution_window_is_not_credited(world: World):
    world.begin(attribution_days=1)
    world.push()
    row = sent(world, "a")[0]
    world.later(days=1)
    buy(world, row, 100)
    world.later(seconds=1)
    buy(world, row, 100)
    assert world.report().variants[0].redemptions == 1


def test_the_effect_compares_purchases_of_the_sent_and_the_held_out(world: World):
    world.begin(holdout=0.5)
    world.push()
    arms = {"sent": [], "held_out": []}
    for row in Send.select():
        arms[row.state].append(row)
    for row in arms["sent"][:4] + arms["held_out"][:1]:
        events.append(
            world.account_id, row.follower_id, "order", at=world.now, received_at=world.now,
            source="order", key=f"o:{row.id}",
        )  # fmt: skip
    effect = world.report().effect
    assert (effect.sent, effect.sent_bought) == (len(arms["sent"]), 4)
    assert (effect.held_out, effect.held_out_bought) == (len(arms["held_out"]), 1)
    assert effect.difference == pytest.approx(4 / effect.sent - 1 / effect.held_out)
    assert effect.enough is False


def test_reasons_are_counted_apart(world: World):
    Follower.update(opted_out_at=NOON).where(Follower.id <= 3).execute()
    Follower.update(subscribed=False).where(Follower.id == 4).execute()
    world.platform.verdict = lambda b: MessageRefused(45047, "") if b["touser"] == "o-9" else None
    world.begin()
    world.push()
    closing = world.report().closing
    assert closing.skipped == {"opted_out": 3, "unsubscribed": 1}
    assert closing.failed == {"45047": 1}
    assert closing.balanced


def test_a_campaign_that_never_ran_has_a_report_of_nothing(world: World):
    world.create()
    report = world.report()
    assert (report.generation, report.closing.audience, report.variants) == (0, 0, ())
    with pytest.raises(Conflict, match="not run"):
        campaign.close_now(world.services, world.account_id, SLUG, world.now)


# --- closing -----------------------------------------------------------------------------------


def test_a_sum_that_does_not_hold_is_refused_and_says_where(world: World):
    world.begin()
    world.push()
    run("DELETE FROM send WHERE follower_id = 7")
    with pytest.raises(Conflict, match="offer: audience 40 = sent 39"):
        campaign.close_now(world.services, world.account_id, SLUG, world.now)
    world.later(days=8)
    assert campaign.close_due(world.now) == 0
    world.later(days=8)
    assert campaign.close_due(world.now) == 0
    assert "audience 40 = sent 39" in world.state().error
    assert world.state().state == "running"


def test_what_is_still_open_is_not_closed(world: World):
    world.begin(concurrency=1)
    world.push(stop=lambda: len(world.platform.asked) >= 4)
    with pytest.raises(Conflict, match="open 36"):
        campaign.close_now(world.services, world.account_id, SLUG, world.now)


def test_a_campaign_closes_by_itself_when_its_effect_is_over(world: World):
    world.begin(attribution_days=2)
    world.push()
    assert campaign.close_due(world.now) == 0
    world.later(days=2)
    assert campaign.close_due(world.now) == 1
    assert (world.state().state, campaign.close_due(world.now)) == ("closed", 0)
    generation = campaigns.generation(world.state().id, 1)
    assert generation.closing == {"offer": world.report().closing.to_json()}


def test_closing_twice_gives_the_same_sum(world: World):
    world.begin()
    world.push()
    first = campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert campaign.close_now(world.services, world.account_id, SLUG, world.now) == first


# --- orders ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["segment", "offer"])
def test_what_a_campaign_names_must_exist(world: World, field: str):
    with pytest.raises(InvalidInput) as refusal:
        world.create(**{field: "no-such"})
    assert refusal.value.field == field


def test_a_slug_is_taken_once(world: World):
    world.create()
    with pytest.raises(Conflict):
        world.create()


def test_a_draft_can_be_changed_and_a_running_campaign_cannot(world: World):
    world.create()
    edit = a_document(name="Neu")
    changed = campaign.change(world.services, world.account_id, SLUG, edit, world.now)
    assert changed.name == "Neu"
    campaign.start(world.services, world.account_id, SLUG, world.now)
    with pytest.raises(Conflict, match="scheduled"):
        campaign.change(world.services, world.account_id, SLUG, edit, world.now)


def test_a_campaign_starts_at_its_hour(world: World):
    made = world.create(schedule={"at": "2026-11-21T12:30"})
    campaign.schedule(world.services, world.account_id, made.id, world.now)
    world.later(minutes=29)
    world.push()
    assert world.state().state == "scheduled"
    world.later(minutes=1)
    world.push()
    assert world.states() == {"sent": 40}


@pytest.mark.parametrize(
    ("order", "state"),
    [(campaign.pause, "draft"), (campaign.resume, "draft"), (campaign.resume, "running")],
)
def test_an_order_that_the_state_does_not_allow_is_refused(world: World, order, state):
    world.create()
    if state == "running":
        campaign.start(world.services, world.account_id, SLUG, world.now)
        world.push()
    with pytest.raises(Conflict, match=state):
        order(world.services, world.account_id, SLUG, world.now)


def test_without_a_time_it_cannot_be_scheduled(world: World):
    world.create()
    with pytest.raises(InvalidInput) as refusal:
        campaign.schedule(world.services, world.account_id, SLUG, world.now)
    assert refusal.value.field == "schedule.at"


def test_a_campaign_is_found_by_slug_or_id_within_its_account(world: World):
    made = world.create()
    assert campaign.find(world.account_id, SLUG) == campaign.find(world.account_id, str(made.id))
    with pytest.raises(NotFound):
        campaign.find(world.account_id + 1, made.id)


# --- dry run -----------------------------------------------------------------------------------


def test_a_dry_run_foretells_what_the_run_then_does(world: World):
    Follower.update(opted_out_at=NOON).where(Follower.id <= 3).execute()
    Follower.update(window_left=0).where(Follower.id.between(4, 8)).execute()
    run("UPDATE coupon_code SET state = 'void' WHERE id > 20")
    made = world.create(holdout=0.2, variants=AB, text=...)
    told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
    campaign.start(world.services, world.account_id, made.id, world.now)
    world.push()
    closing = world.report().closing
    assert told.audience == closing.audience
    assert told.held_out == closing.held_out
    assert told.skipped == closing.skipped
    assert told.expected == closing.sent == told.burn == 20
    assert {v.name: v.audience for v in world.report().variants} == told.variants


def test_a_dry_run_writes_nothing_and_sends_nothing(world: World):
    world.create()
    campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    assert (Send.select().count(), Link.select().count(), Quota.select().count()) == (0, 0, 0)
    assert world.state().state == "draft"
    assert world.stock() == {"available": 100}
    assert world.platform.asked == []


def test_a_dry_run_shows_the_finished_texts(world: World):
    world.create()
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now).to_json()
    assert told["samples"]["a"].startswith("送您一张20元的暖心券：https://h.example/t/")
    assert told["quota"] == {"customer_service": 500_000}
    assert told["coupons"] == {"stock": 100, "burn": 40}
    link = told["samples"]["a"].split("/t/")[1].split("\n")[0]
    ids = read_link(link)
    assert ids is not None
    assert links.tapped(ids.link_id, ids.send_id, ids.follower_id) is None


def test_a_dry_run_at_night_shows_the_delay(world: World):
    world.later(hours=10)
    world.create()
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now).to_json()
    assert (told["delayed"], told["expected"], told["channels"]) == (40, 40, {})
    assert told["delayed_until"] == "2026-11-22T01:00:00+00:00"


def test_a_dry_run_sees_the_limit_per_person(world: World):
    world.begin(slug="before")
    world.push()
    assert CouponBatch.get().per_person == 1
    rails = {"per_day": None, "per_week": None, "per_month": None}
    world.create(guardrails=rails)
    told = campaign.dry_run(world.services, world.account_id, SLUG, world.now)
    assert told.skipped == {"person_limit": 40}
