"""A process keeps up with what its accounts say, and loads no model twice."""

from __future__ import annotations

import pytest

from bot.store import accounts, learnt, talk
from bot.store.db import run
from bot.store.talk import LIVE, Example
from bot.talk import live, training
from bot.talk.live import Live, load
from tests.conftest import NOON

DOGS = {"slug": "dogs", "questions": ["能带狗吗"], "answers": [{"text": "可以"}]}
THINGS = ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾")


@pytest.fixture
def account(any_store, monkeypatch):
    monkeypatch.setattr(live, "FRESH_SECONDS", 0)
    found = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    spoken = [Example("price", f"{thing}多少钱") for thing in THINGS]
    spoken += [Example("refund", f"{thing}我要退") for thing in THINGS]
    talk.add_examples(found, spoken)
    training.train_stage(found, LIVE, NOON)
    return found


def test_a_changed_document_is_heard_and_the_model_stays_loaded(account):
    said = Live()
    before = said.of(account)
    assert said.of(account) is before
    talk.put(account, "faq", "dogs", DOGS, NOON)
    after = said.of(account)
    assert ("faq", "dogs") in after.documents
    assert before.model is not None
    assert after.model is before.model


def test_another_model_is_loaded(account):
    said = Live()
    before = said.of(account)
    talk.add_examples(account, [Example("price", "手套卖几块"), Example("refund", "手套退回去")])
    other, made = training.train_stage(account, LIVE, NOON)
    learnt.activate(account, other.id, NOON)
    assert made
    assert said.of(account).model_id == other.id != before.model_id
    assert said.of(account).model is not before.model


def test_a_damaged_model_leaves_the_house_its_documents(account, caplog):
    talk.put(account, "faq", "dogs", DOGS, NOON)
    run("UPDATE learnt_model SET content = ?", (b"no model",))
    found = load(account)
    assert found.model is None
    assert ("faq", "dogs") in found.documents
    assert "alarm: model" in caplog.text
