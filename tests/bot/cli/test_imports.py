"""`hongyan followers import`, `orders import`, `followers export`, `imports`, in this process."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from bot.cli import common
from bot.cli.root import cli
from bot.errors import HongyanError
from bot.store import audit
from tests.bot.imports.cast import people, table
from tests.conftest import KEY


class Console:
    """Commands in this process; output, and what `main` would say on stderr."""

    def __call__(self, *words):
        ended = CliRunner().invoke(cli, list(words))
        if ended.exception and not isinstance(ended.exception, (HongyanError, SystemExit)):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ""
        return ended.exit_code, ended.stdout, said or ended.stderr

    def json(self, *words):
        status, out, said = self(*words, "--json")
        assert status == 0, said
        return json.loads(out)


@pytest.fixture
def hongyan(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    settings = {
        "WECHAT_API_URL": "http://127.0.0.1:9",
        "SECRET_KEYS": KEY,
        "DATABASE_URL": fresh_sqlite(tmp_path),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"HONGYAN_{name}", value)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    yield Console()
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def test_a_file_is_imported_by_its_name_alone_and_the_profiles_follow(hongyan, tmp_path):
    people(tmp_path)
    status, out, said = hongyan("followers", "import", "people.csv")
    assert status == 0
    first = "import 1: 10 read = 10 taken + 0 unchanged + 0 rejected + 0 duplicates"
    assert out.splitlines()[:2] == [first, "10 new followers, 20 events"]
    assert "age -> attribute age number" in said
    assert hongyan.json("profiles", "show", "1")["attributes"]["city"]["value"] == "北京"
    again = hongyan.json("followers", "import", "people.csv")
    assert (again["unchanged"], again["taken"], again["folded"]) == (10, 0, 0)


def test_a_dry_run_says_all_and_does_nothing(hongyan, tmp_path):
    people(tmp_path)
    assert "dry run, nothing written: 10 read" in hongyan(
        "followers", "import", "people.csv", "--dry-run"
    )[1]  # fmt: skip
    assert hongyan.json("imports", "list") == {"imports": []}


def test_a_mapping_is_shown_edited_kept_and_used_again(hongyan, tmp_path):
    people(tmp_path)
    people(tmp_path, 12, "more.csv")
    shown = hongyan("followers", "import", "people.csv", "--show-mapping")[1]
    (tmp_path / "m.yaml").write_text(shown.replace("name: city", "name: town"), "utf-8")
    hongyan("followers", "import", "people.csv", "--mapping", "m.yaml", "--save-mapping", "会员")
    assert hongyan.json("followers", "import", "more.csv", "--mapping", "会员")["taken"] == 12
    assert hongyan.json("imports", "mappings")["mappings"][0]["name"] == "会员"
    kept = hongyan.json("imports", "mappings", "会员")
    assert kept["columns"]["city"]["name"] == "town"
    assert hongyan.json("imports", "show", "1")["mapping"] == kept
    assert "town" in hongyan.json("profiles", "show", "1")["attributes"]


def test_orders_have_a_command_of_their_own(hongyan, tmp_path):
    rows = [["openid", "订单号", "金额", "下单时间"], ["o-1", "A1", "12.30", "2026-01-02 12:00"]]
    table(tmp_path / "o.csv", rows)
    assert hongyan.json("orders", "import", "o.csv")["taken"] == 1
    by_kind = hongyan.json("followers", "import", "o.csv", "--kind", "orders")
    assert by_kind["unchanged"] == 1
    assert hongyan.json("profiles", "show", "1")["orders"]["spent_fen"] == 1230


def test_rejected_rows_are_shown_with_their_reasons_which_is_logged(hongyan, tmp_path):
    table(tmp_path / "a.csv", [["openid", "city"], ["o-1", "北京"], ["坏", "上海"]])
    status, out, _ = hongyan("followers", "import", "a.csv")
    assert status == 0
    assert "rejected, is not an openid or unionid (不是 openid 或 unionid): 1" in out
    assert "hongyan imports rejects 1" in out
    assert hongyan.json("imports", "rejects", "1")[0]["import_field"] == "openid"
    assert "不是 openid" in hongyan("imports", "rejects", "1")[1]
    listed = hongyan("imports", "list")[1].splitlines()[1].split()
    assert listed[:7] == ["1", "followers", "done", "2", "1", "0", "1"]
    assert hongyan.json("imports", "rejects", "1", "--out", "bad.csv")["rows"] == 1
    written = tmp_path / "bad.csv"
    assert written.stat().st_mode & 0o077 == 0
    assert written.read_text("utf-8-sig").splitlines()[1].endswith("坏,上海")
    opened = audit.entries(action="rejects_opened")
    assert [one.detail for one in opened] == [{"import": 1, "rows": 1}] * 3
    assert hongyan.json("imports", "rejects", "1", "--drop") == {"dropped": 1}
    assert "no rejected rows are kept" in hongyan("imports", "rejects", "1")[1]


@pytest.mark.parametrize("trial", [(), ("--dry-run",)], ids=["an import", "a dry run"])
def test_a_reject_file_is_written_where_it_is_asked_for(hongyan, tmp_path, trial):
    table(tmp_path / "a.csv", [["openid", "city"], ["坏", "上海"]])
    hongyan("followers", "import", "a.csv", "--rejects", "bad.csv", *trial)
    rows = (tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()
    assert rows[1].endswith("不是 openid 或 unionid,坏,上海")


def test_the_sheet_of_a_workbook_is_chosen_by_its_name(hongyan, tmp_path):
    book = Workbook()
    book.active.append(["note"])
    sheet = book.create_sheet("会员")
    for row in (["openid", "city"], ["o-1", "北京"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    found = hongyan.json("followers", "import", "a.xlsx", "--sheet", "会员")
    assert (found["taken"], found["format"]["sheet"]) == (1, "会员")
    assert "it has Sheet、会员" in hongyan("followers", "import", "a.xlsx", "--sheet", "x")[2]


def test_an_export_has_no_openids_unless_asked_for_which_is_logged(hongyan, tmp_path):
    people(tmp_path, 2)
    hongyan("followers", "import", "people.csv")
    assert hongyan.json("followers", "export", "out.csv")["followers"] == 2
    assert "o-1" not in (tmp_path / "out.csv").read_text("utf-8-sig")
    assert audit.entries(action="export_personal") == []
    _, _, said = hongyan("followers", "export", "all.csv", "--personal")
    assert "logged" in said
    assert "o-1" in (tmp_path / "all.csv").read_text("utf-8-sig")
    (entry,) = audit.entries(action="export_personal")
    assert entry.detail == {"segment": "", "followers": 2}


VISITS = {"kind": "events", "event": "checkin",
          "columns": {"openid": "openid", "at": "at", "c": "ignore"}}  # fmt: skip


def test_a_file_told_again_under_another_mapping_says_why_nothing_is_new(hongyan, tmp_path):
    table(tmp_path / "a.csv", [["openid", "at", "c"], ["o-1", "2026-11-20 09:00", "x"]])
    fact = {"to": "fact", "name": "place"}
    mended = {**VISITS, "columns": {**VISITS["columns"], "c": fact}}
    for name, document in (("e.json", VISITS), ("mended.json", mended)):
        (tmp_path / name).write_text(json.dumps(document))
    words = ("followers", "import", "a.csv", "--mapping")
    first, again = hongyan.json(*words, "e.json"), hongyan.json(*words, "e.json")
    assert (first["taken"], first["earlier_import"]) == (1, None)
    assert (again["unchanged"], again["earlier_import"]) == (1, None), "the same is no surprise"
    other = hongyan.json(*words, "mended.json", "--dry-run")
    assert (other["unchanged"], other["earlier_import"]) == (1, 2)
    assert "import 2 took these lines under another mapping" in hongyan(*words, "mended.json")[1]


def test_who_was_joined_is_said_to_people(hongyan, tmp_path):
    table(tmp_path / "a.csv", [["openid", "customer"], ["o-1", "K-1"], ["o-2", "K-1"]])
    _, out, _ = hongyan("followers", "import", "a.csv", "--yes")
    assert "1 identity joined, 1 conflict: hongyan identity conflicts" in out


def test_an_attribute_is_declared_and_taken_back_for_programs(hongyan):
    level = ("level", "enum", "--choice", "金", "--choice", "银")
    shown = {"name": "level", "kind": "enum", "choices": ["金", "银"], "title": ""}
    assert hongyan.json("attributes", "define", *level) == {**shown, "new": True}
    assert hongyan.json("attributes", "define", *level) == {**shown, "new": False}
    removed = hongyan.json("attributes", "remove", "level")
    assert removed == {"name": "level", "removed": True}


WRONG = [
    pytest.param(["followers", "import", "none.csv"], 1, "none.csv", id="no such file"),
    pytest.param(["followers", "import", "a.csv", "--mapping", "x"], 1, "no mapping 'x'",
                 id="no such mapping"),
    pytest.param(["followers", "import", "a.csv", "--mapping", "b.json"], 1, "columns[c].to",
                 id="a mapping that is wrong"),
    pytest.param(["orders", "import", "a.csv"], 1, "no column is", id="no orders"),
    pytest.param(["followers", "import", "a.csv", "--kind", "orders", "--mapping", "e.json"], 1,
                 "--kind says orders, and the mapping is of events", id="two kinds"),
    pytest.param(["attributes", "define", "level", "enum"], 1, "--choice 金 --choice 银",
                 id="an enum without words"),
    pytest.param(["attributes", "define", "phone", "text"], 1, "personal data by its name",
                 id="an attribute that names a person"),
    pytest.param(["attributes", "define", "手机号", "text"], 1, "personal data by its name",
                 id="the same in Chinese"),
    pytest.param(["followers", "export", "a.pdf"], 1, ".csv", id="an unknown form"),
    pytest.param(["followers", "export", "a.csv", "--segment", "x"], 1, "x", id="no such segment"),
    pytest.param(["imports", "show", "7"], 1, "no import 7", id="no such import"),
    pytest.param(["followers", "import"], 2, "FILE", id="no file named"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "status", "said"), WRONG)
def test_what_is_wrong_is_said_in_one_line(hongyan, tmp_path, words, status, said):
    table(tmp_path / "a.csv", [["openid", "c"], ["o-1", "x"]])
    (tmp_path / "b.json").write_text('{"columns": {"openid": "openid", "c": "town"}}')
    (tmp_path / "e.json").write_text(json.dumps(VISITS))
    ended = hongyan(*words)
    assert ended[0] == status
    assert said in ended[2]
    assert status == 2 or len(ended[2].splitlines()) == 1
