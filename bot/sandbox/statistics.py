"""What the account's statistics count (数据统计): follows, messages, pushes. Aggregates only.

A day's, an hour's, a week's, a month's own people are held until it ends; then only numbers are.
All but `delivered` is called with the world's lock held.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import SHANGHAI
from bot.sandbox.people import Person
from bot.sandbox.world import World

SOURCES = {  # subscribe_scene -> user_source; what is not here is 0, other
    "ADD_SCENE_SEARCH": 1,
    "ADD_SCENE_PROFILE_CARD": 17,
    "ADD_SCENE_QR_CODE": 30,
    "ADD_SCENE_PROFILE_LINK": 57,
    "ADD_SCENE_WECHAT_ADVERTISEMENT": 100,
    "ADD_SCENE_WXA": 149,
    "ADD_SCENE_REPRINT": 161,
    "ADD_SCENE_CHANNELS": 200,
    "ADD_SCENE_LIVESTREAM": 201,
}
# MsgType -> msg_type; locations and files count with what other apps send.
MESSAGE_TYPES = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4}
OTHER_MESSAGE = 6
INTERVALS = ((10, 3), (5, 2), (0, 1))  # more than so many messages -> count_interval


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


FAILED = ("late", "refused", "fault")  # verdicts on a delivery


SCALES: dict[str, Callable[[datetime], str]] = {
    "hour": lambda at: at.strftime("%Y-%m-%d %H"),
    "day": _day,
    "week": lambda at: _day(at - timedelta(days=at.weekday())),
    "month": lambda at: at.strftime("%Y-%m-01"),
}


@dataclass
class Upstream:
    """Messages of one ended period: by msg_type (people, messages), by count_interval people."""

    by_type: dict[int, tuple[int, int]]
    by_interval: dict[int, int]


@dataclass
class _Period:
    """The present one: who sent how many of which type."""

    key: str = ""
    sent: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def closed(self) -> Upstream:
        each: Counter[str] = Counter()
        for senders in self.sent.values():
            each.update(senders)
        spread = Counter(
            next(interval for over, interval in INTERVALS if n > over) for n in each.values()
        )
        by_type = {kind: (len(one), one.total()) for kind, one in sorted(self.sent.items())}
        return Upstream(by_type, dict(sorted(spread.items())))


@dataclass
class Interface:
    """Pushes of an hour or a day; times in ms."""

    callback_count: int = 0
    fail_count: int = 0
    total_time_cost: int = 0
    max_time_cost: int = 0

    def add(self, other: Interface) -> None:
        self.callback_count += other.callback_count
        self.fail_count += other.fail_count
        self.total_time_cost += other.total_time_cost
        self.max_time_cost = max(self.max_time_cost, other.max_time_cost)


@dataclass
class Statistics:
    """One account's. `fans` follow now."""

    fans: int = 0
    new: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    gone: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    _fans_at_end: dict[str, int] = field(default_factory=dict)  # of the days when it changed
    _ended: dict[tuple[str, str], Upstream] = field(default_factory=dict)
    _present: dict[str, _Period] = field(default_factory=lambda: {s: _Period() for s in SCALES})
    _pushes: dict[str, Interface] = field(default_factory=dict)  # by hour
    _hours: int = 0  # since 1970: of the present hour
    _hour: str = ""
    _today: str = ""

    def _turn_to(self, now: datetime) -> None:
        """Ends the periods that are over. Names are made once an hour: there are many messages."""
        hours = int(now.timestamp()) // 3600
        if hours == self._hours:
            return
        at = now.astimezone(SHANGHAI)
        self._hours, self._hour, self._today = hours, SCALES["hour"](at), SCALES["day"](at)
        for scale, key_of in SCALES.items():
            self._roll(scale, key_of(at))

    def followed(self, person: Person, now: datetime) -> None:
        self.fans += 1
        self._counted(self.new, person, now)

    def left(self, person: Person, now: datetime) -> None:
        self.fans -= 1
        self._counted(self.gone, person, now)

    def _counted(self, into: dict[str, Counter[int]], person: Person, now: datetime) -> None:
        self._turn_to(now)
        into[self._today][SOURCES.get(person.subscribe_scene, 0)] += 1
        self._fans_at_end[self._today] = self.fans

    def wrote(self, openid: str, kind: str, now: datetime) -> None:
        """A message of a follower; `kind` is its MsgType."""
        self._turn_to(now)
        number = MESSAGE_TYPES.get(kind, OTHER_MESSAGE)
        for period in self._present.values():
            period.sent[number][openid] += 1

    def _roll(self, scale: str, key: str) -> None:
        """Ends the present period where `key` names a later one."""
        present = self._present[scale]
        if key > present.key:
            if present.sent:
                self._ended[(scale, present.key)] = present.closed()
            self._present[scale] = _Period(key)

    def pushed(self, ms: float, failed: bool, now: datetime) -> None:
        """A delivery to the callback, its answer after `ms`."""
        self._turn_to(now)
        cost = round(ms)
        self._pushes.setdefault(self._hour, Interface()).add(Interface(1, int(failed), cost, cost))

    # --- read --------------------------------------------------------------------------------

    def cumulated(self, day: str) -> int:
        """How many followed at the end of `day`."""
        before = [one for one in self._fans_at_end if one <= day]
        return self._fans_at_end[max(before)] if before else 0

    def upstream(self, scale: str, key: str, now: datetime) -> Upstream | None:
        """Messages of an ended period; None where there were none."""
        self._turn_to(now)
        return self._ended.get((scale, key))

    def interface(self, day: str, hour: int | None = None) -> Interface:
        """Deliveries of a day, or of one of its hours."""
        hours = range(24) if hour is None else (hour,)
        whole = Interface()
        for one in hours:
            if found := self._pushes.get(f"{day} {one:02}"):
                whole.add(found)
        return whole


def delivered(world: World, outcome: str, ms: float) -> None:
    """A try of a push has ended with this verdict after `ms`."""
    with world.lock:
        world.room(Statistics).pushed(ms, outcome in FAILED, world.clock())
