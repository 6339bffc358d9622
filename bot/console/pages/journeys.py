"""自动化旅程: the list, and one journey as a flow with who stands where; start, pause, stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import journey as use
from bot.console.gate import account, asker, page
from bot.console.pages.audit_log import actor_said
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.errors import HongyanError, NotFound
from bot.journey import installing, reporting
from bot.journey import words as say_of
from bot.journey.definition import Kind, Step
from bot.journey.lanes import Lane, lane_of
from bot.store import audit, journey_figures, journey_runs
from bot.store import journeys as store
from bot.store.journey_figures import Standing
from bot.store.journeys import DRAFT, PAUSED, RUNNING, STOPPED, JourneyState

ACTS: Mapping[str, tuple[str, ...]] = {
    DRAFT: ("start",), RUNNING: ("pause", "stop"), PAUSED: ("resume", "stop"), STOPPED: ("start",),
}  # fmt: skip
SURE = ("start", "stop")
_COLOURS = {DRAFT: "secondary", RUNNING: "green", PAUSED: "yellow", STOPPED: "secondary"}
_VERSIONS = 30


@page("/a/<slug>/journeys", Right.LOOK)
def journeys(slug: str) -> Response:
    """All journeys, and the ready-made ones that can be put there."""
    return _list()


@page("/a/<slug>/journeys/install", Right.EDIT, ("POST",))
def install_journey(slug: str) -> Response:
    """A trade's welcome journey as a draft; one of its name that is there is left alone."""
    who = asker()
    try:
        done = installing.install(
            account().id, request.form.get("trade", ""), who.now, who.actor[:64]
        )
    except HongyanError as error:
        return _list(422, str(error))
    note("journey_install", done.journey, new=done.new)
    return redirect(url_for("console.journey_edit", slug=slug, ref=done.journey.slug))


@page("/a/<slug>/journeys/<ref>", Right.LOOK)
def journey_page(slug: str, ref: str) -> Response:
    """The flow of the latest version, or of ?version=, with how many stand and went where."""
    return _page(found(ref))


@page("/a/<slug>/journeys/<ref>/report", Right.LOOK)
def journey_report(slug: str, ref: str) -> Response:
    """What came of it: who left and how, what was sent, the effect against the held out."""
    one = _with_version(found(ref))
    told = reporting.report(account().id, one.slug, asker().now, language())
    lines = "\n".join(reporting.lines(told, language()))
    return render("journey_report.html", one=one, told=lines, slug=slug)


@page("/a/<slug>/journeys/<ref>/act", Right.RUN, ("POST",))
def journey_act(slug: str, ref: str) -> Response:
    """Start, pause, resume, stop; a refusal keeps it as it was and says why."""
    one, who, act = found(ref), asker(), request.form.get("act", "")
    orders: dict[str, Callable[[int, str, datetime], JourneyState]] = {
        "start": use.start, "pause": use.pause, "resume": use.resume, "stop": use.stop,
    }  # fmt: skip
    if act not in ACTS[one.state]:
        return _page(one, 409, words()("con.journey.moved"))
    try:
        moved = orders[act](account().id, one.slug, who.now)
    except HongyanError as error:
        return _page(one, 409, str(error))
    note(f"journey_{act}", moved, version=moved.version)
    return redirect(url_for("console.journey_page", slug=slug, ref=one.slug))


def found(ref: str) -> JourneyState:
    try:
        return store.by_slug(account().id, ref)
    except NotFound:
        abort(404)


def note(action: str, one: JourneyState, **more: object) -> None:
    audit.record(asker().actor, action, asker().now, detail={"journey": one.slug, **more})


def state_said(state: str) -> str:
    return words()(f"journey.state.{state}")


def _with_version(one: JourneyState) -> JourneyState:
    return one if one.version else abort(404)


def _list(status: int = 200, error: str = "") -> Response:
    rows = [
        {
            "slug": one.slug,
            "name": one.name,
            "state": state_said(one.state),
            "colour": _COLOURS[one.state],
            "version": one.version,
            "here": f"{journey_runs.count_active(one.id):,}",
            "at": shown_at(one.updated_at, zone_of(account())),
            "error": one.error,
        }
        for one in store.of_account(account().id)
    ]
    trades = [(trade, words()(f"con.trade.{trade}")) for trade in installing.TRADES]
    return render(
        "journeys.html", status, rows=rows, trades=trades, slug=account().slug, error=error,
        may_edit=asker().may(Right.EDIT),
    )  # fmt: skip


def _page(one: JourneyState, status: int = 200, error: str = "") -> Response:
    who, say, zone = asker(), words(), zone_of(account())
    lane = _lane(_with_version(one))
    standing = journey_figures.standing(one.id)
    own = Counter[str]()
    for each in journey_figures.passed(one.id):
        if not each.step:
            own[each.way] += each.people
    acts = [
        (act, say(f"con.journey.do.{act}"), say(f"con.journey.sure.{act}", name=one.name))
        for act in ACTS[one.state]
    ]
    return render(
        "journey.html",
        status,
        one=one,
        slug=account().slug,
        state=state_said(one.state),
        colour=_COLOURS[one.state],
        lead=_lead(lane),
        steps=list(_steps(lane, standing)),
        number=lane.number,
        entered=f"{own['entered']:,}",
        here=f"{sum(each.people for each in standing):,}",
        away=[
            (say_of.away_said(way.removeprefix("away:"), language()), f"{people:,}")
            for way, people in sorted(own.items())
            if way.startswith("away:")
        ],
        versions=[
            {"number": held.number, "at": shown_at(held.at, zone),
             "by": actor_said(held.author, say), "policy": say(f"con.journey.policy.{held.policy}")}
            for held in store.versions(one.id)[:_VERSIONS]
        ],
        acts=acts if who.may(Right.RUN) else [],
        sure=SURE,
        may_edit=who.may(Right.EDIT),
        error=error,
    )  # fmt: skip


def _lane(one: JourneyState) -> Lane:
    asked = request.args.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else one.version
    try:
        return lane_of(one, store.version(one.id, number))
    except NotFound:
        abort(404)


def _lead(lane: Lane) -> list[str]:
    """What leads in and out of it, as sentences: those of its words that are about no step."""
    return [line for line in say_of.told(lane.flow, language()) if not line.startswith(" ")][1:]


def _steps(lane: Lane, standing: Sequence[Standing]) -> Iterator[dict[str, Any]]:
    """The steps in the order of the document; numbers are those of this version."""
    here = {one.step: one.people for one in standing if one.version == lane.number}
    went, held = Counter[tuple[str, str]](), Counter[str]()
    for one in journey_figures.passed(lane.journey.id):
        if one.version == lane.number and one.held_out:
            held[one.step] += one.people
        elif one.version == lane.number:
            went[one.step, one.way] += one.people
    for step in lane.flow.steps.values():
        yield {
            "id": step.id,
            "said": say_of.step_said(step, language()),
            "note": step.note,
            "here": f"{here.get(step.id, 0):,}",
            "held": f"{held[step.id]:,}" if held[step.id] else "",
            "ways": list(_ways(step, went)),
            "end": step.kind is Kind.END,
            "through": f"{sum(many for (name, _), many in went.items() if name == step.id):,}",
        }


def _ways(step: Step, went: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, str]]:
    """(when, the step that follows, how many took that way)."""
    for (way, _), (said, to) in zip(step.ways(), say_of.ways_said(step, language()), strict=True):
        yield said, to, f"{went.get((step.id, way), 0):,}"
