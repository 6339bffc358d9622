"""`hongyan quotas`: today against the platform, and the month's scarce goods."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.clock import SHANGHAI
from bot.store import entitlements, quotas
from tests.conftest import KEY, a_follower

API = "message/custom/send"


@pytest.fixture
def account(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made = common.services().account_of("default")
    yield made.id
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def said(words: str, status: int = 0) -> str:
    ended = CliRunner().invoke(cli, words.split())
    assert ended.exit_code == status, ended.output
    return ended.output


def test_quotas_from_nothing_to_a_platform_that_does_not_answer(account: int):
    assert "今天还没有计到任何接口调用" in said("quotas")
    day = f"{common.now():%Y-%m-%d}"
    for period in {day, quotas.day_of(common.now(), SHANGHAI)}:
        quotas.room(account, API, period, 500_000)
        assert quotas.take(account, API, period, 7)
    (row,) = json.loads(said("quotas --json"))["quotas"]
    assert row == {
        "api": API, "used": 7, "limit": 500_000, "left": 499_993, "limit_from": "documented"
    }  # fmt: skip
    assert "not compared" in said("quotas --compare", status=1)
    lin = a_follower(account)
    entitlements.grant(lin, "subscription_notice", "T", "e", common.now())
    month = json.loads(said("quotas month --json"))
    assert month["mass"]["followers_by_chances_left"]["4"] == 1
    assert month["rights"][0]["open"] == 1
    assert "1 人共 1 次授权" in said("quotas month")
    assert "1 rights of 1 followers" in said("quotas month --lang en")
