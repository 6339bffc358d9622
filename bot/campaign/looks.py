"""What takes long to reckon of a campaign, as documents that pages show: a dry run, a report, an
experiment. Each is kept in place of the one before, with its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.campaign.ahead.dryrun import Progress, dry_run, silent
from bot.campaign.ahead.telling import dry_run_told
from bot.campaign.approve import digest_of
from bot.campaign.document.definition import parse
from bot.campaign.experiments import report as experiments_report
from bot.campaign.experiments.report import sizing
from bot.campaign.finding import find
from bot.campaign.permission.order import zone_of
from bot.campaign.results.report import report
from bot.campaign.results.rest import rest_of
from bot.campaign.results.telling import report_told
from bot.clock import wall
from bot.errors import Conflict
from bot.services import Services
from bot.store import campaigns, looks
from bot.store.campaigns import CampaignState
from bot.store.looks import Look

AHEAD, REPORT, EXPERIMENT = "dryrun", "report", "experiment"
LANGS = ("zh", "en")
QUICK = 20_000  # ledger rows that are counted while the page waits


def ahead(
    services: Services, account_id: int, ref: str, now: datetime, progress: Progress = silent
) -> dict[str, Any]:
    """A dry run of the whole audience, kept. Raises as `dry_run`."""
    campaign = find(account_id, ref)
    definition, zone = parse(campaign.definition, zone_of(account_id)), zone_of(account_id)
    found = dry_run(services, account_id, ref, now, progress)
    many = sum(found.variants.values())
    shown = {lang: sizing(definition, many, lang=lang) for lang in LANGS}
    document = {
        **found.to_json(),
        "digest": digest_of(definition),
        "at": {
            "starts": wall(found.starts_at, zone),
            "finish": wall(found.finish.at, zone),
            "delayed_until": wall(found.delayed_until, zone),
        },
        "told": {
            lang: list(dry_run_told(replace(found, sizing=tuple(shown[lang])), zone, lang))
            for lang in LANGS
        },
        "findings": {lang: [one.to_json(lang) for one in found.findings] for lang in LANGS},
        "sizing": shown,
    }
    looks.keep(account_id, AHEAD, campaign.slug, document, now)
    return document


def last_ahead(campaign: CampaignState) -> Look | None:
    """The kept dry run; its document's `stale` says that the campaign was changed since."""
    found = looks.find(campaign.account_id, AHEAD, campaign.slug)
    if found is None:
        return None
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    stale = found.document.get("digest") != digest_of(definition)
    return Look(found.made_at, {**found.document, "stale": stale})


# --- what came of it ---------------------------------------------------------------------------


def keep_figures(campaign: CampaignState, now: datetime) -> dict[str, Any]:
    document = figures(campaign, now)
    looks.keep(campaign.account_id, REPORT, campaign.slug, document, now)
    return document


def figures(campaign: CampaignState, now: datetime) -> dict[str, Any]:
    """The report of the latest run, and whom it did not reach."""
    zone = zone_of(campaign.account_id)
    found = report(campaign, now)
    return {
        **found.to_json(),
        "told": {lang: list(report_told(found, zone, lang)) for lang in LANGS},
        "rest": _rest(campaign),
    }


def _rest(campaign: CampaignState) -> dict[str, Any] | None:
    """None while the run is still being sent."""
    try:
        return rest_of(campaign).to_json()
    except Conflict:
        return None


def last_figures(campaign: CampaignState, now: datetime) -> Look | None:
    """Reckoned now where the run is small, else as they are kept; None: it has not run, or nobody
    has asked for the figures of this run yet."""
    if campaign.generation == 0:
        return None
    run = campaigns.generation(campaign.id, campaign.generation)
    if run.audience <= QUICK:
        return Look(now, figures(campaign, now))
    found = looks.find(campaign.account_id, REPORT, campaign.slug)
    return found if found and found.document["generation"] == campaign.generation else None


# --- experiments -------------------------------------------------------------------------------


def keep_experiment(account_id: int, key: str, now: datetime) -> dict[str, Any]:
    """What an experiment shows by now, kept. Raises NotFound."""
    document = experiments_report.shown(account_id, key, now).to_json()
    looks.keep(account_id, EXPERIMENT, key, document, now)
    return document


def last_experiment(account_id: int, key: str, rows: int, now: datetime) -> Look | None:
    """As `last_figures`. rows: how many its runs have in the ledger. Raises NotFound."""
    if rows <= QUICK:
        return Look(now, experiments_report.shown(account_id, key, now).to_json())
    return looks.find(account_id, EXPERIMENT, key)
