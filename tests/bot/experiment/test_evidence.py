"""What is kept of a finding is all of it, as plain JSON."""

from __future__ import annotations

import json
from random import Random

from bot.experiment.arms import Arm
from bot.experiment.bandit import decide
from bot.experiment.compare import compare
from bot.experiment.effect import increment
from bot.experiment.evidence import as_document


def plain(found):
    """Through JSON that allows nothing but JSON."""
    return json.loads(json.dumps(as_document(found), allow_nan=False))


def test_a_comparison_keeps_people_rates_intervals_and_the_check_of_shares():
    arms = [Arm("c", 5000, 250), Arm("a", 5000, 330)]
    found = compare(arms, Random(1), weights={"c": 1, "a": 1})
    kept = plain(found)
    assert (kept["outcome"], kept["leader"], kept["control_people"]) == ("winner", "a", 5000)
    assert kept["arms"][0]["difference"]["low"] == found.arms[0].difference.low
    assert kept["arms"][0]["difference"]["verdict"] == "better"
    assert kept["shares"]["counts"] == {"c": 5000, "a": 5000}


def test_a_page_of_the_diary_keeps_what_was_known():
    page = decide([Arm("a", 9, 1), Arm("b", 9, 2)], Random(1))
    kept = plain(page)
    assert kept["known"][1] == {"name": "b", "people": 9, "successes": 2}
    assert kept["weights"] == page.weights
    assert kept["reason"] == "undecided"


def test_what_has_no_end_is_null():
    kept = plain(increment(Arm("s", 9500, 300), Arm("h", 500, 0)))
    assert kept["relative"]["high"] is None
    assert kept["absolute"]["low"] > 0
