"""The reference and its schema say what the reader of mappings takes."""

import json
import re
from pathlib import Path

import pytest

from bot.errors import InvalidInput
from bot.imports import mapping
from bot.imports.mapping import parse
from bot.talk.files import read_yaml

DOCS = Path(__file__).parents[3] / "docs/reference"
SCHEMA = json.loads((DOCS / "schemas/import-mapping.json").read_text("utf-8"))
PAGE = (DOCS / "import-mapping.md").read_text("utf-8")
COLUMN = SCHEMA["properties"]["columns"]["additionalProperties"]["oneOf"][1]["properties"]


def known(document):
    """The fields that are taken at a place, by the refusal of one that is not."""
    with pytest.raises(InvalidInput) as refused:
        parse({"columns": {"a": "openid"}, **document})
    found = re.search(r"there is no such field; there are (.*)", str(refused.value))
    assert found, str(refused.value)
    return set(found.group(1).split(", "))


def column(**spec):
    return {"columns": {"a": {"to": "attribute", "name": "a", "type": "number", **spec}}}


@pytest.mark.parametrize(
    ("taken", "properties"),
    [
        ({"nonsense": 1}, SCHEMA["properties"]),
        ({"format": {"nonsense": 1}}, SCHEMA["properties"]["format"]["properties"]),
        ({"duplicates": {"nonsense": 1}}, SCHEMA["properties"]["duplicates"]["properties"]),
        (column(nonsense=1), COLUMN),
        (column(text={"nonsense": 1}), COLUMN["text"]["properties"]),
        (column(outliers={"nonsense": 1}), COLUMN["outliers"]["properties"]),
    ],
)
def test_the_schema_has_the_fields_that_are_taken(taken, properties):
    assert set(properties) == known(taken)


def test_the_schema_has_the_words_that_are_taken():
    assert set(COLUMN["to"]["enum"]) == {to for all_ in mapping.TARGETS.values() for to in all_}
    assert COLUMN["type"]["enum"] == list(mapping.TYPES)
    assert COLUMN["missing"]["oneOf"][0]["enum"] == list(mapping.MISSING)
    assert COLUMN["out_of_range"]["enum"] == list(mapping.ACTIONS)
    assert SCHEMA["properties"]["kind"]["enum"] == list(mapping.KINDS)


def test_the_page_names_every_target_type_and_policy():
    words = {*COLUMN["to"]["enum"], *mapping.TYPES, *mapping.MISSING, *mapping.KEEPS, *COLUMN}
    assert {word for word in words if not re.search(rf"\b{word}\b", PAGE)} == set()


def test_the_example_of_the_page_is_a_mapping():
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    assert len(parse(read_yaml(example.group(1))).columns) == 4
