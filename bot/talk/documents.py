"""All documents of a stage as one value, from files and to files, checked as a whole.

A file is a mapping of sections, one or several of

    rules, intents, faqs, forms, entities    lists of documents, each with its slug
    settings                                 slug -> document
    examples                                 list of {text, label, source}

so that one YAML file can hold everything, or each section its own; `examples.jsonl` holds an
example a line and is also a file for `hongyan nlu train`. Examples that are followers' own words
are never written out: they go when the follower is erased, and a file would not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import InvalidInput, NotFound
from bot.store import talk
from bot.store.talk import KINDS, LIVE, Example
from bot.talk.files import files_in, read_file, write_json, write_jsonl, write_yaml
from bot.talk.kinds import READERS, SETTINGS
from bot.talk.reading import Fields, refusal

SECTIONS = {
    "rules": "rule",
    "intents": "intent",
    "faqs": "faq",
    "forms": "form",
    "entities": "entity",
    "settings": "setting",
}
EXAMPLES = "examples"
MOST_DOCUMENTS = 10_000
MOST_EXAMPLES = 200_000
LONGEST_EXAMPLE = 600

Key = tuple[str, str]  # kind, slug
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Bundle:
    """Documents by kind and slug, and examples. `own_words`: those left out, see the module."""

    documents: Mapping[Key, Document] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    own_words: int = 0


def check(kind: str, slug: str, document: Any) -> None:
    """Raises InvalidInput that names the first bad field."""
    if kind != "setting":
        if kind not in READERS:
            raise refusal("kind", f"wants one of {', '.join(KINDS)}")
        found = READERS[kind](document)
        if found.slug != slug:
            raise refusal("slug", f"is {found.slug}, and the document is kept as {slug}")
    elif slug not in SETTINGS:
        raise refusal(slug[:40], f"is no setting; there are {', '.join(SETTINGS)}")
    else:
        SETTINGS[slug][0](document)


# --- the store ----------------------------------------------------------------------------------


def stored(account_id: int, stage: str = LIVE) -> Bundle:
    """What stands in a stage."""
    examples = talk.examples(account_id, stage)
    own = [one for one in examples if one.event_id is None]
    documents = {(one.kind, one.slug): one.document for one in talk.documents(account_id, stage)}
    return Bundle(documents, tuple(own), len(examples) - len(own))


# --- values -------------------------------------------------------------------------------------


def to_value(bundle: Bundle, sections: Iterable[str] = (*SECTIONS, EXAMPLES)) -> dict[str, Any]:
    """The sections as plain values, in a fixed order."""
    value: dict[str, Any] = {}
    for section in sections:
        if section == EXAMPLES:
            value[section] = [_plain(one) for one in bundle.examples]
            continue
        kind = SECTIONS[section]
        found = {slug: dict(bundle.documents[k, slug]) for k, slug in sorted(bundle.documents)
                 if k == kind}  # fmt: skip
        value[section] = found if kind == "setting" else list(found.values())
    return value


def from_value(value: Any) -> Bundle:
    """The bundle of a file's value, every document checked.

    Raises InvalidInput that names the place: rules[3].keywords[0].text.
    """
    fields = Fields(value, "file")
    documents: dict[Key, Document] = {}
    for section, kind in SECTIONS.items():
        for place, slug, document in _listed(fields.take(section), section, kind):
            if (kind, slug) in documents:
                raise refusal(place, f"{kind} {slug} stands there twice")
            _placed(place, kind, slug, document)
            documents[kind, slug] = document
    if len(documents) > MOST_DOCUMENTS:
        raise refusal("file", f"holds more than {MOST_DOCUMENTS} documents")
    examples = fields.each(EXAMPLES, _example, MOST_EXAMPLES)
    fields.done()
    return Bundle(documents, _different(examples))


def _listed(value: Any, section: str, kind: str) -> list[tuple[str, str, Any]]:
    """(place, slug, document) of a section."""
    if value is None:
        return []
    if kind == "setting":
        if not isinstance(value, Mapping):
            raise refusal(section, "wants a mapping of settings")
        return [(f"{section}.{slug}", str(slug), document) for slug, document in value.items()]
    if not isinstance(value, list):
        raise refusal(section, "wants a list of documents")
    found = []
    for at, document in enumerate(value):
        slug = document.get("slug") if isinstance(document, Mapping) else None
        found.append((f"{section}[{at}]", slug if isinstance(slug, str) else "", document))
    return found


def _placed(place: str, kind: str, slug: str, document: Any) -> None:
    """Check a document; a refusal gets the place in front."""
    try:
        check(kind, slug, document)
    except InvalidInput as error:
        why = str(error).removeprefix(f"{error.field}: ")
        raise refusal(f"{place}.{error.field}" if error.field else place, why) from None


def _example(item: Any) -> Example:
    fields = Fields(item, "example")
    found = Example(
        fields.slug("label"),
        fields.text("text", longest=LONGEST_EXAMPLE),
        fields.text("source", "marketer", longest=8),
    )
    fields.done()
    return found


def _different(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Each text once. Raises InvalidInput where it stands there with two labels."""
    found: dict[str, Example] = {}
    for at, one in enumerate(examples):
        if found.setdefault(one.text, one).intent != one.intent:
            other = found[one.text].intent
            raise refusal(f"{EXAMPLES}[{at}]", f"stands there as {other} and as {one.intent}")
    return tuple(found.values())


def _plain(one: Example) -> dict[str, str]:
    return {"text": one.text, "label": one.intent, "source": one.source}


# --- files --------------------------------------------------------------------------------------


def read_files(paths: Iterable[Path]) -> Bundle:
    """Everything in these files and folders. Raises NotFound, InvalidInput with file and place."""
    documents: dict[Key, Document] = {}
    examples: list[Example] = []
    for path in (file for given in paths for file in files_in(given)):
        value = read_file(path)
        try:
            found = from_value({EXAMPLES: value} if path.suffix.lower() == ".jsonl" else value)
        except InvalidInput as error:
            raise InvalidInput(f"{path.name}: {error}", error.field) from None
        for kind, slug in documents.keys() & found.documents.keys():
            raise InvalidInput(f"{path.name}: {kind} {slug} stands in another file as well", slug)
        documents |= found.documents
        examples += found.examples
    return Bundle(documents, _different(examples))


def write_files(bundle: Bundle, out: Path) -> list[Path]:
    """One .yaml or .json file, or a folder with a file a section; what was written.

    A section without documents gets its file as well, so that nothing of an earlier export stays.
    """
    suffix = out.suffix.lower()
    if suffix in (".yaml", ".yml", ".json"):
        value = to_value(bundle)
        return [_written(out, write_json(value) if suffix == ".json" else write_yaml(value))]
    if suffix == ".jsonl":
        raise InvalidInput(f"{out.name}: wanted is a folder, or a file .yaml or .json")
    files = [
        _written(out / f"{section}.yaml", write_yaml(to_value(bundle, [section])))
        for section in SECTIONS
    ]
    examples = write_jsonl(map(_plain, bundle.examples))
    return [*files, _written(out / f"{EXAMPLES}.jsonl", examples)]


def _written(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NotFound(f"{path.name}: {error.strerror}") from None
    return path


def alike(one: Any, other: Any) -> bool:
    """Whether two documents say the same, whatever the order of their fields."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
