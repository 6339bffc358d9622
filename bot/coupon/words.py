"""A coupon in words: its value, its condition, both in one line; and what a till is answered."""

from __future__ import annotations

from bot.i18n import t
from bot.values.coupons import Kind, RedeemOutcome, Terms
from bot.values.money import yuan


def value(terms: Terms, lang: str = "zh") -> str:
    """The figure on the coupon: "20元", "8.5折", "兑换券"."""
    if terms.kind == Kind.EXCHANGE:
        return t("coupon.value.exchange", lang)
    if terms.kind == Kind.DISCOUNT:
        off = terms.discount_permille  # 八折 says what is left, "20% off" what is not
        figure = _short(1000 - off, 100) if lang == "zh" else _short(off, 10)
        return t("coupon.value.discount", lang, figure=figure)
    return t("coupon.value.amount", lang, yuan=yuan(terms.face_value_fen))


def condition(terms: Terms, lang: str = "zh") -> str:
    """ "满100元可用，最多减20元", "无门槛"; of an exchange also what it gives."""
    parts = []
    if terms.kind == Kind.EXCHANGE:
        parts.append(t("coupon.condition.exchange", lang, thing=terms.exchange))
    if terms.threshold_fen:
        parts.append(t("coupon.condition.threshold", lang, yuan=yuan(terms.threshold_fen)))
    elif terms.kind != Kind.EXCHANGE:
        parts.append(t("coupon.condition.none", lang))
    if terms.kind == Kind.DISCOUNT and terms.max_discount_fen:
        parts.append(t("coupon.condition.cap", lang, yuan=yuan(terms.max_discount_fen)))
    return t("coupon.condition.separator", lang).join(parts)


def places(terms: Terms, lang: str = "zh") -> str:
    """Where and when it counts; "" everywhere and always."""
    parts = []
    if terms.shops:
        named = t("list.separator", lang).join(terms.shops)
        parts.append(t("coupon.places.shops", lang, shops=named))
    if terms.weekdays:
        names = t("coupon.weekdays", lang).split("|")
        days = t("list.separator", lang).join(names[day - 1] for day in terms.weekdays)
        parts.append(t("coupon.places.weekdays", lang, days=days))
    if terms.hours:
        parts.append(t("coupon.places.hours", lang, hours=terms.hours))
    return t("coupon.condition.separator", lang).join(parts)


def in_one_line(terms: Terms, lang: str = "zh") -> str:
    """ "满30元减8元", "8折（满50元可用，最多减20元）", "代金8元", "兑换：拿铁一杯"."""
    if terms.kind == Kind.CUT:
        fen = (terms.threshold_fen, terms.face_value_fen)
        return t("coupon.line.cut", lang, threshold=yuan(fen[0]), yuan=yuan(fen[1]))
    if terms.kind == Kind.CASH:
        return t("coupon.line.cash", lang, yuan=yuan(terms.face_value_fen))
    if terms.kind == Kind.EXCHANGE:
        return condition(terms, lang)
    return t("coupon.line.discount", lang, value=value(terms, lang), rest=condition(terms, lang))


def outcome(word: RedeemOutcome | str, lang: str = "zh") -> str:
    """A whole sentence for who stands at the till."""
    return t(f"coupon.outcome.{word}", lang)


def _short(number: int, of: int) -> str:
    """800 of 100 -> "8", 850 -> "8.5"."""
    return f"{number / of:.2f}".rstrip("0").rstrip(".")
