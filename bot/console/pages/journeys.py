"""自动化旅程: the list, and one journey as a flow with who stands where; start, pause, stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import journey as use
from bot.console import kept_figures
from bot.console.flow_faults import refused
from bot.console.flow_view import HEAD, drawn
from bot.console.gate import account, asker, page
from bot.console.journey_lacks import lacks
from bot.console.rights import Right
from bot.console.shell import Words, actor_said, language, render, shown_at, words, zone_of
from bot.errors import HongyanError, NotFound
from bot.journey import installing, reporting
from bot.journey import words as say_of
from bot.journey.definition import Kind, Step
from bot.journey.figures import StepCount, counted, was_moved
from bot.journey.lanes import Lane, lane_of
from bot.journey.sketch import plain, sketch
from bot.segment.catalogue import titles
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
    return redirect(url_for("console.journey_canvas", slug=slug, ref=done.journey.slug))


@page("/a/<slug>/journeys/<ref>", Right.LOOK)
def journey_page(slug: str, ref: str) -> Response:
    """The flow of the latest version, or of ?version=, with how many stand and went where."""
    return _page(found(ref))


@page("/a/<slug>/journeys/<ref>/report", Right.LOOK)
def journey_report(slug: str, ref: str) -> Response:
    """What came of it: who left and how, what was sent, the effect against the held out."""
    one = _with_version(found(ref))
    kept = kept_figures.look(reporting.REPORT, account().id, one.slug, asker().now)
    return render(
        "journey_report.html", one=one, slug=slug, counting=kept is None,
        told="\n".join(kept.document[language()]) if kept else "",
        at=shown_at(kept.at, zone_of(account())) if kept else "",
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
        return _page(one, 409, refused(error, None, words()))
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
            "leads": _leads(one),
            "here": _here(_standing(one)[0]),
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


def _leads(one: JourneyState) -> str:
    """A draft is worked at on its canvas, by who may; one that ran is looked at."""
    works = one.state == DRAFT and asker().may(Right.EDIT)
    return "/canvas" if works or not one.version else ""


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
        steps=list(_steps(lane, counts, known=standing is not None)),
        canvas=_canvas(lane, None if standing is None else counts, f"{own['entered']:,}"),
        chosen=_chosen(lane),
        drafted=who.may(Right.EDIT) and journey_drafts.of_journey(one.id) is not None,
        lacks=_lacks(one, say) if who.may(Right.EDIT) else [],
        seen=_drawn_from(one),
        number=lane.number,
        entered=f"{own['entered']:,}",
        here=_here(standing),
        counting=standing is None,
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


def _drawn_from(one: JourneyState) -> str:
    """Which state of the canvas a change made here is of."""
    draft = journey_drafts.of_journey(one.id)
    return draft.stamp if draft else f"v{one.version}"


def _lacks(one: JourneyState, say: Words) -> list[dict[str, Any]]:
    """What a start would be refused for, before anybody asks for it."""
    if one.state not in (DRAFT, STOPPED):
        return []
    document = store.version(one.id, one.version).document
    looked = sketch(account().id, document, asker().now, zone_of(account()), language())
    return lacks(looked, one.slug, document, say)


def _standing(one: JourneyState) -> tuple[list[Standing] | None, datetime]:
    """Who stands where, and as of when: now where that is quick. None: it is being counted."""
    now = asker().now
    if not one.version:  # never started: nobody is in it
        return [], now
    kept = kept_figures.look(reporting.STANDING, one.account_id, one.slug, now)
    if kept is None:
        return None, now
    return [Standing(*each) for each in kept.document["standing"]], kept.at


def _here(standing: Sequence[Standing] | None) -> str:
    return "…" if standing is None else f"{sum(each.people for each in standing):,}"


def _lane(one: JourneyState) -> Lane:
    asked = request.args.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else one.version
    try:
        return lane_of(one, store.version(one.id, number))
    except NotFound:
        abort(404)


def _lead(lane: Lane) -> list[str]:
    """What leads in and out of it, as sentences: those of its words that are about no step."""
    told = say_of.told(lane.flow, language(), _titles())
    return [line for line in told if not line.startswith(" ")][1:]


def _titles() -> dict[str, str]:
    """What the account calls what its journeys name by slug, asked once a request."""
    found: dict[str, str] | None = g.get("called")
    if found is None:
        found = g.called = titles(account().id)
    return found


def _counts(lane: Lane, standing: Sequence[Standing] | None, versions: Sequence[Version]) -> Counts:
    """Without who stands where nobody can tell who was lost."""
    unknown = standing is None or was_moved(versions, lane.number)
    passed = journey_figures.passed(lane.journey.id)
    return counted(lane.flow, lane.number, passed, standing or (), unknown)


def _steps(lane: Lane, counts: Counts, *, known: bool) -> Iterator[dict[str, Any]]:
    """The steps in the order of the document; numbers are those of this version. known: who stands
    where has been counted."""
    for step in lane.flow.steps.values():
        count = counts[step.id]
        yield {
            "id": step.id,
            "said": say_of.step_said(step, language(), _titles()),
            "note": step.note,
            "here": f"{count.here:,}" if known else "…",
            "held": f"{count.held:,}" if count.held else "",
            "ways": list(_ways(step, count)),
            "end": step.kind is Kind.END,
            "through": f"{count.through:,}",
            "left": "" if count.left is None or step.kind is Kind.END else f"{count.left:,}",
        }


def _ways(step: Step, count: StepCount) -> Iterator[tuple[str, str, str]]:
    """(when, the step that follows, how many took that way)."""
    ways = say_of.ways_said(step, language(), _titles())
    for (way, _), (said, to) in zip(step.ways(), ways, strict=True):
        yield said, to, f"{count.ways.get(way, 0):,}"


def _canvas(lane: Lane, counts: Counts | None, entered: str) -> dict[str, Any]:
    """The version's drawing, without figures where they are being counted; a step leads to its
    figures, or to its form on the canvas."""

    def link(**asked: str) -> str:
        version = str(lane.number) if lane.number != lane.journey.version else None
        values: dict[str, Any] = {**asked, "ref": lane.journey.slug, "version": version}
        return url_for("console.journey_page", slug=account().slug, _anchor="side", **values)

    looked = plain(lane.flow, language(), _titles())
    figures = counts if lane.journey.started_at else None
    return drawn(looked, words(), link, chosen=_chosen(lane), figures=figures, entered=entered)


def _chosen(lane: Lane) -> str:
    asked = request.args.get("step", "")
    return asked if asked == HEAD or asked in lane.flow.steps else ""
