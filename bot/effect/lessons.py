"""Three next steps after a run, by rules: each says when it holds and with which figures. Pure.

The rules stand in the order of what would do most harm if it were overlooked; the first three that
hold are told. The last ones hold nearly always, so there are three after any run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

MOST = 3
_MANY_SKIPPED = 0.2
_MANY_FAILED = 0.02
_MANY_UNKNOWN = 0.01
_MANY_MACHINES = 0.3
_FEW_OPEN, _FEW_USE = 0.02, 0.1
_TELLS = 200  # people, from whom on a low rate says something

Document = Mapping[str, Any]


class Lesson(NamedTuple):
    """`rule`: the key of its words effect.next.<rule>; `values` what they name."""

    rule: str
    values: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, **self.values}


def lessons(document: Document) -> list[Lesson]:
    """Of the document of a post-mortem."""
    found = [
        Lesson(name, values) for name, rule in _RULES if (values := rule(document)) is not None
    ]
    return found[:MOST]


def _unfollows(document: Document) -> dict[str, Any] | None:
    """More leave, unsubscribe or complain than among the held out, or leave than did before:
    proven, not by chance."""
    for kind, one in document["increment"]["left"].items():
        _, low, _ = one["difference"]
        if one["enough"] and low is not None and low > 0:
            extra = round(one["difference"][0] * document["increment"]["people"][0])
            return {"kind": kind, "extra": max(1, extra)}
    base = document["base"]
    if base and base["more"]:
        return {"kind": "unsubscribe", "extra": max(1, round(base["left"] - base["expected"]))}
    return None


def _no_gain(document: Document) -> dict[str, Any] | None:
    """It did harm, or nothing worth its cost, as far as the held out show."""
    more = document["increment"]
    high = more["difference"][2]
    none = more["enough"] and high is not None and high <= 0
    return {} if none and not more.get("goal") else None


def _goal_no_gain(document: Document) -> dict[str, Any] | None:
    """The same of a run with a goal of its own, which it is judged by."""
    goal = document["increment"].get("goal")
    if not goal or not goal["enough"]:
        return None
    high = goal["difference"][2]
    return {"goal": goal["event"]} if high is not None and high <= 0 else None


def _unknown(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    tried = total["sent"] + total["unknown"] + total["failed"]
    return _share(total["unknown"], tried, _MANY_UNKNOWN)


def _failed(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    found = _share(total["failed"], total["sent"] + total["failed"], _MANY_FAILED)
    codes = document["failed"]
    return None if found is None or not codes else {**found, "code": codes[0]["why"]}


def _skipped(document: Document) -> dict[str, Any] | None:
    """The reason that kept most from it, and what can be done about it."""
    skips = document["skips"]
    if not skips:
        return None
    found = _share(skips[0]["people"], document["total"]["intended"], _MANY_SKIPPED)
    return None if found is None else {**found, "reason": skips[0]["reason"]}


def _loss(document: Document) -> dict[str, Any] | None:
    profit = document["total"]["profit_fen"]
    return {"fen": -profit} if profit < 0 else None


def _winner(document: Document) -> dict[str, Any] | None:
    best = document["variants"]
    return {"best": best["best"]} if best and best["sure"] else None


def _few_open(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    few = total["sent"] >= _TELLS and total["clicked"] / total["sent"] < _FEW_OPEN
    return _percent(total["clicked"], total["sent"]) if few and document["linked"] else None


def _few_use(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    few = total["claimed"] >= 20 and total["redeemed"] / total["claimed"] < _FEW_USE
    return _percent(total["redeemed"], total["claimed"]) if few else None


def _machines(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    return _share(total["every"] - total["taps"], total["every"], _MANY_MACHINES)


def _gain(document: Document) -> dict[str, Any] | None:
    more = document["increment"]
    low = more["difference"][1]
    if not more["enough"] or low is None or low <= 0 or more.get("goal"):
        return None
    return {"extra": round(more["extra_buyers"][0])}


def _goal_gain(document: Document) -> dict[str, Any] | None:
    goal = document["increment"].get("goal")
    if not goal or not goal["enough"] or (goal["difference"][1] or 0) <= 0:
        return None
    return {"extra": round(goal["extra"][0]), "goal": goal["event"]}


def _follow_up(document: Document) -> dict[str, Any] | None:
    total = document["total"]
    left = total["clicked"] - min(total["buyers"], total["clicked"])
    return {"people": left} if left >= 10 else None


def _hold_out(document: Document) -> dict[str, Any] | None:
    return {} if not document["increment"]["people"][1] else None


def _more_people(document: Document) -> dict[str, Any] | None:
    more = document["increment"].get("goal") or document["increment"]
    return {"people": more["people"][1]} if more["people"][1] and not more["enough"] else None


def _try_two(document: Document) -> dict[str, Any] | None:
    return {} if not document["variants"] else None


def _undecided(document: Document) -> dict[str, Any] | None:
    best = document["variants"]
    return {"best": best["best"], "worst": best["worst"]} if best and not best["sure"] else None


def _always(document: Document) -> dict[str, Any] | None:
    return {}


def _share(part: int, whole: int, above: float) -> dict[str, Any] | None:
    return _percent(part, whole) if whole and part / whole > above else None


def _percent(part: int, whole: int) -> dict[str, Any]:
    return {"people": part, "percent": round(100 * part / whole, 1)}


_RULES: tuple[tuple[str, Callable[[Document], dict[str, Any] | None]], ...] = (
    ("unfollows", _unfollows),
    ("no_gain", _no_gain),
    ("goal_no_gain", _goal_no_gain),
    ("unknown", _unknown),
    ("failed", _failed),
    ("skipped", _skipped),
    ("loss", _loss),
    ("winner", _winner),
    ("few_open", _few_open),
    ("few_use", _few_use),
    ("machines", _machines),
    ("gain", _gain),
    ("goal_gain", _goal_gain),
    ("follow_up", _follow_up),
    ("hold_out", _hold_out),
    ("more_people", _more_people),
    ("try_two", _try_two),
    ("undecided", _undecided),
    ("margin", _always),
    ("keep", _always),
    ("hour", _always),
)
RULES = tuple(name for name, _ in _RULES)
