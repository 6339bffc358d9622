"""数据分析: tables and trends of a span of days, each also as a file; and what was looked back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request
from werkzeug.wrappers import Response

from bot.console import reports as use
from bot.console.charts import Lines, lines
from bot.console.gate import account, asker, page
from bot.console.reports import Span
from bot.console.rights import Right
from bot.console.sheets import Sheet, download, shown
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.effect.digest import days_of
from bot.effect.telling import told
from bot.errors import InvalidInput, NotFound
from bot.store import audit, campaigns, effect_documents, run_list

KINDS: dict[str, Callable[[Span, Words], Sheet]] = {
    "users": use.users,
    "messages": use.messages,
    "interface": use.interface,
    "campaigns": use.runs,
    "sources": use.follow_sources,
}
TABS = (*KINDS, "lookbacks")
SPANLESS = ("campaigns",)
PAGE = 50
_DRAWN = {
    "users": ("follows", "unfollows", "net"),
    "messages": ("messages", "senders", "calls"),
}


@page("/a/<slug>/reports", Right.LOOK)
def reports(slug: str) -> Response:
    """用户分析, the first of the reports."""
    return _page("users")


@page("/a/<slug>/reports/<kind>", Right.LOOK)
def report(slug: str, kind: str) -> Response:
    """One report: of a span, or the latest runs."""
    if kind == "lookbacks":
        return _lookbacks()
    if kind == "campaigns":
        return _runs()
    return _page(kind) if kind in KINDS else abort(404)


@page("/a/<slug>/reports/<kind>/csv", Right.EXPORT)
def report_csv(slug: str, kind: str) -> Response:
    """The same table as a file; it is in the audit log."""
    make = KINDS.get(kind) or abort(404)
    try:
        span = use.span_of(account(), request.args, asker().now)
    except InvalidInput as error:
        return _page(kind, str(error))
    days = {} if kind in SPANLESS else {"days": f"{span.first}..{span.last}"}
    audit.record(asker().actor, "export", asker().now, detail={"report": kind, **days})
    name = kind if kind in SPANLESS else f"{kind}-{span.first}-{span.last}"
    return download(make(span, words()), f"{slug}-{name}")


@page("/a/<slug>/reports/lookbacks/<ref>/<int:number>", Right.LOOK)
def lookback(slug: str, ref: str, number: int) -> Response:
    """复盘: what a run came to, as it was written down when its time was over."""
    try:
        one = campaigns.by_slug(account().id, ref)
    except NotFound:
        abort(404)
    kept = effect_documents.post_mortem(one.id, number) if number < 2**31 else None
    if kept is None:
        abort(404)
    return _written(one.name, told(kept.document, language()), slug)


@page("/a/<slug>/reports/weeks/<week>", Right.LOOK)
def week_digest(slug: str, week: str) -> Response:
    """周报: a week on one page, as it was mailed."""
    try:
        days_of(week)
    except InvalidInput:
        abort(404)
    kept = effect_documents.digest(account().id, week) or abort(404)
    return _written(words()("con.report.week", week=week), kept.words, slug)


def _written(title: str, text: str, slug: str) -> Response:
    return render("lookback.html", title=title, told=text, slug=slug)


def _page(kind: str, error: str = "") -> Response:
    now, given = asker().now, request.args
    try:
        span = use.span_of(account(), {} if error else given, now)
    except InvalidInput as fault:
        error, span = str(fault), use.span_of(account(), {}, now)
    sheet = KINDS[kind](span, words())
    return _shown(kind, sheet, 422 if error else 200, span=span, error=error)


def _runs() -> Response:
    """活动效果 in pages, each row with the way to its campaign and its post-mortem."""
    asked = request.args.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else run_list.FIRST
    found = run_list.latest(account().id, before, PAGE + 1)
    say, slug = words(), account().slug
    sheet = use.runs(use.span_of(account(), {}, asker().now), say)
    rows = [use.run_row(one, say) for one in found[:PAGE]]
    links = [f"/console/a/{slug}/campaigns/{one.slug}" for one in found[:PAGE]]
    more = found[PAGE - 1].id if len(found) > PAGE else 0
    return _shown("campaigns", Sheet(sheet.heads, rows), links=links, more=more)


def _shown(kind: str, sheet: Sheet, status: int = 200, **more: Any) -> Response:
    rows = [[(shown(cell), not isinstance(cell, str)) for cell in row] for row in sheet.rows]
    say = words()
    return render(
        "report.html",
        status,
        kind=kind,
        tabs=[(tab, say(f"con.report.{tab}")) for tab in TABS],
        heads=sheet.heads,
        rows=rows,
        charts=_charts(kind, more["span"], say) if kind in _DRAWN else [],
        slug=account().slug,
        may_export=asker().may(Right.EXPORT),
        asked=request.args,
        **{"span": None, "links": [], "more": 0, "error": "", **more},
    )


def _charts(kind: str, span: Span, say: Words) -> list[tuple[str, Lines]]:
    days = use.own_days(span)
    labels = [day.day[5:] for day in days]
    series = {say(f"con.key.{name}"): [getattr(day, name) for day in days] for name in _DRAWN[kind]}
    return [(say(f"con.report.{kind}"), lines(labels, series))]


def _lookbacks() -> Response:
    """Post-mortems of the latest runs, and the weeks' digests."""
    of, zone = account(), zone_of(account())
    found = run_list.latest(of.id, limit=PAGE)
    made = [(one, effect_documents.post_mortem(one.campaign_id, one.number)) for one in found]
    say = words()
    return render(
        "lookbacks.html",
        kind="lookbacks",
        tabs=[(tab, say(f"con.report.{tab}")) for tab in TABS],
        slug=of.slug,
        runs=[
            {"slug": one.slug, "name": one.name, "number": one.number,
             "at": shown_at(kept.made_at, zone)}
            for one, kept in made
            if kept is not None
        ],
        weeks=[(one.name, shown_at(one.made_at, zone)) for one in effect_documents.digests(of.id)],
    )  # fmt: skip
