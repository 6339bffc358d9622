"""Signs of fraud in redemptions and claims: named rules, each a burst of something within a time.

Pure. A rule says what is looked at (rows of bot.store.coupon_radar, in the order of time), whose
they are counted as, and what counts; what is too many, within how long, the account may set. A rule
accuses nobody: a finding is a reason to look, and holds something back only where the account wants
that of the rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from bot.clock import from_ms
from bot.store import pseudonyms
from bot.store.coupon_radar import AttemptRow, ClaimRow, LeaverRow, RuleSetting, UseRow

HOUR, DAY = 3600, 86400
READS_MS = 20_000  # faster than one can read a message and show a code
NEWCOMER_MS = 600_000
LEFT_WITHIN = timedelta(days=1)


class Mark(NamedTuple):
    """One act under a rule. `member` None: each counts; else different members do."""

    subject: str
    at: int  # ms
    member: int | None = None
    follower_id: int | None = None
    till_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`looks`: uses, claims, attempts, leavers. `marks` turns one of those rows into acts."""

    name: str
    looks: str
    marks: Callable[[Any], Iterator[Mark]]
    setting: RuleSetting


@dataclass(frozen=True, slots=True)
class Finding:
    """More than the rule allows. `at`: the last act of the highest burst; `count`: acts in it.

    subject      nobody's name: a pseudonym, a till, the hash of an order or an address, a scene
    followers    whose codes a hold would hold
    """

    rule: str
    subject: str
    count: int
    most: int
    at: int
    hold: bool = False
    till_id: int | None = None
    followers: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def severity(self) -> str:
        return "high" if self.count >= 2 * self.most else "medium"

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "subject": self.subject,
            "count": self.count,
            "most": self.most,
            "severity": self.severity,
            "at": from_ms(self.at).isoformat(),
            "holds": self.hold,
        }


def _where(till_id: int | None, source: str, shop: str = "") -> str:
    return f"till:{till_id}" if till_id is not None else f"{source}:{shop}".rstrip(":")


def _follower_uses(row: UseRow) -> Iterator[Mark]:
    if row.follower_id is not None:
        yield Mark(pseudonyms.of(row.follower_id), row.at, None, row.follower_id)


def _till_speed(row: UseRow) -> Iterator[Mark]:
    if row.source in ("till", "api") and (row.till_id is not None or row.shop):
        yield Mark(_where(row.till_id, row.source, row.shop), row.at, None, None, row.till_id)


def _order_codes(row: UseRow) -> Iterator[Mark]:
    if row.order_hash:
        yield Mark(f"order:{row.order_hash[:16]}", row.at, None, row.follower_id)


def _sudden_newcomers(row: UseRow) -> Iterator[Mark]:
    if row.issued_at is None or row.subscribed_at is None or row.follower_id is None:
        return
    fast = 0 <= row.at - row.issued_at <= READS_MS
    if fast and 0 <= row.at - row.subscribed_at <= NEWCOMER_MS:
        subject = _where(row.till_id, row.source, row.shop)
        yield Mark(subject, row.at, row.follower_id, row.follower_id, row.till_id)


def _address_claims(row: ClaimRow) -> Iterator[Mark]:
    yield Mark(f"address:{row.address}", row.at, row.follower_id, row.follower_id)


def _guesses(row: AttemptRow) -> Iterator[Mark]:
    yield Mark(_where(row.till_id, row.source), row.at, None, None, row.till_id)


def _scene_ring(row: LeaverRow) -> Iterator[Mark]:
    yield Mark(f"scene:{row.scene}"[:64], row.at, row.id, row.id)


def _rule(
    name: str, looks: str, marks: Callable[[Any], Iterator[Mark]], most: int, within: int
) -> Rule:
    return Rule(name, looks, marks, RuleSetting(most, within, hold=False, enabled=True))


RULES: tuple[Rule, ...] = (
    _rule("follower_uses", "uses", _follower_uses, 5, DAY),
    _rule("address_claims", "claims", _address_claims, 30, HOUR),
    _rule("till_speed", "uses", _till_speed, 30, 600),
    _rule("till_guesses", "attempts", _guesses, 20, HOUR),
    _rule("sudden_newcomers", "uses", _sudden_newcomers, 5, DAY),
    _rule("order_codes", "uses", _order_codes, 3, DAY),
    _rule("scene_ring", "leavers", _scene_ring, 8, DAY),
)
NAMES = tuple(rule.name for rule in RULES)


def in_force(settings: Mapping[str, RuleSetting]) -> list[tuple[Rule, RuleSetting]]:
    """Every rule with the account's setting of it, or its own."""
    return [(rule, settings.get(rule.name, rule.setting)) for rule in RULES]


class Watch:
    """One rule over a stream of rows; `findings` afterwards. Memory: the acts of one window."""

    def __init__(
        self, rule: Rule, setting: RuleSetting, released: Mapping[tuple[str, str], int]
    ) -> None:
        self._rule, self._setting, self._released = rule, setting, released
        self._windows: dict[str, deque[Mark]] = {}
        self._worst: dict[str, Finding] = {}
        self._newest = 0

    def see(self, row: Any) -> None:
        for mark in self._rule.marks(row):
            if mark.at > self._released.get((self._rule.name, mark.subject), -1):
                self._note(mark)

    def _note(self, mark: Mark) -> None:
        window = self._windows.setdefault(mark.subject, deque())
        window.append(mark)
        while window[0].at <= mark.at - self._setting.within_seconds * 1000:
            window.popleft()
        count = self._count(window)
        worst = self._worst.get(mark.subject)
        if count > self._setting.most and (worst is None or count > worst.count):
            self._worst[mark.subject] = self._finding(mark, window, count)
        self._forget(mark.at)

    def _count(self, window: deque[Mark]) -> int:
        if window[-1].member is None:
            return len(window)
        if len(window) <= self._setting.most:  # cannot be too many different ones
            return 0
        return len({mark.member for mark in window})

    def _finding(self, mark: Mark, window: deque[Mark], count: int) -> Finding:
        return Finding(
            self._rule.name,
            mark.subject,
            count,
            self._setting.most,
            mark.at,
            self._setting.hold,
            mark.till_id,
            frozenset(one.follower_id for one in window if one.follower_id is not None),
        )

    def _forget(self, now: int) -> None:
        """Windows that have run out, looked for once a window's time."""
        if now - self._newest < self._setting.within_seconds * 1000:
            return
        self._newest = now
        edge = now - self._setting.within_seconds * 1000
        for subject in [s for s, window in self._windows.items() if window[-1].at <= edge]:
            del self._windows[subject]

    def findings(self) -> list[Finding]:
        """The worst of each subject, the worst first."""
        return sorted(self._worst.values(), key=lambda one: (-one.count / one.most, one.subject))


def scan(
    rows: Mapping[str, Iterable[Any]],
    settings: Mapping[str, RuleSetting],
    released: Mapping[tuple[str, str], int] | None = None,
) -> list[Finding]:
    """What the rules find in these rows, by rule; each kind of rows is gone through once."""
    watches = [
        (rule.looks, Watch(rule, setting, released or {}))
        for rule, setting in in_force(settings)
        if setting.enabled
    ]
    for looks, stream in rows.items():
        mine = [watch for kind, watch in watches if kind == looks]
        if mine:
            for row in stream:
                for watch in mine:
                    watch.see(row)
    return [finding for _, watch in watches for finding in watch.findings()]
