"""What the linter finds: a place, the rule, why, and what to do; in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.i18n import t

if TYPE_CHECKING:
    from bot.content.draft import Draft


class Severity(StrEnum):
    """An error is not sent; a warning is looked at by a person; a hint is good advice."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule fires. `part`: which text ("" of the whole); start, end: characters in it as it
    was written; values: what the rule's words name."""

    part: str
    start: int = 0
    end: int = 0
    values: Mapping[str, str] = field(default_factory=dict)


Find = Callable[["Draft"], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must not be. The words are those of the catalogue: lint.ID.why and lint.ID.fix

    source               the law or rule of the platform it comes from
    channels, purposes   where it holds; empty: everywhere
    """

    id: str
    severity: Severity
    source: str
    find: Find
    channels: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()

    def holds(self, draft: Draft) -> bool:
        return (not self.channels or draft.channel in self.channels) and (
            not self.purposes or draft.purpose in self.purposes
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """`quote` is what stands at start..end of the part, "" for what is missing as a whole."""

    rule: str
    severity: Severity
    part: str
    start: int
    end: int
    quote: str
    values: Mapping[str, str] = field(default_factory=dict)

    def why(self, lang: str = "zh") -> str:
        return t(f"lint.{self.rule}.why", lang, **self._named(lang))

    def suggestion(self, lang: str = "zh") -> str:
        return t(f"lint.{self.rule}.fix", lang, **self._named(lang))

    def to_json(self, lang: str = "zh") -> dict[str, Any]:
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "part": self.part,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "why": self.why(lang),
            "suggestion": self.suggestion(lang),
        }

    def line(self, lang: str = "zh") -> str:
        """错误  superlative  text:3-5「最好」  why suggestion"""
        place = f"{self.part}:{self.start}-{self.end}「{self.quote}」" if self.quote else self.part
        words = f"{self.why(lang)} {self.suggestion(lang)}"
        severity = t(f"lint.severity.{self.severity.value}", lang)
        return f"{severity}  {self.rule}  {place}  {words}"

    def sentence(self, lang: str = "zh") -> str:
        """「最好」 why suggestion [superlative]: for who wrote it and does not count letters."""
        quoted = f"「{self.quote}」" if self.quote else ""
        return f"{quoted}{self.why(lang)} {self.suggestion(lang)} [{self.rule}]"

    def _named(self, lang: str) -> dict[str, str]:
        """A value that begins with @ is itself words of the catalogue."""
        values = {k: t(v[1:], lang) if v[:1] == "@" else v for k, v in self.values.items()}
        return {**values, "quote": self.quote}


REGISTERED: dict[str, Rule] = {}


def rule(
    id: str,
    severity: Severity,
    source: str,
    *,
    channels: Iterable[str] = (),
    purposes: Iterable[str] = (),
) -> Callable[[Find], Find]:
    """Make a rule of a function that finds places."""

    def register(find: Find) -> Find:
        assert id not in REGISTERED, id
        REGISTERED[id] = Rule(id, severity, source, find, frozenset(channels), frozenset(purposes))
        return find

    return register


def refusing(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a message from being sent."""
    return [one for one in findings if one.severity is Severity.ERROR]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then by place."""
    rank = list(Severity)
    return sorted(findings, key=lambda f: (rank.index(f.severity), f.part, f.start, f.rule))


def located(findings: Iterable[Finding], prefix: str) -> Iterator[Finding]:
    """The same, with the part named as part of something greater: variants[1].text. What is offered
    and where it leads is no part of a text."""
    for one in findings:
        apart = not prefix or one.part.split("[")[0].split(".")[0] in ("offer", "link")
        part = one.part if apart else f"{prefix}.{one.part}" if one.part else prefix
        yield Finding(one.rule, one.severity, part, one.start, one.end, one.quote, one.values)
