"""Members: who may sign in, as what, on which account."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import people
from bot.console.gate import asker, page
from bot.console.rights import RIGHTS, Right, Role
from bot.console.shell import render, shown_at, words, zone_of
from bot.errors import HongyanError, InvalidInput
from bot.store import accounts, operators
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
        role = _role() if request.form.get("role") else None
        people.set_role(operator_id, _account_id(), role, who.actor, who.now)
    except HongyanError as error:
        return _page(422, error=str(error))
    return redirect(url_for("console.members"))


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


def _page(status: int = 200, error: str = "", link: str = "", of: str = "") -> Response:
    say = words()
    known = accounts.slugs()
    return render(
        "members.html",
        status,
        rows=[_row(one, known) for one in operators.everybody()],
        roles=[(role.value, say(f"con.role.{role}"), _rights(role)) for role in Role],
        accounts=[(EVERY_ACCOUNT, say("con.members.every")), *known.items()],
        error=error,
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
        raise InvalidInput("没有这种角色 (no such role)", "role") from None


def _account_id() -> int:
    asked = request.form.get("account", "0")
    known = {EVERY_ACCOUNT, *accounts.ids()}
    if not asked.isdigit() or int(asked) not in known:
        raise InvalidInput("没有这个公众号 (no such account)", "account")
    return int(asked)


def _link_of(token: str) -> str:
    base = services().settings.public.rstrip("/")
    return base + url_for("console.invited", token=token)
