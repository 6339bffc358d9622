"""The access token: one for each app, shared by all processes, fetched by one of them at a time.

Platform rules: the stable token is the same for everybody who asks until five minutes before its
end, then a new one is given and both work for these five minutes; asking is cheap but an endless
loop of asking is punished; a wrong secret, a frozen one or an address outside the allow-list is
refused in the same place, and only a human can mend it.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from bot.clock import Clock
from bot.errors import GatewayDown, GatewayError, RequestRejected
from bot.values.token import SharedToken
from bot.wechat.errcodes import ALARMS, advice, error_for, rid_of

logger = logging.getLogger(__name__)

MARGIN = timedelta(minutes=5)  # before the end, when the platform begins to give the next one
AGAIN = timedelta(seconds=10)  # between fetches that fail (doubling) or that change nothing
LONGEST = timedelta(minutes=5)
LEASE_MS = 15_000  # longer than any fetch takes
POLL_S = 0.1


class Fetched(NamedTuple):
    token: str
    expires_in: int  # seconds


class TokenStore(Protocol):
    """Where the shared token is kept; see bot.store.tokens for the promises."""

    def load(self, appid: str) -> SharedToken: ...
    def save(self, appid: str, token: str, expires_at: datetime, version: int) -> bool: ...
    def note_failure(self, appid: str, failure: str, now: datetime) -> None: ...
    def acquire(self, appid: str, owner: str, ms: int) -> int | None: ...
    def release(self, appid: str, owner: str) -> None: ...


class TokenProvider:
    """Gives the app's token. One for each app and process; safe for threads.

    fetch  asks the platform once; raises GatewayError
    """

    def __init__(
        self,
        appid: str,
        fetch: Callable[[], Fetched],
        store: TokenStore,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._appid = appid
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._owner = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._known = SharedToken()
        self._fetched_at: datetime | None = None
        self._replaced_at: datetime | None = None

    def get(self, now: datetime) -> str:
        """A token that lives. Raises GatewayError when there is none and none can be had."""
        known = self._known
        if now < known.expires_at - MARGIN:
            return known.token
        # Near its end the old token still works: one thread fetches, the others do not wait.
        if not self._lock.acquire(blocking=now >= known.expires_at):
            return known.token
        try:
            return self._fresh(self._clock()).token
        finally:
            self._lock.release()

    def replace(self, rejected: str, now: datetime) -> str:
        """The token after the platform refused `rejected`: the shared one if it is another by now,
        else one fetched now; but fetched only seconds ago, it is returned as it is, so that
        refusals without end cost one fetch in ten seconds. Raises the fetch's GatewayError."""
        with self._lock:
            shared = self._reload()
            if shared.token != rejected and now < shared.expires_at:
                return shared.token
            alive = now < shared.expires_at  # the shared row may be gone: a new database
            if alive and self._replaced_at is not None and now < self._replaced_at + AGAIN:
                return shared.token
            self._replaced_at = now
            return self._refresh(shared, now, rejected).token

    def _fresh(self, now: datetime) -> SharedToken:
        shared = self._reload()
        if now < shared.expires_at - MARGIN:
            return shared
        alive = now < shared.expires_at
        if alive and self._fetched_at is not None and now < self._fetched_at + AGAIN:
            return shared  # the platform gave the same one again: its five minutes begin later
        try:
            return self._refresh(shared, now)
        except GatewayError:
            if alive:
                return shared
            raise

    def _reload(self) -> SharedToken:
        self._known = self._store.load(self._appid)
        return self._known

    def _refresh(self, seen: SharedToken, now: datetime, rejected: str = "") -> SharedToken:
        """Fetch once among all processes, or take what another one fetched meanwhile."""
        for _ in range(int(LEASE_MS / 1000 / POLL_S)):
            _refuse_while_failing(seen, now)
            if self._store.acquire(self._appid, self._owner, LEASE_MS) is not None:
                return self._fetch_and_store(seen, rejected)
            self._sleep(POLL_S)
            shared, now = self._reload(), self._clock()
            if shared.version != seen.version and now < shared.expires_at:
                return shared
            seen = shared
        raise GatewayDown(None, "another process is fetching the access token and does not end")

    def _fetch_and_store(self, seen: SharedToken, rejected: str) -> SharedToken:
        try:
            shared, now = self._reload(), self._clock()
            newer = shared.version != seen.version and shared.token != rejected
            if newer and now < shared.expires_at:
                return shared
            _refuse_while_failing(shared, now)
            fetched = self._asked(now)
            expires_at = now + timedelta(seconds=fetched.expires_in)
            if self._store.save(self._appid, fetched.token, expires_at, shared.version):
                logger.info("wechat.token appid=%s outcome=fetched", self._appid)
            self._fetched_at = now
            return self._reload()
        finally:
            self._store.release(self._appid, self._owner)

    def _asked(self, now: datetime) -> Fetched:
        try:
            return self._fetch()
        except GatewayError as error:
            code = error.errcode
            failure = error.errmsg if code is None else f"{code}: {error.errmsg}"
            self._store.note_failure(self._appid, failure, now)
            logger.log(
                logging.CRITICAL if code in (*ALARMS, 40001) else logging.ERROR,
                "wechat.token appid=%s outcome=failed errcode=%s rid=%s",
                self._appid,
                code,
                rid_of(error.errmsg),
            )
            raise


def fetch_error(errcode: int, errmsg: str) -> GatewayError:
    """What a refused fetch means: there 40001 is a wrong secret, not a stale token."""
    if errcode == 40001:
        return RequestRejected(errcode, f"{errmsg} ({advice(40125, 'en')})")
    return error_for(errcode, errmsg)


def _refuse_while_failing(shared: SharedToken, now: datetime) -> None:
    """Raise what the last fetch raised, until its pause is over: 10 s, doubling up to 5 minutes."""
    if shared.failed_at is None or shared.failures < 1:
        return
    pause = min(AGAIN * 2 ** min(shared.failures - 1, 10), LONGEST)
    if shared.failed_at <= now < shared.failed_at + pause:
        code, colon, errmsg = shared.failure.partition(": ")
        if colon and code.removeprefix("-").isdigit():
            raise type(fetch_error(int(code), ""))(int(code), errmsg)
        raise GatewayDown(None, shared.failure)
