"""RFM 九宫格 and 群组: segments that are reckoned from everybody, by what was bought and by being
alike."""

from __future__ import annotations

from math import expm1
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Link, render, shown_at, words, zone_of
from bot.console.tabs import tabs_of
from bot.console.work import begin
from bot.profile import clusters, rfm_groups
from bot.profile.clusters import MOST_CLUSTERS
from bot.profile.rfm_groups import CLASSES
from bot.store import audit, groupings, segments
from bot.store.segments import SegmentState

TABS = {"segments": "segments_list", "rfm": "segment_rfm", "clusters": "segment_clusters",
        "compare": "segment_compare"}  # fmt: skip
FAMILIES = (rfm_groups.KIND, clusters.KIND)
# What tells clusters apart, as the vector has it; a logarithm is shown as the figure that it is of.
_SHOWN = ("recency_days", "tenure_days", "messages_log", "clicks_log", "orders_log",
          "spent_yuan_log", "redeem_rate", "evening_share", "weekend_share")  # fmt: skip
_LOGGED = ("recency_days", "tenure_days")


@page("/a/<slug>/segment-groups/rfm", Right.LOOK)
def segment_rfm(slug: str) -> Response:
    """The grid: recency and frequency down, money across; each cell is a segment."""
    states = _states()
    sizes = {of: _size(states, CLASSES[of][0]) for of in CLASSES}
    buyers = sum(sizes.values())
    rows = [
        {
            "said": words()(f"con.rfm.{'recent' if recent else 'silent'}"),
            "often": words()(f"con.rfm.{'often' if often else 'seldom'}"),
            "cells": [
                _cell(states, (recent, often, much), sizes[recent, often, much], buyers)
                for much in (True, False)
            ],
        }
        for recent in (True, False)
        for often in (True, False)
    ]
    return render("segment_rfm.html", rows=rows, buyers=f"{buyers:,}", **_head("rfm"))


@page("/a/<slug>/segment-groups/clusters", Right.LOOK)
def segment_clusters(slug: str) -> Response:
    """The clusters with what tells them from each other; each is a segment."""
    states = _states()
    held = groupings.noted(account().id, clusters.KIND) or {"clusters": [], "features": []}
    whole = sum(_size(states, one["slug"]) for one in held["clusters"]) or 1
    rows = [
        {
            "slug": one["slug"],
            "name": states[one["slug"]].name if one["slug"] in states else one["name"],
            "size": f"{_size(states, one['slug']):,}",
            "share": round(100 * _size(states, one["slug"]) / whole, 1),
            "values": _values(held["features"], one["centre"]),
        }
        for one in held["clusters"]
    ]
    heads = [words()(f"con.cluster.{name}") for name in _SHOWN]
    return render(
        "segment_clusters.html", rows=rows, heads=heads, most=MOST_CLUSTERS, **_head("clusters")
    )


@page("/a/<slug>/segment-groups/make", Right.EDIT, ("POST",))
def segment_groups_make(slug: str) -> Response:
    """Make a family, or bring it up to date, in the background; from then on every night does."""
    who, family = asker(), request.form.get("family", "")
    if family not in FAMILIES:
        family = rfm_groups.KIND
    k = request.form.get("k", "")
    wanted = int(k) if k.isdecimal() and len(k) < 3 else 0
    asked = {"family": family, "k": wanted}
    task = begin("groups", asked)
    audit.record(who.actor, "segment_groups", who.now, detail=asked)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def tabs(here: str) -> list[Link]:
    """The pages that belong together; `here`: the name of this one."""
    return tabs_of(((f"con.segment.tab.{one}", name) for one, name in TABS.items()), TABS[here])


def _head(kind: str) -> dict[str, Any]:
    at = groupings.noted_at(account().id, kind)
    return {
        "slug": account().slug,
        "tabs": tabs(kind),
        "at": shown_at(at, zone_of(account())) if at else "",
        "may_edit": asker().may(Right.EDIT),
    }


def _states() -> dict[str, SegmentState]:
    return {one.slug: one for one in segments.of_account(account().id)}


def _size(states: dict[str, SegmentState], slug: str) -> int:
    return states[slug].size if slug in states else 0


def _cell(
    states: dict[str, SegmentState], of: tuple[bool, bool, bool], size: int, whole: int
) -> dict[str, Any]:
    slug, name = CLASSES[of]
    return {
        "slug": slug if slug in states else "",
        "name": states[slug].name if slug in states else name,
        "size": f"{size:,}",
        "share": f"{100 * size / whole:.0f}%" if whole else "–",
    }


def _values(features: list[str], centre: list[float]) -> list[str]:
    found = dict(zip(features, centre, strict=False))
    return [_value(name, found.get(name)) for name in _SHOWN]


def _value(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    if name.endswith(("_rate", "_share")):
        return f"{value:.0%}"
    logged = name.endswith("_log") or name in _LOGGED
    return f"{expm1(value) if logged else value:,.1f}"
