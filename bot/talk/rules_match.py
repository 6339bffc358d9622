"""Which rule answers: a set of rules compiled once, then some microseconds a message.

Of all rules that fit, the one with the greatest priority answers; of equal ones the more particular
(exact before contains before regex; a whole scene before the beginning of one before any); then
the longer keyword; then the slug by the alphabet. Nothing else decides, so the same message at the
same time always has the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from bot.talk.patterns import any_of, compiled
from bot.talk.rules import Rule, exact_key
from bot.talk.substrings import Substrings

# Longer texts are looked at so far, by patterns not even that: they take time by the letter.
LONGEST = 2000
LONGEST_OF_PATTERNS = 500
_TOGETHER = 40  # patterns without any sure letters that are tried as one
_ORDER = {"exact": 0, "contains": 1, "regex": 2, "scene": 0, "beginning": 1, "any": 2}
_rank = attrgetter("rank")

InSegment = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to a rule: a keyword or a scene. `rank`: the least wins; `text` as written."""

    rank: int
    rule: Rule
    match: str
    key: str
    text: str

    @property
    def why(self) -> str:
        about = f", {self.match} {self.text}" if self.text else ""
        return f"rule {self.rule.slug}{about}"

    def fits(self, now: datetime, zone: ZoneInfo, in_segment: InSegment) -> bool:
        """Whether its rule speaks at this time and to this follower."""
        rule = self.rule
        return rule.times.hold(now, zone) and (not rule.segment or in_segment(rule.segment))


@dataclass(frozen=True, slots=True)
class Match:
    """`keyword`: the keyword or scene that fitted, as it was written."""

    rule: Rule
    keyword: str
    why: str


class Rules:
    """A compiled set. Disabled rules are left out."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.all = tuple(rules)
        self.entries = _ranked(rule for rule in self.all if rule.enabled)
        of_match: dict[str, dict[str, list[Entry]]] = {name: {} for name in _ORDER}
        for entry in self.entries:
            if entry.key or entry.match in ("any", "beginning"):
                of_match[entry.match].setdefault(entry.key, []).append(entry)
        self._exact, self._contains = of_match["exact"], of_match["contains"]
        self._scene, self._beginning = of_match["scene"], of_match["beginning"]
        self._any = [one for one in of_match["any"].get("", ()) if one.rule.on == "subscribe"]
        self._default = [one for one in of_match["any"].get("", ()) if one.rule.on == "default"]
        self._regex = _Regexes(of_match["regex"])
        self._parts = Substrings([*self._contains, *self._regex.by_part])

    # --- answers --------------------------------------------------------------------------------

    def match(
        self, plain: str, now: datetime, zone: ZoneInfo, in_segment: InSegment
    ) -> Match | None:
        """The rule that answers a normalised text; `in_segment` is asked only where a rule that
        would otherwise answer names a segment."""
        return _first(self.hits(plain), now, zone, in_segment)

    def welcome(
        self, scene: str, now: datetime, zone: ZoneInfo, in_segment: InSegment
    ) -> Match | None:
        """The rule that welcomes whoever follows by this scene, "" for none."""
        return _first(self.welcome_hits(scene), now, zone, in_segment)

    def default(self, now: datetime, zone: ZoneInfo, in_segment: InSegment) -> Match | None:
        """The rule for what nobody understood."""
        return _first(self._default, now, zone, in_segment)

    # --- who would, the first first -------------------------------------------------------------

    def hits(self, plain: str) -> list[Entry]:
        """All that fit a normalised text, whatever the time and the follower."""
        plain = plain[:LONGEST]
        found = list(self._exact.get(exact_key(plain), ())) if self._exact else []
        parts = self._parts.within(plain)
        for part in parts:
            found += self._contains.get(part, ())
        found += self._regex.hits(plain, parts)
        found.sort(key=_rank)
        return found

    def welcome_hits(self, scene: str) -> list[Entry]:
        found = [*self._scene.get(scene, ()), *self._any] if scene else list(self._any)
        for beginning, entries in self._beginning.items():
            if scene and scene.startswith(beginning):
                found += entries
        found.sort(key=_rank)
        return found

    def default_hits(self) -> list[Entry]:
        return self._default


def _first(
    entries: Iterable[Entry], now: datetime, zone: ZoneInfo, in_segment: InSegment
) -> Match | None:
    for entry in entries:
        if entry.fits(now, zone, in_segment):
            return Match(entry.rule, entry.text, entry.why)
    return None


def _ranked(rules: Iterable[Rule]) -> tuple[Entry, ...]:
    """One entry a keyword, in the order in which they win."""
    ways = [(rule, *way) for rule in rules for way in _ways(rule)]
    ways.sort(key=lambda way: (-way[0].priority, _ORDER[way[1]], -len(way[2]), way[0].slug, way[3]))
    return tuple(Entry(rank, *way) for rank, way in enumerate(ways))


def _ways(rule: Rule) -> list[tuple[str, str, str]]:
    """(match, key, text) of a rule; a key that stands there twice counts once."""
    if rule.on == "message":
        ways = [(one.match, one.key, one.text) for one in rule.keywords]
    elif rule.on == "default" or not rule.scenes:
        ways = [("any", "", "")]
    else:
        ways = [
            ("beginning", one[:-1], one) if one.endswith("*") else ("scene", one, one)
            for one in rule.scenes
        ]
    return list({way[:2]: way for way in reversed(ways)}.values())[::-1]


class _Regexes:
    """Patterns, of which a message tries only those whose letters it holds."""

    def __init__(self, entries: dict[str, list[Entry]]) -> None:
        self._entries = entries
        self._patterns = {key: compiled(each[0].text) for key, each in entries.items()}
        self.by_part: dict[str, list[str]] = {}
        blind = []
        for key, pattern in self._patterns.items():
            for part in pattern.needs:
                self.by_part.setdefault(part, []).append(key)
            if not pattern.needs:
                blind.append(key)
        groups = [blind[at : at + _TOGETHER] for at in range(0, len(blind), _TOGETHER)]
        self._blind = [(any_of([self._patterns[key] for key in group]), group) for group in groups]

    def hits(self, plain: str, parts: Iterable[str]) -> list[Entry]:
        """Those found in the text; `parts`: which of `by_part` stand in it."""
        keys = {key for part in parts for key in self.by_part.get(part, ())}
        if not keys and not self._blind:
            return []
        data = plain[:LONGEST_OF_PATTERNS].encode(errors="ignore")
        for some_of, group in self._blind:
            if some_of(data):
                keys.update(group)
        found = [key for key in keys if self._patterns[key].found(data)]
        return [entry for key in found for entry in self._entries[key]]
