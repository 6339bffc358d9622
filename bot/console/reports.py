"""The tables of 数据分析: followers, messages, the interface, sources, and runs with what they
changed. Where the platform tells figures of a day, they stand beside those of our own log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.background.figures import FOLLOWING, KEPT
from bot.campaign.results.reached import reached
from bot.console import kept_figures
from bot.console.sections import Section, heads, percent, shade
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words, shown_at
from bot.effect import days, keeping, parts
from bot.effect.days import DAY, Day
from bot.effect.parts import Part
from bot.effect.sources import KIND, Source, kept_sources
from bot.errors import InvalidInput
from bot.store import (
    campaigns,
    effect_documents,
    figures,
    run_list,
    send_progress,
)
from bot.store.accounts import AccountState
from bot.store.kept_answers import Kept
from bot.store.run_list import Run

MOST_DAYS, USUAL_DAYS = 366, 30
PRESETS = (7, 14, 30)  # days up to today
_MOST_FIGURES = 20_000  # a year of every source and kind of message
_PAGE = 50
RUN_HEADS = (
    "name", "slug", "run", "at", "audience", "sent", "failed", "skipped", "held_out", "clicked",
    "redeemed", "buyers", "revenue", "extra", "extra_low", "extra_high", "verdict",
)  # fmt: skip


@dataclass
class Read:
    """What was read for a page: each day is counted once, however many parts show it."""

    days: dict[date, Day] = field(default_factory=dict)
    following: int | None = None  # None: nobody asked yet, or it is being counted
    following_at: datetime | None = None  # as of when


@dataclass(frozen=True)
class Span:
    """Days from first to last, by the account's calendar. `read` is shared with spans beside it.
    `waits`: it is for a mail, of which nothing may be missing; a page does not wait for what is
    much to count."""

    of: AccountState
    first: date
    last: date
    now: datetime
    read: Read = field(default_factory=Read, repr=False, compare=False)
    waits: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.of.timezone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Span:
        """As many days, just before."""
        return replace(self, first=self.first - self.days * DAY, last=self.first - DAY)


def span_of(of: AccountState, given: Mapping[str, str], now: datetime) -> Span:
    """?since= and ?until=, or ?days= of PRESETS, else the last 30 days. Raises InvalidInput."""
    today = now.astimezone(ZoneInfo(of.timezone)).date()
    since, until = typed(given)
    last = _day(until, "until", today)
    asked = given.get("days", "")
    usual = int(asked) if asked in {str(one) for one in PRESETS} else USUAL_DAYS
    first = _day(since, "since", last - (usual - 1) * DAY)
    if not first <= last <= today:
        raise InvalidInput("since <= until <= today", "until")
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput(f"at most {MOST_DAYS} days", "since")
    return Span(of, first, last, now)


def typed(given: Mapping[str, str]) -> tuple[str, str]:
    """(first, last) day as somebody typed them: ?since= and ?until=, or ?from= and ?to=."""
    since = given.get("since", "") or given.get("from", "")
    return since[:20], (given.get("until", "") or given.get("to", ""))[:20]


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
    held = span.read.days
    wanted = [span.first + number * DAY for number in range(span.days)]
    missing = [day for day in wanted if day not in held]
    if missing:
        first, last = missing[0], missing[-1]
        if span.waits:
            found = days.between(span.of.id, first, last, span.zone, span.now)
        else:
            found = kept_figures.days_between(span.of.id, first, last, span.zone, span.now)
        held.update((date.fromisoformat(one.day), one) for one in found)
    return [held[day] for day in wanted]


def held(span: Span, kind: str, ref: str = "") -> Kept | None:
    """A figure that is counted ahead; None: it is being counted. Raises what counting does."""
    if span.waits:
        return keeping.answer(kind, span.of.id, ref, span.now, KEPT[kind].count)
    return kept_figures.look(kind, span.of.id, ref, span.now)


def following(span: Span) -> int | None:
    """How many follow now; None: it is being counted."""
    if span.read.following is None and (kept := held(span, FOLLOWING)):
        span.read.following, span.read.following_at = int(kept.document["people"]), kept.at
    return span.read.following


def is_counting(span: Span) -> bool:
    """Whether a day of it, or who follows, is being counted."""
    return following(span) is None or any(one.counting for one in own_days(span))


def following_note(span: Span, say: Words) -> str:
    """As of when that is, where it is not now."""
    if following(span) is None:
        return say("con.counting")
    at = span.read.following_at
    return (
        say("con.report.following_at", at=shown_at(at, span.zone)) if at and at < span.now else ""
    )


def per_sender(found: list[Day]) -> float:
    """人均发送次数 of several days: messages to each that wrote on a day, 0 where nobody did."""
    senders = sum(day.senders for day in found)
    return sum(day.messages for day in found) / senders if senders else 0.0


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
    """A day a row, the latest first; the platform's four figures, ours and its own."""
    names = ("day", "follows", "unfollows", "net", "following", "wx_new", "wx_cancel", "wx_net",
             "wx_all")  # fmt: skip
    summary, cumulate = told(span, "getusersummary"), told(span, "getusercumulate")
    rows = []
    for one, there in reversed(following_on(span)):
        new, cancel = _of(summary, one.day, "new_user"), _of(summary, one.day, "cancel_user")
        net = None if new is None or cancel is None else new - cancel
        rows.append(
            (one.day, one.follows, one.unfollows, one.net, there, new, cancel, net,
             _of(cumulate, one.day, "cumulate_user"))
        )  # fmt: skip
    return Sheet(heads(names, say), rows)


def following_on(span: Span) -> list[tuple[Day, int | None]]:
    """Each day, and how many followed at its end: as was counted then, else as the platform tells
    it; None where neither is known. Of the present day those of now."""
    today = span.now.astimezone(span.zone).date().isoformat()
    cumulate = told(span, "getusercumulate")
    found: list[tuple[Day, int | None]] = []
    for one in own_days(span):
        there = following(span) if one.day == today else one.following
        platform = _of(cumulate, one.day, "cumulate_user")
        found.append((one, platform if there is None else there))
    return found


# The platform's names of where somebody came from; others stand with their number.
_WX_SOURCES = (0, 1, 17, 30, 51, 57, 100, 149, 161, 200, 201)


def user_sources(span: Span, say: Words) -> Section:
    """新增来源, as the platform tells it."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    first, last = span.first.isoformat(), span.last.isoformat()
    for one in figures.of_days(span.of.id, first, last, "getusersummary", _MOST_FIGURES):
        held = found[one.subject.removeprefix("user_source ")]
        held[0] += int(one.numbers.get("new_user", 0))
        held[1] += int(one.numbers.get("cancel_user", 0))
    whole = sum(new for new, _ in found.values())
    order = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))
    rows = [
        (_wx_source(code, say), new, cancel, percent(new / whole) if whole else None)
        for code, (new, cancel) in order
    ]
    shades = {(at, 3): shade(held[0] / whole) for at, (_, held) in enumerate(order) if whole}
    names = heads(("wx_source", "wx_new", "wx_cancel", "share"), say)
    title = say("con.report.part.wx_sources")
    return Section("wx_sources", title, Sheet(names, rows), shades=shades)


def _wx_source(code: str, say: Words) -> str:
    known = code.isdecimal() and int(code) in _WX_SOURCES
    return say(f"con.report.wx_source.{code}") if known else say("con.report.wx_source", code=code)


def messages(span: Span, say: Words) -> Sheet:
    names = ("day", "messages", "senders", "per_sender", "wx_messages", "calls", "clicks")
    upstream = told(span, "getupstreammsg")
    rows = [
        (
            one.day, one.messages, one.senders, round(one.per_sender, 2),
            _of(upstream, one.day, "msg_count"), one.sent, one.clicks,
        )
        for one in reversed(own_days(span))
    ]  # fmt: skip
    return Sheet(heads(names, say), rows)


def interface(span: Span, say: Words) -> Sheet:
    """Calls of our callback, as the platform tells them and as our own side handled them."""
    names = ("day", "callbacks", "failures", "failure_share", "average_ms", "most_ms",
             "own_calls", "own_failed", "own_late", "own_mean_ms", "own_most_ms")  # fmt: skip
    found, own = told(span, "getinterfacesummary"), calls_of(span)
    rows = [
        (day, *_interface(found.get(day)), *own_calls(own.get(day)))
        for day in sorted({*found, *own}, reverse=True)
    ]
    return Sheet(heads(names, say), rows)


def _interface(one: Mapping[str, float] | None) -> tuple[Cell, ...]:
    if one is None:
        return (None,) * 5
    calls, failed = int(one["callback_count"]), int(one["fail_count"])
    share = f"{failed / calls:.2%}" if calls else None
    average = round(one["total_time_cost"] / calls, 1) if calls else None
    return calls, failed, share, average, int(one["max_time_cost"])


def calls_of(span: Span) -> dict[str, Part]:
    """day -> how our own side handled what the platform pushed."""
    return {one.day: one for one in parts.between(span.of.id, parts.CALLS, span.first, span.last)}


def own_calls(one: Part | None) -> tuple[Cell, ...]:
    """(pushes, failed, late, mean ms, most ms) of a day."""
    if one is None:
        return (None,) * 5
    held: dict[str, Any] = dict(one.numbers)
    mean = round(held["total_ms"] / held["calls"], 1) if held["calls"] else None
    return held["calls"], held["failed"], held["late"], mean, held["most_ms"]


def follow_sources(span: Span, say: Words) -> Section:
    """拉新账本: what each source brought and cost; counted now where that is quick, else as it was
    counted last."""
    names = (
        "source", "came", "kept", "left", "stay7", "stay30", "scans", "messages", "claimed",
        "redeemed", "buyers", "orders", "revenue", "cost", "cost_each", "value_each",
    )  # fmt: skip
    kept, title = held(span, KIND), say("con.report.sources")
    if kept is None:
        return Section("", title, Sheet(heads(names, say), []), counting=True)
    found = kept_sources(span.of.id, span.first, span.last)
    sheet = Sheet(heads(names, say), [_source(one, say) for one in found])
    at = f"{kept.at.astimezone(span.zone):%Y-%m-%d %H:%M}"
    note = say("con.report.as_of", at=at) if kept.at < span.now else ""
    return Section("", title, sheet, note=note)


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
    rows = (run_row(one, span.zone, say) for one in every_run(span.of))
    return Sheet(heads(RUN_HEADS, say), rows)


def every_run(of: AccountState) -> Iterator[Run]:
    """The latest first."""
    before = run_list.FIRST
    while found := run_list.latest(of.id, before, _PAGE):
        yield from found
        before = found[-1].id


def run_row(one: Run, zone: ZoneInfo, say: Words) -> tuple[Cell, ...]:
    """A run: as its kept post-mortem says; before that is made, what was counted so far."""
    started = f"{one.started_at.astimezone(zone):%Y-%m-%d}"
    head = (one.name, one.slug, one.number, started, one.audience)
    kept = effect_documents.post_mortem(one.campaign_id, one.number)
    if kept is None:
        done = send_progress.total(one.campaign_id, one.number)
        had = reached(one.campaign_id, campaigns.generation(one.campaign_id, one.number))
        blank = (None,) * 8
        return (*head, had.sent, done.failed, done.skipped, *blank, say("con.report.measuring"))
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
