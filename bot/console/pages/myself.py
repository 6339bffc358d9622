"""What everybody may do about himself: password, second factor, browsers, language, colours."""

from __future__ import annotations

import segno
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import browsers, people, second
from bot.console.gate import asker, page
from bot.console.rights import Right
from bot.console.shell import LANGUAGES, render, shown_at, zone_of
from bot.errors import InvalidInput
from bot.store import console_sessions, operators

_YEAR = 365 * 86400


@page("/me", Right.SELF)
def myself() -> Response:
    """Password, second factor, where he is signed in."""
    return _page()


@page("/me/password", Right.SELF, ("POST",), secret=True)
def change_password() -> Response:
    who = asker()
    try:
        if request.form.get("new") != request.form.get("again"):
            raise InvalidInput("con.invited.differ", "again")
        people.change_password(
            who.person,
            request.form.get("old", ""),
            request.form.get("new", ""),
            who.session.token_hash,
            who.now,
        )
    except InvalidInput as error:
        return _page(422, error=error)
    return redirect(url_for("console.myself", done="password"))


@page("/me/second", Right.SELF, ("POST",), secret=True)
def change_second() -> Response:
    """Switch it on with a code of the secret that was shown, or off with a code."""
    who, code = asker(), request.form.get("code", "")
    try:
        if who.person.second:
            people.end_second(who.person, code, who.now)
            return redirect(url_for("console.myself", done="second_off"))
        codes = people.start_second(who.person, request.form.get("secret", ""), code, who.now)
    except InvalidInput as error:
        return _page(422, error=error, secret=request.form.get("secret", ""))
    return render("recovery.html", codes=codes)


@page("/me/sessions/end", Right.SELF, ("POST",))
def end_session() -> Response:
    """Sign one of his browsers out, or all but this one."""
    who = asker()
    if one := request.form.get("which", ""):
        console_sessions.end(one, who.person.id)
    else:
        console_sessions.end_all(who.person.id, but=who.session.token_hash)
    return redirect(url_for("console.myself", done="sessions"))


@page("/me/language", Right.SELF, ("POST",))
def change_language() -> Response:
    asked = request.form.get("language", "")
    if asked in LANGUAGES:
        operators.update(asker().person.id, language=asked)
    return redirect(url_for("console.myself"))


@page("/me/theme", Right.SELF, ("POST",))
def change_theme() -> Response:
    """Light, dark, or as the machine has it: of this browser."""
    answer = redirect(url_for("console.myself"))
    theme = request.form.get("theme", "")
    if theme in ("light", "dark"):
        answer.set_cookie(
            "hongyan_theme", theme, max_age=_YEAR, path="/console", httponly=True, samesite="Lax"
        )
    else:
        answer.delete_cookie("hongyan_theme", path="/console")
    return answer


def _page(status: int = 200, error: InvalidInput | None = None, secret: str = "") -> Response:
    who = asker()
    secret = secret or second.new_secret()
    zone = zone_of(None)
    sessions = [
        {
            "id": one.token_hash,
            "browser": browsers.said(one.browser),
            "raw": one.browser,
            "since": shown_at(one.created_at, zone),
            "seen": shown_at(one.seen_at, zone),
            "this": one.token_hash == who.session.token_hash,
        }
        for one in console_sessions.of_operator(who.person.id, who.now)
    ]
    return render(
        "myself.html",
        status,
        person=who.person,
        sessions=sessions,
        secret=secret,
        qr="" if who.person.second else _qr(second.address(secret, who.person.name)),
        error=str(error) if error else "",
        field=error.field if error else "",
        done=request.args.get("done", ""),
    )


def _qr(text: str) -> str:
    """A QR code as a data: address, of black on white whatever the colours of the page."""
    return str(segno.make(text, error="m").svg_data_uri(scale=4, border=2, light="white"))
