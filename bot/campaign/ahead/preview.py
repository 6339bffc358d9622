"""What one follower would get: the message, its way, its coupon, and why. Nothing is taken."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.campaign.ahead.dryrun import foreseen
from bot.campaign.ahead.to_come import order_to_come, start_of
from bot.campaign.document.aim import aim_of
from bot.campaign.drawing.assign import HELD_OUT
from bot.campaign.drawing.draw import drawn
from bot.campaign.drawing.timing import own_times
from bot.campaign.finding import find
from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.pieces import matches
from bot.campaign.permission.policy import Delay, judge, next_opening
from bot.campaign.permission.recipients import recipients
from bot.campaign.permission.trace import Step, trace
from bot.campaign.sending.compose import Composer
from bot.errors import NotFound
from bot.services import Services
from bot.store import audience_sets, audit, coupons, send_matches, sends
from bot.values.audience import Channel, Skip

GOES, WAITS, HELD, SKIPPED = "goes", "waits", "held_out", "skipped"


@dataclass(frozen=True, slots=True)
class Preview:
    """outcome   goes, waits (until `due_at`), held_out or skipped (see `why`; held out without one:
              by the run's own draw)
    member    whether they are in the audience as it is now
    text      as they would read it, with a link that counts for nobody; shown whatever the outcome
    coupon    the batch and how many codes are left, None without an offer
    """

    follower: str
    member: bool
    outcome: str
    why: str
    variant: str
    channel: str
    text: str
    due_at: datetime
    coupon: dict[str, Any] | None
    trace: tuple[Step, ...]
    match: dict[str, Any] | None = None  # why this of several offers: matched.Planned.told
    matched: dict[str, Any] | None = None  # the same of their row in the latest run

    def to_json(self) -> dict[str, Any]:
        steps = [asdict(step) for step in self.trace]
        return {**asdict(self), "due_at": self.due_at.isoformat(), "trace": steps}


def preview(
    services: Services, account_id: int, ref: str | int, follower_id: int, now: datetime
) -> Preview:
    """As the next run would decide when it begins, by what is known now. Raises NotFound."""
    campaign = find(account_id, ref)
    begins = start_of(campaign, now)
    order = order_to_come(campaign, services.settings.public, begins)
    policy = order.policy(OFFER)
    at = next_opening(policy, begins) or begins
    match = foreseen(order, begins)
    place = match.place(follower_id) if match else None
    batch = match.batch(place) if match and place is not None else None
    order = order.bearing(batch) if batch else order
    person = recipients(order, [follower_id], begins).get(follower_id)
    if person is None or person.follower.account_id != account_id:
        raise NotFound(f"there is no follower {follower_id}")
    drawn_for = next(iter(drawn(order, [follower_id])))
    variant = drawn_for or order.definition.texts()[0].name
    times = dict(own_times(order, [follower_id], at, begins) if order.definition.best_hour else ())
    verdict: Skip | Delay | Channel = judge(person, policy, at)
    short = _short(order, follower_id, at) if not isinstance(verdict, Skip) else None
    if order.choices and drawn_for != HELD_OUT and not isinstance(verdict, Skip):
        short = Skip.NO_OFFER
    verdict = short or verdict
    due_at = times.get(follower_id, verdict.until if isinstance(verdict, Delay) else at)
    outcome, why = _outcome(drawn_for, verdict, due_at > now)
    if outcome == HELD and person.global_control:
        why = Skip.GLOBAL_CONTROL.value
    piece = matches(order, [follower_id], at).get(follower_id)
    return Preview(
        audit.pseudonym(follower_id),
        _is_member(order, follower_id),
        outcome,
        why,
        drawn_for,
        verdict.value if isinstance(verdict, Channel) else "",
        Composer(order).text(variant, None, None, piece.slug if piece else ""),
        due_at,
        _coupon(order),
        tuple(trace(person, policy, begins)),
        match.told(place) if match and place is not None else None,
        send_matches.told_of(campaign.id, campaign.generation, follower_id),
    )


def _outcome(drawn_for: str, verdict: Skip | Delay | Channel, later: bool) -> tuple[str, str]:
    if drawn_for == HELD_OUT:
        return HELD, ""
    if isinstance(verdict, Skip):
        return SKIPPED, verdict.value
    return (WAITS if later or isinstance(verdict, Delay) else GOES), ""


def _short(order: Order, follower_id: int, at: datetime) -> Skip | None:
    """Why there would be no coupon for them."""
    offer = order.offer
    if offer is None:
        return None
    if sends.codes_held(offer.id, [follower_id]).get(follower_id, 0) >= offer.per_person:
        return Skip.PERSON_LIMIT
    ended = offer.valid_until is not None and offer.valid_until <= at
    left = coupons.stock(offer.id)["available"]
    return Skip.NO_STOCK if ended or offer.withdrawn_at is not None or not left else None


def _coupon(order: Order) -> dict[str, Any] | None:
    offer = order.offer
    if offer is None:
        return None
    left = coupons.stock(offer.id)["available"]
    return {"batch": offer.slug, "title": offer.title, "left": left}


def _is_member(order: Order, follower_id: int) -> bool:
    aim = aim_of(order.account_id, order.definition)
    members, _ = audience_sets.span(aim, follower_id - 1, follower_id, 2)
    return bool(members)
