"""额度月历: what the platform allows by day and month, what of it is used, left and wanted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.quota_month import MONTH
from bot.campaign.ahead.scarce import TESTS
from bot.campaign.sending import allowances, clearing
from bot.campaign.sending.allowances import Compared
from bot.channels.registry import A_MONTH_EACH, CHANNELS
from bot.console.gate import account, asker, page
from bot.console.planning import midnight, month_of, next_month, weeks_of
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, InvalidInput
from bot.store import audit, background, quotas
from bot.store.quotas import Count
from bot.web.services import services

LATE = timedelta(hours=6)  # into the day, before which its pace says nothing
FULL, MUCH = 1.0, 0.8  # of a limit, from which a day is red or yellow


@page("/a/<slug>/quotas", Right.LOOK)
def quota_page(slug: str) -> Response:
    """Today's calls beside the platform's own count, the month by days, and its scarce goods."""
    return _page()


@page("/a/<slug>/quotas/count", Right.LOOK, ("POST",))
def quota_count(slug: str) -> Response:
    """Ask the platform, and count the month's goods over all followers, in the background."""
    first = _month(request.form.get("month", ""))
    task = begin(MONTH, {"month": f"{first:%Y-%m}"})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/quotas/reset", Right.SETTINGS, ("POST",))
def quota_reset(slug: str) -> Response:
    """Set the platform's counts of today back: ten times a month."""
    who = asker()
    try:
        clearing.clear(services(), account().id, who.now)
    except HongyanError as error:
        return _page(status_of(error), told(error))
    audit.record(who.actor, "quota_reset", who.now, detail={"account": slug})
    return redirect(url_for("console.quota_page", slug=slug, reset=1))


def _month(text: str) -> date:
    today = asker().now.astimezone(zone_of(account())).date()
    try:
        return month_of(text, today)
    except InvalidInput:
        abort(404)


def _page(status: int = 200, error: str = "") -> Response:
    of, now, say = account(), asker().now, words()
    first = _month(request.args.get("month", ""))
    counted = quotas.counts(of.id, first.isoformat(), (next_month(first) - _DAY).isoformat())
    left = clearing.left(of.id, now)
    return render(
        "quotas.html",
        status,
        slug=of.slug,
        month=f"{first:%Y-%m}",
        before=f"{first - _DAY:%Y-%m}",
        after=f"{next_month(first):%Y-%m}",
        today=[_compared(one, now, say) for one in allowances.today(of.id, now)],
        grid=_grid(first, now, counted, say),
        goods=_goods(f"{first:%Y-%m}", say),
        reset_left=left if asker().may(Right.SETTINGS) else 0,
        reset_done=bool(request.args.get("reset")),
        error=error,
    )


_DAY = timedelta(days=1)


def _compared(one: Compared, now: datetime, say: Words) -> dict[str, Any]:
    """A line of today: ours, the platform's, and where the day goes at this pace."""
    count, look, zone = one.count, one.look, zone_of(account())
    ahead = _ahead(count, now)
    return {
        "name": api_said(count.api, say),
        "used": f"{count.used:,}",
        "limit": f"{count.limit:,}",
        "left": f"{count.left:,}",
        "share": round(100 * min(1.0, count.used / max(1, count.limit)), 1),
        "colour": _colour(count),
        "theirs": f"{look.used:,}" if look else "–",
        "ours": f"{look.counted:,}" if look else "–",
        "drift": f"{one.drift:+,}" if look else "–",
        "corrected": look is not None and look.counted < look.used <= count.used,
        "drifted": one.drifted,
        "asked": shown_at(look.at, zone) if look else "–",
        "ahead": "–" if ahead is None else f"{ahead:,}",
        "too_much": ahead is not None and ahead > count.limit,
    }


def _ahead(count: Count, now: datetime) -> int | None:
    """Calls by midnight, if the rest of the day goes as it went so far; None: it is too early."""
    local = now.astimezone(zone_of(account()))
    past = local - midnight(local.date(), zone_of(account()))
    return round(count.used * (_DAY / past)) if past >= LATE else None


def _grid(
    first: date, now: datetime, counted: list[Count], say: Words
) -> list[list[dict[str, Any]]]:
    days: dict[str, list[Count]] = {}
    for count in counted:
        days.setdefault(count.period, []).append(count)
    today = now.astimezone(zone_of(account())).date()
    return [
        [
            {
                "day": day.day,
                "date": day.isoformat(),
                "inside": day.month == first.month,
                "today": day == today,
                "calls": [
                    {
                        "name": api_said(one.api, say),
                        "said": f"{one.used:,} / {one.limit:,}",
                        "colour": _colour(one),
                    }
                    for one in days.get(day.isoformat(), [])
                ],
            }
            for day in week
        ]
        for week in weeks_of(first)
    ]


def _colour(count: Count) -> str:
    share = count.used / max(1, count.limit)
    return "red" if share >= FULL else "yellow" if share >= MUCH else "green"


def api_said(api: str, say: Words) -> str:
    """The channel that an API is for; one of no channel stays as the platform calls it."""
    ways = [channel for channel, way in CHANNELS.items() if way.api == api]
    return say(f"fan.channel.{ways[0].value}") if ways else api


# --- what the task counted -----------------------------------------------------------------------


def _goods(month: str, say: Words) -> dict[str, Any]:
    """The last count of this month's goods; {} where nobody asked for one within a week."""
    done = background.latest(account().id, [MONTH], 20)
    last = next((one for one in done if one.state == "done" and one.asked["month"] == month), None)
    if last is None:
        return {}
    found = last.result
    return {**shown_goods(found, say), "at": shown_at(last.ended_at, zone_of(account()))}


def shown_goods(found: Mapping[str, Any], say: Words) -> dict[str, Any]:
    """A result of the task in finished words."""
    mass, days = found["mass"], found["days"]
    names = sorted({name for day in days.values() for name in day})
    return {
        "left": f"{mass['left']:,}",
        "most": f"{mass['reachable'] * A_MONTH_EACH:,}",
        "wanted": f"{mass['wanted']:,}",
        "after": f"{mass['left'] - mass['wanted']:,}",
        "short": mass["wanted"] > mass["left"],
        "chances": [
            (say("con.quotas.chances", chances=chances), f"{people:,}")
            for chances, people in mass["followers_by_chances_left"].items()
        ],
        "rights": [
            {
                "channel": _way(one["channel"], say),
                "template": one["template"],
                "open": f"{one['open']:,}",
                "followers": f"{one['followers']:,}",
            }
            for one in found["rights"]
        ],
        "ways": [_way(name, say) for name in names],
        "days": [(day, [f"{sent.get(name, 0):,}" for name in names]) for day, sent in days.items()],
        "planned": [
            {
                **one,
                "audience_at_most": f"{one['audience_at_most']:,}",
                "ways": say("con.list.and").join(_way(name, say) for name in one["channels"]),
            }
            for one in found["planned"]
        ],
        "warnings": found["warnings"][language()],
        "errors": [(api_said(api, say), text) for api, text in found["errors"].items()],
    }


def _way(name: str, say: Words) -> str:
    return say("quota.tests") if name == TESTS else say(f"fan.channel.{name}")
