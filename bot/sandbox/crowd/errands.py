"""Taps, claims and redemptions, each written down; over HTTP, or as whoever runs us decides."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from urllib.parse import urlsplit

from bot.sandbox.articles import address
from bot.sandbox.crowd import visitor
from bot.sandbox.crowd.visitor import Visit
from bot.sandbox.world import World

logger = logging.getLogger(__name__)

HANDS = 8  # taps and redemptions at a time
TILL_TRIES = 3


class Web(Protocol):
    """The phone's browser and the shop's till."""

    def visit(self, link: str, wants: bool, openid: str, platform: str) -> Visit: ...

    def redeem(self, shop_url: str, key: str, code: str, order: str, amount_fen: int) -> int: ...


class Errands:
    """On the wall clock a pool of hands does them; on virtual time they are done at once.

    `web`: the module `visitor`, unless the program is in this process.
    """

    def __init__(self, world: World, web: Web | None = None) -> None:
        self._world = world
        self._web: Web = web or visitor
        self._hands: ThreadPoolExecutor | None = None
        if not world.config.stepped:
            self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="hand")
        self._codes: set[str] = set()
        self.redeemed = 0
        self._under_way = 0
        self._changed = threading.Condition()

    # --- hands -------------------------------------------------------------------------------

    def hand(self, do: Callable[[], None]) -> None:
        """Has it done; whatever goes wrong in it is logged and nothing else."""
        with self._changed:
            self._under_way += 1
        if self._hands is None:
            self._guarded(do)
            return
        try:
            self._hands.submit(self._guarded, do)
        except RuntimeError:  # the pool is shut down: the process ends
            self._ended()

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:
            logger.exception("a simulated follower stumbled")
        finally:
            self._ended()

    def _ended(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Waits for what is under way. False: not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._under_way, timeout)

    def close(self) -> None:
        if self._hands is not None:
            self._hands.shutdown(wait=False, cancel_futures=True)

    # --- what they do ------------------------------------------------------------------------

    def open(self, openid: str, link: str, wants: bool) -> Visit:
        """Taps a link; claims what the page offers when `wants`."""
        host = urlsplit(address(self._world)).hostname or ""
        seen = self._web.visit(link, wants, openid, host)
        ledger, now = self._world.ledger, self._world.clock()
        heard = "tap" if seen.status else "tap_lost"
        ledger.add(heard, now, openid=openid, link=link, status=seen.status, offered=seen.offered)
        if seen.offered and wants:
            outcome = "claim" if seen.claimed else "claim_refused"
            ledger.add(outcome, now, openid=openid, code=seen.code)
        return seen

    def first_sight(self, code: str) -> bool:
        """False: the code was seen before, and decided about then."""
        with self._changed:
            fresh = code not in self._codes
            self._codes.add(code)
        return fresh

    def pay(self, openid: str, code: str, order: str, amount_fen: int) -> bool:
        """At the till: the product is asked to redeem. Did it?"""
        status = self._at_the_till(code, order, amount_fen)
        accepted = 200 <= status < 300
        with self._changed:
            self.redeemed += accepted
        self._world.ledger.add(
            "redemption",
            self._world.clock(),
            openid=openid,
            code=code,
            order=order,
            amount_fen=amount_fen,
            status=status,
            accepted=accepted,
        )
        return accepted

    def _at_the_till(self, code: str, order: str, amount_fen: int) -> int:
        """The status. Without an answer the till asks again about the same order."""
        config, status = self._world.config, 0
        for _ in range(TILL_TRIES):
            status = self._web.redeem(config.shop_url, config.shop_key, code, order, amount_fen)
            if 0 < status < 500:
                break
        return status
