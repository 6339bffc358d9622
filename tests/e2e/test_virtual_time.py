"""Days of virtual time with the real product: windows, quotas, tokens and jobs on one clock.

The platform lives in this process and drives; the bot is a process of its own that reads the same
clock file (setting CLOCK) and keeps step with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.crowd.visitor import first_link, visit
from bot.sandbox.platform import Platform
from tests.e2e.conftest import Hongyan, Serve, played

pytestmark = pytest.mark.slow
STEP = 1800.0
HOUR = 3600.0
BATCH = {
    "slug": "coffee-10",
    "title": "咖啡立减券",
    "face_value_fen": 1000,
    "threshold_fen": 3000,
    "valid_seconds": 5 * 24 * 3600,
    "topics": ["咖啡"],
    "codes": 20,
}
CAMPAIGN = {
    "slug": "coffee-week",
    "name": "咖啡周",
    "segment": "all",
    "purpose": "marketing",
    "offer": "coffee-10",
    "text": "【鸿雁咖啡】送您一张{face_value}的{title}：{link}",
    "holdout": 0,
    "attribution_days": 6,
    "guardrails": {"quiet_hours": None},
    "reminder": {
        "template_id": "SBX1_coupon_expiry_0000000000000000000000000",
        "fields": {"thing1": "{title}", "time2": "{expires}", "thing3": "您领取的券即将到期"},
        "hours_before_expiry": 24,
    },
}
SEGMENT = {"slug": "all", "name": "所有人", "rule": {"attribute": "subscribed", "op": "eq",
                                                 "value": True}}  # fmt: skip


@pytest.fixture
def platform(environment: dict[str, str], tmp_path: Path) -> Iterator[Platform]:
    """At eight in the morning of a Monday; `environment` gets its address and its clock."""
    environment |= {"HONGYAN_CLOCK": str(tmp_path / "clock"), "HONGYAN_SCHEDULER": "on"}
    with played(
        environment,
        start="2026-11-02T08:00+08:00",
        clock_path=environment["HONGYAN_CLOCK"],
        lockstep=STEP,
    ) as playing:
        yield playing


def calls(platform: Platform) -> Counter[str]:
    return Counter(record["path"] for record in platform.world.ledger.records("api"))


def test_nine_days_in_lock_step(platform: Platform, serve: Serve, hongyan: Hongyan):
    hongyan("segments", "define", document=SEGMENT)
    hongyan("coupons", "create", document=BATCH)
    serve()
    platform.start()
    acts, world = platform.acts, platform.world
    lin, wang = world.person("o-lin", "小林"), world.person("o-wang", "老王")
    acts.follow(lin)
    acts.follow(wang)
    acts.say(wang, "你好")
    platform.run(3 * 24 * HOUR)
    assert platform.stepper is not None
    assert platform.stepper.missed == 0

    # A token lives two hours and is fetched afresh in the five minutes before its end.
    fetched = calls(platform)["/cgi-bin/stable_token"]
    assert 36 <= fetched <= 40

    # Three days on: who wrote an hour ago can be reached, who wrote at the start cannot.
    acts.say(lin, "营业到几点")
    platform.run(HOUR)
    hongyan("campaign", "create", document=CAMPAIGN)
    hongyan("campaign", "start", "coffee-week")
    platform.run(HOUR)
    offers = [bubble for bubble in lin.chat if bubble.via == "custom"]
    assert len(offers) == 1
    assert not [bubble for bubble in wang.chat if bubble.via == "custom"]

    # Claimed now, valid for five days, and a reminder a day before the end: not earlier.
    assert visit(first_link(offers[0].text), wants=True).claimed
    platform.run(4 * 24 * HOUR - 2 * HOUR)
    assert not [bubble for bubble in lin.chat if bubble.via == "template"]
    platform.run(3 * HOUR)
    reminders = [bubble for bubble in lin.chat if bubble.via == "template"]
    assert ["到期" in reminder.text for reminder in reminders] == [True]

    # The attribution ends, and the campaign closes by itself: audience = sent + skipped.
    platform.run(3 * 24 * HOUR)
    closing = json.loads(hongyan("campaign", "report", "coffee-week", "--json"))["closing"]
    assert closing["audience"] == closing["sent"] + sum(closing["skipped"].values()) == 2
    assert closing["sent"] == 1
