"""`hongyan segments`: segments that are reckoned, RFM and clusters."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.segment_edits import segments
from bot.errors import InvalidInput
from bot.profile import clusters as kmeans
from bot.profile import rfm_groups
from bot.profile.rfm_groups import Group

__all__ = ["segments"]


@segments.command()
@as_json
def rfm(json_: bool) -> None:
    """Make the eight RFM segments of this account's buyers; every night makes them anew."""
    _shown(rfm_groups.make(account().id, common.now()), json_)


@segments.command()
@click.option("--k", default="auto", show_default=True, help="How many, or auto.")
@as_json
def clusters(k: str, json_: bool) -> None:
    """Make segments of followers who are alike; every night makes them anew, names stay."""
    if k != "auto" and not k.isdecimal():
        raise InvalidInput("--k: a number or auto", "k")
    _shown(kmeans.make(account().id, common.now(), None if k == "auto" else int(k)), json_)


def _shown(found: list[Group], json_: bool) -> None:
    show(
        {"segments": [asdict(one) for one in found]},
        json_,
        lambda: [f"{one.slug}  {one.name}: {one.said}" for one in found],
    )
