"""一次性订阅: where a follower confirms that one message may come, and the way back.

The platform's page is opened with a word of ours (`reserved`) and comes back with it: signed, for
this follower, this campaign and some days, so that nobody confirms for another.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from bot.campaign.document.definition import parse
from bot.campaign.document.means import OneTime
from bot.campaign.permission.order import zone_of
from bot.clock import from_ms, to_ms
from bot.errors import InvalidInput, NotFound
from bot.store import accounts, campaigns, entitlements, followers
from bot.store.campaigns import CampaignState
from bot.store.links import signed
from bot.tracking.tokens import numbers_of, packed
from bot.values.audience import Channel

PURPOSE = "once.v1"
OPEN = timedelta(days=7)
BACK = "/h5/once/back"
PLATFORM = "https://mp.weixin.qq.com"
API = "https://api.weixin.qq.com"
CONFIRMED = "confirm"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the follower said on the platform's page. `new`: a right that was not there."""

    follower_id: int
    confirmed: bool
    new: bool


def ask_url(
    account_id: int, follower_id: int, campaign: str, public_url: str, api_url: str, now: datetime
) -> str:
    """The platform's page on which this follower allows the campaign one message.

    campaign   its slug. Raises NotFound, and InvalidInput where it has no `one_time` part.
    """
    found = campaigns.by_slug(account_id, campaign)
    means = _means(found)
    base = PLATFORM if api_url.rstrip("/") == API else api_url.rstrip("/")
    query = urlencode(
        {
            "action": "get_confirm",
            "appid": accounts.by_id(account_id).appid,
            "scene": means.scene,
            "template_id": means.template_id,
            "redirect_url": public_url + BACK,
            "reserved": _word(follower_id, found.id, now + OPEN),
        }
    )
    return f"{base}/mp/subscribemsg?{query}#wechat_redirect"


def came_back(reserved: str, openid: str, action: str, scene: str, now: datetime) -> Answered:
    """Repeated: nothing more. Raises NotFound for a word that is not ours, or too old, or another
    follower's."""
    numbers = _numbers(reserved)
    if numbers is None or from_ms(numbers[2] * 1000) <= now:
        raise NotFound("this confirmation is not open")
    follower_id, campaign_id, _ = numbers
    means = _means(campaigns.get(campaign_id))
    if followers.openid_of(follower_id) != openid or scene != str(means.scene):
        raise NotFound("this confirmation is another follower's")
    if action != CONFIRMED:
        return Answered(follower_id, confirmed=False, new=False)
    new = entitlements.grant(
        follower_id, Channel.ONE_TIME, means.template_id, f"once:{reserved}", now, means.scene
    )
    return Answered(follower_id, confirmed=True, new=new)


def _means(campaign: CampaignState) -> OneTime:
    definition = parse(
        campaign.definition, zone_of(campaign.account_id), standing=campaign.standing
    )
    if definition.means.one_time is None:
        raise InvalidInput(f"campaign {campaign.slug} has no one_time part", "one_time")
    return definition.means.one_time


def _word(follower_id: int, campaign_id: int, until: datetime) -> str:
    """Letters and digits alone: the platform takes nothing else."""
    text = signed(packed([follower_id, campaign_id, to_ms(until) // 1000]), PURPOSE)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()


def _numbers(reserved: str) -> list[int] | None:
    try:
        raw = bytes.fromhex(reserved[:128])
    except ValueError:
        return None
    return numbers_of(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), PURPOSE, 3)
