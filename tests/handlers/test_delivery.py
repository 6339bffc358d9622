"""Reports of the platform settle the ledger or raise the alarm; nobody is answered."""

import logging

import pytest

from bot.store.models import Send
from bot.values.inbound import MassSent, Qualification, TemplateSent
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
