"""模型 · 为什么: a follower's score, and what raises and lowers it most."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from bot.console import models as use
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.errors import Conflict, NotFound
from bot.learning import why as reasons
from bot.learning.serving import OURS
from bot.store import audit, followers, insight_models, predictions
from bot.store.insight_models import Kept


@page("/a/<slug>/models/why", Right.PEOPLE)
def model_why(slug: str) -> Response:
    """A follower's score, and what raises and lowers it most. Looking is in the log."""
    purpose, asked = request.args.get("purpose", ""), request.args.get("follower", "").strip()
    if not asked:
        return _why(purpose, asked)
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return _why(purpose, asked, 422, words()("con.models.bad.follower"))
    try:
        found = _explained(purpose, int(asked))
    except NotFound:
        return _why(purpose, asked, 404, words()("con.models.bad.nothing"))
    except Conflict as error:
        return _why(purpose, asked, 409, str(error))
    return _why(purpose, asked, found=found)


def _explained(purpose: str, follower_id: int) -> dict[str, Any]:
    """Raises NotFound; Conflict: of this person, or by this model, nothing is said."""
    used = insight_models.active(account().id, purpose) if purpose else []
    if not used:
        raise NotFound("no model is in use")
    if not _has_reasons(used[0]):
        raise Conflict(words()("con.models.bad.reasonless"))
    who, person = asker(), followers.get(follower_id)
    if person.account_id != account().id or person.erased_at is not None:
        raise NotFound("there is no such follower")
    if not person.personalised:
        raise Conflict(words()("con.models.bad.personalised"))
    found = reasons.why(account().id, purpose, follower_id, who.now, language())
    audit.record(
        who.actor, "predictions", who.now, follower_id=follower_id, detail={"what": purpose}
    )
    return found


def _why(
    purpose: str, asked: str, status: int = 200, error: str = "",
    found: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    used = [one for one in insight_models.active(account().id) if _has_reasons(one)]
    at = found["computed_at"] if found else None
    computed = datetime.fromisoformat(at) if at else None
    return render(
        "model_why.html",
        status,
        slug=account().slug,
        used=[(one.slug, predictions.means(one.slug, language())) for one in used],
        purpose=purpose,
        asked=asked,
        found=found,
        computed=shown_at(computed, zone_of(account())),
        reasons=[_reason(one) for one in found["reasons"]] if found else [],
        error=error,
    )


def _has_reasons(one: Kept) -> bool:
    """Its columns have a value that is usual."""
    return "median" in one.card.get(OURS, {})


def _reason(one: dict[str, Any]) -> dict[str, Any]:
    say = words()
    return {
        "name": use.feature_said(one["feature"], say),
        "value": say("con.models.unknown") if one["value"] is None else f"{one['value']:g}",
        "usual": f"{one['usual']:g}",
        "effect": f"{one['effect']:+.3f}",
        "up": one["effect"] > 0,
    }
