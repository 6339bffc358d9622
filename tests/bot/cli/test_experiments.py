"""`hongyan experiments`: each command for people and programs, its refusals, what is on record."""

from __future__ import annotations

import json
from typing import cast

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import audit
from bot.store.accounts import AccountState, by_slug
from tests.bot.campaign.trying import answer, look, open_windows, tried
from tests.bot.campaign.world import found_world


@pytest.fixture
def tone(store, monkeypatch):
    """An experiment that has found its winner."""
    world = found_world(store, followers=160, codes=0)
    open_windows(world)
    world.begin(**tried(group="autumn", winner={"after_hours": 1, "metric": "clicked"}))
    world.push()
    sent = [row for row in world.rows() if row.state == "sent"]
    answer(world, sent, {"a": 0.05, "b": 0.7})
    look(world, hours=2)
    monkeypatch.setattr(common, "now", world.clock)
    monkeypatch.setattr(
        "bot.cli.experiments.account", lambda: cast(AccountState, by_slug("default"))
    )
    return len(sent)


def run(words: str):
    return CliRunner().invoke(cli, ["experiments", *words.split()])


READ = [
    ("list", "tone", {"experiments"}),
    ("show tone", "还没发出的都用「b」", {"arms", "comparison", "shares", "words", "diary"}),
    (
        "size --baseline 0.05 --effect 0.01 --daily 500",
        "每组最多需要 15622 人",
        {"per_arm", "days"},
    ),
    ("groups", "autumn", {"groups"}),
]


def test_each_reads_for_people_and_for_programs(tone):
    for words, shown, keys in READ:
        spoken = run(words)
        assert (spoken.exit_code, spoken.exception) == (0, None), words
        assert shown in spoken.output, words
        assert keys <= set(json.loads(run(f"{words} --json").output)), words
    found = json.loads(run("show tone --json").output)
    assert sum(arm["sent"] for arm in found["arms"]) == tone
    assert found["comparison"]["outcome"] == "winner"
    assert "wins" in found["words"]["en"][1] or "b" in found["words"]["en"][1]


REFUSED = [
    ("show nothing", NotFound),
    ("size --baseline 1.2 --effect 0.01", InvalidInput),
    ("size --baseline 0.05 --effect 0", InvalidInput),
    ("size --baseline 0.05 --effect 0.01 --arms 1", InvalidInput),
    ("size --baseline 0.05 --effect 0.01 --daily 0", InvalidInput),
    ("reserve autumn other --share 0.9", Conflict),
    ("reserve autumn other --share 2", InvalidInput),
]


def test_what_cannot_be_is_refused_and_a_share_is_on_record(tone):
    assert [(words, type(run(words).exception)) for words, _ in REFUSED] == REFUSED
    assert run("size --baseline five --effect 0.01").exit_code == 2
    assert "other 25.0%" in run("reserve autumn other --share 0.25").output
    mine = [one for one in audit.entries(9) if one.actor.startswith("operator:")]
    assert [(one.action, one.detail["share"]) for one in mine] == [("experiment_reserve", 0.25)]
