"""The words of scripts: what a scripted follower can do, and when.

    Script("小林", at("23:50", follow()), at("00:10", say("几点关门")), at("day 3 12:00", redeem()))

The same as one JSON line:

    {"name": "小林", "steps": [["23:50", "follow"], ["00:10", "say", "几点关门"],
                              ["day 3 12:00", "redeem"]]}

Times, in Shanghai, and never before the step above:

    "23:50", "23:50:30"   the next time that the clock shows it
    "+20m", "+1h30m"      after the step above; d, h, m and s
    "day 3 12:00"         day 1 is that of the first step
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import SHANGHAI

# act -> how many arguments it must and may have
ACTS = {
    "follow": (0, 1),
    "unfollow": (0, 0),
    "say": (1, 1),
    "voice": (0, 1),
    "picture": (0, 0),
    "location": (1, 1),
    "click": (1, 1),
    "view": (1, 1),
    "scan": (1, 1),
    "revoke": (1, 1),
    "cancel": (0, 0),
    "modify": (0, 0),
    "tap": (0, 0),
    "claim": (0, 0),
    "redeem": (0, 1),
}
_CLOCK = re.compile(r"(?:day (\d{1,4}) )?([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_AFTER = re.compile(r"\+(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class ScriptError(ValueError):
    """The script cannot be read or played; the message says where."""


@dataclass(frozen=True)
class Deed:
    """An act without its time."""

    act: str
    argument: str = ""


@dataclass(frozen=True)
class Step:
    when: str
    deed: Deed


@dataclass(frozen=True, init=False)
class Script:
    """What one follower does, step by step."""

    name: str
    steps: tuple[Step, ...]

    def __init__(self, name: str, *steps: Step) -> None:
        """Raises ScriptError for a name that is none."""
        if not isinstance(name, str) or not name:
            raise ScriptError("script: wants a name")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "steps", steps)

    def times(self, begins: datetime) -> Iterator[datetime]:
        """When each step is, if it begins then. Raises ScriptError for one before another."""
        at, first = begins, begins
        for number, step in enumerate(self.steps):
            then = moment(step.when, at, first)
            if then < at:
                raise ScriptError(f"{self.name}: {step.when} is before the step above")
            at = then
            if number == 0 and not step.when.startswith("day"):
                first = then
            yield then


def at(when: str, deed: Deed) -> Step:
    """Raises ScriptError for a time that is none."""
    if not isinstance(when, str) or not (_CLOCK.fullmatch(when) or _AFTER.fullmatch(when)):
        raise ScriptError(f"when: wants 23:50, +20m or day 3 12:00, not {when!r}")
    return Step(when, deed)


def moment(when: str, after: datetime, first: datetime) -> datetime:
    """The instant of a step; `after` the one above, `first` some time of day 1."""
    if (wait := _AFTER.fullmatch(when)) is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in wait.groups())
        return after + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    found = _CLOCK.fullmatch(when)
    if found is None:
        raise ScriptError(f"when: {when!r}")
    day, hour, minute, second = found.groups()
    base = (after if day is None else first).astimezone(SHANGHAI)
    shown = base.replace(hour=int(hour), minute=int(minute), second=int(second or 0), microsecond=0)
    if day is not None:
        return shown + timedelta(days=int(day) - 1)
    return shown if shown >= after else shown + timedelta(days=1)


# --- deeds ---------------------------------------------------------------------------------------


def deed(act: str, *arguments: object) -> Deed:
    """Raises ScriptError for an act that is none, or arguments that it does not take."""
    if act not in ACTS:
        raise ScriptError(f"act: wants one of {', '.join(ACTS)}, not {act!r}")
    fewest, most = ACTS[act]
    if not fewest <= len(arguments) <= most:
        raise ScriptError(f"{act}: wants {fewest}..{most} arguments, not {len(arguments)}")
    if act == "redeem" and arguments and not str(arguments[0]).isdecimal():
        raise ScriptError("redeem: wants an amount in fen")
    return Deed(act, *map(str, arguments))


def follow(scene: str = "") -> Deed:
    """By the QR code of this scene, or without one."""
    return deed("follow", scene)


def unfollow() -> Deed:
    return deed("unfollow")


def say(text: str) -> Deed:
    return deed("say", text)


def voice(recognised: str = "") -> Deed:
    return deed("voice", recognised)


def picture() -> Deed:
    return deed("picture")


def location(label: str) -> Deed:
    return deed("location", label)


def click(key: str) -> Deed:
    """A menu item of type click."""
    return deed("click", key)


def view(url: str) -> Deed:
    """A menu item of type view."""
    return deed("view", url)


def scan(scene: str) -> Deed:
    return deed("scan", scene)


def revoke(code: str) -> Deed:
    """Takes back an authorisation: 201..207, 301."""
    return deed("revoke", code)


def cancel() -> Deed:
    """Closes the WeChat account."""
    return deed("cancel")


def modify() -> Deed:
    """Changes the profile."""
    return deed("modify")


def tap() -> Deed:
    """Opens the last link that the account has shown."""
    return deed("tap")


def claim() -> Deed:
    """Opens it and claims what the page offers."""
    return deed("claim")


def redeem(amount_fen: int = 5000) -> Deed:
    """Goes to the till with the last code; claims first where there is none yet."""
    return deed("redeem", amount_fen)


# --- as JSON lines -------------------------------------------------------------------------------


def from_json(line: str) -> Script:
    """Raises ScriptError."""
    try:
        given = json.loads(line)
    except ValueError as error:
        raise ScriptError(f"script: not JSON: {error}") from None
    if not isinstance(given, dict) or set(given) != {"name", "steps"}:
        raise ScriptError("script: wants an object of name and steps")
    if not isinstance(given["steps"], list):
        raise ScriptError("steps: wants a list")
    return Script(given["name"], *map(_step, given["steps"]))


def _step(given: Any) -> Step:
    if not isinstance(given, list) or len(given) < 2 or not isinstance(given[1], str):
        raise ScriptError(f"step: wants [when, act, argument], not {given!r}")
    when, act, *arguments = given
    return at(when, deed(act, *arguments))


def from_lines(lines: Iterable[str]) -> list[Script]:
    """A file's scripts, one a line; empty lines are left out. Raises ScriptError with the line."""
    scripts = []
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                scripts.append(from_json(line))
        except ScriptError as error:
            raise ScriptError(f"line {number}: {error}") from None
    return scripts


def to_json(script: Script) -> str:
    """The inverse of `from_json`."""
    steps = [
        [step.when, step.deed.act, *([step.deed.argument] if step.deed.argument else [])]
        for step in script.steps
    ]
    return json.dumps({"name": script.name, "steps": steps}, ensure_ascii=False)
