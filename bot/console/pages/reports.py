"""数据分析: tables and trends of a span of days, each also as a file; and what was looked back."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import funnels, ranking
from bot.console import reports as use
from bot.console.gate import account, asker, page
from bot.console.report_keys import keys
from bot.console.report_kinds import KINDS
from bot.console.reports import Span
from bot.console.rights import Right
from bot.console.sections import Section, table
from bot.console.sheets import Sheet, download
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.effect import windows
from bot.effect.digest import days_of
from bot.effect.telling import told
from bot.errors import InvalidInput, NotFound
from bot.store import audit, campaigns, effect_documents, run_list

RUNS = "runs"  # every run there was, a page at a time
TABS = (*KINDS, "lookbacks", "orders")
PAGE = 50
MOST_ROWS = 100  # of a table on a page; its file has all
CHOICES = 300  # campaigns that the funnel's form offers


@page("/a/<slug>/reports", Right.LOOK)
def reports(slug: str) -> Response:
    """用户分析, the first of the reports."""
    return _page("users")


@page("/a/<slug>/reports/<kind>", Right.LOOK)
def report(slug: str, kind: str) -> Response:
    """One report: of a span, or every run."""
    if kind == "lookbacks":
        return _lookbacks()
    if kind == RUNS:
        return _runs()
    return _page(kind) if kind in KINDS else abort(404)


@page("/a/<slug>/reports/<kind>/csv", Right.EXPORT)
def report_csv(slug: str, kind: str) -> Response:
    """A table of the report as a file, ?part= of several; it is in the audit log."""
    if kind not in KINDS and kind != RUNS:
        abort(404)
    part = request.args.get("part", "")
    try:
        span = use.span_of(account(), request.args, asker().now)
        found = None if kind == RUNS else _part(kind, part, span)
    except InvalidInput as error:
        return _page(kind, str(error)) if kind in KINDS else abort(404)
    if found and found.counting:  # a file of it would lack what the page says is on its way
        there = url_for("console.report", slug=slug, kind=kind)
        return redirect(f"{there}?{request.query_string.decode()}")
    sheet = found.sheet if found else use.runs(span, words())
    name = kind if kind == RUNS else f"{kind}-{span.first}-{span.last}"
    days = {} if kind == RUNS else {"days": f"{span.first}..{span.last}"}
    named = {"part": part} if part else {}
    audit.record(asker().actor, "export", asker().now, detail={"report": kind, **days, **named})
    return download(sheet, f"{slug}-{name}{part and f'-{part}'}")


def _part(kind: str, part: str, span: Span) -> Section:
    """Raises InvalidInput."""
    found = {one.name: one for one in _sections(kind, span)}
    return found[part] if part in found else abort(404)


def _sections(kind: str, span: Span) -> list[Section]:
    """Raises InvalidInput."""
    given = {**request.args.to_dict(), "people": f"/console/a/{account().slug}/reports/people"}
    try:
        return KINDS[kind](span, words(), given)
    except NotFound:
        abort(404)


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
    unpriced = kept.document.get("margin_permille") is None and asker().may(Right.SETTINGS)
    margin = url_for("console.sending_rules", slug=slug, _anchor="margin") if unpriced else ""
    return _written(one.name, told(kept.document, language()), slug, margin)


@page("/a/<slug>/reports/weeks/<week>", Right.LOOK)
def week_digest(slug: str, week: str) -> Response:
    """周报: a week on one page, as it was mailed."""
    try:
        days_of(week)
    except InvalidInput:
        abort(404)
    kept = effect_documents.digest(account().id, week) or abort(404)
    return _written(words()("con.report.week", week=week), kept.words, slug)


def _written(title: str, text: str, slug: str, margin: str = "") -> Response:
    """`margin`: where it can be said, while it is not."""
    return render("lookback.html", title=title, told=text, slug=slug, margin=margin)


def _page(kind: str, error: str = "") -> Response:
    now = asker().now
    try:
        span = use.span_of(account(), {} if error else request.args, now)
        span = _of_campaign(span) if kind == "funnel" and not error else span
        sections = _sections(kind, span)
    except InvalidInput as fault:
        error, span = error or str(fault), use.span_of(account(), {}, now)
        sections = KINDS[kind](span, words(), {})
    return _shown(kind, sections, 422 if error else 200, span=span, error=error,
                  keys=keys(kind, span, words()))  # fmt: skip


def _of_campaign(span: Span) -> Span:
    """The days on which the campaign sent, where the funnel of one is asked for and no days are."""
    given = request.args
    if not given.get("campaign") or any(given.get(one) for one in ("since", "until", "days")):
        return span
    try:
        return funnels.days_of(span, given["campaign"][:64])
    except NotFound:
        abort(404)


def _runs() -> Response:
    """Every run in pages, each row with the way to its campaign."""
    asked = request.args.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else run_list.FIRST
    found = run_list.latest(account().id, before, PAGE + 1)
    say, slug = words(), account().slug
    sheet = use.runs(use.span_of(account(), {}, asker().now), say)
    rows = [use.run_row(one, zone_of(account()), say) for one in found[:PAGE]]
    links = {
        (at, 0): f"/console/a/{slug}/campaigns/{one.slug}" for at, one in enumerate(found[:PAGE])
    }
    more = found[PAGE - 1].id if len(found) > PAGE else 0
    section = Section("", say("con.report.runs_all"), Sheet(sheet.heads, rows), links=links)
    return _shown(RUNS, [section], more=more)


def _shown(kind: str, sections: list[Section], status: int = 200, **more: Any) -> Response:
    say, of = words(), account()
    parts = []
    for one in sections:
        rows = table(one)
        parts.append({"one": one, "rows": rows[:MOST_ROWS], "left": max(0, len(rows) - MOST_ROWS)})
    return render(
        "report.html",
        status,
        kind=kind,
        tabs=tabs(),
        parts=parts,
        slug=of.slug,
        may_export=asker().may(Right.EXPORT),
        asked=request.args,
        typed=use.typed(request.args),
        presets=use.PRESETS,
        windows=windows.WINDOWS,
        usual_window=windows.USUAL_WINDOW,
        sorts=[(one, say(f"con.report.head.{one}")) for one in ranking.SORTS],
        campaigns=run_list.ever_ran(of.id, CHOICES) if kind == "funnel" else [],
        **{"span": None, "more": 0, "error": "", "keys": [], **more},
    )


def tabs() -> list[tuple[str, str]]:
    """The reports that one may see."""
    say, taken_away = words(), asker().may(Right.EXPORT)
    return [(tab, say(f"con.report.{tab}")) for tab in TABS if tab != "orders" or taken_away]


def _lookbacks() -> Response:
    """Post-mortems of the latest runs, and the weeks' digests."""
    of, zone = account(), zone_of(account())
    found = run_list.latest(of.id, limit=PAGE)
    made = [(one, effect_documents.post_mortem(one.campaign_id, one.number)) for one in found]
    return render(
        "lookbacks.html",
        kind="lookbacks",
        tabs=tabs(),
        slug=of.slug,
        runs=[
            {"slug": one.slug, "name": one.name, "number": one.number,
             "at": shown_at(kept.made_at, zone)}
            for one, kept in made
            if kept is not None
        ],
        weeks=[(one.name, shown_at(one.made_at, zone)) for one in effect_documents.digests(of.id)],
    )  # fmt: skip
