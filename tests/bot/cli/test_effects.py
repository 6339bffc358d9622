"""`hongyan effects`: each command for people and for programs, its refusals, what is on record."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot import campaign
from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import InvalidInput, NotFound
from bot.store import audit, coupons, segments
from tests.bot.campaign.world import a_document, people
from tests.conftest import KEY


@pytest.fixture
def account(tmp_path, monkeypatch) -> int:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    made = common.services().account_of("default").id
    now = utc_now()
    coupons.create_batch(made, "autumn", "暖心券", face_value_fen=2000, now=now)
    people(made, segments.put(made, "everybody", "所有人", {"all": []}, now).id, 3)
    campaign.create(common.services(), made, a_document(), now)
    yield made
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def run(words: str):
    return CliRunner().invoke(cli, ["effects", *words.split()])


READ = [
    ("funnel autumn-coffee", "合计", {"lines", "total", "yield", "as_of", "by"}),
    ("funnel autumn-coffee --by day --all-steps", "日期", {"lines", "total"}),
    ("pieces", "Σ点击率×转化率", {"lines", "yield"}),
    ("attribution --model decay --by day", "自然成交", {"lines", "none", "revenue_fen"}),
    ("sources", "7日留存", {"sources"}),
    ("calendar --month 2026-12", "没有排期", {"runs", "collisions"}),
    ("digest", "鸿雁周报", {"week", "events", "orders", "mail"}),
    ("price", "还没有设置", {"prices"}),
]


def test_each_reads_for_people_and_for_programs(account):
    for words, shown, keys in READ:
        spoken = run(words)
        assert (spoken.exit_code, spoken.exception) == (0, None), words
        assert shown in spoken.output
        assert keys <= set(json.loads(run(f"{words} --json").output)), words


REFUSED = [
    ("funnel no-such", NotFound),
    ("funnel autumn-coffee --run 7", NotFound),
    ("postmortem autumn-coffee", NotFound),
    ("pieces --since yesterday", InvalidInput),
    ("pieces --since 2026-11-02 --until 2026-11-01", InvalidInput),
    ("calendar --month 2026-13", InvalidInput),
    ("digest --week 2026-W54", InvalidInput),
    ("digest --week 2999-W01", InvalidInput),
    ("cost door 1.234", InvalidInput),
    ("cost door -- -1", InvalidInput),
    ("cost door NaN", InvalidInput),
    ("cost door 1e30", InvalidInput),
    ("cost door 10 --day 2026-02-30", InvalidInput),
    ("price --message pigeon 0.05", InvalidInput),
]


def test_what_cannot_be_is_refused_and_what_is_said_is_kept_and_on_record(account):
    found = [(words, type(run(words).exception)) for words, _ in REFUSED]
    assert found == REFUSED
    assert run("price --margin 1.5").exit_code == 2
    before = len(audit.entries(100))
    assert "¥1,200.50" in run("cost door 1200.50 --day 2026-11-21 --note 海报").output
    assert run("price --margin 0.35 --message customer_service 0.05").exit_code == 0
    assert json.loads(run("price --json").output)["prices"] == {
        "margin": 350, "message:customer_service": 5000,
    }  # fmt: skip
    assert "35.0%" in run("price").output
    found = json.loads(run("sources --since 2026-11-01 --until 2026-11-30 --json").output)
    assert [(one["name"], one["cost_fen"]) for one in found["sources"]] == [("door", 120050)]
    new = audit.entries(100)[: len(audit.entries(100)) - before]
    assert [one.action for one in new] == ["effect_price", "effect_price", "source_cost"]
