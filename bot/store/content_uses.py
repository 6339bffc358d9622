"""What else in the house names a piece of content: campaigns, journeys, what the bot says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.db import fetch

# What a document calls the content that it names.
KEYS = frozenset({"content", "contents", "message", "messages"})
BATCH_KEYS = frozenset({"offer", "coupon", "batch"})
OVER = ("closed", "cancelled")
# kind, its documents: (slug, stage, text). Whoever adds documents that may name content adds a row.
_DOCUMENTS = (
    (
        "campaign",
        "SELECT slug, state, definition FROM campaign WHERE account_id = ?"
        " AND state NOT IN (?, ?) ORDER BY slug",
        OVER,
    ),
    (
        "journey",
        "SELECT j.slug, j.state, v.definition FROM journey j JOIN journey_version v"
        " ON v.journey_id = j.id AND v.number = j.version"
        " WHERE j.account_id = ? AND j.state <> ? ORDER BY j.slug",
        ("stopped",),
    ),
    (
        "",
        "SELECT slug, stage, document, kind FROM talk_document WHERE account_id = ?"
        " AND stage IN (?, ?) ORDER BY kind, slug, stage",
        ("live", "draft"),
    ),
    (
        "content",
        "SELECT c.slug, 'latest', v.document FROM content c JOIN content_version v"
        " ON v.content_id = c.id AND (v.number = c.latest OR v.number = c.published)"
        " WHERE c.account_id = ? AND c.archived_at IS NULL ORDER BY c.slug",
        (),
    ),
)


@dataclass(frozen=True, slots=True)
class Use:
    """A document that names it.

    kind   campaign, journey, content, or one of what the bot says (rule, faq, intent, form ...)
    stage  its state, or live or draft
    path   the field: answers[0].content
    """

    kind: str
    slug: str
    stage: str
    path: str


def uses(account_id: int, slug: str, batch: str = "") -> list[Use]:
    """Documents that name this content, or (of a coupon batch) its batch."""
    found: dict[tuple[str, str, str, str], Use] = {}
    for kind, sql, params in _DOCUMENTS:
        for name, stage, text, *more in fetch(sql, (account_id, *params)):
            if (kind, name) == ("content", slug):
                continue
            for path in _named(json.loads(text), slug, batch):
                use = Use(kind or more[0], name, stage, path)
                found[use.kind, name, stage, path] = use
    return list(found.values())


def counts(account_id: int, pieces: Mapping[str, str]) -> Counter[str]:
    """How many campaigns, journeys and documents of what the bot says name each of these, all in
    one reading. pieces: slug -> the coupon batch that it is about, or ""."""
    users: dict[str, set[tuple[str, str]]] = {slug: set() for slug in pieces}
    of_batch = {batch: slug for slug, batch in pieces.items() if batch}
    for kind, sql, params in _DOCUMENTS:
        if kind == "content":
            continue
        for name, _, text, *more in fetch(sql, (account_id, *params)):
            for key, value in _texts(json.loads(text)):
                slug = value if key in KEYS else of_batch.get(value) if key in BATCH_KEYS else None
                if slug in users:
                    users[slug].add((kind or more[0], name))
    return Counter({slug: len(found) for slug, found in users.items()})


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document, with the name of its field."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, key)
    elif isinstance(value, str):
        yield key, value


def _named(value: Any, slug: str, batch: str, path: str = "", key: str = "") -> Iterator[str]:
    """Paths of the fields that name it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _named(one, slug, batch, f"{path}.{name}" if path else name, name)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _named(one, slug, batch, f"{path}[{at}]", key)
    elif (key in KEYS and value == slug) or (batch and key in BATCH_KEYS and value == batch):
        yield path
