"""A post-mortem in words: whole sentences, the doubt beside the figure. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.effect.tables import between, percent, reason, yuan
from bot.experiment.effect import LEAST_HELD_OUT, LEAST_SUCCESSES
from bot.i18n import t
from bot.segment.verbs import verb

Document = Mapping[str, Any]
_MOST_REASONS = 5


def told(document: Document, lang: str = "zh") -> str:
    """The document's words, a paragraph each part that has something to say."""
    parts = (_head, _sum, _forecast, _funnel, _increment, _variants, _left, _skips, _money, _next)
    return "\n".join(line for part in parts for line in part(document, lang))


def _head(document: Document, lang: str) -> Iterator[str]:
    yield t(
        "effect.pm.head", lang, name=document["name"], run=document["run"],
        at=_day(document),
    )  # fmt: skip
    if not document["final"]:
        yield t("effect.pm.not_final", lang)


def _day(document: Document) -> str:
    """By the account's calendar; of a document that was kept without a zone, by UTC's."""
    at = datetime.fromisoformat(document["as_of"])
    return f"{at.astimezone(ZoneInfo(document.get('zone', 'UTC'))):%Y-%m-%d}"


def _sum(document: Document, lang: str) -> Iterator[str]:
    total = document["total"]
    names = ("intended", "sent", "failed", "skipped", "held_out", "unknown")
    yield t("effect.pm.sum", lang, **{name: f"{total[name]:,}" for name in names})
    if total["waiting"]:
        yield t("effect.pm.waiting", lang, waiting=f"{total['waiting']:,}")
    if line := held_out_told(document.get("held_out_by") or {}, lang):
        yield line


def held_out_told(by: Mapping[str, int], lang: str = "zh") -> str:
    """Who holds the held-out, where that is not the run's own hold-out alone; else ""."""
    if not any(many for name, many in by.items() if name != "hold_out"):
        return ""
    parts = [t(f"effect.held.{name}", lang, people=f"{many:,}") for name, many in by.items()]
    return t("effect.held", lang, people=f"{sum(by.values()):,}", parts=" + ".join(parts))


def _forecast(document: Document, lang: str) -> Iterator[str]:
    said = document["forecast"]
    if not said:
        return
    off = [one for one in said if one["foretold"] != one["came"]]
    if not off:
        yield t("effect.pm.as_foretold", lang)
        return
    yield t(
        "effect.pm.off", lang,
        figures=t("effect.comma", lang).join(
            t(
                "effect.pm.off.one", lang, figure=t(f"effect.pm.figure.{one['figure']}", lang),
                foretold=f"{one['foretold']:,}", came=f"{one['came']:,}",
            )
            for one in off
        ),
    )  # fmt: skip


def _funnel(document: Document, lang: str) -> Iterator[str]:
    total = document["total"]
    rates = total["rates"]
    yield t(
        "effect.pm.funnel", lang, clicked=f"{total['clicked']:,}", ctr=between(rates["ctr"]),
        machines=f"{total['every'] - total['taps']:,}", claimed=f"{total['claimed']:,}",
        redeemed=f"{total['redeemed']:,}", buyers=f"{total['buyers']:,}",
        revenue=yuan(total["revenue_fen"]),
    )  # fmt: skip


def _increment(document: Document, lang: str) -> Iterator[str]:
    yield from effect_told(document["increment"], lang)


def effect_told(more: Document, lang: str = "zh") -> Iterator[str]:
    """What a `Change` says: the goal first, where there is one, then what was bought."""
    _, held_out = more["people"]
    if not held_out:
        yield t("effect.pm.no_holdout", lang)
        return
    if more.get("goal"):
        yield _reached(more["goal"], lang)
    yield from _bought(more, lang)
    if more.get("interval"):
        yield t(f"effect.pm.interval.{more['interval']}", lang)


def _reached(goal: Document, lang: str) -> str:
    (sent, held_out), (did, base) = goal["people"], goal["did"]
    return t(
        f"effect.pm.goal.{_sort(goal)}", lang, goal=verb(goal["event"], lang),
        people=LEAST_HELD_OUT, least=LEAST_SUCCESSES,
        sent=f"{sent:,}", held_out=f"{held_out:,}", did=f"{did:,}", base=f"{base:,}",
        difference=between(goal["difference"]), extra=_count(goal["extra"]),
        low=_count(goal["extra"], 1), high=_count(goal["extra"], 2),
    )  # fmt: skip


def _sort(more: Document) -> str:
    """gain, harm or no_difference, as far as the interval shows; too_few, and too_few_apart where
    an interval that means little leaves zero out: then it is said why it is not believed."""
    _, low, high = more["difference"]
    if not more["enough"]:
        apart = (low is not None and low > 0) or (high is not None and high < 0)
        return "too_few_apart" if apart and ("bought" in more or "did" in more) else "too_few"
    if low is not None and low > 0:
        return "gain"
    return "harm" if high is not None and high < 0 else "no_difference"


def _bought(more: Document, lang: str) -> Iterator[str]:
    sent, held_out = more["people"]
    figures = {
        "sent": f"{sent:,}", "held_out": f"{held_out:,}",
        "difference": between(more["difference"]), "extra": _count(more["extra_buyers"]),
        "low": _count(more["extra_buyers"], 1), "high": _count(more["extra_buyers"], 2),
        "bought": f"{sum(more.get('bought', ())):,}", "people": LEAST_HELD_OUT,
        "least": LEAST_SUCCESSES,
    }  # fmt: skip
    yield t(f"effect.pm.{_sort(more)}", lang, **figures)
    if more["enough"] and more["revenue_enough"]:
        money = more["extra_revenue_fen"]
        ends = {name: yuan(money[place] or 0) for place, name in enumerate(("fen", "low", "high"))}
        yield t("effect.pm.extra_revenue", lang, **ends)


def _count(span: list[float | None], place: int = 0) -> str:
    value = span[place]
    return "?" if value is None else f"{value:,.0f}"


def _variants(document: Document, lang: str) -> Iterator[str]:
    best = document["variants"]
    if best:
        yield t(
            "effect.pm.best" if best["sure"] else "effect.pm.no_best", lang, best=best["best"],
            worst=best["worst"], best_rate=percent(best["best_rate"]),
            worst_rate=percent(best["worst_rate"]), difference=between(best["difference"]),
            by=t(f"effect.head.{best['by']}", lang),
        )  # fmt: skip


def _left(document: Document, lang: str) -> Iterator[str]:
    more = document["increment"]
    sent, held_out = more["people"]
    for kind, one in more["left"].items():
        ours, theirs = one["people"]
        if ours or theirs:
            low = one["difference"][1]
            proven = one["enough"] and low is not None and low > 0
            yield t(
                "effect.pm.left.more" if proven else "effect.pm.left", lang,
                kind=t(f"effect.left.{kind}", lang), sent=f"{ours:,}", held_out=f"{theirs:,}",
                rate=percent(ours / sent) if sent else "-",
                base=percent(theirs / held_out) if held_out else "-",
            )  # fmt: skip
    if base := document["base"]:
        yield t("effect.pm.base", lang, left=f"{base['left']:,}", expected=base["expected"])


def _skips(document: Document, lang: str) -> Iterator[str]:
    for one in document["skips"][:_MOST_REASONS]:
        yield t(
            "effect.pm.skip", lang, people=f"{one['people']:,}",
            reason=reason("skip", one["reason"], lang),
            advice=reason("advice", one["reason"], lang),
        )  # fmt: skip
    for one in document["failed"][:_MOST_REASONS]:
        yield t("effect.pm.failed", lang, people=f"{one['people']:,}", why=one["why"])


def _money(document: Document, lang: str) -> Iterator[str]:
    total = document["total"]
    yield t(
        "effect.pm.money", lang, revenue=yuan(total["revenue_fen"]),
        coupons=yuan(total["coupon_cost_fen"]), messages=yuan(total["message_cost_fen"]),
        profit=yuan(total["profit_fen"]),
    )  # fmt: skip
    if document["margin_permille"] is None:
        yield t("effect.no_margin", lang)


def _next(document: Document, lang: str) -> Iterator[str]:
    yield t("effect.pm.next", lang)
    for place, one in enumerate(document["next"], 1):
        yield f"{place}. {lesson(one, lang)}"


def lesson(one: Mapping[str, Any], lang: str = "zh") -> str:
    """The words of one next step."""
    values = {name: value for name, value in one.items() if name != "rule"}
    if "reason" in values:
        values["advice"] = reason("advice", values["reason"], lang)
        values["reason"] = reason("skip", values["reason"], lang)
    if "kind" in values:
        values["kind"] = t(f"effect.left.{values['kind']}", lang)
    if "goal" in values:
        values["goal"] = verb(values["goal"], lang)
    if "fen" in values:
        values["fen"] = yuan(values["fen"])
    return t(f"effect.next.{one['rule']}", lang, **values)
