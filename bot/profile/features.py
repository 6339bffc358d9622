"""Numbers about a follower, from his profile: what is shown, explained, ranked and learned from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import log1p
from typing import Any

from bot.clock import from_ms, to_ms
from bot.profile.fold import State, orders_of, spent_of
from bot.segment.rules import BUILT_IN
from bot.store.profiles import Projection
from bot.values.facts import FAMILIES
from bot.values.interest import DAY_MS, day_of, level, score, weight
from bot.values.stage import Stage, stage_of

FEATURES = (
    "recency_days",  # since the last own act; 3650 where there is none
    "tenure_days",  # since the first own act
    "messages_log",  # natural logarithm of 1 + count, as all "_log"
    "menu_log",
    "clicks_log",
    "orders_log",
    "spent_yuan_log",
    "coupons_issued_log",
    "claim_rate",  # claimed of issued coupons, 0 where none was issued
    "redeem_rate",  # redeemed of issued coupons
    "interest_top",  # score of the strongest topic
    "interest_topics",  # topics that score at least 0.3
    "evening_share",  # own acts from 18:00 to 24:00
    "weekend_share",  # own acts on Saturday and Sunday
    "opted_out",
)
_NEVER_DAYS = 3650.0
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
        redeemed=state.get("coupons", {}).get("redeemed", 0),
        spent_fen=spent_of(state),
        attributes=(
            shown_before.attributes
            if state.get("attrs") == held.get("attrs")
            else _attributes(state.get("attrs", {}))
        ),
        tags={
            tag: (source, at) for tag, (on, at, _, source) in state.get("tags", {}).items() if on
        },
        interests=_interests(state, held, shown_before.interests),
    )


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
        state.get("coupons", {}).get("redeemed", 0),
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
    times = max(orders_of(state), state.get("coupons", {}).get("redeemed", 0))
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


def vector(state: State, now: datetime) -> list[float]:
    """The follower in FEATURES order, for the models."""
    now_ms, kinds, coupons = to_ms(now), state.get("kinds", {}), state.get("coupons", {})
    issued = coupons.get("issued", 0)
    scores = list(interest_scores(state, now).values())
    hours, days = state.get("hours", [0] * 24), state.get("days", [0] * 7)
    acts = max(1, sum(hours))
    return [
        _days_since(state.get("last"), now_ms),
        _days_since(state.get("first"), now_ms),
        log1p(sum(kinds.get(kind, 0) for kind in FAMILIES["message.*"])),
        log1p(sum(kinds.get(kind, 0) for kind in FAMILIES["menu.*"])),
        log1p(kinds.get("click", 0)),
        log1p(orders_of(state)),
        log1p(spent_of(state) / 100),
        log1p(issued),
        min(1.0, coupons.get("claimed", 0) / issued) if issued else 0.0,
        min(1.0, coupons.get("redeemed", 0) / issued) if issued else 0.0,
        scores[0] if scores else 0.0,
        float(sum(one >= 0.3 for one in scores)),
        sum(hours[18:]) / acts,
        sum(days[5:]) / acts,
        float(bool(state.get("opt", [False])[0])),
    ]


def _days_since(at: int | None, now_ms: int) -> float:
    return _NEVER_DAYS if at is None else max(0.0, (now_ms - at) / DAY_MS)


def explain(state: State, now: datetime) -> dict[str, Any]:
    """What is held of a follower and whence, in plain JSON, for him and for `profiles show`."""
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
            tag: {"source": source, "since": _iso(at)}
            for tag, (source, at) in sorted(view.tags.items())
        },
        "orders": {"count": view.orders, "spent_fen": view.spent_fen, "last": _last_order(state)},
        "coupons": {
            word: state.get("coupons", {}).get(word, 0)
            for word in ("issued", "claimed", "redeemed")
        },
        "opted_out": bool(state.get("opt", [False])[0]),
        "rfm": {"points": list(value.points), "recency_days": value.recency_days},
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
