"""Whatever a model's card says has Chinese; a sentence that somebody adds without it fails here.

A sentence that is missing goes into bot/i18n/cards.zh.json: "english with {0}": "中文 {0}".
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

import bot.i18n
from bot.i18n.cards import said
from bot.insight.uplift.learners import NAMES
from bot.learning import habits, tiring, topics

ROOT = Path(bot.i18n.__file__).parents[2]
TABLE = json.loads((ROOT / "bot/i18n/cards.zh.json").read_text("utf-8"))
# Where cards' sentences are made: file -> its functions.
MAKERS = {
    "bot/insight/choose.py": ("_reasons",),
    "bot/insight/calibrate.py": ("learn",),
    "bot/insight/rows.py": ("bring",),
    "bot/insight/schema.py": ("_detected", "_number", "_worded"),
    "bot/insight/leakage.py": (
        "check_columns", "check_rows", "check_dates", "check_order", "_after_the_fact", "_missing",
    ),
    "bot/insight/hours_kind.py": ("_said",),
    "bot/insight/fatigue_kind.py": ("_said",),
    "bot/insight/churn/kind.py": ("_said", "_notes"),
    "bot/insight/recommend/kind.py": ("_said",),
    "bot/insight/clusters/kind.py": ("_reasons",),
    "bot/insight/clusters/lookalike.py": ("_reasons", "_drawn"),
    "bot/insight/uplift/training.py": ("_reasons",),
    "bot/insight/uplift/serving.py": ("_lines_of",),
    "bot/insight/uplift/trial.py": ("_said",),
}  # fmt: skip
# Parts of sentences that are put together: the whole is in the table.
PARTS = {
    "BG/NBD by greatest likelihood: r {0}, alpha {1} {2}", ", a {0}, b {1}", "; {0} have rows",
    "tenth {0}: {1} rows, uplift said {2}", "{0}, an arm is missing",
    "{0}, found {1} (error {2})", "; isotonic needs {0} of each",
    "calibration {0}: cross-fitted log loss {1} ({2} rows of the rarer answer{3})", "as good",
}  # fmt: skip
WORDY = re.compile("[a-z]+ [a-z]+")
HAN = re.compile("[\u3400-\u9fff]")


def texts(path, functions):
    """Every text of these functions that has two words beside each other, with numbered places."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    names = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    assert set(functions) <= set(names), path
    for name in functions:
        inside = {id(one) for node in ast.walk(names[name]) if isinstance(node, ast.JoinedStr)
                  for one in ast.walk(node) if one is not node}  # fmt: skip
        skipped = ast.get_docstring(names[name], clean=False)
        for node in ast.walk(names[name]):
            if id(node) in inside:
                continue
            text = template(node)
            if text and text != skipped and WORDY.search(text):
                yield text


def template(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    pieces, places = [], 0
    for one in node.values:
        if isinstance(one, ast.Constant):
            pieces.append(str(one.value))
        else:
            pieces.append(f"{{{places}}}")
            places += 1
    return "".join(pieces)


@pytest.mark.parametrize("path", MAKERS)
def test_every_sentence_of_a_card_has_chinese(path):
    found = list(texts(path, MAKERS[path]))
    assert found, "nothing is looked at"
    known = TABLE["sentences"] | TABLE["names"]
    refused = {"holds no rows"}
    assert [one for one in found if one not in known and one not in PARTS | refused] == []


@pytest.mark.parametrize("english", TABLE["sentences"])
def test_a_sentence_is_known_again_when_its_places_are_filled(english):
    chinese = TABLE["sentences"][english]
    places = re.findall(r"\{(\d+)\}", english)
    assert {n for n, _ in re.findall(r"\{(\d+)(!?)\}", chinese)} == set(places)
    text = re.sub(r"\{(\d+)\}", lambda place: f"{place[1]}7", english)
    expected = re.sub(r"\{(\d+)!?\}", lambda place: f"{place[1]}7", chinese)
    assert said(text, "zh") == expected
    assert said(text, "en") == text
    assert HAN.search(chinese)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("random forest is 0.1 behind, one standard error of that difference is 0.2: as good",
         "随机森林落后 0.1，这个差的一个标准误是 0.2：不相上下"),
        ("calibration none: cross-fitted log loss none 0.5, sigmoid 0.6 (9 rows of the rarer "
         "answer)",
         "校准方法：不校准；交叉拟合的对数损失 不校准 0.5，S 形曲线 0.6（较少的一类有 9 行）"),
        ("left out: constant: the same in every row", "没有采用：每行都一样"),
        ("'0' is taken for those left alone; '1' and '2' count alike as treated",
         "'0' 当作没发的一组；'1' and '2' 都算发了的"),
        ("of all, 50% are taken for customers still; 20% to buy within 30 days",
         "全体里 50% 仍算顾客；20% 会在 30 天内购买"),
        ("something new", "something new"),
        ("x" * 2000, "x" * 2000),
    ],
)  # fmt: skip
def test_what_is_inside_a_sentence_is_said_as_well(english, chinese):
    assert said(english, "zh") == chinese


def test_methods_and_gains_have_names():
    assert [one for one in NAMES if one not in TABLE["names"]] == []
    for gain in (habits.GAIN, tiring.GAIN, topics.GAIN):
        assert gain in TABLE["names"]
        assert f"insight.gain.{gain}" in bot.i18n.catalogue("zh")
