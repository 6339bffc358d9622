"""A piece of content as a document: what is understood, what is refused and by which field."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.documents import FIELDS, read_content, write_content
from bot.content.reference import page
from bot.content.rows import columns, document_of
from bot.content.schema import schema
from bot.errors import InvalidInput

REFERENCE = Path(__file__).parents[3] / "docs/reference"
LATTE = {"slug": "latte", "kind": "product", "title": "大杯拿铁"}
FULL = {
    **LATTE,
    "summary": "深烘豆，坚果香",
    "topics": {"咖啡": 1.0, "早餐": 0.3},
    "price_fen": 2200,
    "stock": 0,
    "valid_from": "2026-12-01",
    "valid_until": "2026-12-31",
    "pictures": ["media:AbC-1", "https://img.example.cn/a.jpg"],
    "link": "https://shop.example.cn/latte",
    "language": "zh",
}
PAGE = {
    "slug": "p",
    "kind": "miniprogram",
    "title": "会员页",
    "appid": "wx0123456789ab",
    "path": "m",
}
TEXT = {"slug": "m", "kind": "message", "title": "欢迎", "text": "{name|您}好"}
NOTICE = {
    **{
        "slug": "n",
        "kind": "message",
        "title": "发货",
        "channel": "template",
        "purpose": "service",
    },
    **{"template_id": "T1", "scene": "发货通知", "fields": {"thing1": "{title|short:20}"}},
    "variables": {"title": "text"},
}
BATCH = {"slug": "b", "kind": "coupon_batch", "title": "满30减8", "batch": "spring-8"}


def test_a_day_ends_at_its_end_in_the_accounts_zone_and_no_stock_is_not_none():
    found = read_content(FULL)
    assert found.valid_from == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert found.valid_until == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert (found.stock, read_content(LATTE).stock) == (0, None)
    assert read_content(TEXT).channel == "customer_service"


@pytest.mark.parametrize("document", [LATTE, FULL, PAGE, TEXT, NOTICE, BATCH])
def test_what_is_written_reads_back_the_same(document):
    found = read_content(document)
    assert read_content(json.loads(json.dumps(write_content(found)))) == found


def test_a_list_of_topics_weighs_one_each():
    assert read_content({**LATTE, "topics": ["咖啡", "早餐"]}).topics == {"咖啡": 1.0, "早餐": 1.0}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({**LATTE, "slug": "大杯"}, "slug", id="a slug in Chinese"),
        pytest.param({**LATTE, "kind": "goods"}, "kind", id="a kind that is none"),
        pytest.param({**LATTE, "title": " "}, "title", id="an empty title"),
        pytest.param({**LATTE, "title": "拿" * 65}, "title", id="a title too long"),
        pytest.param({**LATTE, "title": "拿\u202e铁"}, "title", id="a mark that turns the reading"),
        pytest.param({**LATTE, "price_fen": 22.5}, "price_fen", id="half a fen"),
        pytest.param({**LATTE, "price_fen": True}, "price_fen", id="a yes for a price"),
        pytest.param({**LATTE, "stock": -1}, "stock", id="less than none"),
        pytest.param({**LATTE, "topics": {"咖啡": 0}}, "topics.咖啡", id="a weight of nothing"),
        pytest.param({**LATTE, "topics": ["咖啡", 3]}, "topics[1]", id="a topic that is a number"),
        pytest.param({**LATTE, "topics": "咖啡"}, "topics", id="topics that are a text"),
        pytest.param({**LATTE, "valid_from": "12/1"}, "valid_from", id="a day written otherwise"),
        pytest.param({**LATTE, "valid_from": "1900-01-01"}, "valid_from", id="a day long ago"),
        pytest.param(
            {**FULL, "valid_until": "2026-11-30"}, "valid_until", id="over before it begins"
        ),
        pytest.param(
            {**LATTE, "pictures": ["a.jpg"]}, "pictures[0]", id="a picture that is a file"
        ),
        pytest.param({**LATTE, "link": "javascript:x"}, "link", id="a link that is a script"),
        pytest.param({**LATTE, "appid": "wx0123456789ab"}, "appid", id="an appid of a product"),
        pytest.param({**LATTE, "colour": "red"}, "colour", id="a field that nobody knows"),
        pytest.param({**LATTE, "kind": "article"}, "link", id="an article without a link"),
        pytest.param({**PAGE, "path": ""}, "path", id="a page without its path"),
        pytest.param({**BATCH, "batch": None}, "batch", id="no batch"),
        pytest.param({**TEXT, "text": ""}, "text", id="a message of nothing"),
        pytest.param({**TEXT, "channel": "pigeon"}, "channel", id="a channel that is none"),
        pytest.param({**TEXT, "fields": {"thing1": "x"}}, "fields", id="fields beside a text"),
        pytest.param({**NOTICE, "text": "x"}, "text", id="a text beside fields"),
        pytest.param({**NOTICE, "fields": {}}, "fields", id="a notice without fields"),
        pytest.param(
            {**NOTICE, "fields": {"thing1": 3}}, "fields.thing1", id="a field of a number"
        ),
        pytest.param({**NOTICE, "variables": {"1a": "text"}}, "variables.1a", id="no name"),
        pytest.param({**NOTICE, "variables": {"a": "x"}}, "variables.a", id="a type that is none"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_field(document, field):
    with pytest.raises(InvalidInput) as refused:
        read_content(document)
    assert refused.value.field == field


@pytest.mark.parametrize("document", [None, [], "latte", 3])
def test_a_document_is_a_mapping(document):
    with pytest.raises(InvalidInput):
        read_content(document)


# --- tables --------------------------------------------------------------------------------------


def test_a_table_in_chinese_is_read_by_its_headings():
    fields, ignored = columns(
        ["货号", "商品名称", "价格（元）", "库存", "主题", "结束日期", "图片", "毛利"]
    )
    cells = [
        "SKU_0.1",
        "拿铁",
        "¥1,022.50",
        "30",
        "咖啡:0.8|早餐",
        "2026/12/31",
        "media:a|media:b",
        "9",
    ]
    assert ignored == ["毛利"]
    assert read_content(document_of(fields, cells)) == read_content(
        {
            **{
                "slug": "sku-0-1",
                "kind": "product",
                "title": "拿铁",
                "price_fen": 102250,
                "stock": 30,
            },
            **{"topics": {"咖啡": 0.8, "早餐": 1}, "valid_until": "2026-12-31"},
            "pictures": ["media:a", "media:b"],
        }
    )


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        pytest.param(["slug", "title", "price"], ["a", "b", "12.345"], "price", id="part of a fen"),
        pytest.param(["slug", "title", "price"], ["a", "b", "面议"], "price", id="no number"),
        pytest.param(["slug", "title", "库存"], ["a", "b", "1.5"], "stock", id="half a piece"),
        pytest.param(["slug", "title", "fields"], ["a", "b", "{"], "fields", id="half an object"),
        pytest.param(["title", "price"], [], "slug", id="no column of slugs"),
        pytest.param(["slug", "编号", "title"], [], "slug", id="two columns of slugs"),
    ],
)
def test_a_cell_that_is_not_what_its_column_is_is_refused(header, cells, field):
    with pytest.raises(InvalidInput) as refused:
        document_of(columns(header)[0], cells)
    assert refused.value.field == field


# --- the reference -------------------------------------------------------------------------------


def test_the_schema_is_that_of_the_reader():
    kept = json.loads((REFERENCE / "schemas/content.json").read_text("utf-8"))
    assert kept == schema()
    with pytest.raises(InvalidInput) as refused:
        read_content({**LATTE, "nonsense": 1})
    named = re.search(r"there are (.*)", str(refused.value))
    assert set(named[1].split(", ")) == set(kept["properties"]) == set(FIELDS)


def test_the_page_of_the_rules_is_that_of_the_linter():
    assert (REFERENCE / "lint-rules.md").read_text("utf-8") == page()
