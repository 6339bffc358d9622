"""活动效果: the runs that began in a span, the best first by a figure of one's choice."""

from __future__ import annotations

from bot.console.planning import midnight
from bot.console.reports import RUN_HEADS, Span, run_row
from bot.console.sections import Section, heads, percent
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words
from bot.effect.days import DAY
from bot.store import run_list

MOST = 100  # runs that are compared
RATES = {"click_rate": "clicked", "order_rate": "buyers"}
SORTS = ("revenue", "extra", "clicked", "redeemed", "buyers", *RATES, "at")
_HEADS = (*RUN_HEADS[:-1], *RATES, RUN_HEADS[-1])


def ranked_runs(span: Span, say: Words, sort: str) -> Section:
    """`sort`: one of SORTS, else the first of them; who has no such figure yet stands last."""
    place = _HEADS.index(sort if sort in SORTS else SORTS[0])
    found = run_list.started(
        span.of.id, midnight(span.first, span.zone), midnight(span.last + DAY, span.zone), MOST
    )
    rows = [(one.slug, _with_rates(run_row(one, span.zone, say))) for one in found]
    known = [one for one in rows if one[1][place] is not None]
    order = sorted(known, key=lambda one: _sortable(one[1][place]), reverse=True)
    order += [one for one in rows if one[1][place] is None]
    base = f"/console/a/{span.of.slug}/campaigns"
    links = {(at, 0): f"{base}/{slug}" for at, (slug, _) in enumerate(order)}
    shown = [_as_percent(row) for _, row in order]
    note = say("con.report.ranking", most=MOST) if len(found) == MOST else ""
    return Section("", say("con.report.campaigns"), Sheet(heads(_HEADS, say), shown), links=links,
                   note=note)  # fmt: skip


def _with_rates(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    sent = row[RUN_HEADS.index("sent")]
    rates = [_rate(row[RUN_HEADS.index(name)], sent) for name in RATES.values()]
    return (*row[:-1], *rates, row[-1])


def _rate(done: Cell, sent: Cell) -> float | None:
    if isinstance(done, int | float) and isinstance(sent, int | float) and sent:
        return done / sent
    return None


def _sortable(cell: Cell) -> tuple[float, str]:
    """Numbers by size, days by date."""
    return (0.0, cell) if isinstance(cell, str) else (float(cell or 0), "")


def _as_percent(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    first = _HEADS.index(next(iter(RATES)))
    said = [percent(cell) if isinstance(cell, float) else None
            for cell in row[first : first + len(RATES)]]  # fmt: skip
    return (*row[:first], *said, *row[first + len(RATES) :])
