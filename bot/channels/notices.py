"""订阅通知 and 一次性订阅消息: one message for each time that the follower agreed to it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.fields import fitted
from bot.wechat.calls import Call, one_time, subscription_notice

TITLE_LIMIT, CONTENT_LIMIT = 15, 200  # characters of a one-time message; longer ones are refused
LAST_SCENE = 10_000


def subscription_call(
    key: object, openid: str, template_id: str, fields: Mapping[str, str], page: str = ""
) -> Call:
    """One subscription notice. The platform knows no duplicate id: the right itself is used up."""
    data = {name: fitted(name, text) for name, text in fields.items()}
    return subscription_notice(key, openid, template_id, data, page)


def one_time_call(
    key: object, openid: str, template_id: str, scene: int, title: str, text: str, url: str = ""
) -> Call:
    """One message of a one-time subscription in the scene in which it was confirmed."""
    return one_time(key, openid, template_id, scene, title[:TITLE_LIMIT], text[:CONTENT_LIMIT], url)
