"""A message as the phone shows it, in plain text: for terminals, mails and approvals. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from bot.content.documents import Content
from bot.content.draft import Draft
from bot.content.limits import NOTICES, limit_of
from bot.content.wording import Value, fill
from bot.i18n import t

WIDTH = 30  # of a line in the balloon, in half-width letters: 15 Chinese ones
_TAG = re.compile(r"<a\b[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)


def phone(draft: Draft, values: Mapping[str, Value] | None = None, title: str = "") -> list[str]:
    """The lines of the balloon and, below it, how long each part is of what the channel allows.

    values   a follower's own; None: sample values
    title    of a notice: what stands above its fields
    """
    filled = {part: _filled(draft, text, values) for part, text in draft.parts.items()}
    return [*_balloon(draft, filled, title), *_sizes(draft, filled)]


def _filled(draft: Draft, text: str, values: Mapping[str, Value] | None) -> str:
    return draft.filled(text) if values is None else fill(text, values, draft.zone)


def _balloon(draft: Draft, filled: Mapping[str, str], title: str) -> Iterator[str]:
    yield f"╭{'─' * (WIDTH + 2)}╮"
    for line in _lines(draft, filled, title):
        for row in _wrapped(line):
            yield f"│ {row}{' ' * (WIDTH - width(row))} │"
    yield f"╰{'─' * (WIDTH + 2)}╯"


def _lines(draft: Draft, filled: Mapping[str, str], title: str) -> Iterator[str]:
    notice = draft.channel in NOTICES
    if title and (notice or draft.channel == ""):
        yield title
    for part, text in filled.items():
        shown = _TAG.sub(r"\1〔↗〕", text)
        yield from (f"{part}：{shown}" if notice else shown).split("\n")


def _wrapped(line: str) -> Iterator[str]:
    """Cut where the line is full; a line of nothing is a line."""
    row = ""
    for letter in line:
        if width(row + letter) > WIDTH:
            yield row
            row = ""
        row += letter
    yield row


def width(text: str) -> int:
    """In half-width letters."""
    return sum(
        0
        if unicodedata.combining(one) or unicodedata.category(one) == "Cf"
        else 2
        if unicodedata.east_asian_width(one) in "WF"
        else 1
        for one in text
    )


def _sizes(draft: Draft, filled: Mapping[str, str]) -> Iterator[str]:
    for part, text in filled.items():
        limit = limit_of(draft.channel, part)
        if limit is not None:
            unit = t("lint.unit.bytes" if limit.in_bytes else "lint.unit.characters")
            yield f"  {part}: {limit.size(text)} / {limit.most} {unit}"


def own_values(content: Content) -> dict[str, Value]:
    """What a piece of content itself gives its variables."""
    values: dict[str, Value] = {
        "title": content.title,
        "content_title": content.title,
        "summary": content.summary,
        "content_summary": content.summary,
        "price": content.price_fen,
        "stock": content.stock,
        "from": content.valid_from,
        "until": content.valid_until,
        "link": content.link,
    }
    return {name: value for name, value in values.items() if value not in (None, "")}
