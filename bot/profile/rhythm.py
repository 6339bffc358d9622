"""When to write to somebody: his own hours, leaning on the account's where he has shown few.

hours [24], days [7]   own acts by Shanghai hour and weekday (bot.profile.fold)
taps {hour: clicks}    of these, taps on our links: they answer a message, so they weigh more
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.profile.parts import State, count
from bot.values.interest import ZONE_MS

TAP_WEIGHT = 3  # of one tap, beside 1 of any other own act
LEAN = 12  # acts of his own that weigh as much as the account's habit
_NEAR = ((-1, 0.25), (0, 0.5), (1, 0.25))  # an act at 20:00 speaks for 19 and 21 as well
HOURS, WEEKDAYS = 24, 7


@dataclass(frozen=True, slots=True)
class House:
    """The account's habit: own acts of its followers, weighed alike, by hour and weekday.

    people  how many of them it was taken from; 0: not reckoned yet
    """

    hours: Sequence[int] = (0,) * HOURS
    weekdays: Sequence[int] = (0,) * WEEKDAYS
    people: int = 0


NO_HOUSE = House()


def note_tap(state: State, at: int) -> None:
    count(state.setdefault("taps", {}), str((at + ZONE_MS) // 3_600_000 % 24))


def acts_by_hour(state: State) -> list[int]:
    """Own acts by hour, taps weighed; the figures that the account's habit is added up from."""
    hours = list(state.get("hours", [0] * HOURS))
    for hour, taps in state.get("taps", {}).items():
        hours[int(hour)] += (TAP_WEIGHT - 1) * taps
    return hours


def best_hours(state: State, house: House = NO_HOUSE, most: int = 3) -> dict[str, Any] | None:
    """The Shanghai hours and weekdays at which to write; None where nobody's acts are known.

    hours       the best first: hour, share of all acts in 0..1 as reckoned, own acts and taps in it
    weekdays    the same; 0 is Monday
    acts, taps  how many own acts and taps that rests on
    own         0..1: how much is his own habit; the rest is the account's
    """
    acts, taps = sum(state.get("hours", ())), state.get("taps", {})
    if not acts and not any(house.hours):
        return None
    own = state.get("hours", [0] * HOURS)
    hours = _leaning(acts_by_hour(state), house.hours)
    days = _leaning(state.get("days", [0] * WEEKDAYS), house.weekdays, near=((0, 1.0),))
    return {
        "hours": [
            {"hour": hour, "share": round(share, 3), "acts": own[hour],
             "taps": taps.get(str(hour), 0)}
            for hour, share in _best(hours, most)
        ],
        "weekdays": [
            {"weekday": day, "share": round(share, 3), "acts": state.get("days", [0] * 7)[day]}
            for day, share in _best(days, most)
        ],
        "acts": acts,
        "taps": sum(taps.values()),
        "own": round(acts / (acts + LEAN), 2) if any(house.hours) else 1.0,
        "people": house.people,
    }  # fmt: skip


def _leaning(
    own: Sequence[int], house: Sequence[int], near: Sequence[tuple[int, float]] = _NEAR
) -> list[float]:
    """Shares of the whole, smoothed round the clock; LEAN acts come from the house's habit."""
    mine, theirs = _smooth(own, near), _smooth(house, near)
    acts, all_theirs = sum(mine), sum(theirs)
    lean = LEAN if all_theirs else 0
    return [
        (one + (lean * other / all_theirs if lean else 0)) / (acts + lean)
        for one, other in zip(mine, theirs, strict=True)
    ]


def _smooth(counts: Sequence[int], near: Sequence[tuple[int, float]]) -> list[float]:
    size = len(counts)
    return [
        sum(weight * counts[(place + step) % size] for step, weight in near)
        for place in range(size)
    ]


def _best(shares: Sequence[float], most: int) -> list[tuple[int, float]]:
    """The greatest shares with their places; of equals the earlier one first."""
    order = sorted(range(len(shares)), key=lambda place: (-shares[place], place))
    return [(place, shares[place]) for place in order[:most] if shares[place] > 0]
