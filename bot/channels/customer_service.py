"""客服消息: the offer itself, while the follower's own act keeps the window open."""

from __future__ import annotations

from bot.wechat.calls import Call, custom_text


def text_call(key: object, openid: str, text: str) -> Call:
    """One text. The platform knows no duplicate id here: what is unsure is never sent again."""
    return custom_text(key, openid, text)
