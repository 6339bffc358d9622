"""How many had the offer of a run, as lists of campaigns show it: a reminder is a second message to
somebody who had it, not another person."""

from __future__ import annotations

from typing import NamedTuple

from bot.campaign.permission.order import OFFER
from bot.store import send_figures, send_progress
from bot.store.campaigns import GenerationState

QUICK = 20_000  # ledger rows that are counted while a page waits


class Reached(NamedTuple):
    """more: reminders are in `sent`, too: the run is big and not closed yet."""

    sent: int
    more: bool = False


def reached(campaign_id: int, run: GenerationState) -> Reached:
    """By the sum where the run is closed, else as far as it has gone."""
    if run.closing:
        return Reached(int(run.closing[OFFER]["sent"]))
    sent = send_progress.total(campaign_id, run.number).sent
    if not run.definition.get("reminder"):
        return Reached(sent)
    if run.audience > QUICK:
        return Reached(sent, more=True)
    return Reached(sent - send_figures.reminded(campaign_id, run.number))
