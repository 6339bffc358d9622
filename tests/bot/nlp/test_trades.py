"""The conversation data that ships: enough of it, well formed, nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "bot" / "nlp" / "trades"
HELD_OUT = Path(__file__).resolve().parents[2] / "data" / "trades"
TRADES = ("shared", "ecommerce", "education", "entertainment", "catering")


def trade(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def held_out(name: str) -> list[dict]:
    lines = (HELD_OUT / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


@pytest.mark.parametrize("name", TRADES[1:])
def test_a_trade_has_twenty_five_intents_with_the_shared_ones(name):
    ours, shared = trade(name)["intents"], trade("shared")["intents"]
    names = [intent["name"] for intent in (*ours, *shared)]
    assert len(names) >= 25
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", TRADES)
def test_an_intent_has_forty_different_examples_and_something_to_answer(name):
    for intent in trade(name)["intents"]:
        assert len(set(intent["examples"])) >= 40, intent["name"]
        assert len(intent["answers"]) >= 2
        assert all(text.strip() == text and text for text in intent["examples"])
        assert intent["title"]


@pytest.mark.parametrize("name", TRADES)
def test_no_example_stands_under_two_intents(name):
    every = [text for intent in trade(name)["intents"] for text in intent["examples"]]
    assert [text for text, times in Counter(every).items() if times > 1] == []


def test_what_no_shop_answers_is_three_hundred_texts():
    texts = trade("out_of_scope")["examples"]
    assert len(set(texts)) == len(texts) >= 300


@pytest.mark.parametrize("name", TRADES)
def test_the_held_out_texts_were_never_examples(name):
    known = {text for intent in trade(name)["intents"] for text in intent["examples"]}
    labels = {intent["name"] for intent in trade(name)["intents"]}
    rows = held_out(name)
    assert {row["label"] for row in rows} == labels
    assert [row["text"] for row in rows if row["text"] in known] == []
