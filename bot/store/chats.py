"""Chats as the people see them who answer: those that are held, the latest messages, one chat.

Pages are found by the last message that was shown. What followers wrote is opened here and nowhere
kept: callers show it to whoever may answer them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.store.conversation import MISSES
from bot.store.db import fetch
from bot.store.events import PLACE
from bot.store.fields import Holder
from bot.store.handoff import DESK
from bot.store.inbox import REPLY
from bot.store.spans import qmarks
from bot.store.spots import Spot
from bot.values.facts import FAMILIES

# What operators say, and what became of it: events of this source (bot.inbox.desk).
SAID, SETTLED, SOURCE = "desk.said", "desk.settled", "console"
NOTE = "desk.note"  # of operators to each other: the follower never sees it
MESSAGES = FAMILIES["message.*"]
SHOWN = (*MESSAGES, "menu.click", "subscribe", SAID, NOTE)
SEARCHED = 1000  # of one chat, the latest, at most
SCAN = 2000  # messages looked through for one page, at most
WITHIN = timedelta(hours=24)
_LONGEST_SHOWN = 400  # of a text in a list
_HANDLED_MS = 60_000  # a person asked for within this time after a message was asked for by it


@dataclass(frozen=True, slots=True)
class Held:
    """A chat that waits for a person or has one. `unread`: the follower wrote last.

    window_until, window_left   how long and how often one may still write
    """

    follower_id: int
    owner: str  # queue, agent
    until: datetime
    why: str
    asked_at: datetime | None
    agent: str
    last_at: datetime | None
    text: str
    unread: bool
    window_until: datetime | None
    window_left: int


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a list. `answer`: the inbox's word for what became of its answer; `person`: it
    was handed to one."""

    event_id: int
    follower_id: int
    kind: str
    at: datetime
    text: str
    handler: str
    answer: str
    person: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One thing of a chat. `by`: the operator who said or noted it, "" where the follower wrote;
    `came`: what became of an operator's message, or the inbox's word for the answer."""

    event_id: int
    kind: str
    at: datetime
    by: str
    text: str
    facts: Mapping[str, Any]
    reply: Mapping[str, Any] | None
    handler: str
    came: str


def held(account_id: int, now: datetime, limit: int = 100) -> list[Held]:
    """Who waits, and who is being served: first where the follower wrote last, then by time.

    `+ 0` keeps engines from going through all of the account's followers: few are held anywhere.
    """
    rows = fetch(
        "SELECT f.id, f.held_by, f.held_until, h.why, h.asked_at, h.agent, f.window_until,"
        " f.window_left,"
        f" (SELECT e.id FROM event e WHERE e.follower_id = f.id AND e.kind IN ({qmarks(MESSAGES)})"
        " ORDER BY e.at DESC, e.id DESC LIMIT 1),"
        " (SELECT MAX(e.id) FROM event e WHERE e.follower_id = f.id AND e.kind = ?)"
        " FROM follower f LEFT JOIN handoff h ON h.follower_id = f.id AND h.ended_at IS NULL"
        " WHERE f.account_id + 0 = ? AND f.held_by <> '' AND f.held_until > ?"
        " ORDER BY f.held_until LIMIT ?",
        (*MESSAGES, SAID, account_id, to_ms(now), limit),
    )
    texts = _texts([row[8] for row in rows if row[8]])
    found = [_held(row, texts.get(row[8])) for row in rows]
    never = from_ms(0)
    return sorted(found, key=lambda one: (not one.unread, one.owner != "queue",
                                          one.last_at or never))  # fmt: skip


def _held(row: tuple[Any, ...], last: tuple[int, str] | None) -> Held:
    follower_id, owner, until, why, asked_at, agent, window, left, wrote, answered = row
    return Held(
        follower_id,
        owner,
        from_ms(until),
        why or "",
        instant(asked_at),
        agent or "",
        from_ms(last[0]) if last else None,
        last[1] if last else "",
        bool(wrote) and wrote > (answered or 0),
        instant(window),
        left or 0,
    )


def latest(account_id: int, spot: Spot, limit: int) -> tuple[list[Line], Spot | None]:
    """Messages of the account from `spot` on, the newest first, and where to go on, if anywhere."""
    return _page(account_id, spot, limit, 0)


def unanswered(
    account_id: int, now: datetime, spot: Spot, limit: int
) -> tuple[list[Line], Spot | None]:
    """The same of the last 24 hours, where nobody has answered yet.

    Not answered: nothing was said, or nothing was understood, or a person is waited for; and since
    then neither an operator nor an agent of the platform has had a word.
    """
    return _page(account_id, spot, limit, to_ms(now - WITHIN), only_open=True)


def _page(
    account_id: int, spot: Spot, limit: int, since: int, *, only_open: bool = False
) -> tuple[list[Line], Spot | None]:
    scanned = _scanned(spot, since)
    mine = [row for row in scanned if row[2] == account_id and row[3] is not None]
    if only_open:
        still = _open_ones([row[0] for row in mine])
        mine = [row for row in mine if row[0] in still]
    shown = mine[:limit]
    if len(mine) > limit:
        return _lines(shown), Spot(shown[-1][1], shown[-1][0])
    last = scanned[-1] if len(scanned) == SCAN else None
    return _lines(shown), Spot(last[1], last[0]) if last else None


def _scanned(spot: Spot, since: int) -> list[tuple[Any, ...]]:
    """(id, at, account, follower) of the next messages of all accounts, by (kind, at) alone."""
    each = " UNION ALL ".join(
        "SELECT * FROM (SELECT id, at, account_id, follower_id FROM event WHERE kind = ?"
        " AND at > ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at DESC, id DESC LIMIT ?)"
        f" k{number}"
        for number, _ in enumerate(MESSAGES)
    )
    params = [
        one for kind in MESSAGES for one in (kind, since, spot.at, spot.at, spot.id, SCAN)
    ]  # fmt: skip
    return fetch(
        f"SELECT id, at, account_id, follower_id FROM ({each}) messages"
        " ORDER BY at DESC, id DESC LIMIT ?",
        (*params, SCAN),
    )


def _open_ones(event_ids: Sequence[int]) -> set[int]:
    if not event_ids:
        return set()
    rows = fetch(
        "SELECT e.id FROM event e JOIN inbox i ON i.event_id = e.id"
        f" WHERE e.id IN ({qmarks(event_ids)})"
        f" AND (i.answer IN ('', 'none', 'lost') OR i.handler IN ({qmarks(MISSES)})"
        " OR i.handler = 'agent.silence'"
        " OR EXISTS (SELECT 1 FROM handoff a WHERE a.follower_id = e.follower_id"
        " AND a.asked_at >= e.received_at AND a.asked_at <= e.received_at + ?)"
        " OR EXISTS (SELECT 1 FROM event w WHERE w.follower_id = e.follower_id"
        " AND w.kind = 'handoff_wanted' AND w.at >= e.received_at AND w.at <= e.received_at + ?))"
        " AND NOT EXISTS (SELECT 1 FROM event s WHERE s.follower_id = e.follower_id"
        " AND s.kind = ? AND s.at >= e.at)"
        " AND NOT EXISTS (SELECT 1 FROM handoff h WHERE h.follower_id = e.follower_id"
        " AND h.accepted_at IS NOT NULL AND (h.ended_at IS NULL OR h.ended_at >= e.at)"
        " AND h.agent NOT LIKE ?)",
        (*event_ids, *MISSES, _HANDLED_MS, _HANDLED_MS, SAID, f"{DESK}%"),
    )
    return {row[0] for row in rows}


def _lines(rows: Sequence[tuple[Any, ...]]) -> list[Line]:
    ids = [row[0] for row in rows]
    if not ids:
        return []
    found = fetch(
        "SELECT e.id, e.follower_id, e.kind, e.at, e.sealed, i.handler, i.answer, i.reply"
        f" FROM event e LEFT JOIN inbox i ON i.event_id = e.id WHERE e.id IN ({qmarks(ids)})"
        " ORDER BY e.at DESC, e.id DESC",
        ids,
    )
    return [_line(row) for row in found]


def _line(row: tuple[Any, ...]) -> Line:
    event_id, follower_id, kind, at, sealed, handler, answer, reply = row
    said = _text(sealed)[:_LONGEST_SHOWN]
    handed = _transfers(_opened(reply))
    return Line(event_id, follower_id, kind, from_ms(at), said, handler or "", answer or "", handed)


def _transfers(reply: Mapping[str, Any] | None) -> bool:
    """Whether an answer hands the chat to a person, with words or without."""
    inner = reply.get("replies") or () if reply else ()
    return bool(reply) and any(one["kind"] == "TransferReply" for one in (reply, *inner) if one)


def chat(follower_id: int, spot: Spot, limit: int) -> tuple[list[Said], Spot | None]:
    """What was said in one chat, the newest first, and where to go on, if anywhere."""
    rows = fetch(
        "SELECT e.id, e.kind, e.at, e.facts, e.sealed, i.reply, i.handler, i.answer FROM event e"
        f" LEFT JOIN inbox i ON i.event_id = e.id WHERE e.follower_id = ?"
        f" AND e.kind IN ({qmarks(SHOWN)}) AND e.at <= ? AND (e.at < ? OR e.id < ?)"
        " ORDER BY e.at DESC, e.id DESC LIMIT ?",
        (follower_id, *SHOWN, spot.at, spot.at, spot.id, limit + 1),
    )
    shown = rows[:limit]
    came = _came(follower_id, shown[-1][2]) if any(row[1] == SAID for row in shown) else {}
    more = Spot(shown[-1][2], shown[-1][0]) if len(rows) > limit else None
    return [_said(row, came) for row in shown], more


def search(follower_id: int, words: str, limit: int) -> list[Said]:
    """What was said in one chat that has these words, the newest first; among the latest SEARCHED,
    which are opened for it."""
    sought, spot, found, looked = words.casefold(), Spot(), list[Said](), 0
    while len(found) < limit and looked < SEARCHED:
        lines, more = chat(follower_id, spot, 200)
        found += [one for one in lines if sought in one.text.casefold()]
        looked += len(lines)
        if more is None:
            break
        spot = more
    return found[:limit]


def last_words(follower_ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """What each wrote last, and when; who never wrote is left out."""
    if not follower_ids:
        return {}
    rows = fetch(
        "SELECT f.id, (SELECT e.id FROM event e WHERE e.follower_id = f.id"
        f" AND e.kind IN ({qmarks(MESSAGES)}) ORDER BY e.at DESC, e.id DESC LIMIT 1)"
        f" FROM follower f WHERE f.id IN ({qmarks(follower_ids)})",
        (*MESSAGES, *follower_ids),
    )
    texts = _texts([row[1] for row in rows if row[1]])
    return {row[0]: (from_ms(texts[row[1]][0]), texts[row[1]][1]) for row in rows if row[1]}


def said_since(follower_id: int, actor: str, since: datetime) -> int | None:
    """The latest message of an operator in this chat, if there is one since then: its event."""
    rows = fetch(
        "SELECT id, facts FROM event WHERE follower_id = ? AND kind = ? AND at >= ?"
        " ORDER BY at DESC, id DESC LIMIT 20",
        (follower_id, SAID, to_ms(since)),
    )
    return next((int(id_) for id_, facts in rows if json.loads(facts).get("by") == actor), None)


def _came(follower_id: int, since: int) -> dict[int, str]:
    """What became of operators' messages: event id -> word."""
    rows = fetch(
        "SELECT facts FROM event WHERE follower_id = ? AND kind = ? AND at >= ?",
        (follower_id, SETTLED, since),
    )
    facts = [json.loads(row[0]) for row in rows]
    return {int(one["of"]): str(one["came"]) for one in facts}


def _said(row: tuple[Any, ...], came: Mapping[int, str]) -> Said:
    event_id, kind, at, facts, sealed, reply, handler, answer = row
    known = json.loads(facts)
    return Said(
        event_id,
        kind,
        from_ms(at),
        str(known.get("by", "")) if kind in (SAID, NOTE) else "",
        _text(sealed),
        known,
        _opened(reply),
        handler or "",
        came.get(event_id, "") if kind == SAID else answer or "",
    )


def _opened(reply: Any) -> dict[str, Any] | None:
    return Holder.vault.open_json(bytes(reply), REPLY) if reply is not None else None


def _texts(event_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """event -> (at, words)."""
    if not event_ids:
        return {}
    rows = fetch(
        f"SELECT id, at, sealed FROM event WHERE id IN ({qmarks(event_ids)})", list(event_ids)
    )
    return {row[0]: (row[1], _text(row[2])[:_LONGEST_SHOWN]) for row in rows}


def _text(sealed: Any) -> str:
    """The words of a message, "" where there are none: a picture, a tap."""
    if sealed is None:
        return ""
    found = Holder.vault.open_json(bytes(sealed), PLACE)
    raw = found.get("raw", {})
    said = found.get("text") or raw.get("Content") or raw.get("Recognition") or raw.get("Label")
    return str(said or raw.get("Title") or "").strip()
