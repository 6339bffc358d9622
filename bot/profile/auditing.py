"""The regular audit: is everything sealed, fresh, within its time, forgotten where it should be,
and who looked at what. Reads, reports, and leaves one entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store import audit, identity_names, inspection, retention
from bot.store.privacy import erasures

KEY_DAYS = 365  # a key that has been in force for longer is to be changed
WAITS_DAYS = 365  # so long a name from outside may wait for a follower
LATE = timedelta(days=2)  # the nightly job may have missed one night
LOOKS = timedelta(days=30)
KEY = "key"


@dataclass(frozen=True, slots=True)
class Report:
    """A dated report; `findings` is empty when all is well."""

    at: datetime
    findings: tuple[tuple[str, str], ...]
    checked: dict[str, Any]
    looks: list[dict[str, Any]]
    erasures: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "findings": [{"what": what, "detail": detail} for what, detail in self.findings],
            "checked": self.checked,
            "looks": self.looks,
            "erasures": self.erasures,
        }


def note_key(now: datetime, actor: str = "job") -> datetime:
    """Since when the key in force is known here; a change is written into the log."""
    since = key_since()
    if since is None:
        audit.record(actor, KEY, now, detail={"key": inspection.key_id()})
    return since or now


def key_since() -> datetime | None:
    """The same as far as the log knows; None: it does not know this key yet."""
    current, since = inspection.key_id(), None
    for entry in audit.entries(1000, action=KEY):
        if entry.detail.get("key") != current:
            break
        since = entry.at
    return since


def audited(account_id: int, days: Mapping[str, int], now: datetime, actor: str) -> Report:
    """Look at everything; `days` is the retention by kind."""
    since = note_key(now, actor)
    entries, chain = audit.check()
    broken, older = inspection.sealing()
    findings = [
        *(("chain", fault) for fault in chain[:20]),
        *(("not sealed", f"{column}: {count} values") for column, count in broken.items()),
        *(("plain", f"{column}: {sign}") for column, sign in inspection.plain_personal().items()),
        *_of_keys(older, since, now),
        *_stale(days, now),
        *(("erased", f"{table}: {n} rows") for table, n in inspection.erased_leftovers().items()),
        *_waiting(account_id, now),
    ]
    found = Report(
        now,
        tuple(findings),
        {
            "audit_entries": entries,
            "key": inspection.key_id(),
            "key_since": since.isoformat(timespec="seconds"),
            "retention_days": dict(sorted(days.items())),
            "without_consent_evidence": inspection.without_evidence(),
            "identities_waiting": identity_names.count_waiting(account_id),
        },
        audit.looks(now - LOOKS),
        erasures(account_id),
    )
    audit.record(actor, "audit", now, detail={"findings": len(findings)})
    return found


def _waiting(account_id: int, now: datetime) -> Iterator[tuple[str, str]]:
    """Names of people outside whom nothing joined to a follower for a year."""
    count = identity_names.count_waiting(account_id, now - timedelta(days=WAITS_DAYS))
    if count:
        yield "waiting", f"{count} names wait for over a year: run hongyan identity purge"


def _of_keys(older: Mapping[str, int], since: datetime, now: datetime) -> Iterator[tuple[str, str]]:
    if older:
        columns = ", ".join(sorted(older))
        yield "older key", f"run: hongyan db rekey ({columns})"
    age = (now - since).days
    if age > KEY_DAYS:
        yield "key age", f"the key has been in force for {age} days: see change-keys"


def _stale(days: Mapping[str, int], now: datetime) -> Iterator[tuple[str, str]]:
    for kind, kept in sorted(days.items()):
        count = retention.count_old(kind, now - timedelta(days=kept) - LATE)
        if count:
            yield "stale", f"{kind}: {count} events are older than {kept} days"
