"""The JSON Schema of a journey, as docs/reference/schemas/journey.json has it.

It says what a form or an editor can check; the rest is `reading.parse`'s and `checks.flaws`'s.
Write the file anew with: python -m bot.journey.schema > docs/reference/schemas/journey.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bot.campaign.document.definition import CLOCK
from bot.journey.definition import BEST_HOUR, SEND_WAYS, SLUG, STEP, Kind
from bot.journey.listen_reading import MOST_LISTENS, SEGMENT
from bot.journey.reading import REENTRY, TRIGGERS
from bot.journey.step_reading import ENDS, MOST_DAYS, MOST_STEPS, MOST_WAYS

Schema = dict[str, Any]
STEP_ID: Schema = {"type": "string", "pattern": f"^{STEP}$"}
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
RULE: Schema = {"type": "object", "description": "as in ../segment.schema.json, `rule`"}
EVENT: Schema = {
    "event": {"type": "string", "maxLength": 32},
    "where": {"type": "object", "maxProperties": 10},
}
IN_SEGMENT: Schema = {
    "segment": {"type": "string", "pattern": f"^{SEGMENT}$"},
    "does": {"enum": ["enters", "leaves"], "default": "enters"},
}
LISTEN: Schema = {
    "type": "object",
    "properties": {**EVENT, **IN_SEGMENT, "scan": TEXT},
    "additionalProperties": False,
}


def schema() -> Schema:
    """Draft 2020-12."""
    trigger = _trigger()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Journey",
        **_object(
            {
                "slug": {"type": "string", "pattern": f"^{SLUG}$"},
                "name": TEXT,
                "trigger": {"anyOf": [trigger, {"type": "array", "items": trigger, "maxItems": 5}]},
                "audience": RULE,
                "holdout": {"type": "number", "minimum": 0, "maximum": 0.9, "default": 0},
                "reentry": _object(
                    {
                        "rule": {"enum": list(REENTRY), "default": "never"},
                        "days": _number(0, 10 * MOST_DAYS),
                        "most": {"type": "integer", "minimum": 1, "maximum": 10_000},
                    },
                    ["rule"],
                ),
                "goals": _listens(),
                "goal_days": {**_number(0.01, MOST_DAYS), "default": 30},
                "exits": _listens(),
                "longest_days": {**_number(0.01, 2 * MOST_DAYS), "default": 180},
                "limits": _object(
                    {
                        "active": {"type": "integer", "minimum": 1},
                        "daily": {"type": "integer", "minimum": 1},
                    }
                ),
                "steps": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_STEPS,
                    "items": _step(),
                },
            },
            ["slug", "name", "trigger", "steps"],
        ),
    }


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return found | ({"required": required} if required else {})


def _number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


def _listens() -> Schema:
    return {"type": "array", "items": LISTEN, "maxItems": MOST_LISTENS}


def _trigger() -> Schema:
    return _object(
        {
            "when": {"enum": list(TRIGGERS)},
            "scene": TEXT,
            **EVENT,
            **IN_SEGMENT,
            "attribute": {"type": "string", "maxLength": 32},
            "days_before": {"type": "integer", "minimum": -MOST_DAYS, "maximum": MOST_DAYS},
            "hour": {"type": "integer", "minimum": 0, "maximum": 23, "default": 9},
            "yearly": {"type": "boolean", "default": True},
        },
        ["when"],
    )


def _step() -> Schema:
    kinds = _kinds()
    assert list(kinds) == [kind.value for kind in Kind]
    step = _object({"id": STEP_ID, **kinds, "next": STEP_ID, "note": {"maxLength": 190}}, ["id"])
    return step | {"oneOf": [{"required": [kind]} for kind in kinds]}


def _kinds() -> Schema:
    way = {"to": STEP_ID, "weight": _number(0.001, 1000)}
    return {
        "wait": _object(
            {
                **{unit: _number(0, 60 * 24 * MOST_DAYS) for unit in ("minutes", "hours", "days")},
                "until": {"type": "string", "pattern": f"^({BEST_HOUR}|{CLOCK})$"},
                "weekdays": {"type": "array", "items": {"type": "integer", "minimum": 1,
                                                        "maximum": 7}},
                **EVENT,
                **IN_SEGMENT,
                "scan": TEXT,
                "any": _listens(),
                "then": STEP_ID,
                "else": STEP_ID,
            }
        ),
        "branch": _ways({"if": RULE, "to": STEP_ID}, ["if", "to"], {"else": STEP_ID}),
        "split": _ways(way, ["to"], {}),
        "outcome": _object(
            {"of": STEP_ID, **dict.fromkeys(SEND_WAYS, STEP_ID), "else": STEP_ID}, ["of"]
        ),
        "send": {
            "type": "object",
            "required": ["purpose"],
            "description": "as in ../campaign.schema.json, without slug, name, segment, schedule;"
            " holdout is 0 where it is not given",
        },
        "tag": {"anyOf": [TEXT, _object({"tag": TEXT, "days": _number(0.01, 3650)}, ["tag"])]},
        "untag": TEXT,
        "set": _object(
            {"attribute": {"type": "string", "maxLength": 32},
             "value": {"type": ["string", "number", "boolean"]}},
            ["attribute", "value"],
        ),
        "coupon": {"type": "string", "description": "slug of a coupon batch"},
        "webhook": _object(
            {"url": {"type": "string", "maxLength": 500},
             "facts": {"type": "array", "items": {"type": "string"}, "maxItems": 10}},
            ["url"],
        ),
        "handoff": {"type": "string", "maxLength": 40, "description": "why, for the staff"},
        "start": {"type": "string", "pattern": f"^{SLUG}$"},
        "end": {"enum": list(ENDS)},
    }  # fmt: skip


def _ways(item: Schema, required: list[str], more: Schema) -> Schema:
    ways = {"type": "array", "items": _object(item, required), "maxItems": MOST_WAYS}
    return _object({"ways": ways, **more}, ["ways"])


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
