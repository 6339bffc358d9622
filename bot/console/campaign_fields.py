"""A campaign's document as its form shows it: every field as the text that stands in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import MAX_VARIANTS
from bot.campaign.document.parts import Guardrails
from bot.console.shares import shares_of

SPARE = 2  # empty rows for further variants, where no script can add one


def shown(document: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """`document` may be one that was refused: nothing in it is certain."""
    return {
        **_who(document),
        **_what(document),
        **_when(_part(document, "schedule"), _part(document, "pace"), zone),
        **_rails(document),
        **_aims(document),
        "channels": "auto" if document.get("channels", "auto") == "auto" else "fixed",
        "channel": _words(document.get("channels")),
        "opportunist": bool(document.get("opportunist")),
        "approval": document.get("approval") or "",
        "holdout": _scaled(document.get("holdout", 0.05), 100),
        "budget": _scaled(document.get("budget_fen"), 0.01),
        "priority": _text(document.get("priority", 50)),
    }


def _who(document: Mapping[str, Any]) -> dict[str, Any]:
    chosen = _part(document, "audience")
    one = chosen.get("segment") or document.get("segment")
    return {
        "how": "all" if chosen.get("all") else "any",
        "any": _words(chosen.get("all") or chosen.get("any")) or ([one] if one else []),
        **{name: _words(chosen.get(name)) for name in ("also", "lists", "except")},
    }


def _what(document: Mapping[str, Any]) -> dict[str, Any]:
    match, offer = _part(document, "match"), document.get("offer")
    offers = {
        one["batch"]: _scaled(one.get("margin_fen"), 0.01)
        for one in match.get("offers") or ()
        if isinstance(one, Mapping) and one.get("batch")
    }
    variants = [one for one in document.get("variants") or () if isinstance(one, Mapping)]
    shares = shares_of([one.get("weight", 1) for one in variants])
    rows = [
        {"name": one.get("name", ""), "share": share, "text": one.get("text", "")}
        for one, share in zip(variants, shares, strict=True)
    ]
    blank = {"name": "", "share": "", "text": ""}
    content = document.get("content")
    return {
        "offer_mode": "match" if match else "one" if offer or not document else "none",
        "offer": offer or "",
        "match": offers,
        "match_minimum": _scaled(match.get("minimum_fen"), 0.01),
        "match_assumed": _scaled(match.get("assumed"), 100),
        "match_by": match.get("by") or "response",
        "match_leaver": _scaled(match.get("leaver_fen"), 0.01),
        "text_mode": "variants" if variants else "one",
        "variants": [*rows, *[blank] * min(SPARE, max(0, MAX_VARIANTS - len(rows)))],
        "content": [content] if isinstance(content, str) else _words(content),
    }


def _when(plan: Mapping[str, Any], pace: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "when": "cron" if plan.get("cron") else "once" if plan.get("at") else "hand",
        "at": _local(plan.get("at"), zone),
        "until": _local(plan.get("until"), zone),
        "best_hour": bool(plan.get("best_hour")),
        "cron": plan.get("cron") or "",
        "times": _text(plan.get("times")),
        "catch_up": plan.get("catch_up") or "one",
        "pace_rate": _text(pace.get("per_minute")),
        "pace_ramp": _text(pace.get("ramp_minutes")),
    }


def _rails(document: Mapping[str, Any]) -> dict[str, Any]:
    rails = {**Guardrails().document(), **_part(document, "guardrails")}
    rest, variety = _part(rails, "rest"), _part(rails, "variety")
    quiet = [*_words(rails.get("quiet_hours")), "", ""]
    return {
        **{name: _text(rails.get(name)) for name in ("per_day", "per_week", "per_month")},
        "quiet_from": quiet[0],
        "quiet_to": quiet[1],
        "rest_after": _text(rest.get("after_unanswered")),
        "rest_days": _text(rest.get("days")),
        "variety_days": _text(variety.get("same_topic_days")),
        "when_capped": rails.get("when_capped") or "skip",
        "yield_hours": _text(rails.get("yield_hours")),
    }


def _aims(document: Mapping[str, Any]) -> dict[str, Any]:
    goal, part = _part(document, "goal"), _part(document, "experiment")
    winner = _part(part, "winner")
    return {
        "goal_event": goal.get("event") or "",
        "goal_days": _text(goal.get("within_days")),
        "attribution_days": _text(document.get("attribution_days", 7)),
        "exp_key": part.get("key") or "",
        "exp_group": part.get("group") or "",
        "bandit": bool(part.get("bandit")),
        "winner_hours": _text(winner.get("after_hours")),
        "winner_metric": winner.get("metric") or "clicked",
    }


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _words(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _scaled(value: Any, by: float) -> str:
    """What is no number is shown as it was typed."""
    return f"{value * by:.10g}" if isinstance(value, int | float) else _text(value)


def _local(at: Any, zone: ZoneInfo) -> str:
    """An instant of a document for <input type=datetime-local>, by the account's clock."""
    try:
        found = datetime.fromisoformat(str(at or ""))
    except ValueError:
        return ""
    return f"{found.astimezone(zone) if found.tzinfo else found:%Y-%m-%dT%H:%M}"
