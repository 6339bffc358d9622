"""A piece of content as a form: what most pieces have; what the form does not know stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.console.fields import fen, whole
from bot.content.documents import MOST_STOCK, Kind
from bot.errors import InvalidInput

Document = dict[str, Any]
TEXTS = ("title", "summary", "link", "valid_from", "valid_until")
# What only some kinds have, and the form knows.
OF_KIND: Mapping[str, tuple[str, ...]] = {
    Kind.MINIPROGRAM: ("appid", "path"),
    Kind.COUPON_BATCH: ("batch",),
    Kind.MESSAGE: ("text",),
}
_SPLIT = re.compile(r"[,，;；、\n]")
_WEIGHED = re.compile(r"(.+?)\s*[:：=]\s*(\d*\.?\d+)")


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields, as they are typed."""
    topics = document.get("topics") or {}
    weights = topics if isinstance(topics, Mapping) else dict.fromkeys(topics, 1.0)
    price = document.get("price_fen")
    kind = str(document.get("kind") or Kind.PRODUCT)
    return {
        **{name: document.get(name) or "" for name in (*TEXTS, *OF_KIND.get(kind, ()))},
        "slug": document.get("slug") or "",
        "kind": kind,
        "purpose": document.get("purpose") or "marketing",
        "language": document.get("language") or "zh",
        "price": "" if not isinstance(price, int) else f"{price / 100:g}",
        "stock": "" if document.get("stock") is None else document["stock"],
        "topics": "，".join(
            topic if weight == 1 else f"{topic}:{weight:g}" for topic, weight in weights.items()
        ),
        "pictures": "\n".join(document.get("pictures") or ()),
    }


def from_form(given: MultiDict[str, str], old: Mapping[str, Any]) -> Document:
    """The document with what the form says. Raises InvalidInput where a field cannot be read; the
    rules are the document's reader's."""
    new: Document = {
        "slug": old.get("slug") or given.get("slug", "").strip(),
        **{name: old[name] for name in old if name != "slug"},
        "kind": old.get("kind") or given.get("kind", ""),
    }
    names = (*TEXTS, *OF_KIND.get(new["kind"], ()), "purpose", "language")
    for name in names:
        _put(new, name, given.get(name, "").replace("\r\n", "\n").strip())
    _put(new, "price_fen", fen(given, "price"))
    stock = whole(given, "stock", MOST_STOCK) if given.get("stock", "").strip() else None
    _put(new, "stock", stock)
    _put(new, "topics", _topics(given.get("topics", "")))
    pictures = given.get("pictures", "").splitlines()
    _put(new, "pictures", [one.strip() for one in pictures if one.strip()])
    return new


def _put(where: Document, name: str, value: Any) -> None:
    """Set a field; what is empty goes, a price of nothing stays."""
    where.pop(name, None)
    if value not in (None, "", [], {}):
        where[name] = value


def _topics(text: str) -> dict[str, float]:
    """咖啡:1，早餐:0.3; without a weight it is 1. Raises InvalidInput."""
    found: dict[str, float] = {}
    for one in (part.strip() for part in _SPLIT.split(text)):
        weighed = _WEIGHED.fullmatch(one)
        if weighed:
            found[weighed[1].strip()] = float(weighed[2])
        elif one:
            found[one] = 1.0
        if one and any(mark in one for mark in ":：=") and not weighed:
            raise InvalidInput(f"topics: {one}: 咖啡:0.5", "topics")
    return found
