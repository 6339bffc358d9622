"""The one call of a mass batch, and what its answer means for all of its rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.campaign.document.wording import fill
from bot.campaign.permission.order import Order
from bot.campaign.permission.policy import next_day
from bot.campaign.states import CampaignStatus, move
from bot.channels import mass
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.errors import (
    GatewayError,
    MessageRefused,
    OutcomeUnknown,
    QuotaExhausted,
    RequestRejected,
    UserUnreachable,
)
from bot.services import Services
from bot.store import followers, links, mass_batches, quotas
from bot.store.db import transaction
from bot.store.mass_batches import Batch, State
from bot.store.sends import SendRow
from bot.tracking.tokens import link_url
from bot.values.audience import Channel
from bot.wechat.client import WeChatClient
from bot.wechat.lists import delete_tag, tag_members

logger = logging.getLogger(__name__)

# Within a minute the platform refuses the same id (45066) whatever became of the first.
BEFORE_REPEAT = timedelta(seconds=70)
MARGIN = timedelta(minutes=10)  # before the platform forgets the id


def repeatable(batch: Batch, at: datetime) -> bool:
    """A repeat at `at` still finds the first call, if that arrived."""
    span = CHANNELS[Channel(batch.channel)].duplicate_span
    return batch.called_at is not None and span is not None and at + MARGIN < batch.called_at + span


def call(
    services: Services,
    order: Order,
    batch: Batch,
    owner: str,
    rows: Sequence[SendRow],
    now: datetime,
) -> None:
    """Say it to all of them; the batch is then accepted, refused, or waits for its next try."""
    content = mass.text(content_of(order, batch, owner, now))
    openids = followers.openids_of([row.follower_id for row in rows])
    try:
        if batch.channel == Channel.MASS_TAG:
            batch = _tagged(services, batch, owner, list(openids.values()))
        if not _announced(order, batch, owner, now):
            return
        client = services.client_of(order.account_id)
        if batch.channel == Channel.MASS_TAG:
            msg_id = client.mass_send_by_tag(batch.tag_id, content, batch.client_id)
        else:
            msg_id = client.mass_send_by_list(list(openids.values()), content, batch.client_id)
    except GatewayError as error:
        _refused(order, mass_batches.get(batch.id), owner, error, now)
        return
    mass_batches.change(batch.id, owner, state=State.ACCEPTED, msg_id=msg_id, error="")


def content_of(order: Order, batch: Batch, owner: str, now: datetime) -> str:
    """The same text for all, with a link of the batch's own: whose tap it is nobody knows."""
    values = dict(order.values())
    if order.definition.url:
        link_id = batch.link_id or links.link_for(
            order.campaign_id, order.definition.url, now, mark=f"#batch {batch.id}"
        )
        mass_batches.change(batch.id, owner, link_id=link_id)
        values["link"] = link_url(order.public_url, link_id, None, None)
    return fill(order.text_of(batch.variant), values)


def _announced(order: Order, batch: Batch, owner: str, now: datetime) -> bool:
    """Count the call and write that it may arrive, before it is made. False: not now."""
    way = CHANNELS[Channel(batch.channel)]
    day = quotas.day_of(now, order.zone)
    with transaction():
        quotas.room(order.account_id, way.api, day, way.daily_limit)
        if not quotas.take(order.account_id, way.api, day, 1):
            reset = next_day(now, SHANGHAI)
            mass_batches.let_go(batch.id, owner, next_at=reset, error="no mass call is left today")
            return False
        first = batch.called_at or now
        return mass_batches.change(batch.id, owner, called_at=first, attempts=batch.attempts + 1)


def _refused(order: Order, batch: Batch, owner: str, error: GatewayError, now: datetime) -> None:
    """`called_at` goes where this was the first call and it certainly did nothing."""
    way = CHANNELS[Channel(batch.channel)]
    first = batch.attempts <= 1 or batch.called_at is None
    sure = None if first and not isinstance(error, OutcomeUnknown) else batch.called_at
    again = now + min(BEFORE_REPEAT * max(1, batch.attempts), timedelta(hours=1))
    logger.warning("mass batch=%d errcode=%s %s", batch.id, error.errcode, type(error).__name__)
    if isinstance(error, MessageRefused | UserUnreachable) and sure is None:
        mass_batches.change(batch.id, owner, state=State.REFUSED, error=str(error))
        return
    if isinstance(error, QuotaExhausted):
        again = next_day(now, SHANGHAI)
        day = quotas.day_of(now, order.zone)
        quotas.exhaust(order.account_id, way.api, day, way.daily_limit)
    if isinstance(error, RequestRejected):
        move(order.campaign_id, CampaignStatus.PAUSED, now, error=str(error))
    mass_batches.let_go(
        batch.id,
        owner,
        called_at=sure,
        attempts=batch.attempts if sure else 0,
        next_at=again,
        error=str(error),
    )


def _tagged(services: Services, batch: Batch, owner: str, openids: Sequence[str]) -> Batch:
    """The batch's own platform tag is on exactly these. Repeating is harmless; found by its name
    where the process died between making and noting it. Raises GatewayError."""
    client = services.client_of(batch.account_id)
    tag_id, name = batch.tag_id, f"hy{batch.id}"
    if tag_id is None:
        known = {str(tag.get("name")): int(tag["id"]) for tag in client.tags()}
        tag_id = known.get(name) or client.create_tag(name)
        mass_batches.change(batch.id, owner, tag_id=tag_id)
    strangers = _members(client, tag_id) - set(openids)
    client.untag_users(tag_id, sorted(strangers))
    client.tag_users(tag_id, openids)
    return mass_batches.get(batch.id)


def _members(client: WeChatClient, tag_id: int) -> set[str]:
    found: set[str] = set()
    page = tag_members(client, tag_id)
    while page.openids:
        found.update(page.openids)
        page = tag_members(client, tag_id, page.next_openid)
    return found


def drop_tag(services: Services, batch: Batch) -> None:
    """A batch that is over needs its tag no more; the platform has room for a hundred."""
    if batch.tag_id is None:
        return
    try:
        delete_tag(services.client_of(batch.account_id), batch.tag_id)
    except GatewayError as error:
        logger.warning("mass batch=%d its tag is left: %s", batch.id, error)
