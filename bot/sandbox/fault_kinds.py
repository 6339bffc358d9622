"""The faults by name, and one armed fault, read from JSON (docs/reference/sandbox-faults.md).

A key or value that makes no sense is refused with one sentence that names the key.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

Fields = Mapping[str, Any]
DAY = 86_400.0  # the longest wait that a fault makes
LONG = 36_500 * DAY  # the farthest that a fault is planned ahead: a hundred years
SIGMA = 10.0


class Kind(NamedTuple):
    """What a fault does, the keys that only it takes, and its `seconds` where none are given."""

    does: str
    takes: tuple[str, ...] = ()
    seconds: float = 0.0


WHEN = ("times", "share", "probability", "starts_in", "lasts")  # of every fault
API = {
    "errcode": Kind("refused with `errcode`, nothing done", ("errcode",)),
    "token_storm": Kind(
        "every call that needs a token meets 40001, until a token is fetched anew `fetches` times",
        ("fetches",),
    ),
    "latency": Kind("answered `seconds` later; other faults can meet it too", ("seconds",), 0.2),
    "hang": Kind("done, answered only after `seconds`", ("seconds",), 10.0),
    "timeout_after_accept": Kind(
        "done, then silence: no answer, and after `seconds` the connection ends", ("seconds",), 60.0
    ),
    "cut": Kind("done, then the connection ends halfway through the answer"),
    "drop": Kind("the connection ends without a byte, nothing done"),
    "reset": Kind("the connection is reset, nothing done"),
    "500": Kind("HTTP 500 with an HTML page", ("done",)),
    "502": Kind("HTTP 502 with the HTML page of a gateway", ("done",)),
    "html": Kind("HTTP 200 with an HTML page", ("done",)),
    "garbage": Kind("HTTP 200 with what is no JSON", ("done",)),
    "bom": Kind("done, answered in JSON behind a byte order mark"),
    "slow_drip": Kind("done, the answer comes bit by bit over `seconds`", ("seconds",), 5.0),
    "wrong_length": Kind("done, answered with a Content-Length ten bytes above the body's"),
}
PUSH = {
    "lose_answers": Kind(
        "an answer gets lost: delivered again, never at the last try", ("labels",)
    ),
    "duplicate": Kind("delivered once more `seconds` after its answer", ("labels", "seconds")),
    "reorder": Kind(
        "overtaken by the same follower's next push; `seconds` without one, then it goes",
        ("labels", "seconds"),
        5.0,
    ),
    "delay": Kind(
        "delivered `seconds` late; what the follower does next waits behind it",
        ("labels", "seconds"),
        3.0,
    ),
    "corrupt_signature": Kind("one delivery carries wrong signatures", ("labels",)),
    "corrupt_cipher": Kind("one delivery's Encrypt cannot be opened, rightly signed", ("labels",)),
    "corrupt_xml": Kind("a text has a raw control character in its Content, at every try"),
    "replay": Kind("an old delivery comes again, byte for byte", ("labels",)),
}
JOBS = {"template_failed": Kind("a template message ends as `failed: system failed`")}


class FaultRefused(ValueError):
    """What makes no fault: the message names the key."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration: always `low`, or drawn anew each time.

    uniform    between low and high
    lognormal  low is the median, high the sigma of the logarithm; never more than a day
    """

    shape: str
    low: float
    high: float = 0.0

    def drawn(self, rng: random.Random) -> float:
        if self.shape == "uniform":
            return rng.uniform(self.low, self.high)
        if self.shape == "lognormal":
            return min(rng.lognormvariate(math.log(self.low), self.high), DAY)
        return self.low


@dataclass
class Fault:
    """One armed fault.

    times        how often it may still happen, None: without end
    share        of all chances exactly this part, evenly spread
    probability  of each chance, by the fault's own dice
    begins, ends when it is in force
    """

    name: str
    rng: random.Random
    times: int | None
    share: float
    probability: float
    begins: datetime
    ends: datetime | None
    path: str = "*"
    errcode: int = -1
    fetches: int = 1
    done: bool = False
    labels: tuple[str, ...] = ()
    seconds: Seconds = field(default_factory=lambda: Seconds("fixed", 0.0))
    _chances: int = 0

    def over(self, now: datetime) -> bool:
        """Can never happen again."""
        spent = self.times == 0 or self.fetches == 0
        return spent or (self.ends is not None and now >= self.ends)

    def about(self, path: str) -> bool:
        """Is this path the fault's: exactly, by `/prefix/*`, or by `*`?"""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path

    def happens(self, now: datetime) -> bool:
        """One chance: does it happen? Counts down."""
        if self.over(now) or now < self.begins:
            return False
        self._chances += 1
        evenly = math.floor(self._chances * self.share + 1e-9)
        if evenly == math.floor((self._chances - 1) * self.share + 1e-9):
            return False
        if self.probability < 1 and self.rng.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def drawn(self) -> float:
        """The seconds of this time."""
        return self.seconds.drawn(self.rng)


# --- reading -----------------------------------------------------------------------------------


def api_fault(given: object, rng: random.Random, now: datetime) -> Fault:
    """A fault of API calls. Raises FaultRefused."""
    fields = _object(given, "api")
    name = str(fields.get("kind", "errcode"))
    if name not in API:
        raise FaultRefused(f"kind: wants one of {', '.join(API)}")
    _known(fields, ("kind", "path", *API[name].takes, *WHEN), f"of {name} ")
    once = not fields.keys() & {"share", "probability"} and name not in ("token_storm", "latency")
    fault = _armed(name, API[name], fields, rng, now, once)
    fault.path = _path(fields.get("path", "*" if name == "token_storm" else ""))
    fault.errcode = _whole(fields.get("errcode", -1), "errcode", -1)
    if fault.errcode == 0:
        raise FaultRefused("errcode: 0 is no error")
    fault.fetches = _whole(fields.get("fetches", 1), "fetches")
    done = fields.get("done", False)
    if not isinstance(done, bool):
        raise FaultRefused("done: wants true or false")
    fault.done = done
    return fault


def push_fault(name: str, given: object, rng: random.Random, now: datetime) -> Fault | None:
    """A fault of pushes; a bare number is its probability, 0 takes it away. Raises FaultRefused."""
    kind = {**PUSH, **JOBS}.get(name)
    if kind is None:
        raise FaultRefused(f"{name}: there is no such fault; wants one of {', '.join(PUSH)}")
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = {"probability": _number(given, name, most=1.0)}
        if not given["probability"]:
            return None
    fields = _object(given, name)
    _known(fields, (*kind.takes, *WHEN), f"of {name} ")
    once = not fields.keys() & {"share", "probability"}
    fault = _armed(name, kind, fields, rng, now, once)
    labels = fields.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise FaultRefused("labels: wants a list of MsgTypes and Events")
    fault.labels = tuple(labels)
    return fault


def _armed(
    name: str, kind: Kind, fields: Fields, rng: random.Random, now: datetime, once: bool
) -> Fault:
    """The part that all have in common. `once`: a single time where nothing else is said."""
    times = _whole(fields["times"], "times") if "times" in fields else 1 if once else None
    begins = now + timedelta(seconds=_number(fields.get("starts_in", 0), "starts_in", LONG))
    lasts = _number(fields["lasts"], "lasts", LONG) if "lasts" in fields else None
    return Fault(
        name,
        rng,
        times,
        _number(fields.get("share", 1), "share", most=1.0),
        _number(fields.get("probability", 1), "probability", most=1.0),
        begins,
        None if lasts is None else begins + timedelta(seconds=lasts),
        seconds=seconds_of(fields.get("seconds", kind.seconds)),
    )


def seconds_of(given: object, key: str = "seconds") -> Seconds:
    """A number, {"uniform": [low, high]} or {"lognormal": [median, sigma]}. Or FaultRefused."""
    if not isinstance(given, Mapping):
        return Seconds("fixed", _number(given, key, DAY))
    shape, values = next(iter(given.items()), ("", None))
    known = len(given) == 1 and shape in ("uniform", "lognormal")
    if not known or not isinstance(values, list) or len(values) != 2:
        raise FaultRefused(
            f'{key}: wants a number, {{"uniform": [s, s]}} or {{"lognormal": [s, x]}}'
        )
    low = _number(values[0], key, DAY)
    high = _number(values[1], key, DAY if shape == "uniform" else SIGMA)
    if (shape == "uniform" and low > high) or (shape == "lognormal" and not low):
        raise FaultRefused(f"{key}: wants uniform from low to high, lognormal of a median above 0")
    return Seconds(shape, low, high)


def _object(given: object, key: str) -> Fields:
    if not isinstance(given, Mapping):
        raise FaultRefused(f"{key}: wants an object")
    return given


def _known(fields: Fields, allowed: tuple[str, ...], whose: str = "") -> None:
    for key in fields:
        if key not in allowed:
            raise FaultRefused(f"{key}: is no key {whose}; wants {', '.join(allowed)}")


def _path(given: object) -> str:
    if given == "*" or (isinstance(given, str) and given.startswith("/")):
        return str(given)
    raise FaultRefused('path: wants a call\'s path, a beginning with * at its end, or "*"')


def _number(given: object, key: str, most: float) -> float:
    wanted = not isinstance(given, bool) and isinstance(given, int | float)
    if not wanted or not 0 <= given <= most:  # type: ignore[operator]  # NaN is neither
        raise FaultRefused(f"{key}: wants a number from 0 to {most:.0f}")
    return float(given)  # type: ignore[arg-type]


def _whole(given: object, key: str, least: int | None = 1) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise FaultRefused(f"{key}: wants a whole number")
    if least is not None and given < least:
        raise FaultRefused(f"{key}: wants {least} or more")
    return given
