"""The figures that head a report: of its days, beside those of as many days before."""

from __future__ import annotations

from bot.console import reports as use
from bot.console.reports import Span
from bot.console.sections import Key
from bot.console.shell import Words

_SUMMED = {"users": ("follows", "unfollows", "net"), "messages": ("messages", "sent", "clicks")}


def keys(kind: str, span: Span, say: Words) -> list[Key]:
    """None for a report that has no sums."""
    if kind not in _SUMMED:
        return []
    here, before = use.own_days(span), use.own_days(span.before)
    pairs: list[tuple[str, float | None, float | None]] = [
        (name, sum(getattr(day, name) for day in here), sum(getattr(day, name) for day in before))
        for name in _SUMMED[kind]
    ]
    if kind == "users":
        there = [use.following_on(one)[-1][1] for one in (span, span.before)]
        pairs.append(("following", there[0], there[1]))
    else:
        pairs.insert(1, ("per_sender", use.per_sender(here), use.per_sender(before)))
    return [_key(*pair, say) for pair in pairs]


def _key(name: str, now: float | None, before: float | None, say: Words) -> Key:
    said, way = ("–", "flat") if now is None or before is None else change(now, before)
    return Key(say(f"con.key.{name}"), _figure(now), _figure(before), said, way)


def change(now: float, before: float) -> tuple[str, str]:
    """In per cent and which way; "–" where there was nothing to compare with."""
    way = "up" if now > before else "down" if now < before else "flat"
    return (f"{(now - before) / abs(before):+.1%}" if before else "–"), way


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
