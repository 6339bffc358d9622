"""备份与升级: the database, its copies and its migrations. A copy is put back by command only."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask import redirect, send_file, url_for
from werkzeug.wrappers import Response

from bot.background.backup import BACKUP, CHECK
from bot.console.gate import Asker, asker, page
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.console.work import begin
from bot.store import accounts, audit, care_figures, copies
from bot.store.db import dialect
from bot.web.services import services

_UNITS = ("B", "KB", "MB", "GB", "TB")
_COMMANDS = {
    "sqlite": "hongyan db backup FILE",
    "postgres": "pg_dump --format=custom --file=hongyan.dump DATABASE",
    "mysql": "mysqldump --single-transaction --quick --result-file=hongyan.sql DATABASE",
}
_BACK = {
    "sqlite": "hongyan db restore FILE",
    "postgres": "pg_restore --clean --if-exists --dbname=DATABASE hongyan.dump",
    "mysql": "mysql DATABASE < hongyan.sql",
}


@page("/care", Right.SETTINGS)
def care() -> Response:
    """How the database stands."""
    return _page()


@page("/care/backup", Right.SETTINGS, ("POST",))
def start_backup() -> Response:
    """A copy in the background, in the folder beside the store."""
    return _started(BACKUP, "care_backup")


@page("/care/check", Right.SETTINGS, ("POST",))
def start_check() -> Response:
    """Look the store through, in the background."""
    return _started(CHECK, "care_check")


@page("/care/copies/<name>", Right.SETTINGS)
def take_copy(name: str) -> Response:
    """One copy as a file, in pieces; who took it is in the log."""
    file, who = copies.file_of(services().settings, name), asker()
    audit.record(who.actor, "care_copy_taken", who.now, detail={"file": name})
    answer = send_file(file.absolute(), "application/octet-stream", as_attachment=True)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _started(kind: str, act: str) -> Response:
    who = asker()
    slug = _desk_of(who)
    if dialect() != "sqlite" or not slug:
        return _page(409, words()("con.care.server" if slug else "con.care.no_account"))
    task = begin(kind, {}, of=accounts.by_slug(slug))
    audit.record(who.actor, act, who.now, detail={})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def _desk_of(who: Asker) -> str:
    """Where tasks of the whole house are listed: under the first account; "" for none."""
    mine = (slug for id_, slug in accounts.slugs().items() if who.person.role_on(id_))
    return next(mine, "")


def _page(status: int = 200, error: str = "") -> Response:
    settings, zone, engine = services().settings, zone_of(None), dialect()
    found = care_figures.migrated()
    return render(
        "care.html",
        status,
        engine=words()(f"con.care.engine.{engine}"),
        own=engine == "sqlite",
        version=version("hongyan"),
        size=size_said(care_figures.size_bytes()),
        migrated=found,
        current=not found.pending and not found.unknown,
        folder=str(copies.folder_of(settings)) if engine == "sqlite" else "",
        copies=[_copy(one, zone) for one in copies.copies(settings)],
        command=_COMMANDS[engine],
        back=_BACK[engine],
        error=error,
    )


def _copy(one: copies.Copy, zone: Any) -> dict[str, Any]:
    return {
        "whole": one.sort == "asked",
        "name": one.name,
        "size": size_said(one.size),
        "at": shown_at(one.made_at, zone),
        "sort": words()(f"con.care.sort.{one.sort}"),
    }


def size_said(size: float) -> str:
    """1,536 bytes are 1.5 KB."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:,.0f} B" if unit == 0 else f"{size:,.1f} {_UNITS[unit]}"
