"""Beside a campaign's form: the message on a phone, the linter's findings, how many it is for at
most, and what an experiment among so many could show. Nothing is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot import campaign
from bot.campaign.ahead.linting import findings_of
from bot.campaign.ahead.to_come import sample_order
from bot.campaign.document.aim import aim_of
from bot.campaign.document.definition import Definition
from bot.campaign.experiments.report import USUAL_RATES, sizing
from bot.campaign.sending.compose import Composer
from bot.console.gate import account, asker
from bot.console.lint_words import told
from bot.console.shares import shares_of
from bot.console.shell import language
from bot.errors import HongyanError
from bot.experiment.power import Plan, size_for_rates
from bot.experiment.wording import size_said
from bot.store import audience_sets
from bot.web.services import services

WORTH = 0.2  # of the usual rate: the rise that is worth an experiment

Complaint = Callable[[HongyanError], tuple[str, str]]


def panel(document: Mapping[str, Any], complaint: Complaint) -> dict[str, Any]:
    """What the template places; `error` and `field` where the document cannot be a campaign yet."""
    try:
        return {**unread("", ""), **_filled(campaign.checked(account().id, dict(document)))}
    except HongyanError as error:
        return unread(*complaint(error))


def unread(error: str, field: str) -> dict[str, Any]:
    """The panel of what is no campaign yet."""
    return {"error": error, "field": field, "texts": [], "findings": [], "lines": []}


def _filled(definition: Definition) -> dict[str, Any]:
    lang, now = language(), asker().now
    order = sample_order(account().id, definition, services().settings.public, now)
    composer = Composer(order)
    most = audience_sets.most(aim_of(account().id, definition))
    first = order.pieces[0].slug if order.pieces else ""
    people = round(most * (1 - definition.holdout))
    texts = definition.texts()
    shares = shares_of([one.weight for one in texts])
    return {
        "texts": [
            {"name": one.name, "share": share, "many": f"{round(people * float(share) / 100):,}",
             "text": composer.text(one.name, None, None, first)}
            for one, share in zip(texts, shares, strict=True)
        ],
        "findings": told(findings_of(order, most, now, None), definition),
        "most": f"{most:,}",
        "lines": _experiment(definition, people, lang),
    }  # fmt: skip


def _experiment(definition: Definition, people: int, lang: str) -> list[str]:
    """What so many can show, and how many a rise that is worth it would need."""
    part = definition.experiment
    if part is None:
        return []
    usual = USUAL_RATES[part.winner.metric if part.winner else "clicked"]
    needed = size_for_rates(usual, usual * WORTH, Plan(arms=len(definition.texts())))
    return [*sizing(definition, people, lang=lang), size_said(needed, lang)]
