"""A campaign's form into its document. Pure.

What the form has no field for (notices, a goal's facts, a zone) stays as it was. A number that is
none stays the text that was typed, so that the form comes back with it; `must_be_numbers` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.console.shares import adds_up, total, weights_of

Document = dict[str, Any]
Given = MultiDict[str, str]
# Form field -> what a person calls it (key of its words).
NUMBERS = {
    "holdout": "con.form.holdout", "budget": "con.form.budget", "priority": "con.form.priority",
    "attribution_days": "con.form.attribution", "goal_days": "con.form.goal_days",
    "per_day": "con.form.per_day", "per_week": "con.form.per_week",
    "per_month": "con.form.per_month", "rest_after": "con.form.rest_after",
    "rest_days": "con.form.rest_days", "variety_days": "con.form.variety",
    "yield_hours": "con.form.yield_hours", "pace_rate": "con.form.pace_rate",
    "pace_ramp": "con.form.pace_ramp", "times": "con.form.times",
    "winner_hours": "con.form.winner_hours", "match_minimum": "con.form.match_minimum",
    "match_assumed": "con.form.match_assumed", "match_leaver": "con.form.match_leaver",
}  # fmt: skip


def not_numbers(given: Given) -> Iterator[str]:
    """Fields that want a number and have something else."""
    rows = [name for name in given if name.startswith("margin-")]
    for name in (*NUMBERS, *rows):
        text = given.get(name, "").strip()
        if text and isinstance(_number(text), str):
            yield name


def untrue_shares(given: Given) -> str | None:
    """What the variants' shares add up to where that is no whole; None where it is."""
    if given.get("text_mode") != "variants":
        return None
    shares = [row[1] for row in _rows(given)]
    return None if adds_up(shares) else total(shares)


def document_of(given: Given, before: Mapping[str, Any]) -> Document:
    """The document that the form says, over what was there before; it is still to be checked."""
    found = {name: value for name, value in before.items() if name not in ("segment", "audience")}
    found |= {
        "slug": before.get("slug") or given.get("slug", "").strip(),
        "name": given.get("name", "").strip(),
        "purpose": given.get("purpose", "marketing"),
        "audience": _audience(given),
        "url": given.get("url", "").strip(),
        "holdout": _scaled(given.get("holdout", ""), 0.01),
        "priority": _number(given.get("priority", "")),
        "budget_fen": _fen(given.get("budget", "")),
    }
    for part in _PARTS:
        part(found, given, before)
    return found


def _audience(given: Given) -> Document:
    how = "all" if given.get("how") == "all" else "any"
    parts = {how: "any", "also": "also", "lists": "lists", "except": "except"}
    found = {name: given.getlist(field) for name, field in parts.items()}
    kept = {name: slugs for name, slugs in found.items() if slugs}
    return kept or {"any": []}


def _offer(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    mode = given.get("offer_mode", "one")
    found["offer"] = given.get("offer", "") if mode == "one" else ""
    if "offer_mode" in given:
        found.pop("match", None)
    if mode != "match":
        return
    found["match"] = {
        **(before.get("match") or {}),
        "offers": [
            {"batch": slug, "margin_fen": _fen(given.get(f"margin-{slug}", ""))}
            for slug in given.getlist("match")
        ],
        "minimum_fen": _fen(given.get("match_minimum", "")) or 0,
        "by": given.get("match_by", "response"),
        "leaver_fen": _fen(given.get("match_leaver", "")) or 0,
    }
    if given.get("match_assumed", "").strip():
        found["match"]["assumed"] = _scaled(given["match_assumed"], 0.01)


def _texts(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    mode = given.get("text_mode", "variants" if before.get("variants") else "one")
    if mode == "one":
        found["text"] = _lines(given.get("text", ""))
        found["variants"] = []
        found.pop("experiment", None)
    elif "v_name" in given:
        found["text"] = ""
        found["variants"] = list(_variants(given, before))


def _variants(given: Given, before: Mapping[str, Any]) -> Iterator[Document]:
    """A variant keeps what it had that the form has no field for, found by its name."""
    rows = _rows(given)
    old = {one.get("name"): one for one in before.get("variants") or () if isinstance(one, Mapping)}
    held = [old.get(name, {}) for name, _, _ in rows]
    same = len(old) == len(rows) and all(held)
    weights = weights_of(
        [share for _, share, _ in rows], [one.get("weight", 1) for one in held] if same else ()
    )
    for (name, _, text), weight, one in zip(rows, weights, held, strict=True):
        yield {**one, "name": name, "weight": weight, "text": text}


def _rows(given: Given) -> list[tuple[str, str, str]]:
    """(name, share, text) of each variant; an empty row is none."""
    parts = (given.getlist(f"v_{part}") for part in ("name", "share", "text"))
    rows = [(name.strip(), share.strip(), _lines(text))
            for name, share, text in zip(*parts, strict=False)]  # fmt: skip
    return [row for row in rows if row[0] or row[2].strip()]


def _experiment(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    if "exp_key" not in given or given.get("text_mode") == "one":
        return
    key = given["exp_key"].strip()
    found["experiment"] = None
    if key:
        hours = given.get("winner_hours", "").strip()
        winner = {"after_hours": _number(hours), "metric": given.get("winner_metric", "clicked")}
        found["experiment"] = {
            **(before.get("experiment") or {}),
            "key": key,
            "group": given.get("exp_group", "").strip(),
            "bandit": "bandit" in given,
            "winner": winner if hours else None,
        }


def _content(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    found.pop("content", None)
    if chosen := given.getlist("content"):
        found["content"] = chosen


def _channels(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    if given.get("channels") == "auto":
        found["channels"] = "auto"
        return
    named = before.get("channels")
    kept = named if isinstance(named, list) and named else ["customer_service"]
    found["channels"] = given.getlist("channel") or kept


def _schedule(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    plan = {**(before.get("schedule") or {})}
    plan |= {
        "at": given.get("at") or None,
        "until": given.get("until") or None,
        "best_hour": given.get("best_hour") == "1",
    }
    when = given.get("when", "")
    if when == "cron":
        times = given.get("times", "").strip()
        plan |= {
            "cron": given.get("cron", "").strip() or None,
            "times": _number(times) if times else None,
            "catch_up": given.get("catch_up", "one"),
        }
    elif when:
        plan |= {"cron": None, "zone": None, "times": None, "catch_up": None}
    if when == "hand":
        plan["at"] = None
    found["schedule"] = plan
    if "pace_rate" in given:
        rate = given["pace_rate"].strip()
        ramp = _number(given.get("pace_ramp", "").strip() or "0")
        pace = {"per_minute": _number(rate) if rate else None, "ramp_minutes": ramp}
        found["pace"] = pace if rate or ramp else None
        found["opportunist"] = "opportunist" in given


def _guardrails(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    if "per_day" not in given:
        return

    def whole(name: str) -> Any:
        text = given.get(name, "").strip()
        return _number(text) if text else None

    quiet = [given.get(name, "").strip() for name in ("quiet_from", "quiet_to")]
    rest = {"after_unanswered": whole("rest_after"), "days": whole("rest_days")}
    days = whole("variety_days")
    found["guardrails"] = {
        **(before.get("guardrails") or {}),
        **{name: whole(name) for name in ("per_day", "per_week", "per_month")},
        "quiet_hours": quiet if any(quiet) else None,
        "rest": {name: one for name, one in rest.items() if one is not None} or None,
        "variety": None if days is None else {"same_topic_days": days},
        "when_capped": given.get("when_capped", "skip"),
        "yield_hours": whole("yield_hours") or 0,
    }


def _goal(found: Document, given: Given, before: Mapping[str, Any]) -> None:
    if "goal_event" in given:
        event, days = given["goal_event"].strip(), given.get("goal_days", "").strip()
        old = {name: value for name, value in (before.get("goal") or {}).items() if value}
        goal = {**old, "event": event, "within_days": _number(days) if days else None}
        found["goal"] = goal if event else None
    if text := given.get("attribution_days", "").strip():
        found["attribution_days"] = _number(text)
    if "approval" in given:
        found["approval"] = given["approval"] or None


_PARTS: tuple[Callable[[Document, Given, Mapping[str, Any]], None], ...] = (
    _offer, _texts, _experiment, _content, _channels, _schedule, _guardrails, _goal,
)  # fmt: skip


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _number(text: str) -> int | float | str:
    """What is no number stays, to be refused where it is read."""
    try:
        found = float(text)
    except ValueError:
        return text.strip()
    if not isfinite(found):
        return text.strip()
    return int(found) if found == int(found) else found


def _scaled(text: str, by: float) -> float | str:
    found = _number(text)
    return found if isinstance(found, str) else round(found * by, 6)


def _fen(text: str) -> int | str | None:
    """Yuan as fen; None where nothing is written."""
    if not text.strip():
        return None
    found = _number(text)
    return found if isinstance(found, str) else round(100 * found)
