"""A new import in three steps: a file, its columns, and off it goes in the background."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import abort, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from bot.background.importing import IMPORT, LOOK
from bot.console import import_table
from bot.console.follower_parts import tabs
from bot.console.gate import account, asker, page
from bot.console.import_table import Table
from bot.console.pages.imports import LARGEST, list_page
from bot.console.refusals import told
from bot.console.rights import Right
from bot.console.shell import render, words
from bot.console.work import begin
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.imports.mapping import KINDS, TYPES, parse
from bot.store import attribute_types, audit
from bot.store import imports as store
from bot.store.db import transaction

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".jsonl", ".gz")
_FORM = 1 << 16  # what a form has beside its file
LONGEST_NAME = 64


@page("/a/<slug>/followers/imports/upload", Right.EDIT, ("POST",), upload=LARGEST + _FORM)
def import_upload(slug: str) -> Response:
    """Take the file; what is no table is refused at once."""
    who, given = asker(), request.files.get("file") or FileStorage()
    kind, mapping = _kind(request.form.get("kind", "")), request.form.get("mapping", "")
    with closing(given):
        try:
            name = _checked(given)
        except InvalidInput as error:
            return list_page(422, str(error))
        asked, upload = {"file": name, "kind": kind}, (name, cast(BinaryIO, given.stream))
        look = begin(LOOK, asked, upload)
    audit.record(who.actor, "import_upload", who.now, detail={"look": look})
    where = url_for(
        "console.import_columns", slug=slug, look_id=look, kind=kind, mapping=mapping or None
    )
    return redirect(where, 303)


@page("/a/<slug>/followers/imports/new/<int:look_id>", Right.EDIT)
def import_columns(slug: str, look_id: int) -> Response:
    """The first rows, and what each column is taken for."""
    kind, mapping = _kind(request.args.get("kind", "")), request.args.get("mapping", "")
    try:
        table = _table(look_id, kind, mapping, request.args.get("sheet", ""))
    except NotFound:
        abort(404)
    except HongyanError as error:
        return list_page(422, told(error))
    return _form(look_id, table, table.document)


@page("/a/<slug>/followers/imports/new/<int:look_id>/start", Right.EDIT, ("POST",))
def import_start(slug: str, look_id: int) -> Response:
    """Import, or only reckon what would come of it, in the background; keep the mapping."""
    who, form = asker(), request.form
    kind = _kind(form.get("kind", ""))
    try:
        table = _table(look_id, kind, form.get("mapping", ""), form.get("sheet", ""))
    except NotFound:
        abort(404)
    except HongyanError as error:
        return list_page(422, told(error))
    document = import_table.changed(table.document, table.header, form)
    try:
        _check(document)
        _keep(form.get("save", "").strip(), document)
    except HongyanError as error:
        return _form(look_id, table, document, 422, told(error))
    dry = form.get("act") == "try"
    asked = {"look": look_id, "file": table.file, "mapping": document, "dry": dry}
    task = begin(IMPORT, asked)
    if not dry:
        detail = {"file": table.file, "kind": document["kind"]}
        audit.record(who.actor, "import_start", who.now, detail=detail)
    return redirect(url_for("console.work_one", slug=slug, task_id=task), 303)


def _checked(file: FileStorage) -> str:
    """The file's name, short and printable. Raises InvalidInput, in words."""
    say, name = words(), Path((file.filename or "").replace("\\", "/")).name
    if not name:
        raise InvalidInput(say("con.imports.no_file"), "file")
    if not name.lower().endswith(SUFFIXES):
        raise InvalidInput(say("con.imports.bad_suffix", known="、".join(SUFFIXES)), "file")
    size = file.stream.seek(0, 2)
    file.stream.seek(0)
    if not size:
        raise InvalidInput(say("con.imports.empty"), "file")
    if size > LARGEST:
        raise InvalidInput(say("con.imports.too_large", most=LARGEST >> 20), "file")
    plain = "".join(letter for letter in name if letter.isprintable())
    return plain[-80:]


def _kind(text: str) -> str:
    return text if text in KINDS else KINDS[0]


def _table(look_id: int, kind: str, mapping: str, sheet: str) -> Table:
    now = asker().now
    return import_table.look(account().id, look_id, kind, mapping[:LONGEST_NAME], sheet[:64], now)


def _check(document: dict[str, Any]) -> None:
    """As the import itself will. Raises InvalidInput."""
    for column in parse(document).columns:
        if column.to == "attribute":
            kept = [kept for _, kept in column.values]
            attribute_types.check_column(account().id, column.name, column.type, kept)


def _keep(name: str, document: dict[str, Any]) -> None:
    if not name:
        return
    if len(name) > LONGEST_NAME or name.endswith((".yaml", ".yml", ".json")):
        raise InvalidInput(words()("con.imports.bad_name", most=LONGEST_NAME), "save")
    who = asker()
    with transaction():
        store.keep_mapping(account().id, name, document, who.now)
        audit.record(who.actor, "import_mapping", who.now, detail={"mapping": name})


def _form(
    look_id: int, table: Table, document: dict[str, Any], status: int = 200, error: str = ""
) -> Response:
    kind, asked = str(document.get("kind", KINDS[0])), request.values
    return render(
        "import_columns.html",
        status,
        look=look_id,
        table=table,
        columns=import_table.choices(table, document),
        kinds=KINDS,
        kind=kind,
        targets=import_table.targets(kind),
        types=TYPES,
        mappings=[name for name, _, _ in store.mappings(account().id)],
        mapping=asked.get("mapping", ""),
        sheet=asked.get("sheet", ""),
        event=str(document.get("event", "")),
        document=json.dumps(document, ensure_ascii=False, indent=2),
        save=request.form.get("save", ""),
        tabs=tabs("imports_page"),
        slug=account().slug,
        error=error,
    )
