"""`hongyan profiles rebuild`, as an operator types it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.rebuilding import Pace
from bot.cli.root import cli
from bot.clock import utc_now
from bot.profile.refresh import fold_new
from bot.store import events, profiles, rebuilds
from bot.store.db import run
from tests.conftest import KEY, a_follower


def rebuild(*words):
    ended = CliRunner().invoke(cli, ["profiles", "rebuild", *words], catch_exceptions=False)
    return ended.exit_code, ended.stdout, ended.stderr


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    account = common.services().account_of("default").id
    people = [a_follower(account, f"o-{n}") for n in range(4)]
    for number, person in enumerate(people):
        said(account, person, f"k{number}")
    fold_new(utc_now())
    yield account, people
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def said(account, person, key):
    now = utc_now()
    events.append(
        account, person, "message.text", at=now, received_at=now, source="import", key=key
    )


def test_it_tells_how_many_came_out_different(shop):
    account, people = shop
    status, out, _ = rebuild()
    assert (status, out) == (0, "4 profiles folded again, 4 were as the log says\n")
    run("UPDATE profile SET messages = 7 WHERE follower_id = ?", (people[0],))
    said(account, people[1], "waits")
    status, out, _ = rebuild("--json")
    found = json.loads(out)
    assert found.pop("seconds") >= 0
    assert found == {
        "profiles": 4, "changed": 1, "unchanged": 3, "processes": 1, "resumed_at": 0
    }  # fmt: skip
    assert profiles.backlog() == 0


def test_what_was_broken_off_is_gone_on_with(shop):
    _, people = shop
    begun, _ = rebuilds.begin(utc_now())
    part = rebuilds.claim(begun.id, "dead", 3)
    rebuilds.advance(part, people[1], 2, 1)
    run("UPDATE rebuild_range SET lease_until = 0")
    status, out, said_ = rebuild("--json")
    assert status == 0
    assert "going on with the rebuild of" in said_
    assert "2 of 4 followers are done" in said_
    found = json.loads(out)
    assert (found["profiles"], found["changed"], found["resumed_at"]) == (4, 1, 2)
    assert json.loads(rebuild("--restart", "--json")[1])["resumed_at"] == 0


@pytest.mark.parametrize("words", [("--processes", "0"), ("--processes", "65"), ("--workers",)])
def test_wrong_usage_is_2(shop, words):
    assert rebuild(*words)[0] == 2


def test_a_line_tells_the_rate_and_the_time_left():
    clock = iter([0.0, 2.0, 4.0, 10.0, 10.0]).__next__
    pace = Pace(2_000, 50_000, clock)
    assert not pace.is_due(5.0)
    assert pace.line(12_000) == "12,000 of 50,000 followers, 2,500 a second, 15 s left"
    assert pace.is_due(5.0)
