"""Real input: 4,213 turns that people typed, as encrypted callbacks, each dialogue a follower."""

from __future__ import annotations

import json

import pytest

from benchmarks import crosswoz

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not crosswoz.DATA.exists(), reason=f"the CrossWOZ data is not at {crosswoz.DATA}"
    ),
]


def test_every_turn_is_answered_in_time_and_profiles_show_who_wants_what(capsys):
    found = crosswoz.run()
    with capsys.disabled():
        print(json.dumps(found, ensure_ascii=False))  # noqa: T201
    assert found["turns"] == 4213
    assert found["refused"] == found["silent"] == 0
    assert found["callbacks"]["answered"] == 4213
    assert found["callbacks"]["failed"] == found["callbacks"]["late"] == 0
    assert found["slowest_ms"] < 4500
    assert found["folded_events"] == 4213
    # Measured .986 (python -m benchmarks crosswoz); the floor catches a broken lexicon.
    assert found["f1"] > 0.95
