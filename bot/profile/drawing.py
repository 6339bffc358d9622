"""The charts of a picture as one SVG for a file: drawn from the same tables as the pages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import cos, pi, sin

from bot.profile.charts import Chart

_WIDTH, _LEFT, _RIGHT = 720, 130, 24
_INK, _SOFT, _LINE, _CHART = "#1f2329", "#565d66", "#d8dce0", "#2a78d6"
_TITLE, _GAP, _ROW, _TALL, _ROUND = 34, 26, 24, 150, 110


def svg(charts: Sequence[Chart], title: str) -> str:
    """One panel below the other; each with its sentence for who does not see it."""
    parts, top = [], 44.0
    for chart in charts:
        height = _height(chart)
        parts += [
            f'<g role="img"><title>{escape(chart.said)}</title>',
            _text(16, top + 20, chart.title, 16, weight="bold"),
            *_DRAWN[chart.kind](chart, top + _TITLE, height),
            "</g>",
        ]
        top += _TITLE + height + _GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top:g}"'
            f' width="{_WIDTH}" height="{top:g}" role="group" aria-label="{escape(title)}"'
            ' font-family="system-ui, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif">',
            f'<rect width="{_WIDTH}" height="{top:g}" fill="#fff"/>',
            _text(16, 30, title, 20, weight="bold"),
            *parts,
            "</svg>\n",
        ]
    )


def _height(chart: Chart) -> float:
    if chart.kind == "bars":
        return len(chart.rows) * _ROW
    return 2.0 * _ROUND + 50 if chart.kind == "radar" else _TALL + 22


def _text(
    x: float, y: float, words: str, size: int = 12, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
        f' font-weight="{weight}" fill="{_INK}">{escape(words)}</text>'
    )


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _scale(chart: Chart) -> tuple[float, float]:
    """The least value and the span; a span of 0 would divide."""
    most = chart.most or max(row.value for row in chart.rows)
    return chart.least, (most - chart.least) or 1.0


def _bars(chart: Chart, top: float, _: float) -> Iterator[str]:
    least, span = _scale(chart)
    room = _WIDTH - _LEFT - _RIGHT - 260
    for number, row in enumerate(chart.rows):
        y = top + number * _ROW
        width = max(0.0, (row.value - least) / span * room)
        yield _text(_LEFT - 8, y + 15, _short(row.label, 12), anchor="end")
        yield f'<rect x="{_LEFT}" y="{y + 4:.1f}" width="{width:.1f}" height="15" fill="{_CHART}"/>'
        yield _text(_LEFT + width + 8, y + 15, _short(row.words, 40), 11)


def _places(chart: Chart, top: float) -> list[tuple[float, float]]:
    """Where each row's figure stands, from left to right."""
    least, span = _scale(chart)
    step = (_WIDTH - 40 - _RIGHT) / len(chart.rows)
    return [
        (40 + (number + 0.5) * step, top + _TALL - (row.value - least) / span * (_TALL - 16))
        for number, row in enumerate(chart.rows)
    ]


def _ends(chart: Chart, top: float) -> Iterator[str]:
    """The least and the greatest figure of the scale, at its left."""
    least, span = _scale(chart)
    yield _text(34, top + 20, f"{least + span:g}", 11, "end")
    yield _text(34, top + _TALL + 4, f"{least:g}", 11, "end")


def _axis(chart: Chart, places: Sequence[tuple[float, float]], top: float) -> Iterator[str]:
    rows, y = chart.rows, top + _TALL
    yield f'<path d="M40 {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_LINE}" fill="none"/>'
    most = 7 if max(len(row.label) for row in rows) > 5 else 12  # labels that fit side by side
    every = max(1, -(-len(rows) // most))
    for number, (row, (x, _)) in enumerate(zip(rows, places, strict=True)):
        if number % every == 0:
            yield _text(x, y + 16, _short(row.label, 10), 11, "middle")


def _columns(chart: Chart, top: float, _: float) -> Iterator[str]:
    places = _places(chart, top)
    wide = min(22.0, 0.7 * (_WIDTH - 64) / len(places))
    for x, y in places:
        tall = top + _TALL - y
        yield (
            f'<rect x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
            f' fill="{_CHART}"/>'
        )
    yield from _ends(chart, top)
    yield from _axis(chart, places, top)


def _line(chart: Chart, top: float, _: float) -> Iterator[str]:
    places = _places(chart, top)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{points}" fill="none" stroke="{_CHART}" stroke-width="2"/>'
    yield from _ends(chart, top)
    yield from _axis(chart, places, top)


def _steps(chart: Chart, top: float, _: float) -> Iterator[str]:
    places = _places(chart, top)
    across = [f"M{places[0][0]:.1f} {places[0][1]:.1f}"]
    across += [f"H{x:.1f}V{y:.1f}" for x, y in places[1:]]
    across.append(f"H{_WIDTH - _RIGHT}")
    yield f'<path d="{"".join(across)}" fill="none" stroke="{_CHART}" stroke-width="2"/>'
    for row, (x, y) in zip(chart.rows, places, strict=True):
        yield _text(x + 4, y - 6, _short(row.words, 12), 12)
    yield from _axis(chart, places, top)


def _radar(chart: Chart, top: float, height: float) -> Iterator[str]:
    least, span = _scale(chart)
    middle, level = _WIDTH / 2, top + height / 2
    turns = [2 * pi * number / len(chart.rows) for number in range(len(chart.rows))]

    def corner(turn: float, share: float) -> str:
        x, y = middle + sin(turn) * share * _ROUND, level - cos(turn) * share * _ROUND
        return f"{x:.1f},{y:.1f}"

    for ring in (0.25, 0.5, 0.75, 1.0):
        points = " ".join(corner(turn, ring) for turn in turns)
        yield f'<polygon points="{points}" fill="none" stroke="{_LINE}"/>'
    shares = [(row.value - least) / span for row in chart.rows]
    points = " ".join(map(corner, turns, shares))
    yield f'<polygon points="{points}" fill="{_CHART}" fill-opacity=".2" stroke="{_CHART}"/>'
    for turn, row in zip(turns, chart.rows, strict=True):
        x, y = middle + sin(turn) * (_ROUND + 14), level - cos(turn) * (_ROUND + 14) + 4
        anchor = "middle" if abs(sin(turn)) < 0.2 else "start" if sin(turn) > 0 else "end"
        yield _text(x, y, f"{_short(row.label, 12)} {row.words}", 12, anchor)


_DRAWN: dict[str, Callable[[Chart, float, float], Iterator[str]]] = {
    "bars": _bars,
    "columns": _columns,
    "line": _line,
    "steps": _steps,
    "radar": _radar,
}
