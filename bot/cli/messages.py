"""`hongyan messages`: what was said and why it was answered as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from bot.cli import common
from bot.cli.common import as_json, show, table
from bot.cli.privacy import looked
from bot.store import conversation
from bot.store.conversation import Decided

_text = click.option("--text", is_flag=True, help="Also what was said: personal data.")


@click.group()
def messages() -> None:
    """What followers said, how it was decided, and why."""


@messages.command("list")
@click.option("--follower", type=click.IntRange(1), help="Only of this follower.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_text
@as_json
def list_(follower: int | None, limit: int, text: bool, json_: bool) -> None:
    """The last messages, the newest first."""
    common.services()
    found = conversation.latest(
        common.account().id, follower_id=follower or 0, limit=limit, opened=text
    )
    for who in sorted({one.follower_id for one in found if one.follower_id}) if text else ():
        looked("messages", who)
    show([_plain(one) for one in found], json_, lambda: _rows(found, text))


@messages.command()
@click.argument("event_id", type=int)
@_text
@as_json
def why(event_id: int, text: bool, json_: bool) -> None:
    """Each step of the decision about message EVENT_ID: which took it, why the others passed."""
    common.services()
    found = conversation.decided(event_id, opened=text)
    if text:
        looked("messages", found.follower_id or None)
    show(_plain(found), json_, lambda: _steps(found))


def _plain(found: Decided) -> dict[str, Any]:
    return {**asdict(found), "at": found.at.isoformat()}


def _rows(found: Iterable[Decided], text: bool) -> Iterable[str]:
    columns = {"id": "id", "at": "at", "follower": "follower", "handler": "handler", "why": "why"}
    rows = [
        {
            "id": one.event_id,
            "at": f"{one.at:%Y-%m-%d %H:%M:%S}",
            "follower": one.follower_id or "-",
            "handler": one.handler,
            "why": one.reason,
            "text": one.text,
        }
        for one in found
    ]
    return table(rows, {**columns, "text": "text"} if text else columns)


def _steps(found: Decided) -> Iterable[str]:
    yield f"message {found.event_id}, {found.kind}, {found.at:%Y-%m-%d %H:%M:%S} UTC"
    if found.text:
        yield f"said: {found.text}"
    rows = [
        {"step": step, "took": "took" if took else "passed", "handler": handler, "why": why}
        for step, handler, took, why in found.trace
    ]
    if rows:
        names = ("step", "took", "handler", "why")
        yield from table(rows, {name: name for name in names})
    yield f"answered by {found.handler or '-'}: {found.reason or '-'}"
    yield f"answer {found.answer or '-'}, {found.took_ms} ms"
