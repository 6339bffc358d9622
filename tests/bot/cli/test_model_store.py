"""`hongyan model` over the store: teach, list, take into use, score, ask why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import HongyanError
from bot.learning import serving
from bot.store.db import fetch
from tests.bot.learning import cast
from tests.conftest import KEY

TEACH = ("model", "train", "redeem", "--candidate", "logistic regression")


class Console:
    """Commands in this process; output, and what `main` would say on stderr."""

    def __call__(self, *words):
        ended = CliRunner().invoke(cli, [str(word) for word in words])
        if ended.exception and not isinstance(ended.exception, (HongyanError, SystemExit)):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ""
        return ended.exit_code, ended.stdout, said or ended.stderr

    def json(self, *words):
        return json.loads(self(*words, "--json")[1])


@pytest.fixture
def hongyan(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    settings = {
        "WECHAT_API_URL": "http://127.0.0.1:9",
        "SECRET_KEYS": KEY,
        "DATABASE_URL": fresh_sqlite(tmp_path),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    kept = (common.settings, common.services, common._clock)
    for one in (*kept, serving.load):
        one.cache_clear()
    common.account()
    yield Console()
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def test_from_the_first_lesson_to_the_way_back(hongyan):
    lin = cast.a_shop(common.account().id, utc_now(), people=160)[0]
    taught = hongyan.json(*TEACH)
    assert taught["activated"]
    assert taught["model"]["metrics"]["auc"] > 0.7
    assert hongyan("model", "score", "redeem")[1].splitlines() == [
        "redeem version 1: 160 followers scored, 160 scores changed"
    ]
    second = hongyan(*TEACH)[1]
    assert "redeem version 2 (model 2): candidate" in second
    assert "the old model serves" in second
    assert hongyan("model", "activate", 2)[1].startswith("redeem version 2 is in use")
    assert hongyan("model", "rollback", "redeem")[1].startswith("redeem version 1 is in use")
    assert [one["state"] for one in hongyan.json("model", "list")] == ["retired", "active"]
    assert hongyan("model", "list", "--purpose", "buy")[1].splitlines()[1:] == []
    score = hongyan.json("followers", "show", lin)["predictions"][0]
    assert (score["what"], score["model_version"]) == ("redeem", 1)
    assert "优惠券" in score["means"]
    found = hongyan.json("model", "why", "redeem", lin, "--lang", "en")
    assert found["kept"] == score["score"]
    assert found["reasons"][0]["feature"] == "offer_interest"
    assert f"redeem {found['score']:g} (kept" in hongyan("model", "why", "redeem", lin)[1]
    rule = '{"slug": "talkers", "name": "爱说话", "rule": {"event": "message.text", "at_least": 4}}'
    Path("talkers.json").write_text(rule)
    assert hongyan("segments", "define", "talkers.json")[0] == 0
    assert hongyan("segments", "refresh")[0] == 0
    assert "160 followers scored" in hongyan("model", "like", "talkers")[1]
    assert hongyan.json("followers", "show", lin)["predictions"][0]["what"] == "like-talkers"
    assert hongyan.json("model", "retire", "like-talkers")["scores_deleted"] == 160
    assert hongyan.json("model", "retire", "redeem")["scores_deleted"] == 160
    assert hongyan.json("followers", "show", lin)["predictions"] == []
    assert fetch("SELECT COUNT(*) FROM audit_entry WHERE action = 'predictions'") == [(2,)]


def test_models_without_an_answer_are_taught_and_scored_by_the_same_commands(hongyan):
    people = cast.a_shop(common.account().id, utc_now(), people=55)
    taught = hongyan("model", "train", "clusters", "--set", "k=3")[1]
    assert "clusters version 1 (model 1): active" in taught
    assert "55 followers scored" in hongyan("model", "score", "clusters")[1]
    score = hongyan.json("followers", "show", people[0])["predictions"][0]
    assert (score["what"], score["means"]) == ("clusters", "相近人群的编号")
    assert hongyan.json("model", "list", "--purpose", "clusters")[0]["metrics"]["silhouette"] > 0
    assert "is not made of columns" in hongyan("model", "why", "clusters", people[0])[2]
    assert hongyan("model", "rollback", "clusters")[0] != 0
    assert hongyan.json("model", "retire", "clusters")["scores_deleted"] == 55


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "redeem"), "too little to learn redeem from: there are 0 messages"),
        (("train", "lookalike"), "from the store are learnt redeem, answer, buy, churn"),
        (("train", "uplift"), "too little to learn from: there are 0 sent to in runs that held"),
        (("score", "redeem"), "no model of redeem is in use"),
        (("rollback", "buy"), "no model of buy was in use before"),
        (("retire", "buy"), "no model of buy is in use"),
        (("activate", "7"), "there is no model 7"),
        (("why", "churn", "1"), "no model of churn is in use"),
        (("score", "rain"), "'rain' is not one of"),
        (("why", "like-vip", "1"), "teach one: hongyan model like vip"),
        (("like", "none"), "there is no segment 'none'"),
        (("like", "a" * 40), "a segment's slug of at most 27 characters"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_what_cannot_be_done_is_said_with_what_to_do(hongyan, words, said):
    status, _, told = hongyan("model", *words)
    assert status != 0
    assert said in told


def test_with_no_model_there_is_nothing_to_score_and_that_is_said(hongyan):
    assert (
        hongyan("model", "score")[1]
        == "no model is in use; teach one: hongyan model train redeem\n"
    )
    assert hongyan.json("model", "score") == []
