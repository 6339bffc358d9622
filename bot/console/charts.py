"""Lines and bars as SVG: drawn here, so that a chart needs no script and is there when printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 26
MOST_DOTS = 92  # of one line: further apart than they are wide


@dataclass(frozen=True)
class Line:
    """`points`: "x,y x,y ..." of a polyline; `dots`: (x, y, what a pointer is told)."""

    name: str
    points: str
    dots: list[tuple[float, float, str]]


@dataclass(frozen=True)
class Lines:
    """What a template places. `ticks` and `marks`: (place, words) on the y and the x axis."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    lines: list[Line]
    ticks: list[tuple[float, str]]
    marks: list[tuple[float, str]]
    said: str


def lines(labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Lines:
    """A chart of some series over the same labels; zero is always on it. None: nothing is known
    there, and nothing drawn."""
    known = {
        name: [(at, value) for at, value in enumerate(values) if value is not None]
        for name, values in series.items()
    }
    every = [value for values in known.values() for _, value in values]
    low, high, step = scale(min(every, default=0), max(every, default=0))
    wide = WIDTH - LEFT - RIGHT
    tall = HEIGHT - TOP - BOTTOM

    def x(at: int) -> float:
        return round(LEFT + wide * (at + 0.5) / max(1, len(labels)), 1)

    def y(value: float) -> float:
        return round(TOP + tall * (high - value) / (high - low), 1)

    drawn = [
        Line(
            name,
            " ".join(f"{x(at)},{y(value)}" for at, value in values),
            [(x(at), y(value), f"{labels[at]} {name} {value:,.0f}") for at, value in values]
            if len(labels) <= MOST_DOTS
            else [],
        )
        for name, values in known.items()
    ]
    ticks = [
        (y(low + step * number), f"{low + step * number:,.0f}")
        for number in range(round((high - low) / step) + 1)
    ]
    apart = max(1, ceil(len(labels) / 8))
    marks = [(x(at), label) for at, label in enumerate(labels) if at % apart == 0]
    said = "；".join(f"{name} {values[-1][1]:,.0f}" for name, values in known.items() if values)
    return Lines(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, drawn, ticks, marks, said)


@dataclass(frozen=True)
class Bars:
    """`rows`: (y, width, label, what it says), from the top; widths from LABEL on."""

    width: int
    height: int
    left: int
    bar: int
    rows: list[tuple[int, float, str, str]]
    said: str


ROW, LABEL, WORDS = 28, 76, 150  # height of a bar's row; room for the labels, and for what is said


def bars(rows: Sequence[tuple[str, float, str]]) -> Bars:
    """(label, value, what it says) as bars beside each other; the greatest fills the width."""
    most = max((value for _, value, _ in rows), default=0) or 1
    wide = WIDTH - LABEL - WORDS
    drawn = [
        (at * ROW, round(wide * value / most, 1), label, said)
        for at, (label, value, said) in enumerate(rows)
    ]
    told = "；".join(f"{label} {said}" for label, _, said in rows)
    return Bars(WIDTH, max(1, len(rows)) * ROW, LABEL, ROW - 8, drawn, told)


def scale(least: float, most: float) -> tuple[float, float, float]:
    """(low, high, step): round numbers around the values and zero, with three to six steps."""
    least, most = min(0.0, least), max(0.0, most)
    spread = max(most - least, 4.0)
    power = 10 ** floor(log10(spread / 4))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if spread / (power * k) <= 5)
    step = max(1.0, step)
    low, high = floor(least / step) * step, ceil(most / step) * step
    return low, max(high, low + step * 2), step
