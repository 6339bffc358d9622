"""`hongyan profiles`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli import common, pictures, rebuilding
from bot.cli.common import account, as_json, show
from bot.cli.privacy import looked
from bot.profile.picture import picture_of
from bot.profile.vector import named_vector
from bot.profile.words import LANGUAGES
from bot.store import profiles as store


@click.group()
def profiles() -> None:
    """Profiles: the fold of each follower's events."""


@profiles.command("show")
@click.argument("follower")
@click.option("--vector", is_flag=True, help="The row of figures that models read, and no more.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@as_json
def show_(follower: str, vector: bool, lang: str, json_: bool) -> None:
    """What is held of FOLLOWER (id or pseudonym), and why; acts, stages, place. It is logged."""
    zone = ZoneInfo(account().timezone)
    follower_id = pictures.follower_of(follower)
    now = common.now()
    looked("show", follower_id, what="profile")
    if vector:
        row = named_vector(store.state_of(follower_id), now)
        show(row, json_, lambda: _columns(row))
        return
    picture = picture_of(follower_id, now)
    found = {**picture.told, "picture": picture.to_json()}
    show(found, json_, lambda: pictures.profile_lines(follower_id, picture, zone, lang))


def _columns(row: dict[str, Any]) -> Iterator[str]:
    yield f"version {row['version']}"
    yield from (f"{name}: {one['value']:g} {one['unit']}" for name, one in row["features"].items())


profiles.add_command(pictures.picture)
profiles.add_command(rebuilding.rebuild)
