"""Figures that are counted ahead where counting is slow: pages show them with their time."""

from __future__ import annotations

import pytest

from bot.console import kept_figures
from bot.console.rights import Role
from bot.effect import keeping
from bot.store import coupons, kept_answers, talk
from bot.store.talk import DRAFT, LIVE, Example
from jobs import figuring
from tests.bot.console.conftest import post
from tests.bot.console.test_coupons import FORM
from tests.conftest import NOON, a_follower

A = "/console/a/default"
AS_OF = "截至 2026-11-21 12:00"


@pytest.fixture
def slow(house, monkeypatch):
    """Everything takes too long for a page to wait, once it has been counted."""
    monkeypatch.setattr(keeping, "QUICK_MS", 0)
    house.hire("lin", Role.ADMIN)
    return house


@pytest.fixture
def lin(slow):
    return slow.signed_in("lin")


def counted(house) -> int:
    """What the job of the clock counts."""
    return figuring.kept(house.services, lambda message, context: None, house.clock())


@pytest.mark.parametrize("path", ["", "/followers", "/reports/users"])
def test_how_many_follow_is_said_with_its_time_where_it_was_counted_ahead(slow, lin, path):
    a_follower(slow.account_id)
    assert AS_OF not in lin.get(A + path).text, "nobody had counted: it is counted now"
    a_follower(slow.account_id, "o-second")
    slow.clock.on(hours=1)
    assert kept_figures.following(slow.account_id, slow.clock()) == (1, NOON)
    assert AS_OF in lin.get(A + path).text
    assert counted(slow) >= 2
    assert kept_figures.following(slow.account_id, slow.clock()) == (2, slow.clock())


def test_where_counting_is_quick_the_present_number_is_shown(house):
    a_follower(house.account_id)
    assert kept_figures.following(house.account_id, NOON)[0] == 1
    a_follower(house.account_id, "o-second")
    house.clock.on(hours=1)
    assert kept_figures.following(house.account_id, house.clock()) == (2, house.clock())


def test_coupons_stock_is_counted_ahead_and_anew_when_somebody_changes_it(slow, lin):
    post(lin, f"{A}/coupons/new", **FORM)
    assert AS_OF not in lin.get(f"{A}/coupons").text
    slow.clock.on(hours=1)
    who = a_follower(slow.account_id)
    batch = coupons.batches(slow.account_id)[0]
    coupons.issue_now(batch.id, who, "event:1", NOON)
    (stock,), at = kept_figures.stock(slow.account_id, slow.clock())
    assert (stock.available, at) == (20, NOON), "as it was counted last"
    assert AS_OF in lin.get(f"{A}/coupons").text
    post(lin, f"{A}/coupons/cup/more", count="5")
    (stock,), at = kept_figures.stock(slow.account_id, slow.clock())
    assert (stock.available, stock.states["issued"], at) == (24, 1, slow.clock())


def test_a_batch_that_is_younger_than_the_count_is_counted_now(slow, lin):
    assert kept_figures.stock(slow.account_id, slow.clock()) == ([], NOON)
    slow.clock.on(hours=1)
    post(lin, f"{A}/coupons/new", **FORM)
    (stock,), _ = kept_figures.stock(slow.account_id, slow.clock())
    assert stock.available == 20


def test_a_kept_stock_reads_as_it_was_counted(house, lin):
    post(lin, f"{A}/coupons/new", **FORM)
    found = kept_figures.stocks.counted(house.account_id, NOON)
    assert kept_figures.Counts.of_json(found.to_json()) == found


def examples(house, **texts: str) -> None:
    talk.add_examples(
        house.account_id, [Example(intent, one) for intent, one in texts.items()], stage=LIVE
    )


def test_clashes_are_sought_once_a_change_and_what_was_removed_since_is_gone(slow, lin):
    examples(slow, hours="几点开门", price="几点 开门！")
    assert len(kept_figures.clashes(slow.account_id, NOON)[1]) == 1
    slow.clock.on(hours=1)
    _, found, at = kept_figures.clashes(slow.account_id, slow.clock())
    assert (len(found), at) == (1, slow.clock()), "nothing has changed: it is true now"
    assert AS_OF not in lin.get(f"{A}/intents-clashes").text
    stage = talk.read_from(slow.account_id, DRAFT)
    assert talk.remove_example(slow.account_id, "几点 开门！", stage=stage)
    examples(slow, tea="喝茶", coffee="喝 茶！")
    stage, found, at = kept_figures.clashes(slow.account_id, slow.clock())
    assert (stage, found, at) == (LIVE, [], NOON), "what came since is not sought yet"
    assert AS_OF in lin.get(f"{A}/intents-clashes").text
    counted(slow)
    stage, (clash,), at = kept_figures.clashes(slow.account_id, slow.clock())
    assert {one.example.intent for one in clash.examples} == {"tea", "coffee"}
    slow.clock.on(hours=1)
    before = kept_answers.standing(slow.account_id, kept_figures.CLASHES)
    counted(slow)
    assert kept_answers.standing(slow.account_id, kept_figures.CLASHES) == before, "no change"


def test_whether_a_model_was_made_of_examples_is_not_guessed_after_a_change(slow, lin):
    examples(slow, hours="几点开门")
    assert kept_figures.is_learnt(slow.account_id, LIVE, NOON) is False
    examples(slow, hours="什么时候开门")
    assert kept_figures.is_learnt(slow.account_id, LIVE, NOON) is None
    assert "两分钟内核对" in lin.get(f"{A}/training").text
    slow.clock.on(hours=1)
    counted(slow)
    assert kept_figures.is_learnt(slow.account_id, LIVE, slow.clock()) is False
