"""Many sends at once, pulled one by one from whoever claims them, answered as they end.

Bounded: at most `concurrency` calls are held. A call is pulled when there is room for it, so that a
ledger row can be claimed just before it is sent. A refused token is replaced once for all, and each
call that met it is repeated once; nothing else is repeated here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.errors import GatewayError, TokenRejected
from bot.wechat.calls import Answer, Call
from bot.wechat.exchange import Exchange, circuit_open, refusal
from bot.wechat.fanout import Fanout, Fanouts, Outcome
from bot.wechat.transport import read_json

WAIT_S = 1.0


@dataclass(slots=True)
class _Try:
    call: Call
    token: str = ""
    again: bool = False


class Sender:
    """One run of `send_many`."""

    def __init__(self, exchange: Exchange, concurrency: int, fanouts: Fanouts) -> None:
        self._exchange = exchange
        self._concurrency = concurrency
        self._fanouts = fanouts
        self._repeats: deque[_Try] = deque()
        self._addresses: dict[str, str] = {}
        self._token = ""

    def run(self, calls: Iterable[Call]) -> Iterator[Answer]:
        """An answer for every call, in the order in which they end. Raises only what `calls` does.

        Closing the iterator early abandons what is in flight: those outcomes stay unknown.
        """
        source = iter(calls)
        more = True
        with self._fanouts.borrowed(self._concurrency) as fan:
            while more or self._repeats or fan.busy:
                while fan.busy < self._concurrency and (more or self._repeats):
                    attempt = self._next(source)
                    if attempt is None:
                        more = False
                    elif (error := self._start(fan, attempt)) is not None:
                        yield Answer(attempt.call.key, "", error)
                for attempt, outcome in fan.finished(WAIT_S):
                    answer = self._settle(attempt, outcome)
                    if answer is not None:
                        yield answer

    def _next(self, source: Iterator[Call]) -> _Try | None:
        if self._repeats:
            return self._repeats.popleft()
        call = next(source, None)
        return None if call is None else _Try(call)

    def _start(self, fan: Fanout, attempt: _Try) -> GatewayError | None:
        """Send it, or say why nothing was sent. Not logged: breaker and token say it once."""
        if not self._exchange.breaker.allows():
            return circuit_open()
        try:
            attempt.token = attempt.token or self._exchange.tokens.get(self._exchange.clock())
        except GatewayError as error:
            return error
        fan.start(attempt, self._address(attempt.call.path, attempt.token), attempt.call.body)
        return None

    def _address(self, path: str, token: str) -> str:
        if token != self._token:
            self._token = token
            self._addresses.clear()
        if path not in self._addresses:
            self._addresses[path] = self._exchange.address(path, token)
        return self._addresses[path]

    def _settle(self, attempt: _Try, outcome: Outcome) -> Answer | None:
        """The answer, or None when the call goes out again with another token."""
        document: dict[str, Any] = {}
        error: GatewayError | None
        try:
            if isinstance(outcome, GatewayError):
                raise outcome
            document = read_json(outcome)
            error = refusal(document)
        except GatewayError as lost:
            error = lost
        self._exchange.note(error)
        if isinstance(error, TokenRejected) and not attempt.again:
            return self._again(attempt, error)
        return self._answered(attempt.call, error, str(document.get("msgid", "")))

    def _again(self, attempt: _Try, error: TokenRejected) -> Answer | None:
        self._exchange.report(attempt.call.path, error)
        try:
            token = self._exchange.tokens.replace(attempt.token, self._exchange.clock())
        except GatewayError as lost:
            return self._answered(attempt.call, lost)
        self._repeats.append(_Try(attempt.call, token, again=True))
        return None

    def _answered(self, call: Call, error: GatewayError | None, msgid: str = "") -> Answer:
        if error is not None:
            self._exchange.report(call.path, error)
        return Answer(call.key, "" if error else msgid, error)
