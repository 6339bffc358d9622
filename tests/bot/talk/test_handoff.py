"""When a person is asked for: the settings and the decisions by them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.errors import InvalidInput
from bot.talk.handoff import (
    HandOff,
    Satisfaction,
    is_angry,
    is_lost,
    is_open,
    opening_hours,
    read_handoff,
    read_satisfaction,
    write_handoff,
    write_satisfaction,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = "2026-11-21T"


@pytest.mark.parametrize(
    ("document", "at", "there"),
    [
        pytest.param({}, "03:00", True, id="nothing said: at any time"),
        pytest.param({"hours": ["09:00-21:00"]}, "09:00", True, id="from the first minute"),
        pytest.param({"hours": ["09:00-21:00"]}, "21:00", False, id="not from the last on"),
        pytest.param({"hours": ["09:00-12:00", "14:00-18:00"]}, "13:00", False, id="between"),
        pytest.param({"hours": ["18:00-02:00"]}, "01:59", True, id="over midnight"),
        pytest.param({"weekdays": [1, 2, 3, 4, 5]}, "12:00", False, id="not on a Saturday"),
        pytest.param(
            {"hours": ["18:00-02:00"], "weekdays": [5]}, "01:00", True,
            id="Friday's night goes into Saturday",
        ),
    ],
)  # fmt: skip
def test_whether_somebody_is_there_on_a_saturday(document, at, there):
    now = datetime.fromisoformat(f"{SATURDAY}{at}").replace(tzinfo=SHANGHAI)
    assert is_open(read_handoff(document), now, SHANGHAI) is there


@pytest.mark.parametrize(
    ("threshold", "anger", "angry"),
    [(0.8, 0.8, True), (0.8, 0.79, False), (0, 1.0, False), (1, 1.0, True)],
)
def test_how_angry_is_angry(threshold, anger, angry):
    assert is_angry(HandOff(anger=threshold), anger) is angry


@pytest.mark.parametrize(
    ("after", "before", "lost"),
    [(3, 1, False), (3, 2, True), (3, 5, True), (1, 0, True), (0, 9, False)],
)
def test_the_third_text_in_a_row_is_one_too_many(after, before, lost):
    assert is_lost(HandOff(after_misses=after), before) is lost


def test_the_settings_round_trip():
    how = read_handoff({"hours": ["22:00-02:00"], "agent": "kf@gh", "release_words": ["回来"]})
    assert read_handoff(write_handoff(how)) == how
    assert opening_hours(how) == ["22:00-02:00"]
    assert read_handoff(write_handoff(HandOff())) == HandOff()
    asked = Satisfaction(question="如何？", after_agent=False)
    assert read_satisfaction(write_satisfaction(asked)) == asked


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"hours": ["9-21"]}, "hours[0]"),
        ({"anger": 2}, "anger"),
        ({"after_misses": -1}, "after_misses"),
        ({"queue_minutes": 0}, "queue_minutes"),
        ({"release_words": "机器人"}, "release_words"),
        ({"when": 1}, "when"),
    ],
)
def test_what_is_refused(document, field):
    with pytest.raises(InvalidInput) as refused:
        read_handoff(document)
    assert refused.value.field == field
    with pytest.raises(InvalidInput):
        read_satisfaction({"hours": 0})
