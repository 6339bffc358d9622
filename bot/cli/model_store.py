"""`hongyan model list, activate, rollback, score, why` and training from the store's followers."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import click

from bot.cli import common
from bot.cli.common import as_json, in_words, show, table
from bot.cli.privacy import looked
from bot.errors import InvalidInput
from bot.insight import kinds
from bot.insight.kinds import Progress
from bot.learning import scoring, training
from bot.learning import why as reasons
from bot.learning.purposes import PURPOSES
from bot.learning.scoring import Scored
from bot.store import insight_models
from bot.store.insight_models import Kept

Watched = AbstractContextManager[Progress]
NAMES = (*kinds.NAMES, *(slug for slug in PURPOSES if slug not in kinds.NAMES))
_slug = click.argument("slug", metavar="PURPOSE", type=click.Choice(list(PURPOSES)))
_COLUMNS = {
    "id": "id", "slug": "purpose", "kind": "kind", "version": "version", "state": "state",
    "auc": "AUC", "made_at": "made", "active_from": "in use since", "scored_at": "scored",
    "drift": "drift",
}  # fmt: skip


def train(slug: str, seed: int, options: dict[str, Any], progress: Progress, json_: bool) -> None:
    """Learn a purpose from the store. Raises InvalidInput for what is no purpose."""
    if slug not in PURPOSES:
        known = ", ".join(PURPOSES)
        raise InvalidInput(
            f"from the store are learnt {known}; to learn {slug} name a table: --data FILE"
        )
    account = common.account().id
    found = training.train(
        account, slug, common.now(), seed=seed, options=options, progress=progress
    )
    show(found.to_json(), json_, lambda: _taught(found.kept, found.verdict.reason))


def _taught(kept: Kept, reason: str) -> Iterable[str]:
    yield f"{kept.slug} version {kept.version} (model {kept.id}): {kept.state}"
    yield f"chosen: {kept.card.get('chosen', '')}, taught by {kept.card['product']['rows']} rows"
    yield reason
    if kept.state == "active":
        yield f"now score everybody: hongyan model score {kept.slug}"


@click.command("list")
@click.option("--purpose", "slug", type=click.Choice(list(PURPOSES)))
@as_json
def list_(slug: str | None, json_: bool) -> None:
    """Models that were learnt from the store, the latest first."""
    found = insight_models.models(common.account().id, slug or "")
    show([one.to_json() for one in found], json_, lambda: table(map(_line, found), _COLUMNS))


def _line(kept: Kept) -> dict[str, Any]:
    zone = common.zone()
    line = kept.to_json() | {"auc": f"{kept.metrics.get('auc', float('nan')):.3f}"}
    for name in ("made_at", "active_from", "scored_at"):
        at = getattr(kept, name)
        line[name] = f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
    worst = next(iter(kept.metrics.get("drift", ())), None)
    line["drift"] = f"{worst['psi']:.2f} {worst['feature']}" if worst else ""
    return line


@click.command()
@click.argument("model_id", type=int)
@as_json
def activate(model_id: int, json_: bool) -> None:
    """Take a model into use, in place of the one of its purpose."""
    kept = insight_models.activate(common.account().id, model_id, common.now())
    show(kept.to_json(), json_, lambda: [_in_use(kept)])


@click.command()
@_slug
@as_json
def rollback(slug: str, json_: bool) -> None:
    """Go back to the model that was in use before."""
    kept = insight_models.roll_back(common.account().id, slug, common.now())
    show(kept.to_json(), json_, lambda: [_in_use(kept)])


def _in_use(kept: Kept) -> str:
    return f"{kept.slug} version {kept.version} is in use; score: hongyan model score {kept.slug}"


@click.command()
@click.argument("slugs", metavar="[PURPOSE ...]", nargs=-1, type=click.Choice(list(PURPOSES)))
@as_json
def score(slugs: tuple[str, ...], json_: bool) -> None:
    """Score all who follow, now, by the models in use; the nightly job does the same."""
    from bot.cli.model import watched

    account = common.account().id
    wanted = slugs or tuple(one.slug for one in insight_models.active(account))
    with watched() as progress:
        found = [scoring.score(account, one, common.now(), progress) for one in wanted]
    show([one.to_json() for one in found], json_, lambda: _scored(found))


def _scored(found: list[Scored]) -> Iterable[str]:
    if not found:
        yield "no model is in use; teach one: hongyan model train redeem"
    for one in found:
        said = f"{one.followers} followers scored, {one.changed} scores changed"
        yield f"{one.model.slug} version {one.model.version}: {said}"
        for line in one.strayed[:3]:
            yield f"  strayed: {line['feature']} (PSI {line['psi']:.2f}); teach the model anew"


@click.command()
@_slug
@click.argument("follower_id", type=int)
@in_words
@as_json
def why(slug: str, follower_id: int, lang: str, json_: bool) -> None:
    """What a model says of one follower, and what raises and lowers it most."""
    found = reasons.why(common.account().id, slug, follower_id, common.now(), lang)
    looked("predictions", follower_id, what=slug)
    show(found, json_, lambda: _why(found))


def _why(found: dict[str, Any]) -> Iterable[str]:
    kept = "" if found["kept"] is None else f" (kept: {found['kept']:g}, {found['computed_at']})"
    yield f"{found['slug']} {found['score']:g}{kept}: {found['means']}"
    for one in found["reasons"]:
        value = "not known" if one["value"] is None else f"{one['value']:g}"
        yield (
            f"  {one['effect']:+.3f}  {one['feature']} is {value}, usual {one['usual']:g}:"
            f" {one['means']}"
        )


COMMANDS = (list_, activate, rollback, score, why)
