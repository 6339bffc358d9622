"""What an account says: documents and examples, live, in draft, and as they were before.

stage   live      what followers meet
        draft     what marketers work on; a whole copy, begun from live
        previous  what was live before the last publishing

Every change makes the account's version grow in the same transaction, so a process that has the
version has the change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, run_many, transaction
from bot.store.fields import Holder

LIVE, DRAFT, PREVIOUS = "live", "draft", "previous"
KINDS = ("rule", "intent", "faq", "form", "entity", "setting")
_TEXT = "example.text"
_COLUMNS = ("account_id", "stage", "kind", "slug", "document", "origin", "updated_at")
_EXAMPLE = ("account_id", "stage", "intent", "text", "text_hash", "source", "event_id")


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it is kept. `origin`: the pack that gave it, "" once somebody edited it."""

    kind: str
    slug: str
    document: Mapping[str, Any]
    origin: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its intent. `event_id`: the follower's message that it was, if it was one."""

    intent: str
    text: str
    source: str = "marketer"
    event_id: int | None = None


def version(account_id: int) -> int:
    """Grows with every change; 0 before the first."""
    rows = fetch("SELECT number FROM talk_version WHERE account_id = ?", (account_id,))
    return int(rows[0][0]) if rows else 0


def bump(account_id: int) -> None:
    """Something that the account says has changed. Inside the changing transaction."""
    sql = "UPDATE talk_version SET number = number + 1 WHERE account_id = ?"
    if not run(sql, (account_id,)):
        insert_new("talk_version", ("account_id", "number"), (account_id, 1), key="account_id")


# --- documents ----------------------------------------------------------------------------------


def documents(account_id: int, stage: str = LIVE, kind: str = "") -> list[Stored]:
    """All of a stage, or of one kind of it, by kind and slug."""
    rows = fetch(
        "SELECT kind, slug, document, origin, updated_at FROM talk_document"
        " WHERE account_id = ? AND stage = ? AND (kind = ? OR ? = '') ORDER BY kind, slug",
        (account_id, stage, kind, kind),
    )
    return [Stored(k, s, json.loads(d), o, from_ms(at)) for k, s, d, o, at in rows]


def form_events(account_id: int) -> dict[str, str]:
    """Kinds of events that the live forms note -> the form's title."""
    forms = [one.document for one in documents(account_id, LIVE, "form")]
    return {str(one["event"]): str(one.get("title") or "") for one in forms if one.get("event")}


def put(
    account_id: int,
    kind: str,
    slug: str,
    document: Mapping[str, Any],
    now: datetime,
    *,
    stage: str = LIVE,
    origin: str = "",
) -> None:
    """Keep a document under its slug, in place of what stood there."""
    text = json.dumps(dict(document), ensure_ascii=False)
    with transaction():
        if not run(
            "UPDATE talk_document SET document = ?, origin = ?, updated_at = ?"
            " WHERE account_id = ? AND stage = ? AND kind = ? AND slug = ?",
            (text, origin, to_ms(now), account_id, stage, kind, slug),
        ):
            values = (account_id, stage, kind, slug, text, origin, to_ms(now))
            insert_new("talk_document", _COLUMNS, values)
        bump(account_id)


def remove(account_id: int, kind: str, slug: str, *, stage: str = LIVE) -> bool:
    """False: there was none. An intent's examples stay: they are removed by themselves."""
    with transaction():
        gone = run(
            "DELETE FROM talk_document WHERE account_id = ? AND stage = ? AND kind = ?"
            " AND slug = ?",
            (account_id, stage, kind, slug),
        )
        if gone:
            bump(account_id)
    return bool(gone)


# --- examples -----------------------------------------------------------------------------------


def examples(account_id: int, stage: str = LIVE, intent: str = "") -> list[Example]:
    """In the order in which they came."""
    rows = fetch(
        "SELECT intent, text, source, event_id FROM example WHERE account_id = ? AND stage = ?"
        " AND (intent = ? OR ? = '') ORDER BY id",
        (account_id, stage, intent, intent),
    )
    return [Example(i, _opened(sealed), s, e) for i, sealed, s, e in rows]


def count_examples(account_id: int, stage: str = LIVE) -> dict[str, int]:
    """intent -> how many."""
    rows = fetch(
        "SELECT intent, COUNT(*) FROM example WHERE account_id = ? AND stage = ?"
        " GROUP BY intent ORDER BY intent",
        (account_id, stage),
    )
    return {intent: int(count) for intent, count in rows}


def add_examples(account_id: int, found: Iterable[Example], *, stage: str = LIVE) -> int:
    """Keep new ones; a text that stands there already takes the new intent. How many changed."""
    changed = 0
    with transaction():
        for one in found:
            digest = Holder.vault.blind(one.text, _TEXT)
            sealed = Holder.vault.seal(one.text.encode(errors="replace"), _TEXT)
            values = (account_id, stage, one.intent, sealed, digest, one.source, one.event_id)
            if insert_new("example", _EXAMPLE, values) is None:
                changed += run(
                    "UPDATE example SET intent = ?, source = ?, event_id = ?"
                    " WHERE account_id = ? AND stage = ? AND text_hash = ? AND intent <> ?",
                    (one.intent, one.source, one.event_id, account_id, stage, digest, one.intent),
                )
            else:
                changed += 1
        if changed:
            bump(account_id)
    return changed


def add_new_examples(account_id: int, found: Iterable[Example], *, stage: str = LIVE) -> int:
    """Keep those whose text does not stand there yet, thousands at once; how many."""
    wanted = {Holder.vault.blind(one.text, _TEXT): one for one in found}
    with transaction():
        known = fetch(
            "SELECT text_hash FROM example WHERE account_id = ? AND stage = ?", (account_id, stage)
        )
        for (digest,) in known:
            wanted.pop(digest, None)
        rows = [
            (account_id, stage, one.intent,
             Holder.vault.seal(one.text.encode(errors="replace"), _TEXT),
             digest, one.source, one.event_id)
            for digest, one in wanted.items()
        ]  # fmt: skip
        marks = ", ".join("?" * len(_EXAMPLE))
        run_many(f"INSERT INTO example ({', '.join(_EXAMPLE)}) VALUES ({marks})", rows)
        if rows:
            bump(account_id)
    return len(rows)


def remove_example(account_id: int, text: str, *, stage: str = LIVE) -> bool:
    """False: there was none."""
    with transaction():
        gone = run(
            "DELETE FROM example WHERE account_id = ? AND stage = ? AND text_hash = ?",
            (account_id, stage, Holder.vault.blind(text, _TEXT)),
        )
        if gone:
            bump(account_id)
    return bool(gone)


def remove_intent_examples(account_id: int, intent: str, *, stage: str = LIVE) -> int:
    """All of one intent; how many went."""
    with transaction():
        gone = run(
            "DELETE FROM example WHERE account_id = ? AND stage = ? AND intent = ?",
            (account_id, stage, intent),
        )
        if gone:
            bump(account_id)
    return gone


def _opened(sealed: Any) -> str:
    return Holder.vault.open(bytes(sealed), _TEXT).decode()


# --- stages -------------------------------------------------------------------------------------


def has(account_id: int, stage: str) -> bool:
    """Whether anything stands in this stage."""
    sql = "SELECT 1 FROM {} WHERE account_id = ? AND stage = ? LIMIT 1"
    return any(
        fetch(sql.format(table), (account_id, stage)) for table in ("talk_document", "example")
    )


def read_from(account_id: int, stage: str) -> str:
    """The stage that a change of `stage` begins from: live for a draft that is not there yet."""
    return LIVE if stage == DRAFT and not has(account_id, DRAFT) else stage


def begin_draft(account_id: int, stage: str = DRAFT) -> bool:
    """Before `stage` is changed: a draft that is not there begins as a copy of what is live.

    False: there is a draft already, or another stage is changed.
    """
    with transaction():
        if read_from(account_id, stage) == stage:
            return False
        _copy(account_id, LIVE, DRAFT)
        bump(account_id)
    return True


def drop_draft(account_id: int) -> bool:
    """Forget the draft. False: there was none."""
    with transaction():
        there = has(account_id, DRAFT)
        _empty(account_id, DRAFT)
        bump(account_id)
    return there


def publish(account_id: int) -> bool:
    """The draft goes live, what was live becomes `previous`. False: there is no draft."""
    return _shift(account_id, DRAFT)


def roll_back(account_id: int) -> bool:
    """What was live before goes live again, and the other way round. False: nothing was."""
    return _shift(account_id, PREVIOUS)


def _shift(account_id: int, source: str) -> bool:
    with transaction():
        if not has(account_id, source):
            return False
        if source != PREVIOUS:
            _empty(account_id, PREVIOUS)
        _rename(account_id, source, "next")
        _rename(account_id, LIVE, PREVIOUS)
        _rename(account_id, "next", LIVE)
        bump(account_id)
    return True


def _rename(account_id: int, source: str, target: str) -> None:
    for table in ("talk_document", "example"):
        run(
            f"UPDATE {table} SET stage = ? WHERE account_id = ? AND stage = ?",
            (target, account_id, source),
        )


def _empty(account_id: int, stage: str) -> None:
    for table in ("talk_document", "example"):
        run(f"DELETE FROM {table} WHERE account_id = ? AND stage = ?", (account_id, stage))


def _copy(account_id: int, source: str, target: str) -> None:
    for table, columns in (("talk_document", _COLUMNS), ("example", _EXAMPLE)):
        rest = ", ".join(columns[2:])
        run(
            f"INSERT INTO {table} (account_id, stage, {rest})"
            f" SELECT account_id, ?, {rest} FROM {table} WHERE account_id = ? AND stage = ?",
            (target, account_id, source),
        )
