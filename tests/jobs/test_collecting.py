"""The daily rounds: when one is due, and what a refusal of the platform means."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.collect import following
from bot.store import accounts, syncs
from bot.store.db import fetch
from jobs import collecting
from tests.bot.collect.conftest import House, housed
from tests.conftest import NOON

KIND = following.KIND


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}:00+08:00")


@pytest.mark.parametrize(
    ("began", "whole", "now", "due"),
    [
        pytest.param(None, False, "21T03:59", False, id="the first is not before four"),
        pytest.param(None, False, "21T04:00", True, id="the first is due at four"),
        pytest.param("21T04:00", True, "21T23:50", False, id="one a day"),
        pytest.param("21T04:00", True, "22T03:59", False, id="and not in the night after"),
        pytest.param("21T04:00", True, "22T04:00", True, id="the next day's at four"),
        pytest.param("21T04:00", False, "22T00:10", True, id="what is under way goes on"),
    ],
)
def test_a_round_is_due(account_id, began, whole, now, due):
    account = accounts.by_id(account_id)
    if began:
        run = syncs.begin(account_id, KIND, local(began))
        if whole:
            syncs.finish(run, local(began))
    assert collecting.is_due(account, KIND, local(now)) == due


@pytest.fixture
def house(store, wechat_sandbox):
    yield from housed(wechat_sandbox)


def services(house: House) -> SimpleNamespace:
    return SimpleNamespace(client_of=lambda account_id: house.client)


def at_noon(house: House) -> datetime:
    return house.now.replace(hour=4, minute=0)  # noon in Shanghai


@pytest.mark.wechat_sandbox(start="2026-11-02T12:00:00+08:00")
def test_each_job_does_its_round_once_a_day(house: House):
    house.sandbox.follower("小林").follow()
    for job in (collecting.followers, collecting.tags):
        job(services(house), None, at_noon(house))
    assert house.follows(house.sandbox.openids()[0])
    calls = len(house.sandbox.calls())
    for job in (collecting.followers, collecting.tags):
        assert job(services(house), None, at_noon(house)) == 0
    assert len(house.sandbox.calls()) == calls
    for _ in range(7):
        collecting.figures(services(house), None, house.now)
    assert fetch("SELECT COUNT(*) FROM sync_run WHERE kind LIKE 'statistics:%'") == [(7,)]
    assert collecting.figures(services(house), None, house.now) == 0


@pytest.mark.wechat_sandbox(start="2026-11-02T12:00:00+08:00")
def test_where_the_platform_refuses_it_is_asked_once_a_day(house: House):
    house.sandbox.fault("/cgi-bin/user/get", errcode=48001, times=9)
    assert collecting.followers(services(house), None, at_noon(house)) == 0
    run = syncs.last(house.account_id, KIND)
    assert run is not None
    assert (run.state, run.error) == ("done", "the platform refused: 48001")
    assert not collecting.is_due(accounts.by_id(house.account_id), KIND, at_noon(house))


def test_what_is_kept_for_a_while_goes(account_id):
    run = syncs.begin(account_id, KIND, NOON)
    syncs.finish(run, NOON)
    syncs.finish(syncs.begin(account_id, KIND, NOON), NOON)
    assert collecting.forget(NOON + timedelta(days=61)) == 1, "the newest of a kind stays"
