"""Declared attributes hold what comes in: by the API, and by tables."""

from __future__ import annotations

import pytest

from bot.collect import intake
from bot.errors import InvalidInput, NotFound
from bot.profile.refresh import fold_new
from bot.store import attribute_types as types
from bot.store import follower_facts
from bot.store.db import fetch
from bot.values.attributes import Declared
from bot.values.facts import Needs
from tests.bot.imports.cast import an_account, bring, people, try_out
from tests.conftest import NOON, a_follower

param = pytest.param


def reported(account, name, value, key="e1"):
    """What became of an attribute told by the API: kept as, or the field that was refused."""
    event = {
        "id": key, "kind": "attribute", "at": "2026-11-21T11:00:00+08:00",
        "follower": {"openid": "o-lin"}, "facts": {"name": name, "value": value},
    }  # fmt: skip
    taken = intake.take_events(account, [event], NOON)
    fold_new(NOON)
    held = follower_facts.load([1], Needs(attributes=frozenset([name])))[0].attributes
    return [one.field for one in taken.rejected] or [held.get(name)]


def test_what_the_api_reports_is_kept_in_its_form_or_refused(any_store):
    account = an_account()
    a_follower(account)
    types.define(account, Declared("born", "date"), NOON)
    types.define(account, Declared("level", "enum", ("金", "银")), NOON)
    types.define(account, Declared("points", "number"), NOON)
    told = [("born", "1990/1/5"), ("born", "soon"), ("level", "金"), ("level", "铜"),
            ("points", "12.5"), ("points", "many"), ("free", "as it is")]  # fmt: skip
    assert [reported(account, *one, f"e{n}")[0] for n, one in enumerate(told)] == [
        ("1990-01-05", None), "facts.value", ("金", None), "facts.value",
        ("12.5", 12.5), "facts.value", ("as it is", None),
    ]  # fmt: skip
    types.remove(account, "points")
    assert reported(account, "points", "many", "later") != ["facts.value"]
    types.remove(account, "level")
    with pytest.raises(NotFound):
        types.remove(account, "level")


def test_a_table_whose_column_is_of_another_kind_is_refused_as_a_whole(store, tmp_path):
    account, file = an_account(), people(tmp_path)
    types.define(account, Declared("age", "date"), NOON)
    for way in (bring, try_out):
        with pytest.raises(InvalidInput, match="age is declared: it takes a date"):
            way(file)
    assert fetch("SELECT COUNT(*) FROM import_run") == [(0,)]
    types.define(account, Declared("age", "number"), NOON)
    assert bring(file).report.taken == 10


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        param(Declared("", "text"), "name", id="no name"),
        param(Declared("a", "colour"), "kind", id="a kind that is none"),
        param(Declared("a", "enum"), "choices", id="an enum without words"),
        param(Declared("a", "text", ("x",)), "choices", id="words of a text"),
        param(Declared("a", "text", title="x" * 65), "title", id="a long title"),
    ],
)
def test_what_cannot_be_declared(store, declared, field):
    with pytest.raises(InvalidInput) as refused:
        types.define(an_account(), declared, NOON)
    assert refused.value.field == field
