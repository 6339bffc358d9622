"""The API described: /api/v1/openapi.json, OpenAPI 3.1. A test holds it against the routes."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify

from bot import __version__
from bot.collect.intake import MOST_ITEMS
from bot.store.attribute_types import MOST_CHOICES
from bot.values.attributes import KINDS
from bot.web.api import CALLS_A_MINUTE

Schema = dict[str, Any]
views = Blueprint("openapi", __name__, url_prefix="/api/v1")


@views.get("/openapi.json")
def openapi() -> Response:
    """The document; it needs no key."""
    return jsonify(document())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of every route under /api/v1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hongyan API",
            "version": __version__,
            "description": (
                "Bearer keys are made by `hongyan account key NAME`; a key is of one account and"
                f" may call {CALLS_A_MINUTE} times a minute. Instants are ISO 8601 with a zone,"
                " money is whole fen."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/events": {"post": _call(
            "takeEvents", "Report events; each is judged alone, and taken once by its id",
            "Taken", body="Events",
        )},
        "/orders": {"post": _call(
            "takeOrders", "Report orders and refunds, by their order number",
            "OrderOutcome", body="OrderReport",
        )},
        "/followers/{name}": {"get": _call(
            "getFollower", "One follower's profile, without personal data", "Follower",
            parameters=[_FOLLOWER], also=[404],
        )},
        "/followers/{name}/picture": {"get": _call(
            "getPicture", "The figures behind a follower's charts", "Picture",
            parameters=[_FOLLOWER], also=[404],
        )},
        "/followers/{name}/page": {"post": _call(
            "openPage", "A link to the marketer's page of a follower, for half an hour", "PageLink",
            parameters=[_FOLLOWER], also=[404],
        )},
        "/segments": {
            "get": _call("listSegments", "Every segment with its size", "Segments"),
            "post": {
                **_call("defineSegment", "Make a segment, or change it", "Segment",
                        body="SegmentDefinition"),
            },
        },
        "/attributes": {
            "get": _call("listAttributes", "The declared attributes, by name", "Attributes"),
            "post": _call("defineAttribute", "Declare an attribute, or declare it otherwise",
                          "Attribute", body="Attribute"),
        },
        "/attributes/{name}": {"delete": _call(
            "removeAttribute", "Declare an attribute no more; what is held stays",
            "AttributeRemoved", parameters=[_named("name", "The attribute's name")], also=[404],
        )},
        "/coupons/redeem": {"post": _call(
            "redeemCoupon", "Redeem a coupon; repeating an order's call is harmless", "Redemption",
            body="Redeem", also=[404, 409],
        )},
        "/campaigns": {
            "get": _call("listCampaigns", "Every campaign and its state", "Campaigns"),
            "post": _call("putCampaign", "Make a draft, or change one", "Campaign",
                          body="CampaignDocument", also=[409]),
        },
        "/campaigns/{slug}": {"get": _call(
            "getCampaign", "One campaign with its document", "Campaign",
            parameters=[_SLUG], also=[404],
        )},
        "/campaigns/{slug}/dry-run": {"get": _call(
            "dryRunCampaign", "What would happen if it were sent now", "DryRun",
            parameters=[_SLUG], also=[404],
        )},
        "/campaigns/{slug}/{action}": {"post": _call(
            "actOnCampaign", "Start, pause, resume, cancel, submit, approve ... a campaign",
            "Campaign", parameters=[_SLUG, _ACTION], also=[404, 409, 422],
        )},
        "/coupons/undo": {"post": _call(
            "undoRedemption", "Take a redemption back, within two minutes", "Undone",
            body="Undo", also=[404, 409],
        )},
        "/reports/{slug}": {"get": _call(
            "getReport", "The report of a campaign", "Report",
            parameters=[_named("slug", "The campaign's slug")], also=[404],
        )},
        "/openapi.json": {"get": {
            "operationId": "getOpenapi", "summary": "This document", "security": [],
            "responses": {"200": _answer("The document", {"type": "object"})},
        }},
    }  # fmt: skip


def _call(
    name: str,
    summary: str,
    answer: str,
    *,
    body: str = "",
    parameters: list[Schema] | None = None,
    also: list[int] | None = None,
) -> dict[str, Any]:
    """One operation. `also`: refusals of its own, beside those that every call can meet."""
    codes = [401, 429, *([422] if body else []), *(also or [])]
    created = {"201": _answer("Made", _ref(answer))} if name in _MAKING else {}
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": _answer("Done", _ref(answer)),
            **created,
            **{str(code): _answer(_WORDS[code], _ref("Error")) for code in sorted(codes)},
        },
    }
    if parameters:
        found["parameters"] = parameters
    if body:
        content = {"application/json": {"schema": _ref(body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


# They answer 201 where it was not there before.
_MAKING = ("defineSegment", "defineAttribute", "putCampaign")
_WORDS = {
    401: "No live key",
    404: "Not found",
    409: "Not in this state",
    422: "The body breaks a rule; `field` says where",
    429: "Too many calls; Retry-After says how long to wait",
}


def _answer(words: str, schema: Schema) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _named(name: str, words: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": words,
            "schema": {"type": "string"}}  # fmt: skip


_SLUG = _named("slug", "The campaign's slug")
_ACTION = {
    **_named("action", "What is to be done; reject wants {reason} in the body"),
    "schema": {"enum": ["start", "schedule", "unschedule", "pause", "resume", "cancel", "submit",
                        "approve", "reject"]},
}  # fmt: skip
_FOLLOWER = _named("name", "A follower id, or a pseudonym hy-...")


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: list[str], **members: Schema) -> Schema:
    return {"type": "object", "properties": members, "required": required}


def _closed(required: list[str], **members: Schema) -> Schema:
    return {**_object(required, **members), "additionalProperties": False}


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
INSTANT: Schema = {"type": "string", "format": "date-time"}


def _text(longest: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _some(of: Schema) -> Schema:
    return {"type": "array", "items": of, "minItems": 1, "maxItems": MOST_ITEMS}


def _schemas() -> dict[str, Schema]:
    return {**_asked(), **_told()}


def _asked() -> dict[str, Schema]:
    """What callers send."""
    follower = {
        "description": "A follower id, a pseudonym hy-..., or one or more names; the strongest"
        " decides (in the order given here), the others are evidence",
        "oneOf": [{"type": "integer", "minimum": 1}, TEXT, _ref("Names")],
    }
    names = {
        **_closed(
            [], openid=_text(64), unionid=_text(64), wecom=_text(64), phone=_text(32),
            miniprogram=_closed(["appid", "openid"], appid=_text(64), openid=_text(64)),
            customer={"oneOf": [_text(64), _closed(
                ["system", "number"], system=_text(64), number=_text(64))]},
            visitor={"type": "string", "minLength": 16, "maxLength": 64},
        ),
        "minProperties": 1,
    }  # fmt: skip
    share = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    topics = {
        "oneOf": [
            {"type": "array", "items": _text(32), "maxItems": 20},
            {"type": "object", "additionalProperties": share, "maxProperties": 20},
        ]
    }
    item = _closed([], sku=_text(64), topics=_ref("Topics"), quantity=WHOLE, amount_fen=WHOLE)
    return {
        "Person": follower,
        "Names": names,
        "Topics": topics,
        "Events": _closed(["events"], events=_some(_ref("Event"))),
        "Event": _closed(
            ["id", "kind", "at", "follower"],
            id=_text(64),
            kind=_text(32),
            at=INSTANT,
            follower=_ref("Person"),
            facts={"type": "object", "description": "Plain and impersonal", "maxProperties": 30},
            sealed={"type": "object", "description": "Kept encrypted", "maxProperties": 30},
        ),
        "OrderReport": {
            "oneOf": [_ref("Order"), _closed(["orders"], orders=_some(_ref("Order")))]
        },
        "Order": _closed(
            ["order_number", "at"],
            order_number=_text(64),
            follower=_ref("Person"),
            amount_fen=WHOLE,
            at=INSTANT,
            status={"enum": ["paid", "refunded"], "default": "paid"},
            refund_fen=WHOLE,
            topics=_ref("Topics"),
            items={"type": "array", "items": item, "maxItems": 200},
        ),
        "SegmentDefinition": _closed(
            ["slug", "name", "rule"], slug=_text(64), name=_text(64), rule={"type": "object"}
        ),
        "Attribute": _closed(
            ["name", "kind"], name=_text(32), kind={"enum": list(KINDS)},
            choices={"type": "array", "items": _text(190), "maxItems": MOST_CHOICES},
            title={"type": "string", "maxLength": 64},
        ),
        "CampaignDocument": {
            "type": "object", "description": "docs/reference/campaign.schema.json",
            "required": ["slug", "name", "purpose"],
        },
        "Undo": _object(["code", "order_number"], code=_text(64), order_number=_text(64)),
        "Redeem": _object(
            ["code", "order_number"], code=_text(64), order_number=_text(64), amount_fen=WHOLE,
            basket_fen=WHOLE, shop={"type": "string", "maxLength": 32},
        ),
    }  # fmt: skip


def _told() -> dict[str, Schema]:
    """What callers are answered."""
    refusal = _object(["index", "field", "message"], index=WHOLE, field=TEXT, message=TEXT)
    error = _object(["code", "message", "field"], code=TEXT, message=TEXT, field=TEXT)
    outcome = {"enum": ["accepted", "repeated"]}
    free: Schema = {"type": "object"}
    rows: Schema = {"type": "array", "items": free}
    return {
        "Error": _object(["error"], error=error),
        "Taken": _object(
            ["accepted", "repeated", "rejected"],
            accepted=WHOLE,
            repeated=WHOLE,
            rejected={"type": "array", "items": refusal},
        ),
        "OrderOutcome": {"oneOf": [_ref("Taken"), _object(["outcome"], outcome=outcome)]},
        "Follower": _object(
            ["id", "pseudonym", "subscribed", "stage", "segments", "attributes", "interests"],
            id=WHOLE,
            pseudonym=TEXT,
            subscribed={"type": "boolean"},
            marketing={"type": "boolean"},
            language=TEXT,
            stage=TEXT,
            segments={"type": "array", "items": TEXT},
            attributes=free,
            tags=free,
            interests=rows,
            orders=free,
            coupons=free,
            counts=free,
            rfm=free,
            features_version=WHOLE,
            **{
                part: {"type": ["object", "null"]}
                for part in ("cycle", "sentiment", "best_hours", "fatigue", "social")
            },
        ),
        "Picture": _picture(),
        "PageLink": _object(["url", "expires_at"], url=TEXT, expires_at=INSTANT),
        "Segments": _object(["segments"], segments={"type": "array", "items": _ref("Segment")}),
        "Segment": _object(
            ["slug", "name", "size"], slug=TEXT, name=TEXT, size=WHOLE, error=TEXT,
            refreshed_at={"type": ["string", "null"]},
        ),
        "Campaigns": _object(["campaigns"], campaigns={"type": "array", "items": _ref("Campaign")}),
        "Campaign": _object(
            ["slug", "name", "state", "runs", "priority", "approval"], slug=TEXT, name=TEXT,
            state=TEXT, runs=WHOLE, priority=WHOLE, approval=TEXT, error=TEXT, definition=free,
            due_at={"type": ["string", "null"]},
        ),
        "DryRun": free,
        "Redemption": free,
        "Attributes": _object(
            ["attributes"], attributes={"type": "array", "items": _ref("Attribute")}
        ),
        "AttributeRemoved": _object(["name", "removed"], name=TEXT, removed={"type": "boolean"}),
        "Undone": _object(["undone"], undone={"type": "boolean"}),
        "Report": free,
    }  # fmt: skip


def _picture() -> Schema:
    """The figures behind the charts. Hours from 0, weekdays from Monday, weeks by their Monday."""
    free: Schema = {"type": "object"}
    counts: Schema = {"type": "array", "items": WHOLE}
    week = _object(["from", "acts"], **{"from": INSTANT, "acts": WHOLE})
    stage = _object(["since", "stage"], since=INSTANT, stage=TEXT)
    act = _object(["at", "kind"], at=INSTANT, kind=TEXT)
    place = _object(
        ["measure", "value", "ahead_of", "decile"], measure=TEXT,
        value={"type": ["number", "null"]}, ahead_of=WHOLE, decile=WHOLE,
    )  # fmt: skip
    return _object(
        ["follower", "interests", "hours", "weekdays", "weeks", "acts", "stages", "rfm_place",
         "people", "best_hour", "counts"],
        follower=TEXT,
        interests={"type": "array", "items": free},
        hours=counts,
        weekdays=counts,
        weeks={"type": "array", "items": week},
        acts={"type": "array", "items": act},
        stages={"type": "array", "items": stage},
        rfm_place={"type": "object", "additionalProperties": place},
        people=WHOLE,
        best_hour={"type": ["integer", "null"]},
        counts={"type": "object", "additionalProperties": WHOLE},
        **dict.fromkeys(("cycle", "sentiment", "best_hours", "fatigue", "social"), free),
    )  # fmt: skip
