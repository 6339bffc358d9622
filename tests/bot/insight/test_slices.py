"""A file a slice at a time is the same file."""

from __future__ import annotations

import gzip

import pytest

from bot.errors import InvalidInput, NotFound
from bot.insight import slices
from bot.insight.table import read


@pytest.fixture(autouse=True)
def _two_rows_at_once(monkeypatch):
    monkeypatch.setattr(slices, "ROWS", 2)


@pytest.mark.parametrize(
    ("name", "text", "sizes"),
    [
        ("a.csv", "x,y\n1,2\n3,4\n5,6\n", [2, 1]),
        ("b.csv", "\ufeffx,y\r\n1,2\r\n\r\n3,4\r\n", [2]),
        ("c.csv", "x,y\n", [0]),
        ("d.csv.gz", 'x,y\n"1,\n",2\n3,4\n5,6\n7,8\n', [2, 2]),
        ("e.jsonl", '{"x": 1, "y": 2}\n' * 3, [3]),
    ],
    ids=["three rows", "a mark, an empty line", "no row", "a cell over two lines", "JSONL at once"],
)
def test_slices_together_are_the_table(tmp_path, name, text, sizes):
    path = tmp_path / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    found, whole = list(slices.slices(path)), read(path)
    assert [one.rows for one in found] == sizes
    for title in whole.names:
        assert [cell for one in found for cell in one.texts(title)] == list(whole.texts(title))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"x,x\n", "stands twice"),
        (b"x,y\n1,2\n3\n", "line 3: 1 cells where the first line has 2"),
        (b"x,y\n1,\xff\n", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, data, said):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(InvalidInput, match=said):
        list(slices.slices(tmp_path / "a.csv"))


def test_no_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        list(slices.slices(tmp_path / "none.csv"))
