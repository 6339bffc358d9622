"""What living people do and say by themselves, once they pick up the phone."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from bot.sandbox.crowd import phrases
from bot.sandbox.crowd.life import Life
from bot.sandbox.crowd.personas import talk

_MIX = (  # what a message is; the rest is talk about an interest
    (0.08, "say", phrases.GREETINGS),
    (0.12, "say", phrases.COUPONS),
    (0.06, "say", phrases.NONSENSE),
    (0.04, "say", phrases.HELPS),
    (0.03, "picture", ("",)),
    (0.02, "location", phrases.PLACES),
)
VOICE = 0.06
SESSION = 1.5  # messages at a time, on average
CLICKS = 0.3  # menu clicks for each message
SCANS_A_MONTH = 0.02


def something(life: Life, rng: random.Random) -> tuple[str, str]:
    """One message: which act, and its argument."""
    chance = rng.random()
    for share, kind, details in _MIX:
        chance -= share
        if chance < 0:
            return kind, rng.choice(details)
    spoken = talk(life.interests, rng)
    return ("voice", spoken) if rng.random() < VOICE else ("say", spoken)


def session(rng: random.Random) -> int:
    """How many messages one after another: 1, 2 or 3, SESSION on average."""
    chance = rng.random()
    return 1 if chance < 0.625 else 2 if chance < 0.875 else 3


def wishes(life: Life, leavers_a_month: float) -> dict[str, float]:
    """What makes the person pick up the phone -> how often a month."""
    if life.farms:
        return {}
    return {
        "message": life.talks / SESSION,
        "purchase": life.buys,
        "menu": life.talks * CLICKS,
        "scan": SCANS_A_MONTH,
        "leave": leavers_a_month,
    }


def buttons(menu: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What the account's menu has to tap: ("click", key) and ("view", url)."""
    found = []
    for button in (b for top in menu for b in (top, *_list(top.get("sub_button")))):
        if isinstance(button, Mapping):
            if button.get("type") == "click" and button.get("key"):
                found.append(("click", str(button["key"])))
            elif button.get("type") == "view" and button.get("url"):
                found.append(("view", str(button["url"])))
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
