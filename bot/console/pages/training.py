"""训练: the models of intents, what each reaches on texts it has not seen, and which is in use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.train import told as told_of
from bot.console import kept_figures
from bot.console.gate import account, asker, page
from bot.console.pages.intents import named_intents, tabs
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, NotFound
from bot.store import audit, learnt, talk
from bot.store.learnt import Kept
from bot.store.talk import DRAFT, LIVE
from bot.talk.live import INTENT_MODEL


@page("/a/<slug>/training", Right.TALK)
def training(slug: str) -> Response:
    """Models, the latest first; the one in use beside another that is chosen."""
    return _page()


@page("/a/<slug>/training/learn", Right.RUN, ("POST",))
def training_learn(slug: str) -> Response:
    """Learn from a stage's examples, in the background: the draft's is on trial, the live one's
    in use when it is made."""
    who, stage = asker(), request.form.get("stage", "")
    if stage not in (LIVE, DRAFT) or not talk.has(account().id, stage):
        return _page(422, words()("con.training.no_stage"))
    task = begin("train", {"stage": stage})
    audit.record(who.actor, "model_train", who.now, detail={"stage": stage})
    return redirect(url_for("console.work_one", slug=slug, task_id=task), 303)


@page("/a/<slug>/training/use", Right.RUN, ("POST",))
def training_use(slug: str) -> Response:
    """A model in use, whether newer or an earlier one again; or on trial; or no more on trial."""
    who, act = asker(), request.form.get("act", "")
    number = request.form.get("model", "")
    model_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    try:
        _carry_out(act, model_id)
    except HongyanError as error:
        status = 404 if isinstance(error, NotFound) else status_of(error)
        return _page(status, told(error))
    audit.record(who.actor, f"model_{act}", who.now, detail={"model": model_id})
    return redirect(url_for("console.training", slug=slug), 303)


def _carry_out(act: str, model_id: int) -> None:
    """Raises NotFound for an act or a model that is none."""
    of = account().id
    if act == "end":
        if not learnt.end_trial(of, INTENT_MODEL):
            raise NotFound(words()("con.training.no_trial"))
        return
    if all(one.id != model_id for one in learnt.models(of, INTENT_MODEL)):
        raise NotFound(words()("con.training.no_model"))
    if act == "activate":
        learnt.activate(of, model_id, asker().now)
    elif act == "try":
        learnt.try_out(of, model_id)
    else:
        raise NotFound(words()("con.rules.unknown_act"))


def _page(status: int = 200, error: str = "") -> Response:
    of, say, who = account(), words(), asker()
    models = learnt.models(of.id, INTENT_MODEL)
    active = next((one for one in models if one.state == "active"), None)
    other = _other(models, active)
    stages = [
        (one, sum(talk.count_examples(of.id, one).values()),
         kept_figures.is_learnt(of.id, one, who.now))
        for one in (DRAFT, LIVE) if talk.has(of.id, one)
    ]  # fmt: skip
    return render(
        "training.html",
        status,
        rows=[_row(one) for one in models],
        active=_told(active.id, active.file_hash) if active else None,
        other=_told(other.id, other.file_hash) if other else None,
        stages=stages,
        counting=any(current is None for _, _, current in stages),
        stage_words={one: say(f"con.rules.stage.{one}") for one in (DRAFT, LIVE)},
        intents=named_intents(),
        tabs=tabs("training"),
        may_run=who.may(Right.RUN),
        slug=of.slug,
        error=error,
    )  # fmt: skip


@lru_cache(8)
def _told(model_id: int, file_hash: str) -> dict[str, Any] | None:
    """What the card says; reading a great model takes a tenth of a second, and it never changes."""
    return told_of(model_id)


def _other(models: list[Kept], active: Kept | None) -> Kept | None:
    """The model to be compared: the chosen one, else the one on trial, else the latest."""
    asked = request.args.get("model", "")
    others = [one for one in models if one is not active]
    chosen = next((one for one in others if str(one.id) == asked), None)
    return (
        chosen
        or next((one for one in others if one.state == "shadow"), None)
        or (others[0] if others else None)
    )


def _row(one: Kept) -> dict[str, Any]:
    zone = zone_of(account())
    shares = {name: one.metrics.get(name) for name in ("accuracy", "macro_f1", "rejected")}
    return {
        "id": one.id,
        "state": one.state,
        "made": shown_at(one.made_at, zone),
        "since": shown_at(one.active_from, zone),
        "rows": one.metrics.get("rows"),
        **{name: f"{value:.1%}" if isinstance(value, float) else "–"
           for name, value in shares.items()},
    }  # fmt: skip
