"""Cleaning one cell: text, blank, type, range; each change has a name, each fault a reason."""

import pytest

from bot.errors import InvalidInput
from bot.i18n import t
from bot.imports.cells import Cell
from bot.imports.mapping import parse
from tests.conftest import NOON

NOON_MS = 1_795_233_600_000


def cell(kind="followers", **spec):
    columns = {"who": "openid", "x": spec}
    if kind == "orders":
        columns |= {n: n for n in ("order", "amount", "at") if n != spec["to"]}
    mapping = parse({"kind": kind, "columns": columns})
    return Cell(next(c for c in mapping.columns if c.header == "x"), mapping.blanks, NOON)


def attribute(**spec):
    return cell(to="attribute", name="x", **spec)


NUMBER, DATE = {"type": "number"}, {"type": "date"}
ENUM = {"type": "enum", "values": {"男": "男", "M": "男"}}
VALUES = [
    pytest.param(NUMBER, "25", 25, id="a whole number"),
    pytest.param(NUMBER, "２５．５", 25.5, id="full width"),
    pytest.param(NUMBER, "¥1,234.50", 1234.5, id="money with thousands"),
    pytest.param(NUMBER, "1.2万", 12000, id="in ten thousands"),
    pytest.param(NUMBER, "-3", -3, id="below zero"),
    pytest.param(DATE, "2026年1月5日", "2026-01-05", id="a Chinese date"),
    pytest.param(DATE, "2026/1/5 08:30", "2026-01-05", id="a date with a time"),
    pytest.param(DATE, "20260105", "2026-01-05", id="a dense date"),
    pytest.param({**DATE, "format": "%d/%m/%Y"}, "05/01/2026", "2026-01-05", id="a declared form"),
    pytest.param({"type": "bool"}, "是", True, id="yes"),
    pytest.param({"type": "bool"}, "N", False, id="no"),
    pytest.param(ENUM, "m", "男", id="one of the values, in any case"),
    pytest.param({}, "  北京\u3000 朝阳\u200b ", "北京 朝阳", id="spaces and what is invisible"),
    pytest.param({"text": {"case": "upper"}}, "vip", "VIP", id="case"),
    pytest.param({"text": {"trim": False, "spaces": False}}, " a  b", " a  b", id="left as it is"),
    pytest.param({}, "'=1+1", "=1+1", id="an export's apostrophe goes"),
    pytest.param({}, "a\x00\ud800b", "ab", id="what no store takes"),
    pytest.param({}, "N/A", None, id="a word for nothing"),
    pytest.param({}, "未知", None, id="a Chinese word for nothing"),
]


@pytest.mark.parametrize(("spec", "raw", "value"), VALUES)
def test_a_cell_becomes_a_value(spec, raw, value):
    found = attribute(**spec).read(raw)
    assert (found.value, found.fault) == (value, "")
    assert type(found.value) is type(value)


FAULTS = [
    pytest.param(attribute(**NUMBER), "abc", "not_number", id="no number"),
    pytest.param(attribute(**NUMBER), "nan", "", id="nan is a blank"),
    pytest.param(attribute(**NUMBER), "inf", "not_number", id="infinite"),
    pytest.param(attribute(**NUMBER), "1e400", "not_number", id="beyond all numbers"),
    pytest.param(attribute(**NUMBER), "٣", "not_number", id="digits of another script"),
    pytest.param(attribute(**DATE), "2026-02-30", "not_date", id="no such day"),
    pytest.param(attribute(**DATE), "5/1/2026", "not_date", id="which is the month?"),
    pytest.param(attribute(type="bool"), "也许", "not_bool", id="perhaps"),
    pytest.param(attribute(**ENUM), "x", "not_listed", id="not one of the values"),
    pytest.param(attribute(), "字" * 191, "too_long", id="longer than a profile keeps"),
    pytest.param(attribute(), "找13812345678", "personal", id="a telephone number"),
    pytest.param(attribute(), "11010519491231002X", "personal", id="an identity number"),
    pytest.param(attribute(), "lin@example.com", "personal", id="an address of e-mail"),
    pytest.param(cell(to="tag"), "a|13812345678", "personal", id="a tag that is a number"),
    pytest.param(cell(to="phone"), "123", "not_phone", id="too short a telephone number"),
    pytest.param(cell(to="follower"), "1.5", "not_follower", id="half a follower"),
    pytest.param(cell("orders", to="amount"), "9.999", "not_amount", id="less than a fen"),
    pytest.param(cell("orders", to="amount"), "-1", "out_of_range", id="a refund is no order"),
    pytest.param(cell("orders", to="at"), "2026-11-23", "out_of_range", id="after tomorrow"),
    pytest.param(cell("orders", to="at"), "1900-01-01", "out_of_range", id="before there was one"),
]


@pytest.mark.parametrize(("of", "raw", "fault"), FAULTS)
def test_a_cell_that_is_wrong_has_a_reason(of, raw, fault):
    assert of.read(raw).fault == fault
    if fault:
        assert t(f"import.reason.{fault}", "zh")
        assert of.read(raw).value is None


@pytest.mark.parametrize(
    ("of", "raw", "value"),
    [
        pytest.param(cell("orders", to="amount"), "￥12.30元", 1230, id="yuan"),
        pytest.param(cell("orders", to="amount", unit="fen"), "1230", 1230, id="fen"),
        pytest.param(cell("orders", to="at"), "2026-11-21 12:00", NOON_MS, id="Shanghai time"),
        pytest.param(cell("orders", to="at"), "2026-11-21T04:00:00Z", NOON_MS, id="with a zone"),
        pytest.param(cell("orders", to="at"), "1795233600", NOON_MS, id="Unix seconds"),
        pytest.param(cell("orders", to="at"), "1795233600000", NOON_MS, id="Unix milliseconds"),
        pytest.param(cell(to="phone"), "+86 138-1234-5678", "13812345678", id="a written number"),
        pytest.param(cell(to="topic"), "咖啡、甜品|咖啡", ["咖啡", "甜品"], id="a list, each once"),
        pytest.param(cell(to="tag", separator="|"), "a,b|c", ["a,b", "c"], id="declared separator"),
    ],
)
def test_fields_of_ours(of, raw, value):
    assert of.read(raw).value == value


RANGE = {"type": "number", "range": [0, 120]}


@pytest.mark.parametrize(
    ("spec", "raw", "value", "changes", "fault"),
    [
        pytest.param(RANGE, "120", 120, (), "", id="the edge is inside"),
        pytest.param(RANGE, "121", None, (), "out_of_range", id="beyond it is rejected"),
        pytest.param({**RANGE, "out_of_range": "clip"}, "-1", 0, ("clipped: out_of_range",), "",
                     id="or moved to the edge"),
        pytest.param({**RANGE, "out_of_range": "blank"}, "-1", None, ("blanked: out_of_range",), "",
                     id="or blanked"),
        pytest.param({**RANGE, "out_of_range": "keep"}, "-1", -1, ("kept: out_of_range",), "",
                     id="or kept"),
        pytest.param({"type": "date", "range": [None, "2026-11-21"]}, "2027-01-01", None, (),
                     "out_of_range", id="dates have ranges"),
        pytest.param({**NUMBER, "invalid": "blank"}, "abc", None, ("blanked: not_number",), "",
                     id="what is no number may be blanked"),
        pytest.param(NUMBER, " 7", 7, ("text",), "", id="a cleaned text is a change"),
        pytest.param(NUMBER, "无", None, ("blank word",), "", id="so is a word for nothing"),
        pytest.param(NUMBER, "", None, (), "", id="nothing is none"),
    ],
)  # fmt: skip
def test_policies(spec, raw, value, changes, fault):
    assert attribute(**spec).read(raw) == (value, changes, fault)


WRONG = [
    pytest.param({"kind": "x"}, "kind", id="an unknown kind"),
    pytest.param({"columns": {"a": "openid"}, "x": 1}, "x", id="an unknown field"),
    pytest.param({"columns": {"a": "city"}}, "columns[a].to", id="an unknown target"),
    pytest.param({"columns": {"a": {"to": "attribute"}}}, "columns[a].name", id="no name"),
    pytest.param({"columns": {}}, "columns", id="nobody named"),
    pytest.param({"columns": {"a": "openid", "b": "openid"}}, "columns", id="named twice"),
    pytest.param({"kind": "orders", "columns": {"a": "openid"}}, "columns", id="no order number"),
    pytest.param({"kind": "events", "columns": {"a": "openid", "b": "at"}}, "event",
                 id="no kind of event"),
    pytest.param({"kind": "events", "event": "opt_in", "columns": {"a": "openid", "b": "at"}},
                 "event", id="a kind that only happens here"),
    pytest.param({"columns": {"a": {"to": "openid", "missing": "mode"}}}, "columns[a].missing",
                 id="a person made up"),
    pytest.param({"columns": {"a": {"to": "attribute", "name": "a", "missing": "mean"}}},
                 "columns[a].missing", id="the mean of texts"),
    pytest.param({"columns": {"a": {"to": "attribute", "name": "a", "type": "number",
                                    "range": [2, 1]}}}, "columns[a].range", id="inside out"),
    pytest.param({"columns": {"a": {"to": "attribute", "name": "a", "type": "enum"}}},
                 "columns[a].values", id="an enum of nothing"),
    pytest.param({"columns": {"a": "openid"}, "duplicates": {"by": ["phone"]}}, "duplicates.by",
                 id="twins by what is not there"),
    pytest.param({"columns": {"a": "openid"}, "format": {"delimiter": "ab"}}, "format.delimiter",
                 id="two delimiters"),
    pytest.param([], "", id="no object"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "field"), WRONG)
def test_a_mapping_that_is_wrong_names_the_place(document, field):
    with pytest.raises(InvalidInput) as wrong:
        parse(document)
    assert wrong.value.field == field
    assert field in str(wrong.value)
