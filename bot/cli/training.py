"""Learning from the store's examples, with a line that says how long it has been going on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.cli import common
from bot.store import talk
from bot.talk.training import train_stage


def train_with_progress(account_id: int, stage: str, *, quiet: bool = False) -> None:
    """Make the model of a stage unless it is there, and say so."""
    count = sum(talk.count_examples(account_id, stage).values())
    with _progress(f"learning from {count} examples", quiet or not count):
        kept, made = train_stage(account_id, stage, common.now())
    if quiet:
        return
    use = {"active": "in use", "shadow": "on trial"}.get(kept.state, kept.state)
    if not made:
        click.echo(f"model {kept.id} is of these examples already, {use}")
        return
    said = ", ".join(
        f"{name} {kept.metrics[name]:.3f}"
        for name in ("accuracy", "macro_f1", "rejected", "refused")
        if name in kept.metrics
    )
    click.echo(f"model {kept.id}, {use}; cross-validation: {said}")


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[None]:
    """A growing second count on a terminal; one line elsewhere; on standard error."""
    if quiet:
        yield
        return
    shown = sys.stderr.isatty()
    click.echo(f"{what} ..." + ("" if shown else " (about a minute for 20,000)"), err=True)
    done = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not done.wait(1):
            click.echo(f"\r{time.monotonic() - began:4.0f} s", err=True, nl=False)

    thread = threading.Thread(target=tick, daemon=True)
    if shown:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if shown:
            thread.join()
            click.echo("\r", err=True, nl=False)
