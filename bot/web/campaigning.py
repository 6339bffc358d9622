"""The JSON API of campaigns: list, make or change, and what can be done with one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from bot import campaign
from bot.campaign import approve
from bot.errors import NotFound
from bot.store import accounts, audit, campaigns
from bot.store.campaigns import CampaignState
from bot.web.api import authenticate, document
from bot.web.services import services

views = Blueprint("campaigning", __name__, url_prefix="/api/v1")
views.before_request(authenticate)


def _shown(one: CampaignState) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "state": one.state,
        "runs": one.generation,
        "priority": one.priority,
        "due_at": one.due_at.isoformat() if one.due_at else None,
        "approval": approve.standing_of(one),
        "error": one.error,
    }


@views.get("/campaigns")
def list_campaigns() -> Response:
    """All, the newest first."""
    return jsonify({"campaigns": [_shown(one) for one in campaigns.all_of(g.account_id)]})


@views.post("/campaigns")
def put_campaign() -> tuple[Response, int]:
    """A campaign document -> the draft, made or changed."""
    sent, now, actor = document(), services().clock(), _actor()
    slug = sent.get("slug")
    known = slug in {one.slug for one in campaigns.all_of(g.account_id)}
    if known:
        made = campaign.change(services(), g.account_id, str(slug), sent, now, actor=actor)
    else:
        made = campaign.create(services(), g.account_id, sent, now, actor=actor)
    audit.record(actor, "campaign_define", now, detail={"campaign": made.slug})
    return jsonify(_shown(made)), 200 if known else 201


@views.get("/campaigns/<slug>")
def get_campaign(slug: str) -> Response:
    """One, with its document."""
    found = _found(slug)
    return jsonify({**_shown(found), "definition": found.definition})


@views.get("/campaigns/<slug>/dry-run")
def dry_run(slug: str) -> Response:
    """What would happen if it were sent now; nothing is sent."""
    now = services().clock()
    found = campaign.dry_run(services(), g.account_id, _found(slug).slug, now)
    audit.record(_actor(), "campaign_dry_run", now, detail={"campaign": slug})
    return jsonify(found.to_json())


Act = Callable[[str, datetime], object]


def _acts() -> dict[str, Act]:
    def of(order: Callable[..., object]) -> Act:
        return lambda slug, now: order(services(), g.account_id, slug, now)

    return {
        "start": of(campaign.start),
        "schedule": of(campaign.schedule),
        "unschedule": of(campaign.unschedule),
        "pause": of(campaign.pause),
        "resume": of(campaign.resume),
        "cancel": of(campaign.cancel),
        "submit": lambda slug, now: approve.submit(g.account_id, slug, _actor(), now),
        "approve": lambda slug, now: approve.approve(g.account_id, slug, _actor(), now),
        "reject": lambda slug, now: approve.reject(g.account_id, slug, _actor(), _reason(), now),
    }


@views.post("/campaigns/<slug>/<action>")
def act(slug: str, action: str) -> Response:
    """Start, pause ... : the campaign as it is then. A refusal keeps its present state."""
    found, acts, now = _found(slug), _acts(), services().clock()
    if action not in acts:
        raise NotFound(f"there is no action {action!r}; known are {', '.join(sorted(acts))}")
    acts[action](found.slug, now)
    audit.record(_actor(), f"campaign_{action}", now, detail={"campaign": found.slug})
    return jsonify(_shown(campaigns.get(found.id)))


def _found(slug: str) -> CampaignState:
    """By its slug alone: a number of ours names nothing outside."""
    return campaigns.by_slug(g.account_id, slug)


def _reason() -> str:
    sent = request.get_json(silent=True)
    return str(sent.get("reason", "")) if isinstance(sent, dict) else ""


def _actor() -> str:
    return accounts.key_label(g.key)
