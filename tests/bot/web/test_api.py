"""The JSON API of what comes in and goes out: events, orders, followers, segments; its document."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.profile.refresh import fold_new
from bot.store import accounts, audit, events, pseudonyms, rates
from bot.store.db import fetch, run
from bot.web import api
from tests.conftest import NOON, a_follower

EVENT = {"id": "e-1", "kind": "article.view", "at": "2026-11-21T11:00:00+08:00",
         "follower": {"openid": "o-lin"}, "facts": {"topics": ["美食"]}}  # fmt: skip
ORDER = {"order_number": "A-1", "at": "2026-11-21T11:00:00+08:00", "amount_fen": 4500,
         "follower": {"openid": "o-lin"}, "topics": ["美食"]}  # fmt: skip


def call(site, method: str, path: str, body: Any = None, key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {key or site.key}"}
    return site.browser.open(f"/api/v1/{path}", method=method, json=body, headers=headers)


def post(site, path: str, body: Any) -> Any:
    return call(site, "POST", path, body)


# --- coming in ----------------------------------------------------------------------------------


def test_a_batch_of_events_says_what_became_of_each(site):
    batch = {"events": [EVENT, {**EVENT, "id": "e-2", "at": "gestern"}, EVENT]}
    answer = post(site, "events", batch)
    assert (answer.status_code, answer.json["accepted"], answer.json["repeated"]) == (200, 1, 1)
    [refused] = answer.json["rejected"]
    assert (refused["index"], refused["field"]) == (1, "at")


def test_an_order_is_taken_once_and_a_refund_subtracts(site):
    outcomes = [post(site, "orders", ORDER).json["outcome"] for _ in range(2)]
    assert outcomes == ["accepted", "repeated"]
    back = {"order_number": "A-1", "at": ORDER["at"], "status": "refunded", "refund_fen": 500}
    assert post(site, "orders", {"orders": [back, back]}).json["accepted"] == 1
    fold_new(NOON)
    assert call(site, "GET", f"followers/{site.lin}").json["orders"]["spent_fen"] == 4000


def test_the_order_that_a_coupon_paid_is_no_second_one(site):
    site.redeem(order_number="A-1", amount_fen=4500)
    assert post(site, "orders", ORDER).json["outcome"] == "repeated"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        pytest.param("events", [EVENT], "", id="a bare list"),
        pytest.param("events", {"events": EVENT}, "events", id="one event without its list"),
        pytest.param("events", {"events": []}, "events", id="no event"),
        pytest.param("events", {"events": [EVENT], "more": 1}, "more", id="an unknown member"),
        pytest.param("orders", {**ORDER, "amount_fen": "45"}, "amount_fen", id="a refused order"),
        pytest.param("segments", {"slug": "s", "name": "n", "rule": {}}, "rule", id="no rule"),
        pytest.param("segments", {"slug": "S!", "name": "n"}, "slug", id="no slug"),
    ],
)
def test_bodies_that_are_refused(site, path, body, field):
    answer = post(site, path, body)
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "invalid_input"
    assert answer.json["error"]["field"] == field


def test_a_body_of_any_depth_is_answered(site):
    for depth in (25, 900, 100_000):
        body = '{"events":' + "[" * depth + "]" * depth + "}"
        answer = site.browser.post(
            "/api/v1/events", data=body, content_type="application/json",
            headers={"Authorization": f"Bearer {site.key}"},
        )  # fmt: skip
        assert answer.status_code == 422, depth


def test_a_body_of_over_a_mebibyte_is_refused(site):
    answer = post(site, "events", {"events": ["x" * (1 << 20)]})
    assert answer.status_code == 413
    assert answer.json["error"]["code"]


def test_where_the_store_fails_the_sender_comes_again(site):
    run("ALTER TABLE rate_window RENAME TO away")
    answer = post(site, "events", {"events": [EVENT]})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "store_unavailable")
    run("ALTER TABLE away RENAME TO rate_window")
    assert post(site, "events", {"events": [EVENT]}).json["accepted"] == 1


# --- going out ----------------------------------------------------------------------------------


def told(site, name: str, value: Any) -> None:
    events.append(
        site.account_id, site.lin, "attribute", at=NOON, received_at=NOON, source="import",
        key=name, facts={"name": name, "value": value},
    )  # fmt: skip


def test_the_man_of_25_in_beijing_who_likes_food(site):
    """From events alone: 5 articles read, 2 purchases, 100 friends of whom 10 shared food."""
    facts = {"gender": "男", "age": 25, "city": "北京", "friends": 100, "friends_sharing_food": 10}
    attributes = [
        {**EVENT, "id": f"a-{name}", "kind": "attribute", "facts": {"name": name, "value": value}}
        for name, value in facts.items()
    ]
    views = [{**EVENT, "id": f"v-{n}"} for n in range(5)]
    assert post(site, "events", {"events": [*attributes, *views]}).json["accepted"] == 10
    orders = [{**ORDER, "order_number": f"A-{n}"} for n in range(2)]
    assert post(site, "orders", {"orders": orders}).json["accepted"] == 2
    fold_new(NOON)
    profile = call(site, "GET", f"followers/{site.lin}").json
    assert {name: one["value"] for name, one in profile["attributes"].items()} == facts
    assert profile["counts"]["article.view"] == 5
    assert profile["orders"]["count"] == 2
    assert profile["interests"][0]["topic"] == "美食"
    assert profile["interests"][0]["score"] > 0.8


def test_a_profile_holds_nothing_personal(site):
    for name, value in (("city", "北京"), ("nickname", "林小雨"), ("备注", "13800138000")):
        told(site, name, value)
    fold_new(NOON)
    answer = call(site, "GET", f"followers/{pseudonyms.of(site.lin)}")
    assert list(answer.json["attributes"]) == ["city"]
    assert not {"o-lin", "林小雨", "13800138000"} & set(answer.get_data(as_text=True).split('"'))
    assert (answer.json["id"], answer.json["subscribed"]) == (site.lin, True)


def test_a_look_by_another_program_is_in_the_audit_log_under_its_key(site):
    call(site, "GET", f"followers/{site.lin}")
    call(site, "GET", f"followers/{pseudonyms.of(site.lin)}/picture")
    assert [(one.actor.split()[0], one.action, one.detail) for one in audit.entries(9)] == [
        ("key:1", "show", {"what": "picture"}), ("key:1", "show", {"what": "profile"}),
    ]  # fmt: skip


def test_nobody_is_found_by_another_name(site):
    for name in ("99", "0", "hy-1-00000000", "o-lin", "1e3", "9" * 30):
        assert call(site, "GET", f"followers/{name}").status_code == 404, name


def test_another_accounts_follower_is_nobody(site):
    other = accounts.add("other", "wx-other", "s", "t", "a" * 43, "service", NOON)
    wang = a_follower(other, "o-wang")
    assert call(site, "GET", f"followers/{wang}").status_code == 404
    stranger = accounts.new_api_key(other, "x", NOON)
    assert call(site, "GET", f"followers/{site.lin}", key=stranger).status_code == 404


def test_a_segment_is_made_and_changed(site):
    rule = {"attribute": "city", "op": "eq", "value": "北京"}
    made = post(site, "segments", {"slug": "bj", "name": "北京", "rule": rule})
    assert (made.status_code, made.json["slug"]) == (201, "bj")
    changed = post(site, "segments", {"slug": "bj", "name": "在北京", "rule": rule})
    assert (changed.status_code, changed.json["name"]) == (200, "在北京")


# --- limits -------------------------------------------------------------------------------------


def test_a_key_may_call_so_often_a_minute(site, monkeypatch):
    monkeypatch.setattr(api, "CALLS_A_MINUTE", 3)
    codes = [call(site, "GET", "segments").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = call(site, "GET", "segments")
    assert refused.json["error"]["code"] == "too_many_requests"
    assert int(refused.headers["Retry-After"]) <= 60
    other = accounts.new_api_key(site.account_id, "till", NOON)
    assert call(site, "GET", "segments", key=other).status_code == 200, "each key by itself"
    assert site.key not in str(fetch("SELECT name FROM rate_window"))


def test_a_window_begins_anew(any_store):
    assert [rates.take("n", NOON, 60, 2) for _ in range(3)] == [None, None, 60.0]
    assert rates.take("n", NOON + timedelta(seconds=59), 60, 2) == 1.0
    assert rates.take("n", NOON + timedelta(seconds=60), 60, 2) is None
    assert rates.prune(NOON + timedelta(seconds=60)) == 1


# --- the document -------------------------------------------------------------------------------


def routes(site) -> set[tuple[str, str]]:
    rules = site.browser.application.url_map.iter_rules()
    return {
        (rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"), method.lower())
        for rule in rules
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_the_document_names_every_route_and_no_other(site):
    document = site.browser.get("/api/v1/openapi.json").json
    named = {(path, method) for path, one in document["paths"].items() for method in one}
    assert named == routes(site)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_the_document_is_whole(site):
    document = site.browser.get("/api/v1/openapi.json").json
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) == schemas
    calls = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in calls}) == len(calls)
    for path, methods in document["paths"].items():
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for one in methods.values():
            assert {p["name"] for p in one.get("parameters", [])} == wanted
            assert "200" in one["responses"]
            assert all(answer["description"] for answer in one["responses"].values())
    assert document["openapi"].startswith("3.1")
    json.dumps(document)


def test_without_a_key_nothing_is_taken(site):
    for path, body in (("events", {"events": [EVENT]}), ("orders", ORDER), ("segments", {})):
        assert site.browser.post(f"/api/v1/{path}", json=body).status_code == 401
    assert fetch("SELECT COUNT(*) FROM event WHERE source <> 'coupon'")[0][0] == 0
