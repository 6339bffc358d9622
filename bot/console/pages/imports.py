"""导入: files brought in before, one of them with its report, rejected rows, templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import abort, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from bot.background.importing import IMPORT
from bot.console import sheets
from bot.console.follower_parts import tabs
from bot.console.gate import account, asker, page
from bot.console.gate import views as console
from bot.console.rights import Right
from bot.console.sheets import Sheet
from bot.console.shell import render, shown_at, words, zone_of
from bot.errors import NotFound
from bot.imports.mapping import KINDS
from bot.imports.rejects import KEPT_DAYS, kept
from bot.imports.rejects import table as table_of
from bot.store import audit, import_rejects
from bot.store import background as tasks
from bot.store import imports as store
from bot.store.imports import RunState

LARGEST = 200 << 20  # bytes of a file that is uploaded
SHOWN = 50
# What a table of each kind may look like: the columns that are known by their names, and a row.
TEMPLATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "followers": (
        ("openid", "手机号", "城市", "生日", "标签", "兴趣"),
        ("oABCDEFGHIJKLMNOPQRSTUVWXYZ1", "13800138000", "上海", "1990-05-01", "老客|会员日",
         "咖啡"),
    ),
    "orders": (
        ("openid", "订单号", "金额", "下单时间", "状态", "商品"),
        ("oABCDEFGHIJKLMNOPQRSTUVWXYZ1", "202611210001", "38.50", "2026-11-21 12:00", "已完成",
         "拿铁"),
    ),
    "events": (
        ("openid", "时间", "事件", "主题"),
        ("oABCDEFGHIJKLMNOPQRSTUVWXYZ1", "2026-11-21 12:00", "page.view", "咖啡"),
    ),
}  # fmt: skip


@page("/a/<slug>/followers/imports", Right.LOOK)
def imports_page(slug: str) -> Response:
    """What was imported, the newest first; the form that uploads; what one may fill in."""
    return list_page()


def list_page(status: int = 200, error: str = "") -> Response:
    """The list, with what was wrong with an upload."""
    of, may = account(), asker().may(Right.EDIT)
    last = tasks.last(of.id, IMPORT)
    return render(
        "imports.html",
        status,
        rows=[_row(one) for one in store.runs(of.id, SHOWN)],
        mappings=[(name, str(document.get("kind", ""))) for name, document, _ in
                  store.mappings(of.id)] if may else [],
        kinds=KINDS,
        tabs=tabs("imports_page"),
        slug=of.slug,
        may_edit=may,
        most=LARGEST >> 20,
        going=last.id if may and last is not None and not last.is_over else 0,
        error=error,
    )  # fmt: skip


@page("/a/<slug>/followers/imports/<int:run_id>", Right.LOOK)
def import_page(slug: str, run_id: int) -> Response:
    """One import: what came of its rows, column by column, and the rejected ones as a file."""
    one = _found(run_id)
    return render(
        "import.html",
        one=_row(one),
        report=one.report,
        columns=_columns(one.mapping),
        rejects=import_rejects.count(one.id),
        days=KEPT_DAYS,
        may_export=asker().may(Right.EXPORT),
        slug=slug,
    )


@page("/a/<slug>/followers/imports/<int:run_id>/rejects", Right.EXPORT, ("POST",))
def import_rejected(slug: str, run_id: int) -> Response:
    """The rejected rows as they stood, each with why: to be put right and imported again."""
    one, who = _found(run_id), asker()
    count = import_rejects.count(one.id)
    if not count:
        abort(404)
    detail = {"import": one.id, "rows": count}
    audit.record(who.actor, "rejects_opened", who.now, detail=detail)
    rows = table_of(import_rejects.header(one.id), kept(one.id))
    return sheets.download(Sheet([str(cell) for cell in next(rows)], rows), f"rejects-{one.id}")


@page("/a/<slug>/followers/imports/template/<kind>", Right.LOOK)
def import_template(slug: str, kind: str) -> Response:
    """A table to be filled in, with a row that shows how."""
    if kind not in TEMPLATES:
        abort(404)
    heads, example = TEMPLATES[kind]
    return sheets.download(Sheet(heads, [example]), f"template-{kind}")


@console.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> Response:
    """A form that is larger than its page takes; nothing of it was read."""
    if request.endpoint == "console.import_upload":
        return list_page(413, words()("con.imports.too_large", most=LARGEST >> 20))
    return render("refused.html", 413, code=413, message=words()("con.too_large"))


def _found(run_id: int) -> RunState:
    try:
        return store.get(account().id, run_id)
    except NotFound:
        abort(404)


def _row(one: RunState) -> dict[str, Any]:
    say, zone = words(), zone_of(account())
    report = one.report or {}
    counts = {name: f"{report[name]:,}" if name in report else "–"
              for name in ("taken", "unchanged", "rejected", "duplicates")}  # fmt: skip
    return {
        "id": one.id,
        "kind": say(f"con.imports.kind.{one.kind}"),
        "file": one.file,
        "state": say(f"con.imports.state.{one.state}"),
        "colour": "green" if one.state == "done" else "blue",
        "read": f"{report.get('read', one.position):,}",
        **counts,
        "from": shown_at(one.started_at, zone),
        "to": shown_at(one.ended_at, zone),
    }


def _columns(mapping: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(column, what it was taken for)."""
    say = words()
    for header, spec in mapping.get("columns", {}).items():
        said = spec if isinstance(spec, dict) else {"to": spec}
        name = f" {said['name']}" if said.get("name") else ""
        yield header, say(f"con.imports.to.{said['to']}") + name
