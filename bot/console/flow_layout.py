"""Where the boxes and arrows of a flow stand on a canvas. Pure; nothing of journeys is known here.

In the manner of K. Sugiyama: arrows that go back are set aside, each box stands in the row of its
longest way from the beginning, an arrow over several rows gets a place in each that it passes, the
rows are put in order by the middle of what they lead to, and then moved as little as possible.
Arrows that go back run in the gaps between rows and up the right side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDE, HIGH = 208, 96  # of a box
GAP_X, GAP_Y = 28, 80
PORT = 88  # room of one way out: for its label
_THIN = 20  # of an arrow's place in a row that it passes
_MARGIN = 16
_CHANNEL = 16
_SWEEPS = 6

Key = tuple[str, ...]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its upper left corner, in pixels."""

    id: str
    x: float
    y: float
    wide: float
    row: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """The way `number` (from 0) out of `start`; `end` "" where it leads nowhere yet.

    points   where it begins, the places it passes, where it ends
    """

    start: str
    number: int
    end: str
    points: tuple[Point, ...]
    back: bool = False

    @property
    def path(self) -> str:
        """As the `d` of an SVG path: straight where it goes back, else in curves."""
        (x, y), *rest = self.points
        parts = [f"M{x:.0f} {y:.0f}"]
        for to_x, to_y in rest:
            half = (y + to_y) / 2
            straight = self.back or x == to_x
            parts.append(
                f"L{to_x:.0f} {to_y:.0f}"
                if straight
                else f"C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} {to_x:.0f} {to_y:.0f}"
            )
            x, y = to_x, to_y
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]
    wide: float
    high: float


def layout(flow: Mapping[str, Sequence[str]]) -> Drawing:
    """flow: box -> where each of its ways leads, in order; the first box is the beginning. A way to
    a box that is not there leads nowhere."""
    known = {key: [to if to in flow else "" for to in ways] for key, ways in flow.items()}
    back = _back(known)
    rows = _rows(known, back)
    links, passed = _links(known, back, rows)
    order = _ordered(rows, links)
    widths = {key: _width(known, key) for row in order for key in row}
    middles = _placed(order, links, widths)
    return _drawn(known, back, order, passed, middles, widths)


def _width(flow: Mapping[str, Sequence[str]], key: Key) -> float:
    return max(WIDE, PORT * len(flow[key[0]])) if len(key) == 1 else _THIN


def _back(flow: Mapping[str, Sequence[str]]) -> set[tuple[str, int]]:
    """(box, number of the way) that lead to a box on the way to them."""
    found: set[tuple[str, int]] = set()
    done: set[str] = set()
    for root in flow:
        open_: list[tuple[str, int]] = [(root, 0)] if root not in done else []
        above = {root}
        while open_:
            at, number = open_.pop()
            if number == len(flow[at]):
                done.add(at)
                above.discard(at)
                continue
            open_.append((at, number + 1))
            to = flow[at][number]
            if to and to in above:
                found.add((at, number))
            elif to and to not in done:
                above.add(to)
                open_.append((to, 0))
    return found


def _rows(flow: Mapping[str, Sequence[str]], back: set[tuple[str, int]]) -> dict[str, int]:
    """Box -> its row: the longest way from a beginning. One that nothing leads to is in row 1."""
    first = next(iter(flow))
    before: dict[str, set[str]] = {key: set() for key in flow}
    for key, ways in flow.items():
        for number, to in enumerate(ways):
            if to and (key, number) not in back:
                before[to].add(key)
    found: dict[str, int] = {}
    while len(found) < len(flow):
        for key in flow:
            if key not in found and before[key] <= found.keys():
                above = [found[one] for one in before[key]]
                found[key] = max(above, default=-1 if key == first else 0) + 1
    return found


def _links(
    flow: Mapping[str, Sequence[str]], back: set[tuple[str, int]], rows: dict[str, int]
) -> tuple[list[tuple[Key, Key]], dict[tuple[str, int], list[Key]]]:
    """(links between neighbouring rows, the places that each way passes). Places are put into
    `rows` under their joined name."""
    links: list[tuple[Key, Key]] = []
    passed: dict[tuple[str, int], list[Key]] = {}
    for key in list(flow):
        for number, to in enumerate(flow[key]):
            if not to or (key, number) in back:
                continue
            between = [(key, str(number), str(row)) for row in range(rows[key] + 1, rows[to])]
            passed[key, number] = list(between)
            chain: list[Key] = [(key,), *between, (to,)]
            links += pairwise(chain)
    return links, passed


def _ordered(rows: Mapping[str, int], links: Sequence[tuple[Key, Key]]) -> list[list[Key]]:
    """The rows from left to right, so that few arrows cross."""
    found: list[list[Key]] = [[] for _ in range(max(rows.values()) + 1)]
    for box, number in rows.items():
        found[number].append((box,))
    for place in (key for link in links for key in link if len(key) > 1):
        if place not in found[int(place[2])]:
            found[int(place[2])].append(place)
    above, below = _neighbours(links)
    for _ in range(_SWEEPS):
        for row, other in pairwise(found[::-1]):
            _sort(other, row, below)
        for row, other in pairwise(found):
            _sort(other, row, above)
    return found


Neighbours = dict[Key, list[Key]]


def _neighbours(links: Sequence[tuple[Key, Key]]) -> tuple[Neighbours, Neighbours]:
    above: Neighbours = {}
    below: Neighbours = {}
    for start, end in links:
        above.setdefault(end, []).append(start)
        below.setdefault(start, []).append(end)
    return above, below


def _sort(row: list[Key], other: list[Key], near: Neighbours) -> None:
    place = {key: at for at, key in enumerate(other)}
    here = {key: at for at, key in enumerate(row)}

    def middle(key: Key) -> float:
        places = [place[one] for one in near.get(key, ())]
        return sum(places) / len(places) if places else here[key]

    row.sort(key=middle)


def _placed(
    order: list[list[Key]], links: Sequence[tuple[Key, Key]], widths: Mapping[Key, float]
) -> dict[Key, float]:
    """The middle of each, as near to those of its neighbours as the row allows."""
    above, below = _neighbours(links)
    found: dict[Key, float] = {}
    for row in order:
        x = 0.0
        for key in row:
            found[key] = x + widths[key] / 2
            x += widths[key] + GAP_X
    for _ in range(_SWEEPS):
        for row in order:
            _settle(row, above, widths, found)
        for row in reversed(order):
            _settle(row, below, widths, found)
    left = min(found[key] - widths[key] / 2 for key in found)
    return {key: x - left + _MARGIN for key, x in found.items()}


def _settle(
    row: list[Key], near: Neighbours, widths: Mapping[Key, float], found: dict[Key, float]
) -> None:
    """Move a row towards the wished middles with the least squares that keep boxes apart: by
    pooling neighbours that would overlap (isotonic regression)."""
    offset, offsets, blocks = 0.0, [], []  # blocks: [sum of wishes, how many]
    for number, key in enumerate(row):
        if number:
            offset += (widths[row[number - 1]] + widths[key]) / 2 + GAP_X
        offsets.append(offset)
        places = [found[one] for one in near.get(key, ())]
        wish = sum(places) / len(places) if places else found[key]
        blocks.append([wish - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, many = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += many
    wanted = [total / many for total, many in blocks for _ in range(int(many))]
    for key, at, shift in zip(row, wanted, offsets, strict=True):
        found[key] = at + shift


def _drawn(
    flow: Mapping[str, Sequence[str]],
    back: set[tuple[str, int]],
    order: list[list[Key]],
    passed: Mapping[tuple[str, int], list[Key]],
    middles: Mapping[Key, float],
    widths: Mapping[Key, float],
) -> Drawing:
    boxes = {
        key[0]: Box(key[0], middles[key] - widths[key] / 2, _top(row), widths[key], row)
        for row, keys in enumerate(order)
        for key in keys
        if len(key) == 1
    }
    right = max(middles[key] + widths[key] / 2 for key in middles)
    arrows = []
    for key, ways in flow.items():
        for place, number in enumerate(_by_place(key, ways, back, passed, middles)):
            begin = _port(boxes[key], place, len(ways))
            to = ways[number]
            if (key, number) in back:
                right += _CHANNEL
                points = _around(begin, boxes[key], boxes[to], right)
            else:
                points = _down(begin, to, passed.get((key, number), []), middles, boxes)
            arrows.append(Arrow(key, number, to, points, (key, number) in back))
    high = _top(len(order)) - GAP_Y * 0.2  # room for arrows that go back below the last row
    return Drawing(boxes, tuple(arrows), right + _MARGIN, high)


def _top(row: int) -> float:
    return _MARGIN + row * (HIGH + GAP_Y)


def _by_place(
    key: str,
    ways: Sequence[str],
    back: set[tuple[str, int]],
    passed: Mapping[tuple[str, int], list[Key]],
    middles: Mapping[Key, float],
) -> list[int]:
    """The ways from left to right as they go on; those that go back at the right."""

    def goes_to(number: int) -> float:
        if (key, number) in back:
            return float("inf")
        chain = passed.get((key, number)) or ([(ways[number],)] if ways[number] else [(key,)])
        return middles[chain[0]]

    return sorted(range(len(ways)), key=goes_to)


def _port(box: Box, place: int, many: int) -> Point:
    return box.x + box.wide * (place + 0.5) / many, box.y + HIGH


def _down(
    begin: Point,
    to: str,
    between: Sequence[Key],
    middles: Mapping[Key, float],
    boxes: Mapping[str, Box],
) -> tuple[Point, ...]:
    points = [begin]
    for key in between:
        y = _top(int(key[2]))
        points += [(middles[key], y), (middles[key], y + HIGH)]
    if to:
        points.append((middles[(to,)], boxes[to].y))
    else:
        points.append((begin[0], begin[1] + GAP_Y / 3))
    return tuple(points)


def _around(begin: Point, start: Box, end: Box, channel: float) -> tuple[Point, ...]:
    """Down into the gap, right, up, left in the gap above, down to the box."""
    out, into = start.y + HIGH + GAP_Y * 0.7, end.y - GAP_Y * 0.2
    top = end.x + end.wide * 0.8
    return begin, (begin[0], out), (channel, out), (channel, into), (top, into), (top, end.y)
