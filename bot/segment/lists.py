"""Static segments: a list of followers, uploaded or reckoned, and what could not be read of it.

A static segment is an ordinary one whose rule is {list: its own slug}. So it can be looked into,
pinned, explained and combined as any other, and other rules can read the list, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import InvalidInput
from bot.segment.catalogue import define
from bot.segment.rules import Listed, leaves, parse
from bot.store import segment_lists
from bot.store import segments as store
from bot.store.db import transaction
from bot.store.segment_lists import NAMES, Named
from bot.store.segments import SegmentState

MOST_LINES = 2_000_000
_HEADINGS = frozenset({*NAMES, "follower", "follower_id"})


@dataclass(frozen=True, slots=True)
class Reject:
    """A line of a list that names nobody. `why`: unknown, repeated or bad."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Upload:
    """read = taken + rejected. `added` and `dropped`: how the list changed."""

    slug: str
    read: int
    taken: int
    added: int
    dropped: int
    rejects: tuple[Reject, ...]


def upload(
    account_id: int, slug: str, lines: Iterable[str], by: str, now: datetime, *,
    name: str = "", replace: bool = True, author: str = "",
) -> Upload:  # fmt: skip
    """Make the static segment of these lines, or change its list.

    by       id, openid or customer: what a line names a follower by (first column of a table)
    replace  False: who is in the list already stays

    Raises InvalidInput: a segment of this slug that is not static, a bad `by`, too many lines.
    """
    if by not in NAMES:
        raise InvalidInput(f"one of {', '.join(NAMES)}", "by")
    wanted = named(lines)
    found = segment_lists.find_many(account_id, by, [one.text for one in wanted])
    taken: dict[int, int] = {}
    rejects: list[Reject] = []
    for one in wanted:
        follower_id = found.get(one.text)
        if follower_id is None:
            rejects.append(Reject(one.line, "unknown" if one.text else "bad"))
        elif taken.setdefault(follower_id, one.line) != one.line:
            rejects.append(Reject(one.line, "repeated"))
    state = static(account_id, slug, name or slug, now, author=author)
    added, dropped = change(state, set(taken), replace)
    return Upload(slug, len(wanted), len(taken), added, dropped, tuple(rejects))


def named(lines: Iterable[str]) -> list[Named]:
    """What each line names; empty lines and a heading are none."""
    found: list[Named] = []
    for number, line in enumerate(lines, 1):
        text = line.strip("\ufeff \t\r\n").split(",")[0].split("\t")[0].strip(' "')
        if not line.strip() or (not found and text.lower() in _HEADINGS):
            continue
        if len(found) == MOST_LINES:
            raise InvalidInput(f"a list has at most {MOST_LINES} lines", "file")
        found.append(Named(number, text if len(text) <= 190 and "\x00" not in text else ""))
    return found


def static(
    account_id: int, slug: str, name: str, now: datetime, *, author: str = ""
) -> SegmentState:
    """The static segment of this slug, made where there is none. Raises InvalidInput."""
    for state in store.of_account(account_id):
        if state.slug == slug:
            if state.rule != {"list": slug}:
                raise InvalidInput(f"the segment {slug!r} has a rule and no list", "slug")
            if state.name == name or name == slug:
                return state
    return define(account_id, slug, name, {"list": slug}, now, author=author)


def change(state: SegmentState, wanted: set[int], replace: bool = True) -> tuple[int, int]:
    """Make the list so; how many came and went. Members follow with the next refresh."""
    with transaction():
        held = segment_lists.listed(state.id)
        new, gone = sorted(wanted - held), sorted(held - wanted) if replace else []
        changed = segment_lists.change_list(state.id, new, gone)
        if segment_lists.many_changed(new, gone):
            segment_lists.build_anew(_readers(state))
    return changed


def _readers(state: SegmentState) -> list[int]:
    """Segments whose rules read this list."""
    return [
        one.id
        for one in store.of_account(state.account_id)
        if Listed(state.slug) in leaves(parse(one.rule))
    ]
