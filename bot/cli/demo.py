"""`hongyan demo`: everything at once, on this machine."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import click

from bot import log
from bot.demo import watch
from bot.demo.plan import DemoPlan
from bot.demo.run import Demo


@click.command()
@click.option("--followers", type=click.IntRange(1, 100_000), default=60, show_default=True)
@click.option("--seconds", type=click.FloatRange(15, 86_400), help="End by itself; default: never.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--sandbox-port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "json_", is_flag=True, help="One JSON object on stdout at the end.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), hidden=True)
def demo(
    followers: int,
    seconds: float | None,
    port: int,
    sandbox_port: int,
    seed: int,
    json_: bool,
    folder: Path,
) -> None:
    """A local WeChat platform with simulated followers, and the bot, to watch.

    With --seconds it ends by itself with a summary; exit 1 where product and sandbox disagree.
    """
    log.configure("warning", "text")
    plan = DemoPlan(followers, seconds, port, sandbox_port, seed, folder)
    signal.signal(signal.SIGTERM, _as_interrupt)
    running = Demo(plan, lambda line: click.echo(line, err=True))
    watch.announce(plan)
    try:
        running.start()
        try:
            running.play()
        except KeyboardInterrupt:
            click.echo("", err=True)
        running.settle()
        summary, differ = running.summary()
    finally:
        running.stop()
    _tell(summary, differ, json_)
    sys.exit(1 if differ else 0)


def _tell(summary: dict[str, Any], differ: list[str], json_: bool) -> None:
    if json_:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        for line in watch.finish(summary):
            click.echo(line)
    for sentence in differ:
        click.echo(f"hongyan: {sentence}", err=True)


def _as_interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
