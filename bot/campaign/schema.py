"""The JSON Schema of a campaign document, as docs/reference/campaign.schema.json has it.

It says what a form or an editor can check; rules between fields are `definition.parse`'s.
Write the file anew with: python -m bot.campaign.schema > docs/reference/campaign.schema.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bot.campaign.definition import CLOCK, MAX_CONCURRENCY, MAX_TEXT, MAX_VARIANTS, SLUG, VARIANT
from bot.values.audience import Channel, Purpose


def schema() -> dict[str, Any]:
    """Draft 2020-12."""
    text = {"type": "string", "maxLength": MAX_TEXT}
    slug = {"type": "string", "pattern": f"^{SLUG}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Campaign",
        "type": "object",
        "required": ["slug", "name", "segment", "purpose"],
        "anyOf": [{"required": ["text"]}, {"required": ["variants"]}],
        "additionalProperties": False,
        "properties": {
            "slug": slug,
            "name": {"type": "string", "minLength": 1, "maxLength": 64},
            "segment": {**slug, "description": "slug of the segment that is the audience"},
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
                " {title|our offer}; marketing gets the line that says how to opt out",
            },
            "variants": _variants(text),
            "holdout": {"type": "number", "minimum": 0, "maximum": 0.9, "default": 0.05},
            "attribution_days": {"type": "number", "minimum": 0, "maximum": 90, "default": 7},
            "channels": {
                "type": "array",
                "items": {"enum": [channel.value for channel in Channel]},
                "default": [Channel.CUSTOMER_SERVICE.value],
                "description": "in the order of preference; marketing never goes by template",
            },
            "guardrails": _guardrails(),
            "schedule": _object(
                {
                    "at": _instant("when it starts"),
                    "until": _instant("what is not sent by then is skipped; default: 7 days"),
                }
            ),
            "concurrency": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_CONCURRENCY,
                "default": 64,
            },
            "template": _notice({}),
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
        {"per_day": cap(1), "per_week": cap(2), "per_month": cap(4), "quiet_hours": quiet}
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
