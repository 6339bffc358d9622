"""Figures as plain text: columns that line up though Chinese characters take two places."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.effect.calendar import Calendar
from bot.effect.sources import Source
from bot.i18n import catalogue, t

Rate = Sequence[float | None]


def yuan(fen: int | float) -> str:
    """¥1,234.50; of less than nothing -¥1.00."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) / 100:,.2f}"


def percent(rate: float) -> str:
    return f"{100 * rate:.1f}%"


def between(rate: Rate) -> str:
    """13.3% (11.2%–15.7%)"""
    estimate, low, high = (0.0 if value is None else value for value in rate)
    return f"{percent(estimate)} ({percent(low)}–{percent(high)})"


def reason(kind: str, skip: str, lang: str) -> str:
    """A reason of skipping in words (`kind` skip), or what can be done about it (advice)."""
    key = f"effect.{kind}.{skip}"
    return t(key, lang) if key in catalogue(lang) else skip


def width(text: str) -> int:
    """Places of a fixed-width screen."""
    return sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines; the first column to the left, figures to the right."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(width(line[place]) for line in lines) for place in range(len(heads))]
    return ["  ".join(_placed(line, widths)).rstrip() for line in lines]


def _placed(line: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    for place, text in enumerate(line):
        blank = " " * (widths[place] - width(text))
        yield text + blank if place == 0 else blank + text


_FUNNEL = ("intended", "sent", "delivered", "clicked", "claimed", "redeemed", "buyers")


def funnel_table(shown: Mapping[str, Any], lang: str = "zh") -> list[str]:
    """Of the JSON of a funnel."""
    whole = {**shown["total"], "name": t("effect.total", lang)}
    heads = [t(f"effect.by.{shown['by']}", lang), *(t(f"effect.head.{n}", lang) for n in _FUNNEL)]
    money = ("ctr", "cvr", "revenue", "coupon_cost", "message_cost", "profit")
    heads += [t(f"effect.head.{name}", lang) for name in money]
    lines = table(heads, [_funnel_row(line, lang) for line in (*shown["lines"], whole)])
    if shown["by"] in ("variant", "piece"):
        lines.append(t("effect.yield", lang, value=f"{shown['yield']:.4f}"))
    machines = shown["total"]["every"] - shown["total"]["taps"]
    lines.append(t("effect.machines", lang, taps=shown["total"]["taps"], machines=machines))
    if shown["margin_permille"] is None:
        lines.append(t("effect.no_margin", lang))
    return lines


def _funnel_row(line: Mapping[str, Any], lang: str) -> list[str]:
    return [
        line["name"] or t("effect.unnamed", lang),
        *(f"{line[name]:,}" for name in _FUNNEL),
        between(line["rates"]["ctr"]),
        between(line["rates"]["cvr"]),
        yuan(line["revenue_fen"]),
        yuan(line["coupon_cost_fen"]),
        yuan(line["message_cost_fen"]),
        yuan(line["profit_fen"]),
    ]


def source_table(found: Sequence[Source], lang: str = "zh") -> list[str]:
    names = ("came", "kept", "stay7", "stay30", "scans", "messages", "claimed", "redeemed",
             "buyers", "revenue", "cost", "cost_each", "value_each")  # fmt: skip
    heads = [t("effect.by.source", lang), *(t(f"effect.head.{name}", lang) for name in names)]
    return table(heads, [_source_row(one, lang) for one in found])


def _source_row(one: Source, lang: str) -> list[str]:
    shown = one.to_json()
    each = (shown["cost_per_kept_fen"], shown["value_per_kept_fen"])
    return [
        one.name or t("effect.source.none", lang),
        f"{one.came:,}",
        f"{one.kept:,}",
        percent(shown["stay7"][0]) if one.due7 else "-",
        percent(shown["stay30"][0]) if one.due30 else "-",
        *(f"{n:,}" for n in (one.scans + one.joins, one.messages, one.claimed, one.redeemed,
                             one.buyers)),
        yuan(one.revenue_fen),
        yuan(one.cost_fen),
        *(yuan(fen) if fen is not None else "-" for fen in each),
    ]  # fmt: skip


def calendar_lines(found: Calendar, zone: Any, lang: str = "zh") -> list[str]:
    """A line a run, then a warning for each collision."""
    heads = [t(f"effect.head.{name}", lang) for name in ("at", "campaign", "state", "aim")]
    rows = [
        (f"{run.at.astimezone(zone):%m-%d %H:%M}", run.name, t(f"effect.state.{run.state}", lang),
         f"{run.size:,}")
        for run in found.runs
    ]  # fmt: skip
    if not rows:
        return [t("effect.calendar.none", lang)]
    lines = table(heads, rows)
    for one in found.collisions:
        days = (one.later.at - one.earlier.at).total_seconds() / 86_400
        lines.append(
            t(
                "effect.collision", lang, earlier=one.earlier.name, later=one.later.name,
                days=f"{days:.1f}".removesuffix(".0"), common=f"{one.common:,}",
                share=percent(one.share),
            )
        )  # fmt: skip
        if one.capped and one.move_to is not None:
            lines[-1] += t(
                "effect.collision.capped", lang, capped=f"{one.capped:,}",
                later=one.later.name, at=f"{one.move_to.astimezone(zone):%m-%d %H:%M}",
            )  # fmt: skip
    return lines


def attribution_table(shown: Mapping[str, Any], lang: str = "zh") -> list[str]:
    """Of the JSON of an attribution."""
    heads = [t("effect.by.campaign", lang), *(t(f"effect.head.{n}", lang) for n in
             ("orders", "buyers", "revenue"))]  # fmt: skip
    rows = [
        (line["name"], f"{line['orders']:,}", f"{line['buyers']:,}", yuan(line["revenue_fen"]))
        for line in shown["lines"]
    ]
    none = shown["none"]
    rows.append((t("effect.none", lang), f"{none['orders']:,}", "-", yuan(none["revenue_fen"])))
    rows.append((t("effect.total", lang), f"{shown['orders']:,}", "-", yuan(shown["revenue_fen"])))
    return [
        *table(heads, rows),
        t("effect.refunded", lang, fen=yuan(shown["refunded_fen"])),
    ]
