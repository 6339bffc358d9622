"""营销日历: a month of campaigns that ran, run, and will; and whom two of them both aim at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.collisions import COLLISIONS, counted
from bot.campaign.document.occurrences import recurs
from bot.campaign.phases import phase_of
from bot.console.almanac import almanac
from bot.console.gate import account, asker, page
from bot.console.planning import midnight, month_of, next_month, weeks_of
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.effect.calendar import NEAR, times_of
from bot.effect.tables import percent
from bot.errors import InvalidInput
from bot.store import background as tasks
from bot.store import campaigns, run_list, segments
from bot.store.background import Task
from bot.store.campaigns import CampaignState
from bot.store.run_list import Run

QUICK = 100_000  # in the greatest segment: above, collisions are counted in the background


class Entry(NamedTuple):
    """A run in its day's cell; people "" where nobody is counted yet."""

    at: datetime
    slug: str
    name: str
    state: str
    people: str
    said: str = ""


@page("/a/<slug>/calendar", Right.LOOK)
def calendar(slug: str) -> Response:
    """The month's grid; what collides is counted apart, when the grid is there."""
    first, zone = _month(), zone_of(account())
    weeks = weeks_of(first)
    days = _by_day(midnight(weeks[0][0], zone), midnight(weeks[-1][-1], zone), zone)
    today = asker().now.astimezone(zone).date()
    grid = [[_cell(day, first, today, days) for day in week] for week in weeks]
    return render(
        "calendar.html", slug=slug, grid=grid, month=f"{first:%Y-%m}",
        before=f"{first - timedelta(days=1):%Y-%m}", after=f"{next_month(first):%Y-%m}",
        shown=any(cell["runs"] for week in grid for cell in week),
    )  # fmt: skip


@page("/a/<slug>/calendar/collisions", Right.LOOK)
def calendar_collisions(slug: str) -> Response:
    """Who is aimed at twice within a week, in per cent, and whom a cap will stop: now where that
    is quick, else as it was counted last."""
    month, now, zone = f"{_month():%Y-%m}", asker().now, zone_of(account())
    quick = _quick()
    task = None if quick else _last(month)
    found = counted(account().id, month, now) if quick else task.result if task else None
    rows = [_collision(one, zone) for one in found["collisions"]] if found else []
    fragment = bool(request.headers.get("HX-Request"))
    return render(
        "calendar_collisions.html" if fragment else "calendar_alone.html", rows=rows, slug=slug,
        month=month, days=NEAR.days, quick=quick, known=found is not None,
        at=shown_at(task.ended_at, zone) if task else "",
    )  # fmt: skip


@page("/a/<slug>/calendar/collisions/count", Right.LOOK, ("POST",))
def calendar_count(slug: str) -> Response:
    """Count a month's collisions in the background."""
    wanted = {"month": f"{_month():%Y-%m}"}
    task = begin(COLLISIONS, wanted)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def _quick() -> bool:
    """Whether the sets are small enough for a page to wait."""
    return max((one.size for one in segments.of_account(account().id)), default=0) <= QUICK


def _last(month: str) -> Task | None:
    """The newest count of this month that came to an end."""
    made = tasks.latest(account().id, [COLLISIONS])
    return next((one for one in made if one.state == "done" and one.asked == {"month": month}),
                None)  # fmt: skip


def _month() -> date:
    today = asker().now.astimezone(zone_of(account())).date()
    try:
        return month_of(request.args.get("month", ""), today)
    except InvalidInput:
        abort(404)


def _by_day(since: datetime, last: datetime, zone: ZoneInfo) -> Mapping[date, list[Entry]]:
    """What began, and what will begin, from `since` to the end of the day that begins at `last`."""
    of, now, until = account(), asker().now, last + timedelta(days=1)
    every = {one.slug: one for one in campaigns.all_of(of.id)}
    found = []
    for run in run_list.started(of.id, since, until):
        state, said = _stands(run, every[run.slug])
        found.append(Entry(run.started_at, run.slug, run.name, state, f"{run.audience:,}", said))
    for one in every.values():
        times = times_of(one, now, until, recurs(of.timezone))
        said = words()("campaign.state.scheduled")
        found += [
            Entry(at, one.slug, one.name, "scheduled", "", said) for at in times if at >= since
        ]
    days: dict[date, list[Entry]] = {}
    for entry in sorted(found):
        days.setdefault(entry.at.astimezone(zone).date(), []).append(entry)
    return days


def _stands(run: Run, campaign: CampaignState) -> tuple[str, str]:
    """(colour's name, words): the latest run as its campaign's own page says, those before it are
    over."""
    stopped = campaign.state == "cancelled"
    if run.number == campaign.generation and (stopped or not run.closed_at):
        phase = phase_of(campaign)
        shown = "running" if phase.word == "planning" else phase.word
        return shown, words()(f"campaign.state.{phase.word}")
    return "closed", words()("campaign.state.closed")


def _cell(day: date, first: date, today: date, days: Mapping[date, list[Entry]]) -> dict[str, Any]:
    zone = zone_of(account())
    return {
        "day": day.day,
        "date": day.isoformat(),
        "inside": day.month == first.month,
        "today": day == today,
        **_in_china(day),
        "runs": [
            {
                "at": f"{one.at.astimezone(zone):%H:%M}",
                "slug": one.slug,
                "name": one.name,
                "state": one.state,
                "said": one.said,
                "people": one.people,
            }
            for one in days.get(day, [])
        ],
    }


def _in_china(day: date) -> dict[str, Any]:
    """农历 in the words of the reader's language, the day's festivals, and whether it is off."""
    found, say = almanac(day), words()
    chinese = language() == "zh"
    number = found.lunar if chinese else f"{abs(found.month)}/{found.day}"
    moon = say("con.almanac.lunar", lunar=number)
    return {
        "moon": found.lunar if chinese else moon,
        "moon_said": moon,
        "festivals": [say(f"con.almanac.{name}") for name in found.names],
        "rest": found.rest,
    }


def _collision(one: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "earlier": _run(one["earlier"], zone),
        "later": _run(one["later"], zone),
        "common": f"{one['common']:,}",
        "share": percent(one["share"]),
        "width": round(100 * one["share"], 1),
        "capped": f"{one['capped']:,}" if one["capped"] else "",
        "move_to": _at(one["move_to"], zone) if one["move_to"] else "",
    }


def _run(one: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    return {"slug": one["campaign"], "name": one["name"], "at": _at(one["at"], zone),
            "people": f"{one['people']:,}"}  # fmt: skip


def _at(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%m-%d %H:%M}"
