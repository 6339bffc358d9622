"""Rules about campaigns and coupons follow their ledgers, change by change, without a full look."""

from __future__ import annotations

import pytest

from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import links, sends
from bot.store import segments as segment_store
from bot.store.db import fetch, transaction
from bot.values.audience import SendState
from tests.bot.segment import cast
from tests.bot.segment.test_law import DAY, agree
from tests.conftest import NOON

param = pytest.param
OUTCOMES = ("sent", "clicked", "redeemed", "held_out", "skipped", "not_clicked")


@pytest.fixture
def account(kept_store):
    made = cast.an_account()
    cast.an_offer(made)
    return made


def watched(account):
    for outcome in OUTCOMES:
        rule = {"campaign": cast.CAMPAIGN, "outcome": outcome}
        define(account, outcome, outcome, rule, NOON)
    refresh_all(NOON, account)


def outcomes_of(account, person):
    """What the segments say of him, after a refresh that only looks at changes."""
    agree(account, [person], NOON)
    return {slug for slug, ids in cast.held(account).items() if person in ids}


@pytest.mark.parametrize(
    ("acts", "outcomes"),
    [
        param(["planned"], [set()], id="intended is nothing yet"),
        param(["planned", "sent"], [set(), {"sent", "not_clicked"}], id="sent"),
        param(["planned", "failed"], [set(), set()], id="failed"),
        param(["planned", "skipped"], [set(), {"skipped"}], id="skipped"),
        param(["held_out"], [{"held_out"}], id="held out"),
        param(
            ["planned", "sent", "scanned", "clicked", "bought"],
            [
                set(),
                {"sent", "not_clicked"},
                {"sent", "not_clicked"},
                {"sent", "clicked"},
                {"sent", "clicked", "redeemed"},
            ],
            id="sent, seen by a scanner, opened, bought",
        ),
        param(
            ["planned", "sent", "held_out"],
            [set(), {"sent", "not_clicked"}, {"sent", "not_clicked", "held_out"}],
            id="two runs",
        ),
    ],
)
def test_each_change_of_the_ledger_is_followed(account, acts, outcomes):
    person = cast.somebody(account)
    watched(account)
    for act, expected in zip(acts, outcomes, strict=True):
        cast.sending(account, person, act, "a", NOON)
        assert outcomes_of(account, person) == expected


def test_a_tap_proves_that_an_unknown_send_arrived(account):
    person = cast.somebody(account)
    watched(account)
    cast.sending(account, person, "planned", "a", NOON)
    send = fetch("SELECT MAX(id) FROM send WHERE follower_id = ?", (person,))[0][0]
    with transaction():
        sends.settle([(send, None, "")], SendState.UNKNOWN, NOON)
    assert outcomes_of(account, person) == set()
    links.settle_unknown_as_sent(send, NOON)
    assert outcomes_of(account, person) == {"sent", "not_clicked"}


def test_only_the_named_variant_counts(account):
    a, b = cast.somebody(account), cast.somebody(account)
    rule = {"campaign": cast.CAMPAIGN, "outcome": "sent", "variant": "b"}
    define(account, "b", "方案 b", rule, NOON)
    for person, variant in ((a, "a"), (b, "b")):
        cast.sending(account, person, "planned", variant, NOON)
        cast.sending(account, person, "sent", variant, NOON)
    agree(account, [a, b], NOON)
    assert cast.held(account)["b"] == {b}


def test_sending_marks_nobody_where_no_rule_reads_the_campaign(account):
    person = cast.somebody(account)
    watched(account)
    for outcome in OUTCOMES:
        define(account, outcome, outcome, {"tag": "vip"}, NOON)
    refresh_all(NOON, account)
    cast.sending(account, person, "planned", "a", NOON)
    cast.sending(account, person, "sent", "a", NOON)
    assert segment_store.dirty(account, 9) == []


def test_a_coupon_goes_its_way_and_time_ends_it(account):
    used, forgotten = cast.somebody(account), cast.somebody(account)
    for state in ("issued", "claimed", "redeemed", "expired"):
        define(account, state, state, {"coupon": cast.BATCH, "state": state}, NOON)
    for person in (used, forgotten):
        for act in ("issued", "claimed"):
            cast.coupon(account, person, act, NOON)
    cast.coupon(account, used, "redeemed", NOON)
    both = {used, forgotten}
    for days, expired in ((9, set()), (10, {forgotten}), (11, {forgotten})):
        agree(account, [used, forgotten], NOON + days * DAY)
        assert cast.held(account) == {
            "issued": both, "claimed": both, "redeemed": {used}, "expired": expired,
        }  # fmt: skip
    cast.coupon(account, used, "swept", NOON + 11 * DAY)  # the house's own bookkeeping of the end
    agree(account, [used, forgotten], NOON + 11 * DAY)
