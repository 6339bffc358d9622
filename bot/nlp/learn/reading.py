"""Labelled texts from files: CSV or JSONL, plain or .gz, and the trades' JSON documents."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import InvalidInput, NotFound

OUT_OF_SCOPE = "out_of_scope"
_CONTEXT = ("context", "previous_system_turn")


@dataclass(frozen=True, slots=True)
class Row:
    """One text. `context` is the turn before: "" says there was none, None that nobody knows."""

    text: str
    labels: tuple[str, ...] = ()
    context: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Table:
    """The rows of some files. `several` says that a text may have more than one label."""

    rows: tuple[Row, ...]
    several: bool

    def labels(self) -> tuple[str, ...]:
        return tuple(sorted({label for row in self.rows for label in row.labels}))


def read(paths: Sequence[str], labelled: bool = True) -> Table:
    """Every row of the files in order. Raises NotFound, InvalidInput with file and line."""
    rows: list[Row] = []
    several = False
    for path in paths:
        for number, record in enumerate(_records(path), start=1):
            try:
                rows.append(_row(record, labelled))
            except InvalidInput as error:
                raise InvalidInput(f"{path}, row {number}: {error}", error.field) from None
            several = several or "labels" in record
    if labelled and not rows:
        raise InvalidInput("no rows to learn from or to judge by")
    return Table(tuple(rows), several)


def parse(content: str) -> Table:
    """Texts without labels from a stream: CSV with a column `text`, JSONL, or a text a line."""
    first = content.lstrip("\ufeff").split("\n", 1)[0].strip()
    if first.startswith("{"):
        records = _lines(content, "input")
    elif "text" in next(csv.reader([first]), []):
        records = _csv(content.lstrip("\ufeff"), "input")
    else:
        records = ({"text": line.strip()} for line in content.splitlines() if line.strip())
    return Table(tuple(_row(record, labelled=False) for record in records), several=False)


def fingerprint(rows: Iterable[Row]) -> str:
    """sha256 of the sorted rows: the same data have it, in whatever order and form they came."""
    lines = sorted(
        json.dumps([row.text, sorted(row.labels), row.context], ensure_ascii=False) for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _row(record: Mapping[str, Any], labelled: bool) -> Row:
    text = record.get("text")
    if not isinstance(text, str):
        raise InvalidInput("a text is wanted in `text`", "text")
    given = record["labels"] if "labels" in record else record.get("label")
    labels = tuple(sorted(set(_labels(given))))
    if labelled and not labels:
        raise InvalidInput("a label is wanted in `label` or `labels`", "label")
    context = next((record[name] for name in _CONTEXT if record.get(name) is not None), None)
    if context is not None and not isinstance(context, str):
        raise InvalidInput("a context is a text", "context")
    name = record.get("id")
    return Row(text, labels, context, None if name is None else str(name))


def _labels(given: object) -> list[str]:
    if isinstance(given, list):
        return [str(label) for label in given if str(label).strip()]
    return [label.strip() for label in str(given or "").split("|") if label.strip()]


def _records(path: str) -> Iterator[Mapping[str, Any]]:
    name = path.removesuffix(".gz")
    content = _content(path)
    if name.endswith(".json"):
        return _trade(_json(content, path), path)
    if name.endswith(".jsonl"):
        return _lines(content, path)
    return _csv(content, path)


def _content(path: str) -> str:
    try:
        raw = Path(path).read_bytes()
        if path.endswith(".gz"):
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: is not UTF-8 text") from None
    except (EOFError, gzip.BadGzipFile):
        raise InvalidInput(f"{path}: is not a whole gzip file") from None
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from None


def _json(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{where}: not JSON") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"{where}: an object is wanted")
    return found


def _lines(content: str, path: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield _json(line, f"{path}, line {number}")


def _csv(content: str, path: str) -> Iterator[Mapping[str, Any]]:
    table = csv.DictReader(io.StringIO(content, newline=""))
    if "text" not in (table.fieldnames or ()):
        raise InvalidInput(f"{path}: no column `text`", "text")
    try:
        yield from table
    except csv.Error as error:
        raise InvalidInput(f"{path}: {error}") from None


def _trade(document: dict[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    """A trade's intents with their examples; `out_of_scope` has examples alone."""
    try:
        if "intents" not in document:
            for text in document["examples"]:
                yield {"text": text, "label": str(document["trade"])}
            return
        for intent in document["intents"]:
            for text in intent["examples"]:
                yield {"text": text, "label": str(intent["name"])}
    except (KeyError, TypeError):
        raise InvalidInput(f"{path}: a trade has intents with name and examples") from None
