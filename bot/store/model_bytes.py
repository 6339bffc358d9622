"""The bytes of a learnt model as its row keeps them, held against the hash beside them."""

from __future__ import annotations

import hashlib

from bot.errors import Conflict, NotFound
from bot.store.db import fetch


def hash_of(content: bytes) -> str:
    """What stands beside the bytes: SHA-256, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def of(table: str, model_id: int) -> bytes:
    """As they were saved. Raises NotFound; Conflict where they were changed since.

    table   of ours, with `content` and `file_hash`
    """
    rows = fetch(f"SELECT content, file_hash FROM {table} WHERE id = ?", (model_id,))
    if not rows:
        raise NotFound(f"there is no model {model_id}")
    held = bytes(rows[0][0])
    if hash_of(held) != rows[0][1]:
        raise Conflict(f"model {model_id} is not what was saved: its hash differs")
    return held
