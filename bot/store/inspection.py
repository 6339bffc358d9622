"""Looking through the store for what should not be there: plain personal data, leftovers, old keys.

A sample of each column is read, the newest and the oldest rows, so that the cost does not grow with
the store; what is counted exactly says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from peewee import CharField, ForeignKeyField, TextField

from bot.store.db import fetch
from bot.store.fields import Holder, SealedField
from bot.store.models import TABLES
from bot.store.privacy import OWN_TABLES
from bot.store.vault import VERSION

SAMPLE = 500
_PHONE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?![\d.])")
# An openid or unionid has 28 characters; keyed hashes are hexadecimal and have 32.
_OPENID = re.compile(r"(?<![0-9A-Za-z_-])o[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-])")
# Numbers that the platform or a shop made, and signatures: digits that mean nobody.
_NUMBERS = frozenset(
    {"msgid", "client_id", "order_number", "dedupe", "certificate", "purpose", "evidence"}
)
_ALSO = frozenset({"audit_entry", "erasure", "job_run", "follower"})


def plain_personal(sample: int = SAMPLE) -> dict[str, str]:
    """Columns about people in which something stands open: column -> what it looks like.

    Also looks for the very openids and unionids of the sampled followers, whatever their form.
    """
    names = _identifiers(sample)
    found: dict[str, str] = {}
    for table, column, key in _text_columns():
        for text in _sampled(table, column, key, sample):
            sign = _sign(text, names)
            if sign:
                found[f"{table}.{column}"] = sign
                break
    return found


def _sign(text: str, names: set[str]) -> str:
    if any(name in text for name in names):
        return "an openid or unionid of a follower"
    if _OPENID.search(text):
        return "what looks like an openid"
    return "what looks like a telephone number" if _PHONE.search(text) else ""


def _identifiers(sample: int) -> set[str]:
    found: set[str] = set()
    for column in ("openid", "unionid"):
        for sealed in _sampled("follower", column, "id", min(sample, 50)):
            if Holder.vault.knows(bytes(sealed)):
                found.add(Holder.vault.open(bytes(sealed), f"follower.{column}").decode())
    return {name for name in found if len(name) >= 6}


def _text_columns() -> Iterator[tuple[str, str, str]]:
    """(table, column, what orders its rows) of texts in tables about people."""
    for model in TABLES:
        meta: Any = model._meta
        names = {field.column_name for field in meta.sorted_fields}
        if not names & {"follower_id", "event_id", "send_id"} and meta.table_name not in _ALSO:
            continue
        key = meta.primary_key.column_name if meta.primary_key else "follower_id"
        for field in meta.sorted_fields:
            text = isinstance(field, (CharField, TextField))
            hashed = field.column_name.endswith("hash") or field.column_name in _NUMBERS
            if text and not hashed and not isinstance(field, (SealedField, ForeignKeyField)):
                yield meta.table_name, field.column_name, key


def _sampled(table: str, column: str, key: str, sample: int) -> Iterator[Any]:
    for order in ("ASC", "DESC"):
        for (value,) in fetch(
            f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {key} {order}"
            " LIMIT ?",
            (sample,),
        ):
            yield value


def sealing(sample: int = SAMPLE) -> tuple[dict[str, int], dict[str, int]]:
    """(columns with values that are not sealed by a known key, by an older key), with how many of
    the sample."""
    broken: dict[str, int] = {}
    older: dict[str, int] = {}
    for model in TABLES:
        meta: Any = model._meta
        for field in meta.sorted_fields:
            if not isinstance(field, SealedField):
                continue
            name = f"{meta.table_name}.{field.column_name}"
            key = meta.primary_key.column_name
            for value in _sampled(meta.table_name, field.column_name, key, sample):
                if not Holder.vault.knows(bytes(value)):
                    broken[name] = broken.get(name, 0) + 1
                elif not Holder.vault.is_current(bytes(value)):
                    older[name] = older.get(name, 0) + 1
    return broken, older


def erased_leftovers() -> dict[str, int]:
    """What is still held of erased followers, counted exactly; {} as it should be."""
    counts = {
        "follower": "SELECT COUNT(*) FROM follower WHERE erased_at IS NOT NULL AND"
        " (openid IS NOT NULL OR unionid IS NOT NULL OR unionid_hash IS NOT NULL)"
    }
    for table in (*OWN_TABLES, "event", "coupon_code"):
        counts[table] = (
            f"SELECT COUNT(*) FROM follower f JOIN {table} x ON x.follower_id = f.id"
            " WHERE f.erased_at IS NOT NULL"
        )
    found = {table: int(fetch(sql)[0][0]) for table, sql in counts.items()}
    return {table: count for table, count in found.items() if count}


def without_evidence() -> int:
    """Followers who get marketing and of whose consent nothing is written down."""
    return int(
        fetch(
            "SELECT COUNT(*) FROM follower f WHERE f.subscribed = ? AND f.marketing_consent = ?"
            " AND f.opted_out_at IS NULL AND f.erased_at IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM consent c WHERE c.follower_id = f.id AND c.purpose = 'marketing')",
            (True, True),
        )[0][0]
    )


def key_id() -> str:
    """The key in force, and the version of what it seals."""
    return f"{VERSION}:{Holder.vault.key_id()}"
