"""`hongyan journeys`, as an operator types it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot import journey
from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.coupon import make_batch
from bot.errors import Conflict, HongyanError
from bot.segment.catalogue import define
from bot.store import audit
from tests.bot.journey.cast import a_journey
from tests.conftest import KEY, a_follower

STEPS = [
    {"id": "wait", "wait": {"event": "order", "days": 2, "then": "end", "else": "tag"}},
    {"id": "tag", "tag": "silent"},
    {"id": "end", "end": "finished"},
]


@pytest.fixture
def account(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made = common.services().account_of("default").id
    a_follower(made)
    (tmp_path / "j.json").write_text(json.dumps(a_journey(*STEPS)))
    (tmp_path / "bad.yaml").write_text(
        "slug: bad\nname: 坏\ntrigger: {when: subscribe}\nsteps:\n  - {id: a, tag: x}\n"
    )
    yield made
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def typed(*words: str):
    return CliRunner().invoke(cli, ["journeys", *words])


def shown(*words: str):
    done = typed(*words, "--json")
    assert done.exit_code == 0, (words, done.output, done.exception)
    return json.loads(done.output)


def logged() -> list[str]:
    return [one.action for one in reversed(audit.entries(100)) if one.action.startswith("journey")]


def test_from_the_file_to_the_report(account):
    assert "等待「下单」，最多 2 天" in typed("check", "j.json").output
    assert shown("define", "j.json")["state"] == "draft"
    assert shown("start", "welcome")["state"] == "running"
    assert shown("enter", "welcome", "1") == {"entered": 1}
    assert shown("enter", "welcome", "1") == {"entered": 0, "on_the_way": 1}
    journey.advance_due(common.services(), utc_now())
    assert [one["step"] for one in shown("people", "welcome", "--step", "wait")["people"]] == [
        "wait"
    ]
    assert shown("people", "welcome", "--step", "tag")["people"] == []
    assert shown("list")["journeys"][0]["on_the_way"] == 1
    assert shown("show", "welcome")["document"]["steps"] == STEPS
    assert "s_wait" in typed("show", "welcome", "--mermaid").output
    assert shown("report", "welcome")["entered"] == 1
    assert shown("explain", "1")["ways"][0]["standing"].startswith("等待「下单」")
    for order, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert shown(order, "welcome")["state"] == state
    assert logged() == [
        "journey_define", "journey_start", "journey_enter", "journey_enter", "journey_people",
        "journey_people", "journey_pause", "journey_resume", "journey_stop",
    ]  # fmt: skip


def test_a_walk_in_made_up_time(account):
    for events, ends in (([], "wait tag end"), (["--event", "1d order"], "wait end")):
        walk = shown("simulate", "j.json", *events)["walk"]
        assert list(dict.fromkeys(one["step"] for one in walk if one["step"])) == ends.split()
        assert walk[-1]["said"] == "finished"
    assert logged() == []


def test_errors_end_with_1_and_say_where(account):
    done = typed("check", "bad.yaml")
    assert isinstance(done.exception, Conflict)
    assert "✗ 步骤「a」之后没有下一步，也没有结束" in done.output
    for words in (
        ("define", "bad.yaml"), ("define", "none.yaml"), ("start", "none"), ("report", "none"),
        ("simulate", "bad.yaml"), ("simulate", "j.json", "--event", "soon"),
    ):  # fmt: skip
        assert isinstance(typed(*words).exception, HongyanError), words
    assert typed("simulate", "j.json", "--interest", "火锅").exit_code == 2
    assert logged() == []


def test_the_ready_made_one_starts_when_its_coupons_are_there(account):
    made = shown("install", "catering")
    assert (made["state"], made["new"], len(made["lacks"])) == ("draft", True, 3)
    assert shown("install", "catering")["new"] is False
    assert isinstance(typed("start", "welcome-catering").exception, HongyanError)
    for slug in ("welcome-hotpot", "welcome-cafe", "welcome-any"):
        batch = {"slug": slug, "title": "券", "face_value_fen": 100, "codes": 3}
        make_batch(account, batch, utc_now())
    define(account, "any", "任何人", {"tag": "x"}, utc_now())
    assert shown("start", "welcome-catering")["state"] == "running"
    assert len(typed("webhook-key").output.strip()) == 32


def test_what_the_linter_refuses_at_the_start_is_told_by_the_check(account, tmp_path):
    send = {"purpose": "marketing", "text": "全网最低价！"}
    document = a_journey({"id": "say", "send": send}, {"id": "end", "end": "finished"})
    (tmp_path / "worst.json").write_text(json.dumps(document))
    told = typed("check", "worst.json")
    assert told.exit_code == 1
    assert "✗ 步骤 say 的文案：“最低”是最高级用语" in told.output
    assert "superlative" not in told.output, "the rule's words, not its name"
    english = typed("check", "worst.json", "--lang", "en").output
    assert "✗ The text of step say:" in english
    shown("define", "worst.json")
    refused = typed("start", "welcome")
    assert isinstance(refused.exception, Conflict), "as the start does"
