"""The picture of a profile: the figures behind the charts, the same for the follower and the
marketer. Pure over the profile's state, the last acts and the account's kept quantiles."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.profile import features
from bot.profile.around import around
from bot.profile.fold import State, is_own_act
from bot.store import followers, profiles
from bot.store import picture as store
from bot.store.picture import FREQUENCY, MONETARY, RECENCY, Act, Quantiles
from bot.values.interest import DAY_MS, day_of
from bot.values.stage import NEW_DAYS, SLEEPING_DAYS, Stage, stage_of

MOST_ACTS = 2000
SHOWN_ACTS = 30
WEEKS = 26
# What `features.explain` reckons beside the charts, where there is enough to reckon from.
_RECKONED = ("cycle", "sentiment", "best_hours", "fatigue", "social")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands among the account's followers in one measure.

    ahead_of  percent of them who have less; decile 1 (least) .. 10
    """

    measure: str
    value: float | None
    ahead_of: int
    decile: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Instants are ms, money is fen. `hours` from 0, `weekdays` from Monday, in Shanghai.

    interests  what `features.explain` says of each topic, the strongest first
    weeks      (first Shanghai day of the week as ms, own acts), the oldest first
    acts       the last own acts, the newest first
    stages     (since, stage), the oldest first
    places     none before the account's quantiles were reckoned
    told       all that `features.explain` says
    """

    follower_id: int
    interests: list[dict[str, Any]]
    hours: list[int]
    weekdays: list[int]
    weeks: list[tuple[int, int]]
    acts: list[Act]
    stages: list[tuple[int, str]]
    places: list[Place]
    people: int
    best_hour: int | None
    counts: dict[str, int]
    told: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "interests": self.interests,
            "hours": self.hours,
            "weekdays": self.weekdays,
            "weeks": [{"from": _iso(at), "acts": count} for at, count in self.weeks],
            "acts": [{"at": _iso(act.at), "kind": act.kind} for act in self.acts],
            "stages": [{"since": _iso(at), "stage": stage} for at, stage in self.stages],
            "rfm_place": {place.measure: asdict(place) for place in self.places},
            "people": self.people,
            "best_hour": self.best_hour,
            "counts": self.counts,
            **{name: self.told[name] for name in _RECKONED if self.told.get(name) is not None},
        }


def picture_of(follower_id: int, now: datetime) -> Picture:
    """A handful of rows, however many followers there are. Raises NotFound."""
    state = profiles.state_of(follower_id)
    person = followers.get(follower_id)
    return draw(
        follower_id,
        state,
        store.acts(follower_id, MOST_ACTS),
        store.quantiles(person.account_id),
        around(person, now),
        now,
    )


def draw(
    follower_id: int,
    state: State,
    acts: Sequence[Act],
    quantiles: Mapping[str, Quantiles],
    beside: features.Around,
    now: datetime,
) -> Picture:
    """The picture of a state; `acts` the oldest first, of any kind."""
    told = features.explain(state, now, beside)
    own = [act for act in acts if is_own_act(act.kind) and act.at <= to_ms(now)]
    return Picture(
        follower_id,
        told["interests"],
        list(told["hours"]),
        list(told["weekdays"]),
        weeks(own, now),
        own[: -SHOWN_ACTS - 1 : -1],
        stage_path(own, beside.subscribed, now),
        places(state, quantiles, now),
        max((known.people for known in quantiles.values()), default=0),
        told["best_hour"],
        told["counts"],
        told,
    )


def weeks(own: Iterable[Act], now: datetime, most: int = WEEKS) -> list[tuple[int, int]]:
    """Own acts per Shanghai week (from Monday), the last `most` weeks, those without any too."""
    counts = Counter(_week_of(act.at) for act in own)
    last = _week_of(to_ms(now))
    return [(_start_of(week), counts.get(week, 0)) for week in range(last - most + 1, last + 1)]


def _week_of(ms: int) -> int:
    return (day_of(ms) + 3) // 7  # 1970-01-01 was a Thursday


def _start_of(week: int) -> int:
    return (week * 7 - 3) * DAY_MS - 8 * 3_600_000


def stage_path(own: Sequence[Act], subscribed: bool, now: datetime) -> list[tuple[int, str]]:
    """The stages that the acts led through, and time alone between them."""
    now_ms = to_ms(now)
    path: list[tuple[int, str]] = []
    orders = redeemed = 0
    for number, act in enumerate(own):
        orders += act.kind == "order"
        redeemed += act.kind == "coupon.redeemed"
        first, until = own[0].at, own[number + 1].at if number + 1 < len(own) else now_ms
        moments = [act.at, first + NEW_DAYS * DAY_MS + 1, act.at + SLEEPING_DAYS * DAY_MS + 1]
        for at in sorted(moment for moment in moments if act.at <= moment <= until):
            stage, _ = stage_of(True, orders, redeemed, first, act.at, at)
            _step(path, at, stage)
    if path and not subscribed:
        _step(path, max(now_ms, path[-1][0]), Stage.GONE)
    return path


def _step(path: list[tuple[int, str]], at: int, stage: Stage) -> None:
    if not path or path[-1][1] != stage.value:
        path.append((at, stage.value))


def places(state: State, quantiles: Mapping[str, Quantiles], now: datetime) -> list[Place]:
    """Place in recency, frequency and money; a later last act is better."""
    value = features.rfm(state, now)
    held = {
        RECENCY: (state.get("last", 0), value.recency_days),
        FREQUENCY: (value.frequency, float(value.frequency)),
        MONETARY: (value.monetary_fen, float(value.monetary_fen)),
    }
    found = []
    for measure, (key, shown) in held.items():
        known = quantiles.get(measure)
        if known is not None and known.edges:
            ahead = min(99, 100 * bisect_left(known.edges, key) // len(known.edges))
            found.append(Place(measure, shown, ahead, ahead // 10 + 1))
    return found


def _iso(ms: int) -> str:
    return from_ms(ms).isoformat(timespec="seconds")
