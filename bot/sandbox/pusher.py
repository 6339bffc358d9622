"""Pushes what happens to the program: in each follower's order, each push three times at most.

A push that gets no HTTP 200 in time is delivered again with the same CreateTime and MsgId; after
the last try, and at once after an answer that is none, the phone shows a fault notice, once
(消息与事件推送, 被动回复). Only the answer counts that the platform still waits for: one that comes
late, or to a duplicate, is heard by nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.agents import Agents
from bot.sandbox.alarms import Alarms
from bot.sandbox.codes import PlatformError
from bot.sandbox.crypto import Box
from bot.sandbox.envelope import Delivery, Envelopes, written
from bot.sandbox.judge import MESSAGE_TYPES, TRANSFER, UNSEEN, Expected, Judge, Verdict
from bot.sandbox.ledger import percentiles
from bot.sandbox.lines import Lines, Push
from bot.sandbox.people import FAULT_NOTICE, UNAVAILABLE_NOTICE, Bubble, Person
from bot.sandbox.statistics import delivered
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.wire import ANSWER_FAILED, AnyWire, NoAnswer, Wire
from bot.sandbox.world import World

logger = logging.getLogger(__name__)

WORKERS = 16
LATENCIES_KEPT = 200_000
REMEMBERED = 100  # deliveries among which a replay chooses
COUNTED = (
    "pushes",
    "deliveries",
    "repeated",
    "answered",
    "silent",
    "unsent",
    "failed",
    "late",
    "refused",
    "dropped",
    "unheard",
    "blacklisted",
)


class Pusher:
    """A pool of workers; on virtual time none: the timeline's driver delivers, one by one.

    wire  another way to the program than HTTP to the config's callback_url. Without either there is
          no program: pushes are counted as unsent.
    """

    def __init__(
        self,
        world: World,
        workers: int = WORKERS,
        timeline: SteppedTimeline | None = None,
        wire: AnyWire | None = None,
    ) -> None:
        config = world.config
        box = Box(config.aes_key, config.appid)
        self._world = world
        self._stepped = timeline is not None
        self._limits, self._switches = config.limits, config.switches
        self._envelopes = Envelopes(world, box)
        media = self._media if config.switches.reply_media else None
        self._judge = Judge(config.mode, config.token, box, config.switches, media)
        self._wire = wire
        if wire is None and config.callback_url:
            self._wire = Wire(config.callback_url, config.limits.answer)
        self._lines = Lines(self._delivered, world.faults, timeline, workers)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._counts: Counter[str] = Counter()
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._remembered: deque[tuple[Push, Delivery]] = deque(maxlen=REMEMBERED)
        self.alarms = Alarms(world)
        self.verified = threading.Event()

    def connect(self, wire: AnyWire) -> None:
        """Pushes take another way from now on."""
        self._wire = wire

    @property
    def nobody(self) -> bool:
        """There is no program to push to."""
        return self._wire is None

    def start(self) -> None:
        self._lines.start()

    def stop(self) -> None:
        """Ends the workers after their present delivery; what waits is dropped."""
        self._stopped.set()
        self._lines.stop()
        if self._wire is not None:
            self._wire.close()

    # --- in ----------------------------------------------------------------------------------

    def push(self, person: Person, fields: dict[str, Any], label: str) -> None:
        """Queues a push behind this follower's earlier ones."""
        if person.blacklisted and self._unheard(label):
            self._count("blacklisted")
        elif self._wire is None:
            self._count("pushes", "unsent")
        else:
            self._count("pushes")
            self._lines.join(Push(person, fields, label))

    def _unheard(self, label: str) -> bool:
        """What blacklisted followers say does not reach the account."""
        if label in MESSAGE_TYPES:
            return True
        return label not in UNSEEN and not self._switches.blacklisted_events

    @property
    def backlog(self) -> int:
        """Followers whose pushes wait or are under way."""
        return len(self._lines)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing waits and nothing is under way. False: not within `timeout` s."""
        return self._lines.drain(timeout)

    # --- the verification --------------------------------------------------------------------

    def verify(self) -> bool:
        """One GET verification: does the program answer the bare echostr?"""
        if self._wire is None:
            return False
        query = self._envelopes.verification()
        try:
            answer = self._wire.get(query)
        except NoAnswer:
            return False
        finally:
            self._wire.close()
        return answer.status == 200 and answer.body == query["echostr"].encode()

    def verify_until_up(self, gap: float = 0.2) -> bool:
        """Repeats the verification until the program is there. False: stopped meanwhile."""
        while not self._stopped.is_set():
            if self.verify():
                self.verified.set()
                self._world.ledger.add("verified", self._world.clock())
                return True
            self._stopped.wait(gap)
        return False

    # --- delivering --------------------------------------------------------------------------

    def _count(self, *names: str) -> None:
        with self._lock:
            for name in names:
                self._counts[name] += 1

    def _delivered(self, push: Push) -> None:
        if self._stopped.is_set():
            return
        try:
            self._deliver(push)
        except Exception:
            logger.exception("sandbox delivery failed label=%s", push.label)
            self._count("failed")

    def _deliver(self, push: Push) -> None:
        if self.alarms.pausing:
            self._lost(push)
            return
        faults, openid = self._world.faults, push.person.openid
        spoilt = "Content" in push.fields and faults.push("corrupt_xml", openid, push.label)
        text = written(push.fields, control_character=bool(spoilt))
        verdict, delivery = Verdict("refused"), None
        for number in range(self._limits.deliveries):
            if delivery is None or self._switches.resign_retries:
                delivery = self._sealed(push, text)
            verdict = self._attempt(push, delivery, number)
            last = number + 1 == self._limits.deliveries
            if verdict.outcome in ("late", "refused"):
                if verdict.outcome == "refused" and not verdict.came and not last:
                    self._wait(self._limits.retry_gap)
                continue
            # A lost answer: the program has done its work, the platform never hears of it.
            if last or not faults.push("lose_answers", openid, push.label):
                break
        self._settle(push, verdict)
        if faults.active:
            self._more(push, text)

    def _sealed(self, push: Push, text: str) -> Delivery:
        """One delivery, spoilt where a fault wants it."""
        faults, openid = self._world.faults, push.person.openid
        if not faults.active:
            return self._envelopes.delivery(openid, text)
        sealed = self._world.config.mode != "plain"
        delivery = self._envelopes.delivery(
            openid,
            text,
            wrong_signature=bool(faults.push("corrupt_signature", openid, push.label)),
            wrong_cipher=sealed and bool(faults.push("corrupt_cipher", openid, push.label)),
        )
        self._remembered.append((push, delivery))
        return delivery

    def _wait(self, seconds: float) -> None:
        """Between two tries; on virtual time nobody sleeps."""
        if not self._stepped:
            self._stopped.wait(seconds)

    def _attempt(self, push: Push, delivery: Delivery, number: int) -> Verdict:
        """One delivery, and what the platform makes of it."""
        self._count("deliveries", *(("repeated",) if number else ()))
        began = 0.0 if self._stepped else time.monotonic()
        body = b""
        try:
            body, verdict, alarm = self._exchange(push, delivery)
        except NoAnswer as error:
            outcome = "late" if error.late else "refused"
            verdict, alarm = Verdict(outcome, reason=str(error), came=False), error.alarm
        ms = 0.0 if self._stepped else (time.monotonic() - began) * 1000
        if alarm:
            self.alarms.failed(alarm)
        if verdict.outcome in ("late", "refused"):
            self._count(verdict.outcome)
        elif not self._stepped:
            self._latencies.append(ms)
        delivered(self._world, verdict.outcome, ms)
        self._note(push, delivery.text, body, verdict, ms)
        return verdict

    def _exchange(self, push: Push, delivery: Delivery) -> tuple[bytes, Verdict, str]:
        """The answer, the verdict on it, and the alarm it sets off, "" for none. Or NoAnswer."""
        if self._wire is None:
            raise NoAnswer("there is no program")
        answer = self._wire.post(delivery.query, delivery.body)
        if answer.status != 200:
            outcome = "refused" if self._switches.retry_status else "fault"
            reason = f"HTTP {answer.status}"
            return answer.body, Verdict(outcome, reason=reason), ANSWER_FAILED
        expected = Expected(push.person.openid, self._world.config.original_id, push.label)
        verdict = self._judge.verdict(answer.body, expected)
        return answer.body, verdict, ANSWER_FAILED if verdict.outcome == "fault" else ""

    def _media(self, media_id: str) -> str | None:
        try:
            with self._world.lock:
                return self._world.require_media(media_id).kind
        except PlatformError:
            return None

    def _note(self, push: Push, text: str, body: bytes, verdict: Verdict, ms: float) -> None:
        """For the page that shows the traffic: both sides in clear."""
        traffic, now = self._world.traffic, self._world.clock()
        if traffic.on:
            traffic.note(
                now,
                "push",
                push.label,
                push.person.openid,
                text,
                self._judge.in_clear(body),
                verdict.outcome,
                verdict.reason,
                round(ms, 1),
            )

    # --- once more ---------------------------------------------------------------------------

    def _more(self, push: Push, text: str) -> None:
        """Duplicates and replays: their answers are heard by nobody."""
        faults, openid = self._world.faults, push.person.openid
        if fault := faults.push("duplicate", openid, push.label):
            seconds = fault.drawn()
            if seconds:
                self._lines.later(seconds, lambda: self._again(push, text))
            else:
                self._again(push, text)
        if (fault := faults.push("replay", openid, push.label)) and self._remembered:
            self._unheard_attempt(*fault.rng.choice(list(self._remembered)))

    def _again(self, push: Push, text: str) -> None:
        self._unheard_attempt(push, self._envelopes.delivery(push.person.openid, text))

    def _unheard_attempt(self, push: Push, delivery: Delivery) -> None:
        if self._attempt(push, delivery, 1).outcome == "answered":
            self._count("unheard")

    # --- what comes of it --------------------------------------------------------------------

    def _settle(self, push: Push, verdict: Verdict) -> None:
        if verdict.outcome == "answered":
            self._answered(push, verdict)
        elif verdict.outcome == "silent":
            self._count("silent")
        else:
            self._failed(push, verdict)

    def _answered(self, push: Push, verdict: Verdict) -> None:
        world, person, now = self._world, push.person, self._world.clock()
        self._count("answered")
        world.ledger.add("reply", now, openid=person.openid, to=push.label)
        if verdict.kind == TRANSFER:
            agents = Agents(world, Acts(world, self.push))
            agents.transferred(person, push.fields, verdict.text)
            return
        text = verdict.text or f"[{verdict.kind}]"
        world.replied(person.openid, verdict.kind, f"{verdict.text} {verdict.url}")
        bubble = Bubble(
            "account",
            verdict.kind,
            text,
            now,
            "reply",
            verdict.url,
            push.label,
            picture=verdict.picture,
        )
        world.show(person, bubble)

    def _failed(self, push: Push, verdict: Verdict) -> None:
        """The fault notice, worded by whether an answer came; once for the whole push."""
        world, person, now = self._world, push.person, self._world.clock()
        self._count("failed")
        world.ledger.add(
            "fault", now, openid=person.openid, label=push.label, reason=verdict.reason
        )
        if push.label not in UNSEEN:
            notice = FAULT_NOTICE if verdict.came else UNAVAILABLE_NOTICE
            world.show(person, Bubble("notice", "fault", notice, now))

    def _lost(self, push: Push) -> None:
        """In the pause of MarkFail nothing is pushed, nor kept for later."""
        world, person, now = self._world, push.person, self._world.clock()
        self._count("dropped")
        self._note(push, written(push.fields), b"", Verdict("dropped", reason="MarkFail"), 0.0)
        world.ledger.add("dropped", now, openid=person.openid, label=push.label)
        if self._switches.mark_fail_notice and push.label not in UNSEEN:
            world.show(person, Bubble("notice", "fault", UNAVAILABLE_NOTICE, now))

    # --- out ---------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """Counts of pushes and deliveries, alarms, and the latency of answered deliveries.

        unsent       pushes while there was no program
        unheard      replies to duplicates, which nobody waited for
        blacklisted  messages of blacklisted followers, which are no pushes
        dropped      lost in the pauses of MarkFail, of which there were `mark_fail`
        """
        with self._lock:
            counts: dict[str, Any] = {name: self._counts[name] for name in COUNTED}
            measured = list(self._latencies)
        return {
            **counts,
            "mark_fail": self.alarms.pauses,
            "waiting": len(self._lines),
            "alarms": self.alarms.report(),
            "latency_ms": percentiles(measured),
        }
