"""The demo's own marketing: segments, a welcome coupon, and one campaign with its reminder."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot import campaign, coupon
from bot.console import people
from bot.console.rights import Role
from bot.demo.plan import DemoPlan
from bot.effect import days
from bot.segment.catalogue import define
from bot.segment.defaults import default_segments
from bot.services import Services
from bot.store import accounts
from bot.store.operators import EVERY_ACCOUNT
from bot.talk import packs

TRADE = "catering"
OPERATOR = "marketer"  # who signs in to the demo's console
WELCOME, OFFER = "welcome", "autumn"
# The offer's codes live this long beyond the demo, so that the reminder, due a fifth of the demo
# after the issue, finds codes that can still be used.
GRACE_SECONDS = 3600
CAMPAIGN = "autumn-coupon"
REMINDER_TEMPLATE = "SBX1_coupon_expiry_0000000000000000000000000"


def prepare(services: Services, plan: DemoPlan, now: datetime) -> str:
    """What a restaurant says, segments, coupon batches, the campaign as a draft; the API key."""
    account = services.account_of("default")
    packs.apply(account.id, packs.pack(TRADE), now)
    for segment in default_segments():
        define(account.id, segment.slug, segment.name, segment.rule, now)
    lasting = plan.pace + GRACE_SECONDS
    coupon.make_batch(
        account.id,
        {
            "slug": WELCOME,
            "title": "新朋友见面礼",
            "face_value_fen": 1000,
            "threshold_fen": 5000,
            "valid_seconds": int(lasting),
            "codes": max(plan.followers * 2, 100),
        },
        now,
    )
    coupon.make_batch(
        account.id,
        {
            "slug": OFFER,
            "title": "秋日暖心券",
            "face_value_fen": 2000,
            "threshold_fen": 8000,
            "valid_seconds": int(lasting),
            "topics": ["咖啡", "火锅", "甜品", "美食"],
            "codes": max(plan.followers, 100),
        },
        now,
    )
    campaign.create(services, account.id, definition(plan), now)
    days.fill_due(now)
    invitation = people.invite(OPERATOR, "林小姐", Role.ADMIN, EVERY_ACCOUNT, "job", now)
    people.accept(invitation, plan.password, now)
    return accounts.new_api_key(account.id, "demo shop", now)


def definition(plan: DemoPlan) -> dict[str, Any]:
    """The campaign's document: a coupon for whoever wrote to us lately."""
    return {
        "slug": CAMPAIGN,
        "name": "秋日暖心券",
        "segment": "active",
        "purpose": "marketing",
        "offer": OFFER,
        "variants": [
            {
                "name": "warm",
                "text": "【鸿雁咖啡】天凉了，送您一张{face_value}的{title}，火锅咖啡都能用：{link}",
            },
            {"name": "short", "text": "【鸿雁咖啡】{title} {face_value}，点击领取：{link}"},
        ],
        "holdout": 0.1,
        "attribution_days": plan.attribution / timedelta(days=1),
        "guardrails": {"quiet_hours": None},
        "reminder": {
            "template_id": REMINDER_TEMPLATE,
            "fields": {
                "thing1": "{title}",
                "time2": "{expires}",
                "thing3": "您领取的券即将到期",
            },
            "hours_before_expiry": (GRACE_SECONDS + plan.pace * 0.8) / 3600,
        },
    }


def start_campaign(services: Services, now: datetime) -> None:
    """What a marketer does by pressing the button."""
    account = services.account_of("default")
    campaign.start(services, account.id, CAMPAIGN, now)
