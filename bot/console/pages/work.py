"""后台任务: what goes on without the one who asked for it; its progress, result and file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from flask import abort, current_app, redirect, url_for
from werkzeug.wrappers import Response

from bot.background import FORGOTTEN_AFTER
from bot.console.gate import account, asker, page
from bot.console.pages.intents import named_intents
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.console.work import WORKS, may_see
from bot.errors import NotFound
from bot.store import audit, background, operators
from bot.store.background import Task

_COLOURS = {"waiting": "azure", "running": "blue", "done": "green", "failed": "red",
            "stopped": "secondary"}  # fmt: skip
_SLOW = timedelta(seconds=30)  # nobody takes it: the scheduler does not run


@dataclass(frozen=True)
class Row:
    """One task, in finished words."""

    id: int
    kind: str
    title: str
    state: str
    colour: str
    who: str
    asked: str
    ended: str
    many: str
    share: int | None  # per cent; None: nobody knows
    error: str
    file: str
    goes_on: bool
    idle: bool


@page("/a/<slug>/work", Right.LOOK)
def work_list(slug: str) -> Response:
    """The latest tasks of those kinds that one may see."""
    kinds = [kind for kind in WORKS if may_see(asker(), kind)]
    rows = [_row(one) for one in background.latest(account().id, kinds)]
    return render("works.html", rows=rows, days=FORGOTTEN_AFTER.days)


@page("/a/<slug>/work/<int:task_id>", Right.LOOK)
def work_one(slug: str, task_id: int) -> Response:
    """One task: how far it is, and what came of it."""
    return _page("work.html", _found(task_id))


@page("/a/<slug>/work/<int:task_id>/live", Right.LOOK)
def work_live(slug: str, task_id: int) -> Response:
    """The same without the frame, for the page that looks again by itself."""
    task = _found(task_id)
    answer = _page("work_live.html", task)
    if task.is_over:  # its page asks while it goes on: what stands around this part ends as well
        answer.headers["HX-Refresh"] = "true"
    return answer


@page("/a/<slug>/work/<int:task_id>/stop", Right.LOOK, methods=("POST",))
def work_stop(slug: str, task_id: int) -> Response:
    """It is wanted no more."""
    task, who = _found(task_id), asker()
    if background.stop(task.account_id, task.id, who.now):
        told = {"task": task.id, "kind": task.kind}
        audit.record(who.actor, "work_stopped", who.now, detail=told)
    return redirect(url_for("console.work_one", slug=slug, task_id=task_id))


@page("/a/<slug>/work/<int:task_id>/file", Right.LOOK)
def work_file(slug: str, task_id: int) -> Response:
    """The file that a task made, streamed."""
    task, who = _found(task_id), asker()
    file = background.file_of(task.id, "result")
    if file is None:
        abort(404)
    told = {"task": task.id, "kind": task.kind}
    audit.record(who.actor, "work_file_taken", who.now, detail=told)
    answer = Response(background.content(file), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    answer.headers["Content-Length"] = str(file.size)
    return answer


def _found(task_id: int) -> Task:
    try:
        task = background.get(account().id, task_id)
    except NotFound:
        abort(404)
    if not may_see(asker(), task.kind):
        abort(404)
    return task


def _page(template: str, task: Task) -> Response:
    part = f"console/work_{task.kind}.html"
    known = part if part in current_app.jinja_env.list_templates() else ""
    intents = named_intents() if task.kind == "train" else {}
    return render(
        template, task=task, row=_row(task), result=task.result, part=known, intents=intents
    )


def _row(task: Task) -> Row:
    say, zone = words(), zone_of(account())
    file = background.file_of(task.id, "result")
    person = operators.get(task.operator_id)
    return Row(
        task.id, task.kind, say(WORKS[task.kind].title), say(f"con.work.state.{task.state}"),
        _COLOURS[task.state], person.title if person else "", shown_at(task.asked_at, zone),
        shown_at(task.ended_at, zone), _many(task), _share(task), task.error,
        file.name if file and task.state == "done" else "", not task.is_over, _is_idle(task),
    )  # fmt: skip


def _many(task: Task) -> str:
    if not task.total:
        return f"{task.done:,}" if task.done else ""
    return f"{task.done:,} / {task.total:,}"


def _share(task: Task) -> int | None:
    if task.is_over:
        return 100 if task.state == "done" else 0
    return min(99, 100 * task.done // task.total) if task.total else None


def _is_idle(task: Task) -> bool:
    """Nobody began it: whoever waits should know why."""
    return task.state == "waiting" and asker().now - task.asked_at > _SLOW
