"""The signed sheet of a run: its sum, quota, coupons and the hash of every ledger row.

Signed with the store's own key, and noted in the audit log, whose end it names: who changes a row,
the sheet, or both, is found by `verify`. It is made once, soon after the run is closed. Between the
last message and that, who asks gets a provisional one: signed and on record, and not kept, as
reminders may still follow.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.campaign.phases import sent_run
from bot.campaign.results.sums import closings
from bot.channels.registry import CHANNELS
from bot.errors import Conflict
from bot.store import audit, campaigns, send_figures, send_sheet
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.db import again, transaction
from bot.store.send_sheet import Digest
from bot.values.audience import Channel


@dataclass(frozen=True, slots=True)
class Sheet:
    """`faults` of a verification: what does not agree with the store as it is now."""

    document: dict[str, Any]
    signature: str
    made_at: datetime
    faults: tuple[str, ...] = ()

    @property
    def provisional(self) -> bool:
        return self.document["closed_at"] is None

    def to_json(self) -> dict[str, Any]:
        return {
            "sheet": self.document,
            "signature": self.signature,
            "provisional": self.provisional,
        }


def sign_due(now: datetime) -> int:
    """Sheets for closed runs that have none; how many."""
    due = send_sheet.due()
    for campaign_id, generation in due:
        _make(campaigns.get(campaign_id), campaigns.generation(campaign_id, generation), now)
    return len(due)


def sheet_of(campaign: CampaignState, generation: int, now: datetime) -> Sheet:
    """Made where it is not there yet; provisional until the run is closed. Raises Conflict while
    it is still being sent."""
    run = campaigns.generation(campaign.id, generation)
    if run.closed_at is None:
        if generation != campaign.generation or sent_run(campaign) is None:
            raise Conflict(f"run {generation} is still being sent: there is no sum to sign yet")
        return _provisional(campaign, run, now)
    signed = send_sheet.get(campaign.id, generation)
    if signed is None:
        _make(campaign, run, now)
        signed = send_sheet.get(campaign.id, generation)
    assert signed is not None
    return Sheet(json.loads(signed.sheet), signed.signature, signed.made_at)


def _provisional(campaign: CampaignState, run: GenerationState, now: datetime) -> Sheet:
    sums = closings(run, send_figures.counts(campaign.id, run.number))
    document = _document(campaign, run, {s: one.to_json() for s, one in sums.items()}, now)
    with transaction():
        last, at = audit.head()
        whole = {**document, "audit": {"entry": last, "hash": at}}
        text = _canonical(whole)
        detail = {"campaign": campaign.id, "run": run.number, "sha256": _sha256(text)}
        audit.record("job", "campaign.sheet.provisional", now, detail=detail)
    return Sheet(whole, send_sheet.sign(text), now)


def _make(campaign: CampaignState, run: GenerationState, now: datetime) -> None:
    _keep(campaign.id, run.number, _document(campaign, run, run.closing, now), now)


def _document(
    campaign: CampaignState, run: GenerationState, sums: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    digests = list(send_sheet.digests(campaign.id, run.number, now))
    calls = send_sheet.calls(campaign.id, run.number)
    return {
        "campaign": campaign.slug,
        "run": run.number,
        "started_at": _text(run.started_at),
        "closed_at": _text(run.closed_at),
        "sum": sums,
        "calls": {CHANNELS[Channel(channel)].api: rows for channel, rows in calls.items()},
        "codes": send_sheet.codes(campaign.id, run.number),
        "rows": sum(digest.rows for digest in digests),
        "sha256": _over(digests),
        "spans": [asdict(digest) for digest in digests],
    }


@again
def _keep(campaign_id: int, number: int, document: dict[str, Any], now: datetime) -> None:
    with transaction():
        last, at = audit.head()
        text = _canonical({**document, "audit": {"entry": last, "hash": at}})
        if send_sheet.keep(campaign_id, number, text, now):
            detail = {"campaign": campaign_id, "run": number, "sha256": _sha256(text)}
            audit.record("job", "campaign.sheet", now, detail=detail)


def verify(campaign: CampaignState, generation: int, now: datetime) -> Sheet:
    """The sheet with all that does not agree. Nothing is changed; a run without a sheet gets it. A
    provisional one is made at this moment: there is nothing that it could differ from."""
    found = sheet_of(campaign, generation, now)
    if found.provisional:
        return found
    faults = tuple(_faults(campaign, generation, found))
    return Sheet(found.document, found.signature, found.made_at, faults)


def _faults(campaign: CampaignState, generation: int, found: Sheet) -> Iterator[str]:
    text = _canonical(found.document)
    if not hmac.compare_digest(send_sheet.sign(text), found.signature):
        yield "the sheet was changed after it was signed"
        return
    if not _is_noted(campaign.id, generation, _sha256(text)):
        yield "the audit log does not know this sheet"
    run = campaigns.generation(campaign.id, generation)
    if run.closing != found.document["sum"]:
        yield "the sum kept with the run is another"
    yield from _changed_rows(campaign.id, generation, found)


def _changed_rows(campaign_id: int, generation: int, found: Sheet) -> Iterator[str]:
    document = found.document
    for was in [Digest(**span) for span in document["spans"]]:
        is_now = send_sheet.digest(campaign_id, generation, was, found.made_at)
        if is_now != was:
            yield (
                f"ledger rows of step {was.step}, followers {was.after + 1} to {was.until}: "
                + (f"{was.rows} then, {is_now.rows} now" if is_now.rows != was.rows else "changed")
            )
    rows = send_sheet.rows(campaign_id, generation)
    if rows > document["rows"]:
        yield f"{rows} ledger rows, and {document['rows']} when it was signed"


def _is_noted(campaign_id: int, generation: int, sha256: str) -> bool:
    wanted = {"campaign": campaign_id, "run": generation, "sha256": sha256}
    found = audit.entries(10_000, action="campaign.sheet")
    return any(entry.detail == wanted for entry in found)


def _over(digests: list[Digest]) -> str:
    return _sha256("\n".join(digest.sha256 for digest in digests))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
