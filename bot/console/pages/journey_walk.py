"""带一个粉丝走一遍: the way that one follower would go, drawn on the canvas. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from bot.console.flow_view import HEAD, drawn
from bot.console.gate import account, asker, page
from bot.console.pages.journey_canvas import document_of
from bot.console.pages.journeys import found
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.journey import walking
from bot.journey.advance import is_held_out
from bot.journey.definition import SEND_WAYS, Flow
from bot.journey.simulating import MadeUp, Shown, a_follower, happening, outcomes_of, simulate
from bot.journey.sketch import Sketch, sketch
from bot.journey.words import outcome_said, ways_said
from bot.store import audit, followers, pseudonyms
from bot.store import journeys as store
from bot.store.journeys import JourneyState

_LONGEST = 2_000  # characters of a field
_MOST_EVENTS = 50


@page("/a/<slug>/journeys/<ref>/walk", Right.LOOK)
def journey_walk(slug: str, ref: str) -> Response:
    """By the latest version, or by the draft where that is asked for; `go` walks."""
    one = found(ref)
    document = _document(one)
    looked = sketch(account().id, document, asker().now, zone_of(account()), language())
    walk: list[Shown] = []
    notes: list[str] = []
    error = ""
    if looked.flow is None or not looked.whole:
        error = words()("con.walk.broken")
    elif request.args.get("go"):
        try:
            who, notes = _who(looked.flow, words())
            walk = list(_walked(looked.flow, who, looked.titles))
        except HongyanError as refused:
            error = str(refused)
    return render(
        "journey_walk.html",
        422 if error and request.args.get("go") else 200,
        one=one,
        slug=slug,
        canvas=drawn(looked, words(), _link(one), walked=_places(walk)),
        sends=[(id_, words()("con.walk.outcome", step=id_))
               for id_ in (looked.flow.sends() if looked.flow else ())],
        ways=[(way, words()(f"journey.way.{way}")) for way in SEND_WAYS],
        given=request.args,
        lines=_lines(looked, walk),
        notes=notes,
        error=error,
        may_look=asker().may(Right.PEOPLE),
        draft=request.args.get("draft", ""),
    )  # fmt: skip


def _document(one: JourneyState) -> dict[str, Any]:
    if request.args.get("draft") and asker().may(Right.EDIT):
        return document_of(one)[1]
    if not one.version:
        abort(404)
    return store.version(one.id, one.version).document


def _who(flow: Flow, say: Words) -> tuple[MadeUp, list[str]]:
    """The follower, and what keeps him from coming in. Raises InvalidInput."""
    asked, now = request.args, asker().now
    outcomes = outcomes_of(
        [f"{id_}={word}" for id_ in flow.sends() if (word := asked.get(f"o-{id_}", ""))]
    )
    named = asked.get("who", "").strip()
    if not named:
        number = asked.get("number", "1")
        facts = a_follower(
            now,
            int(number) if number.isdecimal() and 0 < len(number) < 10 else 1,
            _listed("tags"),
            {name: _share(value) for name, value in _pairs("interests")},
            dict(_pairs("attributes")),
        )
        return MadeUp(facts, outcomes, now=now), _notes(flow, MadeUp(facts, now=now), True, say)
    follower_id = _known(named, say)
    who = walking.as_is(flow, account().id, follower_id, now, outcomes)
    audit.record(asker().actor, "journey_walk", now, follower_id=follower_id,
                 detail={"journey": flow.slug})  # fmt: skip
    return who, _notes(flow, who, who.facts.subscribed, say)


def _known(named: str, say: Words) -> int:
    """The follower by the name that the console shows. Raises InvalidInput."""
    if not asker().may(Right.PEOPLE):
        raise InvalidInput(say("con.walk.people"), "who")
    follower_id = pseudonyms.read(named)
    try:
        held = followers.get(follower_id) if follower_id else None
    except NotFound:
        held = None
    if held is None or held.account_id != account().id or held.erased_at is not None:
        raise InvalidInput(say("con.walk.unknown", who=named[:40]), "who")
    return held.id


def _notes(flow: Flow, who: MadeUp, subscribed: bool, say: Words) -> list[str]:
    found = [] if subscribed else [say("con.walk.not_subscribed")]
    found += [] if walking.fits(flow, who) else [say("con.walk.not_in")]
    return found + ([say("con.walk.held")] if is_held_out(flow, who.facts.id) else [])


def _walked(flow: Flow, who: MadeUp, titles: Mapping[str, str]) -> Sequence[Shown]:
    lines = request.args.get("events", "")[:_LONGEST].splitlines()
    happens = [happening(line) for line in lines[:_MOST_EVENTS] if line.strip()]
    zone, now = zone_of(account()), asker().now
    lang = language()
    return list(simulate(flow, who, happens, now, zone=zone, lang=lang, titles=titles))


def _listed(name: str) -> list[str]:
    text = request.args.get(name, "")[:_LONGEST].replace("，", ",")
    return [one.strip() for one in text.split(",") if one.strip()]


def _pairs(name: str) -> list[tuple[str, str]]:
    """NAME=VALUE. Raises InvalidInput."""
    found = [(key.strip(), value.strip()) for key, _, value in
             (one.partition("=") for one in _listed(name))]  # fmt: skip
    if any(not key or not value for key, value in found):
        raise InvalidInput(f"{name}: 名称=值 (NAME=VALUE)", name)
    return found


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput(f"{text[:20]}: 0–1", "interests") from None


def _places(walk: Sequence[Shown]) -> dict[str, list[int]]:
    """Box -> its places on the way. A wait is passed and told of twice: it has one place."""
    found: dict[str, list[int]] = {HEAD: [0]} if walk else {}
    place, last = 0, ""
    for one in walk:
        if one.step and one.step != last:
            place += 1
            found.setdefault(one.step, []).append(place)
        last = one.step or last
    return found


def _lines(looked: Sketch, walk: Sequence[Shown]) -> list[dict[str, str]]:
    zone = zone_of(account())
    return [
        {
            "at": shown_at(one.at, zone),
            "step": one.step,
            "said": _said(one),
            "way": _way(looked, one),
        }
        for one in walk
    ]


def _said(one: Shown) -> str:
    """Where it leads out, how; a wait that is passed was told of when it began."""
    if not one.step:
        return words()("con.walk.left", why=outcome_said(one.said, language()))
    return one.said or words()("con.walk.waited")


def _way(looked: Sketch, one: Shown) -> str:
    step = looked.flow.steps.get(one.step) if looked.flow else None
    if step is None or not one.way:
        return ""
    said: Mapping[str, str] = {
        way: text for (way, _), (text, _) in
        zip(step.ways(), ways_said(step, language(), looked.titles), strict=True)
    }  # fmt: skip
    return said.get(one.way) or _past(one.way)


def _past(way: str) -> str:
    return words()(f"journey.past.{way}") if way in ("again", "held_out") else ""


def _link(one: JourneyState) -> Any:
    def link(**asked: Any) -> str:
        return url_for(
            "console.journey_page", slug=account().slug, ref=one.slug, _anchor="side", **asked
        )

    return link
