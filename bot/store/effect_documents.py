"""What was made of figures and is kept as it was: post-mortems of runs, digests of weeks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run


class Kept(NamedTuple):
    """A document and its words, as made then. `name`: a run's number, or a week."""

    name: str
    made_at: datetime
    document: dict[str, Any]
    words: str
    mail: str = ""


def keep_post_mortem(
    campaign_id: int, generation: int, document: Mapping[str, Any], words: str, now: datetime
) -> bool:
    """Keep it in the run's row. False: one was made before, and stays."""
    changed = run(
        "UPDATE post_mortem SET document = ?, words = ?, made_at = ?"
        " WHERE campaign_id = ? AND generation = ? AND made_at IS NULL",
        (json.dumps(document, ensure_ascii=False), words, to_ms(now), campaign_id, generation),
    )
    return changed == 1


def post_mortem(campaign_id: int, generation: int) -> Kept | None:
    rows = fetch(
        "SELECT generation, made_at, document, words FROM post_mortem"
        " WHERE campaign_id = ? AND generation = ? AND made_at IS NOT NULL",
        (campaign_id, generation),
    )
    return next((Kept(str(r[0]), from_ms(r[1]), json.loads(r[2]), r[3]) for r in rows), None)


def keep_digest(
    account_id: int, week: str, document: Mapping[str, Any], words: str, now: datetime
) -> bool:
    """False: the week's was made before, and stays."""
    new = insert_new(
        "week_digest",
        ("account_id", "week", "made_at", "document", "words", "mail"),
        (account_id, week, to_ms(now), json.dumps(document, ensure_ascii=False), words, ""),
    )
    return new is not None


def digests(account_id: int, limit: int = 60) -> list[Kept]:
    """The newest first."""
    return _digests("account_id = ? ORDER BY week DESC LIMIT ?", account_id, limit)


def digest(account_id: int, week: str) -> Kept | None:
    return next(iter(_digests("account_id = ? AND week = ?", account_id, week)), None)


def _digests(where: str, *params: int | str) -> list[Kept]:
    rows = fetch(
        f"SELECT week, made_at, document, words, mail FROM week_digest WHERE {where}", params
    )
    return [Kept(r[0], from_ms(r[1]), json.loads(r[2]), r[3], r[4]) for r in rows]


def move_mail(account_id: int, week: str, origin: str, to: str) -> bool:
    """The mail's way: "" -> sending -> sent or failed. False: somebody was faster."""
    changed = run(
        "UPDATE week_digest SET mail = ? WHERE account_id = ? AND week = ? AND mail = ?",
        (to, account_id, week, origin),
    )
    return changed == 1
