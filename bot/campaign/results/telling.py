"""In words, for people: a report with its sum, funnel and effect; the rest; the sheet. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.results.report import Report, VariantReport
from bot.campaign.results.rest import Rest
from bot.campaign.results.sheet import Sheet
from bot.campaign.results.sums import Closing
from bot.clock import wall
from bot.effect.rates import rated
from bot.effect.tables import between, reason, table, yuan
from bot.effect.telling import effect_told, held_out_told
from bot.i18n import t

_HEADS = ("aim", "sent", "delivered", "clicked", "ctr", "redeemed", "buyers", "cvr", "revenue")


def report_told(found: Report, zone: ZoneInfo, lang: str = "zh") -> Iterator[str]:
    """Line by line; times by the clock of `zone`."""
    if found.generation == 0:
        yield t("campaign.report.unrun", lang, name=found.name, slug=found.slug)
        yield t("campaign.report.state", lang, state=found.phase.said(zone, lang))
        return
    yield t(
        "campaign.report.head", lang, name=found.name, slug=found.slug, run=found.generation,
        at=wall(found.as_of, zone),
    )  # fmt: skip
    yield t("campaign.report.state", lang, state=found.phase.said(zone, lang))
    yield t(
        "campaign.report.times", lang, started=wall(found.started_at, zone),
        sent=wall(found.sent_at, zone), closed=wall(found.closed_at, zone),
    )  # fmt: skip
    for closing in found.steps.values():
        yield from closing_told(closing, lang)
    yield from _funnel(found, lang)
    yield from _effects(found, lang)
    if found.error:
        yield t("campaign.report.error", lang, error=found.error)


def closing_told(closing: Closing, lang: str = "zh") -> Iterator[str]:
    """The sum of a step, who holds the held-out, and every reason."""
    waiting = t("campaign.report.open", lang, open=f"{closing.open:,}") if closing.open else ""
    total = t(
        "campaign.report.sum", lang, step=_step(closing.step, lang),
        audience=f"{closing.audience:,}", sent=f"{closing.sent:,}",
        failed=f"{sum(closing.failed.values()):,}", skipped=f"{sum(closing.skipped.values()):,}",
        held_out=f"{closing.held_out:,}", unknown=f"{closing.unknown:,}",
    )  # fmt: skip
    yield total + waiting
    if line := held_out_told(closing.held_out_by, lang):
        yield f"  {line}"
    for why, people in _most_first(closing.skipped):
        words = reason("skip", why, lang)
        yield t("campaign.report.skip", lang, people=f"{people:,}", reason=words)
    for why, people in _most_first(closing.failed):
        yield t("campaign.report.failed", lang, people=f"{people:,}", why=why or "–")


def _step(step: str, lang: str) -> str:
    return t(f"campaign.report.step.{step}", lang)


def _most_first(by: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(by.items(), key=lambda one: (-one[1], one[0]))


def _funnel(found: Report, lang: str) -> Iterator[str]:
    heads = [t("effect.by.variant", lang), *(t(f"effect.head.{name}", lang) for name in _HEADS)]
    yield from table(heads, [_row(variant) for variant in found.variants])
    machines = sum(variant.automatic_taps for variant in found.variants)
    taps = sum(variant.taps for variant in found.variants)
    yield t("campaign.report.taps", lang, taps=f"{taps:,}", machines=f"{machines:,}")
    if len(found.variants) > 1:
        value = f"{found.to_json()['yield']:.4f}"
        yield t("campaign.report.yield", lang, value=value)


def _row(one: VariantReport) -> list[str]:
    return [
        one.name,
        *(f"{many:,}" for many in (one.audience, one.sent, one.delivered, one.clicks)),
        between(rated(one.clicks, one.sent)),
        f"{one.redemptions:,}",
        f"{one.buyers:,}",
        between(rated(one.buyers, one.clicks)),
        yuan(one.revenue_fen),
    ]


def _effects(found: Report, lang: str) -> Iterator[str]:
    if found.change is not None:
        yield from effect_told(found.change.to_json(), lang)
    if found.by_control is not None:
        yield t("campaign.report.by_control", lang)
        for line in effect_told(found.by_control.to_json(), lang):
            yield f"  {line}"


# --- the rest, and the sheet -------------------------------------------------------------------


def rest_told(found: Rest, made: int | None, lang: str = "zh") -> Iterator[str]:
    """`made`: the number of the run that was opened for them, None: none yet."""
    yield t("campaign.rest.head", lang, run=found.of_run, people=f"{found.followers:,}")
    for why, people in _most_first(found.skipped):
        words = reason("skip", why, lang)
        yield t("campaign.report.skip", lang, people=f"{people:,}", reason=words)
    for why, people in _most_first(found.failed):
        yield t("campaign.report.failed", lang, people=f"{people:,}", why=why or "–")
    if made is not None:
        yield t("campaign.rest.made", lang, run=made)
    elif found.followers:
        yield t("campaign.rest.ask", lang)


def sheet_told(made: Sheet, verified: bool, zone: ZoneInfo, lang: str = "zh") -> Iterator[str]:
    """`verified`: it was compared with the store."""
    told = made.document
    head = "campaign.sheet.provisional" if made.provisional else "campaign.sheet.head"
    at = _instant(told["closed_at"]) or made.made_at
    yield t(head, lang, campaign=told["campaign"], run=told["run"], at=wall(at, zone))
    for step, sums in (told["sum"] or {}).items():
        yield from closing_told(_closing(step, sums), lang)
    calls = [f"{api} {rows:,}" for api, rows in told["calls"].items()]
    yield t("campaign.sheet.calls", lang, calls=", ".join(calls) or "0")
    yield t("campaign.sheet.codes", lang, **{n: f"{many:,}" for n, many in told["codes"].items()})
    yield t("campaign.sheet.ledger", lang, rows=f"{told['rows']:,}", sha256=told["sha256"])
    yield t("campaign.sheet.audit", lang, **told["audit"])
    yield t("campaign.sheet.signed", lang, at=wall(made.made_at, zone), signature=made.signature)
    yield from (t("campaign.sheet.differs", lang, fault=fault) for fault in made.faults)
    if verified and not made.faults:
        words = "campaign.sheet.not_yet" if made.provisional else "campaign.sheet.verified"
        yield t(words, lang)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _closing(step: str, sums: dict[str, Any]) -> Closing:
    """Of a sum as a sheet holds it; an old one does not say who held the held-out."""
    return Closing(step=step, **sums)
