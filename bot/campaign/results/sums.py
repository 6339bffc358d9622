"""The closing sum of a run: every row of the ledger in exactly one place of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.campaign.permission.order import OFFER
from bot.store import send_figures
from bot.store.campaigns import GenerationState
from bot.store.send_figures import Count
from bot.values.audience import SendState


@dataclass(frozen=True, slots=True)
class Closing:
    """The sum of one step: audience = sent + failed + skipped + held out + unknown.

    failed, skipped   by reason
    held_out_by       who holds them: bot.store.send_figures.held_out_by
    open              waiting or under way: 0 before it can be closed
    """

    step: str
    audience: int
    sent: int
    failed: dict[str, int]
    skipped: dict[str, int]
    held_out: int
    unknown: int
    open: int
    held_out_by: dict[str, int] = field(default_factory=dict)

    @property
    def accounted(self) -> int:
        ended = sum(self.failed.values()) + sum(self.skipped.values())
        return self.sent + ended + self.held_out + self.unknown

    @property
    def balanced(self) -> bool:
        return self.open == 0 and self.audience == self.accounted

    def words(self) -> str:
        """The sum as one line."""
        return (
            f"{self.step}: audience {self.audience} = sent {self.sent}"
            f" + failed {sum(self.failed.values())} + skipped {sum(self.skipped.values())}"
            f" + held out {self.held_out} + unknown {self.unknown}"
            + (f" + open {self.open}" if self.open else "")
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "audience": self.audience,
            "sent": self.sent,
            "failed": self.failed,
            "skipped": self.skipped,
            "held_out": self.held_out,
            "held_out_by": self.held_out_by,
            "unknown": self.unknown,
            "open": self.open,
        }


def closings(generation: GenerationState, counts: Iterable[Count]) -> dict[str, Closing]:
    """By step. The offer's audience is what planning counted, not what the ledger now shows: a row
    that vanished would be missed."""
    by_step: dict[str, list[Count]] = {OFFER: []}
    for count in counts:
        by_step.setdefault(count.step, []).append(count)
    return {
        step: _closing(step, generation.audience if step == OFFER else None, found)
        for step, found in by_step.items()
    }


def _closing(step: str, audience: int | None, counts: list[Count]) -> Closing:
    states = _sum((count.state, count.rows) for count in counts)
    of = {state: [c for c in counts if c.state == state] for state in SendState}
    return Closing(
        step,
        sum(states.values()) if audience is None else audience,
        states[SendState.SENT],
        dict(_sum((count.why, count.rows) for count in of[SendState.FAILED])),
        dict(_sum((count.skip, count.rows) for count in of[SendState.SKIPPED])),
        states[SendState.HELD_OUT],
        states[SendState.UNKNOWN],
        states[SendState.INTENDED] + states[SendState.CLAIMED],
        send_figures.held_out_by(counts),
    )


def _sum(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, number in pairs:
        total[key] += number
    return total
