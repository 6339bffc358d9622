"""The words of the follower's own page: finished text for the template, in his language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms
from bot.i18n import catalogue, t
from bot.profile.fold import State
from bot.profile.picture import Picture
from bot.store.consents import Said
from bot.values.audience import FollowerState

LANGUAGES = ("zh", "en")
MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a chart's table: what stands at the axis, the figure, and the figure in words."""

    label: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A table that a script may draw. kind: bars (lying), columns, line, steps."""

    slug: str
    kind: str
    title: str
    label: str  # what the first column holds
    unit: str  # what the figures are
    rows: tuple[Row, ...]
    note: str = ""
    most: float = 0  # the end of the scale, 0 for the greatest figure


@dataclass(frozen=True, slots=True)
class Switch:
    """Something to be switched on or off. `name`: the purpose, or the topic."""

    kind: str
    name: str
    title: str
    why: str
    on: bool


@dataclass(frozen=True, slots=True)
class MePage:
    lang: str
    other: str
    facts: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    acts: tuple[tuple[str, str], ...]  # (when, what), the newest first
    attributes: tuple[tuple[str, str, str], ...]  # name, value, since
    tags: tuple[tuple[str, str], ...]
    segments: tuple[str, ...]
    switches: tuple[Switch, ...]
    topics: tuple[Switch, ...]
    words: tuple[tuple[str, str], ...]  # what was agreed to: (when, what)


def page_of(
    person: FollowerState,
    state: State,
    picture: Picture,
    told: Mapping[str, Any],
    segments: Iterable[str],
    said: Iterable[Said],
    choices: Mapping[str, bool],
    lang: str,
    zone: ZoneInfo,
) -> MePage:
    """`told` is what bot.profile.features.explain says."""
    w = _Words(lang, zone)
    return MePage(
        lang,
        next(other for other in LANGUAGES if other != lang),
        tuple(_facts(person, told, w)),
        tuple(chart for chart in _charts(picture, w) if chart.rows),
        tuple((w.moment(act.at), w.act(act.kind)) for act in picture.acts),
        tuple(
            (name, str(held["value"]), w.day(state["attrs"][name][1]))
            for name, held in told["attributes"].items()
        ),
        tuple((tag, w.t(f"me.source.{held['source']}")) for tag, held in told["tags"].items()),
        tuple(segments),
        (
            _switch("marketing", person.opted_out_at is None and person.marketing_consent, w),
            _switch("personalisation", person.personalised, w),
        ),
        tuple(_topics(picture, choices, w)),
        tuple((w.moment_of(one.at), w.consent(one)) for one in said),
    )


class _Words:
    """One language and zone."""

    def __init__(self, lang: str, zone: ZoneInfo) -> None:
        self.lang, self.zone = lang, zone

    def t(self, key: str, **values: object) -> str:
        """The words for a key, or its last part where a shop has words of its own."""
        if key not in catalogue(self.lang):
            return key.rsplit(".", 1)[-1]
        return t(key, self.lang, **values)

    def moment_of(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def moment(self, ms: int) -> str:
        return self.moment_of(from_ms(ms))

    def day(self, ms: int) -> str:
        return f"{from_ms(ms).astimezone(self.zone):%Y-%m-%d}"

    def topic(self, name: str) -> str:
        return catalogue(self.lang).get(f"topic.{name}", name)

    def act(self, kind: str) -> str:
        words = catalogue(self.lang)
        family = kind.split(".")[0]
        return words.get(f"me.act.{kind}") or words.get(f"me.act.{family}") or kind

    def consent(self, said: Said) -> str:
        what = self.t(f"me.purpose.{said.purpose}")
        word = self.t("me.given" if said.given else "me.withdrawn")
        wording = f" ({said.wording})" if said.wording else ""
        return f"{what}: {word} · {self.t(f'me.how.{said.how}')}{wording}"


def _facts(person: FollowerState, told: Mapping[str, Any], w: _Words) -> Iterable[tuple[str, str]]:
    counts = told["counts"]
    messages = sum(n for kind, n in counts.items() if kind.startswith("message."))
    orders, coupons = told["orders"], told["coupons"]
    yield w.t("me.fact.stage"), w.t(f"me.stage.{person.stage}")
    yield w.t("me.fact.messages"), str(messages)
    yield w.t("me.fact.clicks"), str(counts.get("click", 0))
    yield w.t("me.fact.orders"), w.t("me.orders", count=orders["count"], yuan=_yuan(orders))
    yield w.t("me.fact.coupons"), w.t("me.coupons", **coupons)
    if told["best_hour"] is not None:
        yield w.t("me.fact.hour"), f"{told['best_hour']:02d}:00"
    yield w.t("me.fact.events"), str(sum(counts.values()))


def _yuan(orders: Mapping[str, Any]) -> str:
    whole, rest = divmod(orders["spent_fen"], 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def _charts(picture: Picture, w: _Words) -> Iterable[Chart]:
    t = w.t
    score = t("me.unit.score")
    yield Chart(
        "interests", "bars", t("me.chart.interests"), t("me.topic"), score,
        tuple(_interest(one, w) for one in picture.interests[:MOST_ROWS]),
        t("me.why.interests"), 100,
    )  # fmt: skip
    acts = t("me.unit.acts")
    if any(picture.hours):
        yield Chart(
            "hours", "columns", t("me.chart.hours"), t("me.hour"), acts,
            tuple(Row(f"{hour:02d}", n, str(n)) for hour, n in enumerate(picture.hours)),
        )  # fmt: skip
        days = t("me.weekdays").split(" ")
        yield Chart(
            "weekdays", "columns", t("me.chart.weekdays"), t("me.weekday"), acts,
            tuple(Row(day, n, str(n)) for day, n in zip(days, picture.weekdays, strict=True)),
        )  # fmt: skip
        yield Chart(
            "weeks", "line", t("me.chart.weeks"), t("me.week"), acts,
            tuple(Row(w.day(at), n, str(n)) for at, n in picture.weeks),
        )  # fmt: skip
    yield Chart(
        "stages", "steps", t("me.chart.stages"), t("me.since"), t("me.fact.stage"),
        tuple(
            Row(w.day(at), _HEIGHT.get(stage, 0), t(f"me.stage.{stage}"))
            for at, stage in picture.stages
        ),
        t("me.why.stages"),
    )  # fmt: skip
    yield Chart(
        "place", "bars", t("me.chart.place"), t("me.measure"), t("me.unit.ahead"),
        tuple(
            Row(t(f"me.measure.{p.measure}"), p.ahead_of, t("me.ahead", percent=p.ahead_of))
            for p in picture.places
        ),
        t("me.why.place", people=f"{picture.people:,}"), 100,
    )  # fmt: skip


# How high a stage stands in the drawing.
_HEIGHT = {"gone": 0, "sleeping": 1, "new": 2, "active": 3, "customer": 4, "loyal": 5}


def _interest(one: Mapping[str, Any], w: _Words) -> Row:
    percent = round(100 * one["score"])
    why = w.t(
        "me.evidence", percent=percent, times=f"{one['mentioned']:g}", days=one["days"],
        ago=one["last_days_ago"],
    )  # fmt: skip
    return Row(w.topic(one["topic"]), percent, why)


def _switch(purpose: str, on: bool, w: _Words) -> Switch:
    return Switch(
        "consent", purpose, w.t(f"me.purpose.{purpose}"), w.t(f"me.purpose.{purpose}.why"), on
    )


def _topics(picture: Picture, choices: Mapping[str, bool], w: _Words) -> Iterable[Switch]:
    """What they like by what they did, and what they said themselves."""
    names = dict.fromkeys([one["topic"] for one in picture.interests[:MOST_ROWS]])
    for name in [*names, *(name for name in choices if name not in names)]:
        yield Switch("topic", name, w.topic(name), "", choices.get(name, True))
