"""The reports by name: the sections of each, for its page, its files and its mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.console import figures, funnels, ranking
from bot.console import reports as use
from bot.console.reports import Span
from bot.console.sections import Section, over_days
from bot.console.sheets import Sheet
from bot.console.shell import Words

Make = Callable[[Span, Words, Mapping[str, str]], list[Section]]
_DRAWN = {
    "users": ("follows", "unfollows", "net"),
    "messages": ("messages", "senders", "sent"),
}


def _users(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    main = _daily("users", use.users(span, say), span, say, given)
    note = " ".join(one for one in (main.note, use.following_note(span, say)) if one)
    counting = use.is_counting(span)
    return [replace(main, note=note, counting=counting), use.user_sources(span, say)]


def _messages(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    main = _daily("messages", use.messages(span, say), span, say, given)
    return [main, *figures.talk(span, say)]


def _daily(kind: str, sheet: Sheet, span: Span, say: Words, given: Mapping[str, str]) -> Section:
    """Our own days with their lines; with ?compare= the first of the days before, too."""
    days = use.own_days(span)
    series = {say(f"con.key.{name}"): [getattr(day, name) for day in days] for name in _DRAWN[kind]}
    if given.get("compare"):
        name = _DRAWN[kind][0]
        before = [getattr(day, name) for day in use.own_days(span.before)]
        series[say("con.report.before", name=say(f"con.key.{name}"))] = before
    chart = over_days([day.day for day in days], series)
    counting = any(day.counting for day in days)
    note = say("con.counting.today") if counting else ""
    return Section("", say(f"con.report.{kind}"), sheet, chart, note=note, counting=counting)


def _menu(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    return figures.menu(span, say)


def _interface(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    sheet = use.interface(span, say)
    rows = list(sheet.rows)
    named = {"average_ms": 4, "own_mean_ms": 9, "most_ms": 5, "own_most_ms": 10}
    series = {
        say(f"con.report.head.{name}"): [_number(row[at]) for row in reversed(rows)]
        for name, at in named.items()
    }
    chart = over_days([str(row[0]) for row in reversed(rows)], series)
    return [Section("", say("con.report.interface"), Sheet(sheet.heads, rows), chart)]


def _number(cell: str | int | float | None) -> float:
    return cell if isinstance(cell, int | float) else 0


def _retention(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    by = given.get("by", "")
    return figures.retention(span, say, by if by in figures.BY else figures.BY[0])


def _funnel(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    """Raises NotFound and InvalidInput. `people`: where lists of people are."""
    return funnels.sections(span, funnels.asked_of(given), say, given.get("people", ""))


def _sources(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    return [use.follow_sources(span, say)]


def _campaigns(span: Span, say: Words, given: Mapping[str, str]) -> list[Section]:
    return [ranking.ranked_runs(span, say, given.get("sort", ""))]


KINDS: dict[str, Make] = {
    "users": _users,
    "messages": _messages,
    "menu": _menu,
    "interface": _interface,
    "retention": _retention,
    "funnel": _funnel,
    "sources": _sources,
    "campaigns": _campaigns,
}
