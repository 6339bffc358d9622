"""What the platform does to an account that broke its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox import penalties
from bot.sandbox.platform import Platform

Fields = dict[str, Any]
Managed = Callable[[Fields], object]


def of_penalties(platform: Platform) -> dict[str, Managed]:
    """Each is in force until it is called again with `"on": false`."""
    world = platform.world

    def on(body: Fields) -> bool:
        return body.get("on", True) is True

    def words(body: Fields) -> None:
        given = body["words"]
        if not isinstance(given, list):
            raise TypeError("words: wants a list of texts")
        penalties.risky_words(world, given)

    return {
        "ban_api": lambda body: penalties.ban_api(world, str(body["path"]), on(body)),
        "restrict": lambda body: penalties.restrict(world, on(body)),
        "agree_terms": lambda body: penalties.agree_terms(world, on(body)),
        "risky_words": words,
        "punish_templates": lambda body: penalties.punish_templates(world, on(body)),
        "ban_notices": lambda body: penalties.ban_notices(world, on(body)),
    }
