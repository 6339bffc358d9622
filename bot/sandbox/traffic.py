"""The last exchanges with the program under test, in clear, for a person to read."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

KEPT = 1000
LONGEST = 12_000  # characters kept of one side
MASK = "***"
# Secrets of a call or its answer, in a query or in JSON: a screenshot must not give them away.
_SECRET = re.compile(
    r"""((?:"(?:access_token|refresh_token|secret|appsecret|corpsecret)"\s*:\s*")"""
    r"""|(?:\b(?:access_token|refresh_token|secret|appsecret|corpsecret)=))([^"&\s]+)"""
)


def masked(text: str) -> str:
    """The text without tokens and secrets; their first four characters tell them apart."""
    return _SECRET.sub(lambda found: f"{found[1]}{found[2][:4]}{MASK}", text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One push with its answer, or one call with its answer.

    way      "push" (platform to program) | "call" (program to platform)
    what     a push's MsgType or Event, a call's path
    openid   whom it is about, "" for nobody
    sent     what was asked, decrypted
    answered what came back, decrypted
    outcome  a push: answered, silent, fault, late, refused, dropped; a call: the errcode as text,
             "0" done
    rule     why: the judge's reason, the errmsg; "" where nothing is to be said
    ms       how long it took; 0 on virtual time
    method   a call's: GET | POST
    query    a call's, as written in the address, without secrets
    delivery a push's: 1 the first, 2 and 3 repeated; 0 dropped, never delivered
    told     a good call's: the rule that it met and the numbers then, in Chinese and English
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
    method: str = ""
    query: str = ""
    delivery: int = 0
    told: tuple[str, str] = ("", "")

    @property
    def failed(self) -> bool:
        return self.outcome not in ("answered", "silent", "0")

    def concerns(self, openid: str) -> bool:
        """Is it about this person, or one of those that it names?"""
        named = (f'"{openid}"', f"[{openid}]")  # in JSON, in CDATA
        return (
            openid in (self.openid, "")
            or any(name in self.sent for name in named)
            or f"openid={openid}&" in f"{self.query}&"
        )


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
        method: str = "",
        query: str = "",
        told: tuple[str, str] = ("", ""),
    ) -> None:
        if not self.on:
            return
        sent, answered = masked(sent[:LONGEST]), masked(answered[:LONGEST])
        delivered = way == "push" and outcome != "dropped"
        with self._lock:
            self._number += 1
            self._last.append(
                Exchange(
                    self._number,
                    at,
                    way,
                    what,
                    openid,
                    sent,
                    answered,
                    outcome,
                    rule,
                    ms,
                    method,
                    masked(query),
                    self._delivery(openid, sent) if delivered else 0,
                    told,
                )
            )

    @property
    def number(self) -> int:
        """Of the last exchange; 0 before the first."""
        return self._number

    def since(self, number: int = 0, openid: str = "", most: int = KEPT) -> list[Exchange]:
        """The last `most` after `number`, oldest first; with `openid` only what concerns them."""
        with self._lock:
            newest = list(self._newest(number, openid, most))
        return newest[::-1]

    def _newest(self, number: int, openid: str, most: int) -> Iterator[Exchange]:
        for one in reversed(self._last):
            if one.number <= number or not most:
                return
            if one.concerns(openid):
                most -= 1
                yield one

    def _delivery(self, openid: str, sent: str) -> int:
        """A repeated push has the same MsgId and CreateTime: in clear it is the same text."""
        for one in reversed(self._last):
            if one.way == "push" and one.openid == openid:
                return one.delivery + 1 if one.sent == sent else 1
        return 1
