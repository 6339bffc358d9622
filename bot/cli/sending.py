"""`hongyan campaign watch | rest | sheet`: a run as it goes, a second try, the signed sheet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import click
from tqdm import tqdm

from bot import campaign as use
from bot.campaign.phases import phase_of
from bot.campaign.results import rest as second
from bot.campaign.results import sheet as signed
from bot.campaign.results.live import Live, Watcher
from bot.campaign.results.telling import rest_told, sheet_told
from bot.campaign.states import ACTIVE
from bot.cli import common
from bot.cli.common import account, as_json, in_words, show, zone
from bot.cli.privacy import actor
from bot.store import audit


@click.command()
@click.argument("id")
@click.option("--every", default=1.0, type=click.FloatRange(0.1, 3600), help="Seconds.")
@as_json
def watch(id: str, every: float, json_: bool) -> None:
    """How far a run is, how fast it goes, how long it will take. On a terminal it follows the run
    until it rests; otherwise, and with --json, it looks once."""
    watcher = Watcher(use.find(account().id, id).id)
    live = watcher.look(common.now())
    if not json_ and sys.stderr.isatty():
        live = _follow(watcher, live, every)
    phase = phase_of(use.find(account().id, id))
    value = {**live.to_json(), **phase.to_json()}
    show(value, json_, lambda: _lines(live, phase.said(zone(), "en")))


def _follow(watcher: Watcher, first: Live, every: float) -> Live:
    live = first
    with tqdm(total=first.rows, initial=first.done, unit="msg", desc=first.campaign) as bar:
        while live.state in ACTIVE and (live.left or not live.rows):
            time.sleep(every)
            live = watcher.look(common.now())
            bar.total = live.rows
            bar.set_postfix_str(f"{live.per_minute:.0f}/min errors {live.errors:.1%} {live.state}")
            bar.update(live.done - bar.n)
    return live


def _lines(live: Live, state: str) -> Iterator[str]:
    yield f"campaign {live.campaign}, run {live.run}: {state}"
    share = f" ({live.done / live.rows:.1%})" if live.rows else ""
    yield f"done {live.done} of {live.rows}{share}, left {live.left}"
    yield "  ".join(f"{state} {rows}" for state, rows in live.states.items() if rows)
    left = live.seconds_left
    time_left = "unknown: nothing moves" if left is None else f"about {round(left)} s"
    yield f"{live.per_minute:.0f} in the last minute, time left {time_left}"
    yield f"errors in the last minutes {live.errors:.2%}, brake {_brake(live)}"
    if live.unswept:
        yield f"{live.unswept} rows of dead senders wait for the sweeper"
    if live.error:
        yield live.error


def _brake(live: Live) -> str:
    rates = [
        f"{name} {found['events']}/{found['people']}"
        for name, found in live.brake.items()
        if isinstance(found, dict)
    ]
    state = "holds" if live.brake["holds"] else "watches"
    return f"{state}: {', '.join(rates)}" if rates else state


@click.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do it; without, it is only said for whom.")
@in_words
@as_json
def rest(id: str, yes: bool, lang: str, json_: bool) -> None:
    """Send to the rest: a further run for those whom a run that has been sent did not reach by
    reason of time, quota, stock, cancellation or the platform. Nobody who had it gets it again."""
    found = use.find(account().id, id)
    figures = second.rest_of(found)
    made = second.send_rest_of(found, common.now()) if yes else None
    if made is not None:
        detail = {"campaign": found.id, "run": made, "followers": figures.followers}
        audit.record(actor(), "campaign.rest", common.now(), detail=detail)
    told = {**figures.to_json(), "run": made}
    show(told, json_, lambda: rest_told(figures, made, lang))


@click.command()
@click.argument("id")
@click.option("--run", type=click.IntRange(1), help="Which run; the latest where none is named.")
@click.option("--verify", is_flag=True, help="Compare it with the store; exit 1 where they differ.")
@in_words
@as_json
def sheet(id: str, run: int | None, verify: bool, lang: str, json_: bool) -> None:
    """The signed sheet of a run: its sum, quota, coupons, and the hash of the ledger. Provisional
    from the last message until the run is closed."""
    found = use.find(account().id, id)
    of = signed.verify if verify else signed.sheet_of
    made = of(found, run or found.generation, common.now())
    told = {**made.to_json(), **({"faults": list(made.faults)} if verify else {})}
    show(told, json_, lambda: sheet_told(made, verify, zone(), lang))
    sys.exit(1 if made.faults else 0)
