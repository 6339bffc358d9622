"""The platform's statistics 数据统计: a day's figures of followers, messages, callbacks, articles.

The figures of a day are there at eight the next morning in Shanghai, and every report tells one day
at a time here; an article's totals of a day are told with the day it came out, for seven days. Each
answer is written over what was there, so a day read twice is the same day. A report that the
platform refuses (no right, given up) is named, and the others are read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.clock import SHANGHAI
from bot.errors import InvalidInput, MessageRefused, RequestRejected
from bot.store import events, figures, listing, syncs
from bot.store.db import transaction
from bot.store.figures import Figure
from bot.wechat import lists
from bot.wechat.client import WeChatClient

READY_HOUR = 8
DAY = timedelta(days=1)
_ROUND = "statistics:"
GROWS_DAYS = 7  # so long the totals of an article are told, and its comments read
KEPT_DAYS = 30  # how far back a day can be asked for; further the platform's data thins out
COMMENT_SOURCE = "comment"

Row = Mapping[str, Any]
_NOT_NUMBERS = frozenset(
    {"ref_date", "stat_date", "msgid", "title", "user_source", "msg_type", "share_scene", "details",
     "detail", "detail_list", "content_url", "publish_type"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """`by`: the field of a row that tells its rows apart; "" one row a day."""

    name: str
    by: str = ""


# Each of one day.
DAILY = (
    Report("getusersummary", "user_source"),
    Report("getusercumulate", ""),
    Report("getupstreammsg", "msg_type"),
    Report("getinterfacesummary"),
    Report("getarticlesummary", "msgid"),
    Report("getbizsummary"),
)
# Of what came out on a day, with its totals on each day since.
TOTALS = ("getarticletotal", "getarticletotaldetail")


@dataclass(frozen=True, slots=True)
class DayReport:
    """`refused`: reports that the platform did not give, with its errcode."""

    day: str
    figures: int
    comments: int
    refused: tuple[str, ...]
    again: bool = False  # the day had been read before


def last_ready(now: datetime) -> date:
    """The last day whose figures are there."""
    return (now.astimezone(SHANGHAI) - timedelta(hours=READY_HOUR)).date() - DAY


def sync_day(
    account_id: int,
    client: WeChatClient,
    day: date,
    now: datetime,
    *,
    again: bool = False,
    progress: Callable[[int], object] = lambda n: None,
) -> DayReport:
    """Read one day's figures, or go on where that was broken off.

    again  read a day once more that was read
    Raises InvalidInput for a day that is not over yet or too long ago, and GatewayError.
    """
    if not last_ready(now) - KEPT_DAYS * DAY <= day <= last_ready(now):
        raise InvalidInput(
            f"the figures of {last_ready(now) - KEPT_DAYS * DAY} to {last_ready(now)} can be read",
            "day",
        )
    kind = _round_of(day)
    found = syncs.last(account_id, kind)
    if found is not None and found.state == "done" and not again:
        return DayReport(day.isoformat(), 0, 0, _refusals(found.error), again=True)
    run = syncs.begin(account_id, kind, now)
    refused = list(_refusals(run.place.partition("|")[2]))
    steps = _steps(day)
    for number in range(int(run.place.partition("|")[0] or 0), len(steps)):
        read, error = _read(steps[number], client, day, refused)
        refused += [error] if error else []
        with transaction():
            count = figures.put(account_id, read, now)
            place = f"{number + 1}|{','.join(refused)}"
            run = syncs.advance(run, place, now, done=count, total=len(steps))
        progress(1)
    told = _comments(account_id, client, day, now)
    run = syncs.finish(run, now, changed=told, error=",".join(refused))
    return DayReport(day.isoformat(), run.done, told, tuple(refused))


def _read(
    step: Step, client: WeChatClient, day: date, refused: list[str]
) -> tuple[list[Figure], str]:
    """The figures, or why there are none; a report that was refused is not asked for again."""
    name = step.report.name
    if any(one.startswith(f"{name} ") for one in refused):
        return [], ""
    try:
        return step.read(client, day), ""
    except (RequestRejected, MessageRefused) as error:
        return [], f"{name} {error.errcode}"


def due_days(account_id: int, now: datetime) -> list[date]:
    """The days of the last week that were not read whole, the oldest first."""
    days = [last_ready(now) - n * DAY for n in range(GROWS_DAYS)][::-1]
    return [
        day
        for day in days
        if (run := syncs.last(account_id, _round_of(day))) is None or run.state != "done"
    ]


def _round_of(day: date) -> str:
    """The kind of the round that reads a day."""
    return f"{_ROUND}{day.isoformat()}"


def day_of_round(kind: str) -> str:
    """The day that a round of this kind reads: 2026-11-21; "" where it is a round of something
    else."""
    return kind.removeprefix(_ROUND) if kind.startswith(_ROUND) else ""


def _refusals(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(",") if one)


# --- the reports of a day -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One call: the report, and the day that is asked for."""

    report: Report
    asked: date

    def read(self, client: WeChatClient, day: date) -> list[Figure]:
        """The figures up to `day`."""
        rows = client.datacube(self.report.name, self.asked, self.asked)
        if self.report.name in TOTALS:
            return list(_totals(self.report.name, rows, day.isoformat()))
        return list(_daily(self.report, rows))


def _steps(day: date) -> list[Step]:
    grown = [day - back * DAY for back in range(GROWS_DAYS)]
    return [Step(report, day) for report in DAILY] + [
        Step(Report(name), out) for name in TOTALS for out in grown
    ]


def _daily(report: Report, rows: Iterable[Row]) -> Iterator[Figure]:
    for row in rows:
        by = str(row.get(report.by, "")) if report.by else ""
        subject = by if report.by in ("", "msgid") else f"{report.by} {by}"
        yield _figure(report.name, str(row.get("ref_date", "")), subject, row, row)


def _totals(name: str, rows: Iterable[Row], until: str) -> Iterator[Figure]:
    """An article's totals at the end of each day up to `until`."""
    for row in rows:
        for told in row.get("details") or row.get("detail_list") or ():
            day = str(told.get("stat_date", ""))
            if day <= until:
                published = str(row.get("ref_date", ""))
                subject = str(row.get("msgid", ""))
                yield _figure(name, day, subject, told, row, published)


def _figure(
    report: str, day: str, subject: str, numbers: Row, about: Row, published: str = ""
) -> Figure:
    return Figure(
        report=report,
        day=day[:10],
        subject=subject[:64],
        numbers=_numbers(numbers),
        title=str(about.get("title", ""))[:190],
        published=published[:10],
    )


def _numbers(row: Row) -> dict[str, Any]:
    """The numbers of a row; the new reports nest them, and their sources are named."""
    found: dict[str, Any] = {}
    for name, value in {**row, **(row.get("detail") or {})}.items():
        if name in _NOT_NUMBERS:
            continue
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[name] = value
        elif name == "read_user_source" and isinstance(value, list):
            found[name] = {str(one.get("scene_desc")): one.get("user_count") for one in value}
    return found


# --- comments -------------------------------------------------------------------------------------


def _comments(account_id: int, client: WeChatClient, day: date, now: datetime) -> int:
    """Comments below what came out in the week: each an event of who wrote it, its text sealed."""
    told = 0
    since = (day - GROWS_DAYS * DAY).isoformat()
    for subject in figures.articles_since(account_id, since):
        post, _, number = subject.partition("_")
        if not (post.isdecimal() and number.isdecimal() and int(number) > 0):
            continue
        try:
            found = list(lists.comments(client, int(post), int(number) - 1))
        except (RequestRejected, MessageRefused):
            continue  # no right to comments, or the article is gone: the figures say how many
        told += _tell(account_id, subject, found, now)
    return told


def _tell(account_id: int, subject: str, found: list[lists.Comment], now: datetime) -> int:
    known = listing.known(account_id, sorted({one.openid for one in found}))
    rows = [
        events.row(
            account_id, known[one.openid].id, "comment", one.at, now, COMMENT_SOURCE,
            f"{subject}:{one.id}", {"article": subject}, {"text": one.text},
        )
        for one in found
        if one.openid in known
    ]  # fmt: skip
    return sum(events.append_many(rows[start : start + 200]) for start in range(0, len(rows), 200))
