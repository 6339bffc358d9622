"""`hongyan model` from a table to chances."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from bot.cli.model import model as cli
from bot.errors import InvalidInput
from bot.insight.table import Table, read, write
from tests.bot.insight.cast import a_shop
from tests.support import shell

BANK = Path(__file__).parents[4] / "shared/data/bank_campaign"
ROLES = ["--target", "bought", "--id", "id", "--group", "person"]
QUICK = ["--candidate", "logistic regression", "--candidate", "decision tree"]


def model(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return shell.hongyan(["model", *words], folder, {})


def a_file(path: Path, table) -> None:
    rows = zip(*(table.texts(name) for name in table.names), strict=True)
    write(path, table.names, rows)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with known rows, new rows and a model learnt from the known ones."""
    folder = tmp_path_factory.mktemp("shop")
    a_file(folder / "known.csv.gz", a_shop())
    a_file(folder / "new.csv", a_shop(60, seed=4))
    words = ["--data", "known.csv.gz", *ROLES, *QUICK, "--out", "m.npz"]
    ended = model(folder, "train", "propensity", *words)
    assert ended.returncode == 0, ended.stderr
    (folder / "said.txt").write_text(ended.stdout + "\n---\n" + ended.stderr, encoding="utf-8")
    return folder


def test_training_says_what_was_chosen_why_and_how_good_it_is(shop):
    said, progress = (shop / "said.txt").read_text(encoding="utf-8").split("---")
    for part in (
        "taught by 400 rows", "split by group", "has the highest cross-validated AUC", "is kept",
        "calibration", "on the part that was held out:", "Brier", "warning (left out): column day",
        "age 25-34", "written to m.npz",
    ):  # fmt: skip
        assert part in said
    assert "logistic regression (0 of 40)" in progress


def test_chances_are_written_with_the_ids_in_the_order_of_the_rows(shop):
    ended = model(shop, "predict", "--model", "m.npz", "--input", "new.csv", "--output", "out.csv")
    assert ended.returncode == 0, ended.stderr
    with (shop / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == a_shop(60, seed=4).texts("id")
    assert all(0 <= float(row["score"]) <= 1 for row in rows)


def test_a_late_fault_is_said_with_its_line_and_leaves_no_half_answer(shop, monkeypatch):
    monkeypatch.chdir(shop)
    monkeypatch.setattr("bot.insight.slices.ROWS", 7)
    new = a_shop(60, seed=4)
    new.columns["orders"][50] = "lots"
    a_file(shop / "faulty.csv", new)
    words = ["predict", "m.npz", "faulty.csv", "--output", "half.csv"]
    with pytest.raises(InvalidInput, match="line 52, column orders: 'lots' is not a number"):
        cli(words, standalone_mode=False)
    assert not [one for one in shop.iterdir() if "half" in one.name]


def test_slices_are_numbered_on_where_the_file_has_no_ids(shop, monkeypatch):
    monkeypatch.chdir(shop)
    monkeypatch.setattr("bot.insight.slices.ROWS", 7)
    new = a_shop(60, seed=4)
    a_file(shop / "nameless.csv", Table({k: v for k, v in new.columns.items() if k != "id"}, 60))
    cli(["predict", "m.npz", "nameless.csv", "--output", "n.csv"], standalone_mode=False)
    assert read("n.csv").texts("id") == [str(number) for number in range(1, 61)]


def test_another_column_may_name_the_rows_and_the_answer_go_to_standard_output(shop):
    ended = model(shop, "predict", "m.npz", "new.csv", "--id", "person")
    assert ended.stdout.splitlines()[0] == "id,score"
    assert ended.stdout.splitlines()[1].startswith("p0,")


@pytest.mark.parametrize(
    "words",
    [
        ["m.npz", "--data", "new.csv", "--target", "bought"],
        ["--model", "m.npz", "--input", "new.csv"],
        ["m.npz", "new.csv"],
    ],
    ids=" ".join,
)
def test_a_model_is_judged_on_rows_it_has_not_seen(shop, words, monkeypatch, capsys):
    monkeypatch.chdir(shop)
    cli(["evaluate", *words, "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"]["rows"] == 60
    assert found["metrics"]["auc"]["low"] <= found["metrics"]["auc"]["value"]
    assert {"gains", "calibration", "fairness", "drift"} <= set(found)


def test_a_report_is_a_folder_with_card_and_pictures(shop):
    ended = model(shop, "report", "m.npz", "--to", "about")
    assert ended.returncode == 0, ended.stderr
    card = json.loads((shop / "about/card.json").read_text(encoding="utf-8"))
    assert card["held_out"]["learning"]
    assert (shop / "about/curves.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "propensity model" in (shop / "about/card.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param(["train", "propensity"], 1, "--data", id="no table"),
        pytest.param(["train", "magic", "--data", "known.csv.gz"], 2, "magic", id="no such kind"),
        pytest.param(["train"], 2, "KIND", id="no kind"),
        pytest.param(["train", "propensity", "--data", "none.csv"], 1, "none.csv", id="no file"),
        pytest.param(["train", "propensity", "--data", "new.csv"], 1, "--target", id="no target"),
        pytest.param(["train", "propensity", "--data", "new.csv", "--target", "id"], 1,
                     "column id: a target has two answers", id="no target of two answers"),
        pytest.param(["evaluate"], 2, "--model", id="no model named"),
        pytest.param(["evaluate", "m.npz"], 2, "--data", id="no rows named"),
        pytest.param(["evaluate", "m.npz", "new.csv", "more"], 2, "more", id="too much"),
        pytest.param(["predict", "none.npz", "new.csv"], 1, "model train", id="no such model"),
        pytest.param(["predict", "new.csv", "new.csv"], 1, "not a whole model", id="no model file"),
        pytest.param(["predict", "m.npz", "new.csv", "--id", "openid"], 1, "openid",
                     id="no such column"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_and_a_status(shop, words, status, said):
    ended = model(shop, *words)
    assert ended.returncode == status
    assert said in ended.stderr
    assert ended.stdout == ""


@pytest.mark.skipif(not BANK.exists(), reason="the bank's campaign is not on this machine")
def test_a_public_table_is_learnt_from_and_foretold(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["--target", "subscribed", "--id", "id", "--candidate", "logistic regression"]
    whole = read(BANK / "train.csv.gz")
    some = {name: cells[:1500] for name, cells in whole.columns.items()}
    a_file(tmp_path / "some.csv", Table(some, 1500))
    train = ["--data", "some.csv", *words, "--out", "m.npz", "--json"]
    cli(["train", "propensity", *train], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["held_out"]["metrics"]["auc"]["value"] > 0.65
    dev = read(BANK / "dev.csv.gz")
    without = {name: cells for name, cells in dev.columns.items() if name != "subscribed"}
    a_file(tmp_path / "new.csv", Table(without, dev.rows))
    cli(["predict", "m.npz", "new.csv", "--output", "out.csv"], standalone_mode=False)
    assert read(tmp_path / "out.csv").texts("id") == dev.texts("id")
