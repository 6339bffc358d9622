"""The product's own journeys against the platform, over HTTP; messages in all callback modes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from bot.sandbox.crowd.visitor import first_link, redeem, visit
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from tests.e2e.conftest import Hongyan, Serve, played
from tests.e2e.test_virtual_time import BATCH, CAMPAIGN, SEGMENT

pytestmark = pytest.mark.slow


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


def said(person: Person, via: str) -> list[str]:
    return [bubble.text for bubble in person.chat if bubble.via == via]


def opened(platform: Platform) -> Person:
    """Lin follows and greets; both pushes are answered."""
    platform.start()
    wait_for(platform.pusher.verified.is_set)
    lin = platform.world.person("o-lin", "小林")
    platform.acts.follow(lin, "shop-1")
    platform.acts.say(lin, "你好")
    assert platform.pusher.drain(30)
    return lin


@pytest.mark.parametrize("mode", ["compatible", "plain"])
def test_messages_are_answered_in_the_modes_that_trust_the_line(
    mode: str, environment: dict[str, str], serve: Serve
):
    environment |= {"HONGYAN_CALLBACK_MODE": "plain"}
    with played(environment, mode=mode) as platform:
        serve()
        lin = opened(platform)
        assert len(said(lin, "reply")) == 2
        counts = platform.pusher.report()
        assert (counts["answered"], counts["failed"], counts["late"]) == (2, 0, 0)
        assert not platform.world.ledger.records("fault")


def test_message_campaign_and_click(environment: dict[str, str], serve: Serve, hongyan: Hongyan):
    environment |= {
        "HONGYAN_CALLBACK_MODE": "safe",
        "HONGYAN_SCHEDULER": "on",
        "HONGYAN_PUBLIC_URL": f"http://127.0.0.1:{environment['HONGYAN_PORT']}",
    }
    with played(environment, mode="safe") as platform:
        hongyan("segments", "define", document=SEGMENT)
        hongyan("coupons", "create", document=BATCH)
        key = hongyan("account", "key", "the till").strip()
        serve()
        lin = opened(platform)
        assert len(said(lin, "reply")) == 2  # the welcome, and the answer

        # A run takes the members that are written; a message counts within some two seconds.
        wait_for(lambda: members(hongyan) == 1)
        hongyan("campaign", "create", document=CAMPAIGN)
        hongyan("campaign", "start", "coffee-week")
        wait_for(lambda: said(lin, "custom"))
        time.sleep(0.5)  # what taps faster than a person can is counted as a program
        seen = visit(first_link(said(lin, "custom")[0]), wants=True)
        assert seen.claimed
        assert redeem(environment["HONGYAN_PUBLIC_URL"], key, seen.code, "A-1", 4500) == 200

        wait_for(lambda: json.loads(report(hongyan))["redemptions"] == 1)
        found = json.loads(report(hongyan))
        assert (found["closing"]["sent"], found["clicks"]) == (1, 1)
        counts = platform.pusher.report()
        assert (counts["answered"], counts["failed"], counts["late"]) == (2, 0, 0)
        assert not platform.world.ledger.records("fault")


def members(hongyan: Hongyan) -> int:
    """As the console would show it before somebody presses the button."""
    found = json.loads(hongyan("segments", "list", "--json"))["segments"]
    return sum(segment["size"] or 0 for segment in found)


def report(hongyan: Hongyan) -> str:
    return hongyan("campaign", "report", "coffee-week", "--json")
