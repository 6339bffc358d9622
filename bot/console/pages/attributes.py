"""自定义属性: what the account declared of its own attributes, and what followers have besides."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.collect.declaring import declare, declare_no_more
from bot.console.follower_parts import tabs
from bot.console.gate import account, asker, page
from bot.console.journey_lacks import address_back, way_back
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import render
from bot.errors import HongyanError, NotFound
from bot.segment import offered
from bot.store import attribute_types
from bot.values.attributes import KINDS, Declared

_LONGEST = 20_000  # characters of an enum's words


@page("/a/<slug>/followers/attributes", Right.LOOK)
def attributes_page(slug: str) -> Response:
    """Declared ones, those only found with followers, and the form that declares."""
    return _page()


@page("/a/<slug>/followers/attributes/define", Right.EDIT, ("POST",))
def define_attribute(slug: str) -> Response:
    """Declare one, or declare it otherwise."""
    who, given = asker(), request.form
    words = given.get("choices", "")[:_LONGEST].splitlines()
    declared = Declared(
        given.get("name", "").strip(),
        given.get("kind", ""),
        tuple(dict.fromkeys(word.strip() for word in words if word.strip())),
        given.get("title", "").strip(),
    )
    try:
        declare(account().id, declared, who.actor, who.now)
    except HongyanError as error:
        return _page(status_of(error), told(error), getattr(error, "field", ""))
    back = address_back(given)
    return redirect(back or url_for("console.attributes_page", slug=slug), 303)


@page("/a/<slug>/followers/attributes/remove", Right.EDIT, ("POST",))
def remove_attribute(slug: str) -> Response:
    """Declare it no more; what followers have stays."""
    who = asker()
    try:
        declare_no_more(account().id, request.form.get("name", ""), who.actor, who.now)
    except NotFound as error:
        return _page(404, told(error))
    return redirect(url_for("console.attributes_page", slug=slug), 303)


def _page(status: int = 200, error: str = "", field: str = "") -> Response:
    of = account()
    declared = attribute_types.of_account(of.id)
    chosen = declared.get(request.args.get("name", ""))
    given = {"name": request.args.get("name", "")[:32], "kind": request.args.get("kind", "text")}
    if chosen:
        given = {"name": chosen.name, "kind": chosen.kind, "title": chosen.title,
                 "choices": "\n".join(chosen.choices)}  # fmt: skip
    found = offered.attributes(of.id)
    return render(
        "attributes.html",
        status,
        slug=of.slug,
        tabs=tabs("attributes_page"),
        rows=list(declared.values()),
        found=[one for one in found if one.own and one.name not in declared],
        kinds=KINDS,
        given=request.form if error else given,
        back=way_back(request.values),
        error="" if field else error,
        faults={field: error} if field else {},
        may_edit=asker().may(Right.EDIT),
    )
