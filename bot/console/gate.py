"""Who asks for a page of the console, and may he: one place, before every view.

A view is registered with the right that it wants (`page`), or as open to everybody (`open_page`);
there is no third way, and a test holds every route against every role. A post must come from a page
of ours: the browser says where it comes from, and the form carries what only our page knew.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from bot.console import signing
from bot.console.rights import Right, may
from bot.errors import NotFound
from bot.store import accounts, operators
from bot.store.accounts import AccountState
from bot.store.console_sessions import Session
from bot.store.operators import EVERY_ACCOUNT, OperatorState
from bot.web.services import services

views = Blueprint("console", __name__, url_prefix="/console")
COOKIE = "hongyan_console"
V = TypeVar("V", bound=Callable[..., Any])
RIGHTS: dict[str, Right | None] = {}  # endpoint -> what it wants; None: open to everybody
UPLOADS: dict[str, int] = {}  # endpoint -> bytes, where more than a form's text is taken
SECRET: set[str] = set()  # endpoints whose forms hold passwords or keys
_BY_ITSELF = ("_live", ".bell")  # what open pages ask for again and again
# Where somebody goes who has given a password only, and nowhere else.
_HALF_WAY = {"console.second", "console.sign_out"}


class SessionEnded(Unauthorized):
    """A form came when its session was over."""


class StaleForm(Forbidden):
    """A form came that a page of another session had drawn, or none of ours."""


@dataclass(frozen=True)
class Asker:
    """Who asks. `account` None: a page about no account in particular."""

    person: OperatorState
    session: Session
    token: str
    account: AccountState | None
    now: datetime

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"operator:{self.person.name}"

    @property
    def form(self) -> str:
        """What every form of this session carries."""
        return form_of(self.token)

    def may(self, right: Right) -> bool:
        """On the page's account; where it has none, on every account."""
        where = self.account.id if self.account else EVERY_ACCOUNT
        return may(self.person.role_on(where), right)


def page(
    rule: str,
    right: Right,
    methods: tuple[str, ...] = ("GET",),
    upload: int = 0,
    *,
    secret: bool = False,
) -> Callable[[V], V]:
    """Register a view that wants `right`. `<slug>` in the rule is the account that it is about;
    `upload`: bytes that a form with a file may have; `secret`: its form holds passwords or keys."""

    def register(view: V) -> V:
        views.add_url_rule(rule, view.__name__, view, methods=list(methods))
        RIGHTS[f"console.{view.__name__}"] = right
        if upload:
            UPLOADS[f"console.{view.__name__}"] = upload
        if secret:
            SECRET.add(f"console.{view.__name__}")
        return view

    return register


def open_page(rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[V], V]:
    """Register a view for who is not signed in, too."""

    def register(view: V) -> V:
        views.add_url_rule(rule, view.__name__, view, methods=list(methods))
        RIGHTS[f"console.{view.__name__}"] = None
        return view

    return register


def asker() -> Asker:
    """Who asks, inside a view that wants a right."""
    return cast(Asker, g.asker)


def account() -> AccountState:
    """The account that the page is about."""
    found = asker().account
    assert found is not None, "the rule has no <slug>"
    return found


def form_of(token: str) -> str:
    """Told by the cookie, and nobody without it can make it."""
    return hashlib.sha256(b"form:" + token.encode()).hexdigest()[:40]


@views.before_request
def _let_in() -> Response | None:
    endpoint = request.endpoint or ""
    right = RIGHTS[endpoint]
    if any(_is_too_great(*one) for one in (request.view_args or {}).items()):
        abort(404)
    if request.method == "POST" and _from_elsewhere():
        abort(403, "the request came from another site")
    if right is None and endpoint not in _HALF_WAY:
        return None
    token, now = request.cookies.get(COOKIE, ""), services().clock()
    seen = not endpoint.endswith(_BY_ITSELF)
    session = signing.session_of(token, now, seen=seen) if token else None
    if session is None:
        return None if right is None else _led_to("console.sign_in")
    if not session.proved and endpoint not in _HALF_WAY:
        return _led_to("console.second")
    g.asker = _asker(session, token, now)
    if right is not None and not g.asker.may(right):
        abort(403, "your role does not allow it")
    # Only who may bring a file is read beyond the text of a form.
    if endpoint in UPLOADS:
        request.max_content_length = UPLOADS[endpoint]
    if request.method == "POST" and not _our_form(token):
        if _by_script():
            return _told("stale-form", 403)
        raise StaleForm
    return None


def recognise() -> None:
    """Who asks for a page that is not there: with a session, its error stands in the frame."""
    token, now = request.cookies.get(COOKIE, ""), services().clock()
    session = signing.session_of(token, now, seen=False) if token else None
    if session is None or not session.proved or "asker" in g:
        return
    person = operators.get(session.operator_id)
    if person is not None and person.disabled_at is None:
        g.asker = Asker(person, session, token, None, now)


@views.after_request
def private(answer: Response) -> Response:
    """Nothing of the console is kept by browsers or shown inside other sites."""
    answer.headers.setdefault("Cache-Control", "no-store")
    # Our own pages are told where a form is from: with "no-referrer" a browser on plain http says
    # "null", as a form of another site would.
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'"
    )
    return answer


def _asker(session: Session, token: str, now: datetime) -> Asker:
    person = operators.get(session.operator_id)
    if person is None or person.disabled_at is not None:
        abort(403)
    slug = (request.view_args or {}).get("slug")
    try:
        found = accounts.by_slug(slug) if slug else None
    except NotFound:
        abort(404)
    # An account that one has nothing to do with is not there for one.
    if found is not None and person.role_on(found.id) is None:
        abort(404)
    return Asker(person, session, token, found, now)


def _is_too_great(name: str, value: object) -> bool:
    """A number in an address that no row has, and that engines refuse."""
    return isinstance(value, int) and value >= 1 << (63 if name == "follower_id" else 31)


def _from_elsewhere() -> bool:
    """By what the browser says of itself; an old one names the site only."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.host


def surely_ours() -> bool:
    """The browser says that a page of ours asks; one that says nothing is not believed."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def _our_form(token: str) -> bool:
    given = request.headers.get("X-Form") or request.form.get("form", "")
    return hmac.compare_digest(given.encode(), form_of(token).encode())


def _led_to(endpoint: str) -> Response:
    """To signing in, and then back to a page that was only looked at. A page that is open stays as
    it is, whatever asks from within it: there may be text in it that nobody has saved."""
    if _by_script():
        return _told("signed-out", 401)
    if request.method != "GET":
        raise SessionEnded
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))


def _by_script() -> bool:
    """A part of an open page is asked for, by htmx."""
    return "HX-Request" in request.headers


def _told(what: str, status: int) -> Response:
    """An event for console.js, which unhides what base.html says of it; no part of a page."""
    return Response("", status, {"HX-Trigger": what})
