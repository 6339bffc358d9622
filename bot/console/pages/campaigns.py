"""营销活动: the list; one campaign with its run, dry run and report, and what may be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import campaign
from bot.campaign import approve
from bot.campaign.live import Live, Watcher
from bot.campaign.phases import phase_of
from bot.campaign.telling import report_told
from bot.campaign.telling_ahead import dry_run_told
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.effect.tables import reason
from bot.errors import HongyanError, NotFound
from bot.store import approvals, audit, campaigns, send_progress
from bot.store.campaigns import CampaignState
from bot.web.services import services

# What may be done in which state, in the order of the buttons.
ACTS: dict[str, tuple[str, ...]] = {
    "draft": ("start", "schedule"),
    "scheduled": ("unschedule", "cancel"),
    "planning": ("pause", "cancel"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
    "closed": ("start",),
}
SURE = ("start", "cancel")  # asked twice: it reaches people, or cannot be undone


@dataclass(frozen=True)
class Row:
    """One line of the list, in finished words."""

    slug: str
    name: str
    state: str
    colour: str
    due: str
    runs: str
    audience: str
    sent: str
    approval: str


_COLOURS = {
    "draft": "secondary", "scheduled": "azure", "planning": "blue", "running": "green",
    "measuring": "teal", "paused": "red", "closed": "secondary", "cancelled": "secondary",
}  # fmt: skip


@page("/a/<slug>/campaigns", Right.LOOK)
def campaigns_list(slug: str) -> Response:
    """All campaigns, the newest first; of one state where it is asked for."""
    say, zone = words(), zone_of(account())
    state = request.args.get("state", "")
    every = campaigns.all_of(account().id)
    shown = [one for one in every if state in ("", one.state)]
    rows = [_row(one, approve.standing_of(one), say, zone) for one in shown]
    states = [(key, say(f"campaign.state.{key}")) for key in ACTS]
    return render("campaigns.html", rows=rows, states=states, state=state, slug=slug)


@page("/a/<slug>/campaigns/<ref>", Right.LOOK)
def campaign_page(slug: str, ref: str) -> Response:
    """One campaign: where it stands, how it goes, what it came to."""
    return _page(_found(ref))


@page("/a/<slug>/campaigns/<ref>/live", Right.LOOK)
def campaign_live(slug: str, ref: str) -> Response:
    """The part that the page asks for again and again while it sends."""
    return render("campaign_live.html", live=_live(_found(ref)), slug=slug, ref=ref)


@page("/a/<slug>/campaigns/<ref>/ahead", Right.EDIT)
def campaign_ahead(slug: str, ref: str) -> Response:
    """The dry run: what would happen, to everybody. Nothing is sent, nothing is burnt."""
    one, now = _found(ref), asker().now
    try:
        found = campaign.dry_run(services(), account().id, one.slug, now)
    except HongyanError as error:
        return _page(one, 422, str(error))
    audit.record(asker().actor, "campaign_dry_run", now, detail={"campaign": one.slug})
    alone = replace(found, examples=())  # they are drawn as messages
    told = "\n".join(dry_run_told(alone, zone_of(account()), language()))
    steps = [step for step in found.waterfall() if step["out"] or step["rule"] == "held_out"]
    return render("ahead.html", one=one, found=found, told=told, steps=_bars(found, steps))


@page("/a/<slug>/campaigns/<ref>/act", Right.RUN, ("POST",))
def campaign_act(slug: str, ref: str) -> Response:
    """Start, schedule, pause, resume, cancel; a refusal keeps it as it was and says why."""
    one, who, act = _found(ref), asker(), request.form.get("act", "")
    if act not in ACTS.get(one.state, ()):
        return _page(one, 409, words()("con.campaign.moved"))
    try:
        _acts()[act](services(), account().id, one.slug, who.now)
    except HongyanError as error:
        return _page(one, 409, str(error))
    audit.record(who.actor, f"campaign_{act}", who.now, detail={"campaign": one.slug})
    return redirect(url_for("console.campaign_page", slug=slug, ref=one.slug))


@page("/a/<slug>/campaigns/<ref>/submit", Right.EDIT, ("POST",))
def campaign_submit(slug: str, ref: str) -> Response:
    """Ask for a second person's approval."""
    return _approval(ref, lambda one: approve.submit(one.account_id, one.slug, *_by()))


@page("/a/<slug>/campaigns/<ref>/decide", Right.APPROVE, ("POST",))
def campaign_decide(slug: str, ref: str) -> Response:
    """Approve it, or refuse with a reason."""
    if request.form.get("verdict") == "approve":
        return _approval(ref, lambda one: approve.approve(one.account_id, one.slug, *_by()))
    reason = request.form.get("reason", "").strip()[: approvals.REASON_LIMIT]
    actor, now = _by()
    return _approval(ref, lambda one: approve.reject(one.account_id, one.slug, actor, reason, now))


def _approval(ref: str, order: Callable[[CampaignState], object]) -> Response:
    one = _found(ref)
    try:
        order(one)
    except HongyanError as error:
        return _page(one, 409, str(error))
    return redirect(url_for("console.campaign_page", slug=account().slug, ref=one.slug))


def _by() -> tuple[str, datetime]:
    return asker().actor, asker().now


def _acts() -> dict[str, Callable[..., object]]:
    return {
        "start": campaign.start,
        "schedule": campaign.schedule,
        "unschedule": campaign.unschedule,
        "pause": campaign.pause,
        "resume": campaign.resume,
        "cancel": campaign.cancel,
    }


def _found(ref: str) -> CampaignState:
    try:
        return campaigns.by_slug(account().id, ref)
    except NotFound:
        abort(404)


def _row(one: CampaignState, standing: str, say: Words, zone: ZoneInfo) -> Row:
    phase = phase_of(one)
    run = campaigns.generation(one.id, one.generation) if one.generation else None
    return Row(
        one.slug,
        one.name,
        phase.said(zone, language()),
        _COLOURS[phase.word],
        shown_at(one.due_at, zone),
        str(one.generation),
        f"{run.audience:,}" if run else "–",
        f"{send_progress.total(one.id, one.generation).sent:,}" if run else "–",
        say(f"con.approval.{standing}"),
    )


def _page(one: CampaignState, status: int = 200, error: str = "") -> Response:
    who, say, zone = asker(), words(), zone_of(account())
    found = campaign.report_of(one.account_id, one.slug, who.now)
    acts = [
        (act, say(f"con.do.{act}"), say("con.do.sure", act=say(f"con.do.{act}"), name=one.name))
        for act in ACTS.get(one.state, ())
    ]
    standing = approve.standing_of(one)
    return render(
        "campaign.html",
        status,
        one=one,
        row=_row(one, standing, say, zone),
        acts=acts if who.may(Right.RUN) else [],
        sure=SURE,
        may_edit=who.may(Right.EDIT),
        may_approve=who.may(Right.APPROVE) and standing == approvals.SUBMITTED,
        standing=standing,
        history=[_decision(entry, say, zone) for entry in approvals.history(one.id)],
        live=_live(one) if one.state in ("planning", "running", "paused") else None,
        told="\n".join(report_told(found, zone, language())),
        variants=found.variants,
        error=error,
    )


def _decision(entry: approvals.Approval, say: Words, zone: ZoneInfo) -> str:
    maker, decider = (name.removeprefix("operator:") for name in (entry.maker, entry.decider))
    asked = say("con.approval.asked", who=maker, at=shown_at(entry.submitted_at, zone))
    if not entry.decider:
        return asked
    verdict = say(f"con.approval.{entry.state}")
    return f"{asked} · {decider} {verdict} {shown_at(entry.decided_at, zone)} {entry.reason}"


def _live(one: CampaignState) -> dict[str, Any]:
    now: Live = Watcher(one.id).look(asker().now)
    say = words()
    left = now.seconds_left
    return {
        "share": round(100 * now.done / now.rows) if now.rows else 0,
        "done": f"{now.done:,}",
        "rows": f"{now.rows:,}",
        "speed": f"{now.per_minute:,.0f}",
        "left": "–" if left is None else say("con.live.minutes", minutes=f"{left / 60:,.0f}"),
        "errors": f"{now.errors:.1%}",
        "states": [(say(f"con.send.{name}"), f"{many:,}") for name, many in now.states.items()],
        "goes_on": one.state in ("planning", "running"),
    }


def _bars(found: campaign.DryRun, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The waterfall as bars: who is left after each rule, of the whole audience."""
    whole = max(1, found.audience)
    say = words()
    return [
        {
            **step,
            "said": say("con.ahead.held_out")
            if step["rule"] == "held_out"
            else reason("skip", step["rule"], language()),
            "share": round(100 * step["left"] / whole, 1),
        }
        for step in steps
    ]
