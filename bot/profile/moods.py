"""How somebody speaks to us, and whether that turns: the sentiment of what he wrote, by weeks.

    felt   {week: hundredths of sentiment, added up}     voiced {week: messages that showed any}
    upset  ms: the last time he complained, was not satisfied, or wrote in anger

A week is a Shanghai week from Monday, counted since 1970. Messages without any feeling count for
nothing. Weeks older than WEEKS before the newest event go: thirteen months stay.
"""

from __future__ import annotations

from typing import Any

from bot.profile.cycle import date_of
from bot.profile.parts import State, count, since
from bot.values.interest import day_of

WEEKS = 57
LEAST = 3  # messages on either side before a change is one
TURN = 0.2  # a change of the mean, of a scale of -1..1, that is worth a word
ANGRY = 0.5
_RECENT = {"last_30_days": 5, "last_90_days": 13}  # weeks, the present one included


def week_of(ms: int) -> int:
    """The Shanghai week, from Monday, that holds the instant. 1970-01-01 was a Thursday."""
    return (day_of(ms) + 3) // 7


def first_day(week: int) -> int:
    """The Shanghai day number of its Monday."""
    return week * 7 - 3


def note(state: State, at: int, facts: State) -> None:
    """A message. `sentiment` is -1..1, `anger` 0..1, as bot.inbox.facts writes them."""
    feeling: Any = facts.get("sentiment")
    if type(feeling) in (float, int) and -1 <= feeling <= 1 and feeling:
        week = str(week_of(at))
        count(state.setdefault("felt", {}), week, round(feeling * 100))
        count(state.setdefault("voiced", {}), week)
    anger: Any = facts.get("anger")
    if type(anger) in (float, int) and anger >= ANGRY:
        note_upset(state, at)


def note_upset(state: State, at: int) -> None:
    state["upset"] = max(state.get("upset", at), at)


def note_satisfied(state: State, at: int, facts: State) -> None:
    """The answer to "was this of help?"; 0 is no."""
    if facts.get("score") == 0 and type(facts.get("score")) is int:
        note_upset(state, at)


def prune(state: State) -> None:
    if voiced := state.get("voiced"):
        least = week_of(state["newest"]) - WEEKS
        kept = since(voiced, least)
        if kept is not voiced:
            for name, sums in (("voiced", kept), ("felt", since(state["felt"], least))):
                if sums:
                    state[name] = sums
                else:
                    del state[name]


def trend(state: State, now_ms: int) -> dict[str, Any] | None:
    """Sentiment of late beside that before; None where nothing was felt.

    last_30_days  the present week and four before it (29 to 35 days); last_90_days: thirteen weeks
    mean          -1..1; None without a message
    change, turn  better, worse or same; None where either side has fewer than LEAST messages
    weeks         those with messages, the oldest first
    """
    if not (voiced := state.get("voiced")):
        return None
    present = week_of(now_ms)
    weeks = {int(week): (state["felt"][week], told) for week, told in voiced.items()}
    found: dict[str, Any] = {name: _beside(weeks, present - span) for name, span in _RECENT.items()}
    found["weeks"] = [
        {
            "from": date_of(first_day(week)),
            "mean": round(weeks[week][0] / weeks[week][1] / 100, 2),
            "messages": weeks[week][1],
        }
        for week in sorted(weeks)
    ]
    return found


def _beside(weeks: dict[int, tuple[int, int]], last: int) -> dict[str, Any]:
    """What came after the week `last` beside all up to it."""
    mean, told = _mean([one for week, one in weeks.items() if week > last])
    was, before = _mean([one for week, one in weeks.items() if week <= last])
    change = None
    if mean is not None and was is not None and min(told, before) >= LEAST:
        change = round(mean - was, 2)
    return {
        "mean": mean, "messages": told, "before_mean": was, "before_messages": before,
        "change": change, "turn": _turn(change),
    }  # fmt: skip


def _mean(weeks: list[tuple[int, int]]) -> tuple[float | None, int]:
    told = sum(count_ for _, count_ in weeks)
    return (round(sum(felt for felt, _ in weeks) / told / 100, 2) if told else None), told


def _turn(change: float | None) -> str | None:
    if change is None:
        return None
    return "better" if change >= TURN else "worse" if change <= -TURN else "same"


def recent_mean(state: State, now_ms: int) -> float | None:
    """The mean of the last thirty days, for figures."""
    last = week_of(now_ms) - _RECENT["last_30_days"]
    voiced = state.get("voiced", {})
    held = [(state["felt"][week], told) for week, told in voiced.items() if int(week) > last]
    return _mean(held)[0]
