"""`hongyan effects cost`, `price`: what sources, messages and goods cost, as the operator says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import click

from bot.channels.registry import CHANNELS
from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.privacy import looked
from bot.effect.pricing import set_margin
from bot.effect.tables import percent, yuan
from bot.errors import InvalidInput
from bot.i18n import t
from bot.store import effect_costs
from bot.store.effect_costs import MARGIN, MESSAGE
from bot.values import money

MOST_YUAN = Decimal(10**8)


@click.command()
@click.argument("source")
@click.argument("amount", metavar="YUAN")
@click.option("--day", help="The day that it is for, as 2026-11-21; else today.")
@click.option("--note", default="", help="What it was for.")
@as_json
def cost(source: str, amount: str, day: str | None, note: str, json_: bool) -> None:
    """A day of SOURCE (a QR code's scene) cost YUAN, in place of what was said of it before."""
    fen = _whole(_yuan(amount) * 100, "two decimals at most")
    if not 0 < len(source) <= 64 or len(note) > 190:
        raise InvalidInput("1 to 64 characters, and 190 of a note", "source")
    now = common.now()
    when = day_of(day) if day else now.astimezone(ZoneInfo(account().timezone)).date()
    effect_costs.set_source_cost(account().id, source, when, fen, note, now)
    looked("source_cost", source=source, day=when.isoformat(), fen=fen)
    done = t("effect.cost.set", source=source, day=when.isoformat(), fen=yuan(fen))
    show({"source": source, "day": when.isoformat(), "fen": fen}, json_, lambda: [done])


@click.command()
@click.option("--margin", type=click.FloatRange(0, 1), help="The goods' margin: 0.35 of the price.")
@click.option("--message", "message", nargs=2, metavar="CHANNEL YUAN", help="What one costs.")
@as_json
def price(margin: float | None, message: tuple[str, str] | None, json_: bool) -> None:
    """Show what profit is reckoned with, and change it: the margin, the price of messages."""
    changes: dict[str, int] = {}
    if message:
        if message[0] not in [channel.value for channel in CHANNELS]:
            raise InvalidInput(f"one of {', '.join(CHANNELS)}", "message")
        thousand = _yuan(message[1]) * 100 * 1000
        changes[f"{MESSAGE}{message[0]}"] = _whole(thousand, "five decimals at most")
    if margin is not None:
        looked("effect_price", name=MARGIN, value=set_margin(account().id, margin))
    for name, value in changes.items():
        effect_costs.set_price(account().id, name, value)
        looked("effect_price", name=name, value=value)
    found = effect_costs.prices(account().id)
    lines = [f"{name}: {_priced(name, value)}" for name, value in sorted(found.items())]
    show({"prices": found}, json_, lambda: lines or [t("effect.price.none")])


def _priced(name: str, value: int) -> str:
    return percent(value / 1000) if name == MARGIN else f"¥{Decimal(value) / 100_000:.5f}"


def _yuan(text: str) -> Decimal:
    try:
        found = money.amount(text)
    except ValueError:
        found = Decimal(-1)
    if not 0 <= found <= MOST_YUAN:
        raise InvalidInput(f"{text[:20]}: an amount in yuan, such as 1200.50", "amount")
    return found


def _whole(value: Decimal, wanted: str) -> int:
    if value != value.to_integral_value():
        raise InvalidInput(wanted, "amount")
    return int(value)


def day_of(text: str) -> date:
    """Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text[:20]}: a day is written as 2026-11-21", "day") from None
