"""Reports of the platform settle the ledger or raise the alarm; nobody is answered."""

import logging

import pytest

from bot.store import entitlements
from bot.store.db import run
from bot.store.models import MassBatch, Send
from bot.values.inbound import (
    MassSent,
    Qualification,
    SubscriptionAnswer,
    SubscriptionChange,
    SubscriptionPopup,
    SubscriptionSent,
    TemplateSent,
)
from tests.bot.coupon.cast import a_campaign, a_send
from tests.handlers.conftest import shown


@pytest.mark.parametrize(
    ("status", "delivered", "state"),
    [("success", True, "sent"), ("failed:user block", False, "failed")],
)
def test_a_receipt_settles_its_send(house, status, delivered, state):
    house.says("你好")
    send = a_send(
        a_campaign(house.account.id), house.follower_id, "sent", msgid="4001", channel="template"
    )
    assert shown(house.push(TemplateSent, msgid="4001", status=status)) == ""
    row = Send.get_by_id(send)
    assert (row.delivered_at is not None, row.state) == (delivered, state)


def test_a_receipt_for_nothing_of_ours_changes_nothing(house):
    assert house.push(TemplateSent, msgid="9", status="success").handler == "delivery.template_sent"


@pytest.mark.parametrize(
    ("kind", "fields", "alarms"),
    [
        (MassSent, {"status": "send success"}, False),
        (MassSent, {"status": "err(10001)"}, True),
        (Qualification, {"name": "qualification_verify_success"}, False),
        (Qualification, {"name": "verify_expired"}, True),
        (Qualification, {"name": "naming_verify_fail"}, True),
    ],
)
def test_what_needs_a_person_raises_the_alarm(house, kind, fields, alarms, caplog):
    with caplog.at_level(logging.ERROR):
        house.push(kind, **fields)
    assert ("alarm" in caplog.text) is alarms


def test_an_accepted_notice_is_a_right_and_turning_it_off_ends_it(house):
    house.says("你好")
    accepted = (SubscriptionAnswer("T", "accept", "1"),)
    refused = (SubscriptionAnswer("T", "reject"),)
    for kind, answers, left in (
        (SubscriptionPopup, accepted, 1),
        (SubscriptionPopup, refused, 1),
        (SubscriptionChange, refused, 0),
    ):
        house.wait(seconds=1)
        assert shown(house.push(kind, answers=answers)) == ""
        rights = entitlements.left([house.follower_id], "subscription_notice", "T")
        assert rights.get(house.follower_id, 0) == left


def test_a_sent_notice_is_delivered(house):
    house.says("你好")
    send = a_send(
        a_campaign(house.account.id), house.follower_id, "sent", channel="subscription_notice"
    )
    entitlements.grant(house.follower_id, "subscription_notice", "T", "e", house.now)
    run("UPDATE entitlement SET send_id = ?", (send,))
    house.push(SubscriptionSent, answers=(SubscriptionAnswer("T", msgid="5", error_code="0"),))
    assert Send.get_by_id(send).delivered_at == house.now


def test_the_figures_of_a_mass_job_stay_with_its_batch(house):
    campaign = a_campaign(house.account.id)
    values = {
        "account": house.account.id, "campaign": campaign, "generation": 1, "step": "offer",
        "variant": "a", "channel": "mass_list", "state": "sent", "client_id": "mass-1",
        "msg_id": "34182", "opened_at": house.now, "next_at": house.now,
    }  # fmt: skip
    MassBatch.insert(**values).execute()
    figures = {"total": 100, "filtered": 80, "sent": 75, "errors": 5}
    house.push(MassSent, msgid="34182", status="send success", **figures)
    found = MassBatch.get()
    assert (found.total, found.filtered, found.sent, found.errors) == (100, 80, 75, 5)
    assert found.state == "told"
