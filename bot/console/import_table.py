"""A table that was uploaded, before it is imported: its first rows, its columns as a form.

Only the beginning of a text file is opened for that, so that a page costs the same of any length.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bot.background.importing import kept_file
from bot.errors import InvalidInput, NotFound
from bot.imports.guessing import as_declared, guess_columns
from bot.imports.mapping import NAMED, TARGETS, format_of
from bot.imports.sources import Source, open_source
from bot.store import attribute_types, background
from bot.store import imports as store

ROWS_SHOWN = 5
_BEGINNING = 4  # pieces of a file, 256 KB each
_WHOLE = (b"PK\x03\x04", b"\x1f\x8b")  # workbooks and packed files have no beginning
_FIELDS = ("to", "name", "type", "unit", "separator")
# What the form says of a column beside what it is taken for.
_SAID: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(NAMED, ("name", "type")),
    **dict.fromkeys(("amount", "refund"), ("unit",)),
    **dict.fromkeys(("topic", "item"), ("separator",)),
    "tag": ("name", "separator"),
}


@dataclass(frozen=True)
class Table:
    """`rows`: the first, as they stand; `document`: the mapping that is proposed."""

    file: str
    header: tuple[str, ...]
    rows: list[list[str]]
    document: dict[str, Any]


def look(
    account_id: int, look_id: int, kind: str, mapping: str, sheet: str, now: datetime
) -> Table:
    """The table of an upload with a kept mapping, else a guessed one.

    Raises NotFound (the upload is not kept any more), InvalidInput (no table, no such mapping).
    """
    with _opened(account_id, look_id) as (name, path):
        if mapping:
            document = _kept(account_id, mapping)
            source = _source(path, document, sheet)
        else:
            source = open_source(path, sheet=sheet)
            guessed = guess_columns(source, kind, now)
            document = as_declared(guessed, attribute_types.of_account(account_id))
        rows = [list(line.cells) for line in islice(source.rows(), ROWS_SHOWN)]
        return Table(name, source.header, rows, document)


def _kept(account_id: int, name: str) -> dict[str, Any]:
    document = store.mapping(account_id, name)
    if document is None:
        raise InvalidInput(f"there is no mapping {name!r}", "mapping")
    return document


def _source(path: Path, document: Mapping[str, Any], sheet: str) -> Source:
    """Opened as the mapping says, where the file has that form, and by its looks where not."""
    form = format_of(document) | ({"sheet": sheet} if sheet else {})
    return open_source(path, **form)


@contextmanager
def _opened(account_id: int, look_id: int) -> Iterator[tuple[str, Path]]:
    """The name and the beginning of the file, in a folder that goes."""
    task = background.get(account_id, look_id)
    kept = kept_file(task)
    if kept is None:
        raise NotFound(f"there is no upload {look_id}")
    name = str(task.asked["file"])
    with tempfile.TemporaryDirectory(prefix="hongyan-") as folder:
        path = Path(folder) / Path(name).name
        pieces = background.content(kept)
        first = next(pieces, b"")
        with path.open("wb") as out:
            if first.startswith(_WHOLE):
                out.write(first)
                out.writelines(pieces)
            else:
                out.write(_beginning(first, pieces))
        yield name, path


def _beginning(first: bytes, pieces: Iterator[bytes]) -> bytes:
    rest = list(islice(pieces, _BEGINNING - 1))
    text = first + b"".join(rest)
    cut = text.rfind(b"\n") + 1
    return text[:cut] if len(rest) == _BEGINNING - 1 and cut else text


# --- the columns as a form ---------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A column of the form. `kept`: what else the mapping says of it, in brief."""

    number: int
    header: str
    to: str
    name: str
    type: str
    unit: str
    separator: str
    examples: list[str]
    kept: str


def choices(table: Table, document: Mapping[str, Any]) -> list[Choice]:
    """Each column of the file with what it is taken for."""
    columns = document.get("columns", {})
    return [
        _choice(number, header, columns.get(header, "ignore"), _examples(table.rows, number))
        for number, header in enumerate(table.header)
    ]


def _choice(number: int, header: str, spec: Any, examples: list[str]) -> Choice:
    said = spec if isinstance(spec, dict) else {"to": spec}
    rest = {key: value for key, value in said.items() if key not in _FIELDS}
    kept = json.dumps(rest, ensure_ascii=False) if rest else ""
    to, name, kind, unit, separator = (str(said.get(key, "")) for key in _FIELDS)
    return Choice(number, header, to, name, kind, unit, separator, examples, kept[:200])


def _examples(rows: Sequence[Sequence[str]], number: int) -> list[str]:
    cells = (row[number] for row in rows if number < len(row))
    return list(dict.fromkeys(cell[:60] for cell in cells if cell.strip()))[:3]


def targets(kind: str) -> tuple[str, ...]:
    return TARGETS[kind]


def changed(
    document: Mapping[str, Any], header: Sequence[str], form: Mapping[str, str]
) -> dict[str, Any]:
    """The mapping with what the form says of each column; the rest of a column's policies stays
    where it is still the same thing."""
    columns = document.get("columns", {})
    made = {
        name: _changed(columns.get(name, "ignore"), number, form)
        for number, name in enumerate(header)
    }
    found = {**document, "columns": made}
    if event := form.get("event", "").strip():
        found["event"] = event
    elif "event" in found:
        del found["event"]
    return found


def _changed(spec: Any, number: int, form: Mapping[str, str]) -> Any:
    """A column as the form has it. What the form does not say stays as it is."""
    before = dict(spec) if isinstance(spec, dict) else {"to": spec}
    to = form.get(f"to-{number}", before.get("to", "ignore"))
    given = {
        key: form.get(f"{key}-{number}", str(before.get(key, ""))).strip()
        for key in ("name", "type", "unit", "separator")
    }
    retyped = to in NAMED and given["type"] not in ("", before.get("type", "text"))
    made = {"to": to} if to != before.get("to") or retyped else before
    for key in _SAID.get(to, ()):
        made.pop(key, None)
        if given[key]:
            made[key] = given[key]
    return made["to"] if len(made) == 1 else made
