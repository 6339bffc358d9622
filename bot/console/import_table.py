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
from hashlib import blake2b
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
from bot.store.background import File

ROWS_SHOWN = 5
MOST_WAYS = 8  # kinds, mappings and sheets that what was found is kept of
_BRIEF = 200  # characters
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
    """The table of an upload with a kept mapping, else a guessed one. The file is read once for
    each way to look at it; what was found is kept with it.

    Raises NotFound (the upload is not kept any more), InvalidInput (no table, no such mapping).
    """
    name, file = _upload(account_id, look_id)
    document = _kept(account_id, mapping) if mapping else None
    way = _way([kind if document is None else document, sheet])
    known = background.found_of(look_id)
    if way not in known:
        known = dict(list(known.items())[-(MOST_WAYS - 1) :])
        known[way] = _read(name, file, kind, document, sheet, now)
        background.keep_found(look_id, known)
    found = known[way]
    if document is None:
        document = as_declared(found["guessed"], attribute_types.of_account(account_id))
    return Table(name, tuple(found["header"]), found["rows"], document)


def _way(asked: list[Any]) -> str:
    text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _read(
    name: str,
    file: File,
    kind: str,
    document: Mapping[str, Any] | None,
    sheet: str,
    now: datetime,
) -> dict[str, Any]:
    """What the file itself says, whatever was declared of attributes."""
    with _opened(name, file) as path:
        source = _source(path, document, sheet) if document else open_source(path, sheet=sheet)
        rows = [list(line.cells) for line in islice(source.rows(), ROWS_SHOWN)]
        guessed = None if document else guess_columns(source, kind, now)
        return {"header": list(source.header), "rows": rows, "guessed": guessed}


def _kept(account_id: int, name: str) -> dict[str, Any]:
    document = store.mapping(account_id, name)
    if document is None:
        raise InvalidInput(f"there is no mapping {name!r}", "mapping")
    return document


def _source(path: Path, document: Mapping[str, Any], sheet: str) -> Source:
    """Opened as the mapping says, where the file has that form, and by its looks where not."""
    form = format_of(document) | ({"sheet": sheet} if sheet else {})
    return open_source(path, **form)


def _upload(account_id: int, look_id: int) -> tuple[str, File]:
    """Its name and the file that is kept. Raises NotFound."""
    task = background.get(account_id, look_id)
    kept = kept_file(task)
    if kept is None:
        raise NotFound(f"there is no upload {look_id}")
    return str(task.asked["file"]), kept


@contextmanager
def _opened(name: str, file: File) -> Iterator[Path]:
    """The beginning of the file, in a folder that goes."""
    with tempfile.TemporaryDirectory(prefix="hongyan-") as folder:
        path = Path(folder) / Path(name).name
        pieces = background.content(file)
        first = next(pieces, b"")
        with path.open("wb") as out:
            if first.startswith(_WHOLE):
                out.write(first)
                out.writelines(pieces)
            else:
                out.write(_beginning(first, pieces))
        yield path


def _beginning(first: bytes, pieces: Iterator[bytes]) -> bytes:
    rest = list(islice(pieces, _BEGINNING - 1))
    text = first + b"".join(rest)
    cut = text.rfind(b"\n") + 1
    return text[:cut] if len(rest) == _BEGINNING - 1 and cut else text


# --- the columns as a form ---------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A column of the form. `kept`: what else the mapping says of it, (what, how) each in brief."""

    number: int
    header: str
    to: str
    name: str
    type: str
    unit: str
    separator: str
    examples: list[str]
    kept: list[tuple[str, str]]


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
    kept = [(key, _brief(key, value)) for key, value in rest.items()]
    to, name, kind, unit, separator = (str(said.get(key, "")) for key in _FIELDS)
    return Choice(number, header, to, name, kind, unit, separator, examples, kept)


def _brief(key: str, value: Any) -> str:
    if key == "values" and isinstance(value, dict):
        return "、".join(f"{cell} → {_told(one)}" for cell, one in value.items())[:_BRIEF]
    if isinstance(value, dict):
        return "、".join(f"{name} {_told(one)}" for name, one in value.items())[:_BRIEF]
    return _told(value)[:_BRIEF]


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
