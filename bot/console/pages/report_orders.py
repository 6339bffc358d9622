"""报表订阅: which report goes to whom by mail, every day or week, and how the last one went."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import report_mail as use
from bot.console.gate import account, asker, page
from bot.console.pages.reports import tabs
from bot.console.report_kinds import KINDS
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.errors import InvalidInput, NotFound
from bot.store import audit
from bot.store import report_orders as store
from bot.store.report_orders import SENDING, Mail, Order
from bot.web.services import services

_USUAL_HOUR = 9
_COLOURS = {"sent": "green", "waiting": "yellow", "sending": "yellow"}


@page("/a/<slug>/reports/orders", Right.EXPORT)
def report_orders(slug: str) -> Response:
    """Every order of the account."""
    return _list()


@page("/a/<slug>/reports/orders/new", Right.EXPORT, ("POST",))
def report_order_new(slug: str) -> Response:
    """A new order; the next mail goes when its hour comes."""
    of, who = account(), asker()
    try:
        report, every, hour = _asked()
        mailboxes = use.addresses(request.form.get("mailboxes", ""))
        if len(store.of_account(of.id)) >= use.MOST_ORDERS:
            raise InvalidInput(words()("con.order.too_many", most=use.MOST_ORDERS), "report")
    except InvalidInput as error:
        return _list(422, str(error), request.form.to_dict())
    order_id = store.add(
        of.id, who.person.id, report, every, hour, mailboxes, language(), who.now
    )  # fmt: skip
    _note("report_order", order_id, report=report, every=every, hour=hour,
          mailboxes=len(mailboxes))  # fmt: skip
    return _back()


@page("/a/<slug>/reports/orders/<int:order_id>/act", Right.EXPORT, ("POST",))
def report_order_act(slug: str, order_id: int) -> Response:
    """Stop it, let it go on, or take it away."""
    one, act = _found(order_id), request.form.get("act", "")
    if act == "stop":
        store.stop(one.id, asker().now)
    elif act == "go_on":
        store.stop(one.id, None)
    elif act == "remove":
        store.remove(one.id)
    else:
        return _list(422, words()("con.order.no_act"))
    _note(f"report_{act}", one.id, report=one.report)
    return _back()


def _asked() -> tuple[str, str, int]:
    """(report, day or week, hour). Raises InvalidInput."""
    form, say = request.form, words()
    report, every, hour = form.get("report", ""), form.get("every", ""), form.get("hour", "")
    if report not in KINDS:
        raise InvalidInput(say("con.order.no_report"), "report")
    if every not in use.EVERY:
        raise InvalidInput(say("con.order.no_every"), "every")
    if hour not in {str(one) for one in use.HOURS}:
        raise InvalidInput(say("con.order.no_hour"), "hour")
    return report, every, int(hour)


def _found(order_id: int) -> Order:
    try:
        return store.get(account().id, order_id if order_id < 2**31 else 0)
    except NotFound:
        abort(404)


def _note(action: str, order_id: int, **more: object) -> None:
    audit.record(asker().actor, action, asker().now, detail={"order": order_id, **more})


def _back() -> Response:
    return redirect(url_for("console.report_orders", slug=account().slug), 303)


def _list(status: int = 200, error: str = "", given: dict[str, str] | None = None) -> Response:
    say, of = words(), account()
    return render(
        "report_orders.html",
        status,
        kind="orders",
        tabs=tabs(),
        slug=of.slug,
        rows=[_row(one, say) for one in store.of_account(of.id)],
        reports=[(kind, say(f"con.report.{kind}")) for kind in KINDS],
        hours=use.HOURS,
        every=use.EVERY,
        given={"hour": str(_USUAL_HOUR), **(given or {})},
        ready=bool(services().settings.smtp_url),
        most=use.MOST_MAILBOXES,
        error=error,
    )


def _row(one: Order, say: Words) -> dict[str, Any]:
    mail = store.last(one.id)
    state = mail.state if mail else ""
    return {
        "id": one.id,
        "report": say(f"con.report.{one.report}"),
        "every": say(f"con.order.every.{one.every}", hour=f"{one.hour:02}:00"),
        "mailboxes": one.mailboxes,
        "stopped": one.stopped_at is not None,
        "colour": _COLOURS.get(state, "red") if state else "secondary",
        "last": _last(mail, say),
    }


def _last(mail: Mail | None, say: Words) -> str:
    """How the last mail went, in a sentence."""
    if mail is None:
        return say("con.order.last.none")
    zone = zone_of(account())
    # Left under way by a process that ended: it may have gone.
    state = "unknown" if mail.state == SENDING else mail.state
    why = say(f"con.order.why.{mail.why}") if mail.why else ""
    return say(f"con.order.last.{state}", period=mail.period, at=shown_at(mail.at, zone), why=why,
               due=shown_at(mail.due_at, zone))  # fmt: skip
