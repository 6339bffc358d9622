"""自动化旅程: the list, and one journey as a flow with who stands where; start, pause, stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import journey as use
from bot.console.flow_view import HEAD, drawn
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import actor_said, language, render, shown_at, words, zone_of
from bot.effect import keeping
from bot.errors import HongyanError, NotFound
from bot.journey import installing, reporting
from bot.journey import words as say_of
from bot.journey.definition import Kind, Step
from bot.journey.figures import StepCount, counted, was_moved
from bot.journey.lanes import Lane, lane_of
from bot.journey.sketch import plain
from bot.store import audit, journey_drafts, journey_figures
from bot.store import journeys as store
from bot.store.journey_figures import Standing
from bot.store.journeys import DRAFT, PAUSED, RUNNING, STOPPED, JourneyState, Version

ACTS: Mapping[str, tuple[str, ...]] = {
    DRAFT: ("start",), RUNNING: ("pause", "stop"), PAUSED: ("resume", "stop"), STOPPED: ("start",),
}  # fmt: skip
SURE = ("start", "stop")
_COLOURS = {DRAFT: "secondary", RUNNING: "green", PAUSED: "yellow", STOPPED: "secondary"}
_VERSIONS = 30
Counts = Mapping[str, StepCount]


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
    kept = keeping.answer(
        reporting.REPORT, account().id, one.slug, asker().now, reporting.count_report
    )
    return render(
        "journey_report.html", one=one, told="\n".join(kept.document[language()]), slug=slug,
        at=shown_at(kept.at, zone_of(account())),
    )  # fmt: skip


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
            "here": f"{sum(each.people for each in _standing(one)[0]):,}",
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
    standing, counted_at = _standing(one)
    versions = store.versions(one.id)
    counts = _counts(lane, standing, versions)
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
        steps=list(_steps(lane, counts)),
        canvas=_canvas(lane, counts, f"{own['entered']:,}"),
        chosen=_chosen(lane),
        drafted=who.may(Right.EDIT) and journey_drafts.of_journey(one.id) is not None,
        number=lane.number,
        entered=f"{own['entered']:,}",
        here=f"{sum(each.people for each in standing):,}",
        as_of=shown_at(counted_at, zone) if counted_at < who.now else "",
        away=[
            (say_of.away_said(way.removeprefix("away:"), language()), f"{people:,}")
            for way, people in sorted(own.items())
            if way.startswith("away:")
        ],
        versions=[
            {"number": held.number, "at": shown_at(held.at, zone),
             "by": actor_said(held.author, say), "policy": say(f"con.journey.policy.{held.policy}")}
            for held in versions[:_VERSIONS]
        ],
        acts=acts if who.may(Right.RUN) else [],
        sure=SURE,
        may_edit=who.may(Right.EDIT),
        error=error,
    )  # fmt: skip


def _standing(one: JourneyState) -> tuple[list[Standing], datetime]:
    """Who stands where, and as of when: now where that is quick."""
    kept = keeping.answer(reporting.STANDING, one.account_id, one.slug, asker().now,
                          reporting.count_standing)  # fmt: skip
    return [Standing(*each) for each in kept.document["standing"]], kept.at


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


def _counts(lane: Lane, standing: Sequence[Standing], versions: Sequence[Version]) -> Counts:
    moved = was_moved(versions, lane.number)
    return counted(lane.flow, lane.number, journey_figures.passed(lane.journey.id), standing, moved)


def _steps(lane: Lane, counts: Counts) -> Iterator[dict[str, Any]]:
    """The steps in the order of the document; numbers are those of this version."""
    for step in lane.flow.steps.values():
        count = counts[step.id]
        yield {
            "id": step.id,
            "said": say_of.step_said(step, language()),
            "note": step.note,
            "here": f"{count.here:,}",
            "held": f"{count.held:,}" if count.held else "",
            "ways": list(_ways(step, count)),
            "end": step.kind is Kind.END,
            "through": f"{count.through:,}",
            "left": "" if count.left is None or step.kind is Kind.END else f"{count.left:,}",
        }


def _ways(step: Step, count: StepCount) -> Iterator[tuple[str, str, str]]:
    """(when, the step that follows, how many took that way)."""
    for (way, _), (said, to) in zip(step.ways(), say_of.ways_said(step, language()), strict=True):
        yield said, to, f"{count.ways.get(way, 0):,}"


def _canvas(lane: Lane, counts: Counts, entered: str) -> dict[str, Any]:
    """The version's drawing; a step leads to its figures, or to its form on the canvas."""

    def link(**asked: str) -> str:
        version = str(lane.number) if lane.number != lane.journey.version else None
        values: dict[str, Any] = {**asked, "ref": lane.journey.slug, "version": version}
        return url_for("console.journey_page", slug=account().slug, _anchor="side", **values)

    looked = plain(lane.flow, language())
    figures = counts if lane.journey.started_at else None
    return drawn(looked, words(), link, chosen=_chosen(lane), figures=figures, entered=entered)


def _chosen(lane: Lane) -> str:
    asked = request.args.get("step", "")
    return asked if asked == HEAD or asked in lane.flow.steps else ""
