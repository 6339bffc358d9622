"""A page of a timeline as finished words, with the addresses of the filter and of older events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.profile.timeline import Timeline, groups, read_place, written
from bot.profile.words import HIMSELF, Words
from bot.store.timeline import Place


@dataclass(frozen=True, slots=True)
class Line:
    at: str
    what: str
    about: str


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """`more`: what names the next page, "" where there is none.

    older   this is not the newest page
    """

    lines: tuple[Line, ...]
    groups: tuple[tuple[str, str], ...]
    group: str
    more: str
    older: bool = False


def asked(args: Mapping[str, str], own: bool) -> tuple[str, Place | None]:
    """The group and place that an address asks for; what makes no sense asks for everything."""
    group = args.get("kind", "")
    return group if group in groups(own) else "", read_place(args.get("before", ""))


def timeline_page(timeline: Timeline, group: str, w: Words, older: bool = False) -> TimelinePage:
    own = w.reader == HIMSELF
    return TimelinePage(
        tuple(Line(w.moment_ms(one.at), *w.happened(one)) for one in timeline.events),
        tuple((name, w.t(f"group.{name}")) for name in groups(own)),
        group,
        written(timeline.more) if timeline.more else "",
        older,
    )
