"""报表订阅: a report of the console by mail every day or week, its tables attached as CSV files.

A mail is written down before it is sent, for each order and period once, and is sent at most once.
What the server did not take for now is tried again for three days. Only sums are in it. An order
ends with the right of who asked for it.
"""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.console.report_keys import keys
from bot.console.report_kinds import KINDS
from bot.console.reports import Span
from bot.console.rights import Right, may
from bot.console.sections import Section
from bot.console.sheets import encoded
from bot.console.shell import Words
from bot.effect.days import DAY
from bot.effect.digest import days_of, week_of
from bot.effect.mail import TRIED, Mailbox, ended_by
from bot.errors import InvalidInput
from bot.i18n import t
from bot.services import Services
from bot.store import accounts, operators, report_orders
from bot.store.report_orders import (
    DAILY,
    FAILED,
    SENT,
    UNKNOWN,
    WAITING,
    WEEKLY,
    Mail,
    Order,
)

logger = logging.getLogger(__name__)
EVERY = (DAILY, WEEKLY)
HOURS = range(2, 24)  # a day's figures are counted by then
MOST_MAILBOXES, MOST_ORDERS = 5, 20
RETRY = timedelta(minutes=10)  # doubled with each try
MOST_TRIES = 16  # in three days
_LONGEST_RETRY = timedelta(hours=6)
_SPAN_DAYS = {"retention": 37}  # so that a month's stay is in it
_LETTERS = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_LETTERS}(?:\.{_LETTERS})*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{{2,63}}")


def addresses(text: str) -> tuple[str, ...]:
    """Addresses apart by commas, semicolons or space. Raises InvalidInput."""
    found = tuple(dict.fromkeys(re.split(r"[\s,;，；、]+", text.strip())))
    if found == ("",):
        raise InvalidInput("at least one mail address is needed", "mailboxes")
    if len(found) > MOST_MAILBOXES:
        raise InvalidInput(f"at most {MOST_MAILBOXES} addresses", "mailboxes")
    for one in found:
        if len(one) > 190 or not _ADDRESS.fullmatch(one):
            raise InvalidInput(f"{one[:60]} is no mail address", "mailboxes")
    return found


def send_due(services: Services, now: datetime) -> int:
    """Plan the mails whose hour has come, and send what waits; how many went."""
    if not services.settings.smtp_url:
        return 0
    for order in report_orders.running():
        _plan(order, now)
    return sum(_send(services, one, now) for one in report_orders.due(now))


def _plan(order: Order, now: datetime) -> None:
    zone = ZoneInfo(accounts.by_id(order.account_id).timezone)
    period, due_at = latest_period(order.every, order.hour, zone, now)
    if order.made_at <= due_at and now - due_at < TRIED:
        report_orders.plan(order.id, period, due_at, now)


def latest_period(every: str, hour: int, zone: ZoneInfo, now: datetime) -> tuple[str, datetime]:
    """The last period whose mail is due by now, and since when: yesterday, or the week before."""
    today = now.astimezone(zone).date()
    due = _at(today, hour, zone)
    day = today if due <= now else today - DAY
    if every == DAILY:
        return (day - DAY).isoformat(), _at(day, hour, zone)
    monday = day - timedelta(days=day.weekday())
    return week_of(monday - DAY), _at(monday, hour, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone)


def span_of(order: Order, period: str, now: datetime) -> Span:
    """The days that a mail tells of: those of the week, or the seven up to the day."""
    of = accounts.by_id(order.account_id)
    first, last = (
        days_of(period)
        if order.every == WEEKLY
        else (date.fromisoformat(period) - 6 * DAY, date.fromisoformat(period))
    )
    first = min(first, last - (_SPAN_DAYS.get(order.report, 7) - 1) * DAY)
    return Span(of, first, last, now, waits=True)


def _send(services: Services, mail: Mail, now: datetime) -> bool:
    order = next((one for one in report_orders.running() if one.id == mail.order_id), None)
    if order is None:
        return False
    # Written first: what cannot be written was not taken, and comes again with the next turn.
    subject, text, files = written(services, order, mail.period, now)
    if not report_orders.take(mail.id, now):
        return False
    if not _may_still(order):
        report_orders.settle(mail.id, FAILED, "author", mail.due_at, now)
        report_orders.stop(order.id, now)
        return False
    state, why, due_at = SENT, "", mail.due_at
    try:
        Mailbox(services.settings.smtp_url, order.mailboxes).send(subject, text, files)
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("report=%d mail=refused error=%s", order.id, type(error).__name__)
        state, why, due_at = _refused(ended_by(error), mail, now)
    report_orders.settle(mail.id, state, why, due_at, now)
    return state == SENT


def _refused(ended: str, mail: Mail, now: datetime) -> tuple[str, str, datetime]:
    """(state, why, when it is tried again)."""
    if ended:
        return ended, "broken" if ended == UNKNOWN else "refused", mail.due_at
    if mail.tries + 1 >= MOST_TRIES:
        return FAILED, "gave_up", mail.due_at
    return WAITING, "later", now + min(RETRY * 2**mail.tries, _LONGEST_RETRY)


def _may_still(order: Order) -> bool:
    """Who asked for it is there, and may still take figures away."""
    person = operators.get(order.operator_id)
    if person is None or person.disabled_at is not None:
        return False
    return may(person.role_on(order.account_id), Right.EXPORT)


def written(
    services: Services, order: Order, period: str, now: datetime
) -> tuple[str, str, list[tuple[str, bytes]]]:
    """(subject, text, files) of a mail."""
    say: Words = partial(_said, order.language)
    span = span_of(order, period, now)
    sections = KINDS[order.report](span, say, {})
    named = {"report": say(f"con.report.{order.report}"), "account": span.of.slug, "period": period}
    subject = say(f"con.order.subject.{order.every}", **named)
    files = [
        (f"{span.of.slug}-{order.report}{one.name and '-' + one.name}-{period}.csv",
         encoded(one.sheet))
        for one in sections
    ]  # fmt: skip
    return subject, "\n".join(_lines(services, order, span, sections, files, say)), files


def _lines(
    services: Services,
    order: Order,
    span: Span,
    sections: Sequence[Section],
    files: Sequence[tuple[str, bytes]],
    say: Words,
) -> list[str]:
    page = f"{services.settings.public}/console/a/{span.of.slug}/reports/{order.report}"
    return [
        say("con.order.span", first=span.first, last=span.last),
        *(f"{key.title}：{key.value}（{say('con.report.was', value=key.before)}，{key.change}）"
          for key in keys(order.report, span, say)),
        "",
        *(say("con.order.file", title=one.title, name=name)
          for one, (name, _) in zip(sections, files, strict=True)),
        "",
        say("con.order.page", page=f"{page}?since={span.first}&until={span.last}"),
        say("con.order.why"),
    ]  # fmt: skip


def _said(lang: str, key: str, /, **values: object) -> str:
    return t(key, lang, **values)
