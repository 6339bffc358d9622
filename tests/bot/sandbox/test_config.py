"""The config's way through the environment, and the ledger's way through a file."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.sandbox.config import VARIABLE, Limits, SandboxConfig, Switches
from bot.sandbox.ledger import Ledger, percentiles, read
from tests.bot.sandbox.conftest import a_config
from tests.conftest import NOON


def test_a_config_survives_the_environment():
    config = a_config(
        followers=5, seconds=30.0, limits=Limits(answer=1.0), faults={"push": {"duplicate": 0.1}}
    )
    assert SandboxConfig.from_env({VARIABLE: config.to_json()}) == config


def test_secrets_are_not_shown():
    shown = repr(a_config(shop_key="shop-key-of-mine"))
    assert "secret-of-the-sandbox" not in shown
    assert "shop-key-of-mine" not in shown


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "open"},
        {"token": ""},
        {"aes_key": "short"},
        {"followers": -1},
        {"seconds": 0},
        {"time_scale": 0},
    ],
)
def test_a_config_that_no_account_has_is_refused(changes):
    with pytest.raises(SettingsError):
        replace(a_config(), **changes)


@pytest.mark.parametrize("env", [{}, {VARIABLE: "{"}, {VARIABLE: "[]"}, {VARIABLE: '{"x": 1}'}])
def test_an_environment_without_a_config_is_refused(env):
    with pytest.raises(SettingsError):
        SandboxConfig.from_env(env)


def test_the_ledger_survives_in_its_file(tmp_path):
    path = str(tmp_path / "ledger.db")
    ledger = Ledger(path)
    ledger.add("follow", NOON, openid="o-lin", scene="门店")
    ledger.add("tap", NOON, openid="o-lin")
    # Read while it is open, as after a crash: nothing waits for the end to be written.
    assert list(read(path)) == ledger.records()
    assert [record["kind"] for record in read(path)] == ["follow", "tap"]
    assert ledger.counts() == {"follow": 1, "tap": 1}
    assert ledger.records("tap")[0]["openid"] == "o-lin"
    ledger.close()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], (0.0, 0.0, 0.0), id="nothing measured"),
        pytest.param([3.0], (3.0, 3.0, 3.0), id="one value"),
        pytest.param(range(1, 101), (50.0, 95.0, 99.0), id="a hundred"),
    ],
)
def test_percentiles_by_nearest_rank(values, expected):
    assert tuple(percentiles(list(values)).values()) == expected


def test_switches_are_set_by_word():
    found = Switches.of(["admin_confirms=on", "quota_growth=1", "conditional_open=closed"])
    assert (found.admin_confirms, found.quota_growth) == (True, 1)
    assert found.conditional_open == "closed"
    assert found.resign_retries == Switches().resign_retries


@pytest.mark.parametrize(
    ("word", "why"),
    [
        pytest.param("colour=red", "there is no colour", id="one that is none"),
        pytest.param("admin_confirms=maybe", "wants on or off", id="neither on nor off"),
        pytest.param("quota_growth=many", "wants int", id="no number"),
    ],
)
def test_a_wrong_switch_is_refused_by_name(word, why):
    with pytest.raises(SettingsError, match=why):
        Switches.of([word])


def test_every_switch_is_explained():
    page = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "sandbox.md"
    rows = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(asdict(Switches())) <= set(rows)
