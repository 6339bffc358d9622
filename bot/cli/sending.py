"""`hongyan campaign watch | rest | sheet`: a run as it goes, a second try, the signed sheet."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import click
from tqdm import tqdm

from bot import campaign as use
from bot.campaign import rest as second
from bot.campaign import sheet as signed
from bot.campaign.live import Live, Watcher
from bot.campaign.states import ACTIVE
from bot.cli import common
from bot.cli.common import account, as_json, show
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
    first = watcher.look(common.now())
    if json_ or not sys.stderr.isatty():
        show(first.to_json(), json_, lambda: _lines(first))
        return
    last = _follow(watcher, first, every)
    for line in _lines(last):
        click.echo(line)


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


def _lines(live: Live) -> Iterator[str]:
    yield f"campaign {live.campaign}, run {live.run}: {live.state}"
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
@as_json
def rest(id: str, yes: bool, json_: bool) -> None:
    """Send to the rest: a further run for those whom an ended run did not reach by reason of time,
    quota, stock, cancellation or the platform. Nobody who had it gets it again."""
    found = use.find(account().id, id)
    figures = second.rest_of(found)
    made = second.send_rest_of(found, common.now()) if yes else None
    if made is not None:
        detail = {"campaign": found.id, "run": made, "followers": figures.followers}
        audit.record(actor(), "campaign.rest", common.now(), detail=detail)
    told = {**figures.to_json(), "run": made}
    show(told, json_, lambda: _rest_lines(figures, made))


def _rest_lines(figures: second.Rest, made: int | None) -> Iterator[str]:
    yield f"run {figures.of_run} did not reach {figures.followers} followers"
    for word, by in (("skipped", figures.skipped), ("failed", figures.failed)):
        yield from (f"  {word} {why}: {many}" for why, many in by.items())
    if made is not None:
        yield f"run {made} is being planned for them"
    elif figures.followers:
        yield "repeat it with --yes to send to them"


@click.command()
@click.argument("id")
@click.option("--run", type=click.IntRange(1), help="Which run; the latest where none is named.")
@click.option("--verify", is_flag=True, help="Compare it with the store; exit 1 where they differ.")
@as_json
def sheet(id: str, run: int | None, verify: bool, json_: bool) -> None:
    """The signed sheet of a closed run: its sum, quota, coupons, and the hash of the ledger."""
    found = use.find(account().id, id)
    of = signed.verify if verify else signed.sheet_of
    made = of(found, run or found.generation, common.now())
    told = {**made.to_json(), **({"faults": list(made.faults)} if verify else {})}
    show(told, json_, lambda: _sheet_lines(made, verify))
    sys.exit(1 if made.faults else 0)


def _sheet_lines(made: signed.Sheet, verified: bool) -> Iterator[str]:
    told = made.document
    yield f"campaign {told['campaign']}, run {told['run']}, closed {told['closed_at']}"
    for step, closing in (told["sum"] or {}).items():
        yield f"{step}: {json.dumps(closing, ensure_ascii=False)}"
    yield f"calls {json.dumps(told['calls'])}, codes {json.dumps(told['codes'])}"
    yield f"ledger {told['rows']} rows, sha256 {told['sha256']}"
    yield f"audit log up to entry {told['audit']['entry']} {told['audit']['hash']}"
    yield f"signed {made.made_at.isoformat()} {made.signature}"
    yield from (f"DIFFERS: {fault}" for fault in made.faults)
    if verified and not made.faults:
        yield "verified: signature, audit log, sum and every ledger row agree"
