"""Whether what is offered is there: validity, stock, prices, dates, and nobody's personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.content.draft import Draft
from bot.content.findings import Hit, Severity, rule
from bot.values.personal import what_is

_PERSONAL = "《个人信息保护法》第十条、第五十一条"
_PRICE = "《价格法》第十三条；《明码标价和禁止价格欺诈规定》"
_WITHOUT_UNIT = re.compile(
    r"(?:原价|现价|售价|仅售|只要|仅需|只需|特价|到手价?|低至|优惠价|会员价|活动价|券后价?|秒杀价|直降|立减|价格)"
    r"\s*[:：]?\s*(?P<number>\d+(?:\.\d{1,2})?)(?=\s*(?:[，,。！!；;、~～)）】|]|起|$|\n))"
)
_END = re.compile(
    r"(?P<before>截[至止]|有效期?[至到]|活动[至到]|使用期限[至到]?|[至到~～—-])?\s*[:：]?\s*"
    r"(?:(?P<year>20\d\d)\s*[年./-]\s*)?(?P<month>\d{1,2})\s*[月./-]\s*(?P<day>\d{1,2})\s*(?P<sign>[日号])?"
    r"(?P<after>\s*(?:\d{1,2}[:：]\d\d)?\s*(?:之?前|止|截止|结束|为止))?"
)
# Whatever could be a number, address or name of somebody; bot.values.personal tells what it is.
_CANDIDATE = re.compile(
    r"[\w.+-]+@[\w.-]+|(?<![\w/-])o[\w-]{27}(?![\w-])|(?<![\d.])\+?\d(?:[ -]?\d){9,18}[\dXx]?(?!\d)"
)


@rule("offer-expired", Severity.ERROR, "《广告法》第二十八条")
def _expired(draft: Draft) -> Iterator[Hit]:
    """It ends before the last message is sent."""
    offer, last = draft.offer, draft.ends_at or draft.sends_at
    if offer and offer.valid_until and last and offer.valid_until <= last:
        yield Hit("offer", values={"until": _day(offer.valid_until, draft)})


@rule("offer-not-open", Severity.WARNING, "《广告法》第二十八条")
def _not_open(draft: Draft) -> Iterator[Hit]:
    offer = draft.offer
    if offer and offer.valid_from and draft.sends_at and offer.valid_from > draft.sends_at:
        yield Hit("offer", values={"from": _day(offer.valid_from, draft)})


@rule("offer-ends-soon", Severity.HINT, "docs/explanation/content.md")
def _ends_soon(draft: Draft) -> Iterator[Hit]:
    offer, last = draft.offer, draft.ends_at or draft.sends_at
    if offer and offer.valid_until and last:
        left = offer.valid_until - last
        if timedelta() < left < timedelta(hours=24):
            yield Hit("offer", values={"until": _day(offer.valid_until, draft)})


@rule("offer-no-stock", Severity.ERROR, "《广告法》第二十八条")
def _no_stock(draft: Draft) -> Iterator[Hit]:
    if draft.offer and draft.offer.stock is not None and draft.offer.stock <= 0:
        yield Hit("offer")


@rule("offer-low-stock", Severity.WARNING, "《广告法》第二十八条")
def _low_stock(draft: Draft) -> Iterator[Hit]:
    offer, audience = draft.offer, draft.audience
    if offer and offer.stock and audience and offer.stock < audience:
        yield Hit("offer", values={"stock": f"{offer.stock:,}", "audience": f"{audience:,}"})


@rule("price-unit", Severity.WARNING, _PRICE)
def _price_unit(draft: Draft) -> Iterator[Hit]:
    for part, text in draft.texts():
        for found in _WITHOUT_UNIT.finditer(text):
            yield Hit(part, *found.span())


@rule("date-past", Severity.ERROR, "《广告法》第二十八条")
def _date_past(draft: Draft) -> Iterator[Hit]:
    """An end that a text names lies before the sending."""
    if draft.sends_at is None:
        return
    today = draft.sends_at.astimezone(draft.zone).date()
    for part, text in draft.texts():
        for found in _END.finditer(text):
            ends = _named(found, today)
            if ends is not None and ends < today:
                yield Hit(part, *found.span(), {"date": f"{ends}"})


def _named(found: re.Match[str], today: date) -> date | None:
    """The day that ends something; without a year that next to today. None: it is no end, or no
    day at all (3/4 of an hour)."""
    if not (found["before"] or found["after"]) or not (found["year"] or found["sign"]):
        return None
    try:
        if found["year"]:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        near = (date(today.year + n, int(found["month"]), int(found["day"])) for n in (-1, 0, 1))
        return min(near, key=lambda day: abs((day - today).days))
    except ValueError:
        return None


@rule("personal-phone", Severity.WARNING, _PERSONAL)
def _phone(draft: Draft) -> Iterator[Hit]:
    """A shop's own number may be meant: its landline or 400 number says so better."""
    return (hit for hit, what in _personal(draft) if what == "a phone number")


@rule("personal-data", Severity.ERROR, _PERSONAL)
def _data(draft: Draft) -> Iterator[Hit]:
    return (hit for hit, what in _personal(draft) if what != "a phone number")


def _personal(draft: Draft) -> Iterator[tuple[Hit, str]]:
    for part, text in draft.texts():
        for found in _CANDIDATE.finditer(text):
            if what := what_is(found.group()):
                yield Hit(part, *found.span()), what


def _day(at: datetime, draft: Draft) -> str:
    return f"{at.astimezone(draft.zone):%Y-%m-%d %H:%M}"
