"""Rows that were not taken: sealed while somebody may put them right, then gone."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.imports.rejects import KEPT_DAYS
from bot.imports.running import Result
from bot.profile import privacy
from bot.store import import_rejects
from bot.store.db import fetch
from jobs import collecting
from tests.bot.imports.cast import an_account, bring, rejected, table, try_out
from tests.conftest import NOON, a_follower

LIN, UNION = "oLin7f3a91xxxxxxxxxxxxxxxxxx", "u-lin-20c4"
PHONE, CARD = "13812345678", "K-17"
HEADER = ["openid", "unionid", "phone", "card", "note", "age"]
COLUMNS = {"openid": "openid", "unionid": "unionid", "phone": "phone", "card": "customer",
           "age": {"to": "attribute", "name": "age", "type": "number"}}  # fmt: skip


def bring_rejected(folder: Path, *rows: list[str]) -> Result:
    """Rows that are all rejected for their age."""
    result = bring(table(folder / "a.csv", [HEADER, *rows]), {"columns": COLUMNS})
    assert result.report.rejected == len(rows)
    return result


def lin() -> int:
    """A follower whose unionid, telephone and card number another list had told together."""
    return a_follower(an_account(), LIN)


NAMES = [
    pytest.param([LIN, "", "", "", ""], id="by the openid"),
    pytest.param(["", UNION, "", "", ""], id="by the unionid"),
    pytest.param(["", "", PHONE, "", ""], id="by the telephone number"),
    pytest.param(["", "", "", CARD, ""], id="by the customer number"),
    pytest.param(["坏的", "", "", "", f"是{LIN}的朋友"], id="by an openid in a column left out"),
    pytest.param(["", "", "x", "", f"电话+86 {PHONE}"], id="by a number in a column left out"),
]


@pytest.mark.parametrize("row", NAMES)
def test_whoever_is_named_is_told_of_it_and_erased_from_it(store, tmp_path, row):
    who = lin()
    told = [LIN, UNION, PHONE, CARD, "", "25"]
    bring(table(tmp_path / "known.csv", [HEADER, told]), {"columns": COLUMNS})
    other = ["o-other", "u-other", "13900000000", "K-18", "", "very old"]
    result = bring_rejected(tmp_path, [*row, "very old"], other)
    (held,) = privacy.export(who)["rejected_rows"]
    assert (held["file"], held["line"], held["cells"]) == ("a.csv", 2, [*row, "very old"])
    privacy.erase(who, "follower", NOON)
    assert [line[4:] for line in rejected(result)] == [HEADER, other]


def test_no_byte_of_a_rejected_row_is_read_in_the_files_nor_left_after_the_erasure(store, tmp_path):
    who = lin()
    run = bring_rejected(tmp_path, [LIN, "", PHONE, "", "住在幸福里", "very old"])
    (tmp_path / "a.csv").unlink()
    text = b"".join(one.read_bytes() for one in files_of(store))
    for said in (LIN, PHONE, "幸福里", "very old"):
        assert said.encode() not in text
    sql = "SELECT document FROM import_reject WHERE run_id = ? AND line > 0"
    ((sealed,),) = fetch(sql, (run.run_id,))
    assert bytes(sealed) in text
    privacy.erase(who, "follower", NOON)
    assert bytes(sealed) not in b"".join(one.read_bytes() for one in files_of(store))
    assert fetch("SELECT COUNT(*) FROM import_reject_name") == [(0,)]


def files_of(store) -> list[Path]:
    path = Path(store.url.removeprefix("sqlite:///"))
    return list(path.parent.glob(f"{path.name}*"))


def test_what_nobody_put_right_goes_after_thirty_days(any_store, tmp_path):
    run = bring_rejected(tmp_path, [LIN, "", "", "", "", "very old"])
    collecting.forget(NOON + timedelta(days=KEPT_DAYS))
    assert import_rejects.count(run.run_id) == 1
    collecting.forget(NOON + timedelta(days=KEPT_DAYS, seconds=1))
    assert import_rejects.count(run.run_id) == 0
    assert fetch("SELECT COUNT(*) FROM import_reject") == [(0,)]


def test_more_rejects_than_a_page_are_all_there_in_order(any_store, tmp_path):
    rows = [["o-1", "", "", "", "", f"x{n}"] for n in range(1203)]
    path = table(tmp_path / "a.csv", [HEADER, *rows])
    result = bring(path, {"columns": COLUMNS, "duplicates": {"by": []}})
    assert [row[-1] for row in rejected(result)[1:]] == [row[-1] for row in rows]
    assert import_rejects.drop(result.run_id) == 1203
    assert rejected(result) == [["import_line", "import_field", "import_reason", "import_原因"]]


CELLS = [
    pytest.param("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", id="a formula"),
    pytest.param("@SUM(1)", "'@SUM(1)", id="an old formula"),
    pytest.param("+86 138", "'+86 138", id="a number abroad"),
    pytest.param("-5", "-5", id="a plain number"),
    pytest.param("北京", "北京", id="a word"),
]


@pytest.mark.parametrize(("cell", "written"), CELLS)
def test_a_reject_file_runs_nothing_in_a_spreadsheet_and_comes_back_as_it_was(
    store, tmp_path, cell, written
):
    text = {"to": "attribute", "name": "n"}
    mapping = {"columns": {"openid": "openid", "=note": text}}
    path = table(tmp_path / "a.csv", [["openid", "=note"], ["坏", cell]])
    try_out(path, mapping, rejects=tmp_path / "bad.csv")
    rows = list(csv.reader((tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()))
    assert [row[-1] for row in rows] == ["'=note", written]
    mended = [["o-1" if one == "坏" else one for one in row] for row in rows]
    assert bring(table(tmp_path / "mended.csv", mended), mapping).report.taken == 1
    assert fetch("SELECT facts FROM event")[0][0] == json.dumps(
        {"name": "n", "value": cell}, ensure_ascii=False
    )
