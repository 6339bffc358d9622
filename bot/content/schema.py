"""The JSON Schema of a content document, as docs/reference/schemas/content.json has it.

It says what a form or an editor can check; rules between fields are `documents.read_content`'s.
Write the file anew with: python -m bot.content.schema > docs/reference/schemas/content.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from bot.content import documents as d
from bot.content.limits import CHANNELS
from bot.content.reading import SLUG
from bot.content.variables import Kind as VariableKind

Schema = dict[str, Any]


def schema() -> Schema:
    """Draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Content",
        "type": "object",
        "required": ["slug", "kind", "title"],
        "additionalProperties": False,
        "properties": {**_everybodys(), **_of_kinds()},
        "allOf": [_of_kind(kind, names) for kind, names in d.REQUIRED.items()],
    }


def _everybodys() -> Schema:
    return {
        "slug": {"type": "string", "pattern": f"^{SLUG}$"},
        "kind": {"enum": [kind.value for kind in d.Kind]},
        "title": {"type": "string", "minLength": 1, "maxLength": d.LONGEST_TITLE},
        "summary": _text(d.LONGEST_SUMMARY),
        "topics": {
            "description": "topic -> weight above 0, up to 1; a list: each weighs 1",
            "oneOf": [
                {
                    "type": "object",
                    "maxProperties": d.MOST_TOPICS,
                    "additionalProperties": {
                        "type": "number",
                        "exclusiveMinimum": 0,
                        "maximum": 1,
                    },
                },
                {"type": "array", "maxItems": d.MOST_TOPICS, "items": {"type": "string"}},
                {"type": "null"},
            ],
        },
        "price_fen": _whole(d.MOST_FEN, "in fen: 2200 is 22 yuan"),
        "stock": _whole(d.MOST_STOCK, "none: not counted"),
        "valid_from": _instant("a day means its beginning"),
        "valid_until": _instant("a day means its end"),
        "purpose": {
            "enum": [purpose.value for purpose in d.ContentPurpose],
            "default": d.ContentPurpose.MARKETING.value,
        },
        "pictures": {
            "type": ["array", "null"],
            "maxItems": d.MOST_PICTURES,
            "items": {"type": "string", "pattern": f"^(?:{d.PICTURE})$"},
        },
        "link": _text(1024, d.URL),
        "language": {"enum": list(d.LANGUAGES), "default": "zh"},
    }


def _of_kinds() -> Schema:
    named = {"type": ["object", "null"], "maxProperties": d.MOST_FIELDS}
    return {
        "appid": _text(64, d.APPID),
        "path": _text(1024),
        "batch": {**_text(63, SLUG), "description": "slug of the coupon batch"},
        "channel": {"enum": ["", *CHANNELS], "description": "of a message; customer_service"},
        "text": {**_text(d.LONGEST_TEXT), "description": "with variables: {name|default:朋友}"},
        "template_id": _text(64, r"[\w-]+"),
        "scene": {**_text(d.LONGEST_TITLE), "description": "the template's title in the library"},
        "fields": {**named, "additionalProperties": {"type": "string", "maxLength": 200}},
        "variables": {**named, "additionalProperties": {"enum": list(VariableKind)}},
    }


def _of_kind(kind: d.Kind, names: tuple[str, ...]) -> Schema:
    return {
        "if": {"properties": {"kind": {"const": kind.value}}, "required": ["kind"]},
        "then": {"required": list(names)},
    }


def _text(longest: int, pattern: str = "") -> Schema:
    found: Schema = {"type": ["string", "null"], "maxLength": longest}
    return {**found, "pattern": f"^(?:{pattern})?$"} if pattern else found


def _whole(most: int, description: str) -> Schema:
    kinds = ["integer", "null"]
    return {"type": kinds, "minimum": 0, "maximum": most, "description": description}


def _instant(description: str) -> Schema:
    return {"type": ["string", "null"], "description": f"{description}; ISO 8601"}


if __name__ == "__main__":
    json.dump(schema(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
