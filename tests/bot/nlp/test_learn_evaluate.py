"""Measures of predictions, each on a case that can be counted by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from bot.nlp.learn.evaluate import Judged, judge
from bot.nlp.learn.model import Prediction
from bot.nlp.learn.picture import draw

LABELS = ("a", "b", "out_of_scope")


def said(true: str, given: str, confidence: float) -> Judged:
    return Judged((true,), Prediction((given,), confidence), np.array([0.5, 0.3, 0.2]))


CASE = [
    said("a", "a", 0.95),
    said("a", "b", 0.55),
    said("b", "b", 0.95),
    said("out_of_scope", "out_of_scope", 0.95),
    said("out_of_scope", "a", 0.35),
]


@pytest.fixture
def found():
    return judge(CASE, LABELS, several=False)


def test_right_and_wrong_are_counted(found):
    assert (found["rows"], found["accuracy"]) == (5, 0.6)
    assert found["labels"]["a"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert found["confusion"][0] == {"label": "a", "predicted": "b", "rows": 1}


def test_what_was_said_is_held_against_what_was_found(found):
    assert found["ece"] == pytest.approx((3 * 0.05 + 0.55 + 0.35) / 5)


def test_answering_less_is_answering_better(found):
    by_threshold = {row["threshold"]: row for row in found["coverage"]}
    assert by_threshold[0.0]["coverage"] == 1
    assert by_threshold[0.6] == {"threshold": 0.6, "coverage": 0.6, "accuracy": 1.0}


def test_strange_texts_are_rejected_and_others_are_not(found):
    assert found["out_of_scope"] == {"rows": 2, "rejected": 0.5, "refused": 0.0}


def test_of_several_labels_each_counts():
    one = Judged(("a", "b"), Prediction(("a",), 0.9), np.array([0.9, 0.4]))
    found = judge([one], ("a", "b"), several=True)
    assert found["accuracy"] == 0
    assert found["micro_f1"] == pytest.approx(2 / 3)
    assert found["ece"] == pytest.approx((0.1 + 0.6) / 2)
    assert found["out_of_scope"] is None


def test_the_picture_is_well_formed(found):
    tree = ElementTree.fromstring(draw(found))
    assert len(tree.findall("{http://www.w3.org/2000/svg}polyline")) == 4
