"""What a test does to the platform itself: name of the call -> the function that does it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.crowd.script_words import ScriptError, from_lines
from bot.sandbox.crowd.scripts import Scripts
from bot.sandbox.platform import Platform
from bot.sandbox.web import control_fields as fields
from bot.sandbox.web.control_account import of_account
from bot.sandbox.web.control_acts import who
from bot.sandbox.web.control_books import follower
from bot.sandbox.web.control_partners import of_partners
from bot.sandbox.web.control_penalties import of_penalties
from bot.sandbox.web.control_time import SETTLE_SECONDS, Driver
from bot.sandbox.wire import Wire

Fields = dict[str, Any]
Managed = Callable[[Fields], Fields]
STOP_SECONDS = 60.0
VERIFY_SECONDS = 5.0
LOOK_SECONDS = 0.05
MOST_PEOPLE = 200_000


def managing(platform: Platform, driver: Driver, scripts: Scripts) -> dict[str, Managed]:
    """KeyError names a missing field, ValueError and TypeError a wrong one."""
    return {
        **_timing(platform, driver),
        **_disturbing(platform),
        **_scripting(scripts),
        **{name: _answering(do) for name, do in of_account(platform).items()},
        **{name: _answering(do) for name, do in of_partners(platform).items()},
        **{name: _answering(do) for name, do in of_penalties(platform).items()},
        **_peopling(platform),
        "connect": _connect(platform),
    }


def _answering(do: Callable[[Fields], object]) -> Managed:
    def answer(body: Fields) -> Fields:
        done = do(body)
        return {"done": done is not False, **(done if isinstance(done, dict) else {})}

    return answer


def _timing(platform: Platform, driver: Driver) -> dict[str, Managed]:
    def stop(body: Fields) -> Fields:
        drained = driver.stop(fields.seconds(body, "timeout", STOP_SECONDS))
        return {"drained": drained, **platform.state()}

    def advance(body: Fields) -> Fields:
        driver.advance(fields.seconds(body, "seconds"))
        return {"done": True, "now": platform.world.clock().isoformat()}

    def run(body: Fields) -> Fields:
        tasks = driver.run(fields.seconds(body, "seconds"))
        return {"done": True, "tasks": tasks, "now": platform.world.clock().isoformat()}

    def deliver(body: Fields) -> Fields:
        timeout = fields.seconds(body, "timeout", SETTLE_SECONDS)
        return {"delivered": driver.deliver(timeout)}

    def settle(body: Fields) -> Fields:
        seconds = fields.seconds(body, "seconds", SETTLE_SECONDS)
        return {"settled": driver.settle(seconds)}

    return {"stop": stop, "advance": advance, "run": run, "deliver": deliver, "settle": settle}


def _disturbing(platform: Platform) -> dict[str, Managed]:
    world = platform.world

    def fault(body: Fields) -> Fields:
        """One fault, or a document of them: nothing is armed where a part of it is wrong."""
        world.faults.arm(body)
        return {"done": True, "faults": world.faults.report()}

    def clear_faults(_: Fields) -> Fields:
        world.faults.clear()
        return {"done": True}

    return {"fault": fault, "faults": fault, "clear_faults": clear_faults}


def _scripting(scripts: Scripts) -> dict[str, Managed]:
    def play(body: Fields) -> Fields:
        """All of them, or none where one is wrong."""
        given = body["scripts"]
        if not isinstance(given, list):
            raise ValueError("scripts: wants a list")
        lines = [json.dumps(one, ensure_ascii=False) for one in given]
        try:
            scripts.play(*from_lines(lines))
        except (ScriptError, OverflowError) as error:
            raise ValueError(f"scripts: {error}") from None
        return {"done": True, "played": len(lines)}

    return {"scripts": play}


def _peopling(platform: Platform) -> dict[str, Managed]:
    world = platform.world
    unheard = Acts(world, lambda *_: None)

    def person(body: Fields) -> Fields:
        with world.lock:
            return follower(world, who(world, body))

    def people(body: Fields) -> Fields:
        """Who follow already: nothing is pushed about them."""
        count = fields.whole(body, "count")
        if not 0 <= count <= MOST_PEOPLE:
            raise ValueError(f"count: wants 0 to {MOST_PEOPLE}")
        with world.lock:
            made = [world.person(name=f"关注者{n:04}") for n in range(1, count + 1)]
            for one in made:
                unheard.follow(one)
        return {"done": True, "openids": [one.openid for one in made]}

    return {"person": person, "people": people}


def _connect(platform: Platform) -> Managed:
    def connect(body: Fields) -> Fields:
        """Another callback address, as saved in the console: it must answer the verification."""
        url, timeout = fields.text(body, "url"), fields.seconds(body, "timeout", VERIFY_SECONDS)
        if not url.startswith(("http://", "https://")):
            raise ValueError("url: wants http:// or https://")
        platform.pusher.connect(Wire(url, platform.config.limits.answer))
        return {"verified": verified(platform, timeout)}

    return connect


def verified(platform: Platform, seconds: float) -> bool:
    """Asks the callback for its echo, again and again for so many real seconds."""
    ends = time.monotonic() + seconds
    while not platform.pusher.verify():
        if time.monotonic() >= ends:
            return False
        time.sleep(LOOK_SECONDS)
    platform.pusher.verified.set()
    platform.world.ledger.add("verified", platform.world.clock())
    return True
