"""Learning from a handful of texts: what comes out, that it is the same each time, and its file."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from bot.errors import InvalidInput, NotFound
from bot.nlp.learn import corpus, fit
from bot.nlp.learn.model import load
from bot.nlp.learn.prepared import prepare
from bot.nlp.learn.reading import Row, Table
from bot.nlp.learn.train import train

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
THINGS = ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾", "茶叶", "蜂蜜")
FORMS = {
    "price": "{}多少钱",
    "refund": "{}我想退货",
    "size": "{}有没有大号",
    "out_of_scope": "{}的歌谁唱的",
}
ONE = Table(
    tuple(Row(form.format(thing), (label,)) for label, form in FORMS.items() for thing in THINGS),
    several=False,
)
BOTH = tuple(Row(f"{thing}多少钱，有没有大号", ("price", "size")) for thing in THINGS)
SEVERAL = Table(tuple(row for row in ONE.rows if row.labels != ("out_of_scope",)) + BOTH, True)


@pytest.fixture(scope="module")
def one():
    return train(ONE, NOW)


@pytest.mark.parametrize(
    ("text", "label"),
    [("手套多少钱呀", "price"), ("手套我要退货", "refund"), ("手套有没有大号", "size")],
)
def test_a_text_never_seen_gets_its_label(one, text, label):
    found = one.predict(text)
    assert found.labels == (label,)
    assert 0.25 < found.confidence <= 1


def test_what_nobody_answers_is_out_of_scope(one):
    assert one.predict("手套的歌谁唱的").labels == ("out_of_scope",)


@pytest.mark.parametrize("text", ["", "   ", "🎉", "zzzz", "字" * 5000, "\ud800"])
def test_any_text_has_an_answer(one, text):
    assert one.predict(text).labels
    assert one.probabilities(text).sum() == pytest.approx(1)


def test_several_labels_are_given_where_several_are_meant():
    model = train(SEVERAL, NOW)
    assert model.predict("手套多少钱，有没有大号").labels == ("price", "size")
    assert model.predict("手套我想退货").labels == ("refund",)


def test_the_turn_before_decides_what_a_short_answer_means():
    asked = {"yes.coupon": "要不要领一张券", "yes.human": "要不要转人工"}
    known = [
        Row(text, (label,), turn)
        for label, turn in asked.items()
        for text in ("好的", "要", "可以", "嗯")
    ]
    unknown = [Row(row.text, row.labels) for row in known[:2]]  # a mix of both kinds
    model = train(Table((*known, *unknown), False), NOW)
    for label, turn in asked.items():
        assert model.predict("好", turn).labels == (label,)


def test_the_same_rows_give_the_same_file(tmp_path, one):
    one.save(str(tmp_path / "a.npz"))
    train(ONE, NOW).save(str(tmp_path / "b.npz"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_model_comes_back_from_its_file(tmp_path, one):
    one.save(str(tmp_path / "deep" / "m.npz"))
    again = load(str(tmp_path / "deep" / "m.npz"))
    assert again.card == one.card
    assert again.card.made_at == "2026-03-01T04:00:00+00:00"
    assert np.array_equal(again.probabilities("多少钱"), one.probabilities("多少钱"))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "text").write_text("no model")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    np.save(tmp_path / "pickled.npy", np.array([{}]), allow_pickle=True)
    for name in ("text", "other.npz", "pickled.npy"):
        with pytest.raises(InvalidInput, match="not a model"):
            load(str(tmp_path / name))
    with pytest.raises(NotFound, match="nlu train"):
        load(str(tmp_path / "none"))


def test_one_label_is_nothing_to_learn():
    with pytest.raises(InvalidInput, match="two labels"):
        train(Table((Row("a", ("x",)), Row("b", ("x",))), False), NOW)


def test_a_label_with_one_example_does_not_stop_the_others():
    model = train(Table((*ONE.rows, Row("开发票", ("invoice",))), False), NOW)
    assert model.predict("手套多少钱").labels == ("price",)


def test_a_prediction_names_the_runner_up(one):
    found = one.predict("手套多少钱呀")
    chances = dict(zip(one.card.labels, one.probabilities("手套多少钱呀"), strict=True))
    label, chance = found.second
    assert label == max(set(chances) - {"price", "out_of_scope"}, key=chances.get)
    assert chance == chances[label]
    assert found.margin == pytest.approx(found.confidence - chance)


def test_what_is_refused_still_names_what_might_have_been_meant(one):
    assert one.predict("手套的歌谁唱的").second[0] in one.card.labels


def test_a_prepared_text_is_predicted_as_the_text_itself(one):
    text = "手套多少钱呀"
    assert one.predict(prepare(text), prepare("")) == one.predict(text, "")


def test_the_card_tells_the_rows_and_what_cross_validation_found(one):
    assert one.card.id == one.card.fingerprint[:12]
    assert one.card.checked["accuracy"] == pytest.approx(one.card.metrics["accuracy"], abs=1e-4)
    assert set(one.card.checked["labels"]) == set(one.card.labels)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("你好", "a"), ("再见", "b")], id="one row a label"),
        pytest.param([(f"{x}{y}", x) for x in "甲乙丙丁戊" for y in "12"], id="two rows a label"),
        pytest.param([("", "a"), ("", "b")], id="texts without anything"),
        pytest.param([("你好", "a"), ("再见", "out_of_scope")], id="a single answer"),
    ],
)
def test_a_handful_of_rows_is_enough(rows):
    model = train(Table(tuple(Row(text, (label,)) for text, label in rows), False), NOW)
    assert model.predict("你好").labels[0] in model.card.labels


def test_one_fold_checks_nothing():
    with pytest.raises(InvalidInput, match="two folds"):
        train(ONE, NOW, folds=1)


def test_a_model_keeps_to_its_room(monkeypatch):
    monkeypatch.setattr(fit, "ROOM", 12_000)
    small = train(ONE, NOW)
    assert len(small.vocabulary) == 12_000 // (fit._NAME + 2 * (4 * 4 + 1))
    assert small.predict("手套多少钱呀").labels == ("price",)


def test_a_crowd_of_names_that_occurred_once_is_forgotten(monkeypatch):
    monkeypatch.setattr(corpus, "CROWDED", 3)
    found = corpus.corpus([["aaa", "bbb"], ["aaa", "ccc"], ["aaa", "ddd"], ["ccc", "aaa"]])
    assert list(found.names) == ["aaa"]
    assert found.texts.toarray().tolist() == [[1], [1], [1], [1]]


def test_serving_loads_no_learning_library():
    code = "import sys, bot.nlp.learn.model, bot.cli.nlu; print('sklearn' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
