"""Where somebody goes next: a pure decision, walked through made-up time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.journey.advance import Walk, advance, trimmed
from bot.journey.checks import flaws
from bot.journey.definition import Flow
from bot.journey.reading import parse
from bot.journey.simulating import MadeUp, a_follower, happening, outcomes_of, simulate
from tests.bot.journey.cast import TEXT, a_journey
from tests.conftest import NOON

DAY = timedelta(days=1)
END = {"id": "end", "end": "finished"}
REST = {"id": "rest", "end": "rest"}


def walk(flow: Flow, step: str, **changes) -> Walk:
    values = {
        "follower_id": 1, "step": step, "since": None, "wake_at": NOON, "ends_at": NOON + 90 * DAY,
    }  # fmt: skip
    return Walk(**values | changes)


def moved(flow: Flow, here: Walk, now=NOON, heard=False, who: MadeUp | None = None):
    who = who or MadeUp(a_follower(NOON))
    who.now = now
    return advance(flow, here, who, now, heard=heard)


ASK = a_journey(
    {"id": "ask", "wait": {"event": "preference", "days": 1, "then": "give", "else": "rest"}},
    {"id": "give", "send": TEXT}, END, REST,
)  # fmt: skip


@pytest.mark.parametrize(
    ("since", "now", "heard", "hops", "outcome"),
    [
        pytest.param(None, NOON, False, [], "", id="who comes to a wait stays there"),
        pytest.param(NOON, NOON + DAY / 2, False, [], "", id="until its time is over"),
        pytest.param(
            NOON, NOON + DAY / 2, True,
            [("ask", "heard"), ("give", ""), ("end", "finished")], "finished", id="or it happened",
        ),
        pytest.param(
            NOON, NOON + DAY, False, [("ask", "over"), ("rest", "rest")], "rest", id="to the end",
        ),
        pytest.param(NOON, NOON + 90 * DAY, True, [], "over", id="too long on the way"),
    ],
)  # fmt: skip
def test_a_wait(since, now, heard, hops, outcome):
    here = walk(parse(ASK), "ask", since=since, wake_at=NOON + DAY)
    found = moved(parse(ASK), here, now, heard)
    assert (list(found.hops), found.outcome) == (hops, outcome)
    assert [step.id for step in found.acts] == (["give"] if ("give", "") in hops else [])


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}:00+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("wait", "since", "until"),
    [
        pytest.param({"hours": 2, "minutes": 30}, "21T12:00", "21T14:30", id="for a time"),
        pytest.param({"until": "18:00"}, "21T12:00", "21T18:00", id="until an hour of today"),
        pytest.param({"until": "10:00"}, "21T12:00", "22T10:00", id="or of tomorrow"),
        pytest.param({"until": "12:00"}, "21T12:00", "21T12:00", id="which is now"),
        pytest.param({"days": 2, "until": "10:00"}, "21T12:00", "24T10:00", id="some days on"),
        pytest.param(
            {"until": "10:00", "weekdays": [1]}, "21T12:00", "23T10:00", id="a weekday (a Monday)"
        ),
        pytest.param({"until": "best_hour"}, "21T12:00", "21T20:00", id="at the best hour"),
    ],
)
def test_until_when_somebody_waits(wait, since, until):
    flow = parse(a_journey({"id": "wait", "wait": wait}, END))
    found = moved(flow, walk(flow, "wait"), shanghai(since), who=MadeUp(a_follower(NOON), hour=20))
    assert found.wake_at == shanghai(until)


def test_an_action_is_done_once_an_entry_and_never_for_the_held_out():
    flow = parse(a_journey({"id": "a", "send": TEXT}, END))
    for changes, ways, acts in (
        ({}, [("a", ""), ("end", "finished")], ["a"]),
        ({"done": frozenset("a")}, [("a", "again"), ("end", "finished")], []),
        ({"held_out": True}, [("a", "held_out"), ("end", "finished")], []),
    ):
        found = moved(flow, walk(flow, "a", **changes))
        assert (list(found.hops), [step.id for step in found.acts]) == (ways, acts)


@pytest.mark.parametrize(
    ("known", "to"),
    [
        pytest.param((), "rest", id="none"),
        pytest.param(("sent",), "end", id="sent"),
        pytest.param(("sent", "clicked"), "thanks", id="a click says more than that it was sent"),
        pytest.param(("skipped",), "rest", id="no way of its own"),
    ],
)
def test_the_outcome_of_a_send(known, to):
    flow = parse(
        a_journey(
            {"id": "send", "send": TEXT},
            {"id": "wait", "wait": {"days": 1}},
            {"id": "asked", "outcome": {"of": "send", "sent": "end", "clicked": "thanks",
                                        "else": "rest"}},
            {"id": "thanks", "tag": "thanks"}, END, REST,
        )
    )  # fmt: skip
    found = moved(flow, walk(flow, "asked"), who=MadeUp(a_follower(NOON), {"send": known}))
    assert found.hops[0][0] == "asked"
    assert to in [step for step, _ in found.hops]


def test_a_split_is_even_sticky_and_independent_of_the_others():
    steps = [
        {"id": name, "split": {"ways": [{"to": to, "weight": 3}, {"to": "rest", "weight": 1}]}}
        for name, to in (("a", "b"), ("b", "end"))
    ]
    flow = parse(a_journey(*steps, END, REST))
    ways = {n: moved(flow, walk(flow, "a", follower_id=n)).hops for n in range(1, 1601)}
    first = sum(hops[0][1] == "1" for hops in ways.values())
    both = sum(hops[0][1] == "1" and hops[1][1] == "1" for hops in ways.values())
    assert 1120 < first < 1280
    assert 0.7 < both / first < 0.8
    assert ways == {n: moved(flow, walk(flow, "a", follower_id=n)).hops for n in ways}


MONTH = a_journey(
    {"id": "hello", "send": TEXT},
    {"id": "ask", "wait": {"event": "preference", "days": 2, "then": "taste", "else": "nudge"}},
    {"id": "taste", "branch": {"ways": [{"if": {"interest": "火锅"}, "to": "hot"}], "else": "hot"}},
    {"id": "nudge", "send": TEXT},
    {"id": "hot", "send": {"purpose": "marketing", "text": "x"}},
    {"id": "use", "wait": {"event": "order", "days": 7, "until": "10:00", "else": "rest"}},
    {"id": "t", "tag": {"tag": "buyer", "days": 365}},
    {"id": "more", "wait": {"days": 20}},
    {"id": "more2", "send": {"purpose": "marketing", "text": "y"}},
    END, REST, goals=[{"event": "coupon.redeemed"}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("happens", "walked", "ended", "days"),
    [
        pytest.param([], "hello ask nudge hot use rest", "rest", 9, id="silent for a month"),
        pytest.param(
            ["1d preference", "3d order"], "hello ask taste hot use t more more2 end", "finished",
            23, id="answers, buys, and is written to again",
        ),
        pytest.param(["5m coupon.redeemed"], "hello", "converted", 0,
                     id="reaches the goal at once"),
        pytest.param(["1d preference", "2d opt_out"], "hello ask taste hot", "opted_out", 2,
                     id="refuses"),
        pytest.param(["30m unsubscribe"], "hello", "unsubscribed", 0, id="leaves"),
    ],
)  # fmt: skip
def test_thirty_days_of_a_welcome_journey_in_no_time(happens, walked, ended, days):
    shown = list(
        simulate(parse(MONTH), MadeUp(a_follower(NOON)), [happening(x) for x in happens], NOON)
    )
    passed = list(dict.fromkeys(one.step for one in shown if one.step))
    assert passed[: len(walked.split())] == walked.split()
    assert len(passed) <= len(walked.split()) + 1  # the wait that he left
    assert (shown[-1].said, (shown[-1].at - NOON).days) == (ended, days)


def test_what_a_simulation_is_told_is_checked():
    for text in ("order", "2x order", "2d", "2d order shop"):
        with pytest.raises(InvalidInput):
            happening(text)
    assert happening("90m scan scene=store-1 n=7").facts == {"scene": "store-1", "n": 7}
    with pytest.raises(InvalidInput):
        outcomes_of(["hello=seen"])


def test_a_trace_keeps_what_was_done_and_drops_the_oldest_of_the_rest():
    trace = [["a", 1, ""], *[["w", n, "over"] for n in range(200)]]
    kept = trimmed(trace, 120)
    assert (len(kept), kept[0], kept[-1]) == (120, ["a", 1, ""], ["w", 199, "over"])


# --- whatever somebody writes, everybody waits or ends --------------------------------------------

NAMES = ["s0", "s1", "s2", "s3", "s4"]
TO = st.sampled_from([*NAMES, "end"])


@st.composite
def a_step(draw, name):
    kind = draw(st.sampled_from(["tag", "wait", "heard", "branch", "split"]))
    one, other = draw(TO), draw(TO)
    if kind == "tag":
        return {"id": name, "tag": name, "next": one}
    if kind == "wait":
        return {"id": name, "wait": {"hours": draw(st.integers(1, 99))}, "next": one}
    if kind == "heard":
        return {"id": name, "wait": {"event": "order", "days": 1, "then": one, "else": other}}
    if kind == "branch":
        rule = {"bucket": [0, draw(st.integers(1, 99))]}
        return {"id": name, "branch": {"ways": [{"if": rule, "to": one}], "else": other}}
    return {"id": name, "split": {"ways": [{"to": one}, {"to": other}]}}


@settings(max_examples=80, deadline=None)
@given(st.tuples(*[a_step(name) for name in NAMES]), st.integers(1, 50))
def test_no_definition_that_is_let_through_loops_without_waiting(steps, number):
    flow = parse(a_journey(*steps, END))
    if any(flaw.code in ("cycle", "unknown") for flaw in flaws(flow)):
        return
    for start in NAMES:
        found = moved(flow, walk(flow, start, follower_id=number))
        assert found.outcome or found.wake_at > NOON
        assert len(found.acts) == len({step.id for step in found.acts})
