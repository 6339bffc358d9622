"""A picture as tables that a script, a drawing or a line of text may show: finished words.

The table is the thing; what is drawn is drawn from it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.profile.picture import Picture
from bot.profile.reckoned import turns
from bot.profile.words import MARKETER, Words

MOST_ROWS = 12
RADAR = range(3, 9)  # with fewer corners there is no shape, with more no reader
# How high a stage stands in the drawing.
_HEIGHT = {"gone": 0, "sleeping": 1, "new": 2, "active": 3, "customer": 4, "loyal": 5}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a chart's table: what stands at the axis, the figure, and the figure in words."""

    label: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A table that may be drawn. kind: bars (lying), columns, line, steps, radar.

    said    what the drawing shows, in one sentence, for who does not see it
    least, most   the ends of the scale; `most` 0: the greatest figure
    """

    slug: str
    kind: str
    title: str
    label: str  # what the first column holds
    unit: str  # what the figures are
    rows: tuple[Row, ...]
    note: str = ""
    most: float = 0
    least: float = 0
    said: str = ""


def charts_of(picture: Picture, words: Words) -> tuple[Chart, ...]:
    """The charts that have something to show."""
    found = [
        *_liking(picture, words),
        *_rhythm(picture, words),
        *_moods(picture, words),
        *_standing(picture, words),
    ]
    return tuple(replace(one, said=_said(one, words)) for one in found if one.rows)


def _said(chart: Chart, w: Words) -> str:
    if chart.kind == "steps":
        steps = w.t("chart.then").join(f"{row.label} {row.words}" for row in chart.rows)
        return w.t("chart.said.steps", title=chart.title, steps=steps)
    top = max(chart.rows, key=lambda row: row.value)
    words = f"{top.value:g}"
    return w.t("chart.said", title=chart.title, count=len(chart.rows), top=top.label, value=words)


def _liking(picture: Picture, w: Words) -> Iterable[Chart]:
    score, topic = w.t("unit.score"), w.t("topic")
    known = picture.interests[:MOST_ROWS]
    radar = known[: RADAR[-1]]
    if w.reader == MARKETER and len(radar) in RADAR:
        yield Chart(
            "radar", "radar", w.t("chart.radar"), topic, w.t("unit.points"),
            tuple(_interest(one, w, f"{100 * one['score']:.0f}") for one in radar), "", 100,
        )  # fmt: skip
    yield Chart(
        "interests", "bars", w.t("chart.interests"), topic, score,
        tuple(_interest(one, w) for one in known), w.t("why.interests"), 100,
    )  # fmt: skip


def _interest(one: Mapping[str, Any], w: Words, words: str = "") -> Row:
    percent = round(100 * one["score"])
    why = words or w.t(
        "evidence", percent=percent, weight=round(one["mentioned"], 2), days=one["days"],
        ago=one["last_days_ago"],
    )  # fmt: skip
    return Row(w.topic(one["topic"]), percent, why)


def _rhythm(picture: Picture, w: Words) -> Iterable[Chart]:
    if not any(picture.hours):
        return
    acts = w.t("unit.acts")
    yield Chart(
        "hours", "columns", w.t("chart.hours"), w.t("hour"), acts,
        tuple(Row(f"{hour:02d}", n, str(n)) for hour, n in enumerate(picture.hours)),
    )  # fmt: skip
    days = w.t("weekdays").split(" ")
    yield Chart(
        "weekdays", "columns", w.t("chart.weekdays"), w.t("weekday"), acts,
        tuple(Row(day, n, str(n)) for day, n in zip(days, picture.weekdays, strict=True)),
    )  # fmt: skip
    yield Chart(
        "weeks", "line", w.t("chart.weeks"), w.t("week"), acts,
        tuple(Row(w.day_ms(at), n, str(n)) for at, n in picture.weeks),
    )  # fmt: skip


def _moods(picture: Picture, w: Words) -> Iterable[Chart]:
    """Weeks in which the messages showed a feeling, from two on."""
    rows = tuple(
        Row(day, mean, w.t("mood", mean=f"{mean:+.2f}", messages=messages))
        for day, mean, messages in turns(picture.told)
    )
    if len(rows) > 1:
        yield Chart(
            "moods", "line", w.t("chart.moods"), w.t("week"), w.t("unit.mood"), rows,
            w.t("why.moods"), 1, -1,
        )  # fmt: skip


def _standing(picture: Picture, w: Words) -> Iterable[Chart]:
    yield Chart(
        "stages", "steps", w.t("chart.stages"), w.t("since"), w.t("fact.stage"),
        tuple(
            Row(w.day_ms(at), _HEIGHT.get(stage, 0), w.t(f"stage.{stage}"))
            for at, stage in picture.stages
        ),
        w.t("why.stages"),
    )  # fmt: skip
    yield Chart(
        "place", "bars", w.t("chart.place"), w.t("measure"), w.t("unit.ahead"),
        tuple(
            Row(
                w.t(f"measure.{one.measure}"), one.ahead_of,
                w.t("ahead", percent=one.ahead_of, decile=one.decile),
            )
            for one in picture.places
        ),
        w.t("why.place", people=f"{picture.people:,}"), 100,
    )  # fmt: skip
