"""A coupon batch as a document: what is understood, what is refused and by which field."""

import json
from datetime import UTC, date, datetime

import pytest

from bot.content.batches import read_batch, write_batch
from bot.errors import InvalidInput

LEAST = {"slug": "spring-8", "title": "满30减8", "face_value_fen": 800}
FULL = {
    **LEAST,
    "threshold_fen": 3000,
    "per_person": 2,
    "valid_from": "2026-12-01",
    "valid_until": "2026-12-31",
    "valid_days": 7,
    "topics": ["咖啡", "甜点", "咖啡"],
    "codes": 1000,
}


def test_a_slug_a_title_and_a_value_are_enough():
    batch = read_batch(LEAST)
    assert (batch.per_person, batch.threshold_fen, batch.codes, batch.topics) == (1, 0, 0, ())
    assert (batch.valid_from, batch.valid_until, batch.valid_seconds) == (None, None, None)


def test_days_are_days_of_the_accounts_zone_to_their_end():
    batch = read_batch(FULL)
    assert batch.valid_from == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert batch.valid_until == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert batch.valid_seconds == 7 * 86400
    assert batch.topics == ("咖啡", "甜点")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2026-12-31T18:00", id="wall time, in the account's zone"),
        pytest.param("2026-12-31T18:00+08:00", id="with an offset"),
        pytest.param("2026-12-31T10:00Z", id="in UTC"),
        pytest.param(datetime(2026, 12, 31, 10, tzinfo=UTC), id="as YAML reads it"),
    ],
)
def test_an_instant_may_be_written_in_several_ways(value):
    found = read_batch({**LEAST, "valid_until": value}).valid_until
    assert found == datetime(2026, 12, 31, 10, tzinfo=UTC)


def test_a_day_as_yaml_reads_it():
    written = read_batch({**LEAST, "valid_until": "2026-12-31"})
    assert read_batch({**LEAST, "valid_until": date(2026, 12, 31)}) == written


@pytest.mark.parametrize("document", [LEAST, FULL])
def test_what_is_written_reads_back_the_same(document):
    batch = read_batch(document)
    assert read_batch(json.loads(json.dumps(write_batch(batch)))) == batch


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"slug": "Spring 8"}, "slug", id="a slug with a space"),
        pytest.param({"slug": None}, "slug", id="no slug"),
        pytest.param({"title": " "}, "title", id="an empty title"),
        pytest.param({"title": "满" * 65}, "title", id="a title too long for its column"),
        pytest.param({"face_value_fen": None}, "face_value_fen", id="no value"),
        pytest.param({"face_value_fen": 8.5}, "face_value_fen", id="half a fen"),
        pytest.param({"face_value_fen": True}, "face_value_fen", id="a yes for a number"),
        pytest.param({"face_value_fen": -800}, "face_value_fen", id="a negative value"),
        pytest.param({"threshold_fen": 700}, "threshold_fen", id="8 yuan off a 7 yuan order"),
        pytest.param({"per_person": 0}, "per_person", id="nobody may have one"),
        pytest.param({"valid_until": "31.12.2026"}, "valid_until", id="a day written otherwise"),
        pytest.param({"valid_until": "9999-12-31"}, "valid_until", id="a day past the calendar"),
        pytest.param({"valid_from": "0001-01-01"}, "valid_from", id="a day before it"),
        pytest.param({"valid_from": 20261201}, "valid_from", id="a number for a day"),
        pytest.param(
            {"valid_from": "2026-12-02", "valid_until": "2026-12-01"}, "valid_until", id="backwards"
        ),
        pytest.param({"valid_days": 0}, "valid_days", id="valid no time at all"),
        pytest.param({"valid_days": 1, "valid_seconds": 5}, "valid_seconds", id="two durations"),
        pytest.param({"topics": "咖啡"}, "topics", id="a topic that is no list"),
        pytest.param({"topics": ["咖啡", 3]}, "topics[1]", id="a topic that is no text"),
        pytest.param({"codes": "many"}, "codes", id="a number in words"),
        pytest.param({"facevalue": 800}, "facevalue", id="a misspelt field"),
    ],
)
def test_a_broken_rule_is_named_with_its_field(changes, field):
    with pytest.raises(InvalidInput) as refused:
        read_batch({**LEAST, **changes})
    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize("document", [None, [], "slug: x", 3])
def test_a_document_is_a_mapping(document):
    with pytest.raises(InvalidInput):
        read_batch(document)
