"""The parts of a campaign's definition, each a value; bot.campaign.document.reading reads them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import time
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several texts; an audience member sees it with chance weight / sum of weights."""

    name: str
    weight: float
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A template message: its library id and the text for each field."""

    template_id: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reminder:
    """The service notice for who claimed this campaign's coupon and has not redeemed it."""

    template_id: str
    fields: dict[str, str]
    hours_before_expiry: float = 24.0


@dataclass(frozen=True, slots=True)
class Audience:
    """Slugs of segments: those of `segments`, with those of `also` and on `lists`, without those of
    `excluded`.

    match   any: in at least one of `segments`; all: in each of them
    lists   segments whose uploaded lists are meant, whatever their rules say
    """

    segments: tuple[str, ...] = ()
    match: Literal["any", "all"] = "any"
    also: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def named(self) -> tuple[str, ...]:
        """Every segment that it speaks of, once."""
        return tuple(dict.fromkeys([*self.segments, *self.also, *self.lists, *self.excluded]))

    def document(self) -> dict[str, Any]:
        found = {
            self.match: self.segments,
            "also": self.also,
            "lists": self.lists,
            "except": self.excluded,
        }
        return {name: list(slugs) for name, slugs in found.items() if slugs}


@dataclass(frozen=True, slots=True)
class Goal:
    """The act that the campaign is for: an event of this kind with these facts.

    within_days   counted from the send; None: as long as results are credited (attribution_days)
    """

    event: str
    where: dict[str, str | float | bool]
    within_days: float | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Runs again and again, each a generation of its own.

    cron       five fields: minute hour day month weekday (0 and 7: Sunday), by the clock of `zone`
    times      so many runs at most; None: until schedule.until, or for ever
    catch_up   what happens to occurrences that nobody was there for: one late run for all of them,
               or none
    """

    cron: str
    zone: str
    times: int | None = None
    catch_up: Literal["one", "none"] = "one"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes out: messages a minute at most (None: as the quota lets), and minutes from
    the first small batches to the full rate (0: at once)."""

    per_minute: int | None = None
    ramp_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Winner:
    """After so many hours the best variant by this metric goes to everybody who still waits."""

    after_hours: float
    metric: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants as an experiment.

    key     assignment is sticky by it: campaigns of one key show a follower the same variant
    group   experiments of one group exclude each other; "": in none
    bandit  weights follow the results
    """

    key: str
    group: str = ""
    bandit: bool = False
    winner: Winner | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Whoever left the last `after_unanswered` marketing messages unanswered has peace for `days`
    after the last of them."""

    after_unanswered: int
    days: int


@dataclass(frozen=True, slots=True)
class Variety:
    """No second marketing message about the same topic within so many days."""

    same_topic_days: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several offers. margin_fen: what a redemption earns before the coupon's own cost;
    None: the account's margin of the least that the coupon makes one spend."""

    batch: str  # slug of a coupon batch
    margin_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Several offers, of which each follower gets the one by which all together are worth most.

    minimum_fen  who is worth less with each of them gets none
    assumed      chance of a redemption where no model is in use: twice that at full interest
    by           response: who takes the coupon; uplift: whom the message moves to buy
    leaver_fen   what is lost with a follower whom one message too many drives away
    """

    offers: tuple[Choice, ...]
    minimum_fen: int = 0
    assumed: float = 0.05
    by: Literal["response", "uplift"] = "response"
    leaver_fen: int = 0

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "offers": [asdict(one) for one in self.offers]}


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Caps count this account's marketing sends to one follower in the last 1, 7 and 30 days.

    None: no cap of that kind. Quiet hours run from `quiet_from` to `quiet_to` in the account's
    zone, over midnight where the first is later; both None: there are none.

    when_capped   skip: who is at a cap gets nothing of this run; wait: is asked again next day
    yield_hours   a campaign of higher priority that is to reach the same follower within so many
                  hours goes first, where the caps leave room for one only
    also_quiet    the house's quiet hours beside the campaign's own (see document.house);
                  no document has them
    """

    per_day: int | None = 1
    per_week: int | None = 2
    per_month: int | None = 4
    quiet_from: time | None = time(21)
    quiet_to: time | None = time(9)
    rest: Rest | None = None
    variety: Variety | None = None
    when_capped: Literal["skip", "wait"] = "skip"
    yield_hours: int = 24
    also_quiet: tuple[time, time] | None = None

    def document(self) -> dict[str, Any]:
        quiet = [f"{t:%H:%M}" for t in (self.quiet_from, self.quiet_to) if t is not None]
        return {
            "per_day": self.per_day,
            "per_week": self.per_week,
            "per_month": self.per_month,
            "quiet_hours": quiet or None,
            "rest": asdict(self.rest) if self.rest else None,
            "variety": asdict(self.variety) if self.variety else None,
            "when_capped": self.when_capped,
            "yield_hours": self.yield_hours,
        }
