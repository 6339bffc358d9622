"""Who may get a message, and when: the permission rules as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.campaign.document.parts import Rest, Variety
from bot.campaign.permission.policy import (
    Delay,
    Policy,
    Recipient,
    because,
    judge,
    next_day,
    next_opening,
)
from bot.store.send_history import Past
from bot.values.audience import Channel, FollowerState, Purpose, Skip
from tests.conftest import NOON

OPEN = {"window_kind": "message", "window_until": NOON + timedelta(hours=1), "window_left": 1}
LIN = FollowerState(id=1, account_id=1, **OPEN)
SERVICE = Policy(purpose=Purpose.SERVICE)
BOTH = (Channel.CUSTOMER_SERVICE, Channel.TEMPLATE)


def a_recipient(**changes: Any) -> Recipient:
    """Lin, whom every rule lets through, changed as named."""
    counts = {name: changes.pop(name) for name in list(changes) if name.startswith("sent_")}
    return Recipient(replace(LIN, **changes), **counts)


@pytest.mark.parametrize(
    ("who", "marketing", "service"),
    [
        pytest.param({}, None, None, id="a consenting follower gets it"),
        pytest.param({"erased_at": NOON}, Skip.ERASED, Skip.ERASED, id="the erased get nothing"),
        pytest.param({"subscribed": False}, *[Skip.UNSUBSCRIBED] * 2, id="a former follower"),
        pytest.param({"blacklisted": True}, *[Skip.BLACKLISTED] * 2, id="the blacklisted"),
        pytest.param({"opted_out_at": NOON}, Skip.OPTED_OUT, None, id="opt-out is of marketing"),
        pytest.param({"marketing_consent": False}, Skip.NO_CONSENT, None, id="so is consent"),
        pytest.param({"sent_last_day": 1}, Skip.FREQUENCY_CAP, None, id="one a day"),
        pytest.param({"sent_last_7_days": 1}, None, None, id="one message this week leaves room"),
        pytest.param({"sent_last_7_days": 2}, Skip.FREQUENCY_CAP, None, id="two fill the week"),
        pytest.param({"sent_last_30_days": 3}, None, None, id="three a month leave room"),
        pytest.param({"sent_last_30_days": 4}, Skip.FREQUENCY_CAP, None, id="four fill the month"),
        pytest.param({"window_until": None}, *[Skip.NO_CHANNEL] * 2, id="never wrote"),
        pytest.param({"window_until": NOON}, *[Skip.NO_CHANNEL] * 2, id="the window just closed"),
        pytest.param({"window_left": 0}, *[Skip.NO_CHANNEL] * 2, id="the window is used up"),
    ],
)
def test_who_may_get_a_message_at_noon(who, marketing, service):
    for policy, expected in ((Policy(), marketing), (SERVICE, service)):
        verdict = judge(a_recipient(**who), policy, NOON)
        assert verdict == (expected or Channel.CUSTOMER_SERVICE)


def test_without_a_cap_nothing_is_counted():
    free = Policy(per_day=None, per_week=None, per_month=None)
    assert judge(a_recipient(sent_last_day=99), free, NOON) is Channel.CUSTOMER_SERVICE


@pytest.mark.parametrize(
    ("who", "exhausted", "expected"),
    [
        ({}, (), Channel.CUSTOMER_SERVICE),
        ({"window_left": 0}, (), Channel.TEMPLATE),
        ({}, (Channel.CUSTOMER_SERVICE,), Channel.TEMPLATE),
        ({}, BOTH, Delay(datetime(2026, 11, 21, 16, tzinfo=UTC))),
    ],
    ids=["the cheapest", "the next that is open", "the next with a quota", "tomorrow"],
)
def test_the_first_permitted_channel_is_taken(who, exhausted, expected):
    policy = Policy(purpose=Purpose.SERVICE, channels=BOTH)
    assert judge(a_recipient(**who), policy, NOON, exhausted) == expected


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+08:00")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param(at("21T08:59:59"), at("21T09:00"), id="a second too early"),
        pytest.param(at("21T09:00"), None, id="nine sharp is open"),
        pytest.param(at("21T20:59:59"), None, id="the last second of the day"),
        pytest.param(at("21T21:00"), at("22T09:00"), id="nine at night is quiet until tomorrow"),
        pytest.param(at("22T00:00"), at("22T09:00"), id="after midnight it is today's nine"),
    ],
)
def test_quiet_hours_over_midnight_delay_to_the_next_opening(now, opens):
    expected = Channel.CUSTOMER_SERVICE if opens is None else Delay(opens.astimezone(UTC))
    who = a_recipient(window_until=now + timedelta(hours=1))
    assert judge(who, Policy(), now) == expected
    assert judge(who, SERVICE, now) is Channel.CUSTOMER_SERVICE


@pytest.mark.parametrize(
    ("now", "quiet"), [("21T11:59", False), ("21T12:00", True), ("21T14:00", False)]
)
def test_quiet_hours_within_a_day(now, quiet):
    siesta = Policy(quiet_from=time(12), quiet_to=time(14))
    assert next_opening(siesta, at(now)) == (at("21T14:00") if quiet else None)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param("2026-03-29T00:30+01:00", "2026-03-29T09:00+02:00", id="an hour is lost"),
        pytest.param("2026-10-25T00:30+02:00", "2026-10-25T09:00+01:00", id="an hour is won"),
    ],
)
def test_the_opening_is_a_wall_time_when_clocks_change(now, opens):
    berlin = Policy(zone=ZoneInfo("Europe/Berlin"))
    assert next_opening(berlin, datetime.fromisoformat(now)) == datetime.fromisoformat(opens)


@pytest.mark.parametrize(
    ("now", "deadline", "expected"),
    [
        pytest.param(at("21T22:00"), at("22T08:00"), Skip.QUIET_HOURS, id="opens too late"),
        pytest.param(at("21T12:00"), at("21T12:00"), Skip.EXPIRED, id="it is over"),
        pytest.param(at("21T22:00"), at("22T09:01"), Delay(at("22T09:00")), id="just in time"),
    ],
)
def test_what_cannot_go_out_before_the_deadline_is_skipped(now, deadline, expected):
    policy = Policy(deadline=deadline.astimezone(UTC))
    assert judge(a_recipient(window_until=now + timedelta(days=1)), policy, now) == expected


def test_a_used_up_quota_past_the_deadline_is_a_skip():
    policy = Policy(deadline=NOON + timedelta(hours=1))
    assert judge(a_recipient(), policy, NOON, [Channel.CUSTOMER_SERVICE]) is Skip.QUOTA


def test_a_day_begins_at_midnight_in_the_accounts_zone():
    assert next_day(NOON, ZoneInfo("Asia/Shanghai")) == at("22T00:00")
    assert next_day(at("22T00:00"), ZoneInfo("Asia/Shanghai")) == at("23T00:00")


@pytest.mark.parametrize(
    ("verdict", "who", "reasons"),
    [
        (Skip.FREQUENCY_CAP, {"sent_last_7_days": 2}, {"caps": {"7d": {"sent": 2, "cap": 2}}}),
        (Skip.NO_CHANNEL, {"window_left": 0}, {"window": "open", "window_left": 0}),
        (Channel.CUSTOMER_SERVICE, {}, {"window": "message", "window_left": 1}),
        (Skip.OPTED_OUT, {}, {}),
    ],
)
def test_a_verdict_keeps_the_figures_behind_it(verdict, who, reasons):
    assert because(verdict, a_recipient(**who), Policy(), NOON) == reasons


# --- peace, variety, rank, the control group ---------------------------------------------------

RESTS = Policy(rest=Rest(after_unanswered=3, days=14))
VARIES = Policy(variety=Variety(same_topic_days=7))
DAY = timedelta(days=1)


def of_past(unanswered: int = 0, last: timedelta = 3 * DAY, alike: timedelta | None = None):
    past = Past(unanswered, NOON - last, None if alike is None else NOON - alike)
    return replace(a_recipient(), past=past)


@pytest.mark.parametrize(
    ("who", "policy", "expected"),
    [
        pytest.param(of_past(2), RESTS, None, id="two unanswered: a third try"),
        pytest.param(of_past(3), RESTS, Skip.REST, id="three unanswered: peace"),
        pytest.param(of_past(3, 14 * DAY), RESTS, None, id="for fourteen days, to the second"),
        pytest.param(of_past(9, 13.9 * DAY), RESTS, Skip.REST, id="a minute before they are over"),
        pytest.param(of_past(9), Policy(), None, id="no such rule"),
        pytest.param(of_past(alike=6 * DAY), VARIES, Skip.VARIETY, id="the same topic this week"),
        pytest.param(of_past(alike=7 * DAY), VARIES, None, id="seven days ago is long enough"),
        pytest.param(of_past(), VARIES, None, id="something else was sent"),
        pytest.param(replace(a_recipient(), global_control=True), Policy(), Skip.GLOBAL_CONTROL,
                     id="the control group gets no marketing"),
        pytest.param(replace(a_recipient(), global_control=True), SERVICE, None,
                     id="and its service notices"),
        pytest.param(replace(a_recipient(), outranked_by="big"), Policy(), Skip.OUTRANKED,
                     id="one a day, and a more important one is to come"),
        pytest.param(replace(a_recipient(), outranked_by="big"), Policy(per_day=2, per_week=3),
                     None, id="with room for both both go"),
        pytest.param(replace(a_recipient(), outranked_by="big"), SERVICE, None,
                     id="no rank among notices"),
    ],
)  # fmt: skip
def test_who_has_peace(who: Recipient, policy: Policy, expected):
    assert judge(who, policy, NOON) == (expected or Channel.CUSTOMER_SERVICE)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [(None, Delay(at("22T00:00"))), (at("22T00:00"), Skip.FREQUENCY_CAP)],
    ids=["asked again the next day", "which would be too late"],
)
def test_who_is_capped_may_wait(deadline, expected):
    waits = Policy(capped_waits=True, deadline=deadline)
    assert judge(a_recipient(sent_last_day=1), waits, NOON) == expected


@pytest.mark.parametrize(
    ("who", "policy", "figures"),
    [
        (of_past(4), RESTS, {"unanswered": 4, "rests_until": "2026-12-02T04:00:00+00:00"}),
        (of_past(alike=DAY), VARIES, {"same_topic_at": "2026-11-20T04:00:00+00:00"}),
        (replace(a_recipient(), outranked_by="big"), Policy(), {"campaign": "big"}),
    ],
    ids=["peace", "variety", "rank"],
)
def test_the_figures_say_why_not(who, policy, figures):
    assert because(judge(who, policy, NOON), who, policy, NOON) == figures
