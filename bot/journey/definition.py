"""A journey as its marketer wrote it: steps, what leads in, what leads out. Values only.

`bot.journey.reading` makes a Flow of a document; docs/explanation/journeys.md says what each part
means, docs/reference/schemas/journey.json is the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from bot.campaign.document.definition import Definition
from bot.segment.looks import fits
from bot.segment.reading import Scalar, Where
from bot.segment.rules import Rule
from bot.store.segment_events import ENTERED, LEFT
from bot.values.audience import Purpose
from bot.values.facts import Seen, kinds_of

SLUG = r"[a-z0-9][a-z0-9-]{0,31}"
STEP = r"[a-z0-9][a-z0-9-]{0,15}"
BEST_HOUR = "best_hour"
SEND_WAYS = ("redeemed", "clicked", "sent", "failed", "skipped")


class Kind(StrEnum):
    """What a step does; the key that it has in the document."""

    WAIT = "wait"
    BRANCH = "branch"
    SPLIT = "split"
    OUTCOME = "outcome"
    SEND = "send"
    TAG = "tag"
    UNTAG = "untag"
    SET = "set"
    COUPON = "coupon"
    WEBHOOK = "webhook"
    HANDOFF = "handoff"
    START = "start"
    END = "end"


# What changes the world: once an entry each, and never for who is held out.
ACTIONS = frozenset(
    {Kind.SEND, Kind.TAG, Kind.UNTAG, Kind.SET, Kind.COUPON, Kind.WEBHOOK, Kind.HANDOFF, Kind.START}
)


@dataclass(frozen=True, slots=True)
class Listen:
    """Something that happens to a follower, as the event log has it.

    kinds  event kinds, any of them; scene: a pattern like store-*, "" for whatever scene
    """

    kinds: tuple[str, ...]
    where: Where = ()
    scene: str = ""

    def hears(self, kind: str, facts: Mapping[str, Any]) -> bool:
        if kind not in self.kinds or (self.where and not fits(self.where, Seen(0, facts))):
            return False
        scene = facts.get("scene")
        return not self.scene or (
            isinstance(scene, str) and bool(scene) and fnmatchcase(scene, self.scene)
        )

    @property
    def segment(self) -> str:
        """The segment whose comings or goings it is, "" for anything else."""
        return str(dict(self.where)["segment"]) if self.kinds[0] in (ENTERED, LEFT) else ""


def of_event(kind: str, where: Where = ()) -> Listen:
    return Listen(kinds_of(kind), where)


def of_scan(scene: str) -> Listen:
    """By a QR code of ours: a follower's scan, or following by it."""
    return Listen(("scan", "subscribe"), (), scene or "*")


def of_segment(slug: str, leaves: bool) -> Listen:
    return Listen((LEFT if leaves else ENTERED,), (("segment", slug),))


@dataclass(frozen=True, slots=True)
class OnDate:
    """A date in an attribute, `days_before` it (negative: after), at `hour` of the account's zone.

    yearly  its day and month count, as of a birthday
    """

    attribute: str
    days_before: int = 0
    hour: int = 9
    yearly: bool = True


@dataclass(frozen=True, slots=True)
class Trigger:
    """`when`: subscribe, scan, event and segment listen; date has a date; manual neither."""

    when: str
    listen: Listen | None = None
    date: OnDate | None = None


@dataclass(frozen=True, slots=True)
class Reentry:
    """Who has been through comes in again: never, after so many days since the last entry, always.

    most  entries of one follower in all
    """

    rule: str = "never"
    days: float = 0
    most: int = 1


@dataclass(frozen=True, slots=True)
class Exit:
    """Leads out. `why` becomes the run's outcome."""

    listen: Listen
    why: str = "left"


@dataclass(frozen=True, slots=True)
class Wait:
    """For `seconds`, then until the next `until` (HH:MM of the account's zone, best_hour, or "")
    on one of `weekdays` (1 Monday; none: any); or until something of `listen` happens before that.

    then, otherwise  where it goes on when it happened, and when time was over
    """

    seconds: int
    until: str
    weekdays: tuple[int, ...]
    listen: tuple[Listen, ...]
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Branch:
    """The first rule that holds shows the way: (rule, its document, step)."""

    ways: tuple[tuple[Rule, Any, str], ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Split:
    """By chance, and for one follower always the same: (step, weight)."""

    ways: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the send of a step before: SEND_WAYS in this order of precedence -> step."""

    of: str
    ways: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Send:
    """`document`: of its standing campaign; `definition` the same, read."""

    document: Mapping[str, Any]
    definition: Definition


@dataclass(frozen=True, slots=True)
class Tag:
    """`days` None: until it is taken away."""

    tag: str
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Webhook:
    """`facts`: names of attributes that the marketer declares may be sent along."""

    url: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A coupon batch, a journey, a reason, or how it ends."""

    name: str


What = Wait | Branch | Split | Outcome | Send | Tag | Attribute | Webhook | Named


@dataclass(frozen=True, slots=True)
class Step:
    """`next`: where it goes on, "" after an end, or where a way is lacking."""

    id: str
    kind: Kind
    what: What
    next: str
    note: str = ""

    def ways(self) -> Iterator[tuple[str, str]]:
        """(name of the way, step it leads to), in the order of the document."""
        what = self.what
        if isinstance(what, Wait):
            if what.listen:
                yield "heard", what.then
            yield "over", what.otherwise
        elif isinstance(what, Branch):
            for number, (_, _, to) in enumerate(what.ways, 1):
                yield str(number), to
            yield "else", what.otherwise
        elif isinstance(what, Split):
            for number, (to, _) in enumerate(what.ways, 1):
                yield str(number), to
        elif isinstance(what, Outcome):
            yield from what.ways.items()
            yield "else", what.otherwise
        elif self.kind is not Kind.END:
            yield "", self.next


@dataclass(frozen=True, slots=True)
class Flow:
    """`source` is the document; everything else is read from it.

    longest_days  who is on the way for longer leaves; goal_days: for so long from the entry on a
    goal reached counts, on the way or not
    active_most, daily_most  caps on people on the way, and on entries a day
    """

    slug: str
    name: str
    triggers: tuple[Trigger, ...]
    steps: Mapping[str, Step]
    first: str
    audience: Rule | None = None
    holdout: float = 0.0
    reentry: Reentry = Reentry()
    goals: tuple[Listen, ...] = ()
    goal_days: float = 30
    exits: tuple[Exit, ...] = ()
    longest_days: float = 180
    active_most: int | None = None
    daily_most: int | None = None
    source: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def sends(self) -> dict[str, Send]:
        return {s.id: s.what for s in self.steps.values() if isinstance(s.what, Send)}

    @property
    def marketing(self) -> bool:
        return any(one.definition.purpose is Purpose.MARKETING for one in self.sends().values())

    def listens(self) -> Iterator[Listen]:
        """Everything that the log is read for."""
        yield from (one.listen for one in self.triggers if one.listen is not None)
        yield from self.goals
        yield from (one.listen for one in self.exits)
        for step in self.steps.values():
            if isinstance(step.what, Wait):
                yield from step.what.listen

    def segments(self) -> set[str]:
        """Whose comings and goings it hears of."""
        return {one.segment for one in self.listens()} - {""}

    def until_a_wait(self, start: str) -> set[str]:
        """The steps that somebody may pass from here on without waiting, a wait at the end too."""
        found: set[str] = set()
        ahead = [start]
        while ahead:
            step = self.steps.get(ahead.pop())
            if step is None or step.id in found:
                continue
            found.add(step.id)
            if step.kind is not Kind.WAIT:
                ahead += [to for _, to in step.ways()]
        return found
