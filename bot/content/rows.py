"""Rows of a table as documents of content: the columns that are known, in both languages. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.content.documents import Kind
from bot.errors import InvalidInput
from bot.values.money import amount

# Field of the document (price: in yuan) -> what its column may be called, lower case, no spaces.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "slug": ("slug", "sku", "id", "编号", "编码", "商品编号", "商品编码", "货号", "文章编号"),
    "kind": ("kind", "type", "类型", "类别", "种类"),
    "title": ("title", "name", "标题", "名称", "商品名称", "商品名", "文章标题"),
    "summary": ("summary", "description", "摘要", "简介", "描述", "卖点"),
    "topics": ("topics", "topic", "tags", "主题", "话题", "标签", "品类"),
    "price": ("price", "价格", "售价", "价格(元)", "售价(元)", "现价", "单价"),
    "price_fen": ("price_fen", "价格(分)"),
    "stock": ("stock", "库存", "数量"),
    "valid_from": ("valid_from", "from", "开始", "开始日期", "开始时间", "上架时间", "生效日期"),
    "valid_until": ("valid_until", "until", "结束", "结束日期", "结束时间", "下架时间", "失效日期"),
    "purpose": ("purpose", "用途"),
    "pictures": ("pictures", "picture", "image", "图片", "主图", "配图"),
    "link": ("link", "url", "链接", "网址", "商品链接", "文章链接"),
    "language": ("language", "lang", "语言"),
    "appid": ("appid", "小程序appid"),
    "path": ("path", "pagepath", "小程序路径", "页面路径"),
    "batch": ("batch", "券批次", "优惠券批次"),
    "channel": ("channel", "渠道"),
    "text": ("text", "正文", "文案", "内容"),
    "template_id": ("template_id", "模板", "模板id"),
    "scene": ("scene", "场景"),
    "fields": ("fields", "字段"),
    "variables": ("variables", "变量"),
}
WORDS = {
    "kind": {
        "商品": "product", "产品": "product", "文章": "article", "图文": "article",
        "广告": "advertisement", "小程序": "miniprogram", "小程序页面": "miniprogram",
        "优惠券": "coupon_batch", "券": "coupon_batch", "消息": "message", "消息模板": "message",
    },
    "purpose": {"营销": "marketing", "服务": "service", "阅读": "editorial", "编辑": "editorial"},
    "language": {"中文": "zh", "英文": "en", "zh_cn": "zh"},
}  # fmt: skip
_NAMES = {word: field for field, words in HEADINGS.items() for word in words}
_WEIGHED = re.compile(r"(.+?)\s*[:：=]\s*(\d*\.?\d+)")
_LISTED = re.compile(r"[|,，;；、\n]")


def columns(header: Sequence[str]) -> tuple[list[str], list[str]]:
    """The field of each column, "" for none, and the names of those that are not used.

    Raises InvalidInput when two columns are one field, or the table has no slug or no title.
    """
    fields = [_NAMES.get(re.sub(r"[\s（）()]", _bracket, one).lower(), "") for one in header]
    for field in fields:
        if field and fields.count(field) > 1:
            twice = "、".join(h for h, f in zip(header, fields, strict=True) if f == field)
            raise InvalidInput(f"{field}: several columns are it: {twice}", field)
    for field in ("slug", "title"):
        if field not in fields:
            words = "、".join(HEADINGS[field])
            raise InvalidInput(f"{field}: no column is it; it may be called {words}", field)
    return fields, [one for one, field in zip(header, fields, strict=True) if not field]


def _bracket(found: re.Match[str]) -> str:
    return {"（": "(", "）": ")"}.get(found.group(), found.group().strip())


def document_of(fields: Sequence[str], cells: Sequence[str], kind: str = "") -> dict[str, Any]:
    """A row as a document, for `read_content` to check. `kind`: of rows that say none.

    Raises InvalidInput for a cell that is not what its column is.
    """
    document: dict[str, Any] = {"kind": kind} if kind else {}
    for field, cell in zip(fields, cells, strict=False):
        text = cell.strip()
        if field and text:
            name = "price_fen" if field == "price" else field
            document[name] = _READ.get(field, _text)(field, text)
    document.setdefault("kind", Kind.PRODUCT.value)
    return document


def _text(field: str, text: str) -> Any:
    return WORDS.get(field, {}).get(text.lower(), text)


def _slug(field: str, text: str) -> str:
    """SKU_001.a is sku-001-a: what stands in other systems' columns is seldom a slug."""
    return re.sub(r"[\s._/]+", "-", text.lower())


def _yuan(field: str, text: str) -> int:
    return _counted(field, text, 100)


def _whole(field: str, text: str) -> int:
    return _counted(field, text, 1)


def _counted(field: str, text: str, factor: int) -> int:
    try:
        found = amount(text) * factor
    except ValueError:
        raise InvalidInput(f"{field}: wants a number, not {text[:20]!r}", field) from None
    if found != found.to_integral_value():
        raise InvalidInput(f"{field}: wants whole {'fen' if factor > 1 else 'numbers'}", field)
    return int(found)


def _topics(field: str, text: str) -> dict[str, float]:
    """咖啡:0.8|甜点: a topic without a weight weighs 1."""
    if text.startswith("{"):
        found: dict[str, float] = _object(field, text)
        return found
    weights: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in _LISTED.split(text))):
        weighed = _WEIGHED.fullmatch(part)
        weights[weighed[1] if weighed else part] = float(weighed[2]) if weighed else 1.0
    return weights


def _object(field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{field}: wants a JSON object", field) from None


def _several(field: str, text: str) -> list[str]:
    return [one for one in re.split(r"[|\s]+", text) if one]


def _instant(field: str, text: str) -> str:
    """2026/12/31, 2026年12月31日 18:00: as documents write it."""
    found = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]*(\d{1,2}):(\d{2})(?::\d{2})?)?", text
    )
    if not found:
        return text
    day = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    midnight = not found[4] or (found[4], found[5]) == ("00", "00")
    return day if midnight else f"{day}T{int(found[4]):02}:{found[5]}"


_READ: Mapping[str, Callable[[str, str], Any]] = {
    "slug": _slug,
    "price": _yuan,
    "price_fen": _whole,
    "stock": _whole,
    "topics": _topics,
    "pictures": _several,
    "valid_from": _instant,
    "valid_until": _instant,
    "fields": _object,
    "variables": _object,
}
