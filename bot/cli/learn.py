"""`hongyan learn`: what followers said and nothing answered, and what to make of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli import common
from bot.cli.common import as_json, show, table
from bot.cli.privacy import looked
from bot.store import shadow, suggestions, talk
from bot.store.suggestions import Suggestion
from bot.talk import learning, trial
from bot.talk.trial import Replay

_stage = click.option(
    "--stage", type=click.Choice(["draft", "live"]), default="draft", show_default=True
)


@click.group()
def learn() -> None:
    """Turn unanswered messages into examples and rules; try changes before they are live."""


@learn.command()
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True)
@as_json
def suggest(days: int, json_: bool) -> None:
    """Group the unanswered messages of the last days now; the nightly job does the same."""
    account = _account()
    learning.suggest(account, common.now(), days * learning.DAYS / 7)
    _show(suggestions.listed(account), json_)


@learn.command("list")
@click.option("--state", type=click.Choice(["open", "accepted", "dismissed"]), default="open")
@as_json
def list_(state: str, json_: bool) -> None:
    """Suggestions, the greatest first."""
    _show(suggestions.listed(_account(), state), json_)


@learn.command("show")
@click.argument("suggestion_id", type=int)
@as_json
def show_(suggestion_id: int, json_: bool) -> None:
    """What was said in the messages of a suggestion (personal data), and the draft."""
    account = _account()
    found = suggestions.get(account, suggestion_id)
    said = suggestions.texts(account, found.events)
    looked("messages", suggestion=suggestion_id)
    shown = {**_plain(found), "texts": list(said.values())}
    show(shown, json_, lambda: [*_lines([found]), "", *said.values(), "", f"draft: {found.draft}"])


@learn.command()
@click.argument("suggestion_id", type=int)
@click.argument("intent", default="")
@_stage
def accept(suggestion_id: int, intent: str, stage: str) -> None:
    """Make the messages of a suggestion examples of INTENT (of the one it names, if left out).

    Of a new intent, which a suggestion of kind `intent` makes with its answer, INTENT is the slug.
    """
    account = _account()
    found = suggestions.get(account, suggestion_id)
    before = {one.slug for one in talk.documents(account, talk.read_from(account, stage), "intent")}
    count = learning.accept(account, suggestion_id, intent, common.now(), stage)
    slug = intent or found.intent
    if slug not in before:
        click.echo(f"new intent {slug} ({found.title}) in {stage}; its answer: {found.draft}")
    click.echo(f"{count} new examples of {slug} in {stage}")


@learn.command()
@click.argument("suggestion_id", type=int)
@_stage
def rule(suggestion_id: int, stage: str) -> None:
    """Make a keyword rule of a suggestion's best keyword and its draft of an answer."""
    account = _account()
    zone = ZoneInfo(common.account().timezone)
    slug = learning.make_rule(account, suggestion_id, common.now(), zone, stage)
    click.echo(f"rule {slug} in {stage}")


@learn.command()
@click.argument("suggestion_id", type=int)
def dismiss(suggestion_id: int) -> None:
    """Not worth an answer."""
    learning.dismiss(_account(), suggestion_id)
    click.echo("dismissed")


@learn.command()
@click.argument("event_ids", nargs=-1, type=int, required=True)
@click.argument("intent")
@_stage
def label(event_ids: tuple[int, ...], intent: str, stage: str) -> None:
    """Make single messages, by their ids, examples of INTENT (or out_of_scope)."""
    count = learning.label(_account(), event_ids, intent, common.now(), stage)
    click.echo(f"{count} new examples in {stage}")


@learn.command()
@click.option("--days", type=click.IntRange(1, 30), default=1, show_default=True)
@click.option("--stage", type=click.Choice(["draft", "live", "previous"]), default="draft")
@click.option("--model", type=int, default=0, help="Id of the model that decides for the stage.")
@click.option("--limit", type=click.IntRange(0, 10_000), default=50, show_default=True)
@as_json
def replay(days: int, stage: str, model: int, limit: int, json_: bool) -> None:
    """Put the messages of the last days through the live set and STAGE; list what differs."""
    common.services()
    now = common.now()
    found = trial.replay(
        common.account(), now - timedelta(days=days), now, stage=stage, model_id=model
    )
    show(asdict(found), json_, lambda: _differences(found, limit))


@learn.group("trial")
def trials() -> None:
    """Decide every message by the draft and the model on trial, too, unnoticed."""


@trials.command("start")
def trials_start() -> None:
    """Begin a trial of the draft and of the model on trial."""
    click.echo(f"trial of {trial.start(_account(), common.now())}")


@trials.command("stop")
def trials_stop() -> None:
    """End the trial; what was found stays."""
    click.echo("stopped" if shadow.stop(_account()) else "no trial was running")


@trials.command("show")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@as_json
def trials_show(limit: int, json_: bool) -> None:
    """How many messages were decided twice, and where the two sets disagree."""
    account = _account()
    running = shadow.running(account)
    found = {
        "trial": asdict(running) if running else None,
        "counted": [
            {"live": live, "trial": other, "messages": count}
            for live, other, count in shadow.counted(account)
        ],
        "latest": [asdict(one) for one in shadow.disagreements(account, limit)],
    }
    show(found, json_, lambda: _disagreements(found))


def _differences(found: Replay, limit: int) -> Iterable[str]:
    yield f"{found.messages} messages, {len(found.differences)} decided otherwise"
    for one in found.differences[:limit]:
        yield ""
        yield f"{one.event_id}  {one.text}"
        for name, side in (("live ", one.live), ("trial", one.trial)):
            yield f"  {name}  {side.key}  ({side.why})" + (f"  {side.says}" if side.says else "")


def _disagreements(found: dict[str, Any]) -> Iterable[str]:
    running = found["trial"]
    if running:
        yield f"trial of {running['name']}: {running['decided']} messages decided twice"
    else:
        yield "no trial is running"
    if found["counted"]:
        names = ("live", "trial", "messages")
        yield from table(found["counted"], {name: name for name in names})
    for one in found["latest"]:
        yield f"message {one['event_id']}: {one['live']} -> {one['shadow']}"


def _account() -> int:
    common.services()
    return common.account().id


def _show(found: list[Suggestion], json_: bool) -> None:
    show([_plain(one) for one in found], json_, lambda: _lines(found))


def _plain(found: Suggestion) -> dict[str, Any]:
    return {**asdict(found), "made_at": found.made_at.isoformat()}


def _lines(found: Iterable[Suggestion]) -> Iterable[str]:
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "messages": one.size,
            "coverage": f"{one.coverage:.1%}" if one.coverage else "-",
            "intent": f"{one.intent or '-'} {one.title}".rstrip(),
            "keywords": "、".join(one.keywords) or "-",
        }
        for one in found
    ]
    names = ("id", "kind", "messages", "coverage", "intent", "keywords")
    return table(rows, {name: name for name in names}) if rows else ["nothing is open"]
