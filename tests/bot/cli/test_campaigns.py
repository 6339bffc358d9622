"""A campaign before it starts, as people type it: who says what, to whom, and under which name."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import Conflict
from bot.segment.catalogue import define
from bot.store import audit
from bot.store.models import Follower
from tests.conftest import KEY, a_follower

NOTICE = {"slug": "c0", "name": "新品", "segment": "all", "purpose": "service", "text": "上市"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made = common.services().account_of("default").id
    a_follower(made)
    Follower.update(
        subscribed=True, window_left=5, window_until=utc_now() + timedelta(hours=40)
    ).execute()
    here = {"attribute": "subscribed", "op": "eq", "value": True}
    define(made, "all", "全部", here, utc_now())
    yield tmp_path
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def typed(words: str, who: str = "wang") -> Result:
    return CliRunner(env={"LOGNAME": who}).invoke(cli, words.split())


def said(words: str, who: str = "wang") -> str:
    ended = typed(words, who)
    assert ended.exit_code == 0, ended.output
    return ended.output


def written(folder: Path, **changes: object) -> str:
    (folder / "c.json").write_text(json.dumps({**NOTICE, **changes}), encoding="utf-8")
    return "campaign create c.json"


def test_two_people_bring_a_campaign_to_its_start(folder):
    assert "demanded" in said("campaign rules --approval")
    said(written(folder))
    said(written(folder, priority=70), "li")  # changed: the same command
    assert "approval" in str(typed("campaign start c0").exception)
    said("campaign submit c0")
    for who in ("wang", "li"):  # who submitted it, who wrote it
        assert "second person" in str(typed("campaign approve c0", who).exception)
    assert "approved by operator:zhao" in said("campaign approve c0", "zhao")
    assert said("campaign approvals c0").startswith("审批：已批准")
    assert said("campaign approvals c0 --lang en").startswith("Approval: approved")
    assert "c0 is scheduled" in said("campaign start c0")
    assert "c0 is draft" in said("campaign unschedule c0")
    said("campaign start c0")
    (row,) = json.loads(said("campaign list --json"))["campaigns"]
    assert (row["state"], row["priority"], row["approval"]) == ("scheduled", 70, "approved")
    actors = {(one.action, one.actor) for one in audit.entries(20)}
    assert ("campaign_approved", "operator:zhao") in actors
    assert ("campaign_rules", "operator:wang") in actors


def test_what_it_would_do_is_told_for_people_and_for_programs(folder):
    said(written(folder))
    lines = said("campaign dry-run c0").splitlines()
    assert lines[0].startswith("【试算】c0：按 ")
    assert any(line.startswith("预计 ") for line in lines)
    english = said("campaign dry-run c0 --lang en").splitlines()
    assert any(line.startswith("Through at") for line in english)
    told = json.loads(said("campaign dry-run c0 --json"))
    assert (told["expected"], told["waterfall"][0]["rule"]) == (1, "held_out")
    said("campaign testers add lin 1")
    assert "lin" in said("campaign testers list")
    preview = said("campaign preview c0 --follower lin").splitlines()
    assert preview[0].endswith("：会收到")
    assert "  有可用的渠道：通过" in preview
    assert not [line for line in preview if "no_channel" in line or "unsubscribed" in line]
    trace = json.loads(said("campaign preview c0 --follower 1 --json"))["trace"]
    assert all(step["passed"] for step in trace)
    said("campaign testers remove lin")
    assert "no tester" in str(typed("campaign preview c0 --follower lin").exception)


def test_a_test_message_that_did_not_go_is_an_error(folder):
    said(written(folder))
    ended = typed("campaign test-send c0 --to 1")  # the platform is away
    assert ended.exit_code == 1
    assert "unknown" in ended.output or "failed" in ended.output


def test_a_start_that_is_over_is_refused_unless_said(folder):
    said(written(folder, schedule={"at": "2020-01-01T10:00"}))
    refused = typed("campaign start c0")
    assert isinstance(refused.exception, Conflict)
    assert "2020-01-01 10:00 已过" in str(refused.exception)
    assert "c0 is scheduled" in said("campaign start c0 --late")


def test_how_campaigns_stand_is_told_in_words(folder):
    said(written(folder, schedule={"at": "2090-01-01T10:00"}))
    said("campaign start c0")
    listed = said("campaign list").splitlines()
    assert listed[0].split() == [
        "活动",
        "状态",
        "次数",
        "优先级",
        "下次开始",
        "审批",
        "名称",
        "问题",
    ]
    assert "已排期" in listed[1]
    assert "2090-01-01 10:00" in listed[1], "by the account's clock"
    shown = said("campaign show c0")
    assert "已排期" in shown
    assert "slug: c0" in shown
    (row,) = json.loads(said("campaign list --json"))["campaigns"]
    assert (row["phase"], row["next"]) == ("scheduled", "2090-01-01T02:00+00:00")
    assert "还没有发过" in said("campaign report c0")
    assert json.loads(said("campaign report c0 --json"))["phase"] == "scheduled"
