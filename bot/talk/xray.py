"""The rule X-ray: what is wrong with a set of rules, found without waiting for followers. Pure.

    duplicate            the same keyword in two rules, and the second never answers  error
    dead                 over, or a keyword that no text can meet                     error
    empty_window         its days, hours and weekdays never come together             error
    shadowed             rules above always answer first                              warning
    overlap              two rules of equal priority answer one text differently      warning
    rights_word          refusing and erasing go before rules (an error where nothing is left)
    unreachable_segment  names a segment that does not exist                          warning

How: a keyword's own texts (itself; for `contains` itself inside other words; for a pattern examples
made from it) are given to the compiled rules. Those above that fit all of them, at every minute of
the rule's time and for all its followers, leave it nothing. A text and a minute that they leave
prove the opposite. What punctuation between the letters could do is not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.i18n import t
from bot.nlp.normalise import normalise
from bot.nlp.words import command
from bot.talk.patterns import samples
from bot.talk.rules import Rule
from bot.talk.rules_match import LONGEST, Entry, Rules
from bot.talk.times import Span, first_free, span_of

RIGHTS = ("opt_out", "opt_in", "erase", "erase_confirm")
# What people type who use their rights, and who want a person or to see what is kept of them.
RIGHTS_TEXTS = (
    *("退订", "td", "取消推送", "不要再发了", "别打扰我", "停止推送", "拒收", "unsubscribe"),
    *("恢复订阅", "重新订阅", "删除我的数据", "注销账号", "确认删除"),
)
HOUSE_TEXTS = ("人工", "人工客服", "我的资料")
ERRORS = ("duplicate", "dead", "empty_window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`message`: the text (or scene) that proves it, to be said at `at`; "" where none can.

    rule, other   slugs; other is "" or word:human for a command of the house
    keyword       as it was written, "" for the whole rule
    """

    kind: str
    rule: str
    other: str = ""
    keyword: str = ""
    message: str = ""
    at: datetime | None = None
    level: str = "warning"
    detail: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def why(self, lang: str = "zh") -> str:
        """A sentence for marketers."""
        key = f"xray.{self.kind}" + (f".{self.detail}" if self.detail else "")
        filled = {"rule": self.rule, "other": self.other, "keyword": self.keyword}
        return t(key, lang, **filled, message=self.message, **self.values)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "level": self.level,
            "rule": self.rule,
            "other": self.other,
            "keyword": self.keyword,
            "message": self.message,
            "at": self.at.isoformat() if self.at else None,
            "why": {lang: self.why(lang) for lang in ("zh", "en")},
        }


def xray(
    rules: Iterable[Rule], now: datetime, zone: ZoneInfo, segments: Collection[str] | None = None
) -> list[Finding]:
    """The findings from `now` on, errors first, then by rule.

    segments   the slugs that exist; None: not known, every segment may have somebody in it
    """
    return _Look(rules, now, zone, segments).findings()


class _Look:
    """One look at a set."""

    def __init__(
        self,
        rules: Iterable[Rule],
        now: datetime,
        zone: ZoneInfo,
        segments: Collection[str] | None,
    ) -> None:
        self.now, self.zone, self.segments = now, zone, segments
        enabled = [rule for rule in rules if rule.enabled]
        self.lost = [found for rule in enabled if (found := self._lost(rule))]
        gone = {found.rule for found in self.lost}
        self.rules = Rules(rule for rule in enabled if rule.slug not in gone)
        self.filler = _filler(self.rules)
        self.pairs: dict[frozenset[str], Finding] = {}

    def findings(self) -> list[Finding]:
        found = [*self.lost, *self._twice_in_one()]
        for entry in self.rules.entries:
            found += self._of(entry)
        twice = {frozenset((one.rule, one.other)) for one in found if one.kind == "duplicate"}
        found += [one for pair, one in self.pairs.items() if pair not in twice]
        found += self._words()
        return sorted(found, key=lambda f: (f.level != "error", f.rule, f.kind, f.keyword, f.other))

    # --- whole rules ----------------------------------------------------------------------------

    def _lost(self, rule: Rule) -> Finding | None:
        """A rule that never answers, whatever is said."""
        span = self._span(rule)
        if rule.segment and self.segments is not None and rule.segment not in self.segments:
            values = {"segment": rule.segment}
            return Finding(kind="unreachable_segment", rule=rule.slug, values=values)
        if span.end is not None and span.end <= self.now:
            return Finding(kind="dead", rule=rule.slug, level="error", detail="over")
        if first_free(span, (), self.now, self.zone) is None:
            return Finding(kind="empty_window", rule=rule.slug, level="error")
        return None

    def _twice_in_one(self) -> Iterator[Finding]:
        for rule in self.rules.all:
            seen: dict[tuple[str, str], str] = {}
            for one in rule.keywords:
                first = seen.setdefault((one.match, one.key), one.text)
                if first is not one.text and one.key:
                    yield Finding(
                        kind="duplicate", rule=rule.slug, other=rule.slug, keyword=one.text,
                        message=one.text if one.match != "regex" else "", detail="same_rule",
                        values={"first": first},
                    )  # fmt: skip

    def _span(self, rule: Rule) -> Span:
        return span_of(rule.times, self.zone)

    # --- one keyword ----------------------------------------------------------------------------

    def _of(self, entry: Entry) -> list[Finding]:
        """What is wrong with a keyword; nothing where a text is left to it."""
        said, own, taken, rights = False, False, None, ""
        for message in self._messages(entry):
            hits = self._hits(entry, message)
            if entry not in hits:
                continue
            said = True
            if entry.rule.on == "message" and command(normalise(message)) in RIGHTS:
                rights = rights or message
                continue
            if next(one for one in hits if one.rule is entry.rule) is not entry:
                own = True  # another keyword of the rule gets this one
                continue
            self._overlaps(entry, hits, message)
            above = [one for one in hits[: hits.index(entry)] if self._always_for(one, entry)]
            if self._free(entry, above) is not None:
                return []
            taken = taken or (above, message)
            if self._twins(entry, above):
                break  # what the same keyword takes once it takes always
        if taken is not None:
            return [self._taken(entry, *taken)]
        if own:
            return []
        lost = Finding(kind="dead", level="error", rule=entry.rule.slug, keyword=entry.text)
        if said:
            return [replace(lost, kind="rights_word", message=rights)]
        return [replace(lost, detail="regex" if entry.match == "regex" else "keyword")]

    def _messages(self, entry: Entry) -> Iterator[str]:
        """Texts that the keyword is for; the plain ones first."""
        key, fill = entry.key, self.filler
        match entry.match:
            case "exact":
                yield from dict.fromkeys((normalise(entry.text), key))
            case "contains":
                yield from (key, fill + key + fill, key + fill, fill + key)
            case "regex":
                made = []
                for one in samples(entry.text):
                    made.append(one)
                    yield one
                for one in made[:8]:
                    yield from (fill + one + fill, f"a{one}a", f" {one} ", fill + one, one + fill)
            case "beginning":
                yield from (key, key + fill)
            case "any":
                yield ""
            case _:
                yield key

    def _hits(self, entry: Entry, message: str) -> list[Entry]:
        match entry.rule.on:
            case "subscribe":
                return self.rules.welcome_hits(message)
            case "default":
                return self.rules.default_hits()
        return self.rules.hits(normalise(message)[:LONGEST])

    def _always_for(self, above: Entry, entry: Entry) -> bool:
        """Whoever `entry` is for, `above` is for them too."""
        return above.rule.segment in ("", entry.rule.segment)

    def _taken(self, entry: Entry, above: list[Entry], message: str) -> Finding:
        """By whom a keyword is always taken."""
        twins = self._twins(entry, above)
        kind, at = "duplicate" if twins else "shadowed", self._free(entry, ())
        now = at or self.now
        other = next(o for o in twins or above if o.rule.times.hold(now, self.zone))
        return Finding(
            kind=kind, level="error" if kind in ERRORS else "warning", rule=entry.rule.slug,
            other=other.rule.slug, keyword=entry.text, message=message,
            at=at, detail="" if entry.rule.on == "message" else entry.rule.on,
            values={"taker": other.text},
        )  # fmt: skip

    def _twins(self, entry: Entry, above: list[Entry]) -> list[Entry]:
        """The entries of the same keyword, where they alone leave nothing to this one."""
        twins = [one for one in above if (one.match, one.key) == (entry.match, entry.key)]
        return twins if twins and self._free(entry, twins) is None else []

    def _free(self, entry: Entry, above: Iterable[Entry]) -> datetime | None:
        """The first instant that those above leave to an entry."""
        spans = [self._span(one.rule) for one in above]
        return first_free(self._span(entry.rule), spans, self.now, self.zone)

    def _overlaps(self, entry: Entry, hits: list[Entry], message: str) -> None:
        """Note the rules of equal priority that would say something else to the same text.

        That a whole text goes before a part of one is what people mean by 全匹配: no finding.
        """
        if entry.rule.on != "message" or self.filler in message:
            return
        for at, other in enumerate(hits):
            pair = frozenset((entry.rule.slug, other.rule.slug))
            if other.rule.priority != entry.rule.priority or len(pair) == 1 or pair in self.pairs:
                continue
            if other.rule.answers == entry.rule.answers or not _alike(entry, other):
                continue
            first, second = sorted((entry, other), key=lambda one: one.rank)
            above = [one for one in hits[:at] if one.rank < first.rank]
            when = self._both(first, second, above)
            if when is not None:
                self.pairs[pair] = Finding(
                    kind="overlap", rule=first.rule.slug, other=second.rule.slug, at=when,
                    keyword=first.text, message=message, values={"taker": second.text},
                )  # fmt: skip

    def _both(self, first: Entry, second: Entry, above: list[Entry]) -> datetime | None:
        """When one follower could be answered by either, and by none above."""
        names = {first.rule.segment, second.rule.segment}
        if any(self._above_always(one, names) for one in above):
            return None
        span = self._span(first.rule).meet(self._span(second.rule))
        spans = [self._span(one.rule) for one in above if one.rule.segment in names | {""}]
        return first_free(span, spans, self.now, self.zone)

    def _above_always(self, above: Entry, names: set[str]) -> bool:
        return above.rule.segment in names | {""} and self._span(above.rule).always

    # --- the house's own words ------------------------------------------------------------------

    def _words(self) -> Iterator[Finding]:
        """Parts and patterns that also fit words which go before rules, or which rules take."""
        told: set[tuple[str, str]] = set()
        for text in (*RIGHTS_TEXTS, *HOUSE_TEXTS):
            word = command(normalise(text))
            for entry in self.rules.hits(normalise(text)):
                kind = "rights_word" if word in RIGHTS else "overlap"
                if (entry.rule.slug, kind) in told or (
                    kind == "rights_word" and entry.match == "exact"  # told already, as an error
                ):
                    continue
                told.add((entry.rule.slug, kind))
                detail = "part" if kind == "rights_word" else "word"
                yield Finding(
                    kind=kind, rule=entry.rule.slug, other=f"word:{word}", keyword=entry.text,
                    message=text, detail=detail,
                    at=self._free(entry, ()),
                )  # fmt: skip


def _alike(one: Entry, other: Entry) -> bool:
    return (one.match == "exact") == (other.match == "exact")


def _filler(rules: Rules) -> str:
    """A letter that stands in no keyword and no scene: what may stand around one."""
    used = {char for entry in rules.entries for char in entry.key}
    letters = (chr(code) for code in range(0x9F00, 0x4E00, -1))
    return next(one for one in letters if one not in used and normalise(one) == one)
