"""What a person orders: make, start, pause, resume, cancel, close, report. By slug or id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from bot.campaign.ahead.linting import insist_on_texts
from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.approve import check, digest_of
from bot.campaign.document.definition import Definition, parse
from bot.campaign.document.means import check_kind
from bot.campaign.document.parts import Choice
from bot.campaign.drawing.matched import margin_of
from bot.campaign.finding import find
from bot.campaign.permission.order import zone_of
from bot.campaign.recur import first_run
from bot.campaign.results.close import close
from bot.campaign.results.report import Report, report
from bot.campaign.results.sums import Closing
from bot.campaign.sending import cancel as cancelling
from bot.campaign.states import EDITABLE, CampaignStatus, must_move
from bot.clock import wall
from bot.errors import Conflict, InvalidInput, NotFound
from bot.services import Services
from bot.store import (
    accounts,
    approvals,
    campaign_documents,
    campaigns,
    contents,
    coupons,
    effect_costs,
    recurrences,
    segments,
)
from bot.store.campaigns import CampaignState
from bot.store.db import transaction


def create(
    services: Services, account_id: int, document: Any, now: datetime, *, actor: str = ""
) -> CampaignState:
    """A new draft. Raises InvalidInput with the field, Conflict when the slug is taken.

    actor   who wrote it: they cannot approve it themselves
    """
    definition = checked(account_id, document)
    with transaction():
        campaign_id = campaigns.create(
            account_id,
            definition.slug,
            definition.name,
            definition.document(),
            now,
            priority=definition.priority,
        )
        _sign(campaign_id, definition, actor, now)
    return campaigns.get(campaign_id)


def _sign(campaign_id: int, definition: Definition, actor: str, now: datetime) -> None:
    campaign_documents.keep(campaign_id, digest_of(definition), definition.document(), now)
    if actor:
        approvals.note(campaign_id, digest_of(definition), approvals.DRAFTED, actor, now)


def change(
    services: Services,
    account_id: int,
    ref: str | int,
    document: Any,
    now: datetime,
    *,
    actor: str = "",
) -> CampaignState:
    """Replace a draft's definition, or that of a closed campaign for its next run. An approval
    holds only for the document that was approved."""
    campaign = find(account_id, ref)
    definition = checked(account_id, document)
    if definition.slug != campaign.slug:
        raise InvalidInput("slug: a campaign keeps its slug", "slug")
    text = definition.document()
    with transaction():
        if not campaigns.redefine(campaign.id, definition.name, text, EDITABLE, now):
            raise Conflict(f"the campaign is {campaign.state}: only a draft can be changed")
        _sign(campaign.id, definition, actor, now)
    return campaigns.get(campaign.id)


def checked(account_id: int, document: Any) -> Definition:
    """The definition, with what it names looked up. Raises InvalidInput."""
    definition = parse(document, zone_of(account_id))
    if not definition.auto_channels:
        check_kind(definition.channels, accounts.by_id(account_id).kind)
    where = "audience" if definition.audience else "segment"
    named: list[tuple[str, Callable[[int, str], object], str]]
    named = [(where, segments.by_slug, slug) for slug in definition.aim().named()]
    named += [("offer", coupons.batch_by_slug, slug) for slug in [definition.offer] if slug]
    choices = definition.match.offers if definition.match else ()
    named += [("match", coupons.batch_by_slug, one.batch) for one in choices]
    named += [("content", contents.by_slug, slug) for slug in definition.content]
    for field, look_up, slug in named:
        try:
            look_up(account_id, slug)
        except NotFound as error:
            raise InvalidInput(f"{field}: {error}", field) from None
    _check_margins(account_id, choices)
    return definition


def _check_margins(account_id: int, choices: Sequence[Choice]) -> None:
    prices = effect_costs.prices(account_id)
    for i, one in enumerate(choices):
        if margin_of(one, coupons.batch_by_slug(account_id, one.batch), prices) is None:
            field = f"match.offers[{i}].margin_fen"
            raise InvalidInput(
                f"{field}: say what a redemption of {one.batch} earns, or give the account a margin"
                " (hongyan effect price margin) and the coupon a threshold",
                field,
            )


def schedule(
    services: Services,
    account_id: int,
    ref: str | int,
    now: datetime,
    at: datetime | None = None,
    despite: Collection[str] = (),
) -> CampaignState:
    """Let it start at `at`, or at the definition's schedule.at; a recurring one at its first
    occurrence. Raises InvalidInput where neither is said, Conflict where schedule.at is over,
    without a demanded approval, and for texts and pieces that the linter refuses.

    despite   ids of the linter's rules that a person takes upon himself
    """
    campaign = find(account_id, ref)
    definition = parse(campaign.definition, zone_of(account_id))
    check(campaign)
    due_at = first_run(definition, now) if definition.recurs else at or definition.at
    if due_at is None:
        raise InvalidInput("schedule.at: is required, or start it at once", "schedule.at")
    if at is None and due_at < now:
        raise Conflict(
            f"schedule.at: {wall(due_at, zone_of(account_id))} is over: start it at once, or change"
            " it"
        )
    begins = max(due_at, now)
    insist_on_texts(order_to_come(campaign, services.settings.public, begins), despite, begins)
    with transaction():
        must_move(campaign.id, CampaignStatus.SCHEDULED, now, due_at=due_at)
        if definition.recurs:
            recurrences.put(campaign.id, due_at)
    return campaigns.get(campaign.id)


def start(
    services: Services,
    account_id: int,
    ref: str | int,
    now: datetime,
    despite: Collection[str] = (),
) -> CampaignState:
    """Due at once: the next `push_due` plans and sends it. A closed one gets its next run."""
    return schedule(services, account_id, ref, now, at=now, despite=despite)


def unschedule(services: Services, account_id: int, ref: str | int, now: datetime) -> CampaignState:
    """Back to a draft, while it has not begun."""
    campaign = find(account_id, ref)
    must_move(campaign.id, CampaignStatus.DRAFT, now)
    return campaigns.get(campaign.id)


def pause(services: Services, account_id: int, ref: str | int, now: datetime) -> CampaignState:
    """No further row is claimed; what is under way is settled."""
    campaign = find(account_id, ref)
    must_move(campaign.id, CampaignStatus.PAUSED, now)
    return campaigns.get(campaign.id)


def resume(services: Services, account_id: int, ref: str | int, now: datetime) -> CampaignState:
    """Go on where it was, with planning or with sending."""
    campaign = find(account_id, ref)
    planned = (
        campaign.generation > 0
        and campaigns.generation(campaign.id, campaign.generation).planned_at is not None
    )
    must_move(
        campaign.id, CampaignStatus.RUNNING if planned else CampaignStatus.PLANNING, now,
        origins=(CampaignStatus.PAUSED,),
    )  # fmt: skip
    return campaigns.get(campaign.id)


def cancel(services: Services, account_id: int, ref: str | int, now: datetime) -> CampaignState:
    """End it; everybody not sent to yet is skipped as cancelled."""
    campaign = find(account_id, ref)
    cancelling.cancel(campaign.id, now)
    return campaigns.get(campaign.id)


def close_now(
    services: Services, account_id: int, ref: str | int, now: datetime
) -> dict[str, Closing]:
    """Close without waiting for the attribution window; the sums by step.

    Raises Conflict when something is still open or the sum does not hold. Closed before: the sums
    as they are.
    """
    campaign = find(account_id, ref)
    if campaign.generation == 0:
        raise Conflict(f"the campaign is {campaign.state}: it has not run")
    return close(campaign, now) or report(campaign, now).steps


def report_of(
    account_id: int, ref: str | int, now: datetime, generation: int | None = None
) -> Report:
    """Raises NotFound."""
    return report(find(account_id, ref), now, generation)


def listed(account_id: int) -> list[CampaignState]:
    """All, the newest first."""
    return campaigns.all_of(account_id)
