"""Signing in and out, the second factor, taking an invitation; a form that came too late."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import people, signing, unsent
from bot.console.gate import COOKIE, SessionEnded, StaleForm, asker, form_of, open_page, views
from bot.console.shell import assets, render, words
from bot.console.signing import Answer, Tried
from bot.console.unsent import Unsent
from bot.errors import InvalidInput, NotFound
from bot.store import console_sessions
from bot.web.services import services


@open_page("/asset/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    return assets().answer(name, version)


@open_page("/sign-in", ("GET", "POST"))
def sign_in() -> Response:
    """The form; a right name and password lead on to the code, or in."""
    if request.method == "GET":
        return _form()
    tried = signing.sign_in(
        request.form.get("name", ""),
        request.form.get("password", ""),
        request.remote_addr or "",
        request.headers.get("User-Agent", ""),
        services().clock(),
    )
    held = unsent.carried()
    if tried.answer is Answer.IN:
        return _carrying(_in(tried, held), tried)
    if tried.answer is Answer.CODE:
        to = url_for("console.second", next=_next())
        answer = _second(form_of(tried.token), held) if held else redirect(to)
        return _carrying(answer, tried)
    return _form(tried.answer, held)


@open_page("/second", ("GET", "POST"))
def second() -> Response:
    """The code of the second factor."""
    if "asker" not in g:
        return redirect(url_for("console.sign_in"))
    if asker().session.proved:
        return redirect(_next())
    if request.method == "GET":
        return _second(asker().form)
    code = request.form.get("code", "")
    tried = signing.prove(asker().session, code, request.remote_addr or "", asker().now)
    if tried.answer is Answer.IN:
        return _carrying(_in(tried, unsent.carried()), tried)
    return _second(asker().form, unsent.carried(), tried.answer)


@open_page("/sign-out", ("POST",))
def sign_out() -> Response:
    """End this browser's session."""
    if "asker" in g:
        console_sessions.end(asker().session.token_hash, asker().person.id)
    answer = redirect(url_for("console.sign_in"))
    answer.delete_cookie(COOKIE, path="/console")
    return answer


@open_page("/invited/<token>", ("GET", "POST"))
def invited(token: str) -> Response:
    """Choose the password that an invitation is for; then sign in with it."""
    now = services().clock()
    person = people.invited(token, now)
    if person is None:
        return render("gone.html", 404)
    if request.method == "GET":
        return render("invited.html", name=person.name, error="")
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return render("invited.html", 422, name=person.name, error="con.invited.differ")
    try:
        people.accept(token, password, now)
    except InvalidInput as error:
        return render("invited.html", 422, name=person.name, error=error.args[0])
    except NotFound:
        return render("gone.html", 404)
    return redirect(url_for("console.sign_in", chosen=1))


@views.errorhandler(SessionEnded)
def came_too_late(error: SessionEnded) -> Response:
    """Sign in again; what the form held is carried on."""
    return _form(None, unsent.of_request(), 401)


@views.errorhandler(StaleForm)
def drawn_before(error: StaleForm) -> Response:
    """Of somebody who has signed in anew, in another tab perhaps: shown, to be sent on."""
    held = unsent.of_request()
    if held is None:
        return render("refused.html", 403, code=403, message=words()("con.unsent.stale"))
    return _sent_on(held, asker().form, 403)


def _in(tried: Tried, held: Unsent | None) -> Response:
    return _sent_on(held, form_of(tried.token)) if held else redirect(_next())


def _sent_on(held: Unsent, stamp: str, status: int = 200) -> Response:
    """What a form held, and the button that sends it; nothing is done before that is pressed."""
    return render("unsent.html", status, held=held, form=stamp)


def _second(stamp: str, held: Unsent | None = None, answer: Answer | None = None) -> Response:
    wrong = answer.value if answer else ""
    return render("second.html", _status(answer), form=stamp, wrong=wrong, next=_next(), held=held)


def _form(answer: Answer | None = None, held: Unsent | None = None, status: int = 0) -> Response:
    return render(
        "sign_in.html",
        status or _status(answer),
        late=status == 401,
        held=held,
        wrong=answer.value if answer else "",
        name=request.form.get("name", ""),
        chosen=bool(request.args.get("chosen")),
        next=_next(),
    )


def _status(answer: Answer | None) -> int:
    return {None: 200, Answer.TOO_MANY: 429}.get(answer, 422)


def _next() -> str:
    """Where he was going: a page of the console, never another site."""
    asked = request.values.get("next", "")
    parts = urlsplit(asked)
    ours = asked.startswith("/console/") and not parts.netloc and "\\" not in asked
    return asked if ours else url_for("console.start")


def _carrying(answer: Response, tried: Tried) -> Response:
    answer.set_cookie(
        COOKIE,
        tried.token,
        max_age=int(signing.LIVES.total_seconds()),
        path="/console",
        secure=(services().settings.public_url or "").startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer
