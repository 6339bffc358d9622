"""Figures that are counted ahead where counting is slow: pages show them with their time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot import background
from bot.background import figures
from bot.console import kept_figures, reports
from bot.console.rights import Role
from bot.effect import days, keeping, sources
from bot.store import accounts, coupons, events, kept_answers, talk
from bot.store import background as tasks
from bot.store.db import run
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
    return house


@pytest.fixture
def lin(house):
    house.hire("lin", Role.ADMIN)
    return house.signed_in("lin")


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


# --- what nobody has counted yet ------------------------------------------------------------------

COUNTING = "正在统计"
PATHS = ("", "/followers", "/reports/users", "/reports/sources", "/coupons", "/intents-clashes",
         "/training")  # fmt: skip


@pytest.fixture
def full(house, lin):
    """A house with one of everything, of which nothing is kept."""
    who = a_follower(house.account_id)
    for kind in ("message.text", "scan"):
        events.append(house.account_id, who, kind, at=NOON, received_at=NOON, source="callback",
                      key=kind, facts={"scene": "door"})  # fmt: skip
    post(lin, f"{A}/coupons/new", **FORM)
    examples(house, hours="几点开门", price="几点 开门！")
    run("DELETE FROM kept_answer")
    return house


@pytest.fixture
def vast(full, monkeypatch):
    """The same, and one of anything is too much to be counted while somebody waits."""
    for module, name in (
        (figures, "FEW_FOLLOWERS"), (figures, "FEW_CODES"), (figures, "FEW_EXAMPLES"),
        (days, "FEW"), (sources, "FEW"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 0)
    return full


def asked_for(house) -> list[tuple[str, str]]:
    """What the background was asked to count."""
    made = tasks.latest(house.account_id, [figures.FIGURE])
    return sorted((str(one.asked["kind"]), str(one.asked["ref"])) for one in made)


@pytest.mark.parametrize("path", PATHS)
def test_a_small_house_sees_its_figures_at_the_first_look(full, lin, path):
    assert COUNTING not in lin.get(A + path).text
    assert asked_for(full) == []


@pytest.mark.parametrize("path", PATHS)
def test_much_that_nobody_has_counted_is_counted_behind_the_page(vast, lin, path):
    first = lin.get(A + path)
    assert first.status_code == 200
    assert (COUNTING if path != "/training" else "两分钟内核对") in first.text
    assert 'hx-trigger="every 3s"' in first.text
    wanted = asked_for(vast)
    assert lin.get(A + path).status_code == 200
    assert asked_for(vast) == wanted != [], "asked for once"
    assert background.run_long(vast.services, vast.clock()) == len(wanted)
    there = lin.get(A + path).text
    assert COUNTING not in there
    assert 'hx-trigger="every 3s"' not in there
    assert asked_for(vast) == wanted


def test_the_background_counts_nothing_that_was_counted_since_it_was_asked(vast, lin):
    lin.get(f"{A}/followers")
    vast.clock.on(minutes=1)
    counted(vast)
    before = kept_answers.get(vast.account_id, figures.FOLLOWING, "")
    vast.clock.on(minutes=1)
    assert background.run_long(vast.services, vast.clock()) == 1
    assert kept_answers.get(vast.account_id, figures.FOLLOWING, "") == before


def test_a_page_does_not_wait_for_yesterday_either(vast):
    vast.clock.on(days=1)
    assert vast.signed_in("lin").get(A).status_code == 200
    assert (days.KIND, days.YESTERDAY) in asked_for(vast)
    background.run_long(vast.services, vast.clock())
    today = date(2026, 11, 22)
    found = kept_figures.days_between(
        vast.account_id, today - days.DAY, today, reports.ZoneInfo("Asia/Shanghai"), vast.clock()
    )
    assert [(one.messages, one.counting) for one in found] == [(1, False), (0, False)]


def test_a_file_is_not_made_of_what_is_being_counted(vast, lin):
    answer = lin.get(f"{A}/reports/sources/csv?days=7")
    assert (answer.status_code, answer.location) == (302, f"{A}/reports/sources?days=7")
    background.run_long(vast.services, vast.clock())
    assert lin.get(f"{A}/reports/sources/csv?days=7").mimetype == "text/csv"


def test_a_mail_waits_for_what_a_page_does_not(vast):
    of, today = accounts.by_id(vast.account_id), NOON.date()
    span = reports.Span(of, today - timedelta(days=6), today, NOON, waits=True)
    assert reports.following(span) == 1
    assert not reports.is_counting(span)
    assert not reports.follow_sources(span, lambda key, **values: key).counting


def test_a_great_stock_that_somebody_changes_is_counted_behind_him(vast, lin):
    counted(vast)
    lin.get(f"{A}/coupons")
    post(lin, f"{A}/coupons/cup/more", count="5")
    assert asked_for(vast) == [(figures.COUPONS, "")]
    vast.clock.on(minutes=1)
    background.run_long(vast.services, vast.clock())
    kept = kept_answers.get(vast.account_id, figures.COUPONS, "")
    assert kept is not None
    assert kept.document["states"][0][1]["available"] == 25


def test_what_was_little_and_has_become_much_is_shown_as_it_was_and_counted_behind(
    house, lin, monkeypatch
):
    assert kept_figures.following(house.account_id, NOON) == (0, NOON)
    monkeypatch.setattr(figures, "FEW_FOLLOWERS", 0)
    a_follower(house.account_id)
    house.clock.on(minutes=1)
    assert AS_OF in lin.get(f"{A}/followers").text
    assert asked_for(house) == [(figures.FOLLOWING, "")]
    background.run_long(house.services, house.clock())
    assert AS_OF not in lin.get(f"{A}/followers").text
