"""Files of labelled texts: which forms are read, and what is said of those that are not."""

from __future__ import annotations

import gzip
import json

import pytest

from bot.errors import InvalidInput, NotFound
from bot.nlp.learn.reading import Row, fingerprint, parse, read

TRADE = {"trade": "shop", "intents": [{"name": "price", "examples": ["多少钱", "怎么卖"]}]}
STRANGE = {"trade": "out_of_scope", "examples": ["今天天气"]}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("a.csv", "text,label\n你好,greet\n", Row("你好", ("greet",)), id="CSV"),
        pytest.param(
            "a.csv",
            "\ufeffid,text,labels\n7,你好,b|a\n",
            Row("你好", ("a", "b"), None, "7"),
            id="several labels and an id, saved by a spreadsheet",
        ),
        pytest.param(
            "a.jsonl",
            '{"text": "你好", "labels": ["a"], "context": ""}\n\n',
            Row("你好", ("a",), ""),
            id="JSONL with a list, and no turn before",
        ),
        pytest.param(
            "a.csv",
            "text,previous_system_turn,label\n好的,要吗？,yes\n",
            Row("好的", ("yes",), "要吗？"),
            id="the other name of the context",
        ),
        pytest.param(
            "a.json", json.dumps(STRANGE), Row("今天天气", ("out_of_scope",)), id="strange"
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_row_is_read(tmp_path, name, content, expected, packed):
    path = tmp_path / (name + ".gz" * packed)
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    assert read([str(path)]).rows == (expected,)


def test_a_trade_is_a_training_file(tmp_path):
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(TRADE), encoding="utf-8")
    table = read([str(path)])
    assert [row.text for row in table.rows] == ["多少钱", "怎么卖"]
    assert (table.labels(), table.several) == (("price",), False)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("a.csv", b"words,label\nx,y\n", "no column `text`", id="no column text"),
        pytest.param("a.csv", b"text,label\nx,\n", "row 1: a label", id="a row without a label"),
        pytest.param("a.csv", b"text,label\n", "no rows", id="a table without rows"),
        pytest.param("a.csv", b"\xff\xfe", "UTF-8", id="another encoding"),
        pytest.param("a.csv.gz", b"text,label", "gzip", id="a .gz that is none"),
        pytest.param("a.jsonl", b"{\n", "line 1", id="half a line"),
        pytest.param("a.jsonl", b'{"text": 7, "label": "a"}', "row 1: a text", id="a number"),
        pytest.param("a.jsonl", b"[]", "object", id="a list"),
        pytest.param("a.json", b'{"intents": [{}]}', "a trade has", id="a trade without names"),
    ],
)
def test_what_cannot_be_learnt_from_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        read([str(path)])


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        read([str(tmp_path / "none.csv")])


def test_the_fingerprint_is_of_the_data_not_of_their_order():
    one, two = Row("a", ("x",), None, "1"), Row("b", ("y",))
    assert fingerprint([one, two]) == fingerprint([two, one])
    assert fingerprint([one]) != fingerprint([Row("a", ("y",))])


@pytest.mark.parametrize(
    "stream", ["id,text\n,你好\n", '{"text": "你好"}\n', "你好\n\n"], ids=["CSV", "JSONL", "lines"]
)
def test_a_stream_is_texts_in_any_form(stream):
    assert [row.text for row in parse(stream).rows] == ["你好"]
