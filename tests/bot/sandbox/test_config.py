"""The config's way through the environment, and the ledger's way through a file."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
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


ANOTHER = {
    "appid": "wx0000000000000001",
    "appsecret": "another-secret",
    "token": "anothertoken",
    "aes_key": "b" * 43,
    "callback_url": "http://127.0.0.1:9/there",
    "port": 8123,
    "host": "0.0.0.0",
    "original_id": "gh_another",
    "mode": "plain",
    "kind": "test",
    "ip_allow": ("203.0.113.9", "::1"),
    "trusted_hosts": ("sandbox.example", "10.0.0.2"),
    "followers": 5,
    "people": "life",
    "habits": {"friends": 0.25},
    "seed": 7,
    "latency_ms": 12.5,
    "shop_url": "http://127.0.0.1:9/shop",
    "shop_key": "key-of-the-shop",
    "time_scale": 2.0,
    "seconds": 30.0,
    "start": "2026-11-21T12:00+08:00",
    "clock_path": "clock",
    "lockstep": 60.0,
    "ledger_path": "ledger",
    "tls_port": 8124,
    "certificate": "expired",
    "ca_path": "ca.pem",
    "faults": {"api": [{"kind": "cut", "path": "*"}], "push": {"duplicate": 0.1}},
    "limits": Limits(1.0, 2, 0.1, 3, 0.0, 4),
    "switches": Switches(conditional_open="closed", allow_list_code=61004, admin_confirms=True),
}


@pytest.mark.parametrize("name", [one.name for one in fields(SandboxConfig)])
def test_every_field_survives_the_environment(name):
    whole = SandboxConfig(**ANOTHER)
    assert getattr(whole, name) != getattr(a_config(), name)
    again = SandboxConfig.from_json(whole.to_json())
    assert getattr(again, name) == getattr(whole, name)
    assert type(getattr(again, name)) is type(getattr(whole, name))


@pytest.mark.parametrize("name", ["ip_allow", "trusted_hosts"])
def test_lists_of_texts_are_held_as_tuples(name):
    assert getattr(replace(a_config(), **{name: ["10.0.0.2"]}), name) == ("10.0.0.2",)
    for wrong in ("10.0.0.2", [1], None):
        with pytest.raises(SettingsError, match=name):
            replace(a_config(), **{name: wrong})


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
        pytest.param("quota_growth=0", "wants 1 or more", id="a number too small"),
        pytest.param("text_bytes=-1", "wants 1 or more", id="less than nothing"),
        pytest.param("conditional_open=ajar", "open, closed, unsupported", id="none of its words"),
        pytest.param("allow_list_code=40001", "40164, 61004", id="none of the two codes"),
        pytest.param("wrong_secret_code=1", "40125, 40001", id="none of the other two"),
    ],
)
def test_a_wrong_switch_is_refused_by_name(word, why):
    with pytest.raises(SettingsError, match=why):
        Switches.of([word])


def test_every_switch_is_explained():
    page = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "sandbox.md"
    rows = re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(asdict(Switches())) <= set(rows)


def test_the_first_value_in_the_table_is_the_one_that_is_played():
    page = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "sandbox.md"
    rows = re.findall(r"^\| `(\w+)` \| (\w+)[,/ ]", page.read_text(encoding="utf-8"), re.MULTILINE)
    usual = {True: "on", False: "off"}
    played = {
        name: usual[value] if isinstance(value, bool) else str(value)
        for name, value in asdict(Switches()).items()
    }
    assert {name: value for name, value in rows if name in played} == played


def test_limits_are_set_by_word():
    found = Limits.of(["answer=1.5", "deliveries=1", "retry_gap=0"])
    assert found == replace(Limits(), answer=1.5, deliveries=1, retry_gap=0.0)
    assert Limits.of([]) == Limits()


@pytest.mark.parametrize(
    ("word", "why"),
    [
        pytest.param("patience=1", "there is no patience", id="one that is none"),
        pytest.param("answer", "wants float", id="no value"),
        pytest.param("answer=soon", "wants float", id="no number"),
        pytest.param("answer=nan", "wants 0.001 or more", id="a number that is none"),
        pytest.param("answer=0", "wants 0.001 or more", id="no time at all"),
        pytest.param("job_delay=inf", "wants 0 or more", id="never"),
        pytest.param("retry_gap=-1", "wants 0 or more", id="back in time"),
        pytest.param("deliveries=1.5", "wants int", id="half a delivery"),
        pytest.param("deliveries=0", "wants 1 or more", id="no delivery"),
    ],
)
def test_a_wrong_limit_is_refused_by_name(word, why):
    with pytest.raises(SettingsError, match=rf"^limit {word.partition('=')[0]}: .*{why}|{why}"):
        Limits.of([word])


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        pytest.param(Switches, {"admin_confirms": "on"}, id="a word for a truth"),
        pytest.param(Switches, {"text_bytes": True}, id="a truth for a number"),
        pytest.param(Switches, {"conditional_open": 1}, id="a number for a word"),
        pytest.param(Limits, {"deliveries": 1.0}, id="a float for a count"),
        pytest.param(Limits, {"answer": "1"}, id="a text for a number"),
    ],
)
def test_values_of_another_type_are_refused(kind, given):
    with pytest.raises(SettingsError, match=next(iter(given))):
        kind(**given)
