"""Calls by their whole path, where `Desktop.get` and `post` know /cgi-bin only."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.gateway import Call
from tests.bot.sandbox.conftest import Desktop


def fetch(desk: Desktop, path: str, **query: str) -> dict[str, Any]:
    """GET with the API's token, unless the query has another."""
    asked = Call(path, "GET", {"access_token": desk.token, **query})
    answer: dict[str, Any] = json.loads(desk.gateway.answer(asked).body)
    return answer


def send(desk: Desktop, path: str, body: Any) -> dict[str, Any]:
    """POST of JSON."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    asked = Call(path, "POST", {"access_token": desk.token}, raw)
    answer: dict[str, Any] = json.loads(desk.gateway.answer(asked).body)
    return answer


def later(desk: Desktop, seconds: float) -> None:
    """Moves the clock, with a fresh token of the API for what follows."""
    desk.clock.advance(seconds)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
