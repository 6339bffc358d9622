"""A journey's document changed step by step: what is not touched stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.journey import editing
from bot.journey.definition import Kind
from bot.journey.editing import Spot
from bot.journey.reading import parse

NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)
STEPS = [
    {"id": "wait", "wait": {"days": 1}},
    {"id": "ask", "branch": {"ways": [{"if": {"tag": "vip"}, "to": "gift"}], "else": "mark"}},
    {"id": "gift", "coupon": "latte", "next": "end"},
    {"id": "mark", "tag": "silent"},
    {"id": "end", "end": "finished"},
]
DOCUMENT = {"slug": "a", "name": "a", "trigger": {"when": "manual"}, "ours": 1, "steps": STEPS}
NEW = {"id": "new", "untag": "silent"}


def led(document):
    """step -> where its ways lead, by the reader of journeys itself."""
    flow = parse({name: document[name] for name in document if name != "ours"}, SHANGHAI)
    return {id_: [to for _, to in step.ways()] for id_, step in flow.steps.items()}


BEFORE = {
    "wait": ["ask"], "ask": ["gift", "mark"], "gift": ["end"], "mark": ["end"], "end": [],
}  # fmt: skip


def test_the_ways_of_a_document_are_those_of_the_journey_read_from_it():
    steps = [
        *STEPS[:-1],
        {"id": "send", "send": {"purpose": "service", "text": "x"}},
        {"id": "hear", "wait": {"event": "order", "days": 1, "then": "end"}},
        {"id": "split", "split": {"ways": [{"to": "wait"}, {"to": "see"}]}},
        {"id": "see", "outcome": {"of": "send", "clicked": "end"}, "next": "hear"},
        STEPS[-1],
    ]
    document = {**DOCUMENT, "steps": steps}
    flow = parse({name: document[name] for name in document if name != "ours"}, SHANGHAI)
    for id_, step in flow.steps.items():
        raw = editing.step_of(document, id_)
        assert editing.ways_of(raw, editing.following(document, id_)) == list(step.ways()), id_


@pytest.mark.parametrize(
    ("spot", "changed"),
    [
        pytest.param(Spot(), {"new": ["wait"]}, id="before the first step"),
        pytest.param(Spot("wait", "over"), {"wait": ["new"], "new": ["ask"]}, id="behind a step"),
        pytest.param(Spot("ask", "1"), {"ask": ["new", "mark"], "new": ["gift"]}, id="in a way"),
        pytest.param(Spot("ask", "else"), {"ask": ["gift", "new"], "new": ["mark"]}, id="the rest"),
        pytest.param(Spot("gift", ""), {"gift": ["new"], "new": ["end"]}, id="before a merge"),
    ],
)
def test_a_step_is_put_between_a_way_and_where_it_led(spot, changed):
    found = editing.put(DOCUMENT, spot, NEW)
    assert led(found) == {**BEFORE, **changed}
    assert found["ours"] == 1
    assert DOCUMENT["steps"] == STEPS


def test_put_in_and_taken_out_again_the_document_is_as_it_was():
    for spot in (Spot(), Spot("wait", "over"), Spot("ask", "1"), Spot("mark", "")):
        there = editing.put(DOCUMENT, spot, NEW)
        back = editing.remove(there, "new")
        assert led(back) == BEFORE
        assert {one["id"]: one for one in back["steps"]}.keys() == BEFORE.keys()


def test_a_branch_put_in_leads_on_by_all_its_ways():
    step = {"id": "new", "branch": {"ways": [{"if": {"tag": "x"}}]}}
    assert led(editing.put(DOCUMENT, Spot("mark", ""), step))["new"] == ["end", "end"]


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        pytest.param("wait", {}, id="the first: the journey begins with the next"),
        pytest.param("gift", {"ask": ["end", "mark"]}, id="of a way"),
        pytest.param("ask", {"wait": ["mark"]}, id="a branch: on by its rest"),
    ],
)
def test_what_led_to_a_step_that_is_taken_out_leads_where_it_went_on(step, changed):
    found = led(editing.remove(DOCUMENT, step))
    left = {id_: to for id_, to in BEFORE.items() if id_ != step}
    assert found == {**left, **changed}


def test_a_step_that_goes_round_is_taken_out_without_a_loop_to_nowhere():
    steps = [{"id": "wait", "wait": {"event": "order", "days": 1, "then": "end", "else": "wait"}},
             STEPS[-1]]  # fmt: skip
    assert led(editing.remove({**DOCUMENT, "steps": steps}, "wait")) == {"end": []}


def test_a_moved_step_leaves_no_gap():
    found = led(editing.move(DOCUMENT, "mark", Spot("wait", "over")))
    assert found == {**BEFORE, "wait": ["mark"], "mark": ["ask"], "ask": ["gift", "end"]}
    assert led(editing.move(DOCUMENT, "wait", Spot("gift", "")))["gift"] == ["wait"]


REFUSED = {
    "behind no step": lambda: editing.put(DOCUMENT, Spot("nobody", ""), NEW),
    "behind no way": lambda: editing.put(DOCUMENT, Spot("ask", "9"), NEW),
    "too many": lambda: editing.put(
        {**DOCUMENT, "steps": [{"id": f"s{n}", "tag": "x"} for n in range(60)]}, Spot(), NEW
    ),
    "an end that others lead to": lambda: editing.remove(DOCUMENT, "end"),
    "the only step": lambda: editing.remove({**DOCUMENT, "steps": STEPS[-1:]}, "end"),
    "no such step": lambda: editing.remove(DOCUMENT, "nobody"),
    "behind itself": lambda: editing.move(DOCUMENT, "mark", Spot("mark", "")),
    "an end moved": lambda: editing.move(DOCUMENT, "end", Spot("wait", "over")),
    "moved to no spot": lambda: editing.move(DOCUMENT, "mark", Spot("wait", "9")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name):
    with pytest.raises(InvalidInput):
        REFUSED[name]()
    assert DOCUMENT["steps"] == STEPS


def test_names_of_new_steps_are_free():
    assert editing.new_id(DOCUMENT, Kind.SEND) == "send"
    assert editing.new_id(DOCUMENT, Kind.WAIT) == "wait-2"
