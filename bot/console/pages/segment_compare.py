"""人群包对比: two to four segments beside each other, and what one sees saved as a segment."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.pages.segment_groups import tabs
from bot.console.pages.segments import note
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, NotFound
from bot.segment.comparing import chosen, combine, compared
from bot.store import segments
from bot.store.looks import Look
from bot.store.segment_overlap import MOST
from bot.store.segments import SegmentState


@page("/a/<slug>/segment-compare", Right.LOOK)
def segment_compare(slug: str) -> Response:
    """Every region with its exact count; big ones as they were counted last."""
    asked = [one for one in request.args.getlist("s") if one]
    try:
        if len(asked) < 2:  # one that is chosen already waits for another
            return _page([segments.by_slug(account().id, one) for one in asked], None)
        some = chosen(account().id, asked)
    except HongyanError as error:
        return _page([], None, 404 if isinstance(error, NotFound) else 422, _said(error))
    return _page(some, compared(some, asker().now))


@page("/a/<slug>/segment-compare/count", Right.LOOK, ("POST",))
def segment_compare_count(slug: str) -> Response:
    """Count big segments in the background."""
    asked = request.form.getlist("s")
    try:
        some = chosen(account().id, asked)
    except HongyanError as error:
        return _page([], None, 404 if isinstance(error, NotFound) else 422, _said(error))
    wanted = {"segments": [one.slug for one in some]}
    task = begin("overlap", wanted)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/segment-compare/save", Right.EDIT, ("POST",))
def segment_compare_save(slug: str) -> Response:
    """交, 并, 差, or one region, as a segment of its own."""
    who, form = asker(), request.form
    some: list[SegmentState] = []
    try:
        some = chosen(account().id, form.getlist("s"))
        made = combine(
            some, form.get("operation", ""), form.get("slug", "").strip(),
            form.get("name", "").strip(), who.now, who.actor,
        )  # fmt: skip
    except HongyanError as error:
        found = compared(some, who.now) if some else None
        return _page(some, found, 404 if isinstance(error, NotFound) else 422, _said(error))
    note("segment_define", made.slug)
    return redirect(url_for("console.segment_page", slug=slug, ref=made.slug))


def _said(error: HongyanError) -> str:
    field = getattr(error, "field", "")
    return words()("con.compare.few", most=MOST) if field == "s" else str(error)


def _page(
    some: list[SegmentState], found: Look | None, status: int = 200, error: str = ""
) -> Response:
    every = segments.of_account(account().id)
    slugs = [one.slug for one in some]
    document = found.document if found else None
    return render(
        "segment_compare.html",
        status,
        slug=account().slug,
        tabs=tabs("compare"),
        every=every,
        places=[slugs[place] if place < len(slugs) else "" for place in range(MOST)],
        some=some,
        error=error,
        at=shown_at(found.made_at, zone_of(account())) if found else "",
        regions=_regions(document) if document else [],
        pairs=_pairs(document) if document else [],
        sizes=[f"{one['size']:,}" for one in document["segments"]] if document else [],
        may_edit=asker().may(Right.EDIT),
    )


def _regions(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The greatest first."""
    count, whole = len(document["segments"]), sum(document["regions"].values()) or 1
    rows = sorted(document["regions"].items(), key=lambda one: -one[1])
    return [
        {
            "mask": mask,
            "inside": [bool(int(mask) >> place & 1) for place in range(count)],
            "many": f"{many:,}",
            "share": round(100 * many / whole, 1),
        }
        for mask, many in rows
    ]


def _pairs(document: dict[str, Any]) -> list[list[str]]:
    """Row by column: of the row's members how many are in the column's, too."""
    some, regions = document["segments"], document["regions"]
    return [
        [
            _of(
                sum(many for mask, many in regions.items()
                    if int(mask) >> row & 1 and int(mask) >> column & 1),
                some[row]["size"],
            )
            for column in range(len(some))
        ]
        for row in range(len(some))
    ]  # fmt: skip


def _of(part: int, whole: int) -> str:
    return f"{part:,}（{100 * part / whole:.1f}%）" if whole else "0"
