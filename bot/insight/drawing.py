"""Curves as one SVG: panels side by side, each with lines over two axes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_SIDE, _GAP, _EDGE = 280, 90, 60
_INK, _SOFT, _FRAME = "#1f2329", "#565d66", "#8a9099"
_COLOURS = ("#1a6fb0", "#c4541a", "#2a7d46")

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """points  from left to right; `dots` marks each; `bars` are (x, low, high)"""

    name: str
    points: Sequence[Point]
    dashed: bool = False
    dots: bool = False
    bars: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True)
class Panel:
    """said  what the drawing shows, in one sentence, for who does not see it"""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    said: str
    least: Point = (0.0, 0.0)
    most: Point = (1.0, 1.0)


def svg(panels: Sequence[Panel], title: str) -> str:
    """The panels side by side."""
    width = 2 * _EDGE + len(panels) * _SIDE + (len(panels) - 1) * _GAP
    height = _SIDE + 2 * _EDGE + 20
    drawn = [
        part
        for number, panel in enumerate(panels)
        for part in _panel(panel, _EDGE + number * (_SIDE + _GAP))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="group" aria-label="{escape(title)}"'
            ' font-family="system-ui, sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def curves(judged: Mapping[str, Any], learning: Sequence[Mapping[str, float]]) -> str:
    """Calibration, gain and, where there is one, the learning curve of a judged model."""
    return svg(panels_of(judged, learning), "calibration, gain and learning curves")


def panels_of(judged: Mapping[str, Any], learning: Sequence[Mapping[str, float]]) -> list[Panel]:
    """The same one by one, for who has other words for them."""
    found = [_calibration(judged["calibration"]), _gain(judged["gains"])]
    return [*found, _learning(learning)] if learning else found


def _calibration(lines: Sequence[Mapping[str, float]]) -> Panel:
    most = max([0.05, *(max(line["said"], line["high"]) for line in lines)])
    points = [(line["said"], line["found"]) for line in lines]
    bars = [(line["said"], line["low"], line["high"]) for line in lines]
    own = Line("found, with 95 % interval", points, dots=True, bars=bars)
    even = Line("as said", [(0, 0), (most, most)], dashed=True)
    apart = max((abs(said - found) for said, found in points), default=0.0)
    said = f"The furthest of {len(lines)} groups has a share {apart:.3f} from the chance said"
    return Panel(
        "Calibration", "chance said", "share found", [even, own], said, (0, 0), (most,) * 2
    )


def _gain(lines: Sequence[Mapping[str, float]]) -> Panel:
    points = [(0.0, 0.0), *((line["share"], line["gain"]) for line in lines)]
    third = next((g for share, g in points if share >= 0.3), 0.0)
    said = f"The highest 30 % of chances hold {third:.0%} of the yes"
    chance = Line("at random", [(0, 0), (1, 1)], dashed=True)
    return Panel("Gain", "share reached", "share of all yes", [chance, Line("model", points)], said)


def _learning(lines: Sequence[Mapping[str, float]]) -> Panel:
    taught = [(line["rows"], line["taught"]) for line in lines]
    judged = [(line["rows"], line["judged"]) for line in lines]
    low = min([0.5, *(y for _, y in judged)])
    said = f"AUC on unseen rows goes from {judged[0][1]:.3f} to {judged[-1][1]:.3f}"
    drawn = [Line("taught rows", taught, dots=True), Line("unseen rows", judged, dots=True)]
    most = (float(judged[-1][0]), 1.0)
    return Panel("Learning curve", "rows that teach", "AUC", drawn, said, (0.0, low), most)


def _panel(panel: Panel, left: float) -> list[str]:
    parts = [
        f'<g role="img"><title>{escape(panel.said)}</title>',
        f'<rect x="{left:g}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" fill="none"'
        f' stroke="{_FRAME}"/>',
        _word(left + _SIDE / 2, _EDGE - 30, panel.title, _INK, "middle"),
        _word(left + _SIDE / 2, _EDGE + _SIDE + 34, panel.across, _SOFT, "middle"),
        _word(left, _EDGE - 8, panel.up, _SOFT),
        *_marks(panel, left),
    ]
    for number, line in enumerate(panel.lines):
        colour = _FRAME if line.dashed else _COLOURS[number % len(_COLOURS)]
        parts += _drawn(panel, line, left, colour)
        y = _EDGE + _SIDE + 52 + 14 * (number // 2)
        parts.append(_word(left + 140 * (number % 2), y, line.name, colour))
    return [*parts, "</g>"]


def _marks(panel: Panel, left: float) -> list[str]:
    found = []
    for quarter in range(5):
        share = quarter / 4
        at = share * _SIDE
        x = panel.least[0] + share * (panel.most[0] - panel.least[0])
        y = panel.least[1] + share * (panel.most[1] - panel.least[1])
        found.append(_word(left + at, _EDGE + _SIDE + 16, _short(x), _SOFT, "middle"))
        found.append(_word(left - 6, _EDGE + _SIDE - at + 4, _short(y), _SOFT, "end"))
    return found


def _drawn(panel: Panel, line: Line, left: float, colour: str) -> list[str]:
    points = [_place(panel, point, left) for point in line.points]
    dash = ' stroke-dasharray="4 4"' if line.dashed else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    for x, low, high in line.bars:
        (at, bottom), (_, top) = _place(panel, (x, low), left), _place(panel, (x, high), left)
        parts.append(f'<path d="M{at:.1f} {bottom:.1f}V{top:.1f}" stroke="{colour}"/>')
    if line.dots:
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
    return parts


def _place(panel: Panel, point: Point, left: float) -> Point:
    wide, tall = panel.most[0] - panel.least[0], panel.most[1] - panel.least[1]
    x = (point[0] - panel.least[0]) / (wide or 1)
    y = (point[1] - panel.least[1]) / (tall or 1)
    return left + x * _SIDE, _EDGE + (1 - y) * _SIDE


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _word(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'
