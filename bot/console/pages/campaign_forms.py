"""新建与编辑活动: who, what, how, when, with which guardrails, on one page; or as a document.

The form knows the fields that most campaigns have. What else a document says (variants, a
reminder, a recurrence) stays as it is when the form is saved, and is edited as YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml
from flask import abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from bot import campaign
from bot.campaign.states import EDITABLE
from bot.console.fields import fen, number, whole
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import render, zone_of
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.store import audit, campaigns, contents, coupon_batches, segments
from bot.store.campaigns import CampaignState
from bot.web.services import services

CHANNELS = ("auto", "customer_service")
_LONGEST = 64_000  # characters of a document


@page("/a/<slug>/new-campaign", Right.EDIT, ("GET", "POST"))
def new_campaign(slug: str) -> Response:
    """The form of a new draft."""
    if request.method == "GET":
        return _form({}, None)
    return _save(None)


@page("/a/<slug>/campaigns/<ref>/edit", Right.EDIT, ("GET", "POST"))
def edit_campaign(slug: str, ref: str) -> Response:
    """The form of a draft, or of a closed campaign for its next run."""
    try:
        one = campaigns.by_slug(account().id, ref)
    except NotFound:
        abort(404)
    if one.state not in EDITABLE:
        abort(409)
    if request.method == "GET":
        return _form(one.definition, one)
    return _save(one)


def _save(one: CampaignState | None) -> Response:
    """Make or change the draft; with a fault the form comes back as it was filled in."""
    who, given = asker(), request.form
    before = one.definition if one else {}
    document: dict[str, Any] = before
    try:
        _must_be_seen(one, given.get("seen", ""))
        document = _read(given, before)
        if one is None:
            made = campaign.create(services(), account().id, document, who.now, actor=who.actor)
        else:
            made = campaign.change(
                services(), account().id, one.slug, document, who.now, actor=who.actor
            )
    except HongyanError as error:
        if given.get("as") != "yaml":
            document = _filled(given, before)
        return _form(document, one, error, given.get("yaml", ""))
    audit.record(who.actor, "campaign_define", who.now, detail={"campaign": made.slug})
    return redirect(url_for("console.campaign_page", slug=account().slug, ref=made.slug))


def _must_be_seen(one: CampaignState | None, seen: str) -> None:
    """Nobody's change is written over unseen: the form says which state of it he looked at."""
    if one is not None and seen != _stamp(one):
        raise InvalidInput(
            "别人刚改过这个活动：下面是您填的内容，请对照最新的再保存"
            " (somebody changed it meanwhile: compare, then save again)",
            "seen",
        )


def _stamp(one: CampaignState) -> str:
    return one.updated_at.isoformat()


def _read(given: MultiDict[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """A document from the form, or from its YAML where that is what was edited."""
    if given.get("as") == "yaml":
        return _from_yaml(given.get("yaml", ""))
    return document_of(given, before)


def _from_yaml(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST:
        raise InvalidInput(f"at most {_LONGEST:,} characters", "yaml")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "YAML"
        raise InvalidInput(f"{where}: {getattr(error, 'problem', error)}", "yaml") from None
    if not isinstance(found, dict):
        raise InvalidInput("wants fields, as name: value", "yaml")
    return {key: _plain(value) for key, value in found.items()}


def _plain(value: Any) -> Any:
    """YAML's own dates back to the texts that a document has."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def document_of(given: MultiDict[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The document that the form says, over what was there before. Raises InvalidInput."""
    return _filled(given, before) | {
        "holdout": number(given, "holdout") / 100,
        "priority": whole(given, "priority", 100),
        "budget_fen": fen(given, "budget"),
    }


def _filled(given: MultiDict[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The same without its numbers: what comes back to the form, whatever is wrong with it."""
    found = {key: value for key, value in before.items() if key not in ("segment", "audience")}
    found |= {
        "slug": before.get("slug") or given.get("slug", "").strip(),
        "name": given.get("name", "").strip(),
        "purpose": given.get("purpose", "marketing"),
        "audience": _audience(given),
        "offer": given.get("offer", ""),
        "url": given.get("url", "").strip(),
        "text": given.get("text", "").replace("\r\n", "\n"),
        "channels": "auto" if given.get("channels") == "auto" else before_channels(before),
        "schedule": {**(before.get("schedule") or {}), **_schedule(given)},
    }
    found.pop("content", None)
    if chosen := given.getlist("content"):
        found["content"] = chosen
    return found


def before_channels(before: Mapping[str, Any]) -> list[str]:
    """Those that the document named by itself, else the customer-service message."""
    named = before.get("channels")
    return named if isinstance(named, list) and named else ["customer_service"]


def _audience(given: MultiDict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"any": given.getlist("any")}
    if without := given.getlist("except"):
        found["except"] = without
    return found


def _schedule(given: MultiDict[str, str]) -> dict[str, Any]:
    return {
        "at": given.get("at") or None,
        "until": given.get("until") or None,
        "best_hour": given.get("best_hour") == "1",
    }


def _form(
    document: Mapping[str, Any],
    one: CampaignState | None,
    error: HongyanError | None = None,
    text: str = "",
) -> Response:
    of, given = account(), request.form
    schedule = document.get("schedule") or {}
    chosen = document.get("audience") or {"any": [document.get("segment")]}
    written = text or yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False)
    return render(
        "campaign_form.html",
        422 if error else 200,
        one=one,
        seen=_stamp(one) if one else "",
        d=document,
        any=chosen.get("any", []) if isinstance(chosen, Mapping) else [],
        without=chosen.get("except", []) if isinstance(chosen, Mapping) else [],
        at=_local(schedule.get("at")),
        until=_local(schedule.get("until")),
        best_hour=bool(schedule.get("best_hour")),
        holdout=given.get("holdout", f"{100 * float(document.get('holdout', 0.05)):g}"),
        budget=given.get("budget", _yuan(document.get("budget_fen"))),
        priority=given.get("priority", document.get("priority", 50)),
        segments=segments.of_account(of.id),
        batches=[one for one in coupon_batches.batches(of.id) if one.withdrawn_at is None],
        pieces=[one for one, _ in contents.page(of.id) if one.published],
        channels="auto" if document.get("channels", "auto") == "auto" else "fixed",
        yaml=written if document else "",
        error=str(error) if error else "",
        field=getattr(error, "field", ""),
        as_yaml=request.form.get("as") == "yaml",
    )


def _local(at: Any) -> str:
    """An instant of a document for <input type=datetime-local>, by the account's clock."""
    if not at:
        return ""
    try:
        found = datetime.fromisoformat(str(at))
    except ValueError:
        return ""
    zone = zone_of(account())
    return f"{found.astimezone(zone) if found.tzinfo else found:%Y-%m-%dT%H:%M}"


def _yuan(fen: Any) -> str:
    return "" if fen is None else f"{fen / 100:g}"
