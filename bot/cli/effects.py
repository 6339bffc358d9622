"""`hongyan effects`: what marketing came to, what it cost, what collides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot import campaign as use
from bot.campaign.document.occurrences import recurs
from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.effect_prices import cost, day_of, price
from bot.effect import digest as weeks
from bot.effect import postmortem as looking_back
from bot.effect.attribution import HALF_LIFE_DAYS, Model
from bot.effect.calendar import calendar as collisions
from bot.effect.crediting import Attribution, How, Line, Seen, attribute
from bot.effect.funnel import By, Funnel
from bot.effect.reporting import by_segment
from bot.effect.reporting import funnel as counted
from bot.effect.reporting import pieces as all_pieces
from bot.effect.sources import sources as ledger
from bot.effect.tables import attribution_table, calendar_lines, funnel_table, source_table
from bot.errors import InvalidInput

MODELS = [model.value for model in Model]
_since = click.option("--since", help="The first day, as 2026-11-01; else 30 days ago.")
_until = click.option("--until", help="The last day; else today.")
_model = click.option("--model", type=click.Choice(MODELS), default=Model.LAST.value,
                      show_default=True, help="To which message an order is owed.")  # fmt: skip
_touch = click.option("--touch", type=click.Choice([seen.value for seen in Seen]),
                      default=Seen.ACTED.value, show_default=True,
                      help="What makes a message one that counts: acted on, or sent.")  # fmt: skip
_half = click.option("--half-life", type=click.FloatRange(0.01, 365), default=HALF_LIFE_DAYS,
                     show_default=True, help="Days, of the model decay.")  # fmt: skip


@click.group()
def effects() -> None:
    """Effects: funnel, pieces, attribution, sources, cost, price, calendar, postmortem, digest."""


@effects.command()
@click.argument("campaign")
@click.option("--run", "number", type=int, help="One run; else all.")
@click.option("--by", type=click.Choice([*(by.value for by in By), "segment"]), default="variant",
              show_default=True)  # fmt: skip
@click.option("--all-steps", is_flag=True, help="Reminders too, not the offer alone.")
@_model
@_touch
@_half
@as_json
def funnel(
    campaign: str, number: int | None, by: str, all_steps: bool, model: str, touch: str,
    half_life: float, json_: bool,
) -> None:  # fmt: skip
    """Planned, sent, opened, claimed, redeemed, ordered; revenue, cost and profit of CAMPAIGN."""
    found, now = use.find(account().id, campaign), common.now()
    how = How(Model(model), Seen(touch), half_life)
    if by == "segment":
        _funnel(by_segment(found, number or found.generation, now, how), json_)
        return
    step = None if all_steps or by == "step" else "offer"
    _funnel(counted(found, now, number=number, by=By(by), how=how, step=step), json_)


def _funnel(found: Funnel, json_: bool) -> None:
    shown = found.to_json()
    show(shown, json_, lambda: funnel_table(shown))


@effects.command()
@_since
@_until
@as_json
def pieces(since: str | None, until: str | None, json_: bool) -> None:
    """Every variant that was sent, with CTR and CVR, and the sum of their products."""
    first, end, _ = _span(since, until)
    _funnel(all_pieces(account().id, first, end, common.now()), json_)


@effects.command()
@_since
@_until
@_model
@_touch
@_half
@click.option("--by", type=click.Choice(["campaign", "run", "day"]), default="campaign",
              show_default=True)  # fmt: skip
@as_json
def attribution(
    since: str | None, until: str | None, model: str, touch: str, half_life: float, by: str,
    json_: bool,
) -> None:  # fmt: skip
    """To which campaigns the orders of a time are owed; parts and the rest add up to all."""
    first, end, zone = _span(since, until)
    how = How(Model(model), Seen(touch), half_life)
    shown = _owed(attribute(account().id, zone, first, end, how), by)
    show({**shown, "model": model}, json_, lambda: attribution_table(shown))


def _owed(found: Attribution, by: str) -> dict[str, Any]:
    lines: dict[str, Line] = {}
    for (slug, run, day), line in found.lines.items():
        name = {"campaign": slug, "run": f"{slug}/{run}", "day": day.isoformat()}[by]
        lines.setdefault(name, Line()).add(line)
    none = Line()
    for line in found.none.values():
        none.add(line)
    return {
        "lines": [{"name": name, **lines[name].to_json()} for name in sorted(lines)],
        "none": none.to_json(), "orders": found.orders, "revenue_fen": found.total_fen,
        "refunded_fen": found.refunded_fen,
    }  # fmt: skip


@effects.command()
@_since
@_until
@as_json
def sources(since: str | None, until: str | None, json_: bool) -> None:
    """Where followers came from: who stayed, what they did since, what it cost."""
    first, end, zone = _span(since, until)
    found = ledger(account().id, zone, first, end, common.now())
    show({"sources": [one.to_json() for one in found]}, json_, lambda: source_table(found))


@effects.command()
@click.option("--month", help="As 2026-12; else the 30 days that come.")
@as_json
def calendar(month: str | None, json_: bool) -> None:
    """Campaigns to come that aim at the same people within a week, and whom a cap will stop."""
    now, zone = common.now(), ZoneInfo(account().timezone)
    first, end = _month(month, zone) if month else (now, now + timedelta(days=30))
    found = collisions(account().id, first, end, now, recurs(account().timezone))
    show(found.to_json(), json_, lambda: calendar_lines(found, zone))


@effects.command()
@click.argument("campaign")
@click.option("--run", "number", type=int, help="Else the latest.")
@as_json
def postmortem(campaign: str, number: int | None, json_: bool) -> None:
    """活动复盘: what a run of CAMPAIGN came to, and three next steps; kept when it is over."""
    found = looking_back.post_mortem(use.find(account().id, campaign), number, common.now())
    show(found.document, json_, lambda: found.words.splitlines())


@effects.command()
@click.option("--week", help="As 2026-W47; else last week.")
@as_json
def digest(week: str | None, json_: bool) -> None:
    """周报: the week of the account on one page; kept when it is over."""
    now = common.now()
    local = now.astimezone(ZoneInfo(account().timezone)).date()
    found = weeks.digest(account().id, week or weeks.week_of(local - timedelta(days=7)), now)
    show({**found.document, "mail": found.mail}, json_, lambda: found.words.splitlines())


def _span(since: str | None, until: str | None) -> tuple[datetime, datetime, ZoneInfo]:
    """From the beginning of the first day to the end of the last, in the account's zone."""
    zone = ZoneInfo(account().timezone)
    last = day_of(until) if until else common.now().astimezone(zone).date()
    first = day_of(since) if since else last - timedelta(days=29)
    if first > last:
        raise InvalidInput(f"{first} lies after {last}", "since")
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone), zone


def _month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput(f"{text[:20]}: a month is written as 2026-12", "month") from None
    return _midnight(first, zone), _midnight((first + timedelta(days=31)).replace(day=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


effects.add_command(cost)
effects.add_command(price)
