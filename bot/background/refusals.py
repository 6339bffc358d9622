"""What the platform said no to, in words: a task's page is read in either language."""

from __future__ import annotations

from bot.errors import GatewayError
from bot.wechat.errcodes import advice


def in_words(error: GatewayError) -> str:
    """The code, what it means and what to do about it."""
    if error.errcode is None:
        return "微信没有应答，请稍后再试 (WeChat did not answer: try again later)"
    return f"{error.errcode}: {advice(error.errcode, 'zh')} ({advice(error.errcode, 'en')})"
