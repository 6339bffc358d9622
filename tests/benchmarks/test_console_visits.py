"""Every page of the console is timed by `benchmarks console`, or left out with a reason."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from benchmarks import console_visits
from benchmarks.console_visits import LEFT_OUT, NAMES, visits
from bot.console.gate import views
from bot.store.db import Store, fetch

HOUSE = dict.fromkeys(NAMES, "7")


@pytest.fixture(scope="module")
def app() -> Flask:
    """The console's routes, and nothing behind them."""
    import bot.console.pages  # noqa: F401

    made = Flask("routes")
    made.register_blueprint(views)
    return made


def test_no_page_is_forgotten(app: Flask):
    asked = {one.endpoint for one in visits(app, HOUSE)}
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "GET" in (rule.methods or ())
    }
    assert asked == pages - LEFT_OUT.keys()
    assert len(asked) > 100


def test_every_address_leads_to_the_page_that_it_is_meant_for(app: Flask):
    urls = app.url_map.bind("localhost")
    for one in visits(app, HOUSE):
        assert "{" not in one.path
        assert urls.match(one.path.partition("?")[0], "GET")[0] == one.endpoint, one.path


def test_a_page_that_nothing_is_told_of_is_a_fault(app: Flask):
    made, more = Flask("more"), Blueprint("console", __name__)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            more.add_url_rule(rule.rule, rule.endpoint.removeprefix("console."), lambda **of: "",
                              methods=list(rule.methods or ()))  # fmt: skip
    more.add_url_rule("/console/moon/<crater>", "moon", lambda crater: crater)
    made.register_blueprint(more)
    with pytest.raises(KeyError, match="crater"):
        visits(made, HOUSE)


def test_a_reason_for_a_page_that_is_gone_is_a_fault(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(LEFT_OUT, "console.gone", "it was never fast")
    with pytest.raises(KeyError, match="gone"):
        visits(app, HOUSE)


def test_what_stands_in_addresses_is_asked_of_tables_that_are_there(store: Store):
    for name, sql in NAMES.items():
        assert fetch(sql) == [(None,)], name
    with pytest.raises(LookupError, match="picture_id"):
        console_visits.house()
