"""`hongyan nlu` from the first example to a labelled file."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from tests.support import shell

THINGS = ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with examples and a model learnt from them."""
    folder = tmp_path_factory.mktemp("shop")
    rows = [
        (form.format(thing), label)
        for label, form in (("price", "{}多少钱"), ("refund", "{}要退货"))
        for thing in THINGS
    ]
    with (folder / "known.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    ended = nlu(folder, "train", "known.csv")
    assert ended.returncode == 0, ended.stderr
    assert "12 rows" in ended.stdout
    return folder


def nlu(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return shell.hongyan(["nlu", *words], folder, {}, stdin)


def test_labels_are_written_beside_the_texts(shop):
    (shop / "new.jsonl").write_text('{"id": 7, "text": "手套多少钱，要2件"}\n', encoding="utf-8")
    ended = nlu(shop, "predict", "--input", "new.jsonl", "--output", "out.csv")
    assert ended.returncode == 0, ended.stderr
    with (shop / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert list(row) == ["id", "text", "label", "confidence", "entities"]
    assert (row["id"], row["label"]) == ("7", "price")
    assert json.loads(row["entities"])[0]["value"] == "2件"
    assert 0.5 < float(row["confidence"]) <= 1


def test_texts_come_from_standard_input_too(shop):
    ended = nlu(shop, "predict", stdin="手套要退货\n")
    assert ended.stdout.splitlines()[1].startswith("手套要退货,refund,")


def test_a_model_is_judged_and_drawn(shop):
    ended = nlu(shop, "evaluate", "known.csv", "--json", "--picture", "p.svg")
    assert json.loads(ended.stdout)["accuracy"] == 1
    assert (shop / "p.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "12 rows: accuracy 1.000" in nlu(shop, "evaluate", "known.csv").stdout


def test_a_model_says_what_it_was_made_of(shop):
    about = json.loads(nlu(shop, "report", "--json").stdout)
    assert about["support"] == {"price": 6, "refund": 6}
    assert len(about["fingerprint"]) == 64
    assert "cross-validation: accuracy" in nlu(shop, "report").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["report", "--model", "none"], "nlu train", id="no model yet"),
        pytest.param(["evaluate", "none.csv"], "none.csv", id="no such file"),
        pytest.param(["report", "--model", "known.csv"], "not a model", id="no model at all"),
    ],
)
def test_what_is_wrong_is_one_line(shop, words, said):
    ended = nlu(shop, *words)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
