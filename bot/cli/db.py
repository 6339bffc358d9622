"""`hongyan db`: migrations, backup, care, keys."""

from __future__ import annotations

import click

from bot.cli.common import as_json, services, settings, show
from bot.cli.privacy import looked
from bot.errors import Conflict
from bot.store import care
from bot.store.vault import new_key


@click.group()
def db() -> None:
    """The database: upgrade, back up, restore, check, change keys."""


@db.command()
def upgrade() -> None:
    """Apply pending migrations; a SQLite file is backed up first."""
    applied = care.upgrade(settings())
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("up to date")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False))
def backup(file: str) -> None:
    """Copy the SQLite store to FILE, consistently, while it is in use."""
    care.backup(settings(), file)
    click.echo(f"written {file}")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the present store without asking.")
def restore(file: str, yes: bool) -> None:
    """Put the backup FILE in the place of the present SQLite store, which is kept beside it."""
    if not yes and not click.confirm("Replace the present store?"):
        raise Conflict("not restored")
    former = care.restore(settings(), file)
    services()
    looked("restore")
    click.echo(f"the former store is {former}")


@db.command()
@as_json
def check(json_: bool) -> None:
    """Is the file whole, are all migrations there, do the keys open it?"""
    found = care.check(settings())
    show(found, json_, lambda: [f"{name:12} {value}" for name, value in found.items()])
    if found["integrity"] != "ok":
        raise Conflict("the store is damaged: restore the last backup")


@db.command("new-key")
def new_key_() -> None:
    """Print a fresh key for HONGYAN_SECRET_KEYS."""
    click.echo(new_key())


@db.command()
def rekey() -> None:
    """Seal again, by the first key, whatever older keys still seal. May be stopped and repeated."""
    sealed = care.rekey(settings(), lambda column, done: click.echo(f"{column}: {done}"))
    looked("rekey", values=sealed)
    click.echo(f"{sealed} values sealed by the current key; older keys can now be dropped")
