"""A waiting offer goes out with an answer, or by the menu: once, and only where it is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import campaign
from bot.campaign.sending import carry
from bot.store import coupons, segments
from bot.store.db import run
from bot.store.models import Carried, SegmentMember, Send
from bot.values.inbound import MenuClick, TextMessage
from tests.bot.campaign.world import Platform, a_document
from tests.conftest import NOON
from tests.handlers.conftest import shown

QUIET = {"guardrails": {"quiet_hours": None}}


@pytest.fixture
def house(house):
    """Lin has written once; a campaign's offer waits for her, who has no window any more."""
    house.says("你好")
    made = coupons.create_batch(
        house.account.id, "autumn", "暖心券", face_value_fen=2000, valid_seconds=86400, now=NOON
    )
    coupons.add_codes(made, ["CODE-1"])
    everybody = segments.put(house.account.id, "everybody", "所有人", {"all": []}, NOON)
    SegmentMember.insert(segment=everybody.id, follower=house.follower_id, since=NOON).execute()
    run("UPDATE follower SET window_left = 0, subscribed = ?", (True,))
    carry.forget()
    return house


def begin(house, *channels: str, **changes) -> None:
    document = a_document(channels=list(channels), **QUIET, **changes)
    made = campaign.create(house.services, house.account.id, document, house.now)
    campaign.start(house.services, house.account.id, made.id, house.now)
    by_call = replace(house.services, client_of=lambda account: Platform())
    campaign.push_due(by_call, house.now)
    carry.forget()


def row() -> Send:
    return Send.select().order_by(Send.id.desc()).get()


def test_the_answer_takes_the_offer_along_once(house):
    begin(house, "passive_reply")
    assert row().state == "intended", "it waits for her own act"
    first = house.says("你好")
    assert "送您一张20元的暖心券" in first
    assert not first.startswith("送您"), "below what she asked for"
    assert "送您" not in house.says("你好")
    assert carry.settle_carried(house.now) == 1
    assert (row().state, row().channel) == ("sent", "passive_reply")
    assert coupons.stock(1)["issued"] == 1
    assert carry.settle_carried(house.now) == 0


def test_the_menu_leads_to_the_best_offer_that_waits(house):
    begin(house, "menu", slug="low", text="普通 {link}", priority=10)
    begin(house, "menu", slug="high", text="重要 {link}", priority=90, offer=..., url="https://e.e")
    assert shown(house.push(MenuClick, key="MY_OFFER")).startswith("重要")
    assert shown(house.push(MenuClick, key="MY_OFFER")) == "暂时没有给您的新优惠，过几天再来看看。"


def test_one_event_handled_twice_says_the_same_and_takes_one(house):
    begin(house, "passive_reply")
    message = TextMessage(
        account="gh", openid="o-lin", sent_at=house.now, raw={"MsgId": "77"}, text="你好"
    )
    said = shown(house.deliver(message))
    event_id = Carried.get().event_id
    public = house.services.settings.public
    again = carry.offer_for(
        house.account.id, house.follower_id, event_id, "passive_reply", public, house.now
    )
    assert again is not None
    assert said.endswith(again)
    assert Carried.select().count() == 1


@pytest.mark.parametrize(
    ("listed", "text"),
    [(["customer_service"], "你好"), (["menu"], "你好"), (["passive_reply"], "退订")],
    ids=["another channel", "only the menu", "her right to refuse"],
)
def test_other_answers_carry_nothing(house, listed, text):
    begin(house, *listed)
    assert "送您" not in house.says(text)
    assert Carried.select().count() == 0


@pytest.mark.parametrize(
    "change",
    ["opted_out_at = 1", "marketing_consent = FALSE", "blacklisted = TRUE"],
)
def test_permission_is_asked_in_the_answer_too(house, change):
    begin(house, "passive_reply")
    run(f"UPDATE follower SET {change}")
    assert "送您" not in house.says("你好")
    assert row().state == "intended"


@pytest.mark.parametrize(
    ("answer", "state"),
    [("passive", "sent"), ("sent", "sent"), ("unknown", "unknown"), ("lost", "failed"),
     ("none", "intended"), ("late", "claimed")],
)  # fmt: skip
def test_what_became_of_the_answer_becomes_of_the_row(house, answer, state):
    begin(house, "passive_reply")
    house.says("你好")
    run("UPDATE inbox SET answer = ? WHERE event_id = ?", (answer, Carried.get().event_id))
    carry.settle_carried(house.now)
    assert row().state == state
    held = {"intended": "available", "failed": "available", "sent": "issued"}
    assert coupons.stock(1)[held.get(state, "reserved")] == 1


def test_a_button_asks_for_leave_to_send_one_message(house):
    means = {"template_id": "T", "scene": 7, "title": "提醒"}
    document = a_document(
        slug="event", channels=["one_time"], offer=..., text="开始了", one_time=means
    )
    campaign.create(house.services, house.account.id, document, house.now)
    said = shown(house.push(MenuClick, key="ONCE:event"))
    assert "mp.weixin.qq.com/mp/subscribemsg?action=get_confirm" in said
    assert "scene=7" in said
    assert "subscribemsg" not in shown(house.push(MenuClick, key="ONCE:no-such"))
