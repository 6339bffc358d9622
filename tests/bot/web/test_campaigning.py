"""The JSON API of campaigns: the same use cases as the command line, under a key's name."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store import accounts, audit, campaign_rules, segments
from tests.conftest import NOON

DOCUMENT = {"slug": "spring", "name": "春", "segment": "all", "purpose": "service", "text": "新"}


def call(site, method: str, path: str, body: Any = None, key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {key or site.key}"}
    return site.browser.open(f"/api/v1/{path}", method=method, json=body, headers=headers)


@pytest.fixture
def town(site):
    segments.put(site.account_id, "all", "所有人", {"all": []}, NOON)
    return site


def test_a_campaign_is_made_changed_and_started(town):
    assert call(town, "POST", "campaigns", DOCUMENT).status_code == 201
    changed = call(town, "POST", "campaigns", {**DOCUMENT, "priority": 80})
    assert (changed.status_code, changed.json["priority"]) == (200, 80)
    assert call(town, "GET", "campaigns/spring").json["definition"]["text"] == "新"
    told = call(town, "GET", "campaigns/spring/dry-run").json
    assert {"audience", "waterfall", "examples", "findings"} <= told.keys()
    assert call(town, "POST", "campaigns/spring/start").json["state"] == "scheduled"
    listed = call(town, "GET", "campaigns").json["campaigns"]
    assert [(one["slug"], one["state"]) for one in listed] == [("spring", "scheduled")]
    assert {"campaign_define", "campaign_start"} <= {one.action for one in audit.entries(20)}


REFUSALS = {
    "a document that breaks a rule": ("campaigns", {**DOCUMENT, "text": "{tittle}"}, 422),
    "no such campaign": ("campaigns/none/start", None, 404),
    "no such action": ("campaigns/spring/explode", None, 404),
    "not in this state": ("campaigns/spring/pause", None, 409),
    "by its number: that is ours alone": ("campaigns/1/start", None, 404),
}
CODES = {422: "invalid_input", 404: "not_found", 409: "conflict"}


def test_refusals(town):
    """One town for all of the table: making one takes longer than asking it."""
    call(town, "POST", "campaigns", DOCUMENT)
    for why, (path, body, status) in REFUSALS.items():
        answer = call(town, "POST", path, body)
        assert (answer.status_code, answer.json["error"]["code"]) == (status, CODES[status]), why


def test_a_key_cannot_approve_what_it_wrote(town):
    campaign_rules.put(town.account_id, approval=True)
    call(town, "POST", "campaigns", DOCUMENT)
    assert call(town, "POST", "campaigns/spring/start").status_code == 409
    call(town, "POST", "campaigns/spring/submit")
    assert call(town, "POST", "campaigns/spring/approve").status_code == 409
    other = accounts.new_api_key(town.account_id, "second", NOON)
    assert call(town, "POST", "campaigns/spring/approve", key=other).json["approval"] == "approved"
    assert call(town, "POST", "campaigns/spring/start").json["state"] == "scheduled"
