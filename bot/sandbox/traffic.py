"""The last exchanges with the program under test, in clear, for a person to read."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

KEPT = 1000
LONGEST = 4000  # characters kept of one side


@dataclass(frozen=True, slots=True)
class Exchange:
    """One push with its answer, or one call with its answer.

    way      "push" (platform to program) | "call" (program to platform)
    what     a push's MsgType or Event, a call's path
    openid   whom it is about, "" for nobody
    sent     what was asked, decrypted
    answered what came back, decrypted
    outcome  a push: answered, silent, fault, late, refused; a call: the errcode as text, "0" done
    rule     why: the judge's reason, the errmsg; "" where nothing is to be said
    ms       how long it took; 0 on virtual time
    """

    number: int
    at: datetime
    way: str
    what: str
    openid: str
    sent: str
    answered: str
    outcome: str
    rule: str
    ms: float


class Traffic:
    """Thread-safe. `kept` 0: nothing is written down."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._last: deque[Exchange] = deque(maxlen=kept)
        self.on = kept > 0

    def note(
        self,
        at: datetime,
        way: str,
        what: str,
        openid: str,
        sent: str,
        answered: str,
        outcome: str,
        rule: str = "",
        ms: float = 0.0,
    ) -> None:
        if not self.on:
            return
        with self._lock:
            self._number += 1
            self._last.append(
                Exchange(
                    self._number,
                    at,
                    way,
                    what,
                    openid,
                    sent[:LONGEST],
                    answered[:LONGEST],
                    outcome,
                    rule,
                    ms,
                )
            )

    def since(self, number: int = 0, openid: str = "") -> list[Exchange]:
        """Those after `number`, oldest first; with `openid` only those about this person."""
        with self._lock:
            return [
                one
                for one in self._last
                if one.number > number and (not openid or one.openid == openid)
            ]
