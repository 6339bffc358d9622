"""Members: who may sign in, as what, on which account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import people
from bot.console.gate import asker, page
from bot.console.newer import Held, Newer, newer_of
from bot.console.rights import RIGHTS, Right, Role
from bot.console.shell import render, shown_at, words, zone_of
from bot.errors import HongyanError, InvalidInput
from bot.store import accounts, operators
from bot.store.db import transaction
from bot.store.operators import EVERY_ACCOUNT, OperatorState
from bot.web.services import services


@page("/members", Right.OPERATORS)
def members() -> Response:
    """All members with their roles, and the form that invites one."""
    return _page()


@page("/members/invite", Right.OPERATORS, ("POST",))
def invite_member() -> Response:
    """A new member; the page shows his link once."""
    who = asker()
    try:
        token = people.invite(
            request.form.get("name", ""),
            request.form.get("title", ""),
            _role(),
            _account_id(),
            who.actor,
            who.now,
        )
    except HongyanError as error:
        return _page(422, error=str(error))
    return _page(link=_link_of(token), of=request.form.get("name", ""))


@page("/members/<int:operator_id>/role", Right.OPERATORS, ("POST",))
def change_role(operator_id: int) -> Response:
    """A role on one account or on all; an empty role takes it away."""
    who = asker()
    try:
        role, account_id = _role() if request.form.get("role") else None, _account_id()
        with transaction():
            person = people.get(operator_id)
            if request.form.get("seen", "") != _held(person).stamp:
                wanted = {**person.roles, account_id: role and role.value}
                there = url_for("console.members")
                raise _held(person).overtaken(_said(person.roles), _said(wanted), back=there)
            people.set_role(operator_id, account_id, role, who.actor, who.now)
            _held(people.get(operator_id)).mark()
    except HongyanError as error:
        return _page(409 if newer_of(error) else 422, error=str(error), of_id=operator_id,
                     newer=newer_of(error))  # fmt: skip
    return redirect(url_for("console.members"))


def _held(person: OperatorState) -> Held:
    """A member's roles, as they are edited."""
    return Held("roles", str(person.id), {str(where): role for where, role in person.roles.items()})


def _said(roles: Mapping[int, str | None]) -> dict[str, str]:
    """Account -> role, in words."""
    say, known = words(), accounts.slugs()
    return {
        known.get(where, say("con.members.every")): say(f"con.role.{role}")
        for where, role in sorted(roles.items())
        if role
    }


@page("/members/<int:operator_id>/reset", Right.OPERATORS, ("POST",))
def reset_member(operator_id: int) -> Response:
    """A new invitation, for a lost password or phone."""
    who = asker()
    token = people.reset(operator_id, who.actor, who.now)
    return _page(link=_link_of(token), of=people.get(operator_id).name)


@page("/members/<int:operator_id>/access", Right.OPERATORS, ("POST",))
def change_access(operator_id: int) -> Response:
    """Shut somebody out at once, or let him in again."""
    who = asker()
    act = people.disable if request.form.get("access") == "off" else people.enable
    try:
        act(operator_id, who.actor, who.now)
    except HongyanError as error:
        return _page(422, error=str(error))
    return redirect(url_for("console.members"))


def _page(
    status: int = 200,
    error: str = "",
    link: str = "",
    of: str = "",
    of_id: int = 0,
    newer: Newer | None = None,
) -> Response:
    """of_id: whose role was to be changed and was not."""
    say = words()
    known = accounts.slugs()
    return render(
        "members.html",
        status,
        rows=[_row(one, known) for one in operators.everybody()],
        roles=[(role.value, say(f"con.role.{role}"), _rights(role)) for role in Role],
        accounts=[(EVERY_ACCOUNT, say("con.members.every")), *known.items()],
        error=error,
        newer=newer,
        typed={"id": of_id, **request.form.to_dict()} if of_id else {},
        link=link,
        of=of,
    )


def _row(one: OperatorState, known: dict[int, str]) -> dict[str, Any]:
    say = words()
    return {
        "id": one.id,
        "name": one.name,
        "title": one.title,
        "roles": [
            (account_id, known.get(account_id, say("con.members.every")), say(f"con.role.{role}"))
            for account_id, role in sorted(one.roles.items())
        ],
        "state": say(f"con.members.state.{_state(one)}"),
        "shut": one.disabled_at is not None,
        "second": one.second,
        "since": shown_at(one.created_at, zone_of(None)),
        "self": one.id == asker().person.id,
        "seen": _held(one).stamp,
    }


def _state(one: OperatorState) -> str:
    if one.disabled_at is not None:
        return "off"
    if one.locked_until is not None and one.locked_until > asker().now:
        return "locked"
    return "invited" if one.invited else "on"


def _rights(role: Role) -> str:
    say = words()
    return say("con.list.and").join(
        say(f"con.right.{right}") for right in Right if right in RIGHTS[role]
    )


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise InvalidInput("there is no such role", "role") from None


def _account_id() -> int:
    asked = request.form.get("account", "0")
    known = {EVERY_ACCOUNT, *accounts.ids()}
    if not asked.isdigit() or int(asked) not in known:
        raise InvalidInput("there is no such account", "account")
    return int(asked)


def _link_of(token: str) -> str:
    base = services().settings.public.rstrip("/")
    return base + url_for("console.invited", token=token)
