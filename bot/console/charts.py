"""Lines over time as SVG: drawn here, so that a chart needs no script and is there when printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 26


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


def lines(labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> Lines:
    """A chart of some series over the same labels; zero is always on it."""
    every = [value for values in series.values() for value in values]
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
            " ".join(f"{x(at)},{y(value)}" for at, value in enumerate(values)),
            [
                (x(at), y(value), f"{labels[at]} {name} {value:,.0f}")
                for at, value in enumerate(values)
            ],
        )
        for name, values in series.items()
    ]
    ticks = [
        (y(low + step * number), f"{low + step * number:,.0f}")
        for number in range(round((high - low) / step) + 1)
    ]
    apart = max(1, ceil(len(labels) / 8))
    marks = [(x(at), label) for at, label in enumerate(labels) if at % apart == 0]
    said = "；".join(f"{name} {values[-1]:,.0f}" for name, values in series.items() if values)
    return Lines(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM, drawn, ticks, marks, said)


def scale(least: float, most: float) -> tuple[float, float, float]:
    """(low, high, step): round numbers around the values and zero, with three to six steps."""
    least, most = min(0.0, least), max(0.0, most)
    spread = max(most - least, 4.0)
    power = 10 ** floor(log10(spread / 4))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if spread / (power * k) <= 5)
    step = max(1.0, step)
    low, high = floor(least / step) * step, ceil(most / step) * step
    return low, max(high, low + step * 2), step
