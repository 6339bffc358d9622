"""Reading: whatever the table was written by, the same rows come out, or a reason does."""

import gzip
import io
import json
import os
import random
import tracemalloc
import warnings
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from bot.errors import InvalidInput, NotFound
from bot.imports import sniffing, sources
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


# --- workbooks that are made to break what reads them --------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?>'
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"
FIRST = b'<row r="1"><c r="A1" t="inlineStr"><is><t>openid</t></is></c></row>'


def workbook(path, sheet=b"", *, before=b"", **parts):
    """A workbook of one sheet with these rows; `parts`: other parts in place of its own."""
    made = io.BytesIO()
    book = Workbook()
    book.active.append(["a", "b"])
    book.save(made)
    given = {name.replace("__", "/") + ".xml": content for name, content in parts.items()}
    if sheet:
        given[SHEET] = HEAD + before + OPEN + sheet + CLOSE
    with (
        zipfile.ZipFile(made) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, given.pop(one, None) or old.read(one))
        for one, content in given.items():
            new.writestr(one, content)
    return path


def cells(count):
    return b"".join(b'<c t="n"><v>%d</v></c>' % n for n in range(count))


LAUGHS = b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"x" * 99) for n in range(8)
)
TOO_LARGE = "lines that no table has"
BOMBS = {
    "a text of nine megabytes": (
        {"sheet": b'<row><c t="inlineStr"><is><t>' + b"x" * (9 << 20) + b"</t></is></c></row>"},
        TOO_LARGE,
    ),
    "a row of five megabytes": (
        {"sheet": FIRST + b"<row>" + b"<c><v>1</v></c>" * 350_000 + b"</row>"}, TOO_LARGE,
    ),
    "a header of thousands of columns": (
        {"sheet": b"<row>" + cells(2001) + b"</row>"}, "more than 2,000 columns",
    ),
    "a row that is the milliardth": (
        {"sheet": FIRST + b'<row r="1000000000"><c r="A1000000000"><v>1</v></c></row>'}, TOO_LARGE,
    ),
    "a column that no sheet has": (
        {"sheet": FIRST + b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>'}, "damaged",
    ),
    "entities of entities": (
        {"sheet": b'<row><c t="inlineStr"><is><t>&a7;</t></is></c></row>',
         "before": b"<!DOCTYPE l [" + LAUGHS + b"]>"},
        "damaged",
    ),
    "a part of the whole world": (
        {"xl__media__image1": b"x" * (9 << 20)}, TOO_LARGE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch, name):
    parts, why = BOMBS[name]
    monkeypatch.setattr(sources, "_MOST_ROWS", 1 << 12)  # counting a million takes a second
    path = workbook(tmp_path / "bomb.xlsx", **parts)
    assert path.stat().st_size < 400 << 10
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match=why):
            list(open_source(path, headed=True).rows())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 64 << 20, "bytes held at once"


@pytest.mark.parametrize(
    ("limit", "most"), [("_MOST_UNPACKED", 1 << 12), ("_MOST_STRINGS", 64), ("_MOST_PARTS", 3)]
)
def test_what_a_workbook_unpacks_to_is_told_before_it_is_unpacked(
    tmp_path, monkeypatch, limit, most
):
    strings = b"<sst><si><t>" + b"x" * 200 + b"</t></si></sst>"
    path = workbook(tmp_path / "a.xlsx", xl__sharedStrings=strings)
    monkeypatch.setattr(sniffing, limit, most)
    monkeypatch.setattr(sniffing, "_check_parts", lambda path: pytest.fail("it was unpacked"))
    with pytest.raises(InvalidInput, match="unpacks to"):
        open_source(path)


def test_a_workbook_that_lies_about_its_size_unpacks_to_no_more_than_it_says(tmp_path):
    path = workbook(tmp_path / "a.xlsx", FIRST + b"<row>" + cells(200) + b"</row>")
    with zipfile.ZipFile(path) as archive:
        said = archive.getinfo(SHEET).file_size
    content = path.read_bytes()
    lie = content.replace(said.to_bytes(4, "little"), (99).to_bytes(4, "little"))
    assert lie != content
    path.write_bytes(lie)
    with pytest.raises(InvalidInput, match="damaged"):
        open_source(path)


def test_a_sheet_that_says_it_is_wider_than_it_is_is_read_by_its_cells(tmp_path):
    path = tmp_path / "a.xlsx"
    sheet = OPEN.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    rows = FIRST + b'<row r="3"><c r="A3" t="inlineStr"><is><t>o-1</t></is></c></row>'
    workbook(path, **{"xl__worksheets__sheet1": HEAD + sheet + rows + CLOSE})
    source = open_source(path, headed=True)
    assert source.header == ("openid",)
    assert [(line.number, line.cells) for line in source.rows()] == [(3, ["o-1"])]


def test_a_csv_of_thousands_of_columns_is_refused_at_once(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(200_000)) + "\n", "utf-8")
    with pytest.raises(InvalidInput, match="more than 2,000 columns"):
        open_source(path)


def test_columns_of_one_name_are_told_apart(tmp_path):
    path = tmp_path / "same.csv"
    path.write_text("城市," * 199 + "城市\n上海\n", "utf-8")
    assert open_source(path, headed=True).header[-1] == "城市 (200)"
