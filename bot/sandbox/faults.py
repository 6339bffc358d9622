"""Faults on demand: of calls of the API, and of the way between platform and program.

Each has a name, is counted, and leaves a record in the ledger each time it happens. The same seed
and the same calls meet the same faults.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.fault_kinds import (
    API,
    JOBS,
    PUSH,
    Fault,
    FaultRefused,
    Fields,
    api_fault,
    push_fault,
)
from bot.sandbox.ledger import Ledger

TOKEN_PATHS = ("/cgi-bin/token", "/cgi-bin/stable_token")
_EPOCH = datetime.fromtimestamp(0, UTC)
Armed = tuple[str, Fault | None]  # None: this push fault is taken away


def check(given: Mapping[str, Any]) -> None:
    """Raises FaultRefused for a document that makes no faults."""
    for _ in _read(given, lambda _: random.Random(0), _EPOCH):
        pass


def _read(given: object, dice: Callable[[str], random.Random], now: datetime) -> Iterator[Armed]:
    """The faults of a document {"api": [...], "push": {...}, "template_failed": ...}."""
    if not isinstance(given, Mapping):
        raise FaultRefused("faults: wants an object")
    for key, value in given.items():
        if key == "api":
            if not isinstance(value, list | tuple):
                raise FaultRefused("api: wants a list")
            for one in value:
                yield "", api_fault(one, dice("api"), now)
        elif key == "push":
            if not isinstance(value, Mapping):
                raise FaultRefused("push: wants an object")
            for name, one in value.items():
                yield name, push_fault(name, one, dice(name), now)
        elif key in JOBS:
            yield key, push_fault(key, value, dice(key), now)
        else:
            raise FaultRefused(f"{key}: is no part of faults; wants api, push, template_failed")


class Faults:
    """Thread-safe. Built from the `faults` of a config; control calls arm more.

    `active` is False while nothing is armed: nobody needs to ask then.
    """

    def __init__(
        self, given: Mapping[str, Any], seed: int, clock: Callable[[], datetime], ledger: Ledger
    ) -> None:
        self._lock = threading.RLock()
        self._seed = seed
        self._clock = clock
        self._ledger = ledger
        self._number = 0
        self._api: list[Fault] = []
        self._push: dict[str, Fault] = {}
        self._armed: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self.active = False
        self.arm(given)

    # --- arming ------------------------------------------------------------------------------

    def arm(self, given: Fields) -> None:
        """All faults of a document, of a single API fault, or of bare push faults by name.

        Nothing is armed where one is wrong. Raises FaultRefused.
        """
        if "path" in given or "kind" in given:
            given = {"api": [given]}
        elif given and all(key in PUSH for key in given):
            given = {"push": given}
        with self._lock:
            found = list(_read(given, self._dice, self._clock()))
            for name, fault in found:
                self._add(name, fault)

    def add(self, fields: Fields) -> Fault:
        """One API fault. Raises FaultRefused, a ValueError."""
        with self._lock:
            fault = api_fault(fields, self._dice("api"), self._clock())
            self._add("", fault)
            return fault

    def set_push(self, fields: Fields) -> None:
        """Push faults by name, also `template_failed`; 0 takes one away. Raises FaultRefused."""
        jobs = {name: value for name, value in fields.items() if name in JOBS}
        self.arm({**jobs, "push": {n: value for n, value in fields.items() if n not in jobs}})

    def clear(self) -> None:
        """Takes all away; the counts stay."""
        with self._lock:
            self._api.clear()
            self._push.clear()
            self.active = False

    def _dice(self, name: str) -> random.Random:
        """A fault's own: what others meet does not change what it meets."""
        self._number += 1
        return random.Random(f"{self._seed}:fault:{self._number}:{name}")

    def _add(self, name: str, fault: Fault | None) -> None:
        if fault is None:
            self._push.pop(name, None)
        elif name:
            self._push[name] = fault
        else:
            self._api.append(fault)
        if fault is not None:
            self._armed[fault.name] += 1
        self.active = bool(self._api or self._push)

    # --- meeting them ------------------------------------------------------------------------

    def take(self, path: str, needs_token: bool = True) -> Fault | None:
        """The fault that this call meets, the first armed that happens. Latency is apart."""
        with self._lock:
            for fault in self._about(path):
                storm = fault.name == "token_storm"
                if fault.name == "latency" or (storm and not needs_token):
                    continue
                if fault.happens(self._clock()):
                    self._happened(fault, "api_fault", path=path)
                    return fault
        return None

    def latency(self, path: str) -> float:
        """Seconds by which this call's answer is late."""
        with self._lock:
            late = 0.0
            for fault in self._about(path):
                if fault.name == "latency" and fault.happens(self._clock()):
                    self._happened(fault, "api_fault", path=path)
                    late += fault.drawn()
            return late

    def token_fetched(self) -> None:
        """Calms the storms that a new token ends."""
        with self._lock:
            for fault in self._api:
                if fault.name == "token_storm" and self._clock() >= fault.begins:
                    fault.fetches -= 1
            self._forget()

    def push(self, name: str, openid: str, label: str) -> Fault | None:
        """The push fault `name`, where it happens to this push."""
        if not self.active:
            return None
        with self._lock:
            fault = self._push.get(name)
            if fault is None or (fault.labels and label not in fault.labels):
                return None
            if not fault.happens(self._clock()):
                return None
            self._happened(fault, "push_fault", openid=openid, label=label)
            return fault

    def _about(self, path: str) -> list[Fault]:
        self._forget()
        return [fault for fault in self._api if fault.about(path)]

    def _forget(self) -> None:
        """Leaves out what can never happen again."""
        now = self._clock()
        if any(fault.over(now) for fault in self._api):
            self._api = [fault for fault in self._api if not fault.over(now)]

    def _happened(self, fault: Fault, kind: str, **facts: Any) -> None:
        self._met[fault.name] += 1
        self._ledger.add(kind, self._clock(), fault=fault.name, **facts)

    # --- the books ---------------------------------------------------------------------------

    def report(self) -> dict[str, dict[str, int]]:
        """By name, in the order of the tables: how often armed, how often met."""
        with self._lock:
            return {
                name: {"armed": self._armed[name], "met": self._met[name]}
                for name in (*API, *PUSH, *JOBS)
                if self._armed[name]
            }
