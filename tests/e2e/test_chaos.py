"""Law 4 with real processes: senders killed at random moments, among every kind of fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import chaos

PEOPLE, KILLS = 250, 4


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_two_senders_killed_at_random_among_faults_send_to_nobody_twice(tmp_path: Path):
    """The same with 20,000 followers and 30 kills: python -m benchmarks chaos"""
    found = chaos.fire(PEOPLE, KILLS, tmp_path, f"sqlite:///{tmp_path}/hongyan.db")
    assert found["faults"] == []
    assert found["audience"] == PEOPLE
    assert found["kills"] == KILLS
    assert (
        found["sent"] > PEOPLE / 4
    )  # what a killed sender had claimed is unknown: chance says how many
