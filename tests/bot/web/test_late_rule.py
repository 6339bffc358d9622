"""Addresses are written as werkzeug writes them, and compiled only when they are wanted."""

from __future__ import annotations

import pytest
from werkzeug.routing import Map, Rule

from bot.web.late_rule import LateRule

RULES = (
    ("/a/<slug>/segments/<int:number>", {}, {"slug": "茶 店", "number": 7}),
    ("/a/<slug>/segments", {}, {"slug": "x", "page": 2, "q": "a&b"}),
    ("/list/", {"page": 1}, {}),
    ("/files/<path:name>", {}, {"name": "a/b c.csv"}),
)


@pytest.mark.parametrize(("rule", "defaults", "values"), RULES)
@pytest.mark.parametrize("unknown", [True, False])
def test_addresses_are_written_as_by_werkzeug(rule, defaults, values, unknown):
    written = [
        Map([kind(rule, endpoint="e", defaults=defaults)])
        .bind("shop.example")
        .build("e", values, append_unknown=unknown)
        for kind in (Rule, LateRule)
    ]
    assert written[0] == written[1]


def test_making_a_rule_compiles_no_writer(monkeypatch):
    asked = []
    kept = Rule._compile_builder
    monkeypatch.setattr(
        Rule, "_compile_builder", lambda self, more=True: asked.append(more) or kept(self, more)
    )
    routes = Map([LateRule("/a/<slug>", endpoint="e")]).bind("shop.example")
    assert asked == []
    assert [routes.build("e", {"slug": one}) for one in ("x", "y")] == ["/a/x", "/a/y"]
    assert asked == [True]
