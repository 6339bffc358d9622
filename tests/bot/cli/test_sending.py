"""`hongyan campaign watch | sheet | rest`, and what `hongyan doctor` says of a run that stands."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot import campaign
from bot.cli import common
from bot.cli.root import cli
from bot.clock import to_ms, utc_now
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import audit, campaigns
from bot.store.db import run
from tests.conftest import KEY, a_follower

SLUG = "autumn"
DOCUMENT = {
    "slug": SLUG, "name": "秋", "segment": "all", "purpose": "marketing", "text": "x",
    "holdout": 0, "guardrails": {"quiet_hours": None},
}  # fmt: skip


@pytest.fixture
def account(tmp_path, monkeypatch):
    """Three followers, a started campaign, and a platform that nobody answers for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made, now = common.services().account_of("default").id, utc_now()
    until = to_ms(now + timedelta(hours=40))
    for name in ("o-lin", "o-wang", "o-li"):
        a_follower(made, name, subscribed=True, window_kind="message", window_until=until,
                   window_left=5)  # fmt: skip
    define(made, "all", "全部", {"attribute": "subscribed", "op": "eq", "value": True}, now)
    refresh_all(now)
    campaign.create(common.services(), made, DOCUMENT, now)
    campaign.start(common.services(), made, SLUG, now)
    campaign.push_due(common.services(), now)
    yield made
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def asked(words: str, code: int = 0) -> str:
    ended = CliRunner().invoke(cli, words.split())
    assert ended.exit_code == code, ended.output
    return ended.output


def cancelled(account_id: int) -> None:
    campaign.cancel(common.services(), account_id, SLUG, utc_now())
    campaign.close_due(utc_now())


def test_watch_looks_once_where_there_is_no_terminal(account):
    text = asked(f"campaign watch {SLUG}")
    assert "done 0 of 3 (0.0%), left 3" in text
    assert "time left unknown: nothing moves" in text
    told = json.loads(asked(f"campaign watch {SLUG} --json"))
    assert (told["rows"], told["left"], told["states"]) == (3, 3, {"intended": 3})
    assert told["brake"]["holds"] is False


def test_the_sheet_is_printed_and_verified(account):
    cancelled(account)
    assert "账本 3 行，SHA-256 " in asked(f"campaign sheet {SLUG}")
    assert "每一行都相符" in asked(f"campaign sheet {SLUG} --verify")
    assert "every ledger row agree" in asked(f"campaign sheet {SLUG} --verify --lang en")
    run("UPDATE send SET state = 'sent' WHERE id = 2")
    told = json.loads(asked(f"campaign sheet {SLUG} --verify --json", code=1))
    assert told["faults"] == ["ledger rows of step offer, followers 1 to 3: changed"]
    assert "不一致：" in asked(f"campaign sheet {SLUG} --verify", code=1)


def test_the_rest_is_told_first_and_then_sent_to_on_record(account):
    cancelled(account)
    told = json.loads(asked(f"campaign rest {SLUG} --json"))
    assert told == {"of_run": 1, "followers": 3, "skipped": {"cancelled": 3}, "failed": {},
                    "run": None}  # fmt: skip
    assert "--yes" in asked(f"campaign rest {SLUG}")
    assert campaigns.by_slug(account, SLUG).generation == 1
    assert "run 1 did not reach 3" in asked(f"campaign rest {SLUG} --lang en").lower()
    assert "已为他们开始第 2 次" in asked(f"campaign rest {SLUG} --yes")
    assert campaigns.by_slug(account, SLUG).state == "planning"
    entry = audit.entries(1, action="campaign.rest")[0]
    assert entry.actor.startswith("operator:")
    assert (entry.detail["run"], entry.detail["followers"]) == (2, 3)


def test_what_is_not_there_or_not_ended_is_refused(account):
    for words in ("watch nobody", "rest nobody", "sheet nobody", "rest autumn", "sheet autumn"):
        assert CliRunner().invoke(cli, ["campaign", *words.split()]).exit_code != 0, words


def test_doctor_names_a_run_that_stands(account):
    ago = to_ms(utc_now() - timedelta(minutes=30))
    run("UPDATE campaign SET updated_at = ?", (ago,))
    run("UPDATE send SET not_before = ?", (ago,))
    found = json.loads(asked("doctor --json", code=1))["findings"]
    assert [one["state"] for one in found if one["what"] == f"campaign {SLUG}"] == ["bad"]
