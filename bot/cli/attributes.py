"""`hongyan attributes`: what an account declares of its own attributes."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import actor
from bot.collect.declaring import declare, declare_no_more
from bot.store import attribute_types
from bot.values.attributes import KINDS, Declared


@click.group()
def attributes() -> None:
    """Your own attributes: what kind of value each has, and what it is called."""


@attributes.command("list")
@as_json
def list_(json_: bool) -> None:
    """The declared attributes."""
    rows = [asdict(one) for one in attribute_types.of_account(account().id).values()]
    shown = [{**row, "choices": "、".join(row["choices"])} for row in rows]
    headings = {key: key for key in ("name", "kind", "title", "choices")}
    show({"attributes": rows}, json_, lambda: table(shown, headings))


@attributes.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--choice", "choices", multiple=True, help="A word of an enum; repeat it for each.")
@click.option("--title", default="", help="What sentences call it, such as 生日.")
@as_json
def define(name: str, kind: str, choices: tuple[str, ...], title: str, json_: bool) -> None:
    """Declare the attribute NAME: what comes in and what rules compare must be of this KIND.

    What is held already stays as it is.
    """
    declared = Declared(name, kind, choices, title)
    new = declare(account().id, declared, actor(), common.now())
    done = f"attribute {name}: {kind}{'' if new else ', changed'}"
    show({**asdict(declared), "new": new}, json_, lambda: [done])


@attributes.command()
@click.argument("name")
@as_json
def remove(name: str, json_: bool) -> None:
    """Declare NAME no more: any value fits again. What is held stays."""
    declare_no_more(account().id, name, actor(), common.now())
    done = f"attribute {name} is not declared any more"
    show({"name": name, "removed": True}, json_, lambda: [done])
