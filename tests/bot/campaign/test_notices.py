"""Notices go to those who agreed, once for each time: our books against the platform's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.campaign.document.definition import parse
from bot.campaign.sending import notices, once
from bot.errors import InvalidInput, MessageRefused, NotFound, OutcomeUnknown, Transient
from bot.sandbox.api.subscriptions import (
    ONE_TIME_TEMPLATE,
    accept_notice,
    rights_of,
    stop_notice,
    subscribe_once,
)
from bot.sandbox.web.oauth import subscribed
from bot.sandbox.web.oauth import subscription as page
from bot.store import entitlements
from bot.store.db import Store
from bot.store.models import Entitlement, Send
from bot.values.audience import Channel
from bot.values.inbound import SubscriptionAnswer, SubscriptionChange, SubscriptionPopup
from bot.values.inbound import SubscriptionSent as Sent
from tests.bot.campaign.sandboxed import Town, town_of
from tests.bot.campaign.world import SLUG, a_document
from tests.bot.sandbox.conftest import a_config
from tests.conftest import NOON

EVENT = "SBXN1_event_reminder_0000000000000000000000"
FIELDS = {"thing1": "{title|秋季新品品鉴会}", "time2": "2026-11-28 14:00", "thing3": "人民路店二楼"}
NOTICE = {"channels": ["subscription_notice"], "url": "https://e.example", "offer": ...,
          "subscription": {"template_id": EVENT, "fields": FIELDS}, "text": "品鉴会{link}",
          "guardrails": {"per_day": None, "per_week": None, "per_month": None}}  # fmt: skip
ONCE = {
    "channels": ["one_time"],
    "offer": ...,
    "text": "品鉴会开始报名",
    "one_time": {"template_id": ONE_TIME_TEMPLATE, "scene": 7, "title": "活动提醒"},
}


@pytest.fixture
def town(store: Store) -> Iterator[Town]:
    with town_of(store, followers=4) as town:
        yield town


@pytest.fixture
def any_town(any_store: Store) -> Iterator[Town]:
    with town_of(any_store, followers=4) as town:
        yield town


def accepts(town: Town, number: int, event: int) -> None:
    """On the platform, and, as its event tells it, with us."""
    person = town.desk.world.people[f"o-{number}"]
    accept_notice(town.desk.world, town.desk.acts, person, (EVENT,))
    for heard in town.pushed(SubscriptionPopup):
        notices.popup_answered(number, event, heard.answers, town.world.now)


def ours(number: int) -> int:
    return entitlements.left([number], "subscription_notice", EVENT).get(number, 0)


def theirs(town: Town, number: int) -> int:
    return rights_of(town.desk.world, town.desk.world.people[f"o-{number}"]).get(EVENT, 0)


def test_each_acceptance_is_one_message_and_no_more(any_town: Town):
    town = any_town
    for event, number in enumerate((1, 2, 2)):
        accepts(town, number, event)
    for slug in ("one", "two", "three"):
        town.world.begin(slug=slug, **NOTICE)
        town.world.push()
    assert town.got() == {"o-1": 1, "o-2": 2}
    rows = Send.select().where(Send.state == "sent")
    assert {row.channel for row in rows} == {"subscription_notice"}
    assert [(ours(n), theirs(town, n)) for n in (1, 2, 3)] == [(0, 0)] * 3


def test_a_service_account_says_where_the_tap_leads(town: Town):
    accepts(town, 1, 1)
    town.world.begin(**NOTICE)
    town.world.push()
    body = town.wire.paths("bizsend")[0].decode()
    assert '"page":"https://h.example/t/' in body
    assert '"thing1":{"value":"秋季新品品鉴会"}' in body


@pytest.mark.parametrize(
    ("error", "left", "state"),
    [
        (Transient(-1, "busy"), 1, "intended"),
        (MessageRefused(40003, "no such openid"), 1, "failed"),
        (MessageRefused(43101, "refused, or used up"), 0, "failed"),
        (OutcomeUnknown(None, "time-out"), 0, "unknown"),
    ],
    ids=["not sent: kept", "refused: kept", "the platform knows of none", "perhaps sent: used"],
)
def test_what_an_answer_means_for_the_right(town: Town, error, left, state):
    accepts(town, 1, 1)
    town.wire.before = lambda path, body: error if "bizsend" in path else None
    town.world.begin(**NOTICE)
    town.world.push()
    assert (ours(1), town.world.states()[state]) == (left, 1)


def test_an_event_handled_twice_gives_one_right(town: Town):
    answer = (SubscriptionAnswer(EVENT, "accept"), SubscriptionAnswer("T2", "reject"))
    assert notices.popup_answered(1, 9, answer, NOON) == 1
    assert notices.popup_answered(1, 9, answer, NOON) == 0
    assert ours(1) == 1


@pytest.mark.parametrize(
    ("accepted", "refused", "left"),
    [(0, 60, 0), (60, 0, 1), (0, 0, 1)],
    ids=["refused later", "accepted again later", "in one second: the one that is told last"],
)
@pytest.mark.parametrize("order", ["as it happened", "the refusal first"])
def test_the_later_word_counts_in_whatever_order_they_come(town, accepted, refused, left, order):
    steps = [
        lambda: notices.choice_changed(1, 2, [SubscriptionAnswer(EVENT, "reject")], at(refused)),
        lambda: notices.popup_answered(1, 1, [SubscriptionAnswer(EVENT, "accept")], at(accepted)),
    ]
    told = steps if order == "the refusal first" or accepted == refused else steps[::-1]
    for tell in told:
        tell()
    assert ours(1) == left


def at(seconds: int):
    return NOON + timedelta(seconds=seconds)


def test_turning_a_template_off_ends_what_was_given(any_town: Town):
    town = any_town
    accepts(town, 1, 1)
    stop_notice(town.desk.world, town.desk.acts, town.desk.world.people["o-1"], EVENT)
    for heard in town.pushed(SubscriptionChange):
        notices.choice_changed(1, 2, heard.answers, at(1))
    assert (ours(1), theirs(town, 1)) == (0, 0)
    town.world.begin(**NOTICE)
    town.world.push()
    assert town.world.states() == {"no_channel": 4}


def test_a_receipt_settles_the_row_that_used_the_right(any_town: Town):
    town = any_town
    accepts(town, 1, 1)
    town.wire.after = lambda path, body: OutcomeUnknown(None, "") if "bizsend" in path else None
    town.world.begin(**NOTICE)
    town.world.push()
    assert town.world.states()["unknown"] == 1
    (receipt,) = town.pushed(Sent)
    assert notices.receipts(1, receipt.answers, town.world.now) == 1
    row = Send.get(Send.follower == 1)
    assert (row.state, row.delivered_at) == ("sent", town.world.now)
    assert notices.receipts(2, receipt.answers, town.world.now) == 0
    failed = SubscriptionAnswer(EVENT, msgid="77", error_code="1", error_status="failed")
    assert notices.receipts(1, [failed], town.world.now) == 0, "that message is another one"


def test_a_one_time_subscription_is_one_message_in_its_scene(town: Town):
    for number, scene in ((1, 7), (2, 8)):
        subscribe_once(town.desk.world, town.desk.world.people[f"o-{number}"], scene)
        for again in (1, 2):  # confirmed twice is confirmed once
            entitlements.grant(
                number, Channel.ONE_TIME, ONE_TIME_TEMPLATE, f"{number}{again}", NOON, scene
            )
    town.world.begin(**ONCE)
    town.world.push()
    assert town.got() == {"o-1": 1}
    assert town.world.states() == {"sent": 1, "no_channel": 3}
    assert Entitlement.select().where(Entitlement.send_id.is_null()).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channels": ["subscription_notice"]}, "subscription"),
        ({"channels": ["one_time"]}, "one_time"),
        ({**NOTICE, "subscription": {"template_id": "T", "fields": {"thing1": "一" * 21}}},
         "subscription.fields.thing1"),
        ({**NOTICE, "subscription": {"template_id": "T", "fields": {"phrase1": "{title}ok"}}},
         "subscription.fields.phrase1"),
        ({**ONCE, "one_time": {"template_id": "T", "title": "一" * 16}}, "one_time.title"),
        ({**ONCE, "one_time": {"template_id": "T", "title": "x", "scene": 10_001}},
         "one_time.scene"),
        ({"channels": ["mass_list"]}, "offer"),
        ({"channels": ["mass_list"], "purpose": "service", "offer": ..., "text": "x"},
         "channels[0]"),
    ],
)  # fmt: skip
def test_what_a_channel_wants_is_asked_for_at_once(changes, field):
    with pytest.raises(InvalidInput) as refused:
        parse(a_document(**changes))
    assert refused.value.field == field


def test_a_follower_confirms_on_the_platforms_page_and_comes_back_with_our_word(town: Town):
    world = town.world
    world.create(**ONCE)
    url = once.ask_url(world.account_id, 1, SLUG, "https://h.example", "http://box", world.now)
    asked = dict(parse_qsl(urlsplit(url).query))
    person = town.desk.world.people["o-1"]
    config = a_config(appid=asked["appid"], callback_url="https://h.example/wechat/default")
    back = dict(parse_qsl(urlsplit(subscribed(town.desk.world, page(config, asked, person), True))
                          .query))  # fmt: skip
    said = {name: back[name] for name in ("reserved", "openid", "action", "scene")}
    assert once.came_back(**said, now=world.now) == once.Answered(1, confirmed=True, new=True)
    assert once.came_back(**said, now=world.now).new is False, "the page was loaded again"
    assert not once.came_back(**said | {"action": "cancel"}, now=world.now).confirmed
    for wrong in (
        {"openid": "o-2"},
        {"scene": "8"},
        {"reserved": "00" + said["reserved"][2:]},
        {"reserved": "no hex"},
    ):
        with pytest.raises(NotFound):
            once.came_back(**said | wrong, now=world.now)
    with pytest.raises(NotFound):
        once.came_back(**said, now=world.now + once.OPEN)
    world.begin(slug="go", **ONCE)
    world.push()
    assert town.got() == {"o-1": 1}
