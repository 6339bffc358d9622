"""How people come to an end: the same for a story and for a life."""

from __future__ import annotations

from bot.sandbox.crowd.errands import Errands
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline


class Ending:
    """`stop` ends all new acts; `drain` waits for those under way; `close` ends it all."""

    def __init__(self, timeline: Timeline | SteppedTimeline, errands: Errands) -> None:
        self._timeline = timeline
        self._errands = errands
        self._stopped = False

    def stop(self) -> None:
        """No new acts; what is on its way goes on."""
        self._stopped = True
        self._timeline.clear()

    def close(self) -> None:
        self.stop()
        self._timeline.stop()
        self._errands.close()

    def drain(self, timeout: float) -> bool:
        """Waits for acts, taps and redemptions under way. False: not within `timeout` seconds."""
        return self._timeline.drain(timeout) and self._errands.drain(timeout)
