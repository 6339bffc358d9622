"""The JSON Schema of a campaign document, as docs/reference/campaign.schema.json has it.

It says what a form or an editor can check; rules between fields are `definition.parse`'s.
Write the file anew with:
    python -m bot.campaign.document.schema > docs/reference/campaign.schema.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bot.campaign.document.definition import (
    AUTO,
    MAX_BUDGET_FEN,
    MAX_CONCURRENCY,
    MAX_TEXT,
    MAX_VARIANTS,
    VARIANT,
)
from bot.campaign.document.means import means_schema
from bot.campaign.document.reading import (
    CLOCK,
    EVENT,
    KEY,
    MAX_CHOICES,
    MAX_MARGIN_FEN,
    MAX_PER_MINUTE,
    MAX_PIECES,
    MAX_SEGMENTS,
    METRICS,
    SLUG,
)
from bot.values.audience import Channel, Purpose


def schema() -> dict[str, Any]:
    """Draft 2020-12."""
    text = {"type": "string", "maxLength": MAX_TEXT}
    slug = {"type": "string", "pattern": f"^{SLUG}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Campaign",
        "type": "object",
        "required": ["slug", "name", "purpose"],
        "allOf": [
            {"oneOf": [{"required": ["segment"]}, {"required": ["audience"]}]},
            {"anyOf": [{"required": ["text"]}, {"required": ["variants"]}]},
        ],
        "additionalProperties": False,
        "properties": {
            "slug": slug,
            "name": {"type": "string", "minLength": 1, "maxLength": 64},
            "segment": {**slug, "description": "slug of the segment that is the audience"},
            "audience": _audience(slug),
            "purpose": {"enum": [purpose.value for purpose in Purpose]},
            "offer": {"type": ["string", "null"], "description": "slug of a coupon batch"},
            "url": {
                "type": ["string", "null"],
                "maxLength": 1024,
                "description": "where {link} leads; none: the follower's own coupon page",
            },
            "text": {
                **text,
                "description": "variables {title} {face_value} {threshold} {link}, with a default:"
                " {title|our offer}; with content also {content_title} {content_summary}"
                " {content_price}; marketing gets the line that says how to opt out",
            },
            "content": {
                "description": "slug of a piece of the content library for everybody, or several of"
                " which each follower gets the one that suits them",
                "anyOf": [slug, {"type": "array", "items": slug, "maxItems": MAX_PIECES}],
            },
            "match": _match(slug),
            "variants": _variants(text),
            "experiment": _experiment(),
            "holdout": {"type": "number", "minimum": 0, "maximum": 0.9, "default": 0.05},
            "goal": _goal(),
            "attribution_days": {"type": "number", "minimum": 0, "maximum": 90, "default": 7},
            "channels": {
                "anyOf": [
                    {"const": AUTO},
                    {"type": "array", "items": {"enum": [channel.value for channel in Channel]}},
                ],
                "default": [Channel.CUSTOMER_SERVICE.value],
                "description": "in the order of preference, or auto: the cheapest permitted one;"
                " marketing never goes by template",
            },
            "guardrails": _guardrails(),
            "schedule": _object(
                {
                    "at": _instant("when it starts"),
                    "until": _instant("what is not sent by then is skipped; default: 7 days"),
                    **_recurrence(),
                    "best_hour": {
                        "type": "boolean",
                        "default": False,
                        "description": "each follower gets it at an hour at which they are there",
                    },
                }
            ),
            "opportunist": {
                "type": "boolean",
                "default": False,
                "description": "what waits may go out earlier, into a window that is closing",
            },
            "pace": _object(
                {
                    "per_minute": _whole(1, MAX_PER_MINUTE, None),
                    "ramp_minutes": _whole(0, 24 * 60, 0),
                }
            ),
            "priority": {
                "type": "integer",
                "minimum": 0,
                "maximum": 100,
                "default": 50,
                "description": "the greater goes first where two want the same follower",
            },
            "budget_fen": {
                **_whole(0, MAX_BUDGET_FEN, None),
                "description": "what coupons and messages may cost together; the rest is skipped",
            },
            "approval": {
                "enum": ["required", "none", None],
                "description": "by a second person, before it can start; what the account demands"
                " holds all the same",
            },
            "concurrency": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_CONCURRENCY,
                "default": 64,
            },
            "template": _notice({}),
            **means_schema(),
            "reminder": _notice(
                {
                    "hours_before_expiry": {
                        "type": "number",
                        "minimum": 0.01,
                        "maximum": 720,
                        "default": 24,
                    }
                }
            ),
        },
    }


def _audience(slug: dict[str, Any]) -> dict[str, Any]:
    slugs = {"type": "array", "items": slug, "maxItems": MAX_SEGMENTS}
    return {
        **_object(
            {
                "segment": slug,
                "any": {**slugs, "description": "in at least one of these segments"},
                "all": {**slugs, "description": "in each of these segments"},
                "also": {**slugs, "description": "and those of these"},
                "lists": {**slugs, "description": "and those on the lists of these"},
                "except": {**slugs, "description": "but none of these"},
            }
        ),
        "description": "frozen at the start of each run",
    }


def _match(slug: dict[str, Any]) -> dict[str, Any]:
    batch = {
        "type": "object",
        "additionalProperties": False,
        "required": ["batch"],
        "properties": {
            "batch": slug,
            "margin_fen": {
                **_whole(0, MAX_MARGIN_FEN, None),
                "description": "what a redemption earns before the coupon's cost; none: the"
                " account's margin of the coupon's threshold",
            },
        },
    }
    offers = {
        "type": "array",
        "minItems": 2,
        "maxItems": MAX_CHOICES,
        "items": {"anyOf": [slug, batch]},
    }
    found = _object(
        {
            "offers": {**offers, "description": "coupon batches: each follower gets one of them"},
            "minimum_fen": {
                **_whole(0, MAX_MARGIN_FEN, 0),
                "description": "who is worth less with each offer gets none",
            },
            "assumed": {
                "type": "number",
                "minimum": 0.0001,
                "maximum": 0.5,
                "default": 0.05,
                "description": "chance of a redemption while no model is in use; twice that at"
                " full interest",
            },
            "by": {
                "enum": ["response", "uplift"],
                "default": "response",
                "description": "who takes the coupon, or whom the message moves to buy; without a"
                " model of uplift in use the former",
            },
            "leaver_fen": {
                **_whole(0, MAX_MARGIN_FEN, 0),
                "description": "what is lost with a follower whom one message too many drives"
                " away; of use with a model of fatigue",
            },
        },
        required=("offers",),
    )
    return {**found, "description": "several offers instead of offer, planned for all at once"}


def _goal() -> dict[str, Any]:
    fact = {"type": ["string", "number", "boolean"]}
    return _object(
        {
            "event": {"type": "string", "maxLength": 32, "pattern": f"^{EVENT}$"},
            "where": {"type": ["object", "null"], "additionalProperties": fact},
            "within_days": {"type": ["number", "null"], "minimum": 0.01, "maximum": 90},
        },
        required=("event",),
    )


def _recurrence() -> dict[str, Any]:
    return {
        "cron": {
            "type": ["string", "null"],
            "description": "minute hour day month weekday (0: Sunday): runs again and again, until"
            " schedule.until",
        },
        "zone": {"type": ["string", "null"], "description": "of the cron; none: the account's"},
        "times": {**_whole(1, 10_000, None), "description": "so many runs at most"},
        "catch_up": {
            "enum": ["one", "none", None],
            "description": "runs that nobody was there for: one late run for all of them, or none",
        },
    }


def _experiment() -> dict[str, Any]:
    key = {"type": "string", "pattern": f"^{KEY}$"}
    winner = _object(
        {
            "after_hours": {"type": "number", "minimum": 0.1, "maximum": 720},
            "metric": {"enum": list(METRICS), "default": METRICS[0]},
        },
        required=("after_hours",),
    )
    return _object(
        {
            "key": {**key, "description": "who saw a variant under this key sees the same again"},
            "group": {"type": ["string", "null"], "pattern": f"^({KEY})?$"},
            "bandit": {"type": "boolean", "default": False},
            "winner": winner,
        },
        required=("key",),
    )


def _whole(low: int, high: int, default: int | None) -> dict[str, Any]:
    kind: Any = ["integer", "null"] if default is None else "integer"
    return {"type": kind, "minimum": low, "maximum": high, "default": default}


def _object(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
    return {**found, "required": list(required)} if required else found


def _variants(text: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": ["array", "null"],
        "maxItems": MAX_VARIANTS,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "text"],
            "properties": {
                "name": {"type": "string", "pattern": f"^{VARIANT}$"},
                "weight": {"type": "number", "minimum": 0.001, "maximum": 1000, "default": 1},
                "text": text,
            },
        },
    }


def _guardrails() -> dict[str, Any]:
    def cap(default: int) -> dict[str, Any]:
        return {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 1000,
            "default": default,
            "description": "marketing sends to one follower; null: no cap",
        }

    quiet = {
        "type": ["array", "null"],
        "items": {"type": "string", "pattern": f"^{CLOCK}$"},
        "minItems": 2,
        "maxItems": 2,
        "default": ["21:00", "09:00"],
        "description": "from, to in the account's zone; sends wait for the end; null: none",
    }
    return _object(
        {
            "per_day": cap(1),
            "per_week": cap(2),
            "per_month": cap(4),
            "quiet_hours": quiet,
            "rest": _object(
                {"after_unanswered": _whole(1, 30, 3), "days": _whole(1, 365, 14)},
            ),
            "variety": _object({"same_topic_days": _whole(1, 365, 7)}),
            "when_capped": {
                "enum": ["skip", "wait"],
                "default": "skip",
                "description": "who is at a cap gets nothing, or is asked again the next day",
            },
            "yield_hours": {
                **_whole(0, 168, 24),
                "description": "a campaign of higher priority within so many hours goes first",
            },
        }
    )


def _instant(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": f"{description}; ISO 8601"}


def _notice(more: dict[str, Any]) -> dict[str, Any]:
    return _object(
        {
            "template_id": {"type": "string", "minLength": 1, "maxLength": 64},
            "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            **more,
        },
        required=("template_id", "fields"),
    )


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
