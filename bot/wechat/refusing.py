"""What the platform refuses, in words: one place, for pages, tasks and files."""

from __future__ import annotations

from bot.errors import GatewayError
from bot.i18n import t
from bot.wechat.errcodes import advice


def in_words(error: GatewayError, lang: str) -> str:
    """The code with what it means and what to do about it; or that nobody answered."""
    said = _meaning(error, lang)
    return said if error.errcode is None else f"{error.errcode}: {said}"


def in_both(error: GatewayError) -> str:
    """The same for what is kept and read in either language."""
    said = f"{_meaning(error, 'zh')} ({_meaning(error, 'en')})"
    return said if error.errcode is None else f"{error.errcode}: {said}"


def _meaning(error: GatewayError, lang: str) -> str:
    if error.errcode is None:
        return t("con.platform.silent", lang)
    return advice(error.errcode, lang)
