"""The commands of collection, called in this process: their words, their JSON, what they refuse."""

from __future__ import annotations

import json
import logging

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.events import events as events_command
from bot.cli.followers import followers as followers_command
from bot.cli.statistics import statistics as statistics_command
from bot.cli.tags import tags as tags_command
from bot.collect import intake
from bot.errors import HongyanError
from bot.store import audit, events
from bot.store import followers as follower_store
from tests.bot.collect.conftest import House
from tests.conftest import KEY, a_follower

VIRTUAL = "2026-11-02T08:00:00+08:00"


@pytest.fixture
def house(tmp_path, wechat_sandbox, monkeypatch):
    """The commands' house, built from settings as theirs is; at the sandbox's time."""
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/hongyan.db",
        "SECRET_KEYS": KEY,
        "WECHAT_API_URL": wechat_sandbox.url,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "APPID": wechat_sandbox.appid,
        "APPSECRET": wechat_sandbox.appsecret,
        "TOKEN": wechat_sandbox.token,
        "AES_KEY": wechat_sandbox.aes_key,
    }.items():
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    monkeypatch.setattr(common, "now", lambda: wechat_sandbox.now)
    root = logging.getLogger()
    held = (root.handlers[:], root.level)  # the commands set up logging of their own
    built = (common.settings, common.services, common._clock)
    for one in built:
        one.cache_clear()
    account = common.account().id
    yield House(wechat_sandbox, account, common.services().client_of(account))
    common.services().client_of(account).close()
    common.services().store.close()
    for one in built:
        one.cache_clear()
    root.handlers[:] = held[0]
    root.setLevel(held[1])


def said(command, *words: str) -> str:
    ended = CliRunner().invoke(command, words)
    if isinstance(ended.exception, HongyanError):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def told(command, *words: str) -> dict:
    return json.loads(said(command, *words, "--json"))


def test_followers_come_in_and_are_blacklisted(house: House):
    house.sandbox.follower("小林").follow()
    assert "1 followers, 1 changed" in said(followers_command, "sync")
    assert told(followers_command, "sync", "--full") == {
        "seen": 1, "changed": 0, "whole": True, "error": ""
    }  # fmt: skip
    assert "on the blacklist" in said(followers_command, "blacklist", "1")
    assert follower_store.get(1).blacklisted
    assert "as before" in said(followers_command, "blacklist", "1")
    assert "not on the blacklist" in said(followers_command, "unblacklist", "1")
    for word, on, new in (("unblacklist", False, False), ("blacklist", True, True)):
        done = {"follower": 1, "blacklisted": on, "changed": new}
        assert told(followers_command, word, "1") == done
    logged = [(one.action, one.subject == audit.pseudonym(1)) for one in audit.entries()]
    assert logged == [
        ("blacklist", True), ("unblacklist", True),
        ("unblacklist", True), ("blacklist", True), ("blacklist", True), ("sync", False),
        ("sync", False),
    ]  # fmt: skip
    with pytest.raises(HongyanError, match="no follower 99"):
        said(followers_command, "blacklist", "99")


def test_a_tag_goes_out_stops_and_is_deleted(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow()
    said(followers_command, "sync")
    facts = {"tag": "vip", "on": True, "source": "rule"}
    events.append(
        house.account_id, 1, "tag", at=house.now, received_at=house.now, source="rule", key="1",
        facts=facts,
    )  # fmt: skip
    assert told(tags_command, "sync")["pushed"]["added"] == 0
    assert "1 tagged" in said(tags_command, "push", "vip")
    assert told(tags_command, "push", "vip") == {
        "tag": "vip", "pushed": True, "added": 0, "taken": 0, "refused": 0
    }  # fmt: skip
    assert told(tags_command, "sync")["changed"] == 0
    [vip] = [tag for tag in told(tags_command, "list")["tags"] if tag["name"] == "vip"]
    assert (vip["pushed"], vip["known_here"], vip["fans"]) == (True, 1, 1)
    assert "no more" in said(tags_command, "push", "vip", "--stop")
    assert told(tags_command, "push", "vip", "--stop") == {"tag": "vip", "pushed": False}
    deleted = told(tags_command, "delete", "vip", "--yes")
    assert deleted == {"tag": "vip", "deleted": True, "fans": 1}
    with pytest.raises(HongyanError, match="no tag 'vip'"):
        said(tags_command, "delete", "vip", "--yes")


@pytest.mark.wechat_sandbox(start=VIRTUAL)
def test_figures_are_read_and_shown(house: House):
    house.sandbox.follower("小林").follow()
    house.sandbox.advance(hours=25)
    assert {one["day"] for one in told(statistics_command, "sync")["days"]} >= {"2026-11-02"}
    assert told(statistics_command, "sync") == {"days": []}
    shown = told(statistics_command, "show", "--day", "2026-11-02", "--report", "getusercumulate")
    assert [one["numbers"] for one in shown["figures"]] == [{"cumulate_user": 1}]
    assert "cumulate_user=1" in said(statistics_command, "show")
    for wrong in ("yesterday", "2026-11-03"):
        with pytest.raises(HongyanError):
            said(statistics_command, "sync", "--day", wrong)


def test_the_quarantine_is_listed_replayed_and_dropped(house: House):
    at = house.now.isoformat()
    batch = [
        {"id": f"e-{n}", "kind": kind, "at": at, "follower": {"openid": "o-lin"}}
        for n, kind in enumerate(("checkin", "unheard"))
    ]
    intake.take_events(house.account_id, batch, house.now)
    listed = said(events_command, "quarantine", "list")
    assert "nobody whom this account knows" in listed
    assert "o-lin" not in listed
    a_follower(house.account_id)
    assert told(events_command, "quarantine", "replay", "1") == {"taken": 1, "refused": 0}
    assert told(events_command, "quarantine", "replay") == {"taken": 0, "refused": 1}
    assert "1 dropped" in said(events_command, "quarantine", "drop", "2")
    assert told(events_command, "quarantine", "list") == {"quarantine": [], "held": 0}
    with pytest.raises(HongyanError):
        said(events_command, "quarantine", "drop", "2")
    assert CliRunner().invoke(events_command, ["quarantine", "drop"]).exit_code == 2
