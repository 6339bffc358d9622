"""待办与异常: what waits and what went wrong, on a page of its own, and the count of it."""

from __future__ import annotations

from werkzeug.wrappers import Response

from bot.console.attention import attention
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, words, zone_of


@page("/a/<slug>/attention", Right.LOOK)
def attention_page(slug: str) -> Response:
    """Everything that wants somebody; made to be read on a phone."""
    found = attention(asker(), account(), words(), language())
    return render("attention.html", matters=found, zone=zone_of(account()))


@page("/a/<slug>/bell", Right.LOOK)
def bell(slug: str) -> Response:
    """How many they are, for the frame, which asks by itself so that no page waits for it."""
    found = attention(asker(), account(), words(), language())
    return render("bell.html", count=found.count)
