"""The words of the follower's own page: finished text for the template, in his language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.i18n import t
from bot.profile.charts import Chart, charts_of
from bot.profile.picture import Picture
from bot.profile.reckoned import Reckoned, reckoned
from bot.profile.words import LANGUAGES, Words, yuan
from bot.store.consents import Said
from bot.values.audience import FollowerState
from bot.web.timeline_page import TimelinePage

MOST_TOPICS = 12


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
    reckoned: tuple[Reckoned, ...]
    timeline: TimelinePage
    attributes: tuple[tuple[str, str, str, str], ...]  # name, title, value, since
    tags: tuple[tuple[str, str], ...]
    names: tuple[tuple[str, str], ...]  # kind, value masked
    joins: tuple[str, ...]  # why they are taken to be his
    segments: tuple[str, ...]
    switches: tuple[Switch, ...]
    topics: tuple[Switch, ...]
    words: tuple[tuple[str, str], ...]  # what was agreed to: (when, what)


def page_of(
    person: FollowerState,
    picture: Picture,
    names: Mapping[str, Any],
    timeline: TimelinePage,
    segments: Iterable[str],
    said: Iterable[Said],
    choices: Mapping[str, bool],
    w: Words,
) -> MePage:
    """`names` is what bot.profile.identity_view tells."""
    told = picture.told
    return MePage(
        w.lang,
        other_language(w.lang),
        tuple(_facts(person, told, w)),
        charts_of(picture, w),
        tuple(reckoned(told, w)),
        timeline,
        tuple(
            (
                name,
                w.attribute(name),
                str(held["value"]),
                w.day(datetime.fromisoformat(held["since"])),
            )
            for name, held in told["attributes"].items()
        ),
        tuple((tag, w.t(f"source.{held['source']}")) for tag, held in told["tags"].items()),
        tuple(
            (t(f"identity.kind.{one['kind']}", w.lang), one["value"]) for one in names["identities"]
        ),
        tuple(one["sentence"] for one in names["joins"]),
        tuple(segments),
        (
            _switch("marketing", person.opted_out_at is None and person.marketing_consent, w),
            _switch("personalisation", person.personalised, w),
        ),
        tuple(_topics(picture, choices, w)),
        tuple((w.moment(one.at), w.consent(one)) for one in said),
    )


def other_language(lang: str) -> str:
    return next(other for other in LANGUAGES if other != lang)


def _facts(person: FollowerState, told: Mapping[str, Any], w: Words) -> Iterable[tuple[str, str]]:
    counts = told["counts"]
    messages = sum(n for kind, n in counts.items() if kind.startswith("message."))
    orders, coupons = told["orders"], told["coupons"]
    yield w.t("fact.stage"), w.t(f"stage.{person.stage}")
    yield w.t("fact.messages"), str(messages)
    yield w.t("fact.clicks"), str(counts.get("click", 0))
    yield w.t("fact.orders"), w.t("orders", count=orders["count"], yuan=yuan(orders["spent_fen"]))
    yield w.t("fact.coupons"), w.t("coupons", **coupons)
    if told["best_hour"] is not None:
        yield w.t("fact.hour"), f"{told['best_hour']:02d}:00"
    yield w.t("fact.events"), str(sum(counts.values()))


def _switch(purpose: str, on: bool, w: Words) -> Switch:
    return Switch("consent", purpose, w.t(f"purpose.{purpose}"), w.t(f"purpose.{purpose}.why"), on)


def _topics(picture: Picture, choices: Mapping[str, bool], w: Words) -> Iterable[Switch]:
    """What they like by what they did, and what they said themselves."""
    names = dict.fromkeys([one["topic"] for one in picture.interests[:MOST_TOPICS]])
    for name in [*names, *(name for name in choices if name not in names)]:
        yield Switch("topic", name, w.topic(name), "", choices.get(name, True))
