"""Numbers about a follower, from his profile: what is shown, explained, ranked and learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.profile import moods, rhythm, social
from bot.profile.cycle import cycle
from bot.profile.fatigue import fatigue
from bot.profile.fold import State, orders_of, redeemed_of, spent_of
from bot.profile.rhythm import NO_HOUSE, House
from bot.profile.vector import FEATURES, FEATURES_VERSION, vector
from bot.segment.rules import BUILT_IN
from bot.store.profiles import Projection
from bot.values.facts import FAMILIES
from bot.values.interest import DAY_MS, day_of, level, score, weight
from bot.values.stage import Stage, stage_of

__all__ = ["FEATURES", "FEATURES_VERSION", "Around", "explain", "projection", "vector"]

_RECENCY_DAYS = (7, 30, 90, 180)  # one of five points is lost at each
_FREQUENCY = (1, 2, 4, 8)  # one point is won at each
_MONETARY_FEN = (1, 5_000, 20_000, 100_000)


def projection(state: State, before: tuple[State, Projection] | None = None) -> Projection:
    """What the store's tables show of a state.

    before  an earlier state with its projection, whose untouched parts are taken over
    """
    held, shown_before = before or ({}, Projection())
    kinds = state.get("kinds", {})
    return Projection(
        first_seen=state.get("first"),
        last_seen=state.get("last"),
        messages=sum(kinds.get(kind, 0) for kind in FAMILIES["message.*"]),
        orders=orders_of(state),
        redeemed=redeemed_of(state),
        spent_fen=spent_of(state),
        attributes=(
            shown_before.attributes
            if state.get("attrs") == held.get("attrs")
            else _attributes(state.get("attrs", {}))
        ),
        tags=_tags(state.get("tags", {})),
        interests=_interests(state, held, shown_before.interests),
    )


def _tags(tags: State) -> dict[str, tuple[str, int, int | None]]:
    """Those that are on, also where they have ended by now: who reads them looks at the end."""
    return {
        tag: (row[3], row[1], row[4] if len(row) > 4 else None)
        for tag, row in tags.items()
        if row[0]
    }


def _attributes(attrs: State) -> dict[str, tuple[str, float | None]]:
    return {
        name: seen
        for name, (value, _, _) in attrs.items()
        if name not in BUILT_IN and (seen := shown(value)) is not None
    }


def _interests(state: State, held: State, before: dict[str, float]) -> dict[str, float]:
    """Levels by topic; equal days have equal levels, so only the others are reckoned."""
    same = held.get("topics", {})
    found = {
        topic: before.get(topic) if same.get(topic) == days else level(days)
        for topic, days in state.get("topics", {}).items()
    }
    return {topic: strength for topic, strength in found.items() if strength is not None}


def shown(value: Any) -> tuple[str, float | None] | None:
    """An attribute as rules read it: text, and a number where it is or looks like one."""
    if value is None:
        return None
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, str):
        return value, _number(value)
    whole = int(value) if value == int(value) else value
    return str(whole), float(value)


def _number(text: str) -> float | None:
    """A plain decimal number of at most 15 digits; not "1e5", "nan", "٣" or a telephone number."""
    digits = text[1:] if text.startswith("-") else text
    whole, _, rest = digits.partition(".")
    plain = (whole + rest).isascii() and whole.isdigit() and (rest.isdigit() or digits == whole)
    leading_zero = len(whole) > 1 and whole[0] == "0"
    return float(text) if plain and len(whole + rest) <= 15 and not leading_zero else None


def stage(state: State, subscribed: bool, now: datetime) -> Stage:
    """The lifecycle stage now; what each means stands in bot.values.stage."""
    return stage_of(
        subscribed,
        orders_of(state),
        redeemed_of(state),
        state.get("first"),
        state.get("last"),
        to_ms(now),
    )[0]


def interest_scores(state: State, now: datetime) -> dict[str, float]:
    """Topic -> score in 0..1, strongest first."""
    scores = {topic: score(held, to_ms(now)) for topic, held in projection(state).interests.items()}
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class Rfm:
    """Recency, frequency and money, each also as 1 (worst) to 5 (best) points."""

    recency_days: float | None
    frequency: int
    monetary_fen: int
    points: tuple[int, int, int]


def rfm(state: State, now: datetime) -> Rfm:
    """Frequency counts orders, or redeemed coupons where those are more; recency any own act."""
    last = state.get("last")
    days = None if last is None else max(0.0, (to_ms(now) - last) / DAY_MS)
    times = max(orders_of(state), redeemed_of(state))
    spent = spent_of(state)
    recency = 1 if days is None else 5 - sum(days > edge for edge in _RECENCY_DAYS)
    points = (recency, _points(times, _FREQUENCY), _points(spent, _MONETARY_FEN))
    return Rfm(days, times, spent, points)


def _points(value: int, edges: tuple[int, ...]) -> int:
    return 1 + sum(value >= edge for edge in edges)


def best_hour(state: State) -> int | None:
    """The Shanghai hour with most own acts, the earliest of equals; None before any."""
    hours = state.get("hours")
    return hours.index(max(hours)) if hours else None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands beside the log: bot.profile.around reads it.

    house  the account's habit of hours
    sent   ms of the marketing that reached him in the last 30 days; None: not looked up
    """

    subscribed: bool = True
    house: House = NO_HOUSE
    sent: Sequence[int] | None = None


ALONE = Around()


def explain(state: State, now: datetime, around: Around = ALONE) -> dict[str, Any]:
    """What is held of a follower and whence, in plain JSON, for him and for `profiles show`.

    None stands where there is too little to say (cycle, sentiment, best_hours, social), or where
    `around` was not looked up (fatigue).
    """
    now_ms, view, value = to_ms(now), projection(state), rfm(state, now)
    return {
        "first_seen": _iso(view.first_seen),
        "last_seen": _iso(view.last_seen),
        "last_inbound": _iso(state.get("inbound")),
        "counts": dict(sorted(state.get("kinds", {}).items())),
        "best_hour": best_hour(state),
        "hours": state.get("hours", [0] * 24),
        "weekdays": state.get("days", [0] * 7),
        "interests": [
            _interest(topic, state["topics"][topic], now_ms)
            for topic in interest_scores(state, now)
        ],
        "attributes": {
            name: {"value": held, "since": _iso(at)}
            for name, (held, at, _) in sorted(state.get("attrs", {}).items())
            if held is not None
        },
        "tags": {
            tag: {"source": source, "since": _iso(at), "until": _iso(until)}
            for tag, (source, at, until) in sorted(view.tags.items())
            if until is None or until > now_ms
        },
        "orders": {"count": view.orders, "spent_fen": view.spent_fen, "last": _last_order(state)},
        "coupons": {
            **{word: state.get("coupons", {}).get(word, 0) for word in ("issued", "claimed")},
            "redeemed": redeemed_of(state),
        },
        "opted_out": bool(state.get("opt", [False])[0]),
        "rfm": {"points": list(value.points), "recency_days": value.recency_days},
        **_reckoned(state, now, around),
    }


def _reckoned(state: State, now: datetime, around: Around) -> dict[str, Any]:
    """What the parts come to at this moment."""
    now_ms = to_ms(now)
    habit = cycle(state, now_ms)
    worn = None if around.sent is None else fatigue(state, around.sent, now_ms)
    return {
        "stage": stage(state, around.subscribed, now).value,
        "cycle": None if habit is None else habit.to_json(),
        "sentiment": moods.trend(state, now_ms),
        "best_hours": rhythm.best_hours(state, around.house),
        "fatigue": None if worn is None else worn.to_json(),
        "social": social.social(state),
        "features_version": FEATURES_VERSION,
    }


def _interest(topic: str, days: dict[str, int], now_ms: int) -> dict[str, Any]:
    """A topic's score, and the days whose mentions make it."""
    held = level(days) or 0.0
    last = max(int(day) for day in days)
    return {
        "topic": topic,
        "score": round(score(held, now_ms), 3),
        "weight": round(weight(held, now_ms), 3),
        "days": len(days),
        "mentioned": sum(days.values()) / 100,
        "last_days_ago": day_of(now_ms) - last,
    }


def _last_order(state: State) -> dict[str, Any] | None:
    if "order" not in state:
        return None
    at, _, fen = state["order"]
    return {"at": _iso(at), "amount_fen": fen}


def _iso(ms: int | None) -> str | None:
    return None if ms is None else from_ms(ms).isoformat(timespec="seconds")
