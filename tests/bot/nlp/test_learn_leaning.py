"""Few examples of good and bad: the word list speaks where they are silent."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.nlp.learn.corpus import corpus
from bot.nlp.learn.features import features
from bot.nlp.learn.leaning import MOST, leaning
from bot.nlp.learn.reading import Row, Table
from bot.nlp.learn.train import train

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
GOOD = (
    "很好吃", "非常满意", "质量不错", "推荐购买", "孩子很喜欢", "物超所值", "服务热情", "发货很快",
    "房间干净", "屏幕清晰", "味道香浓", "性价比高",
)  # fmt: skip
BAD = (
    "太难吃了", "很失望", "质量太差", "千万别买", "孩子不喜欢", "上当受骗", "态度恶劣", "发货太慢",
    "房间很脏", "屏幕模糊", "一股怪味", "价格太高",
)  # fmt: skip


def table(good: str, bad: str, *others: tuple[str, str]) -> Table:
    rows = [Row(text, (good,)) for text in GOOD] + [Row(text, (bad,)) for text in BAD]
    return Table(tuple(rows) + tuple(Row(text, (label,)) for text, label in others), False)


def felt(rows: tuple[Row, ...]) -> np.ndarray | None:
    given = corpus(features(row.text) for row in rows)
    labels = sorted({row.labels[0] for row in rows})
    truth = np.array([[label == row.labels[0] for label in labels] for row in rows])
    return leaning(given.names, given.texts, truth)


@pytest.mark.parametrize(("good", "bad"), [("pos", "neg"), ("怒", "喜")])
def test_words_that_no_example_has_are_judged_by_the_list_whatever_labels_are_called(good, bad):
    model = train(table(good, bad), NOW)
    for text, label in [
        ("印刷精美,爱不释手", good),
        ("穿着舒服又显瘦", good),
        ("掉页严重,纸张粗糙", bad),
        ("没用几天就开裂了", bad),
    ]:
        assert model.predict(text).labels == (label,), text


def test_the_probabilities_are_of_a_whole_and_the_same_each_time():
    one, other = (train(table("pos", "neg"), NOW) for _ in range(2))
    assert one.probabilities("还行吧").sum() == pytest.approx(1)
    assert one.to_bytes() == other.to_bytes()


def test_a_third_label_stands_between():
    plain = [
        (text, "plain") for text in ("一般", "还行", "普普通通", "凑合能用", "马马虎虎", "中规中矩")
    ]
    rows = table("good", "bad", *plain).rows
    said = felt(rows)
    assert said is not None
    bad, good, between = said[np.abs(said).sum(axis=1).argmax()]
    assert min(bad, good) < between < max(bad, good)


def test_labels_that_say_nothing_of_feeling_do_not_lean():
    rows = [Row(text, (str(at % 2),)) for at, text in enumerate((*GOOD, *BAD))]
    assert felt(tuple(rows)) is None


def test_many_rows_need_no_list():
    rows = table("pos", "neg").rows
    assert felt(rows) is not None
    assert felt(rows * (MOST // len(rows) + 1)) is None
