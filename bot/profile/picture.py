"""The picture of a profile: the figures behind the charts, the same for the follower and the
marketer. Pure over the profile's state, the last acts and the account's kept quantiles."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.profile import features
from bot.profile.around import around
from bot.profile.fold import State, is_own_act, redeemed_of
from bot.store import followers, portrait, profiles, timeline
from bot.store import picture as store
from bot.store.picture import FREQUENCY, MONETARY, RECENCY, Act, Quantiles
from bot.values.audience import FollowerState
from bot.values.interest import DAY_MS, day_of
from bot.values.stage import NEW_DAYS, SLEEPING_DAYS, Stage, stage_of

MOST_ACTS = 2000
SHOWN_ACTS = 30
WEEKS = 26
_RETURNED = "refund"
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


@dataclass(frozen=True, slots=True)
class Past:
    """What of the path the own acts at hand do not tell. Instants are ms.

    returned          when an order was given back whole
    left              since when they do not follow; None: not known
    followed          whether they ever did
    orders, redeemed  so many before those acts
    first             the first act of all
    """

    returned: Sequence[int] = ()
    left: int | None = None
    followed: bool = True
    orders: int = 0
    redeemed: int = 0
    first: int | None = None


NO_PAST = Past()


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
        _past(person, state),
    )


def _past(person: FollowerState, state: State) -> Past:
    """One statement for who left, and one for whom an order was given back."""
    returned: list[int] = []
    if state.get("returned"):
        found, _ = timeline.page(person.id, timeline.Place(), MOST_ACTS, (_RETURNED,))
        returned = [one.at for one in found if one.facts.get("whole") is True]
    if person.subscribed:
        return Past(returned)
    came, left = portrait.since(person.id)
    followed = came is not None or left is not None
    return Past(returned, None if left is None else to_ms(left), followed)


def draw(
    follower_id: int,
    state: State,
    acts: Sequence[Act],
    quantiles: Mapping[str, Quantiles],
    beside: features.Around,
    now: datetime,
    past: Past = NO_PAST,
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
        stage_path(own, beside.subscribed, now, _before(past, state, acts)),
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


def _before(past: Past, state: State, acts: Sequence[Act]) -> Past:
    """With what the state counted and the acts do not show: they are the last ones, or are gone."""
    shown = Counter(act.kind for act in acts)
    returned = max(0, state.get("returned", 0) - len(past.returned))
    orders = state.get("orders", 0) - shown["order"] - returned
    redeemed = redeemed_of(state) - shown["coupon.redeemed"]
    return replace(past, orders=max(0, orders), redeemed=max(0, redeemed), first=state.get("first"))


def stage_path(
    own: Sequence[Act], subscribed: bool, now: datetime, past: Past = NO_PAST
) -> list[tuple[int, str]]:
    """The stages that the acts led through, and time alone between them."""
    now_ms = to_ms(now)
    path = _led(own, past, now_ms) if own else []
    if subscribed or (not path and past.left is None):
        return path
    unknown = path[0][0] if path and not past.followed else now_ms
    since = unknown if past.left is None else past.left
    return [*(step for step in path if step[0] < since), (since, Stage.GONE.value)]


def _led(own: Sequence[Act], past: Past, now_ms: int) -> list[tuple[int, str]]:
    """The stages of who follows. An order given back is none from then on, and no act of his."""
    path: list[tuple[int, str]] = []
    orders, redeemed = past.orders, past.redeemed
    back = [Act(_RETURNED, at) for at in past.returned if at <= now_ms]
    moved = sorted([*own, *back], key=lambda act: act.at)
    first, last = own[0].at if past.first is None else min(past.first, own[0].at), None
    for number, act in enumerate(moved):
        orders += (act.kind == "order") - (act.kind == _RETURNED)
        redeemed += act.kind == "coupon.redeemed"
        last = last if act.kind == _RETURNED else act.at
        if last is None:
            continue
        until = moved[number + 1].at if number + 1 < len(moved) else now_ms
        moments = [act.at, first + NEW_DAYS * DAY_MS + 1, last + SLEEPING_DAYS * DAY_MS + 1]
        for at in sorted(moment for moment in moments if act.at <= moment <= until):
            stage, _ = stage_of(True, max(0, orders), redeemed, first, last, at)
            _step(path, at, stage)
    return path


def _step(path: list[tuple[int, str]], at: int, stage: Stage) -> None:
    """Of two at one instant only the last was a stage at all."""
    if path and path[-1][0] == at:
        path.pop()
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
