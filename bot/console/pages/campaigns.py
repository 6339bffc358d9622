"""营销活动: the list; one campaign with where it stands, how it goes, and what may be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot import campaign
from bot.campaign import approve, looks
from bot.campaign.ahead.linting import TextsRefused
from bot.campaign.document.changes import since_decided
from bot.campaign.document.definition import Definition, parse
from bot.console import lint_words
from bot.console.campaign_view import changed, decision, found, head, is_big, live, row, sent_back
from bot.console.gate import account, asker, page
from bot.console.plan_words import plan_said
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.errors import HongyanError
from bot.store import approvals, audit, called, campaign_list
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
_LONGEST = 64  # characters of a name that is looked for
_GOING = ("planning", "running", "paused")


@page("/a/<slug>/campaigns", Right.LOOK)
def campaigns_list(slug: str) -> Response:
    """Campaigns, the newest first; of one state or name where it is asked for."""
    say, zone = words(), zone_of(account())
    state, name = request.args.get("state", ""), request.args.get("q", "").strip()[:_LONGEST]
    last = request.args.get("before", "")
    before = int(last) if last.isdecimal() and len(last) < 19 else 0
    some, more = campaign_list.page(account().id, state=state, name=name, before=before)
    return render(
        "campaigns.html",
        rows=[row(one, approve.standing_of(one), say, zone) for one in some],
        states=[(key, say(f"campaign.state.{key}")) for key in (*ACTS, "cancelled")],
        state=state,
        name=name,
        more=more,
        slug=slug,
        may_edit=asker().may(Right.EDIT),
    )


@page("/a/<slug>/campaigns/<ref>", Right.LOOK)
def campaign_page(slug: str, ref: str) -> Response:
    """One campaign: where it stands, how it goes, who is to do what next."""
    return overview(found(ref))


@page("/a/<slug>/campaigns/<ref>/live", Right.LOOK)
def campaign_live(slug: str, ref: str) -> Response:
    """The part that the page asks for again and again while it sends."""
    shown = live(found(ref))
    answer = render("campaign_live.html", live=shown, slug=slug, ref=ref)
    if request.args.get("going") and not shown["goes_on"]:  # the page has buttons of one that goes
        answer.headers["HX-Refresh"] = "true"
    return answer


@page("/a/<slug>/campaigns/<ref>/act", Right.RUN, ("POST",))
def campaign_act(slug: str, ref: str) -> Response:
    """Start, schedule, pause, resume, cancel; a refusal keeps it as it was and says why."""
    one, who, act = found(ref), asker(), request.form.get("act", "")
    if act not in ACTS.get(one.state, ()):
        return overview(one, 409, words()("con.campaign.moved"))
    try:
        _acts()[act](services(), account().id, one.slug, who.now)
    except HongyanError as error:
        return overview(one, 409, _refused(error))
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
    one = found(ref)
    try:
        order(one)
    except HongyanError as error:
        return overview(one, 409, _refused(error))
    return redirect(url_for("console.campaign_page", slug=account().slug, ref=one.slug))


def _refused(error: HongyanError) -> str:
    """What the linter refuses stands on the page anyway, in words."""
    return words()("con.lint.refused") if isinstance(error, TextsRefused) else str(error)


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


def _acts_of(one: CampaignState, definition: Definition) -> list[str]:
    """What may be done now; what would be refused for want of approval or of a plan is left out."""
    refused = set[str]()
    if definition.at is None and definition.recurs is None:
        refused.add("schedule")
    if approve.why_not(one):
        refused |= {"start", "schedule"}
    return [act for act in ACTS.get(one.state, ()) if act not in refused]


def overview(one: CampaignState, status: int = 200, error: str = "") -> Response:
    """The page of one campaign, as it is or with what went wrong."""
    who, say, zone = asker(), words(), zone_of(account())
    top, ahead = head(one, "overview"), looks.last_ahead(one)
    definition = parse(one.definition, zone, standing=one.standing)
    acts = [
        (act, say(f"con.do.{act}"), say("con.do.sure", act=say(f"con.do.{act}"), name=one.name))
        for act in _acts_of(one, definition)
    ]
    findings, unread = lint_words.findings_now(one, definition)
    waits = top["standing"] in (approvals.SUBMITTED, "changed", "missing")
    return render(
        "campaign.html",
        status,
        **top,
        acts=acts if who.may(Right.RUN) else [],
        sure=SURE,
        may_edit=who.may(Right.EDIT),
        may_approve=who.may(Right.APPROVE) and top["standing"] == approvals.SUBMITTED,
        sinces=[changed(each, say, zone) for each in since_decided(one)] if waits else [],
        sent_back=sent_back(one, say, zone),
        findings=lint_words.told(findings, definition),
        refuses=lint_words.refuses(findings),
        unread=unread,
        history=[decision(entry, say, zone) for entry in approvals.history(one.id)],
        live=live(one) if one.state in _GOING and not is_big(one) else None,
        live_later=one.state in _GOING and is_big(one),
        ahead=ahead.document if ahead else None,
        ahead_at=shown_at(ahead.made_at, zone) if ahead else "",
        d=one.definition,
        plan=plan_said(definition, top["standing"], who.now, say, zone),
        names=called.names(one.account_id),
        error=error,
    )
