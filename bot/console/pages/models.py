"""模型: what is predicted and by which model; its card, teaching, taking into use and out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.teach import TEACH
from bot.console import model_card as cards
from bot.console import models as use
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import language, render, words, zone_of
from bot.console.work import begin
from bot.errors import Conflict, HongyanError, NotFound
from bot.learning import scoring
from bot.learning.purposes import LIKE, PURPOSES
from bot.store import audit, insight_models, learnt, predictions
from bot.store.insight_models import Kept
from bot.talk.live import INTENT_MODEL


@page("/a/<slug>/models", Right.LOOK)
def models(slug: str) -> Response:
    """Every purpose with the model in use, all versions, and the models of language."""
    return _page()


@page("/a/<slug>/models/<int:model_id>", Right.LOOK)
def model_card(slug: str, model_id: int) -> Response:
    """One model: what taught it, how good it is, what was tried, how far things have moved."""
    one, say = _found(model_id), words()
    return render(
        "model.html",
        slug=slug,
        row=use.row(one, zone_of(account()), say),
        about=cards.about(one.card, say),
        sentences=cards.sentences(one.card, say),
        intervals=cards.intervals(one.card, say),
        gains=cards.gains(one.card, say),
        candidates=cards.candidates(one.card),
        leaks=cards.leaks(one.card, say),
        fairness=cards.fairness(one.card, say),
        drifts=cards.drifts(one.metrics, say),
        picture=cards.has_picture(one.card),
        may_change=asker().may(Right.EDIT),
    )


@page("/a/<slug>/models/<int:model_id>/curves.svg", Right.LOOK)
def model_curves(slug: str, model_id: int) -> Response:
    """Calibration, gain and learning curve."""
    one = _found(model_id)
    if not cards.has_picture(one.card):
        abort(404)
    return Response(cards.picture(one.card, words()), mimetype="image/svg+xml")


@page("/a/<slug>/models/<int:model_id>/activate", Right.EDIT, ("POST",))
def activate_model(slug: str, model_id: int) -> Response:
    """In use instead of the one of its purpose; everybody is scored by it in the night."""
    one = _found(model_id)
    return _changed("activate", one.slug, lambda: _activate(one))


@page("/a/<slug>/models/<purpose>/rollback", Right.EDIT, ("POST",))
def rollback_model(slug: str, purpose: str) -> Response:
    """Back to the one that was in use before."""
    return _changed("rollback", purpose, lambda: _rollback(purpose))


@page("/a/<slug>/models/<purpose>/retire", Right.EDIT, ("POST",))
def retire_model(slug: str, purpose: str) -> Response:
    """No model any more; its scores go."""
    return _changed("retire", purpose, lambda: scoring.retire(account().id, purpose))


@page("/a/<slug>/models/teach", Right.EDIT, ("POST",))
def teach_model(slug: str) -> Response:
    """Ask for a new one, in the background."""
    what, who = request.form.get("what", ""), asker()
    if what not in _teachable():
        return _page(422, words()("con.models.bad.what"))
    asked = {"what": what}
    task = begin(TEACH, asked)
    audit.record(who.actor, "model_teach", who.now, detail={"account": slug, **asked})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


# --- changes -------------------------------------------------------------------------------------


def _changed(act: str, what: str, change: Callable[[], object]) -> Response:
    who, of = asker(), account()
    try:
        change()
    except NotFound:
        return _page(409, words()(f"con.models.bad.{act}"))
    except HongyanError as error:
        return _page(409, str(error))
    audit.record(who.actor, f"model_{act}", who.now, detail={"account": of.slug, "model": what})
    return redirect(url_for("console.models", slug=of.slug, done=act))


def _activate(one: Kept) -> None:
    if one.state == "active":
        raise Conflict(words()("con.models.bad.active"))
    insight_models.activate(account().id, one.id, asker().now)


def _rollback(purpose: str) -> None:
    insight_models.roll_back(account().id, purpose, asker().now)


def _teachable() -> list[str]:
    """What is taught by itself, and the likes of segments that were taught once."""
    used = insight_models.active(account().id)
    return [*PURPOSES, *(one.slug for one in used if one.slug.startswith(LIKE))]


def _found(model_id: int) -> Kept:
    try:
        return insight_models.get(account().id, model_id)
    except NotFound:
        abort(404)


# --- pages ---------------------------------------------------------------------------------------


def _page(status: int = 200, error: str = "") -> Response:
    of, say, zone = account(), words(), zone_of(account())
    kept = insight_models.models(of.id)
    rows = [use.row(one, zone, say) for one in kept]
    slugs = dict.fromkeys([*PURPOSES, *(row.slug for row in rows)])
    done = request.args.get("done", "")
    return render(
        "models.html",
        status,
        slug=of.slug,
        purposes=[_purpose(slug, rows) for slug in slugs],
        spoken=[use.spoken(one, zone, say) for one in learnt.models(of.id, INTENT_MODEL)],
        teachable=[(one, predictions.means(one, language())) for one in _teachable()],
        may_talk=asker().may(Right.TALK),
        may_change=asker().may(Right.EDIT),
        may_why=asker().may(Right.PEOPLE),
        done=say(f"con.models.done.{done}") if done in ("activate", "rollback", "retire") else "",
        error=error,
    )


def _purpose(slug: str, rows: list[use.Row]) -> dict[str, Any]:
    mine = [row for row in rows if row.slug == slug]
    return {
        "slug": slug,
        "title": predictions.means(slug, language()),
        "used": next((row for row in mine if row.active), None),
        "rows": mine,
        "before": any(row.since != "–" and not row.active for row in mine),
    }
