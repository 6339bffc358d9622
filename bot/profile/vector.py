"""The follower as a row of numbers, for models: each figure with its unit, all under a version.

A model that was learned from other columns, or from the same names with another meaning, would
answer nonsense without a word: what is stored names FEATURES_VERSION, and `fits` refuses the rest.
docs/reference/features.md lists the columns; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import log1p
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.profile import moods, social
from bot.profile.cycle import cycle
from bot.profile.fold import orders_of, spent_of
from bot.profile.parts import State
from bot.values.facts import FAMILIES
from bot.values.interest import DAY_MS, level, score

FEATURES_VERSION = 3  # up by one whenever a column comes, goes, moves or means something else
NEVER_DAYS = 3650.0


class Feature(NamedTuple):
    """A column. `log` in a name: natural logarithm of 1 + the figure."""

    name: str
    unit: str
    doc: str


COLUMNS = (
    Feature("recency_days", "days", "since the last own act; 3650 where there is none"),
    Feature("tenure_days", "days", "since the first own act; 3650 where there is none"),
    Feature("messages_log", "log count", "messages sent to us"),
    Feature("menu_log", "log count", "taps on the menu"),
    Feature("clicks_log", "log count", "taps on tracked links"),
    Feature("orders_log", "log count", "orders not given back whole"),
    Feature("spent_yuan_log", "log yuan", "paid and not paid back"),
    Feature("coupons_issued_log", "log count", "coupons given to them"),
    Feature("claim_rate", "0..1", "claimed of issued coupons; 0 where none was issued"),
    Feature("redeem_rate", "0..1", "redeemed of issued coupons; 0 where none was issued"),
    Feature("interest_top", "0..1", "score of the strongest topic"),
    Feature("interest_topics", "count", "topics that score at least 0.3"),
    Feature("evening_share", "0..1", "own acts from 18:00 to 24:00 in Shanghai"),
    Feature("weekend_share", "0..1", "own acts on Saturday and Sunday"),
    Feature("opted_out", "0 or 1", "refused marketing"),
    Feature("views_log", "log count", "articles, pages, products, videos and lives looked at"),
    Feature("cart_log", "log count", "things put into the cart"),
    Feature("cycle_days", "days", "median gap between purchase days; 0 below three of them"),
    Feature("overdue_days", "days", "beyond the expected next purchase; 0 where none is expected"),
    Feature("sentiment", "-1..1", "mean of the last 29 to 35 days; 0 where nothing was felt"),
    Feature("moments_log", "log count", "posts in their moments about us"),
    Feature("comments_log", "log count", "comments"),
    Feature("shares_log", "log count", "things passed on"),
    Feature("groups", "count", "customer groups they are in"),
    Feature("friends_log", "log count", "friends, as last reported"),
    Feature("friends_top_share", "0..1", "friends who shared the topic that most of them share"),
    Feature("judged_log", "log count", "messages of campaigns whose window is over"),
    Feature("ignored_share", "0..1", "of these, those not answered by any act; 0 without any"),
)
FEATURES = tuple(column.name for column in COLUMNS)
_VIEWS = ("article.view", "page.view", "product.view", "video.view", "live.view")


def fits(held: Mapping[str, Any]) -> bool:
    """Whether what is stored {version, features} was made of these very columns."""
    return held.get("version") == FEATURES_VERSION and held.get("features") == list(FEATURES)


def vector(state: State, now: datetime) -> list[float]:
    """The follower in FEATURES order."""
    now_ms = to_ms(now)
    return [
        *_acts(state, now_ms),
        *_likes(state, now_ms),
        *_buys(state, now_ms),
        *_people(state),
        *_answers(state),
    ]


def named_vector(state: State, now: datetime) -> dict[str, Any]:
    """The same with version, names and units, for people and for other programs."""
    row = vector(state, now)
    return {
        "version": FEATURES_VERSION,
        "features": {
            column.name: {"value": value, "unit": column.unit}
            for column, value in zip(COLUMNS, row, strict=True)
        },
    }


def _acts(state: State, now_ms: int) -> list[float]:
    kinds, coupons = state.get("kinds", {}), state.get("coupons", {})
    issued = coupons.get("issued", 0)
    return [
        _days_since(state.get("last"), now_ms),
        _days_since(state.get("first"), now_ms),
        log1p(_many(kinds, FAMILIES["message.*"])),
        log1p(_many(kinds, FAMILIES["menu.*"])),
        log1p(kinds.get("click", 0)),
        log1p(orders_of(state)),
        log1p(spent_of(state) / 100),
        log1p(issued),
        min(1.0, coupons.get("claimed", 0) / issued) if issued else 0.0,
        min(1.0, coupons.get("redeemed", 0) / issued) if issued else 0.0,
    ]


def _likes(state: State, now_ms: int) -> list[float]:
    held = [level(days) for days in state.get("topics", {}).values()]
    scores = [score(one, now_ms) for one in held if one is not None]
    hours, days = state.get("hours", [0] * 24), state.get("days", [0] * 7)
    acts = max(1, sum(hours))
    return [
        max(scores, default=0.0),
        float(sum(one >= 0.3 for one in scores)),
        sum(hours[18:]) / acts,
        sum(days[5:]) / acts,
        float(bool(state.get("opt", [False])[0])),
    ]


def _buys(state: State, now_ms: int) -> list[float]:
    kinds, habit = state.get("kinds", {}), cycle(state, now_ms)
    return [
        log1p(_many(kinds, _VIEWS)),
        log1p(kinds.get("cart.add", 0)),
        habit.every if habit else 0.0,
        float(habit.overdue_days) if habit else 0.0,
        moods.recent_mean(state, now_ms) or 0.0,
    ]


def _people(state: State) -> list[float]:
    kinds = state.get("kinds", {})
    friends, shared = social.friends_of(state)
    return [
        log1p(kinds.get("moment", 0)),
        log1p(kinds.get("comment", 0)),
        log1p(kinds.get("share", 0)),
        float(social.groups_in(state)),
        log1p(friends),
        max(shared.values(), default=0) / friends if friends else 0.0,
    ]


def _answers(state: State) -> list[float]:
    kinds = state.get("kinds", {})
    ignored = kinds.get("campaign.ignored", 0)
    judged = ignored + kinds.get("campaign.answered", 0)
    return [log1p(judged), ignored / judged if judged else 0.0]


def _many(kinds: Mapping[str, int], wanted: tuple[str, ...]) -> int:
    return sum(kinds.get(kind, 0) for kind in wanted)


def _days_since(at: int | None, now_ms: int) -> float:
    return NEVER_DAYS if at is None else max(0.0, (now_ms - at) / DAY_MS)
