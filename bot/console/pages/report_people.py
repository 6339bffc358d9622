"""Who is behind a number of the funnel, a page at a time; kept as a segment where a rule can."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import abort, request
from werkzeug.wrappers import Response

from bot.clock import from_ms, to_ms
from bot.console import funnels
from bot.console import reports as use
from bot.console.funnels import Asked
from bot.console.gate import account, asker, page
from bot.console.pages.reports import tabs
from bot.console.planning import midnight
from bot.console.reports import Span
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words
from bot.effect.days import DAY
from bot.errors import InvalidInput, NotFound
from bot.store import campaigns, effect_windows, pseudonyms
from bot.store.campaigns import CampaignState
from bot.store.effect_windows import FIRST, LISTED

PAGE = 50


@page("/a/<slug>/reports/people", Right.PEOPLE)
def report_people(slug: str) -> Response:
    """Followers of one step of a campaign's funnel, by pseudonym, with when they took it."""
    step = request.args.get("step", "")
    try:
        asked = funnels.asked_of(request.args)
        span = use.span_of(account(), request.args, asker().now)
        campaign = campaigns.by_slug(account().id, asked.campaign)
    except (InvalidInput, NotFound):
        abort(404)
    if step not in LISTED:
        abort(404)
    edges = (to_ms(midnight(span.first, span.zone)), to_ms(midnight(span.last + DAY, span.zone)))
    found, more = effect_windows.people(campaign.id, step, edges, asked.window, _place(), PAGE)
    say = words()
    return render(
        "report_people.html",
        kind="funnel",
        tabs=tabs(),
        slug=slug,
        campaign=campaign,
        step=step,
        said=say(f"con.report.step.{step}"),
        span=span,
        window=asked.window,
        rows=[
            (one.follower_id, pseudonyms.of(one.follower_id), shown_at(from_ms(one.at), span.zone))
            for one in found
        ],
        next=_next(more, asked, step, span.first, span.last) if more else "",
        back=_back(asked, span),
        segment=_segment(campaign, step, say) if asker().may(Right.EDIT) else None,
    )


def _segment(campaign: CampaignState, step: str, say: Any) -> dict[str, str] | None:
    """What the form of a new segment is filled with."""
    rule = funnels.rule_of(campaign.slug, step, campaign.definition.get("offer") or "")
    if rule is None:
        return None
    name = say("con.report.people.name", name=campaign.name, step=say(f"con.report.step.{step}"))
    return {
        "rule": json.dumps(rule, ensure_ascii=False),
        "name": name[:64],
        "slug": f"{campaign.slug[:20]}-{step}",
    }


def _place() -> tuple[int, int]:
    first, _, second = request.args.get("before", "").partition(".")
    if all(one.isdecimal() and len(one) < 19 for one in (first, second)):
        return int(first), int(second)
    return FIRST


def _next(place: tuple[int, int], asked: Asked, step: str, first: date, last: date) -> str:
    link = funnels.people_link("", asked, step, first, last)
    return f"{link}&before={place[0]}.{place[1]}"


def _back(asked: Asked, span: Span) -> str:
    given = {"campaign": asked.campaign, "window": asked.window, "since": span.first,
             "until": span.last}  # fmt: skip
    return f"/console/a/{account().slug}/reports/funnel?{urlencode(given)}"
