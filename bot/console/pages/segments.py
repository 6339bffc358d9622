"""人群: the list, and one segment with its sentence, its history and why somebody is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import charts
from bot.console.gate import account, asker, page
from bot.console.newer import Newer, newer_of, overtaken
from bot.console.pages.segment_groups import tabs
from bot.console.rights import Right
from bot.console.shell import actor_said, language, render, shown_at, words, zone_of
from bot.errors import HongyanError, NotFound
from bot.segment import catalogue
from bot.segment.cost import cost
from bot.segment.rules import Rule, parse
from bot.segment.sentence import sentence
from bot.store import audit, pseudonyms, segment_lists, segment_sizes, segment_versions
from bot.store import segments as store
from bot.store.db import transaction
from bot.store.segments import SegmentState

_HISTORY = 30
_PINS = 50


@page("/a/<slug>/segments", Right.LOOK)
def segments_list(slug: str) -> Response:
    """All segments with their sentences and sizes."""
    zone, titles = zone_of(account()), catalogue.titles(account().id)
    rows = [
        {
            "slug": one.slug,
            "name": one.name,
            "words": said(parse(one.rule), titles),
            "size": f"{one.size:,}",
            "known": one.refreshed_at is not None,
            "at": shown_at(one.refreshed_at, zone),
            "state": "error" if one.error else "ready" if one.built else "waits",
            "error": one.error,
        }
        for one in store.of_account(account().id)
    ]
    return render(
        "segments.html", rows=rows, slug=slug, tabs=tabs("segments"),
        may_edit=asker().may(Right.EDIT),
    )  # fmt: skip


@page("/a/<slug>/segments/<ref>", Right.LOOK)
def segment_page(slug: str, ref: str) -> Response:
    """One segment: sentence, size, cost, who came and went, versions, where it is used."""
    return segment_with(found(ref))


@page("/a/<slug>/segments/<ref>/restore", Right.EDIT, ("POST",))
def restore_segment(slug: str, ref: str) -> Response:
    """An earlier version is the segment's own again, as an edit of its own."""
    one, who = found(ref), asker()
    number = request.form.get("version", "")
    try:
        wanted = int(number) if number.isdecimal() and len(number) < 9 else 0
        with transaction():
            held = segment_versions.version(one.id, wanted)
            must_be_seen(one, held.name, held.rule)
            catalogue.restore(one.account_id, one.slug, wanted, who.now, who.actor)
    except HongyanError as error:
        return segment_with(found(ref), 409, str(error), newer=newer_of(error))
    note("segment_restore", one.slug)
    return redirect(url_for("console.segment_page", slug=slug, ref=one.slug))


@page("/a/<slug>/segments/<ref>/remove", Right.EDIT, ("POST",))
def remove_segment(slug: str, ref: str) -> Response:
    """Remove it, unless something names it."""
    one = found(ref)
    try:
        catalogue.remove(one.account_id, one.slug)
    except HongyanError as error:
        return segment_with(one, 409, str(error))
    note("segment_remove", one.slug)
    return redirect(url_for("console.segments_list", slug=slug))


@page("/a/<slug>/segments/<ref>/why", Right.PEOPLE)
def segment_why(slug: str, ref: str) -> Response:
    """Why one follower is in the segment, or is not."""
    one, asked = found(ref), request.args.get("follower", "").strip()
    number = int(asked) if asked.isdecimal() and len(asked) < 19 else pseudonyms.read(asked)
    try:
        if number is None:
            raise NotFound(words()("con.followers.bad_number"))
        told = catalogue.why(one.account_id, one.slug, number, asker().now, language())
    except HongyanError as error:
        return segment_with(one, 404, str(error))
    return segment_with(one, why={**told, "follower": asked})


def note(action: str, slug: str, **more: Any) -> None:
    detail = {"account": account().slug, "segment": slug, **more}
    audit.record(asker().actor, action, asker().now, detail=detail)


def found(ref: str) -> SegmentState:
    try:
        return store.by_slug(account().id, ref)
    except NotFound:
        abort(404)


def must_be_seen(one: SegmentState, name: str, rule: Any) -> None:
    """Nobody's edit is written over unseen. In the transaction of the edit. Raises Overtaken."""
    kept = segment_versions.versions(one.id, 1)
    if kept and request.form.get("seen") != str(kept[0].number):
        theirs, mine = (_told(*each) for each in ((kept[0].name, kept[0].rule), (name, rule)))
        back = url_for("console.segment_page", slug=account().slug, ref=one.slug)
        raise overtaken(theirs, mine, kept[0].author, kept[0].at, back=back)


def _told(name: str, rule: Any) -> dict[str, str]:
    """A segment as a conflict shows it: its sentence, or the document where that has none."""
    say, of = words(), account()
    try:
        sentence = said(catalogue.check(of.id, "preview", "preview", rule), catalogue.titles(of.id))
    except HongyanError:
        sentence = json.dumps(rule, ensure_ascii=False)
    return {say("con.newer.name"): name.strip(), say("con.newer.rule"): sentence}


def said(rule: Rule, titles: Mapping[str, str]) -> str:
    return sentence(rule, language(), dict(titles))


def segment_with(
    one: SegmentState,
    status: int = 200,
    error: str = "",
    why: Mapping[str, Any] | None = None,
    newer: Newer | None = None,
) -> Response:
    zone, titles, rule = zone_of(account()), catalogue.titles(one.account_id), parse(one.rule)
    say = words()
    return render(
        "segment.html",
        status,
        one=one,
        newer=newer,
        words=said(rule, titles),
        called=titles,
        size=f"{one.size:,}",
        at=shown_at(one.refreshed_at, zone),
        cost=cost(one.account_id, rule, asker().now),
        changes=[
            {
                "who": pseudonyms.of(each.follower_id),
                "id": each.follower_id,
                "at": shown_at(each.at, zone),
                "entered": each.entered,
            }
            for each in store.changes(one.id, _HISTORY)
        ],
        versions=[
            {"number": held.number, "at": shown_at(held.at, zone),
             "by": actor_said(held.author, say), "words": said(parse(held.rule), titles)}
            for held in segment_versions.versions(one.id, _HISTORY)
        ],
        uses=catalogue.used_by(one.account_id, one.slug),
        chart=_chart(one),
        pins=[
            {"who": pseudonyms.of(pin.follower_id), "id": pin.follower_id, "in": pin.included,
             "at": shown_at(pin.at, zone), "by": actor_said(pin.author, say),
             "reason": pin.reason}
            for pin in segment_lists.pins(one.id, _PINS)
        ],
        keys=segment_lists.NAMES,
        is_list=one.rule == {"list": one.slug},
        error=error or one.error,
        why=why,
        may_edit=asker().may(Right.EDIT),
        may_look=asker().may(Right.PEOPLE),
    )  # fmt: skip


def _chart(one: SegmentState) -> charts.Lines | None:
    """Its size day by day, with today's as it is now; None before there are two days."""
    days = dict(segment_sizes.of(one.id))
    days[f"{asker().now.astimezone(zone_of(account())):%Y-%m-%d}"] = one.size
    if len(days) < 2:
        return None
    labels = [day[5:] for day in days]
    return charts.lines(labels, {words()("con.segment.size"): list(days.values())})
