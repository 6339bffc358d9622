"""How worn somebody is by what we send, and until when to rest."""

import pytest

from bot.clock import to_ms
from bot.profile.fatigue import RESTS, fatigue
from bot.profile.fold import fold
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from tests.conftest import NOON

NOON_MS = to_ms(NOON)


def did(kind, days_ago, **facts):
    return FoldEvent(f"{kind}{days_ago}", kind, NOON_MS - round(days_ago * DAY_MS), facts)


def sent(*days_ago):
    return [NOON_MS - round(days * DAY_MS) for days in days_ago]


ACTIVE = [did("message.text", 0)]


@pytest.mark.parametrize(
    ("log", "messages", "score", "whys"),
    [
        pytest.param(ACTIVE, (), 0, [], id="nothing sent, nothing worn"),
        pytest.param(ACTIVE, (1,), 0.14, ["week", "month"], id="one, and he spoke since"),
        pytest.param(ACTIVE, (8,), 0.02, ["month"], id="one, eight days ago"),
        pytest.param(ACTIVE, (30,), 0, [], id="one, thirty days ago"),
        pytest.param([], (1,), 0.24, ["week", "ignored", "month"], id="one without an answer"),
        pytest.param(
            [did("click", 1.5)], (1, 2), 0.35, ["week", "ignored", "month"],
            id="the tap answered one of two",
        ),
        pytest.param(ACTIVE, (1,) * 50, 0.72, ["week", "month"], id="each part has its most"),
        pytest.param(
            [*ACTIVE, did("opt_out", 45), did("opt_in", 45 - 1e-3)], (), 0.25, ["refused"],
            id="had enough once, half forgotten",
        ),
        pytest.param([*ACTIVE, did("opt_in", 1)], (), 0, [], id="said yes, and never no"),
        pytest.param([*ACTIVE, did("complaint", 15)], (), 0.25, ["upset"], id="complained"),
        pytest.param([*ACTIVE, did("opt_out", 300)], (1,), 1, ["opted_out"], id="said no"),
    ],
)  # fmt: skip
def test_the_number_and_its_reasons(log, messages, score, whys):
    found = fatigue(fold({}, log), sent(*messages), NOON_MS)
    assert found.score == score
    assert [reason["why"] for reason in found.reasons] == whys


@pytest.mark.parametrize(
    ("log", "messages", "rests"),
    [
        pytest.param(ACTIVE, (1, 2, 3), None, id="three a week are borne"),
        pytest.param(ACTIVE, (1, 2, 3, 4, 5, 6), 3, id="six: until three are a week old"),
        pytest.param([], (0.5, 1, 1.5, 2), 6, id="four unanswered want a longer rest"),
        pytest.param([*ACTIVE, did("opt_out", 9)], (1,), None, id="a refusal is for good"),
    ],
)
def test_until_when_to_rest(log, messages, rests):
    state = fold({}, log)
    found = fatigue(state, sent(*messages), NOON_MS)
    assert found.rest_until == (rests and NOON_MS + rests * DAY_MS)
    if rests:
        then = fatigue(state, sent(*messages), found.rest_until)
        assert then.score < RESTS <= found.score
        day_before = fatigue(state, sent(*messages), found.rest_until - DAY_MS)
        assert day_before.score >= RESTS


def test_more_is_never_less():
    scores = [fatigue({}, sent(*[0.5] * many), NOON_MS).score for many in range(12)]
    assert scores == sorted(scores)
    assert scores[-1] <= 1
