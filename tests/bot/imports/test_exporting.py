"""Exporting: everybody once, nobody by name, nothing that a spreadsheet would run; and in again."""

import csv
import json
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from bot.errors import InvalidInput, NotFound
from bot.imports import exporting, running
from bot.imports.exporting import export_followers, harmless
from bot.imports.guessing import guess
from bot.imports.sources import open_source
from bot.profile import privacy
from bot.profile.refresh import fold_new
from bot.store import exports, followers, segments
from bot.store.models import FollowerAttribute, FollowerTag, SegmentMember
from tests.bot.imports.cast import CITY, an_account, bring, people, prepared, table
from tests.conftest import NOON


@pytest.fixture
def town(store, tmp_path):
    """o-1 to o-3 with attributes, tags and an interest; the account."""
    columns = {"openid": "openid", "city": CITY, "t": "tag", "l": "topic"}
    rows = [["openid", "city", "t", "l"], ["o-1", "北京", "a|b", "咖啡"],
            ["o-2", '=HYPERLINK("x")', "+1", ""], ["o-3", "-5", "", ""]]  # fmt: skip
    bring(table(tmp_path / "town.csv", rows), {"columns": columns})
    fold_new(NOON)
    return an_account()


def exported(account, path, **options):
    export_followers(account, path, NOON, **options)
    if path.suffix == ".xlsx":
        rows = [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]
    elif path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    else:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_everybody_stands_there_once_in_order_and_nobody_by_name(town, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    rows = exported(town, path)
    ids = [followers.find(town, f"o-{n}").id for n in (1, 2, 3)]
    assert [int(row["follower"]) for row in rows] == ids
    assert rows[0]["attribute.city"] == "北京"
    assert rows[0]["tags"] == (["a", "b"] if suffix == "jsonl" else "a|b")
    assert "openid" not in rows[0]
    assert b"o-1" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_spreadsheet_runs_nothing(town, tmp_path, suffix):
    rows = exported(town, tmp_path / f"out.{suffix}")
    assert rows[1]["attribute.city"] == '\'=HYPERLINK("x")'
    assert rows[1]["tags"] == "'+1"
    assert str(rows[2]["attribute.city"]) == "-5"  # a number is no formula


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1", "'=1"), ("+1", "'+1"), ("-1+1", "'-1+1"), ("@a", "'@a"), ("\t=1", "'\t=1"),
     ("-1.5", "-1.5"), ("a=1", "a=1"), ("", ""), (None, ""), (True, "true"), (["=a", "b"], "'=a|b"),
     (7, 7)],
)  # fmt: skip
def test_cells_are_harmless(cell, written):
    assert harmless(cell) == written


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_an_export_can_be_imported_again_and_nothing_is_different(town, tmp_path, suffix):
    path = tmp_path / f"out.{suffix}"
    before = exported(town, path)
    document = guess(open_source(path), "followers", NOON)
    result = bring(path, document)
    assert (result.report.rejected, result.report.followers_made) == (0, 0)
    fold_new(NOON)
    assert exported(town, tmp_path / f"again.{suffix}") == before


def test_a_changed_export_changes_the_profile(town, tmp_path):
    path = tmp_path / "out.csv"
    exported(town, path)
    path.write_text(path.read_text("utf-8-sig").replace("北京", "天津"), "utf-8")
    later = NOON + timedelta(hours=1)
    document = guess(open_source(path), "followers", NOON)
    running.run(town, prepared(path, document), lambda: later)
    fold_new(later)
    assert {row.text for row in FollowerAttribute.select()} == {"天津", '=HYPERLINK("x")', "-5"}


def test_only_the_members_of_a_segment(town, tmp_path):
    made = segments.put(town, "s", "段", {"tag": "a"}, NOON)
    member = followers.find(town, "o-1").id
    SegmentMember.insert(segment=made.id, follower=member, since=NOON).execute()
    rows = exported(town, tmp_path / "out.jsonl", segment_id=made.id)
    assert [(row["follower"], row["segments"]) for row in rows] == [(member, ["s"])]
    assert exports.count(town, made.id) == 1


def test_who_may_see_more_gets_openids(town, tmp_path):
    rows = exported(town, tmp_path / "out.csv", personal=True)
    assert [row["openid"] for row in rows] == ["o-1", "o-2", "o-3"]


def test_the_erased_are_not_there(town, tmp_path):
    privacy.erase(followers.find(town, "o-2").id, "follower", NOON)
    rows = exported(town, tmp_path / "out.csv", personal=True)
    assert len(rows) == exports.count(town, None) == 2


def test_more_followers_than_a_page(town, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "_PAGE", 2)
    assert len(exported(town, tmp_path / "out.csv")) == 3
    assert FollowerTag.select().count() == 3


def test_an_export_that_fails_leaves_what_was_there(town, tmp_path, monkeypatch):
    path = tmp_path / "out.xlsx"
    path.write_bytes(b"before")
    monkeypatch.setattr(exporting, "MOST_ROWS_XLSX", 2)
    with pytest.raises(InvalidInput, match="csv"):
        export_followers(town, path, NOON)
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []


def test_where_nothing_can_be_written(town, tmp_path):
    with pytest.raises(InvalidInput, match="suffix"):
        export_followers(town, tmp_path / "out.pdf", NOON)
    with pytest.raises(NotFound, match="none"):
        export_followers(town, tmp_path / "none" / "out.csv", NOON)


def test_the_same_on_every_engine(any_store, tmp_path):
    bring(people(tmp_path, 3))
    fold_new(NOON)
    rows = exported(an_account(), tmp_path / "out.jsonl")
    assert [row["attribute.age"] for row in rows] == ["20", "21", "22"]
