"""Rows that teach: what was known then, what came of it, and nothing in between."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from bot.clock import to_ms
from bot.learning import features, past, rows
from bot.learning.purposes import PURPOSES
from bot.profile import fold as folding
from bot.profile.vector import vector
from bot.store import accounts, retention
from bot.store.models import Follower, Send
from bot.values.facts import FoldEvent
from tests.bot.coupon.cast import a_campaign
from tests.bot.learning import cast
from tests.bot.learning.cast import DAY
from tests.conftest import NOON

LONG_AGO = NOON - 200 * DAY
HOUR = timedelta(hours=1)


@pytest.fixture
def account(store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


@pytest.fixture
def anywhere(any_store):
    """An account on every engine."""
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def taught(account, slug, now=NOON):
    """Rows as {(follower, moment in days before now): target}."""
    table = rows.table(account, PURPOSES[slug], now)
    columns = (table.numbers(name) for name in (rows.FOLLOWER, rows.MOMENT, rows.TARGET))
    return {
        (int(who), round((now.timestamp() - at) / 86400, 1)): bool(target)
        for who, at, target in zip(*columns, strict=True)
    }


# --- messages ----------------------------------------------------------------------------------


@pytest.mark.mysql
def test_a_message_counts_when_its_time_is_over(anywhere):
    """The usual window is seven days."""
    lin, campaign = cast.somebody(anywhere, LONG_AGO), a_campaign(anywhere, "k")
    batch = cast.an_offer(anywhere, "b", "咖啡", LONG_AGO)
    for run, (days, redeemed_after) in enumerate([(30, 2), (20, 8), (10, None), (6, 1)], 1):
        send = cast.got(campaign, lin, NOON - days * DAY, batch, run)
        if redeemed_after is not None:
            cast.redeemed(anywhere, send, NOON - days * DAY + redeemed_after * DAY)
    assert taught(anywhere, "redeem") == {(lin, 30): True, (lin, 20): False, (lin, 10): False}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"state": "skipped"}, None),
        ({"purpose": "service"}, None),
        ({"step": "remind"}, None),
        ({"sent_at": NOON - 400 * DAY}, None),
        ({}, False),
    ],
    ids=["skipped", "a service message", "a reminder", "too long ago", "an offer"],
)
def test_only_offers_that_arrived_are_rows(account, what, said):
    lin, campaign = cast.somebody(account, LONG_AGO), a_campaign(account, "k")
    send = cast.got(campaign, lin, NOON - 30 * DAY)
    Send.update({"state": "sent", **what}).where(Send.id == send).execute()
    assert list(taught(account, "answer").values()) == ([] if said is None else [said])


def test_an_answer_is_what_a_person_did(anywhere):
    lin, campaign = cast.somebody(anywhere, LONG_AGO), a_campaign(anywhere, "k")
    at = [NOON - days * DAY for days in (40, 30, 20)]
    sends = [cast.got(campaign, lin, when, run=run) for run, when in enumerate(at)]
    cast.clicked(sends[0], at[0] + HOUR)
    cast.clicked(sends[1], at[1] + HOUR, automatic=True)
    assert taught(anywhere, "answer") == {(lin, 40): True, (lin, 30): False, (lin, 20): False}


def test_messages_without_a_coupon_teach_nothing_about_coupons(account):
    lin, campaign = cast.somebody(account, LONG_AGO), a_campaign(account, "k")
    cast.got(campaign, lin, NOON - 30 * DAY)
    assert taught(account, "redeem") == {}


@pytest.mark.parametrize(
    "changes", [{"personalised": False}, {"erased_at": NOON}], ids=lambda one: next(iter(one))
)
def test_nobody_teaches_who_refused_or_was_erased(account, changes):
    lin, campaign = cast.somebody(account, LONG_AGO, **changes), a_campaign(account, "k")
    cast.got(campaign, lin, NOON - 30 * DAY)
    assert taught(account, "answer") == {}


# --- trials ------------------------------------------------------------------------------------


def test_who_was_held_out_by_luck_stands_beside_who_was_sent_to(anywhere):
    """Both begin with the planning. A run that held nobody out is none, nor are those held out who
    would have got nothing anyway, nor a run whose arms meant other offers."""
    lin, wang, li, zhao = (cast.somebody(anywhere, LONG_AGO) for _ in range(4))
    batch = cast.an_offer(anywhere, "b", "咖啡", LONG_AGO)
    at = NOON - 30 * DAY
    run, all_sent, others = (a_campaign(anywhere, slug) for slug in ("half", "all", "others"))
    cast.got(run, lin, at, batch)
    cast.held_out(run, wang, at, batch)
    cast.held_out(run, zhao, at, batch)
    Send.update(skip="opted_out").where(Send.follower == zhao).execute()
    cast.got(all_sent, li, at, batch)
    cast.got(others, li, at, batch)
    cast.held_out(others, lin, at, None)
    cast.did(anywhere, wang, "order", at + 6 * DAY, amount_fen=100)
    cast.did(anywhere, lin, "order", at + 8 * DAY, amount_fen=100)
    table = rows.table(anywhere, PURPOSES["uplift"], NOON)
    columns = [table.numbers(name).tolist() for name in (rows.FOLLOWER, rows.TREATED, rows.TARGET)]
    assert list(zip(*columns, strict=True)) == [(lin, 1.0, 0.0), (wang, 0.0, 1.0)]
    assert table.numbers(rows.CHANCE).tolist() == [0.5, 0.5]


# --- months ------------------------------------------------------------------------------------


def test_at_month_ends_it_is_asked_what_follows(anywhere):
    lin = cast.somebody(anywhere, NOON - 95 * DAY)
    cast.did(anywhere, lin, "order", NOON - 50 * DAY, amount_fen=100)
    cast.did(anywhere, lin, "unsubscribe", NOON - 45 * DAY)
    cast.did(anywhere, lin, "subscribe", NOON - 35 * DAY)
    # Known since 95 days: month-ends 90, 60 and 30 days ago, of which 60 sees the order coming.
    assert taught(anywhere, "buy") == {(lin, 90): False, (lin, 60): True, (lin, 30): False}


def test_who_does_not_follow_is_not_asked_whether_he_will_leave(account):
    lin = cast.somebody(account, LONG_AGO, subscribed=False)
    cast.did(account, lin, "message.text", NOON - 130 * DAY)
    cast.did(account, lin, "unsubscribe", NOON - 95 * DAY)
    assert taught(account, "churn") == {(lin, 120): True}


@pytest.mark.parametrize(
    ("acts", "rows_"),
    [
        ([(130, "message.text")], {120: True, 90: True}),
        ([(130, "message.text"), (80, "click")], {120: False, 90: False, 60: True}),
        ([(130, "message.text"), (61, "opt_out")], {120: True, 90: True, 60: True}),
        ([(61, "follow.synced")], {}),
    ],
    ids=["falls silent", "goes on", "refuses", "does nothing by himself"],
)
def test_of_who_was_active_it_is_asked_whether_he_goes_on(account, acts, rows_):
    lin = cast.somebody(account, LONG_AGO)
    for days, kind in acts:
        cast.did(account, lin, kind, NOON - days * DAY)
    assert taught(account, "churn") == {(lin, days): left for days, left in rows_.items()}


# --- no leakage --------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", [slug for slug, of in PURPOSES.items() if of.sort in rows.SORTS])
def test_nothing_that_comes_later_is_in_a_row(account, slug):
    """Whatever else is done after the last moment, the same rows say the same of what was known."""
    people = cast.a_shop(account, NOON, people=12)
    campaign, at = a_campaign(account, "half"), NOON - 20 * DAY
    for lin in people:
        (cast.held_out if lin % 2 else cast.got)(campaign, lin, at, None)
    before = rows.table(account, PURPOSES[slug], NOON)
    last = max(before.numbers(rows.MOMENT))
    later = NOON - timedelta(seconds=NOON.timestamp() - last) + HOUR
    for lin in people:
        for kind in ("order", "click", "message.text", "coupon.redeemed"):
            cast.did(account, lin, kind, later, topics={"火锅": 1.0}, amount_fen=900)
        # And what happened before, but was told after: nobody knew of it.
        cast.did(account, lin, "order", LONG_AGO, received_at=later, amount_fen=900)
    cast.folded(NOON)
    after = rows.table(account, PURPOSES[slug], NOON)
    assert before.rows
    for name in features.columns(PURPOSES[slug].with_offer):
        assert np.array_equal(before.numbers(name), after.numbers(name), equal_nan=True), name


def test_a_moment_past_is_the_fold_of_what_was_known(account):
    lin = cast.somebody(account, LONG_AGO)
    for days in (50, 40, 30, 20):
        cast.did(account, lin, "message.text", NOON - days * DAY, topics={"咖啡": 1.0})
    log = past.logs(lin - 1, lin)[lin]
    moments = [NOON - days * DAY for days in (60, 40, 25)]
    found = list(past.states({}, log, [to_ms(at) for at in moments]))
    for at, state, known in zip(moments, found, (0, 1, 3), strict=True):
        events = [FoldEvent(one.event.key, *one.event[1:]) for one in log[:known]]
        assert vector(state, at) == vector(folding.fold({}, events), at)


def test_moments_before_retention_are_left_out(account):
    """Of removed events only the sum is left, which holds what came after the moment, too."""
    lin, campaign = cast.somebody(account, LONG_AGO), a_campaign(account, "k")
    for run, days in enumerate((60, 20)):
        cast.got(campaign, lin, NOON - days * DAY, run=run)
    retention.set_mark("message.text", NOON - 40 * DAY)
    assert taught(account, "answer") == {(lin, 20): False}


def test_now_and_then_are_the_same_function(account):
    """Scored now as it would be taught: a message that is planned just now."""
    from bot.learning.serving import standing

    people = cast.a_shop(account, NOON, people=5)
    found = standing(people, NOON)
    campaign = a_campaign(account, "new")
    for lin in people:
        cast.got(campaign, lin, NOON + timedelta(minutes=5))
    Follower.update(subscribed=True).execute()
    later = rows.table(account, PURPOSES["answer"], NOON + 8 * DAY)
    newest = later.take(np.flatnonzero(later.numbers(rows.MOMENT) == NOON.timestamp()))
    taught_rows = np.stack([newest.numbers(name) for name in features.PERSON], axis=1)
    assert newest.numbers(rows.FOLLOWER).tolist() == people
    assert np.array_equal(taught_rows, found.rows)


# --- many ---------------------------------------------------------------------------------------


def test_of_too_many_rows_a_fixed_share_of_followers_stays(account, monkeypatch):
    people = cast.a_shop(account, NOON, people=60)
    whole = rows.table(account, PURPOSES["redeem"], NOON)
    monkeypatch.setattr(rows, "MOST_ROWS", 100)
    monkeypatch.setattr(rows, "SPAN", 7)
    some = rows.table(account, PURPOSES["redeem"], NOON)
    assert whole.rows == 3 * len(people)
    assert 30 <= some.rows <= 100
    counts = np.unique(some.numbers(rows.FOLLOWER), return_counts=True)[1]
    assert set(counts) == {3}  # a follower's rows stay together
