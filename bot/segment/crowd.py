"""Rules for many followers at once: which of them each rule holds for, as arrays of truths.

What the rules' conditions come to is read in a few passes (`bot.segment.sql_passes`); and, or and
not are then done on arrays. Memory follows the number of followers looked at together, and of
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.segment import sql_passes
from bot.segment.rules import (
    All,
    AnyOf,
    InSegment,
    Leaf,
    Listed,
    Not,
    Pinned,
    Rule,
    Tag,
    leaves,
)
from bot.segment.sql_passes import WIDTH, Pass, Scene
from bot.store import segment_members

Truths = NDArray[np.bool_]
Ids = NDArray[np.int64]


@dataclass
class Crowd:
    """The followers of a scene, ascending, and what holds for each.

    known  slugs of segments evaluated for this crowd -> who is in
    """

    scene: Scene
    ids: Ids
    held: dict[Leaf, Truths]
    known: dict[str, Truths] = field(default_factory=dict)

    def members(self, slug: str, rule: Rule) -> Ids:
        """For whom the rule of a segment holds; other segments' rules may look into it then."""
        self.known[slug] = truths = self.truths(rule)
        return self.ids[truths]

    def truths(self, rule: Rule) -> Truths:
        if isinstance(rule, Not):
            return ~self.truths(rule.rule)
        if isinstance(rule, All | AnyOf):
            join = np.logical_and if isinstance(rule, All) else np.logical_or
            found: Truths = join.reduce([self.truths(part) for part in rule.rules])
            return found
        if isinstance(rule, InSegment) and rule.slug in self.known:
            return self.known[rule.slug]
        return self.held[rule]


def gather(scene: Scene, rules: Iterable[Rule]) -> Crowd:
    """Read what these rules ask of the scene's followers."""
    wanted = list(dict.fromkeys(leaf for rule in rules for leaf in leaves(rule)))
    sets = [leaf for leaf in wanted if isinstance(leaf, InSegment | Listed | Pinned)]
    passes = list(sql_passes.grouped(wanted))
    apart = {*sets, *(leaf for _, group in passes for leaf in group)}
    plain = [leaf for leaf in wanted if leaf not in apart and not isinstance(leaf, Tag)]
    crowd = _people(scene, plain)
    for make, group in passes:
        _add(crowd, make(scene, group))
    _add_tags(crowd, [leaf for leaf in wanted if isinstance(leaf, Tag)])
    for leaf in sets:
        query = sql_passes.listed(scene, leaf)
        crowd.held[leaf] = _among(crowd.ids, column(segment_members.rows(*query)))
    return crowd


def _people(scene: Scene, plain: Sequence[Leaf]) -> Crowd:
    """Who is there, and what holds of them by conditions that have no pass of their own."""
    crowd = Crowd(scene, np.empty(0, np.int64), {})
    for start in range(0, max(1, len(plain)), WIDTH):
        found = sql_passes.people(scene, plain[start : start + WIDTH])
        rows = _pairs(segment_members.rows(*found.query))
        if not start:
            crowd.ids = rows[:, 0]
        # Somebody may have come between two statements, or gone; he is looked at again then.
        _note(crowd, found, rows)
    return crowd


def _add(crowd: Crowd, found: Pass) -> None:
    _note(crowd, found, _pairs(segment_members.rows(*found.query)))


def _note(crowd: Crowd, found: Pass, rows: NDArray[np.int64]) -> None:
    for place, leaf in enumerate(found.leaves):
        holds = _among(crowd.ids, rows[(rows[:, 1] >> place) & 1 == 1, 0])
        crowd.held[leaf] = ~holds if leaf in found.opposite else holds


def _add_tags(crowd: Crowd, tags: list[Tag]) -> None:
    for start in range(0, len(tags), WIDTH):
        page = {leaf.tag: leaf for leaf in tags[start : start + WIDTH]}
        having: dict[str, list[int]] = {tag: [] for tag in page}
        for tag, follower_id in segment_members.rows(*sql_passes.tagged(crowd.scene, list(page))):
            if tag in having:  # MySQL's usual collations take A for a
                having[tag].append(follower_id)
        for tag, ids in having.items():
            crowd.held[page[tag]] = _among(crowd.ids, np.array(ids, np.int64))


def _pairs(rows: list[Any]) -> NDArray[np.int64]:
    return column(rows).reshape(-1, 2)


def differing(inside: Ids, held: Ids) -> tuple[list[int], list[int]]:
    """Who is to come in and who is to go, of two ascending arrays."""
    if np.array_equal(inside, held):
        return [], []
    entering: list[int] = inside[~_among(inside, held)].tolist()
    leaving: list[int] = held[~_among(held, inside)].tolist()
    return entering, leaving


def column(rows: Sequence[Sequence[int]]) -> Ids:
    """The numbers of rows, one after another."""
    return np.fromiter(chain.from_iterable(rows), np.int64)


def _among(ids: Ids, found: Ids) -> Truths:
    """Which of the ids (ascending, each once) are among those found."""
    truths = np.zeros(len(ids), np.bool_)
    if len(ids):
        places = np.searchsorted(ids, found)
        places[places == len(ids)] = 0
        truths[places[ids[places] == found]] = True
    return truths
