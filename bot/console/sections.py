"""What a report page is made of: sections, each a table that is also a file, some with a chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.console.charts import Bars, Lines, bars, lines
from bot.console.sheets import Cell, Sheet, shown

SHADES = 8  # of a table's cells, by share
DRAWN_BARS = 10


@dataclass(frozen=True)
class Section:
    """A table with its title. `name`: of its file, in addresses.

    chart   the same figures as lines, bars: as bars; None where a drawing says nothing
    links   (row, column) -> where a figure leads
    shades  (row, column) -> 0..SHADES
    note    what the reader must know, under the table
    counting  nobody has counted it yet: the page says so, and looks again
    """

    name: str
    title: str
    sheet: Sheet
    chart: Lines | None = None
    bars: Bars | None = None
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    shades: Mapping[tuple[int, int], int] = field(default_factory=dict)
    note: str = ""
    counting: bool = False


class Shown(NamedTuple):
    """A cell on a page. `shade` None: plain."""

    said: str
    number: bool
    link: str
    shade: int | None


class Key(NamedTuple):
    """A figure of the whole span. `change`: against the span before, and which way it went."""

    title: str
    value: str
    before: str
    change: str
    way: str


def table(section: Section) -> list[list[Shown]]:
    """The rows of a section for its page."""
    return [
        [
            Shown(shown(cell), _is_figure(cell), section.links.get((at, place), ""),
                  section.shades.get((at, place)))
            for place, cell in enumerate(row)
        ]
        for at, row in enumerate(section.sheet.rows)
    ]  # fmt: skip


def _is_figure(cell: Cell) -> bool:
    """To be read down a column: a number, a share, or one that is not known."""
    return not isinstance(cell, str) or cell.endswith("%")


def shade(share: float | None) -> int:
    """How dark a share of 0..1 stands in its cell."""
    return 0 if share is None else min(SHADES, round(SHADES * share))


def percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def heads(names: Sequence[str], say: Callable[..., str]) -> list[str]:
    return [say(f"con.report.head.{name}") for name in names]


def ranked(
    name: str, title: str, what: Sequence[str], counts: Sequence[tuple[str, int]]
) -> Section:
    """Things with how often each was, the most often first, and their shares."""
    whole = sum(many for _, many in counts)
    rows: list[Sequence[Cell]] = [
        (said, many, percent(many / whole) if whole else None) for said, many in counts
    ]
    shades = {(at, 2): shade(many / whole) for at, (_, many) in enumerate(counts)} if whole else {}
    drawn = [(said, many, f"{many:,}") for said, many in counts[:DRAWN_BARS]]
    return Section(
        name, title, Sheet(what, rows), bars=bars(drawn) if counts else None, shades=shades
    )


def over_days(labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Lines | None:
    """The chart of figures by day; None where there is nothing on it."""
    return lines([label[5:] for label in labels], series) if labels else None
