"""首页: yesterday's key figures with their change, the trend, the week's funnel, whether the jobs
run, what waits, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import funnels, kept_figures
from bot.console.attention import attention
from bot.console.charts import Lines, lines
from bot.console.gate import account, asker, page
from bot.console.health import health
from bot.console.report_keys import change
from bot.console.rights import Right, may
from bot.console.sections import table
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.effect.days import DAY, Day
from bot.store import accounts
from bot.store.operators import EVERY_ACCOUNT

SPANS = (7, 14, 30)
# name, words; every figure that has a change
KEYS: tuple[tuple[str, Callable[[Day], float]], ...] = (
    ("follows", lambda day: day.follows),
    ("unfollows", lambda day: day.unfollows),
    ("net", lambda day: day.net),
    ("messages", lambda day: day.messages),
    ("sent", lambda day: day.sent),
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
    span = int(asked) if asked.isdecimal() and len(asked) < 4 and int(asked) in SPANS else SPANS[0]
    found = kept_figures.days_between(of.id, today - 60 * DAY, today, zone, now)
    following = kept_figures.following(of.id, now)
    week = funnels.week(of, now, say)
    counting = [one.counting for one in found[-2:]]
    return render(
        "home.html",
        counting=following is None or week.counting or any(counting),
        counting_today=counting[-1],
        following=f"{following[0]:,}" if following else "…",
        following_at=shown_at(following[1], zone) if following and following[1] < now else "",
        keys=[_key(name, value, found[:-1], say) for name, value in KEYS],
        today=[(say(f"con.key.{name}"), f"{value(found[-1]):,.0f}") for name, value in KEYS],
        span=span,
        spans=SPANS,
        trends=_trends(found[-span:], say),
        rows=found[-span:][::-1],
        matters=attention(asker(), of, say, language()),
        funnel=week,
        steps=table(week),
        health=health(now, zone, say),
        may_see_jobs=may(asker().person.role_on(EVERY_ACCOUNT), Right.SETTINGS),
        zone=zone,
    )


def _key(name: str, value: Callable[[Day], float], past: Sequence[Day], say: Words) -> Key:
    """Yesterday, against the day before, the same day of last week, and thirty days before."""
    yesterday = value(past[-1])
    changes = [
        (say(f"con.change.{span}"), *change(yesterday, value(past[-1 - back])))
        for span, back in (("day", 1), ("week", 7), ("month", 30))
    ]
    return Key(say(f"con.key.{name}"), f"{yesterday:,.0f}", changes)


def _trends(span: Sequence[Day], say: Words) -> list[tuple[str, Lines]]:
    labels = [day.day[5:] for day in span]
    drawn = (
        ("con.trend.people", ("follows", "unfollows", "net")),
        ("con.trend.talk", ("messages", "sent", "clicks")),
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
