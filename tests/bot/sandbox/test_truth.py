"""The ground truth: who the people are, and what each offer was worth."""

from __future__ import annotations

import io
import itertools
import json
from statistics import mean

import pytest

from bot.sandbox.crowd import phrases, truth
from bot.sandbox.ledger import Ledger
from tests.bot.sandbox.conftest import a_config
from tests.conftest import NOON

START = "2026-11-01T08:00+08:00"


def living(**changes):
    return a_config(people="life", start=START, followers=400, **changes)


def test_the_truth_is_that_of_the_config_alone():
    once = list(truth.export(living(habits={"farmers": 0.05})))
    again = list(truth.export(living(habits={"farmers": 0.05}, callback_url="")))
    assert once == again
    assert once != list(truth.export(living(habits={"farmers": 0.05}, seed=2)))
    assert len({one["openid"] for one in once}) == 400


def test_a_person_of_it():
    for one in truth.export(living()):
        assert set(one["affinity"]) == set(phrases.TOPICS)
        assert sum(one["interests"].values()) == pytest.approx(1, abs=0.001)
        assert one["activity"] in ("early", "commuter", "night", "weekend")
        assert one["chattiness"] >= 0 < one["patience"]
        assert one["purchases_a_month"] >= 0
        assert one["arrives_hours"] is None or one["arrives_hours"] < 32 * 24


def test_farmers_are_named_by_group():
    people = list(truth.export(living(habits={"farmers": 0.1})))
    groups = [one["farmer"] for one in people if one["farmer"]]
    assert all(groups.count(group) >= 3 for group in groups)
    assert all(one["chattiness"] == 0 for one in people if one["farmer"])


def test_a_story_has_its_truth_too():
    people = list(truth.export(a_config(followers=20)))
    assert len(people) == 20
    assert all(0 <= one["affinity"] <= 1 and one["interests"] for one in people)


def test_what_an_offer_was_worth_stands_in_the_ledger():
    ledger = Ledger()
    chances = {"tap": 0.5, "redeems": 0.1, "buys_without": 0.2, "buys_with": 0.28}
    ledger.add("follow", NOON, openid="o-lin")
    ledger.add(
        "offer", NOON, openid="o-lin", via="mass", topic="咖啡", value=0.3, link="", **chances
    )
    (offer,) = truth.offers(ledger.records())
    assert offer["uplift"] == 0.08
    assert offer["redeems_without"] == 0.0
    assert offer["openid"] == "o-lin"


def test_it_is_written_as_lines_of_json():
    file = io.StringIO()
    assert truth.write(file, living()) == 400
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert lines == list(truth.export(living()))
    assert {line["kind"] for line in lines} == {"person"}


def test_interests_can_be_told_apart_by_affinity():
    """What makes learning possible at all: who likes a topic answers to it."""
    people = list(itertools.islice(truth.export(living()), 400))
    liked = mean(one["affinity"][topic] for one in people for topic in one["interests"])
    rest = mean(
        value
        for one in people
        for topic, value in one["affinity"].items()
        if topic not in one["interests"]
    )
    assert liked > 0.6
    assert rest < 0.25
