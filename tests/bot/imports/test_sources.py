"""Reading: whatever the table was written by, the same rows come out, or a reason does."""

import gzip
import json
import os
import random
import warnings
from datetime import datetime

import pytest
from openpyxl import Workbook

from bot.errors import InvalidInput, NotFound
from bot.imports import sniffing
from bot.imports.sources import open_source

ROWS = [["姓名", "城市", "年龄"], ["林", "北京，朝阳", "25"], ["王", "上海", "31"]]


def text(rows, mark=","):
    return "".join(mark.join(f'"{c}"' if mark in c else c for c in row) + "\r\n" for row in rows)


@pytest.mark.parametrize(
    ("content", "encoding", "mark"),
    [
        pytest.param(text(ROWS).encode(), "utf-8", ",", id="UTF-8"),
        pytest.param(text(ROWS).encode("utf-8-sig"), "utf-8-sig", ",", id="with a mark"),
        pytest.param(text(ROWS).encode("gb18030"), "gb18030", ",", id="as Chinese Excel writes"),
        pytest.param(text(ROWS, "\t").encode("utf-16"), "utf-16", "\t", id="Unicode text of Excel"),
        pytest.param(text(ROWS, ";").encode(), "utf-8", ";", id="semicolons"),
        pytest.param(text(ROWS, "|").encode("gb18030"), "gb18030", "|", id="bars in GB18030"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_encoding_and_delimiter_are_found_out(tmp_path, content, encoding, mark, packed):
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    source = open_source(path)
    assert (source.encoding, source.delimiter, source.headed) == (encoding, mark, True)
    assert list(source.header) == ROWS[0]
    assert [line.cells for line in source.rows()] == ROWS[1:]
    assert [line.number for line in source.rows()] == [2, 3]


def test_a_packed_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sniffing, "_MOST_LINE", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"x" * (4 << 20)))
    with pytest.raises(InvalidInput, match="lines that no table has"):
        open_source(path)
    monkeypatch.setattr(sniffing, "_MOST_UNPACKED", 2 << 20)
    path.write_bytes(gzip.compress(b"a,b\n" * (1 << 20)))
    with pytest.raises(InvalidInput, match="too large"):
        open_source(path)


def test_a_file_and_its_packed_form_are_the_same_file(tmp_path):
    (tmp_path / "a.csv").write_bytes(text(ROWS).encode())
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text(ROWS).encode()))
    plain, packed = open_source(tmp_path / "a.csv"), open_source(tmp_path / "a.csv.gz")
    assert plain.fingerprint == packed.fingerprint


def test_chinese_after_much_ascii_is_still_gb18030(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 20_000 + "1,北京\n".encode("gb18030"))
    source = open_source(path, headed=True)
    assert [line.cells[1] for line in source.rows()][-1] == "北京"


def test_a_workbook_gives_what_a_person_would_have_typed(tmp_path):
    book = Workbook()
    book.active.append(["a", "b", "c", "d", "e"])
    book.active.append([1.0, 2.5, True, datetime(2026, 11, 21), None])  # noqa: DTZ001
    book.create_sheet("第二").append(["x"])
    book.save(tmp_path / "a.xlsx")
    source = open_source(tmp_path / "a.xlsx")
    assert [line.cells for line in source.rows()] == [["1", "2.5", "true", "2026-11-21", ""]]
    assert open_source(tmp_path / "a.xlsx", sheet="第二").header == ("x",)
    with pytest.raises(InvalidInput, match="第三"):
        open_source(tmp_path / "a.xlsx", sheet="第三")


def test_lines_of_json_have_the_columns_of_all_first_lines(tmp_path):
    lines = [{"a": 1, "tags": ["x", "y"]}, {"b": None, "a": "2"}, [1], "broken"]
    written = "\n".join(json.dumps(line) for line in lines) + "\n{\n\n"
    (tmp_path / "a.jsonl").write_text(written)
    source = open_source(tmp_path / "a.jsonl")
    assert source.header == ("a", "tags", "b")
    found = list(source.rows())
    assert [line.cells for line in found[:2]] == [["1", "x|y", ""], ["2", "", ""]]
    assert [line.fault for line in found[2:]] == ["json", "json", "json"]


@pytest.mark.parametrize(
    ("first", "headed", "header"),
    [
        pytest.param("名,名,", True, ("名", "名 (2)", "column 3"), id="names repeat or lack"),
        pytest.param("o-1,25,2026-01-01", False, ("column 1", "column 2", "column 3"),
                     id="values where names should be"),
    ],
)  # fmt: skip
def test_every_column_has_a_name_of_its_own(tmp_path, first, headed, header):
    (tmp_path / "a.csv").write_text(f"{first}\nx,y,z\n")
    source = open_source(tmp_path / "a.csv")
    assert (source.headed, source.header) == (headed, header)


def test_rows_that_do_not_fit_carry_their_fault(tmp_path):
    content = b'a,b\n1,2,\n\n,\n1,2,3\n1\n"x\ny",2\n' + b"\xff,2\n"
    (tmp_path / "a.csv").write_bytes(content)
    found = list(open_source(tmp_path / "a.csv", encoding="utf-8").rows())
    assert [(line.number, line.fault) for line in found] == [
        (2, ""), (5, "columns"), (6, ""), (7, ""), (9, "encoding"),
    ]  # fmt: skip


_NOISE = random.Random(7).randbytes(3000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.csv", b"", "is empty", id="nothing"),
        pytest.param("a.csv.gz", gzip.compress(b""), "is empty", id="nothing, packed"),
        pytest.param("a.csv.gz", gzip.compress(b"a,b\n" * 999)[:-9], "damaged", id="cut short"),
        pytest.param("a.gz", b"openid\no-1\n", "no gzip file", id="not packed, but so named"),
        pytest.param("a.csv.gz", gzip.compress(_NOISE), "is not text", id="no text, packed"),
        pytest.param("a.csv", _NOISE, "is not text", id="no text"),
        pytest.param("a.csv", "编号,城市\n1,北京".encode("utf-16-le"), "is not text",
                     id="an encoding that says nothing of itself"),
        pytest.param("a.xlsx", b"PK\x03\x04nonsense", "damaged", id="no workbook"),
        pytest.param("a.xls", b"\xd0\xcf\x11\xe0....", "xlsx", id="the old Excel"),
        pytest.param("a.csv", b'a,b\n"x' + b"\ny" * 200, "line 2: a quote is not closed",
                     id="a quote that is never closed"),
        pytest.param("a.csv", b'a,b\n"' + b"y" * 200_000, "line 2", id="a cell without end"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        list(open_source(tmp_path / name).rows())


def test_a_file_that_is_not_there_or_no_file(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(NotFound, match=path.name):
            open_source(path)


def test_a_workbook_is_read_without_a_warning_and_its_file_closed(tmp_path):
    book = Workbook()
    book.active.append(["a"])
    book.save(tmp_path / "a.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(open_source(tmp_path / "a.xlsx").rows())
    held = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
            if os.path.exists(f"/proc/self/fd/{fd}")}  # fmt: skip
    assert str(tmp_path / "a.xlsx") not in held
