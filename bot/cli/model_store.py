"""`hongyan model` over the store: train, list, activate, rollback, retire, score, why."""

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
from bot.insight.drift import MOVED
from bot.insight.kinds import Progress
from bot.learning import alike, scoring, training
from bot.learning import why as reasons
from bot.learning.purposes import LIKE, PURPOSES
from bot.learning.scoring import Scored
from bot.store import insight_models
from bot.store.insight_models import Kept

Watched = AbstractContextManager[Progress]
NAMES = (*kinds.NAMES, *(slug for slug in PURPOSES if slug not in kinds.NAMES))


def _purpose(_ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """A purpose, or like-SEGMENT; several where the command takes several."""
    for one in value if isinstance(value, tuple) else [value]:
        if one is not None and one not in PURPOSES and not one.startswith(LIKE):
            known = f"{', '.join(PURPOSES)}, {LIKE}SEGMENT"
            raise click.BadParameter(f"{one!r} is not one of {known}", param=param)
    return value


_slug = click.argument("slug", metavar="PURPOSE", callback=_purpose)
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


@click.command()
@click.argument("segment")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same model.")
@as_json
def like(segment: str, seed: int, json_: bool) -> None:
    """Learn who is like the members of SEGMENT, and score everybody: {model: like-SEGMENT}."""
    from bot.cli.model import watched

    account, now = common.account().id, common.now()
    with watched() as progress:
        kept = alike.learn(account, segment, now, seed=seed, progress=progress)
        done = scoring.score(account, kept.slug, now, progress)
    said = f"{kept.slug} version {kept.version}, of {kept.metrics['seeds']} members"
    shown = {"model": kept.to_json(), "scored": done.to_json()}
    show(shown, json_, lambda: [f"{said}: {done.followers} followers scored", _condition(kept)])


def _condition(kept: Kept) -> str:
    return f"as a condition of a segment: {{model: {kept.slug}, at_least: 0.9}}"


@click.command("list")
@click.option("--purpose", "slug", callback=_purpose)
@as_json
def list_(slug: str | None, json_: bool) -> None:
    """Models that were learnt from the store, the latest first."""
    found = insight_models.models(common.account().id, slug or "")
    show([one.to_json() for one in found], json_, lambda: table(map(_line, found), _COLUMNS))


def _line(kept: Kept) -> dict[str, Any]:
    zone = common.zone()
    auc = kept.metrics.get("auc")
    line = kept.to_json() | {"auc": "" if auc is None else f"{auc:.3f}"}
    for name in ("made_at", "active_from", "scored_at"):
        at = getattr(kept, name)
        line[name] = f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
    moved = [one for one in kept.metrics.get("drift", ()) if one["psi"] >= MOVED]
    line["drift"] = f"{moved[0]['psi']:.2f} {moved[0]['feature']}" if moved else ""
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


@click.command()
@_slug
@as_json
def retire(slug: str, json_: bool) -> None:
    """Use no model of a purpose any more; its scores are deleted. HONGYAN_MODELS: nor by night."""
    dropped = scoring.retire(common.account().id, slug)
    shown = {"slug": slug, "scores_deleted": dropped}
    show(shown, json_, lambda: [f"no model of {slug} is in use; {dropped} scores deleted"])


def _in_use(kept: Kept) -> str:
    return f"{kept.slug} version {kept.version} is in use; score: hongyan model score {kept.slug}"


@click.command()
@click.argument("slugs", metavar="[PURPOSE ...]", nargs=-1, callback=_purpose)
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


COMMANDS = (like, list_, activate, rollback, retire, score, why)
