"""A person forgotten on request, and the certificate of it.

Whoever adds a table with a follower in it adds it here and to bot.store.held, which reads it for
the person; a test compares this with the schema.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store import identity_names, import_rejects, pseudonyms
from bot.store.db import fetch, insert_new, is_sqlite, pragma, run, transaction
from bot.store.fields import Holder
from bot.store.models import Erasure, database
from bot.store.suppression import keep_refusal

# Rows of these tables are about one follower and nothing else: they go with the person.
OWN_TABLES = (
    "profile",
    "follower_attribute",
    "follower_tag",
    "follower_interest",
    "segment_member",
    "segment_change",
    "segment_dirty",
    "segment_pin",
    "segment_listed",
    "campaign_tester",
    "send_match",
    "trial_send",
    "dialogue",
    "journey_call",
    "journey_run",
    "handoff",
    "chat_star",
    "listing",
    "platform_tagging",
    "quarantine",
    "click",
    "consent",
    "topic_choice",
    "profile_base",
    "identity_conflict",
    "identity_join",
    "identity",
    "entitlement",
    "carried",
    "prediction",
)
# These count something else, too (messages sent, money taken, stock) and stay without the person.
KEPT_TABLES = ("event", "coupon_code", "send")
FOLDED_TABLES = ("profile", "follower_attribute", "follower_tag", "follower_interest")
_CHUNK = 500


def erase(follower_id: int, now: datetime, repeats_since: datetime) -> dict[str, int] | None:
    """Forget the person in one transaction; rows removed or emptied by table, None if done before.

    What stays: the follower row as an empty tombstone, which ledger rows point to; emptied events
    that a conversion is credited to; those received since `repeats_since`, so that the platform's
    repetition of a message finds that it was here; and of who had refused marketing the keyed
    hash, so that the refusal holds (bot.store.suppression). Raises NotFound.
    """
    with transaction():
        identity_names.gather(follower_id)
        keep_refusal(follower_id, now)
        rejects = import_rejects.forget(follower_id)
        if not _entomb(follower_id, now):
            return None
        removed = {"import_reject": rejects} | {
            table: _forget_said(table, follower_id) for table in ("example", "shadow_answer")
        }
        removed["inbox"] = _close_inbox(follower_id)
        removed["event"] = _forget_events(follower_id, repeats_since)
        removed["coupon_code"] = _forget_coupons(follower_id)
        removed["send"] = run(
            "UPDATE send SET reasons = '{}', error = '', subject = '' WHERE follower_id = ?",
            (follower_id,),
        )
        run(
            "UPDATE segment SET size = size - 1 WHERE size > 0 AND id IN"
            " (SELECT segment_id FROM segment_member WHERE follower_id = ?)",
            (follower_id,),
        )
        for table in OWN_TABLES:
            removed[table] = run(f"DELETE FROM {table} WHERE follower_id = ?", (follower_id,))
    return {table: count for table, count in removed.items() if count}


def _entomb(follower_id: int, now: datetime) -> bool:
    """Empty the follower row. A random hash instead of the openid's: nobody is found under it."""
    changed = run(
        "UPDATE follower SET openid = NULL, openid_hash = ?, unionid = NULL, unionid_hash = NULL,"
        " subscribed = ?, subscribed_at = NULL, unsubscribed_at = NULL, source_scene = '',"
        " language = 'zh', marketing_consent = ?, personalised = ?, opted_out_at = NULL,"
        " blacklisted = ?, stage = 'gone', last_inbound_at = NULL, window_kind = '',"
        " window_until = NULL, window_left = 0, held_by = '', held_until = NULL, created_at = ?,"
        " erased_at = ?"
        " WHERE id = ? AND erased_at IS NULL",
        (secrets.token_hex(16), False, False, False, False, to_ms(now), to_ms(now), follower_id),
    )
    if not changed and not fetch("SELECT 1 FROM follower WHERE id = ?", (follower_id,)):
        raise NotFound(f"there is no follower {follower_id}")
    return changed == 1


def _close_inbox(follower_id: int) -> int:
    """Nothing of theirs is handled or answered any more."""
    return run(
        "UPDATE inbox SET state = 'done', answer = 'none', reply = NULL, error = '', reason = '',"
        " trace = '[]', lease_until = NULL"
        " WHERE event_id IN (SELECT id FROM event WHERE follower_id = ?)",
        (follower_id,),
    )


def _forget_said(table: str, follower_id: int) -> int:
    """Rows about single messages of theirs: what was learnt from, what was tried beside."""
    mine = "(SELECT id FROM event WHERE follower_id = ?)"
    if table == "example":
        run(
            "UPDATE talk_version SET number = number + 1 WHERE account_id IN"
            f" (SELECT account_id FROM example WHERE event_id IN {mine})",
            (follower_id,),
        )
    return run(f"DELETE FROM {table} WHERE event_id IN {mine}", (follower_id,))


def _forget_events(follower_id: int, repeats_since: datetime) -> int:
    emptied = run(
        "UPDATE event SET follower_id = NULL, kind = 'erased', facts = '{}', sealed = NULL,"
        " identity_id = NULL, folded = ? WHERE follower_id = ?"
        " AND (EXISTS (SELECT 1 FROM conversion WHERE conversion.event_id = event.id)"
        " OR (received_at >= ? AND EXISTS"
        " (SELECT 1 FROM inbox WHERE inbox.event_id = event.id)))",
        (True, follower_id, to_ms(repeats_since)),
    )
    run(
        "DELETE FROM inbox WHERE event_id IN (SELECT id FROM event WHERE follower_id = ?)",
        (follower_id,),
    )
    return emptied + run("DELETE FROM event WHERE follower_id = ?", (follower_id,))


def _forget_coupons(follower_id: int) -> int:
    """What they could still use is void; what was redeemed keeps its amount, not its owner."""
    run(
        "UPDATE coupon_code SET state = 'void', reserved_until = NULL"
        " WHERE follower_id = ? AND state IN ('reserved', 'issued')",
        (follower_id,),
    )
    mine = "(SELECT id FROM coupon_code WHERE follower_id = ?)"
    run(f"UPDATE coupon_use SET order_hash = '' WHERE code_id IN {mine}", (follower_id,))
    run(f"DELETE FROM coupon_remote WHERE code_id IN {mine}", (follower_id,))
    run("DELETE FROM coupon_notice WHERE facts LIKE ?", (f'%"{pseudonyms.of(follower_id)}"%',))
    return run(
        "UPDATE coupon_code SET follower_id = NULL, order_number = NULL, claimed_from = NULL"
        " WHERE follower_id = ?",
        (follower_id,),
    )


def empty_events(follower_id: int, kinds: Collection[str]) -> int:
    """Take the content out of all events of these kinds; that something happened stays."""
    if not kinds:
        return 0
    marks = ",".join("?" * len(kinds))
    return run(
        "UPDATE event SET facts = '{}', sealed = NULL"
        f" WHERE follower_id = ? AND kind IN ({marks})",
        (follower_id, *kinds),
    )


def forget_attributes(follower_id: int, names: Collection[str]) -> int:
    """Delete the events that told these attributes; how many."""
    if not names:
        return 0
    told = fetch(
        "SELECT id, facts FROM event WHERE follower_id = ? AND kind = 'attribute'", (follower_id,)
    )
    gone = [event_id for event_id, facts in told if json.loads(facts).get("name") in names]
    for start in range(0, len(gone), _CHUNK):
        _delete_events(gone[start : start + _CHUNK])
    return len(gone)


def _delete_events(ids: Sequence[int]) -> None:
    run(f"DELETE FROM event WHERE id IN ({','.join('?' * len(ids))})", ids)


def refold(follower_id: int) -> None:
    """Drop what was folded; the next fold makes it anew from the events that are left."""
    for table in FOLDED_TABLES:
        run(f"DELETE FROM {table} WHERE follower_id = ?", (follower_id,))
    run("UPDATE event SET folded = ? WHERE follower_id = ?", (False, follower_id))


def scrub() -> None:
    """Bring an erasure into the database file and empty the write-ahead log. After the commit.

    SQLite overwrites deleted content (`secure_delete`), but the log still has the pages as they
    were. Where other connections are reading just now, its next full checkpoint does it.
    """
    if is_sqlite() and not database.obj.in_transaction():
        pragma("wal_checkpoint(TRUNCATE)")


def forget_emptied(before: datetime) -> int:
    """Drop emptied events that only waited for the platform's repetitions; how many."""
    return run(
        "DELETE FROM event WHERE kind = 'erased' AND received_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM conversion WHERE conversion.event_id = event.id)",
        (to_ms(before),),
    )


# --- certificates ------------------------------------------------------------------------------


def certificate_for(subject: str) -> str:
    """The number of the certificate for "follower:12" or "event:34": equal at every call."""
    return Holder.vault.blind(subject, "erasure.certificate")


def certify(
    account_id: int, cause: str, certificate: str, removed: dict[str, int], now: datetime
) -> bool:
    """Write the certificate. False: it was written before."""
    columns = ("account_id", "at", "cause", "certificate", "removed")
    values = (account_id, to_ms(now), cause[:32], certificate, json.dumps(removed))
    return insert_new("erasure", columns, values) is not None


def erasures(account_id: int) -> list[dict[str, Any]]:
    """Every certificate of the account, the newest first."""
    rows: Any = (
        Erasure.select().where(Erasure.account == account_id).order_by(Erasure.id.desc()).dicts()
    )
    return [
        {
            "certificate": row["certificate"],
            "at": row["at"].isoformat(),
            "cause": row["cause"],
            "removed": row["removed"],
        }
        for row in rows
    ]
