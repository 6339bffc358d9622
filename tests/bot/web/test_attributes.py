"""The JSON API of an account's own attributes."""

from __future__ import annotations

import pytest

from bot.store import attribute_types, audit
from tests.bot.web.test_api import call, post

LEVEL = {"name": "level", "kind": "enum", "choices": ["金", "银"], "title": "会员等级"}


def test_declared_listed_changed_and_gone(site):
    assert post(site, "attributes", LEVEL).status_code == 201
    assert post(site, "attributes", {**LEVEL, "title": "等级"}).status_code == 200
    assert call(site, "GET", "attributes").json == {"attributes": [{**LEVEL, "title": "等级"}]}
    gone = call(site, "DELETE", "attributes/level")
    assert gone.json == {"name": "level", "removed": True}
    assert call(site, "DELETE", "attributes/level").status_code == 404
    done = [one.action for one in audit.entries(5) if one.action.startswith("attribute")]
    assert sorted(done) == ["attribute_define", "attribute_define", "attribute_remove"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"name": "手机号"}, "name", id="personal data by its name"),
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"kind": "list"}, "kind", id="no such kind"),
        pytest.param({"choices": []}, "choices", id="an enum without its words"),
        pytest.param({"choices": "金"}, "choices", id="words that are no list"),
        pytest.param({"choices": [1]}, "choices", id="words that are numbers"),
        pytest.param({"title": 1}, "title", id="a title that is a number"),
        pytest.param({"more": 1}, "more", id="an unknown member"),
    ],
)
def test_what_cannot_be_declared(site, changed, field):
    answer = post(site, "attributes", {**LEVEL, **changed})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)
    assert not attribute_types.of_account(site.account_id)
