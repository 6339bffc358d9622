"""Faults on demand: of the next calls of an API, and of the way between platform and bot."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("errcode", "hang", "500", "html", "cut")


@dataclass
class ApiFault:
    """What the next `times` calls of `path` ("*": any) meet.

    errcode  refused with this code, nothing done
    hang     answered only after `seconds`; the call is done
    500      a server error, nothing done
    html     a page instead of JSON, nothing done
    cut      the call is done, then the connection ends without an answer
    """

    path: str
    times: int
    kind: str
    errcode: int = -1
    seconds: float = 10.0


class Faults:
    """Thread-safe. Built from the `faults` of a config; control calls add more."""

    def __init__(self, given: Mapping[str, Any], seed: int) -> None:
        self._lock = threading.Lock()
        self._rng = random.Random(f"{seed}:faults")
        self._api: list[ApiFault] = []
        push = given.get("push", {})
        self.lose_answers = float(push.get("lose_answers", 0))
        self.duplicate = float(push.get("duplicate", 0))
        self.template_failed = float(given.get("template_failed", 0))
        for one in given.get("api", []):
            self.add(one)

    def add(self, fields: Mapping[str, Any]) -> ApiFault:
        """Raises ValueError for a kind or number that makes no fault."""
        fault = ApiFault(
            path=str(fields["path"]),
            times=int(fields.get("times", 1)),
            kind=str(fields.get("kind", "errcode")),
            errcode=int(fields.get("errcode", -1)),
            seconds=float(fields.get("seconds", 10)),
        )
        if fault.kind not in KINDS:
            raise ValueError(f"kind: wants one of {', '.join(KINDS)}")
        if fault.times < 1 or fault.seconds < 0:
            raise ValueError("times: wants 1 or more; seconds: 0 or more")
        with self._lock:
            self._api.append(fault)
        return fault

    def set_push(self, fields: Mapping[str, Any]) -> None:
        """Shares in 0..1 of `lose_answers`, `duplicate`, `template_failed`."""
        for name in ("lose_answers", "duplicate", "template_failed"):
            if name in fields:
                setattr(self, name, float(fields[name]))

    def take(self, path: str) -> ApiFault | None:
        """The fault that this call meets; counts it down."""
        with self._lock:
            for fault in self._api:
                if fault.path in (path, "*"):
                    fault.times -= 1
                    if not fault.times:
                        self._api.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._api.clear()
            self.lose_answers = self.duplicate = self.template_failed = 0.0

    def happens(self, share: float) -> bool:
        if not share:
            return False
        with self._lock:
            return self._rng.random() < share
