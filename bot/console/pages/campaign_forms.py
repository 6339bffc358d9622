"""新建与编辑活动: who, what, how, when, guardrails, goal, experiment, on one page; or as YAML.

The form knows what campaigns have; what is rare (notices of other channels, a goal's facts) is
edited as YAML, and stays as it is when the form is saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml
from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot import campaign
from bot.campaign.document.definition import MAX_VARIANTS
from bot.campaign.states import EDITABLE
from bot.console import newer
from bot.console.audit_words import changes
from bot.console.campaign_fields import shown
from bot.console.campaign_form import NUMBERS, Given, document_of, not_numbers, untrue_shares
from bot.console.campaign_panel import panel, unread
from bot.console.campaign_view import found
from bot.console.documents import document_from
from bot.console.gate import account, asker, page
from bot.console.refusals import status_of
from bot.console.rights import Right
from bot.console.shell import render, words, zone_of
from bot.errors import HongyanError, InvalidInput
from bot.store import approvals, audit, contents, coupon_batches, segments
from bot.store.campaigns import CampaignState
from bot.store.db import transaction
from bot.values.audience import Channel
from bot.web.services import services

MOST_PIECES = 200  # of the content library, the latest
CHIPS = ("link", "title", "face_value", "threshold", "content_title", "content_summary",
         "content_price")  # fmt: skip
METRICS = ("clicked", "claimed", "redeemed", "ordered")
GOALS = ("coupon.redeemed", "coupon.claimed", "order", "click")
# What a complaint is about -> the field that stands for it.
_FIELDS = {
    "audience": "any", "segment": "any", "text": "text", "variants": "v_name", "match": "match",
    "schedule.at": "at", "schedule.until": "until", "schedule.cron": "cron",
    "schedule.times": "times", "guardrails": "per_day", "experiment": "exp_key",
    "goal": "goal_event", "pace": "pace_rate", "budget_fen": "budget", "holdout": "holdout",
}  # fmt: skip


@page("/a/<slug>/new-campaign", Right.EDIT, ("GET", "POST"))
def new_campaign(slug: str) -> Response:
    """The form of a new draft; ?segment= and ?copy= begin with something."""
    if request.method == "POST":
        return _save(None)
    return _form(_beginning(), None)


@page("/a/<slug>/campaigns/<ref>/edit", Right.EDIT, ("GET", "POST"))
def edit_campaign(slug: str, ref: str) -> Response:
    """The form of a draft, or of a closed campaign for its next run."""
    one = found(ref)
    if one.state not in EDITABLE:
        abort(409)
    return _save(one) if request.method == "POST" else _form(one.definition, one)


@page("/a/<slug>/campaign-check", Right.EDIT, ("POST",))
def campaign_check(slug: str) -> Response:
    """What the panel beside the form shows: the message on a phone, what the linter finds, how
    many it is for at most, what an experiment could show. Nothing is saved."""
    before: Mapping[str, Any] = {}
    if ref := request.form.get("of", ""):
        before = found(ref).definition
    document = document_of(request.form, before)
    document["slug"] = document["slug"] or "preview"
    document["name"] = document["name"] or "preview"
    try:
        _whole_shares(request.form)
    except InvalidInput as error:
        return render("campaign_panel.html", **unread(*_complaint(error)))
    return render("campaign_panel.html", **panel(document, _complaint))


def _beginning() -> Mapping[str, Any]:
    """A copy of another campaign without its name, or the segment that one comes from."""
    if ref := request.args.get("copy", ""):
        old = found(ref).definition
        return {key: value for key, value in old.items() if key not in ("slug", "name")}
    segment = request.args.get("segment", "")
    return {"audience": {"any": [segment]}, "purpose": "marketing"} if segment else {}


def _save(one: CampaignState | None) -> Response:
    """Make or change the draft; with a fault the form comes back as it was filled in."""
    who, given = asker(), request.form
    before = one.definition if one else {}
    as_yaml = given.get("as") == "yaml"
    document = dict(before) if as_yaml else document_of(given, before)
    try:
        if as_yaml:
            document = _plain(document_from(given.get("yaml", "")))
        if not as_yaml:
            _readable(given)
        with transaction():
            if one is not None:
                _must_be_seen(found(one.slug), document)
            made = _made(one, document, who.now, who.actor)
    except HongyanError as error:
        return _form(document, found(one.slug) if one else None, error, given.get("yaml", ""))
    detail = {"account": account().slug, "campaign": made.slug}
    told = changes("campaign", before, made.definition) if one else []
    audit.record(who.actor, "campaign_define", who.now, detail={**detail, "changes": told})
    return redirect(url_for("console.campaign_page", slug=account().slug, ref=made.slug))


def _made(
    one: CampaignState | None, document: dict[str, Any], now: datetime, actor: str
) -> CampaignState:
    if one is None:
        return campaign.create(services(), account().id, document, now, actor=actor)
    return campaign.change(services(), account().id, one.slug, document, now, actor=actor)


def _readable(given: Given) -> None:
    """Raises InvalidInput for what is no number, and for shares that are no whole."""
    for name in not_numbers(given):
        raise InvalidInput(words()("con.coupon.number", field=_label(name)), name)
    _whole_shares(given)


def _whole_shares(given: Given) -> None:
    """Raises InvalidInput with what they add up to."""
    if (sum_ := untrue_shares(given)) is not None:
        raise InvalidInput(words()("con.form.share_untrue", total=sum_), "v_share")


def _must_be_seen(one: CampaignState, document: dict[str, Any]) -> None:
    """Nobody's change is written over unseen. In the transaction of the change. Raises
    Overtaken."""
    if request.form.get("seen", "") == _stamp(one):
        return
    try:
        mine = campaign.checked(account().id, document).document()
    except HongyanError:
        mine = document
    by = approvals.writer(one.id)
    maker, at = (by.maker, by.submitted_at) if by else ("", None)
    raise newer.overtaken(one.definition, mine, maker, at, kind="campaign")


def _stamp(one: CampaignState) -> str:
    return one.updated_at.isoformat()


def _plain(value: Any) -> Any:
    """YAML's own dates back to the texts that a document has."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _label(name: str) -> str:
    if name.startswith("margin-"):
        return words()("con.form.margin")
    return words()(NUMBERS[name])


def _complaint(error: HongyanError) -> tuple[str, str]:
    """(what is wrong, the field that it is about, "" where that is none of the form's)."""
    path = getattr(error, "field", "") or ""
    if part := re.match(r"variants\[(\d+)\]\.(name|weight|text)", path):
        field = {"weight": "share"}.get(part[2], part[2])
        return str(error), f"v_{field}-{int(part[1]) + 1}"
    if path == "text" and request.form.get("text_mode") == "variants":
        return str(error), "v_name"
    for name, field in _FIELDS.items():
        if path == name or path.startswith((f"{name}.", f"{name}[")):
            return str(error), field
    return str(error), path


def _form(
    document: Mapping[str, Any],
    one: CampaignState | None,
    error: HongyanError | None = None,
    text: str = "",
) -> Response:
    of = account()
    said, field = _complaint(error) if error else ("", "")
    written = text or yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False)
    return render(
        "campaign_form.html",
        status_of(error) if error else 200,
        one=one,
        seen=newer.seen(_stamp(one) if one else "", error),
        newer=newer.newer_of(error),
        d=document,
        f=shown(document, zone_of(of)),
        segments=[
            (each.slug, f"{each.name}（{each.size:,}）") for each in segments.of_account(of.id)
        ],
        batches=[each for each in coupon_batches.batches(of.id) if each.withdrawn_at is None],
        pieces=[
            (each.slug, each.title)
            for each, _ in contents.page(of.id, limit=MOST_PIECES)
            if each.published
        ],
        ways=[each.value for each in Channel],
        chips=CHIPS,
        metrics=METRICS,
        goals=GOALS,
        most_variants=MAX_VARIANTS,
        yaml=written if document else "",
        error=said,
        field=field,
        as_yaml=request.form.get("as") == "yaml",
    )
