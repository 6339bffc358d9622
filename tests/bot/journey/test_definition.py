"""What a journey may say, and what is wrong with one before anybody walks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import InvalidInput
from bot.journey.checks import flaws, insist
from bot.journey.definition import of_event, of_scan, of_segment
from bot.journey.installing import TRADES, ready_made
from bot.journey.reading import parse
from bot.journey.schema import schema
from bot.journey.words import mermaid, told
from tests.bot.journey.cast import TEXT, a_journey

END = {"id": "end", "end": "finished"}
WAIT = {"id": "wait", "wait": {"days": 1}}
GO = {"id": "send", "send": TEXT}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param(a_journey(slug="x" * 33), "slug", id="a slug that no campaign has room for"),
        pytest.param(a_journey({**END, "id": "x" * 17}), "steps[0].id", id="a step of 17 letters"),
        pytest.param(a_journey(END, END), "steps[1].id", id="two steps of one name"),
        pytest.param(a_journey({"id": "a"}), "steps[0].id", id="a step that does nothing"),
        pytest.param(a_journey({**END, "tag": "x"}), "steps[0].id", id="a step that does two"),
        pytest.param(a_journey({"id": "a", "wait": {}}, END), "steps[0].wait", id="for no time"),
        pytest.param(
            a_journey({"id": "a", "wait": {"event": "order"}}, END),
            "steps[0].wait",
            id="a wait for an event without end",
        ),
        pytest.param(
            a_journey({"id": "a", "wait": {"until": "25:00"}}, END),
            "steps[0].wait.until",
            id="no such time of the day",
        ),
        pytest.param(
            a_journey({"id": "a", "wait": {"days": 1, "weekdays": [1]}}, END),
            "steps[0].wait.weekdays",
            id="weekdays without a time of the day",
        ),
        pytest.param(
            a_journey({"id": "a", "send": {"text": "x"}}, END),
            "steps[0].send.purpose",
            id="a send without a purpose",
        ),
        pytest.param(
            a_journey({"id": "a", "send": {**TEXT, "segment": "all"}}, END),
            "steps[0].send.segment",
            id="a send that wants its own audience",
        ),
        pytest.param(
            a_journey({"id": "a", "branch": {"ways": [{"if": {"tag": 1}, "to": "end"}]}}, END),
            "steps[0].branch.ways[0].if.tag",
            id="a rule that is none",
        ),
        pytest.param(
            a_journey({"id": "a", "split": {"ways": [{"to": "end"}]}}, END),
            "steps[0].split.ways",
            id="a split of one",
        ),
        pytest.param(
            a_journey({"id": "a", "webhook": {"url": "ftp://x"}}, END),
            "steps[0].webhook.url",
            id="a webhook that is no web address",
        ),
        pytest.param(a_journey(trigger={"when": "later"}), "trigger.when", id="no such trigger"),
        pytest.param(a_journey(trigger=[]), "trigger", id="nothing leads in"),
        pytest.param(
            a_journey(trigger=[{"when": "date", "attribute": name} for name in "ab"]),
            "trigger",
            id="two dates",
        ),
        pytest.param(
            a_journey(reentry={"rule": "after"}), "reentry.days", id="again, but not when"
        ),
        pytest.param(a_journey(goals=[{"event": "segment.x"}]), "goals[0].event", id="an echo"),
        pytest.param(a_journey(colour="red"), "colour", id="a field that is not there"),
    ],
)
def test_a_document_is_refused_with_the_path(document, field):
    with pytest.raises(InvalidInput) as refused:
        parse(document)
    assert refused.value.field == field
    assert str(refused.value).startswith(field)


def way(step: str, **more: object) -> dict[str, object]:
    return {"id": step, **more}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        pytest.param([GO, END], [], id="nothing"),
        pytest.param([GO], ["no_end send"], id="nothing follows"),
        pytest.param([{**GO, "next": "x"}, END], ["unknown send"], id="to nowhere"),
        pytest.param(
            [{**WAIT, "next": "end"}, GO, END], ["unreachable send"], id="nobody comes there"
        ),
        pytest.param(
            [GO, way("b", wait={"days": 1}, next="send")],
            ["endless send", "endless b"],
            id="round and round, waiting",
        ),
        pytest.param(
            [
                way("a", branch={"ways": [{"if": {"tag": "x"}, "to": "end"}], "else": "b"}),
                way("b", tag="y", next="a"),
                END,
            ],
            ["cycle a"],
            id="round and round, never waiting",
        ),
        pytest.param(
            [
                way("a", branch={"ways": [{"if": {"tag": "x"}, "to": "end"}], "else": "b"}),
                way("b", wait={"days": 1}, next="a"),
                END,
            ],
            [],
            id="a cycle that waits and may end",
        ),
        pytest.param(
            [
                way("a", branch={"ways": [{"if": {"tag": "x"}, "to": "end"},
                                          {"if": {"tag": "x"}, "to": "b"}], "else": "b"}),
                way("b", wait={"days": 1}),
                END,
            ],
            ["dead a"],
            id="the same rule twice",
        ),
        pytest.param(
            [way("a", split={"ways": [{"to": "end"}, {"to": "end"}]}), END],
            ["same a"],
            id="ways that make no difference",
        ),
        pytest.param(
            [GO, way("o", outcome={"of": "send", "sent": "end", "else": "end"}), END],
            ["same o", "early o"],
            id="asked too early",
        ),
        pytest.param(
            [way("o", outcome={"of": "end", "sent": "end", "else": "w"}), way("w", tag="x"), END],
            ["no_send o"],
            id="the outcome of what sends nothing",
        ),
        pytest.param([GO, END], ["once "], id="a birthday, but once in a life"),
        pytest.param(
            [
                way("t", tag="vip"),
                way("b", branch={"ways": [{"if": {"tag": "vip"}, "to": "w"}], "else": "end"}),
                way("w", wait={"days": 1}),
                END,
            ],
            ["too_soon b"],
            id="a tag asked for right behind where it is given",
        ),
    ],
)  # fmt: skip
def test_how_steps_hang_together_is_looked_at(steps, found):
    born = {"trigger": {"when": "date", "attribute": "birthday"}} if found == ["once "] else {}
    flow = parse(a_journey(*steps, **born))
    seen = flaws(flow)
    assert [f"{flaw.code} {flaw.step}" for flaw in seen] == found
    assert all(flaw.said("zh") and flaw.said("en") for flaw in seen)
    if any(flaw.error for flaw in seen):
        with pytest.raises(InvalidInput, match=rf"steps\.{seen[0].step}"):
            insist(flow)
    else:
        insist(flow)


@pytest.mark.parametrize(
    ("listen", "kind", "facts", "hears"),
    [
        pytest.param(of_event("order"), "order", {}, True, id="an event"),
        pytest.param(of_event("order", (("shop", "A1"),)), "order", {}, False, id="elsewhere"),
        pytest.param(of_event("message.*"), "message.voice", {}, True, id="one of a family"),
        pytest.param(of_event("order"), "refund", {}, False, id="another event"),
        pytest.param(of_scan("store-*"), "scan", {"scene": "store-7"}, True, id="a scan"),
        pytest.param(of_scan("store-*"), "subscribe", {"scene": "store-7"}, True, id="by a code"),
        pytest.param(of_scan("*"), "subscribe", {"scene": ""}, False, id="followed without a code"),
        pytest.param(of_scan("store-*"), "scan", {"scene": "bus"}, False, id="another code"),
        pytest.param(of_segment("vip", True), "segment.left", {"segment": "vip"}, True, id="left"),
        pytest.param(
            of_segment("vip", False), "segment.left", {"segment": "vip"}, False, id="not entered"
        ),
    ],
)
def test_what_is_listened_to(listen, kind, facts, hears):
    assert listen.hears(kind, facts) is hears


@pytest.mark.parametrize("trade", TRADES)
def test_the_ready_made_journeys_are_sound_and_can_be_told(trade):
    flow = parse(ready_made(trade))
    assert flaws(flow) == []
    assert {one.kinds[0] for one in flow.goals}
    assert flow.marketing
    # The welcome is the handler's: nobody is greeted twice.
    assert flow.until_a_wait(flow.first) == {flow.first}
    for lang in ("zh", "en"):
        text = "\n".join(told(flow, lang))
        assert all(f"[{step}]" in text for step in flow.steps)
    drawn = mermaid(flow)
    assert drawn.count("-->") == sum(len(list(s.ways())) for s in flow.steps.values()) + 1


SCHEMA = Path(__file__).parents[3] / "docs/reference/schemas/journey.json"


def test_the_published_schema_is_this_one_and_knows_what_is_read():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()
    for trade in TRADES:
        whole = ready_made(trade)
        assert whole.keys() <= schema()["properties"].keys()
        known = schema()["properties"]["steps"]["items"]["properties"]
        for step in whole["steps"]:
            assert step.keys() <= known.keys()
            for kind in ("wait", "branch", "tag"):
                if isinstance(step.get(kind), dict):
                    inner = known[kind].get("anyOf", [None, known[kind]])[1]["properties"]
                    assert step[kind].keys() <= inner.keys()
