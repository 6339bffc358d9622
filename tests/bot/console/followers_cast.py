"""What the tests of the pages about followers share: forms sent without asking for a page first."""

from __future__ import annotations

from flask.testing import FlaskClient

from bot.console import gate


def form(browser: FlaskClient) -> str:
    """What the forms of this browser's session carry."""
    cookie = browser.get_cookie(gate.COOKIE, path="/console")
    assert cookie is not None
    return gate.form_of(cookie.value)


def post(browser: FlaskClient, path: str, **values):
    """A form of ours, sent as its page would."""
    return browser.post(path, data={"form": form(browser), **values})
