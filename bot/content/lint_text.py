"""What would be read: variables, lengths, fields of notices, what was left to be filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.content.draft import Draft, Values
from bot.content.findings import Hit, Severity, rule
from bot.content.limits import GONE, NOTICES, limit_of
from bot.content.lint_words import words
from bot.content.variables import least, longest, misfit, samples
from bot.content.wording import faults, places
from bot.values.notice_fields import KEY, kind_of

_OURS = "docs/explanation/content.md"
_FIELDS = "微信公众平台《订阅消息参数值内容限制》"
_TEMPLATES = "《关于规范公众号模板消息的再次公告》（2023-05-04）"
# What other systems, and people in a hurry, leave in a text for somebody to fill in.
_LEFT = re.compile(
    r"\{\{\s*[\w.一-鿿]+\s*\}\}|\$\{[\w.]+\}|%[a-z_]{2,20}%|<%.{1,20}?%>|#[A-Za-z_]{2,16}#"
    r"|[【\[（(](?:姓名|昵称|名字|城市|日期|时间|链接|商品名?|券名|金额|门店|店名|xx+)[】\]）)]"
    r"|(?<![A-Za-z])[xX]{2,}(?:月|日|元|店|先生|女士|同学|公司|品牌)"
    r"|某某|待填写|TODO|占位[符文]|Lorem ipsum"
)
loud = words(r"[!！]{3,} [?？]{3,}")


@rule("variable-unknown", Severity.ERROR, _OURS)
def _unknown(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        for place in places(text):
            if draft.variable(place.name) is None:
                known = "、".join(sorted(draft.variables))
                yield Hit(part, place.start, place.end, {"name": place.name, "known": known})


@rule("variable-default", Severity.ERROR, _OURS)
def _no_default(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        for place in places(text):
            known = draft.variable(place.name)
            if known is not None and not known.always and place.default is None:
                yield Hit(part, place.start, place.end, {"name": place.name})


@rule("variable-form", Severity.ERROR, _OURS)
def _form(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        for fault in faults(text):
            yield Hit(part, fault.start, fault.end, {"what": fault.what})
        for place in places(text):
            known = draft.variable(place.name)
            if known is not None and (wrong := misfit(place, known)):
                yield Hit(part, place.start, place.end, {"what": wrong})


@rule("unfilled", Severity.ERROR, _OURS)
def _unfilled(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.texts():
        for found in _LEFT.finditer(text):
            yield Hit(part, *found.span())


@rule("empty", Severity.ERROR, _OURS)
def _empty(draft: Draft) -> Iterator[Hit]:
    if not draft.parts:
        yield Hit("")
    for part, text in draft.parts.items():
        if not draft.filled(text, least).strip():
            yield Hit(part)


@rule("too-long", Severity.ERROR, "微信公众平台接口文档")
def _too_long(draft: Draft) -> Iterator[Hit]:
    """With sample values already: it cannot be sent as it is."""
    return _longer(draft, samples)


@rule("may-be-too-long", Severity.WARNING, "微信公众平台接口文档")
def _may_be_too_long(draft: Draft) -> Iterator[Hit]:
    over = {hit.part for hit in _longer(draft, samples)}
    return (hit for hit in _longer(draft, longest) if hit.part not in over)


def _longer(draft: Draft, values: Values) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        limit = limit_of(draft.channel, part)
        size = limit.size(draft.filled(text, values)) if limit else 0
        if limit and size > limit.most:
            unit = "@lint.unit.bytes" if limit.in_bytes else "@lint.unit.characters"
            told = {"size": str(size), "most": str(limit.most), "unit": unit}
            yield Hit(part, 0, len(text), told)


@rule("field-unknown", Severity.ERROR, _TEMPLATES, channels=NOTICES)
def _field_unknown(draft: Draft) -> Iterator[Hit]:
    for part in draft.parts:
        if part in GONE or (KEY.fullmatch(part) and kind_of(part) is None):
            yield Hit(part, values={"field": part})


@rule("field-value", Severity.ERROR, _FIELDS, channels=NOTICES)
def _field_value(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        kind, value = kind_of(part), draft.filled(text).strip()
        # What is too long or has several lines is told of by rules of its own.
        one_line = 0 < len(value) <= kind.most and "\n" not in value if kind else False
        if kind and one_line and not kind.takes(value):
            wants = f"@lint.field.{kind.name}"
            yield Hit(part, 0, len(text), {"field": part, "wants": wants})


@rule("field-lines", Severity.ERROR, _TEMPLATES, channels=NOTICES)
def _field_lines(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        at = text.find("\n")
        if at >= 0:
            yield Hit(part, at, at + 1, {"field": part})


@rule("field-emoji", Severity.WARNING, _TEMPLATES, channels=NOTICES)
def _field_emoji(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.parts.items():
        for at, letter in enumerate(text):
            if _is_emoji(letter):
                yield Hit(part, at, at + 1, {"field": part})
                break


def _is_emoji(letter: str) -> bool:
    return unicodedata.category(letter) == "So" and ord(letter) > 0x25FF


@rule("loud", Severity.HINT, _OURS)
def _loud(draft: Draft) -> Iterator[Hit]:
    return loud.hits(draft)
