"""How worn somebody is by what we send him: a number with its reasons, and until when to rest.

Sends stand in the ledger, not in the log, so the number is a function of both: of the instants at
which marketing reached him, and of what the folded state says he did about it. No figure alone
decides; each part wears out a share of the patience that the others left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.clock import from_ms
from bot.profile.parts import State
from bot.values.interest import DAY_MS

RESTS = 0.5  # from here on: rest
MOST_REST_DAYS = 90
# Reason -> (of one, at most): what one more of it takes away, and all of it together.
_EACH = {"week": (0.12, 0.6), "month": (0.02, 0.3), "ignored": (0.12, 0.6)}
_IGNORED_DAYS = 14  # an unanswered message weighs half after so long
# Reason -> (at once, days until it is forgotten)
_FADING = {"refused": (0.5, 90), "upset": (0.5, 30)}


@dataclass(frozen=True, slots=True)
class Fatigue:
    """`score` 0 (fresh) .. 1; `reasons` the heaviest first: why, count, part of the score.

    rest_until  ms: when, with nothing more sent, the score is below RESTS again; None: no need,
                or (`score` 1) never, because he refused marketing
    """

    score: float
    reasons: list[dict[str, Any]]
    rest_until: int | None

    def to_json(self) -> dict[str, Any]:
        until = None if self.rest_until is None else from_ms(self.rest_until)
        return {
            "score": self.score,
            "rest": self.score >= RESTS,
            "reasons": self.reasons,
            "rest_until": None if until is None else until.isoformat(timespec="seconds"),
        }


def fatigue(state: State, sent: Sequence[int], now_ms: int) -> Fatigue:
    """sent: ms of the marketing messages of the last 30 days that reached him, or may have."""
    if state.get("opt", [False])[0]:
        return Fatigue(1.0, [{"why": "opted_out", "count": 1, "part": 1.0}], None)
    parts = _parts(state, sent, now_ms)
    reasons = [
        {"why": why, "count": count, "part": round(part, 2)}
        for why, (count, part) in sorted(parts.items(), key=lambda item: (-item[1][1], item[0]))
        if part >= 0.005
    ]
    score = _together(parts)
    return Fatigue(round(score, 2), reasons, _rest_until(state, sent, now_ms, score))


def _parts(state: State, sent: Sequence[int], now_ms: int) -> dict[str, tuple[int, float]]:
    """Reason -> (how many, the share of patience it takes)."""
    held = [at for at in sent if now_ms - 30 * DAY_MS < at <= now_ms]
    week = sum(at > now_ms - 7 * DAY_MS for at in held)
    ignored = ignored_in_a_row(state, held)
    faded = sum(0.5 ** ((now_ms - at) / (_IGNORED_DAYS * DAY_MS)) for at in ignored)
    weights = {"week": (week, week), "month": (len(held), len(held)),
               "ignored": (len(ignored), faded)}  # fmt: skip
    parts = {
        why: (count, min(_EACH[why][1], _EACH[why][0] * weight))
        for why, (count, weight) in weights.items()
    }
    for why, at in (("refused", _refused_at(state)), ("upset", state.get("upset"))):
        heavy, days = _FADING[why]
        if at is not None and 0 <= now_ms - at < days * DAY_MS:
            parts[why] = (1, heavy * (1 - (now_ms - at) / (days * DAY_MS)))
    return parts


def ignored_in_a_row(state: State, sent: Sequence[int]) -> list[int]:
    """The messages since his last own act: none of them made him do anything."""
    last = state.get("last")
    return [at for at in sent if last is None or at > last]


def _refused_at(state: State) -> int | None:
    """When he last took back an opt-out: before that he had enough once."""
    out, at = state.get("opt", [True, 0, ""])[:2]
    return None if out or not state.get("kinds", {}).get("opt_out") else at


def _together(parts: dict[str, tuple[int, float]]) -> float:
    left = 1.0
    for _, part in parts.values():
        left *= 1 - part
    return 1 - left


def _rest_until(state: State, sent: Sequence[int], now_ms: int, score: float) -> int | None:
    if round(score, 2) < RESTS:
        return None
    for days in range(1, MOST_REST_DAYS):
        later = now_ms + days * DAY_MS
        if round(_together(_parts(state, sent, later)), 2) < RESTS:
            return later
    return now_ms + MOST_REST_DAYS * DAY_MS
