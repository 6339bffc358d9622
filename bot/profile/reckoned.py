"""What is reckoned of a follower beside the charts, in words: rhythm of purchases, mood, the best
time, how much is enough, company. Each with what it is reckoned from; the unknown is left out.

The same figures are said to a marketer plainly, and to the follower himself kindly (catalogue
"fan." and "me.").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bot.profile.words import Words

Part = Mapping[str, Any]


class Reckoned(NamedTuple):
    """`slug` names the part, `stands` says how it is, `because` from what."""

    slug: str
    title: str
    stands: str
    because: str


def reckoned(told: Mapping[str, Any], w: Words) -> list[Reckoned]:
    """`told` is what bot.profile.features.explain says."""
    found = []
    for slug, said in _SAID.items():
        part = told.get(slug)
        if part:
            stands, because = said(part, w)
            found.append(Reckoned(slug, w.t(f"reckoned.{slug}"), stands, because))
    return found


def _cycle(part: Part, w: Words) -> tuple[str, str]:
    stands = w.t(f"cycle.{part['state']}", expected=part["expected"], overdue=part["overdue_days"])
    because = w.t(
        "cycle.because", days=part["purchase_days"], every=f"{part['every_days']:g}",
        spread=f"{part['give_or_take_days']:g}", last=part["last"],
        sure=round(100 * part["sure"]),
    )  # fmt: skip
    return stands, because


def _sentiment(part: Part, w: Words) -> tuple[str, str]:
    recent = part["last_90_days"]
    stands = w.t(f"sentiment.{recent['turn'] or 'unknown'}", mean=_mean(recent["mean"]))
    because = w.t(
        "sentiment.because", mean=_mean(recent["mean"]), messages=recent["messages"],
        before=_mean(recent["before_mean"]), earlier=recent["before_messages"],
    )  # fmt: skip
    return stands, because


def _mean(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _best_hours(part: Part, w: Words) -> tuple[str, str]:
    days = w.t("weekdays").split(" ")
    hours = w.joined([f"{one['hour']:02d}:00" for one in part["hours"]])
    weekdays = w.joined([days[one["weekday"]] for one in part["weekdays"]])
    key = "best_hours.because" if part["people"] else "best_hours.alone"
    because = w.t(
        key, acts=part["acts"], taps=part["taps"],
        own=round(100 * part["own"]), people=f"{part['people']:,}",
    )  # fmt: skip
    return w.t("best_hours.stands", hours=hours, weekdays=weekdays), because


def _fatigue(part: Part, w: Words) -> tuple[str, str]:
    until, score = part.get("rest_until"), round(100 * part["score"])
    if part["rest"] and until:
        stands = w.t("fatigue.rest", until=w.day(datetime.fromisoformat(until)), score=score)
    else:
        stands = w.t("fatigue.never" if part["rest"] else "fatigue.fresh", score=score)
    reasons = [w.t(f"fatigue.why.{one['why']}", count=one["count"]) for one in part["reasons"]]
    return stands, w.joined(reasons) or w.t("fatigue.because.nothing")


def _social(part: Part, w: Words) -> tuple[str, str]:
    friends = part.get("friends")
    acts = w.t(
        "social.acts", moments=part["moments"], comments=part["comments"], shares=part["shares"],
        favourites=part["favourites"], groups=part["groups"],
    )  # fmt: skip
    if not friends:
        return acts, ""
    shared = [
        w.t("social.shared", topic=w.topic(topic), friends=one["friends"])
        for topic, one in friends["shared"].items()
    ]
    return w.t("social.friends", count=friends["count"], acts=acts), w.joined(shared)


_SAID = {
    "cycle": _cycle,
    "best_hours": _best_hours,
    "fatigue": _fatigue,
    "sentiment": _sentiment,
    "social": _social,
}


def turns(told: Mapping[str, Any]) -> Iterable[tuple[str, float, int]]:
    """(Monday, mean feeling -1..1, messages) of each week in which somebody showed any."""
    for one in (told.get("sentiment") or {}).get("weeks", ()):
        yield one["from"], one["mean"], one["messages"]
