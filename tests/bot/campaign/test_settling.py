"""What each answer of the platform does to a row: every errcode of the table, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.campaign.sending.settle import BACK_OFF, MOST_ATTEMPTS, Fate, Result, fate_of
from bot.clock import SHANGHAI
from bot.errors import GatewayDown, OutcomeUnknown
from bot.store import quotas, segments
from bot.store.db import Store
from bot.store.models import Follower
from bot.store.sends import SendRow
from bot.values.audience import Channel
from bot.wechat.errcode_table import TABLE, Action
from bot.wechat.errcodes import error_for
from tests.bot.campaign.world import World, found_world, people
from tests.conftest import NOON

RESET = NOON + timedelta(hours=12)
CODES = {code: entry.action for entry in TABLE for code in entry.codes if code}


def a_row(tries: int = 1, channel: Channel = Channel.CUSTOMER_SERVICE, **changes: Any) -> SendRow:
    row = SendRow(
        1, 1, 1, "offer", 1, "claimed", "marketing", "a", channel, None, None, "", "", "", "me",
        tries, NOON, NOON,
    )  # fmt: skip
    return row._replace(**changes)


@dataclass(frozen=True)
class Expected:
    first: Fate
    after: timedelta | None  # None: never again
    last: Fate  # of the fifth try


NOW = timedelta(0)
FATES = {
    Action.BACKOFF: Expected(Fate.AGAIN, BACK_OFF[0], Fate.FAILED),
    Action.REFRESH: Expected(Fate.AGAIN, BACK_OFF[0], Fate.AGAIN),
    Action.NEXT_DAY: Expected(Fate.AGAIN, RESET - NOON, Fate.AGAIN),
    Action.UNSUB: Expected(Fate.FAILED, None, Fate.FAILED),
    Action.DROP: Expected(Fate.FAILED, None, Fate.FAILED),
    Action.OK: Expected(Fate.FAILED, None, Fate.FAILED),
    Action.STOP: Expected(Fate.AGAIN, NOW, Fate.FAILED),
    Action.FIX: Expected(Fate.AGAIN, NOW, Fate.FAILED),
}


def fate(error: Any, **row: Any) -> tuple[Fate, timedelta]:
    found, at = fate_of(Result(a_row(**row), error), RESET, NOON)
    return found, at - NOON


@pytest.mark.parametrize("action", list(FATES))
def test_every_code_of_the_table(action: Action):
    expected = FATES[action]
    codes = [code for code, of in CODES.items() if of is action]
    assert codes or action is Action.OK
    for code in codes:
        error = error_for(code, "words")
        assert fate(error) == (expected.first, expected.after or NOW), code
        assert fate(error, tries=MOST_ATTEMPTS)[0] is expected.last, code


def test_a_code_that_nobody_knows_pauses_and_is_not_repeated_for_ever():
    assert fate(error_for(987654, "new")) == (Fate.AGAIN, NOW)
    assert fate(error_for(987654, "new"), tries=MOST_ATTEMPTS)[0] is Fate.FAILED


def test_the_pauses_grow_and_end():
    busy = error_for(-1, "system busy")
    pauses = [fate(busy, tries=tries) for tries in range(1, MOST_ATTEMPTS + 1)]
    assert pauses == [*((Fate.AGAIN, pause) for pause in BACK_OFF), (Fate.FAILED, NOW)]
    assert list(BACK_OFF) == sorted(BACK_OFF)


@pytest.mark.parametrize("tries", [1, 5, 50])
def test_a_platform_that_is_away_is_asked_soon_and_never_given_up(tries: int):
    found, after = fate(GatewayDown(None, "no connection"), tries=tries)
    assert found is Fate.AGAIN
    assert after <= timedelta(seconds=30)


SPAN = timedelta(minutes=10)  # as long as the platform drops a repeat of a template message


@pytest.mark.parametrize(
    ("ago", "tries", "repeated"),
    [
        (timedelta(0), 1, True),
        (SPAN - timedelta(minutes=1, seconds=6), 4, True),  # five seconds' pause, a minute to spare
        (SPAN - timedelta(minutes=1, seconds=5), 4, False),
        (SPAN, 2, False),
        (timedelta(0), MOST_ATTEMPTS, False),
    ],
)
def test_no_answer_is_repeated_with_its_id_while_the_platform_remembers_it(ago, tries, repeated):
    lost = OutcomeUnknown(None, "no answer")
    notice = {"channel": Channel.TEMPLATE, "first_claimed_at": NOON - ago, "tries": tries}
    assert fate(lost, **notice)[0] is (Fate.REPEAT if repeated else Fate.UNKNOWN)
    assert fate(lost, tries=tries)[0] is Fate.UNKNOWN  # a customer-service message has no id


@pytest.mark.parametrize(
    ("code", "minutes_since_the_first", "expected"),
    [
        (-1, 1, Fate.REPEAT),
        (-1, 8.95, Fate.UNKNOWN),  # after the pause the id may be forgotten
        (40001, 1, Fate.REPEAT),
        (45009, 1, Fate.UNKNOWN),  # tomorrow it is forgotten for certain
        (43004, 1, Fate.UNKNOWN),  # they left; the first may have come before
        (47003, 1, Fate.REPEAT),
        (0, 1, Fate.SENT),
    ],
)
def test_a_refused_repeat_says_nothing_about_the_first_sending(
    code: int, minutes_since_the_first: float, expected: Fate
):
    first = NOON - timedelta(minutes=minutes_since_the_first)
    error = error_for(code, "words") if code else None
    row = {"channel": Channel.TEMPLATE, "first_claimed_at": first, "client_id": "send-1"}
    assert fate(error, tries=2, **row)[0] is expected


# --- what a code does beside its row -----------------------------------------------------------


AFTER = {
    0: ("running", "sent", True, 4, True),
    -1: ("running", "intended", True, 5, True),
    40001: ("running", "intended", True, 5, True),
    43004: ("running", "failed", False, 5, True),
    40003: ("running", "failed", False, 5, True),
    45015: ("running", "failed", True, 0, True),
    45047: ("running", "failed", True, 0, True),
    46004: ("running", "failed", False, 5, True),
    46001: ("paused", "intended", True, 5, True),
    48001: ("paused", "intended", True, 5, True),
    45002: ("paused", "intended", True, 5, True),
    45009: ("running", "intended", True, 5, False),  # the last: nothing goes any more today
}


def test_what_follows_from_a_code(store: Store):
    """The campaign, the row, whether the follower follows, the window, whether quota is left."""
    world = found_world(store, followers=0)
    found = {code: after(world, code, number) for number, code in enumerate(AFTER, 1)}
    assert found == AFTER


def after(world: World, code: int, number: int) -> tuple[Any, ...]:
    """A campaign for one new follower, whose message meets the code."""
    slug = f"run-{number}"
    segment = segments.put(world.account_id, slug, slug, {"all": []}, NOON)
    people(world.account_id, segment.id, 1, first=number)
    answers = iter([error_for(code, "words") if code else None])
    world.platform.verdict = lambda body: next(answers, None)
    world.begin(slug=slug, segment=slug, offer=..., text="x")
    world.push()
    row = world.rows()[-1]
    person = Follower.get_by_id(row.follower_id)
    day = quotas.day_of(world.now, SHANGHAI)
    left = quotas.left(world.account_id, "message/custom/send", day, 500_000)
    return world.state(slug).state, row.state, person.subscribed, person.window_left, left > 0
