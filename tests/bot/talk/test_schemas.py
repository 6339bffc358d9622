"""The JSON Schemas of docs/reference/schemas say what the readers take."""

import json
import re
from pathlib import Path

import pytest

from bot.errors import InvalidInput
from bot.talk.answers import KINDS as ANSWERS
from bot.talk.answers import read_answer
from bot.talk.documents import EXAMPLES, SECTIONS, from_value
from bot.talk.intents import ENTITY_KINDS, GIVE
from bot.talk.kinds import READERS, SETTINGS
from bot.talk.packs import NAMES, pack
from bot.talk.rules import MATCHES, ON

FOLDER = Path(__file__).parents[3] / "docs/reference/schemas"
# One document of each kind that is taken, to which an unknown field is added.
SAMPLES = {
    "rule": {"slug": "a", "keywords": ["b"], "answers": [{"text": "c"}]},
    "intent": {"slug": "a", "title": "b"},
    "faq": {"slug": "a", "questions": ["b"], "answers": [{"text": "c"}]},
    "entity": {"slug": "a", "title": "b"},
    "form": {"slug": "a", "title": "b", "slots": [{"name": "c", "kind": "people", "title": "d",
             "ask": "e"}]},
}  # fmt: skip


def schema(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def known(read, document):
    """The fields that a reader takes, by its own refusal of one that it does not."""
    with pytest.raises(InvalidInput) as refused:
        read({**document, "nonsense": 1})
    found = re.search(r"nonsense: there is no such field; there are (.*)", str(refused.value))
    assert found, str(refused.value)
    return set(found.group(1).split(", "))


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_document_has_the_fields_of_its_schema(kind):
    found = schema(kind)
    assert set(found["properties"]) == known(READERS[kind], SAMPLES[kind])
    assert found["additionalProperties"] is False
    assert set(found["required"]) <= set(SAMPLES[kind])


@pytest.mark.parametrize("slug", sorted(set(SETTINGS) - {"shop"}))
def test_a_setting_has_the_fields_of_its_schema(slug):
    found = schema("setting")["properties"][slug]
    assert set(found["properties"]) == known(SETTINGS[slug][0], {})
    assert found["additionalProperties"] is False


def test_every_setting_and_section_is_in_its_schema():
    assert set(schema("setting")["properties"]) == set(SETTINGS)
    assert set(schema("talk")["properties"]) == {*SECTIONS, EXAMPLES}
    assert known(from_value, {}) == {*SECTIONS, EXAMPLES}


def test_answers_are_those_of_their_schema():
    forms = schema("answer")["oneOf"]
    assert [one["required"][0] for one in forms] == list(ANSWERS)
    assert all({"lang", "only"} < set(one["properties"]) for one in forms)
    assert known(read_answer, {"text": "x"}) == set(forms[0]["properties"])


def test_choices_are_those_of_the_readers():
    rule = schema("rule")["properties"]
    assert tuple(rule["on"]["enum"]) == ON
    assert tuple(rule["keywords"]["items"]["oneOf"][1]["properties"]["match"]["enum"]) == MATCHES
    assert tuple(schema("entity")["properties"]["kind"]["enum"]) == ENTITY_KINDS
    assert tuple(schema("faq")["properties"]["give"]["enum"]) == GIVE


@pytest.mark.parametrize("name", NAMES)
def test_what_the_packs_hold_names_only_fields_of_the_schemas(name):
    for (kind, slug), (_, document) in pack(name).documents.items():
        wanted = schema("setting")["properties"][slug] if kind == "setting" else schema(kind)
        if "properties" in wanted:
            assert document.keys() <= wanted["properties"].keys(), (kind, slug)
