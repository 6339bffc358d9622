"""The comparison of the two books sees every kind of difference."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.agreement import OurBooks, differences
from bot.sandbox.world import Accepted
from tests.conftest import NOON


def link(send_id: int) -> str:
    return f"http://bot/t/{send_id}"


def send_of(url: str) -> int | None:
    return int(url.rsplit("/", 1)[1]) if "/t/" in url else None


def message(send_id: int) -> dict[str, Any]:
    return {"client_id": "", "links": [link(send_id)]}


def ledger(**changes: Any) -> dict[str, Any]:
    return {
        "subscribed": 2,
        "callbacks": {"deliveries": 9, "refused": 0, "repeated": 1, "answered": 7, "failed": 0},
        "taps": [{"link": link(1)}, {"link": "http://bot/h5/coupon/x"}],
        "claims": [{"code": "A"}],
        "redemptions": [{"code": "A", "accepted": True}, {"code": "B", "accepted": False}],
        "accepted": {"o-lin": [message(1)], "o-wang": [{"client_id": "send-2", "links": []}]},
        "replied": {"o-lin": [{"client_id": "", "links": ["http://bot/h5/coupon/x"]}]},
        **changes,
    }


def books(**changes: Any) -> OurBooks:
    whole: dict[str, Any] = {
        "subscribed": 2,
        "callbacks": {"delivered": 9, "repeated": 1, "answered": 7, "failed": 0},
        "sends": [(1, "offer", "sent"), (2, "reminder", "sent"), (3, "offer", "held_out")],
        "taps": 1,
        "claims": 1,
        "redemptions": 1,
        **changes,
    }
    return OurBooks(**whole)


def test_equal_books_agree():
    assert differences(books(), ledger(), send_of) == []


def test_an_offer_that_went_with_a_passive_reply_was_on_the_phone():
    theirs = ledger(accepted={"o-wang": [message(2)]}, replied={"o-lin": [message(1)]})
    assert differences(books(), theirs, send_of) == []
    twice = ledger(replied={"o-lin": [message(1)]})
    assert differences(books(), twice, send_of) == [
        "offer send 1: product sent, on the phone 2 times"
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        pytest.param({"subscribed": 3}, {}, "followers subscribed", id="a follower too many"),
        pytest.param({"taps": 2}, {}, "links tapped", id="a tap too many"),
        pytest.param({"claims": 0}, {}, "coupons claimed", id="a claim that was lost"),
        pytest.param({"redemptions": 0}, {}, "coupons redeemed", id="a lost redemption"),
        pytest.param(
            {"callbacks": {"delivered": 8, "repeated": 1, "answered": 7, "failed": 0}},
            {},
            "callbacks delivered: product 8, sandbox 9",
            id="a delivery that was lost",
        ),
        pytest.param(
            {"callbacks": {"delivered": 9, "repeated": 1, "answered": 7, "failed": 2}},
            {},
            "callbacks failed",
            id="a handler that failed",
        ),
        pytest.param(
            {},
            {"accepted": {"o-lin": [message(1), message(1)], "o-wang": [message(2)]}},
            "offer send 1: product sent, on the phone 2 times",
            id="a message sent twice",
        ),
        pytest.param(
            {},
            {"accepted": {"o-wang": [message(2)]}},
            "offer send 1: product sent, on the phone 0 times",
            id="a message said to be sent that never came",
        ),
        pytest.param(
            {},
            {"accepted": {"o-lin": [message(1), message(3)], "o-wang": [message(2)]}},
            "offer send 3: product held_out, on the phone 1 times",
            id="a message to somebody held out",
        ),
        pytest.param(
            {},
            {"accepted": {"o-lin": [message(1), message(9)], "o-wang": [message(2)]}},
            "send 9: on the phone, not in the ledger",
            id="a message without a ledger row",
        ),
    ],
)
def test_a_difference_is_told(ours, theirs, said):
    found = differences(books(**ours), ledger(**theirs), send_of)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize("times", [0, 1])
def test_an_unknown_send_may_have_come_or_not(times):
    sends = [(1, "offer", "unknown"), (2, "reminder", "sent")]
    accepted = {"o-lin": [message(1)] * times, "o-wang": [message(2)]}
    assert differences(books(sends=sends), ledger(accepted=accepted), send_of) == []


@pytest.mark.parametrize(
    "text",
    ["看新品 {}", "看新品{}回复 TD 退订", "看新品{}！快来", "点 {}；或到店", "（{}）", "go {}."],
)
def test_a_send_is_known_by_its_link_whatever_stands_behind_it(text):
    """A campaign without a coupon has nothing but its link that names the send."""
    sent = Accepted("text", "/custom/send", NOON, "1", text.format(link(1)), "")
    assert sent.as_json("o-lin")["links"] == [link(1)]
    arrived = {"o-lin": [sent.as_json("o-lin")]}
    only = books(sends=[(1, "offer", "sent")])
    assert differences(only, ledger(accepted=arrived), send_of) == []
