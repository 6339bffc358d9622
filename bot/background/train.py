"""A model learnt from a stage's examples: what it reaches on texts that it has not seen, beside
the one that is in use."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.errors import HongyanError
from bot.store import learnt
from bot.store.talk import LIVE
from bot.talk.live import INTENT_MODEL, stored_model
from bot.talk.training import train_stage

CONFUSIONS = 20


def run(desk: Desk) -> dict[str, Any]:
    """Labels and shares alone: no text of anybody."""
    account_id = desk.task.account_id
    stage = str(desk.task.asked.get("stage", LIVE))
    before = learnt.in_state(account_id, INTENT_MODEL, "active")
    desk.progress(0)
    kept, made = train_stage(account_id, stage, desk.now())
    return {
        "stage": stage,
        "model": kept.id,
        "made": made,
        "state": kept.state,
        "before": told(before.id) if before and before.id != kept.id else None,
        "after": told(kept.id),
    }


def told(model_id: int) -> dict[str, Any] | None:
    """What cross-validation said of a model; None for one that cannot be read any more."""
    try:
        card = stored_model(model_id).card
    except HongyanError:
        return None
    checked = card.checked
    return {
        "id": model_id,
        "rows": card.rows,
        "labels": len(card.labels),
        "accuracy": checked.get("accuracy", 0.0),
        "macro_f1": checked.get("macro_f1", 0.0),
        "ece": checked.get("ece", 0.0),
        "out_of_scope": checked.get("out_of_scope"),
        "confusion": list(checked.get("confusion", ()))[:CONFUSIONS],
    }
