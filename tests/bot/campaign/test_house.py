"""The house's rules of sending beside a campaign's own: the stricter of the two holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.document.house import stricter
from bot.campaign.document.parts import Guardrails, Rest, Variety
from bot.campaign.permission.order import OFFER, load
from bot.campaign.permission.policy import Policy, next_opening
from bot.errors import Conflict
from bot.store import campaign_rules
from bot.store.campaign_rules import Rules
from bot.values.audience import Purpose
from tests.bot.campaign.world import found_world

NONE = Guardrails(per_day=None, per_week=None, per_month=None)
REST = {"rest_after": 3, "rest_days": 14}


@pytest.mark.parametrize(
    ("own", "house", "held"),
    [
        (Guardrails(), Rules(), Guardrails()),
        (NONE, Rules(per_day=2), replace(NONE, per_day=2)),
        (replace(NONE, per_day=1), Rules(per_day=2), replace(NONE, per_day=1)),
        (replace(NONE, per_week=9), Rules(per_week=3), replace(NONE, per_week=3)),
        (replace(NONE, per_month=4), Rules(per_month=4), replace(NONE, per_month=4)),
        (NONE, Rules(**REST), replace(NONE, rest=Rest(3, 14))),
        (replace(NONE, rest=Rest(2, 7)), Rules(**REST), replace(NONE, rest=Rest(2, 14))),
        (replace(NONE, rest=Rest(5, 30)), Rules(**REST), replace(NONE, rest=Rest(3, 30))),
        (NONE, Rules(rest_after=3), NONE),
        (NONE, Rules(same_topic_days=7), replace(NONE, variety=Variety(7))),
        (replace(NONE, variety=Variety(9)), Rules(same_topic_days=7),
         replace(NONE, variety=Variety(9))),
        (NONE, Rules(quiet_from="22:00", quiet_to="08:00"),
         replace(NONE, also_quiet=(time(22), time(8)))),
        (NONE, Rules(quiet_from="22:00"), NONE),
    ],
)  # fmt: skip
def test_the_stricter_holds(own, house, held):
    assert stricter(own, house) == held
    assert stricter(held, house) == held, "twice is as once"


def shanghai(clock):
    """21 November 2026, a Saturday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("own", "house", "now", "opens"),
    [
        (("21:00", "09:00"), None, "20:59", None),
        (("21:00", "09:00"), ("20:00", "08:00"), "20:59", "33:00"),
        (("21:00", "09:00"), ("22:00", "10:00"), "21:30", "34:00"),
        (("21:00", "09:00"), ("12:00", "14:00"), "12:00", "14:00"),
        (("21:00", "09:00"), ("12:00", "14:00"), "14:00", None),
        (("21:00", "09:00"), ("09:00", "10:00"), "23:00", "34:00"),
        (None, ("22:00", "08:00"), "23:00", "32:00"),
        (None, None, "23:00", None),
    ],
)
def test_it_is_quiet_where_either_says_so(own, house, now, opens):
    span = tuple(map(time.fromisoformat, own)) if own else (None, None)
    also = tuple(map(time.fromisoformat, house)) if house else None
    policy = Policy(quiet_from=span[0], quiet_to=span[1], also_quiet=also)
    found = next_opening(policy, shanghai(now))
    hours = None if opens is None else timedelta(hours=int(opens[:2]) - int(now[:2]))
    minutes = timedelta(minutes=int(now[3:]))
    assert found == (None if hours is None else shanghai(now) - minutes + hours)
    assert next_opening(replace(policy, purpose=Purpose.SERVICE), shanghai(now)) is None


def test_quiet_all_day_by_both_together_waits_and_does_not_hang():
    policy = Policy(quiet_from=time(8), quiet_to=time(20), also_quiet=(time(20), time(8)))
    assert next_opening(policy, shanghai("12:00")) > shanghai("20:00")


def test_a_run_and_its_dry_run_keep_to_what_the_house_says_by_then(store):
    world = found_world(store, followers=4)
    made = world.begin(guardrails={"per_day": 9, "quiet_hours": None})
    campaign_rules.put(world.account_id, per_day=2, quiet_from="11:00", quiet_to="13:00")
    world.push()
    policy = load(made.id, "", world.now).policy(OFFER)
    assert (policy.per_day, policy.also_quiet) == (2, (time(11), time(13)))
    assert order_to_come(made, "", world.now).policy(OFFER).also_quiet == policy.also_quiet
    assert world.report().closing.sent == 0
    world.later(hours=1)
    world.push()
    assert world.report().closing.sent == 4


def test_who_saw_other_rules_changes_none(store):
    account = found_world(store, followers=0).account_id
    assert campaign_rules.change(account, 0, {"per_day": 1}).version == 1
    with pytest.raises(Conflict):
        campaign_rules.change(account, 0, {"per_day": 2})
    assert campaign_rules.put(account, approval=True) == Rules(approval=True, per_day=1, version=2)
