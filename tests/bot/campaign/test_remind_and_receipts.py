"""The notice before a claimed coupon ends, and the platform's receipts."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.planning import standing
from bot.campaign.results import rest
from bot.errors import OutcomeUnknown
from bot.store import coupons
from bot.store.db import Store, run
from bot.store.models import CouponCode, Follower, Send
from tests.bot.campaign.world import SLUG, World, a_document, found_world

REMINDER = {
    "template_id": "T-expiry",
    "fields": {"thing1": "{title}", "amount2": "{face_value}", "time3": "{expires}"},
    "hours_before_expiry": 24,
}
SIX_DAYS = {"days": 6, "hours": 1}


@pytest.fixture
def world(any_store: Store) -> World:
    """Four got the offer; three of them opened their coupon."""
    world = found_world(any_store, followers=4)
    world.begin(reminder=REMINDER)
    world.push()
    for code in CouponCode.select().where(CouponCode.follower.in_([1, 2, 3])):
        assert coupons.claim(code.id, world.now)
    return world


def remind(world: World) -> int:
    return campaign.plan_reminders(world.services, world.now)


def test_only_who_claimed_is_reminded_once_and_only_shortly_before(world: World):
    world.later(days=5)
    assert remind(world) == 0
    world.later(days=1, hours=1)
    assert (remind(world), remind(world)) == (3, 0)
    world.push()
    notices = world.platform.sent[4:]
    assert sorted(body["touser"] for body in notices) == ["o-1", "o-2", "o-3"]
    assert world.states("reminder") == {"sent": 3}


def test_the_notice_is_a_template_message_with_its_ledger_id(world: World):
    world.later(**SIX_DAYS)
    remind(world)
    world.push()
    body = world.platform.sent[4]
    assert body["template_id"] == "T-expiry"
    assert body["data"] == {
        "thing1": {"value": "暖心券"},
        "amount2": {"value": "20元"},
        "time3": {"value": "2026-11-28 12:00"},
    }
    assert body["url"].startswith("https://h.example/h5/coupon/")
    assert body["client_msg_id"] in {f"send-{row.id}" for row in Send.select()}


def test_a_reminder_takes_no_window_no_coupon_and_no_cap(world: World):
    Follower.update(window_left=0, marketing_consent=False).execute()
    stock = world.stock()
    world.later(**SIX_DAYS)
    remind(world)
    world.push()
    assert world.states("reminder") == {"sent": 3}
    assert world.stock() == stock


def test_who_redeemed_in_the_meantime_is_not_reminded(world: World):
    world.later(**SIX_DAYS)
    remind(world)
    CouponCode.update(state="redeemed").where(CouponCode.follower == 1).execute()
    world.push()
    assert world.states("reminder") == {"sent": 2, "already_redeemed": 1}


def test_a_reminder_of_a_coupon_that_has_ended_is_skipped(world: World):
    world.later(**SIX_DAYS)
    remind(world)
    world.later(days=1)
    world.push()
    assert world.states("reminder") == {"expired": 3}


def test_the_run_stays_open_for_its_reminders_and_each_step_has_its_sum(world: World):
    world.later(days=5)
    assert campaign.close_due(world.now) == 0
    world.later(days=1, hours=1)
    remind(world)
    world.push()
    campaign.close_due(world.now)
    world.later(days=10)
    assert campaign.close_due(world.now) == 1
    steps = world.report().steps
    assert {step: closing.words() for step, closing in steps.items()} == {
        "offer": "offer: audience 4 = sent 4 + failed 0 + skipped 0 + held out 0 + unknown 0",
        "reminder": "reminder: audience 3 = sent 3 + failed 0 + skipped 0 + held out 0 + unknown 0",
    }


def reminded(world: World) -> Send:
    world.later(**SIX_DAYS)
    remind(world)
    world.push()
    return Send.get((Send.step == "reminder") & (Send.follower == 1))


def again(row: Send) -> Send:
    return Send.get_by_id(row.id)


def test_a_receipt_says_delivered(world: World):
    row = reminded(world)
    world.later(seconds=2)
    assert campaign.settle_receipt(row.msgid, True, "success", world.now)
    assert again(row).delivered_at == world.now
    assert again(row).state == "sent"


def test_a_receipt_says_failed(world: World):
    row = reminded(world)
    assert campaign.settle_receipt(row.msgid, False, "failed:user block", world.now, 1)
    assert (again(row).state, again(row).error) == ("failed", "failed:user block")
    assert world.report().steps["reminder"].failed == {"failed:user block": 1}


@pytest.mark.parametrize("msgid", ["", "no-such"])
def test_a_receipt_of_somebody_elses_message_is_none_of_ours(world: World, msgid: str):
    reminded(world)
    assert not campaign.settle_receipt(msgid, True, "success", world.now, 1)


def test_a_receipt_of_another_follower_changes_nothing(world: World):
    row = reminded(world)
    assert not campaign.settle_receipt(row.msgid, False, "failed", world.now, 2)
    assert again(row).state == "sent"


@pytest.mark.parametrize(
    ("delivered", "status", "state"), [(True, "success", "sent"), (False, "failed", "failed")]
)
def test_a_receipt_that_overtakes_the_answer_is_kept(world: World, delivered, status, state):
    def receipt(body):
        msgid = world.platform.remembered[body["touser"], body["client_msg_id"]]
        who = int(body["touser"].removeprefix("o-"))
        assert campaign.settle_receipt(msgid, delivered, status, world.now, who)

    world.platform.after = receipt
    row = reminded(world)
    assert again(row).state == state
    assert (again(row).delivered_at is not None) is delivered


def test_a_receipt_proves_a_dead_senders_message(world: World):
    class Dead(BaseException):
        pass

    def receipt_then_death(body):
        who = int(body["touser"].removeprefix("o-"))
        campaign.settle_receipt("1001", True, "success", world.now, who)
        raise Dead

    world.platform.after = receipt_then_death
    with pytest.raises(Dead):
        reminded(world)
    world.platform.after = lambda body: None
    world.later(minutes=3)
    campaign.sweep(world.now)
    proven = Send.get(Send.msgid == "1001")
    assert (proven.state, proven.delivered_at is not None) == ("sent", True)


def test_a_receipt_after_the_sum_was_made_leaves_the_sum(world: World):
    row = reminded(world)
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert campaign.settle_receipt(row.msgid, False, "failed:system failed", world.now)
    assert (again(row).state, again(row).error) == ("sent", "failed:system failed")


def test_a_lost_answer_is_asked_again_and_gets_the_first_messages_receipt(world: World):
    world.platform.verdict = lambda body: OutcomeUnknown(None, "time-out")
    row = reminded(world)
    assert row.state == "intended"
    world.platform.verdict = lambda body: None
    world.now += timedelta(seconds=6)
    world.push()
    assert again(row).state == "sent"
    assert campaign.settle_receipt(again(row).msgid, True, "success", world.now)


# --- coupons of other runs ----------------------------------------------------------------------

FREE = {"per_day": None, "per_week": None, "per_month": None}


def claim_all(world: World) -> None:
    for code in CouponCode.select().where(CouponCode.state == "issued"):
        coupons.claim(code.id, world.now)


def test_a_recurring_campaign_reminds_of_the_coupons_of_each_of_its_runs(store: Store):
    """Daily, and a coupon lasts two days: each run's are reminded of while the next is under way.
    Who had the reminder of a run gets no second one of it."""
    world = found_world(store, followers=2)
    run("UPDATE coupon_batch SET per_person = 9, valid_seconds = 172800")
    schedule = {"cron": "0 13 * * *", "times": 3}
    world.begin(reminder=REMINDER, guardrails=FREE, schedule=schedule)
    world.later(hours=1)
    reminders = []
    for _ in range(4):
        Follower.update(window_left=5, window_until=world.now + timedelta(days=3)).execute()
        world.push()
        world.push()
        claim_all(world)
        reminders += [remind(world), remind(world)]
        world.push()
        world.later(days=1)
    assert reminders == [0, 0, 2, 0, 2, 0, 0, 0]
    rows = Send.select().where(Send.step == "reminder").order_by(Send.id)
    assert [(row.generation, row.state) for row in rows] == [(2, "sent")] * 2 + [(3, "sent")] * 2
    campaign.close_due(world.later(days=9))
    campaign.close_due(world.later(days=9))
    assert world.state().state == "closed"


def test_a_run_sent_to_the_rest_still_reminds_of_the_first_ones_coupons(store: Store):
    world = found_world(store, followers=3)
    Follower.update(window_left=0).where(Follower.id == 3).execute()
    run("UPDATE coupon_code SET state = 'void' WHERE id > 1")
    Follower.update(window_left=5).execute()
    world.begin(reminder=REMINDER)
    world.push()
    assert world.states() == {"sent": 1, "no_stock": 2}
    claim_all(world)
    run("UPDATE coupon_code SET state = 'available' WHERE state = 'void'")
    assert rest.send_rest_of(world.state(), world.now) == 2
    world.push()
    claim_all(world)
    world.later(**SIX_DAYS)
    assert remind(world) == 3
    world.push()
    assert Counter(r.generation for r in Send.select().where(Send.step == "reminder")) == {2: 3}


def test_a_journeys_send_reminds_in_the_entry_that_gave_the_coupon(store: Store):
    world = found_world(store, followers=2)
    run("UPDATE coupon_batch SET per_person = 9")
    document = a_document(segment=..., slug=..., reminder=REMINDER, guardrails=FREE)
    number = standing.open_standing(world.account_id, "journey:w:1:s", document, world.now)
    for entry in (1, 2):
        standing.enqueue(number, [(1, entry)], "https://h.example", world.now)
        Follower.update(window_left=5).execute()
        world.push()
        claim_all(world)
    world.later(**SIX_DAYS)
    assert (remind(world), remind(world)) == (2, 0)
    world.push()
    rows = list(Send.select().where(Send.step == "reminder").order_by(Send.id))
    assert [(row.follower_id, row.generation, row.state) for row in rows] == [
        (1, 1, "sent"), (1, 2, "sent"),
    ]  # fmt: skip
    assert len({row.subject for row in rows}) == 2
