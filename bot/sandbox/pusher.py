"""Pushes what happens to the bot: signed, encrypted, in each follower's order, three times at most.

A push that gets no HTTP 200 in time is delivered again with the same CreateTime and MsgId, freshly
signed and encrypted; after the last try, and at once after an answer that is none, the follower's
phone shows the fault notice (消息与事件推送, 被动回复).
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.crypto import Box, sign
from bot.sandbox.judge import TRANSFER, UNSEEN, Expected, Judge, Verdict
from bot.sandbox.ledger import percentiles
from bot.sandbox.people import FAULT_NOTICE, Bubble, Person
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.wire import NoAnswer, Wire
from bot.sandbox.world import World
from bot.sandbox.xml import render

logger = logging.getLogger(__name__)

WORKERS = 16
MARK_FAIL_TIME = timedelta(seconds=60)
LATENCIES_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Push:
    """`fields` without the envelope's names; `label` is the MsgType, or the Event."""

    person: Person
    fields: dict[str, Any]
    label: str


class Pusher:
    """A pool of workers; on virtual time none: the timeline's driver delivers, one by one.

    Counters and latencies are read by `report`.
    """

    def __init__(
        self, world: World, workers: int = WORKERS, timeline: SteppedTimeline | None = None
    ) -> None:
        config = world.config
        self._world = world
        self._timeline = timeline
        self._limits = config.limits
        self._box = Box(config.aes_key, config.appid)
        self._judge = Judge(config.mode, config.token, self._box)
        self._wire = Wire(config.callback_url, config.limits.answer)
        self._waiting: dict[str, deque[Push]] = {}
        self._ready: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._stopped = threading.Event()
        self._counts: Counter[str] = Counter()
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._failures: deque[datetime] = deque()
        self._silenced_until: datetime | None = None
        self._threads = [
            threading.Thread(target=self._work, name=f"pusher-{n}", daemon=True)
            for n in range(0 if timeline else workers)
        ]
        self.verified = threading.Event()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the workers after their present delivery; what waits is dropped."""
        self._stopped.set()
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=1)

    # --- in ----------------------------------------------------------------------------------

    def push(self, person: Person, fields: dict[str, Any], label: str) -> None:
        """Queues a push behind this follower's earlier ones."""
        if self._timeline is not None:
            self._count("pushes")
            self._timeline.later(0, lambda: self._deliver_safely(Push(person, fields, label)))
            return
        with self._idle:
            self._counts["pushes"] += 1
            waiting = self._waiting.setdefault(person.openid, deque())
            waiting.append(Push(person, fields, label))
            if len(waiting) == 1:
                self._ready.put(person.openid)

    @property
    def backlog(self) -> int:
        """Followers whose pushes wait or are under way."""
        return len(self._waiting)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing waits and nothing is under way. False: not within `timeout` s."""
        if self._timeline is not None:
            return self._timeline.drain(timeout)
        with self._idle:
            return self._idle.wait_for(lambda: not self._waiting, timeout)

    def verify(self) -> bool:
        """One GET verification: does the bot answer the bare echostr?"""
        stamp, nonce, echo = self._stamp()
        query = {
            "signature": sign(self._world.config.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "echostr": echo,
        }
        try:
            answer = self._wire.get(query)
        except NoAnswer:
            return False
        finally:
            self._wire.close()
        return answer.status == 200 and answer.body == echo.encode()

    def verify_until_up(self, gap: float = 0.2) -> bool:
        """Repeats the verification until the bot is there. False: stopped meanwhile."""
        while not self._stopped.is_set():
            if self.verify():
                self.verified.set()
                self._world.ledger.add("verified", self._world.clock())
                return True
            self._stopped.wait(gap)
        return False

    # --- workers -----------------------------------------------------------------------------

    def _work(self) -> None:
        while (openid := self._ready.get()) is not None and not self._stopped.is_set():
            self._deliver_safely(self._waiting[openid][0])
            with self._idle:
                waiting = self._waiting[openid]
                waiting.popleft()
                if waiting:
                    self._ready.put(openid)
                else:
                    del self._waiting[openid]
                    self._idle.notify_all()
        self._wire.close()

    def _deliver_safely(self, push: Push) -> None:
        try:
            self._deliver(push)
        except Exception:
            logger.exception("sandbox delivery failed label=%s", push.label)
            self._count("failed")

    def _count(self, *names: str) -> None:
        with self._idle:
            self._counts.update(names)

    def _deliver(self, push: Push) -> None:
        if self._silenced_until is not None and self._world.clock() < self._silenced_until:
            self._count("dropped")
            return
        faults = self._world.faults
        verdict: Verdict | None = None
        for number in range(self._limits.deliveries):
            verdict = self._attempt(push, number)
            last = number + 1 == self._limits.deliveries
            # A lost answer: the bot has done its work, the platform never hears of it.
            if verdict is None or (not last and faults.happens(faults.lose_answers)):
                continue
            break
        if verdict is not None and verdict.outcome != "fault" and faults.happens(faults.duplicate):
            self._attempt(push, 1)
        self._settle(push, verdict or Verdict("fault", reason="no answer"))

    def _attempt(self, push: Push, number: int) -> Verdict | None:
        """One delivery. None: it failed in a way that the platform tries again."""
        self._count("deliveries", *(["repeated"] if number else []))
        query, body = self._signed(push)
        began = time.monotonic()
        try:
            answer = self._wire.post(query, body)
        except NoAnswer as error:
            self._failed("late" if error.late else "refused")
            self._note(push, b"", Verdict("late" if error.late else "refused", reason=str(error)))
            if not error.late and number + 1 < self._limits.deliveries:
                self._stopped.wait(self._limits.retry_gap)
            return None
        self._latencies.append((time.monotonic() - began) * 1000)
        if answer.status != 200:
            self._failed("refused")
            self._note(push, answer.body, Verdict("refused", reason=f"HTTP {answer.status}"))
            return None
        expected = Expected(push.person.openid, self._world.config.original_id, push.label)
        verdict = self._judge.verdict(answer.body, expected)
        self._note(push, answer.body, verdict, (time.monotonic() - began) * 1000)
        return verdict

    def _note(self, push: Push, body: bytes, verdict: Verdict, ms: float = 0.0) -> None:
        """For the page that shows the traffic: both sides in clear."""
        traffic, now = self._world.traffic, self._world.clock()
        if traffic.on:
            traffic.note(
                now,
                "push",
                push.label,
                push.person.openid,
                render(push.fields),
                self._judge.in_clear(body),
                verdict.outcome,
                verdict.reason,
                round(ms, 1),
            )

    def _failed(self, how: str) -> None:
        """Counts a failed delivery; too many in a minute stop all pushing for a minute."""
        now = self._world.clock()
        with self._idle:
            self._counts[how] += 1
            self._failures.append(now)
            while self._failures and self._failures[0] < now - MARK_FAIL_TIME:
                self._failures.popleft()
            if len(self._failures) >= self._limits.mark_fail:
                self._failures.clear()
                self._silenced_until = now + MARK_FAIL_TIME
                self._counts["mark_fail"] += 1

    def _settle(self, push: Push, verdict: Verdict) -> None:
        now, person = self._world.clock(), push.person
        if verdict.outcome == "answered":
            self._count("answered")
            text = verdict.text or f"[{verdict.kind}]"
            bubble = Bubble("account", verdict.kind, text, now, "reply", verdict.url, push.label)
            self._world.ledger.add("reply", now, openid=person.openid, to=push.label)
            if verdict.kind != TRANSFER:
                self._world.show(person, bubble)
        elif verdict.outcome == "silent":
            self._count("silent")
        else:
            self._count("failed")
            self._world.ledger.add(
                "fault", now, openid=person.openid, label=push.label, reason=verdict.reason
            )
            if push.label not in UNSEEN:
                self._world.show(person, Bubble("notice", "fault", FAULT_NOTICE, now))

    # --- the bytes ---------------------------------------------------------------------------

    def _stamp(self) -> tuple[str, str, str]:
        """Timestamp, nonce, and an echo string."""
        world = self._world
        stamp = str(int(world.clock.signing().timestamp()))
        return stamp, str(world.ids.below(10**9)), str(world.ids.below(1 << 62))

    def _signed(self, push: Push) -> tuple[dict[str, str], bytes]:
        """Query and body of one delivery in the account's mode."""
        config = self._world.config
        stamp, nonce, _ = self._stamp()
        query = {
            "signature": sign(config.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": push.person.openid,
        }
        if config.mode == "plain":
            return query, render(push.fields).encode()
        sealed = self._box.seal(render(push.fields))
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(config.token, stamp, nonce, sealed)
        outer = push.fields if config.mode == "compatible" else {"ToUserName": config.original_id}
        return query, render({**outer, "Encrypt": sealed}).encode()

    # --- out ---------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """Counts of pushes and deliveries, and the latency of answered deliveries."""
        names = (
            "pushes",
            "deliveries",
            "repeated",
            "answered",
            "silent",
            "failed",
            "late",
            "refused",
            "dropped",
            "mark_fail",
        )
        with self._idle:
            counts: dict[str, Any] = {name: self._counts[name] for name in names}
            waiting = len(self._waiting)
            measured = list(self._latencies)
        return {**counts, "waiting": waiting, "latency_ms": percentiles(measured)}
