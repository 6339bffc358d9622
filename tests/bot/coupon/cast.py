"""The small cast of coupon tests: a batch, and sends of a campaign in a given state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.coupon.codes import generate
from bot.store import coupons
from bot.store.models import Campaign, CouponCode, Send
from tests.conftest import NOON

SOON = NOON + timedelta(minutes=5)


def a_batch(account_id: int, codes: int = 0, slug: str = "spring-8", **changes: Any) -> int:
    values: dict[str, Any] = {"face_value_fen": 800, "now": NOON, **changes}
    batch_id = coupons.create_batch(account_id, slug, "满30减8", **values)
    coupons.add_codes(batch_id, generate(codes))
    return batch_id


def a_campaign(account_id: int, slug: str = "spring") -> int:
    return int(
        Campaign.insert(
            account=account_id,
            slug=slug,
            name="春天",
            definition={},
            created_at=NOON,
            updated_at=NOON,
        ).execute()
    )


def a_send(campaign_id: int, follower_id: int, state: str = "claimed", **changes: Any) -> int:
    values = {
        "campaign": campaign_id,
        "follower": follower_id,
        "state": state,
        "planned_at": NOON - timedelta(minutes=2),
        "claimed_at": NOON - timedelta(minutes=1),
        **changes,
    }
    return int(Send.insert(**values).execute())


def state_of(code_id: int) -> str:
    return str(CouponCode.get_by_id(code_id).state)
