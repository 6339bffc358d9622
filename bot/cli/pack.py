"""`hongyan pack`: ready-made trades."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.training import train_with_progress
from bot.store import talk
from bot.store.talk import DRAFT, LIVE
from bot.talk import packs
from bot.talk.packs import Applied, Pack


@click.group()
def pack() -> None:
    """Ready-made trades: intents, examples, answers, forms, questions, rules, segments."""


@pack.command("list")
@as_json
def list_(json_: bool) -> None:
    """The packs there are."""
    rows = [_row(packs.pack(name)) for name in packs.NAMES]
    headings = {name: name for name in rows[0]}
    show({"packs": rows}, json_, lambda: table(rows, headings))


def _row(one: Pack) -> dict[str, Any]:
    kinds = [kind for kind, _ in one.documents]
    return {
        "name": one.name,
        "title": one.title,
        "english": one.english,
        **{kind: kinds.count(kind) for kind in ("intent", "faq", "form", "rule", "entity")},
        "examples": len(one.examples),
    }


@pack.command()
@click.argument("name")
@click.option("--stage", type=click.Choice([LIVE, DRAFT]), default=LIVE, show_default=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--train/--no-train", default=True, help="Learn from the examples afterwards.")
@as_json
def apply(name: str, stage: str, dry_run: bool, train: bool, json_: bool) -> None:
    """Put the pack NAME into the store; what somebody changed by hand stays."""
    wanted, owner = packs.pack(name), account().id
    done = packs.apply(owner, wanted, common.now(), stage=stage, dry_run=dry_run)
    show(_plain(done), json_, lambda: _lines(wanted, done, stage, dry_run))
    if stage == LIVE and not done.nothing and talk.has(owner, DRAFT):
        click.echo(
            "there is a draft without this: apply the pack with --stage draft, too", err=True
        )
    if train and not dry_run:
        train_with_progress(owner, stage, quiet=json_)


def _plain(done: Applied) -> dict[str, Any]:
    return {
        **asdict(done),
        "added": ["/".join(key) for key in done.added],
        "changed": ["/".join(key) for key in done.changed],
        "kept": {"/".join(key): why for key, why in done.kept},
    }


def _lines(wanted: Pack, done: Applied, stage: str, dry_run: bool) -> Iterable[str]:
    would = "would be " if dry_run else ""
    yield f"{wanted.title} ({wanted.name}), {stage}: {done.same} documents are there already"
    for what, keys in (("added", done.added), ("changed", done.changed)):
        if keys:
            kinds = [kind for kind, _ in keys]
            counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
            yield f"{would}{what}: {counts}"
    if done.examples:
        yield f"{would}added: {done.examples} examples"
    if done.segments:
        yield f"{would}added: segments {', '.join(done.segments)}"
    for key, why in done.kept:
        yield f"kept as it is: {' '.join(key)} ({why})"
    if done.nothing:
        yield "nothing to change"
