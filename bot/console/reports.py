"""The tables of 数据分析: followers, messages, the interface, sources, and runs with what they
changed. Where the platform tells figures of a day, they stand beside those of our own log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.console.planning import midnight
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words
from bot.effect import days
from bot.effect.days import DAY, Day
from bot.effect.sources import Source, sources
from bot.errors import InvalidInput
from bot.store import effect_documents, figures, run_list, send_progress
from bot.store.accounts import AccountState
from bot.store.run_list import Run

MOST_DAYS, USUAL_DAYS = 366, 30
_MOST_FIGURES = 20_000  # a year of every source and kind of message
_PAGE = 50
RUN_HEADS = (
    "name", "slug", "run", "at", "audience", "sent", "failed", "skipped", "held_out", "clicked",
    "redeemed", "buyers", "revenue", "extra", "extra_low", "extra_high", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Days from first to last, by the account's calendar."""

    of: AccountState
    first: date
    last: date
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.of.timezone)


def span_of(of: AccountState, given: Mapping[str, str], now: datetime) -> Span:
    """?since= and ?until=, else the last 30 days. Raises InvalidInput."""
    today = now.astimezone(ZoneInfo(of.timezone)).date()
    last = _day(given.get("until", ""), "until", today)
    first = _day(given.get("since", ""), "since", last - (USUAL_DAYS - 1) * DAY)
    if not first <= last <= today:
        raise InvalidInput("since <= until <= today", "until")
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput(f"at most {MOST_DAYS} days", "since")
    return Span(of, first, last, now)


def _day(text: str, field: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text[:20]}: a day is written as 2026-11-21", field) from None
    if found.year < 2000:
        raise InvalidInput(f"{text[:20]}: from 2000 on", field)
    return found


def own_days(span: Span) -> list[Day]:
    return days.between(span.of.id, span.first, span.last, span.zone, span.now)


def told(span: Span, report: str) -> dict[str, dict[str, float]]:
    """Day -> what the platform's report says of it, sources and kinds summed."""
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    first, last = span.first.isoformat(), span.last.isoformat()
    for one in figures.of_days(span.of.id, first, last, report, _MOST_FIGURES):
        for name, value in one.numbers.items():
            if isinstance(value, int | float):
                most = name.startswith("max_")
                held = found[one.day][name]
                found[one.day][name] = max(held, value) if most else held + value
    return found


def users(span: Span, say: Words) -> Sheet:
    """A day a row, the latest first."""
    names = ("day", "follows", "unfollows", "net", "wx_new", "wx_cancel", "wx_all")
    summary, cumulate = told(span, "getusersummary"), told(span, "getusercumulate")
    rows = [
        (
            one.day, one.follows, one.unfollows, one.net,
            _of(summary, one.day, "new_user"), _of(summary, one.day, "cancel_user"),
            _of(cumulate, one.day, "cumulate_user"),
        )
        for one in reversed(own_days(span))
    ]  # fmt: skip
    return Sheet(_heads(names, say), rows)


def messages(span: Span, say: Words) -> Sheet:
    names = ("day", "messages", "senders", "per_sender", "wx_messages", "calls", "clicks")
    upstream = told(span, "getupstreammsg")
    rows = [
        (
            one.day, one.messages, one.senders, round(one.per_sender, 2),
            _of(upstream, one.day, "msg_count"), one.calls, one.clicks,
        )
        for one in reversed(own_days(span))
    ]  # fmt: skip
    return Sheet(_heads(names, say), rows)


def interface(span: Span, say: Words) -> Sheet:
    """The platform's calls of our callback: how many, how many failed, and how long they took."""
    names = ("day", "callbacks", "failures", "failure_share", "average_ms", "most_ms")
    found = told(span, "getinterfacesummary")
    rows = [_interface(day, found[day]) for day in sorted(found, reverse=True)]
    return Sheet(_heads(names, say), rows)


def _interface(day: str, one: Mapping[str, float]) -> tuple[Cell, ...]:
    calls, failed = int(one["callback_count"]), int(one["fail_count"])
    share = f"{failed / calls:.2%}" if calls else None
    average = round(one["total_time_cost"] / calls, 1) if calls else None
    return day, calls, failed, share, average, int(one["max_time_cost"])


def follow_sources(span: Span, say: Words) -> Sheet:
    """拉新账本: what each source brought and cost."""
    names = (
        "source", "came", "kept", "left", "stay7", "stay30", "scans", "messages", "claimed",
        "redeemed", "buyers", "orders", "revenue", "cost", "cost_each", "value_each",
    )  # fmt: skip
    found = sources(
        span.of.id, span.zone, midnight(span.first, span.zone),
        midnight(span.last + DAY, span.zone), span.now,
    )  # fmt: skip
    return Sheet(_heads(names, say), [_source(one, say) for one in found])


def _source(one: Source, say: Words) -> tuple[Cell, ...]:
    shown = one.to_json()
    return (
        one.name or say("effect.source.none"), one.came, one.kept, one.left,
        f"{one.kept7 / one.due7:.1%}" if one.due7 else None,
        f"{one.kept30 / one.due30:.1%}" if one.due30 else None,
        one.scans, one.messages, one.claimed, one.redeemed, one.buyers, one.orders,
        yuan(one.revenue_fen), yuan(one.cost_fen), yuan(shown["cost_per_kept_fen"]),
        yuan(shown["value_per_kept_fen"]),
    )  # fmt: skip


def runs(span: Span, say: Words) -> Sheet:
    """活动效果, every run; `span` only says whose. Read a page at a time."""
    return Sheet(_heads(RUN_HEADS, say), (run_row(one, say) for one in every_run(span.of)))


def every_run(of: AccountState) -> Iterator[Run]:
    """The latest first."""
    before = run_list.FIRST
    while found := run_list.latest(of.id, before, _PAGE):
        yield from found
        before = found[-1].id


def run_row(one: Run, say: Words) -> tuple[Cell, ...]:
    """A run: as its kept post-mortem says; before that is made, what was counted so far."""
    head = (one.name, one.slug, one.number, f"{one.started_at:%Y-%m-%d}", one.audience)
    kept = effect_documents.post_mortem(one.campaign_id, one.number)
    if kept is None:
        done = send_progress.total(one.campaign_id, one.number)
        blank = (None,) * 8
        return (*head, done.sent, done.failed, done.skipped, *blank, say("con.report.measuring"))
    total, more = kept.document["total"], kept.document["increment"]
    extra = more["extra_buyers"] if more["enough"] else [None] * 3
    counted = ("sent", "failed", "skipped", "held_out", "clicked", "redeemed", "buyers")
    return (
        *head, *(total[name] for name in counted), yuan(total["revenue_fen"]),
        *(None if end is None else round(end, 1) for end in extra),
        say(f"con.report.verdict.{verdict(more)}"),
    )  # fmt: skip


def verdict(more: Mapping[str, Any]) -> str:
    """What the interval of the increment in buyers shows: more, less, unclear, few, or alone
    (nobody was held out)."""
    if not more["people"][1]:
        return "alone"
    _, low, high = more["difference"]
    if not more["enough"]:
        return "few"
    if low is not None and low > 0:
        return "more"
    return "less" if high is not None and high < 0 else "unclear"


def yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100


def _of(found: Mapping[str, Mapping[str, float]], day: str, name: str) -> int | None:
    numbers = found.get(day)
    return None if numbers is None or name not in numbers else int(numbers[name])


def _heads(names: Sequence[str], say: Words) -> list[str]:
    return [say(f"con.report.head.{name}") for name in names]
