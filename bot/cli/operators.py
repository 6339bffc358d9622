"""`hongyan operator`: who may sign in to the console."""

from __future__ import annotations

from typing import Any

import click

from bot.cli import common
from bot.cli.common import as_json, services, show, table
from bot.console import people
from bot.console.rights import Role
from bot.errors import NotFound
from bot.store import accounts, operators
from bot.store.operators import EVERY_ACCOUNT, OperatorState

SHELL = "operator:shell"
_ROLES = click.Choice([role.value for role in Role])


@click.group()
def operator() -> None:
    """People of the console: add, list, role, reset, disable, enable."""


@operator.command()
@click.argument("name")
@click.option("--title", default="", help="What colleagues see.")
@click.option("--role", type=_ROLES, default="admin", show_default=True)
@click.option("--account", "slug", default="", help="Where the role counts (all accounts).")
def add(name: str, title: str, role: str, slug: str) -> None:
    """Invite somebody; prints the link where the password is chosen, once."""
    services()
    now = common.now()
    token = people.invite(name, title, Role(role), _account(slug), SHELL, now)
    _say_link(name.lower(), token)


@operator.command("list")
@as_json
def list_(json_: bool) -> None:
    """Everybody, with roles and state."""
    services()
    known = accounts.slugs()
    rows = [_row(one, known) for one in operators.everybody()]
    headings = {name: name for name in ("name", "title", "roles", "state", "second_step")}
    lines = table([{**row, "roles": ", ".join(row["roles"])} for row in rows], headings)
    show({"operators": rows}, json_, lambda: lines)


@operator.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([*(role.value for role in Role), "none"]))
@click.option("--account", "slug", default="", help="Where the role counts (all accounts).")
def role_(name: str, role: str, slug: str) -> None:
    """Give a role, or with `none` take it away."""
    person = _person(name)
    wanted = None if role == "none" else Role(role)
    people.set_role(person.id, _account(slug), wanted, SHELL, common.now())
    click.echo(f"{person.name}: {role} on {slug or 'every account'}")


@operator.command()
@click.argument("name")
def reset(name: str) -> None:
    """A new invitation: the old password, second step and sign-ins end."""
    person = _person(name)
    _say_link(person.name, people.reset(person.id, SHELL, common.now()))


@operator.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut somebody out at once."""
    people.disable(_person(name).id, SHELL, common.now())
    click.echo("disabled, and signed out everywhere")


@operator.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let somebody in again; a lock after wrong passwords ends, too."""
    people.enable(_person(name).id, SHELL, common.now())
    click.echo("enabled")


def _person(name: str) -> OperatorState:
    services()
    found = operators.by_name(name.lower())
    if found is None:
        raise NotFound(f"there is no operator {name!r}; see: hongyan operator list")
    return found


def _account(slug: str) -> int:
    return accounts.by_slug(slug).id if slug else EVERY_ACCOUNT


def _say_link(name: str, token: str) -> None:
    base = common.settings().public.rstrip("/")
    click.echo(f"{name} chooses a password here, once, within three days:")
    click.echo(f"{base}/console/invited/{token}")


def _row(one: OperatorState, known: dict[int, str]) -> dict[str, Any]:
    state = "disabled" if one.disabled_at else "invited" if one.invited else "active"
    return {
        "name": one.name,
        "title": one.title,
        "roles": [f"{known.get(key, '*')}:{role}" for key, role in sorted(one.roles.items())],
        "state": state,
        "second_step": one.second,
        "locked_until": one.locked_until.isoformat() if one.locked_until else None,
    }
