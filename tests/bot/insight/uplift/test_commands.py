"""`hongyan model train uplift`, `evaluate`, `predict` on a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.mail_experiment import made
from bot.cli.model import model
from bot.errors import InvalidInput
from bot.insight.table import write


def run(*words: Any) -> str:
    ended = CliRunner().invoke(model, [str(word) for word in words])
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_from_a_file_to_a_line_for_each_customer_and_a_picture(tmp_path: Path) -> None:
    table, _ = made("one attribute", 2_000, 1)
    rows = tmp_path / "mail.csv.gz"
    write(rows, table.names, zip(*(table.texts(name) for name in table.names), strict=True))
    kept, out, picture = (tmp_path / name for name in ("u.npz", "out.csv", "curves.svg"))
    said = run(
        "train", "uplift", "--data", rows, "--target", "visit", "--treatment", "mail", "--id", "id",
        "--out", kept, "--candidate", "T logistic", "--candidate", "response logistic",
        "--set", "control=No E-Mail", "--set", "folds=2", "--set", "repeats=1",
    )  # fmt: skip
    assert "qini over response targeting" in said
    judged = run("evaluate", kept, rows, "--picture", picture)
    assert "qini of response targeting" in judged
    assert "beside: T logistic Qini" in judged
    assert "tenth 10: 200 rows, uplift said" in judged
    assert picture.read_text().startswith("<svg")
    run("predict", kept, rows, "--output", out)
    lines = list(csv.reader(out.read_text().splitlines()))
    assert lines[0] == ["id", "uplift"]
    assert [line[0] for line in lines[1:]] == table.texts("id")


def test_words_that_do_not_tell_who_was_left_alone_ask_for_it(tmp_path: Path) -> None:
    rows = tmp_path / "ab.csv"
    write(rows, ("x", "arm", "y"), [(n, "AB"[n % 2], n % 3 % 2) for n in range(200)])
    words = ("train", "uplift", "--data", rows, "--target", "y", "--treatment", "arm")
    with pytest.raises(InvalidInput, match="has the values A, B: say which were left alone"):
        run(*words, "--out", tmp_path / "u.npz")
