"""`hongyan privacy`: what operators do with personal data is on record."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import HongyanError
from bot.profile import refresh
from bot.profile.vector import FEATURES, FEATURES_VERSION
from bot.store import events
from bot.store.db import fetch, run
from tests.conftest import KEY, a_follower


class Console:
    """Commands in this process; output, and what `main` would say on stderr."""

    def __call__(self, *words):
        ended = CliRunner().invoke(cli, list(words))
        if ended.exception and not isinstance(ended.exception, (HongyanError, SystemExit)):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ""
        return ended.exit_code, ended.stdout, said or ended.stderr

    def json(self, *words):
        return json.loads(self(*words, "--json")[1])


@pytest.fixture
def hongyan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("WECHAT_API_URL", "http://127.0.0.1:9"), ("SECRET_KEYS", KEY), ("RETENTION", "click=30"),
    ):  # fmt: skip
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    account = common.services().account_of("default").id
    assert a_follower(account) == 1
    for days_ago in (40, 1):
        at = utc_now() - timedelta(days=days_ago)
        events.append(
            account, 1, "click", at=at, received_at=at, source="tracking", key=f"{days_ago}",
            facts={"topics": {"咖啡": 1.0}},
        )  # fmt: skip
    refresh.fold_new(utc_now())
    yield Console()
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def test_every_look_and_change_is_logged_with_who(hongyan):
    for words in (
        ("followers", "show", "1"), ("profiles", "show", "1"), ("privacy", "export", "1"),
        ("privacy", "consent", "1", "marketing", "withdrawn", "--wording", "letter"),
        ("privacy", "consent", "1", "withdrawn", "--topic", "咖啡"), ("privacy", "consent", "1"),
        ("privacy", "erase", "1", "--yes"),
    ):  # fmt: skip
        assert hongyan(*words)[0] == 0, hongyan(*words)
    entries = hongyan.json("privacy", "log", "--follower", "1")["entries"][::-1]
    assert [entry["action"] for entry in entries] == [
        "show", "show", "export", "consent", "consent", "show", "erase"
    ]  # fmt: skip
    assert {entry["actor"].split(":")[0] for entry in entries} == {"operator"}
    assert "o-lin" not in json.dumps(entries)


def test_an_erasure_tells_programs_its_certificate(hongyan):
    for group in ("privacy", "followers"):
        done = hongyan.json(group, "erase", "1", "--yes")
        assert (done["follower"], done["erased"]) == (1, True)
        assert hongyan(group, "erase", "1", "--yes")[1].split() == [done["certificate"]]


def test_what_was_agreed_to_is_told_with_its_evidence(hongyan):
    hongyan("privacy", "consent", "1", "research", "given", "--wording", "letter-2026")
    found = hongyan.json("privacy", "consent", "1")
    (one,) = found["consents"]
    said = (one["purpose"], one["given"], one["how"], one["wording"])
    assert said == ("research", True, "operator", "letter-2026")
    assert hongyan("privacy", "consent", "1", "spying", "given")[2].startswith("one of marketing")
    assert hongyan("privacy", "consent", "1", "research")[0] == 2
    assert hongyan("privacy", "consent", "7", "research", "given")[2] == "there is no follower 7"


def test_the_audit_ends_with_one_where_something_is_amiss(hongyan):
    status, said, _ = hongyan("privacy", "audit")
    assert (status, "FINDING stale: click: 1 events" in said) == (1, True)
    assert "click: 1 removed" in hongyan("privacy", "retain")[1]
    assert hongyan("privacy", "retain")[1] == "nothing is older than it may be\n"
    status, said, _ = hongyan("privacy", "audit")
    assert (status, "no findings" in said) == (0, True)
    run("UPDATE audit_entry SET actor = 'nobody' WHERE number = 1")
    assert hongyan.json("privacy", "audit")["findings"] == [
        {"what": "chain", "detail": "entry 1 was changed"}
    ]


def test_the_picture_is_the_followers_own(hongyan):
    shown = hongyan.json("profiles", "show", "1")
    assert [one["topic"] for one in shown["picture"]["interests"]] == ["咖啡"]
    assert sum(shown["picture"]["hours"]) == 2
    hongyan("privacy", "retain")
    assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'click'") == [(1,)]
    assert sum(hongyan.json("profiles", "show", "1")["picture"]["hours"]) == 2


def test_the_row_that_models_read_is_named_and_versioned_and_the_look_is_logged(hongyan):
    row = hongyan.json("profiles", "show", "1", "--vector")
    assert (row["version"], list(row["features"])) == (FEATURES_VERSION, list(FEATURES))
    assert row["features"]["clicks_log"] == {"value": pytest.approx(1.0986, abs=1e-4),
                                             "unit": "log count"}  # fmt: skip
    assert hongyan.json("privacy", "log")["entries"][0]["action"] == "show"
