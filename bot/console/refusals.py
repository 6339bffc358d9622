"""What a use case or the platform refuses, in the reader's language."""

from __future__ import annotations

from bot.console.shell import language, refusal, words
from bot.errors import GatewayError, HongyanError, OutcomeUnknown
from bot.menus.checking import Faulty
from bot.wechat.refusing import in_words


def told(error: HongyanError) -> str:
    """One sentence: an errcode with what to do about it, else the error's own words."""
    if isinstance(error, Faulty):
        return "\n".join(one.said(language()) for one in error.faults)
    if isinstance(error, OutcomeUnknown):
        return words()("con.wechat.unknown")
    if isinstance(error, GatewayError):
        return in_words(error, language())
    return refusal(str(error))


def status_of(error: HongyanError) -> int:
    """422 for what was filled in, 502 for what the platform refuses, 409 for the rest."""
    if isinstance(error, GatewayError):
        return 502
    return 422 if hasattr(error, "field") else 409
