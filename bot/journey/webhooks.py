"""Calling the webhooks that journeys wrote down: signed, guarded, repeated until they are answered.

Only public addresses, by https; hosts named in WEBHOOK_HOSTS may also be private, or plain http.
The name is looked up once, every address of it is judged, and the connection goes to a judged
address, so that a name that changes its mind between does not lead inside. Redirects are not
followed.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from bot.clock import to_ms
from bot.services import Services
from bot.store import journey_calls
from bot.store.db import transaction
from bot.store.fields import Holder
from bot.store.journey_calls import DONE, FAILED, WAITING, Call

logger = logging.getLogger(__name__)

TIMEOUT = urllib3.Timeout(connect=3, read=5)
LEASE = timedelta(minutes=1)
AT_ONCE = 8
TURN = 40  # calls; the slowest turn is over before the lease
# After the last of these waits a call is given up.
BACK_OFF = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600))
_AGAIN = frozenset({408, 425, 429})  # of the refusals, those that may change
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was none. `final`: no other answer is to be hoped for."""

    status: int | None
    error: str = ""
    final: bool = False


def call_due(services: Services, now: datetime) -> int:
    """Call what is due; how many calls. Each is ours for a minute, so a process that dies leaves
    its calls to others: whoever is called hears of everything, at worst twice under one id."""
    with transaction():
        calls = journey_calls.take(now, now + LEASE, TURN)
    if not calls:
        return 0
    allowed = services.settings.webhook_hosts
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(calls))) as pool:
        answers = list(pool.map(lambda one: call(one, allowed, now), calls))
    for one, answer in zip(calls, answers, strict=True):
        _settle(one, answer, now)
    return len(calls)


def _settle(one: Call, answer: Answer, now: datetime) -> None:
    ok = answer.status is not None and 200 <= answer.status < 300
    over = answer.final or one.attempts > len(BACK_OFF)
    state = DONE if ok else FAILED if over else WAITING
    again = now + BACK_OFF[one.attempts - 1] if state == WAITING else None
    journey_calls.settle(one, state, now, status=answer.status, error=answer.error, again=again)
    if state != DONE:
        logger.warning(
            "webhook=%s state=%s attempt=%d status=%s error=%s",
            one.key, state, one.attempts, answer.status, answer.error,
        )  # fmt: skip


def key_of(account_id: int) -> str:
    """The secret that the account's webhooks are signed with, 32 hex digits; the same for ever."""
    return Holder.vault.blind(str(account_id), "journey.webhook")


def signature(key: str, sent_ms: int, body: bytes) -> str:
    """What the header X-Hongyan-Signature holds: HMAC-SHA256 of "<timestamp>.<body>", in hex."""
    return hmac.new(key.encode(), f"{sent_ms}.".encode() + body, sha256).hexdigest()


def call(one: Call, allowed: Collection[str], now: datetime) -> Answer:
    """One POST. Never raises: what went wrong is the answer."""
    parts = urlsplit(one.url)
    host, own = parts.hostname or "", (parts.hostname or "") in allowed
    if parts.scheme != "https" and not own:
        return Answer(None, "not https", final=True)
    try:
        address = _judged(host, own)
    except OSError:
        return Answer(None, "the host has no address")
    if address is None:
        return Answer(None, "the address is not public", final=True)
    try:
        return _post(one, str(address), now)
    except (HTTPError, OSError) as error:
        return Answer(None, type(error).__name__)


def _judged(host: str, own: bool) -> str | None:
    """An address to connect to; None where one of the host's addresses is not public."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    if not own and not all(is_public(ipaddress.ip_address(one.split("%")[0])) for one in found):
        return None
    return min(found, key=lambda one: (":" in one, one))


def is_public(address: Address) -> bool:
    """On the internet: not private, local, reserved, nor one of these in the clothes of IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address in _NAT64 or address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def _post(one: Call, address: str, now: datetime) -> Answer:
    parts = urlsplit(one.url)
    body = json.dumps(one.body, ensure_ascii=False).encode()
    sent = to_ms(now)
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "hongyan-journey",
        "X-Hongyan-Id": one.key,
        "X-Hongyan-Timestamp": str(sent),
        "X-Hongyan-Signature": signature(key_of(one.account_id), sent, body),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    pool = _pool(parts.scheme, parts.hostname or "", address, parts.port)
    try:
        answer = pool.urlopen(
            "POST", target, body, headers, redirect=False, retries=False, preload_content=False
        )
        answer.release_conn()
    finally:
        pool.close()
    refused = 400 <= answer.status < 500 and answer.status not in _AGAIN
    moved = 300 <= answer.status < 400
    return Answer(answer.status, "redirected" if moved else "", final=refused or moved)


def _pool(scheme: str, host: str, address: str, port: int | None) -> urllib3.HTTPConnectionPool:
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(
            address, port, timeout=TIMEOUT, server_hostname=host, assert_hostname=host
        )
    return urllib3.HTTPConnectionPool(address, port, timeout=TIMEOUT)
