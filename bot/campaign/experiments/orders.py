"""A person's order in an experiment: what still waits gets one arm, whatever the rule would do."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.campaign.experiments.look import LANGS
from bot.errors import Conflict, InvalidInput
from bot.i18n import t
from bot.store import audit, experiments
from bot.store.db import transaction
from bot.store.experiments import RUNNING, WON, ExperimentState


def roll_out(account_id: int, key: str, arm: str, actor: str, now: datetime) -> ExperimentState:
    """Everybody who is not sent to yet gets `arm`; the experiment is over, and its diary says who
    ended it. Raises NotFound, InvalidInput for no such arm, Conflict where it is over already."""
    state = experiments.by_key(account_id, key)
    if arm not in state.arms or arm in state.out:
        raise InvalidInput(f"{arm[:32]!r} is no arm that anybody gets", "arm")
    if state.state != RUNNING:
        raise Conflict(f"the experiment is over: {state.state}")
    who = actor.removeprefix("operator:")
    words = {lang: [t("experiment.page.ordered", lang, who=who, arm=arm)] for lang in LANGS}
    changes = {"state": WON, "winner": arm, "ended_at": now, "sweeping": True}
    with transaction():
        if not experiments.decide(state, now, timedelta(), **changes):
            raise Conflict("it was looked at just now: see what was decided, then order again")
        experiments.write_page(state.id, "ordered", words, {"arm": arm, "by": actor}, now)
        detail = {"experiment": key, "kind": "ordered", "arm": arm}
        audit.record(actor, "experiment_roll_out", now, detail=detail)
    return experiments.by_key(account_id, key)
