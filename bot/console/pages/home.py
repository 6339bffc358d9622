"""首页: yesterday's key figures with their change, the trend, what waits, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.charts import Lines, lines
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.effect import days
from bot.effect.days import DAY, Day
from bot.i18n import catalogue
from bot.store import accounts, approvals, campaigns, effect_weeks, jobs, quarantine, repair
from bot.store.accounts import AccountState

SPANS = (7, 14, 30)
# name, words; every figure that has a change
KEYS: tuple[tuple[str, Callable[[Day], float]], ...] = (
    ("follows", lambda day: day.follows),
    ("unfollows", lambda day: day.unfollows),
    ("net", lambda day: day.net),
    ("messages", lambda day: day.messages),
    ("calls", lambda day: day.calls),
    ("clicks", lambda day: day.clicks),
    ("claimed", lambda day: day.claimed),
    ("redeemed", lambda day: day.redeemed),
)


@dataclass(frozen=True)
class Key:
    """A key figure in finished words; `changes`: (day / week / month, "+12.5%", up or down)."""

    title: str
    value: str
    changes: list[tuple[str, str, str]]


@page("/", Right.SELF)
def start() -> Response:
    """Where one lands: the home page of the first account that one has a role on."""
    person = asker().person
    mine = [slug for id_, slug in accounts.slugs().items() if person.role_on(id_)]
    if mine:
        return redirect(url_for("console.home", slug=mine[0]))
    return render("nothing.html")


@page("/a/<slug>", Right.LOOK)
def home(slug: str) -> Response:
    """The key figures of the account."""
    of, now, say = account(), asker().now, words()
    zone = zone_of(of)
    today = now.astimezone(zone).date()
    asked = request.args.get("days", "")
    span = int(asked) if asked.isdigit() and int(asked) in SPANS else SPANS[0]
    found = days.between(of.id, today - 60 * DAY, today, zone, now)
    return render(
        "home.html",
        following=f"{effect_weeks.following(of.id):,}",
        keys=[_key(name, value, found[:-1], say) for name, value in KEYS],
        today=[(say(f"con.key.{name}"), f"{value(found[-1]):,.0f}") for name, value in KEYS],
        span=span,
        spans=SPANS,
        trends=_trends(found[-span:], say),
        rows=found[-span:][::-1],
        waiting=_waiting(of, say),
        troubles=_troubles(of, now, say),
    )


def _key(name: str, value: Callable[[Day], float], past: Sequence[Day], say: Words) -> Key:
    """Yesterday, against the day before, the same day of last week, and thirty days before."""
    yesterday = value(past[-1])
    changes = [
        (say(f"con.change.{span}"), *change(yesterday, value(past[-1 - back])))
        for span, back in (("day", 1), ("week", 7), ("month", 30))
    ]
    return Key(say(f"con.key.{name}"), f"{yesterday:,.0f}", changes)


def change(now: float, before: float) -> tuple[str, str]:
    """In per cent and which way; "–" where there was nothing to compare with."""
    if before == 0:
        return ("–", "flat") if now == 0 else ("–", "up" if now > 0 else "down")
    share = (now - before) / abs(before)
    return f"{share:+.1%}", "up" if share > 0 else "down" if share < 0 else "flat"


def _trends(span: Sequence[Day], say: Words) -> list[tuple[str, Lines]]:
    labels = [day.day[5:] for day in span]
    drawn = (
        ("con.trend.people", ("follows", "unfollows", "net")),
        ("con.trend.talk", ("messages", "calls", "clicks")),
        ("con.trend.coupons", ("claimed", "redeemed")),
    )
    values = dict(KEYS)
    return [
        (
            say(title),
            lines(labels, {say(f"con.key.{n}"): [values[n](day) for day in span] for n in names}),
        )
        for title, names in drawn
    ]


def _waiting(of: AccountState, say: Words) -> list[tuple[str, str]]:
    """What waits for a person: (words, address)."""
    return [
        (say("con.waits.approval", name=name, maker=request_.maker.removeprefix("operator:")), "")
        for _, name, request_ in approvals.waiting(of.id)
    ]


def _troubles(of: AccountState, now: datetime, say: Words) -> list[tuple[str, str]]:
    """What went wrong and is not mended: (words, when)."""
    zone = zone_of(of)
    found = [
        (
            say("con.trouble.campaign", name=one.name, error=one.error),
            shown_at(one.updated_at, zone),
        )
        for one in campaigns.all_of(of.id)
        if one.error
    ]
    since = now - timedelta(days=1)
    found += [
        (say("con.trouble.job", job=job_said(run.job, language()), error=run.error[:120]),
         shown_at(run.started_at, zone))
        for run in jobs.last_runs()
        if run.error and run.started_at >= since
    ]  # fmt: skip
    if dead := repair.dead():
        found.append((say("con.trouble.dead", count=dead), ""))
    if held := quarantine.count(of.id):
        found.append((say("con.trouble.quarantine", count=held), ""))
    return found


def job_said(job: str, lang: str) -> str:
    """A job's name in words where it has any."""
    return catalogue(lang).get(f"con.job.{job}", job)
