"""What a campaign's document says otherwise than the one that was decided on last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.store import approvals, campaign_documents
from bot.store.approvals import APPROVED, REJECTED, Approval
from bot.store.campaigns import CampaignState


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` as a complaint names it: schedule.at, variants[2].text; None: it was not there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Since:
    """Against the decision before; `differences` None: that document was not kept."""

    approval: Approval
    differences: tuple[Difference, ...] | None


def since_decided(campaign: CampaignState) -> Iterator[Since]:
    """Against the document that was refused last, where nothing was approved since; and against the
    one that was approved last."""
    for one in approvals.history(campaign.id):
        if one.state == REJECTED:
            yield _since(campaign, one)
            break
        if one.state == APPROVED:
            break
    for one in approvals.history(campaign.id):
        if one.state == APPROVED:
            yield _since(campaign, one)
            break


def _since(campaign: CampaignState, one: Approval) -> Since:
    before = campaign_documents.find(campaign.id, one.digest)
    return Since(one, None if before is None else tuple(differences(before, campaign.definition)))


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Field by field, in the order of the later document. Pure."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*after, *before]):
            inner = f"{path}.{name}" if path else str(name)
            yield from differences(before.get(name), after.get(name), inner)
    elif _parts(before) and _parts(after):
        for i in range(max(len(before), len(after))):
            one, other = (side[i] if i < len(side) else None for side in (before, after))
            yield from differences(one, other, f"{path}[{i + 1}]")
    elif before != after and not (_empty(before) and _empty(after)):
        yield Difference(path, before, after)


def _parts(value: Any) -> bool:
    """A list of mappings is compared one by one, a list of words as a whole."""
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _empty(value: Any) -> bool:
    """Says nothing; a zero and a no do."""
    return value is None or value in ("", [], {})
