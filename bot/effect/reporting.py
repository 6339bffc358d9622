"""Funnels of a run, of all runs, of who was in a segment when it was sent, and of all pieces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.clock import to_ms
from bot.effect.crediting import Credited, How, credited
from bot.effect.funnel import OFFER, By, Cells, Figures, Funnel, namer, total_of
from bot.effect.money import Prices
from bot.store import accounts, campaigns, effect_costs, segments
from bot.store.campaigns import CampaignState
from bot.store.effect_funnel import QUARTER_MS, Scope
from bot.store.effect_orders import Windows

MOST_SEGMENTS = 50


def zone_of(account_id: int) -> ZoneInfo:
    return ZoneInfo(accounts.by_id(account_id).timezone)


def prices_of(account_id: int) -> Prices:
    return Prices.of(effect_costs.prices(account_id))


def funnel(
    campaign: CampaignState,
    now: datetime,
    *,
    number: int | None = None,
    by: By = By.VARIANT,
    how: How = How(),  # noqa: B008  frozen
    step: str | None = OFFER,
) -> Funnel:
    """One run's funnel, or (`number` None) that of all runs.

    step   the offer's; None: of every step
    """
    run = _run(campaign, number)
    scope = Scope(campaign.id, run, campaign.standing, timed=by is By.DAY)
    prices = prices_of(campaign.account_id)
    cells = _counted(campaign.account_id, scope, prices, how, now)
    lines = cells.lines(namer(by, zone_of(campaign.account_id)), step)
    return Funnel(by, lines, total_of(lines.values()), prices, now)


def _run(campaign: CampaignState, number: int | None) -> int | None:
    """Raises NotFound for a run that was not. A journey's entries are one run."""
    if number is None or campaign.standing:
        return None
    return campaigns.generation(campaign.id, number).number


def _counted(account_id: int, scope: Scope, prices: Prices, how: How, now: datetime) -> Cells:
    cells = Cells(prices)
    cells.count(scope)
    cells.credit(scope, _owed(account_id, [cells], how, now))
    return cells


def _owed(account_id: int, cells: Iterable[Cells], how: How, now: datetime) -> Iterable[Credited]:
    """Orders that can be owed to these sends."""
    spans = [span for one in cells if (span := one.sent_between()) is not None]
    if not spans:
        return ()
    until = max(span[1] for span in spans) + Windows(account_id).widest
    last = min(until, now) + timedelta(milliseconds=1)
    return credited(account_id, min(span[0] for span in spans), last, how)


def by_segment(
    campaign: CampaignState,
    number: int,
    now: datetime,
    how: How = How(),  # noqa: B008  frozen
) -> Funnel:
    """One run cut by the segments that people were in when it started. Who was in two stands in
    both lines, so these do not add up to `total`, which is the run's."""
    run = campaigns.generation(campaign.id, number)
    prices = prices_of(campaign.account_id)
    whole = _counted(campaign.account_id, Scope(campaign.id, number, campaign.standing), prices,
                     how, now)  # fmt: skip
    owed = list(_owed(campaign.account_id, [whole], how, now))
    lines = {}
    for segment in segments.of_account(campaign.account_id)[:MOST_SEGMENTS]:
        scope = Scope(campaign.id, number, campaign.standing, (segment.id, run.started_at))
        cells = Cells(prices)
        cells.count(scope)
        cells.credit(scope, owed)
        line = total_of(cells.lines(lambda cell: "", OFFER).values())
        if line.intended:
            lines[segment.slug] = line
    total = total_of(whole.lines(lambda cell: "", OFFER).values())
    return Funnel("segment", lines, total, prices, now)


def pieces(
    account_id: int,
    since: datetime,
    until: datetime,
    now: datetime,
    how: How = How(),  # noqa: B008
) -> Funnel:
    """Every campaign's pieces of content, or variants where the text is fixed, of what was sent in
    [since, until): by CTR x CVR, which `yield` adds up."""
    prices = prices_of(account_id)
    low, high = to_ms(since) // QUARTER_MS, to_ms(until) // QUARTER_MS
    found: dict[str, tuple[Scope, Cells]] = {}
    for campaign in campaigns.all_of(account_id):
        if _was_closed(campaign, since):
            continue
        scope, cells = Scope(campaign.id, timed=True), Cells(prices)
        cells.count(scope)
        cells.held = {
            cell: line
            for cell, line in cells.held.items()
            if low <= cell.quarter < high and cell.step == OFFER
        }
        if any(line.sent for line in cells.held.values()):
            found[campaign.slug] = scope, cells
    owed = list(_owed(account_id, [cells for _, cells in found.values()], how, now))
    lines: dict[str, Figures] = {}
    for slug, (scope, cells) in found.items():
        there = set(cells.held)
        cells.credit(scope, owed)
        cells.held = {cell: line for cell, line in cells.held.items() if cell in there}
        for name, line in cells.lines(lambda cell: cell.content or cell.variant, OFFER).items():
            lines[f"{slug}/{name}"] = line
    return Funnel("piece", lines, total_of(lines.values()), prices, now)


def _was_closed(campaign: CampaignState, since: datetime) -> bool:
    """It never ran, or its last run was closed by then: nothing was sent since."""
    if not campaign.generation:
        return True
    closed_at = campaigns.generation(campaign.id, campaign.generation).closed_at
    return closed_at is not None and closed_at < since
