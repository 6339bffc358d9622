"""Statistics of what happened here (4.13): followers, articles, messages, the callback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial

from bot.clock import SHANGHAI
from bot.sandbox.api import datacube_articles as articles
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint
from bot.sandbox.statistics import Statistics
from bot.sandbox.world import World

READY_HOUR = 8  # of the next day
DAY = timedelta(days=1)
Rows = Callable[[World, str, date], list[Fields]]


@dataclass(frozen=True)
class Report:
    """`rows` of one day, given the last day whose numbers are ready.

    span  days that one call may ask for
    new   of the reports of 2025: the answer tells whether it is late
    old   of those that they replace
    """

    span: int
    rows: Rows
    new: bool = False
    old: bool = False


# --- which days --------------------------------------------------------------------------------


def _date(value: object) -> date:
    """61500 for what is no date of the form 2026-11-21."""
    try:
        if isinstance(value, str) and len(value) == len("2026-11-21"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PlatformError(61500)


def _asked(body: Fields, span: int, today: date) -> tuple[date, date]:
    """First and last day. 61501 the wrong way round, too many, or not over yet."""
    begin, end = _date(body.get("begin_date")), _date(body.get("end_date"))
    if end < begin or end >= today or (end - begin).days >= span:
        raise PlatformError(61501)
    return begin, end


def _last_ready(now: datetime) -> date:
    """The last day whose numbers are there: those of a day are at eight the next morning."""
    return (now.astimezone(SHANGHAI) - timedelta(hours=READY_HOUR)).date() - DAY


# --- followers ---------------------------------------------------------------------------------


def _user_summary(world: World, day: str, _ready: date) -> list[Fields]:
    counts = world.room(Statistics)
    nobody: Counter[int] = Counter()
    new, gone = counts.new.get(day, nobody), counts.gone.get(day, nobody)
    return [
        {
            "ref_date": day,
            "user_source": source,
            "new_user": new[source],
            "cancel_user": gone[source],
        }
        for source in sorted({0, *new, *gone})
    ]


def _user_cumulate(world: World, day: str, _ready: date) -> list[Fields]:
    followers = world.room(Statistics).cumulated(day)
    return [{"ref_date": day, "user_source": 0, "cumulate_user": followers}]


# --- messages ----------------------------------------------------------------------------------


def _last_day(scale: str, first: date) -> date:
    """Of the period that begins on this day."""
    if scale == "month":
        return (first + 31 * DAY).replace(day=1) - DAY
    return first + 6 * DAY if scale == "week" else first


def _messages(world: World, day: str, ready: date, scale: str, spread: bool) -> list[Fields]:
    """Of the day, or of the week (its Monday) or month (its first) that begins on it."""
    if _last_day(scale, date.fromisoformat(day)) > ready:
        return []
    found = world.room(Statistics).upstream(scale, day, world.clock())
    if found is None:
        return []
    told = {"ref_date": day, "user_source": 0}
    if spread:
        return [
            {**told, "count_interval": interval, "msg_user": people}
            for interval, people in found.by_interval.items()
        ]
    return [
        {**told, "msg_type": kind, "msg_user": people, "msg_count": messages}
        for kind, (people, messages) in found.by_type.items()
    ]


def _messages_by_hour(world: World, day: str, _ready: date) -> list[Fields]:
    counts, rows = world.room(Statistics), []
    for hour in range(24):
        if found := counts.upstream("hour", f"{day} {hour:02}", world.clock()):
            rows += [
                {
                    "ref_date": day,
                    "ref_hour": hour * 100,
                    "user_source": 0,
                    "msg_type": kind,
                    "msg_user": people,
                    "msg_count": messages,
                }
                for kind, (people, messages) in found.by_type.items()
            ]
    return rows


# --- the callback ------------------------------------------------------------------------------


def _interface(world: World, day: str, _ready: date) -> list[Fields]:
    found = world.room(Statistics).interface(day)
    return [{"ref_date": day, **asdict(found)}] if found.callback_count else []


def _interface_by_hour(world: World, day: str, _ready: date) -> list[Fields]:
    counts = world.room(Statistics)
    hours = {hour: counts.interface(day, hour) for hour in range(24)}
    return [
        {"ref_date": day, "ref_hour": hour * 100, **asdict(found)}
        for hour, found in hours.items()
        if found.callback_count
    ]


# --- all of them -------------------------------------------------------------------------------


def _of_day(rows: Callable[[World, str], list[Fields]]) -> Rows:
    return lambda world, day, _ready: rows(world, day)


def _by_hour(rows: Callable[[World, str, int], list[Fields]]) -> Rows:
    return lambda world, day, _ready: [row for hour in range(24) for row in rows(world, day, hour)]


def _upstream(scale: str, spread: bool = False) -> Rows:
    return partial(_messages, scale=scale, spread=spread)


REPORTS = {
    "getusersummary": Report(7, _user_summary),
    "getusercumulate": Report(7, _user_cumulate),
    "getarticlesummary": Report(1, _of_day(articles.summary), old=True),
    "getarticletotal": Report(1, articles.total, old=True),
    "getuserread": Report(3, _of_day(articles.user_read), old=True),
    "getuserreadhour": Report(1, _by_hour(articles.user_read), old=True),
    "getusershare": Report(7, _of_day(articles.user_share), old=True),
    "getusersharehour": Report(1, _by_hour(articles.user_share), old=True),
    "getarticleread": Report(1, _of_day(articles.article_read), new=True),
    "getarticleshare": Report(1, _of_day(articles.article_share), new=True),
    "getbizsummary": Report(30, _of_day(articles.biz_summary), new=True),
    "getarticletotaldetail": Report(1, articles.total_detail, new=True),
    "getupstreammsg": Report(7, _upstream("day")),
    "getupstreammsghour": Report(1, _messages_by_hour),
    "getupstreammsgweek": Report(30, _upstream("week")),
    "getupstreammsgmonth": Report(30, _upstream("month")),
    "getupstreammsgdist": Report(15, _upstream("day", spread=True)),
    "getupstreammsgdistweek": Report(30, _upstream("week", spread=True)),
    "getupstreammsgdistmonth": Report(30, _upstream("month", spread=True)),
    "getinterfacesummary": Report(30, _interface),
    "getinterfacesummaryhour": Report(1, _interface_by_hour),
}


def _answer(report: Report, desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world = desk.world
    if report.old and not world.config.switches.old_article_reports:
        raise PlatformError(47009)
    now = world.clock()
    begin, end = _asked(body, report.span, now.astimezone(SHANGHAI).date())
    ready = _last_ready(now)
    days = (begin + n * DAY for n in range((min(end, ready) - begin).days + 1))
    answer: Fields = {
        "list": [row for d in days for row in report.rows(world, d.isoformat(), ready)]
    }
    return {**answer, "is_delay": end > ready} if report.new else answer


for _name, _report in REPORTS.items():
    endpoint("POST", f"/datacube/{_name}")(partial(_answer, _report))
