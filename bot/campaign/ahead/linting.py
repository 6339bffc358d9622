"""What the linter has to say of a campaign's texts, and of the pieces that it carries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.campaign.permission.order import Order
from bot.content.checkup import Facts, lint_campaign
from bot.content.draft import Offer
from bot.content.findings import Finding, Severity, ordered, refusing
from bot.content.library import sender_of
from bot.errors import Conflict, NotFound
from bot.store import contents, coupons


class TextsRefused(Conflict):
    """The linter calls something an error; `findings` are these, the worst first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"the linter refuses it: {findings[0].sentence()}")
        self.findings = findings


def insist_on_texts(
    order: Order, despite: Collection[str] = (), at: datetime | None = None
) -> None:
    """Raises TextsRefused for what the linter calls an error.

    despite   ids of rules that a person takes upon himself
    at        when it begins; None: only what is published counts, whatever is valid when
    """
    found = refusing([*gone(order, at), *findings_of(order, None, None, None)])
    if wrong := [one for one in found if one.rule not in despite]:
        raise TextsRefused(wrong)


def findings_of(
    order: Order, audience: int | None, sends_at: datetime | None, ends_at: datetime | None
) -> list[Finding]:
    """Of every text on every channel that it may take, the worst first."""
    found = gone(order, sends_at) if sends_at else []
    facts = Facts(
        sender=sender_of(order.account_id), audience=audience, sends_at=sends_at,
        ends_at=ends_at, zone=order.zone,
    )  # fmt: skip
    document = order.definition.document()
    for slug, offer in _offers(order):
        said = lint_campaign({**document, "offer": slug}, replace(facts, offer=offer))
        found += [one for one in said if one not in found]
    return ordered(found)


def _offers(order: Order) -> list[tuple[str, Offer | None]]:
    """Slug and offer; None alone where there is none. Of several batches the stock is that of all:
    who gets none of one gets another."""
    batches = order.batches()
    left = sum(coupons.stock(batch.id)["available"] for batch in batches)
    found: list[tuple[str, Offer | None]] = [
        (of.slug, Offer(of.title, of.valid_from, of.valid_until, left)) for of in batches
    ]
    return found or [("", None)]


def gone(order: Order, at: datetime | None) -> list[Finding]:
    """Pieces of the library that cannot go out: an error where none can, so that everybody would be
    skipped, a warning where others can."""
    found = {slug: _fault(order, slug, at) for slug in order.definition.content}
    bad = {slug: fault for slug, fault in found.items() if fault}
    severity = Severity.ERROR if len(bad) == len(found) else Severity.WARNING
    return [
        Finding(
            "content-gone", severity, "content", 0, 0, "",
            {"slug": slug, "state": f"@content.fault.{fault}"},
        )
        for slug, fault in bad.items()
    ]  # fmt: skip


def _fault(order: Order, slug: str, at: datetime | None) -> str:
    """missing, draft, archived or closed; "" where it can go out."""
    piece = order.piece(slug)
    if piece is not None:
        return "" if at is None or piece.is_open(at) else "closed"
    try:
        state = contents.by_slug(order.account_id, slug).state
    except NotFound:
        return "missing"
    return "archived" if state == "archived" else "draft"
