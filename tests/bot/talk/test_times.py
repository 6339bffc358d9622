"""When a rule holds: days, hours over midnight, weekdays."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.clock import SHANGHAI
from bot.errors import InvalidInput
from bot.talk.reading import Fields
from bot.talk.times import ALWAYS, Times, first_free, read_times, span_of, write_times

BERLIN = ZoneInfo("Europe/Berlin")
SATURDAY = "2026-11-21"  # the day of NOON


def times(**document):
    return read_times(Fields(document, "times"))


def shanghai(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("document", "at", "holds"),
    [
        ({}, "2026-11-21T12:00", True),
        ({"starts_at": "2026-11-21"}, "2026-11-20T23:59:59", False),
        ({"starts_at": "2026-11-21"}, "2026-11-21T00:00", True),
        ({"ends_at": "2026-11-21"}, "2026-11-21T23:59:59", True),
        ({"ends_at": "2026-11-21"}, "2026-11-22T00:00", False),
        ({"ends_at": "2026-11-21T18:00"}, "2026-11-21T17:59", True),
        ({"ends_at": "2026-11-21T18:00"}, "2026-11-21T18:00", False),
        ({"ends_at": "2026-11-21T10:00+00:00"}, "2026-11-21T17:59", True),
        ({"ends_at": "2026-11-21T10:00+00:00"}, "2026-11-21T18:00", False),
        ({"hours": ["09:00-18:00"]}, "2026-11-21T08:59:59", False),
        ({"hours": ["09:00-18:00"]}, "2026-11-21T09:00", True),
        ({"hours": ["09:00-18:00"]}, "2026-11-21T17:59:59", True),
        ({"hours": ["09:00-18:00"]}, "2026-11-21T18:00", False),
        ({"hours": ["09:00-12:00", "13:00-18:00"]}, "2026-11-21T12:30", False),
        ({"hours": ["00:00-24:00"]}, "2026-11-21T23:59:59", True),
        ({"hours": ["22:00-02:00"]}, "2026-11-21T22:00", True),
        ({"hours": ["22:00-02:00"]}, "2026-11-22T01:59", True),
        ({"hours": ["22:00-02:00"]}, "2026-11-22T02:00", False),
        ({"weekdays": [6]}, "2026-11-21T00:00", True),
        ({"weekdays": [6]}, "2026-11-22T00:00", False),
        pytest.param(
            {"weekdays": [6], "hours": ["22:00-02:00"]}, "2026-11-22T01:00", True,
            id="after midnight the day counts on which the hours began",
        ),
        pytest.param(
            {"weekdays": [6], "hours": ["22:00-02:00"]}, "2026-11-21T01:00", False,
            id="the night before belongs to the day before",
        ),
        pytest.param(
            {"weekdays": [7], "hours": ["22:00-02:00"]}, "2026-11-23T01:00", True,
            id="Sunday's night goes over into Monday",
        ),
    ],
)  # fmt: skip
def test_when_it_holds_in_shanghai(document, at, holds):
    assert times(**document).hold(shanghai(at), SHANGHAI) is holds


def test_a_wall_time_is_of_the_accounts_zone():
    night = times(hours=["00:00-06:00"])
    at = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # 06:30 in Shanghai, 23:30 in Berlin
    assert not night.hold(at, SHANGHAI)
    assert night.hold(at.replace(hour=23), BERLIN)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"hours": ["9:00-18:00"]}, "hours[0]"),
        ({"hours": ["09:00-25:00"]}, "hours[0]"),
        ({"hours": ["24:00-02:00"]}, "hours[0]"),
        ({"hours": ["09:00-24:30"]}, "hours[0]"),
        ({"hours": ["09:00-18:00", "10:00-10:00"]}, "hours[1]"),
        ({"hours": "09:00-18:00"}, "hours"),
        ({"weekdays": [0]}, "weekdays[0]"),
        ({"weekdays": [8]}, "weekdays[0]"),
        ({"weekdays": [True]}, "weekdays[0]"),
        ({"weekdays": ["1"]}, "weekdays[0]"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "2026-02-30"}, "starts_at"),
        ({"starts_at": 20261121}, "starts_at"),
        ({"starts_at": "1999-12-31"}, "starts_at"),
        ({"starts_at": "2026-11-21", "ends_at": "2026-11-20"}, "ends_at"),
        ({"starts_at": "2026-11-21T10:00", "ends_at": "2026-11-21T10:00"}, "ends_at"),
    ],
)
def test_what_is_refused_is_named(document, field):
    with pytest.raises(InvalidInput) as refused:
        times(**document)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"starts_at": "2026-11-21", "ends_at": "2026-12-31"},
        {"starts_at": "2026-11-21T10:00+08:00"},
        {"hours": ["22:00-02:00", "09:00-24:00"], "weekdays": [7, 1, 1]},
    ],
)
def test_documents_come_back_as_they_were(document):
    read = times(**document)
    assert times(**write_times(read)) == read


def test_what_holds_always_says_nothing():
    assert write_times(ALWAYS) == {}
    assert times(weekdays=[1, 2, 3, 4, 5, 6, 7]) == ALWAYS


# --- the first instant that others leave ---------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "others", "free"),
    [
        ({}, [], "2026-11-21T12:00"),
        ({}, [{}], None),
        ({"starts_at": "2026-12-01"}, [], "2026-12-01T00:00"),
        ({"ends_at": "2026-11-20"}, [], None),
        ({"hours": ["09:00-10:00"]}, [], "2026-11-22T09:00"),
        ({"hours": ["09:00-18:00"]}, [{"hours": ["08:00-20:00"]}], None),
        ({"hours": ["09:00-18:00"]}, [{"hours": ["08:00-17:00"]}], "2026-11-21T17:00"),
        ({}, [{"hours": ["00:00-12:00"]}, {"hours": ["12:00-24:00"]}], None),
        ({}, [{"weekdays": [1, 2, 3, 4, 5]}, {"weekdays": [6]}], "2026-11-22T00:00"),
        ({}, [{"ends_at": "2026-12-31"}], "2027-01-01T00:00"),
        ({}, [{"ends_at": "2026-12-31"}, {"starts_at": "2027-01-01"}], None),
        ({"ends_at": "2026-12-31"}, [{"ends_at": "2026-12-31"}], None),
        pytest.param(
            {"starts_at": "2026-11-24", "ends_at": "2026-11-25", "weekdays": [1]}, [], None,
            id="a Tuesday and a Wednesday hold no Monday",
        ),
        pytest.param(
            {"weekdays": [7], "hours": ["23:00-01:00"]},
            [{"weekdays": [1], "hours": ["00:00-02:00"]}], "2026-11-22T23:00",
            id="Sunday's night is partly Monday's",
        ),
    ],
)  # fmt: skip
def test_the_first_instant_that_others_leave(mine, others, free):
    now = shanghai("2026-11-21T12:00")
    spans = [span_of(times(**one), SHANGHAI) for one in others]
    found = first_free(span_of(times(**mine), SHANGHAI), spans, now, SHANGHAI)
    assert found == (shanghai(free) if free else None)


def test_an_hour_that_the_clocks_skip_is_found_a_week_later():
    mine = span_of(times(weekdays=[7], hours=["02:00-02:30"]), BERLIN)
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # on the 29th 02:00 becomes 03:00
    found = first_free(mine, [], saturday, BERLIN)
    assert found is not None
    assert Times(weekdays=(7,), hours=((120, 150),)).hold(found, BERLIN)
    assert found == datetime(2026, 4, 5, 0, 0, tzinfo=UTC)
