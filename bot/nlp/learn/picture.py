"""How far a model's own confidence can be trusted, drawn: two panels of one SVG. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SIDE, _GAP, _EDGE = 280, 90, 60
_WIDTH, _HEIGHT = 2 * _SIDE + _GAP + 2 * _EDGE, _SIDE + 2 * _EDGE


def draw(judged: Mapping[str, Any]) -> str:
    """The picture of what bot.nlp.learn.evaluate.judge found."""
    reliability = [(row["sure"], row["right"]) for row in judged["reliability"]]
    coverage = [(row["threshold"], row["coverage"]) for row in judged["coverage"]]
    accuracy = [
        (row["threshold"], row["accuracy"]) for row in judged["coverage"] if row["coverage"]
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="12">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *_panel(_EDGE, f"Reliability (ECE {judged['ece']:.3f})", "said", "found"),
            _line(_EDGE, [(0, 0), (1, 1)], "#bbb", dashed=True),
            _line(_EDGE, reliability, "#1a6fb0"),
            *_dots(_EDGE, reliability, "#1a6fb0"),
            *_panel(_EDGE + _SIDE + _GAP, "Coverage", "confidence asked for", "share"),
            _line(_EDGE + _SIDE + _GAP, coverage, "#c4541a"),
            _line(_EDGE + _SIDE + _GAP, accuracy, "#2a7d46"),
            _word(_EDGE + _SIDE + _GAP + 10, _EDGE + _SIDE - 26, "answered", "#c4541a"),
            _word(_EDGE + _SIDE + _GAP + 10, _EDGE + _SIDE - 10, "right of these", "#2a7d46"),
            "</svg>\n",
        ]
    )


def _word(x: float, y: float, text: str, colour: str = "#222", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}">{text}</text>'


def _panel(left: float, title: str, across: str, up: str) -> list[str]:
    middle = left + _SIDE / 2
    marks = []
    for tenth in range(0, 11, 2):
        at = tenth / 10 * _SIDE
        marks.append(_word(left + at, _EDGE + _SIDE + 16, f"{tenth / 10:g}", "#666", "middle"))
        marks.append(_word(left - 6, _EDGE + _SIDE - at + 4, f"{tenth / 10:g}", "#666", "end"))
    return [
        f'<rect x="{left:g}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" fill="none" '
        'stroke="#888"/>',
        _word(middle, _EDGE - 24, title, anchor="middle"),
        _word(middle, _EDGE + _SIDE + 38, across, anchor="middle"),
        _word(left, _EDGE - 8, up),
        *marks,
    ]


def _points(left: float, values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(left + x * _SIDE, _EDGE + (1 - y) * _SIDE) for x, y in values]


def _line(
    left: float, values: Sequence[tuple[float, float]], colour: str, dashed: bool = False
) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(left, values))
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dots(left: float, values: Sequence[tuple[float, float]], colour: str) -> list[str]:
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        for x, y in _points(left, values)
    ]
