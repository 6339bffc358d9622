"""Serving a model: by tables and Python's numbers, the same as the formula says at length."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from bot.nlp.learn.features import features
from bot.nlp.learn.model import probabilities
from bot.nlp.learn.reading import Row, Table
from bot.nlp.learn.train import train

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
THINGS = ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾", "茶叶", "蜂蜜")
FORMS = {
    "price": "{}多少钱",
    "refund": "{}太难吃了，我想退货",
    "size": "请问{}有没有大号?",
    "out_of_scope": "{}的歌谁唱的",
}
ROWS = tuple(
    Row(form.format(thing), (label,), turn)
    for label, form in FORMS.items()
    for thing, turn in zip(THINGS, (None, "", "要不要领一张券") * 3, strict=False)
)
TEXTS = (
    pytest.param("毛衣多少钱", None, id="as learnt"),
    pytest.param("请问球鞋的歌太难吃了，我想退货退款?", None, id="of everything something"),
    pytest.param("好", "要不要领一张券", id="after a turn"),
    pytest.param("好", "", id="before any turn"),
    pytest.param("[发怒]退货", None, id="a code"),
    pytest.param("zzzz", None, id="nothing of it known"),
    pytest.param("", None, id="nothing"),
    pytest.param("毛衣多少钱，有没有大号" * 200, None, id="as long as it gets"),
)


@pytest.fixture(scope="module")
def model():
    return train(Table(ROWS, False), NOW)


@pytest.mark.parametrize(("text", "turn"), TEXTS)
def test_what_serving_looks_up_are_the_features_that_were_learnt(model, text, turn):
    found = {model.vocabulary[at] for at in model._table.places(text, turn)}
    assert found == features(text, turn) & set(model.vocabulary)


@pytest.mark.parametrize(("text", "turn"), TEXTS)
def test_sums_are_whole_and_exact(model, text, turn):
    known = [at for at, name in enumerate(model.vocabulary) if name in features(text, turn)]
    summed = [sum(int(model.rows[at, column]) for at in known) for column in range(17)]
    assert model._table.summed(text, turn).tolist() == summed


@pytest.mark.parametrize(("text", "turn"), TEXTS)
def test_probabilities_are_those_of_the_formula(model, text, turn):
    scores = model.scores(model._table.summed(text, turn))
    assert np.allclose(
        model.probabilities(text, turn), probabilities(scores, model.mix, False), atol=1e-12
    )


@pytest.mark.parametrize(("text", "turn"), TEXTS)
def test_a_prediction_is_what_is_decided_from_the_probabilities(model, text, turn):
    found, decided = model.predict(text, turn), model.decide(model.probabilities(text, turn))
    assert (found.labels, found.second[0]) == (decided.labels, decided.second[0])
    assert found.confidence == pytest.approx(decided.confidence, abs=1e-12)
    assert found.second[1] == pytest.approx(decided.second[1], abs=1e-12)
    assert found.margin == pytest.approx(decided.margin, abs=1e-12)


@pytest.mark.parametrize(
    ("threshold", "refused"),
    [pytest.param(0.0, True, id="any doubt"), pytest.param(1.1, False, id="no doubt")],
)
def test_the_threshold_of_doubt_refuses_both_ways(model, threshold, refused):
    strict = replace(model, card=replace(model.card, threshold=threshold))
    text = "毛衣多少钱"
    for found in (strict.predict(text), strict.decide(strict.probabilities(text))):
        assert (found.labels == ("out_of_scope",)) is refused
        assert ("price" in (found.second[0], *found.labels)) is True


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda mix: mix + 0.01, id="every score bears on every label"),
        pytest.param(lambda mix: -mix, id="a margin counts against its own label"),
    ],
)
def test_a_mix_of_another_form_is_served_by_the_formula_itself(model, changed):
    other = replace(model, mix=changed(model.mix))
    scores = other.scores(other._table.summed("毛衣多少钱"))
    assert other.probabilities("毛衣多少钱") == pytest.approx(
        probabilities(scores, other.mix, False), abs=1e-12
    )
    assert other.predict("毛衣多少钱").labels
