"""The audience in blocks, read as often as asked: kept where it fits, asked for anew where not.

A follower's hash, of id and seed, decides between equals and who is in the sample; so nothing hangs
on the order in which followers come, or on how they are cut into chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.matching.offers import Chunk, Floats, Ints, Source, check_chunk

ROWS = 8192  # of a block: a column of it stays in the processor's cache
KEEP_BYTES = 400_000_000
NOT_ELIGIBLE = -2.0  # below every chance: an offer that earns something is worth nothing at it

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Block:
    """Followers start..start+n of the audience.

    chances  (k, n)  32 bits, an offer's side by side; NOT_ELIGIBLE where it is not open
    message  (n)     fen
    fatigue  (n)     fen
    hashes   (n)
    """

    start: int
    chances: NDArray[np.float32]
    message: Floats
    fatigue: Floats
    hashes: Hashes

    def __len__(self) -> int:
        return len(self.message)

    @property
    def rows(self) -> slice:
        return slice(self.start, self.start + len(self))

    def take(self, rows: NDArray[np.intp]) -> Block:
        """Those alone; `start` has no meaning then."""
        return Block(
            self.start,
            self.chances[:, rows],
            self.message[rows],
            self.fatigue[rows],
            self.hashes[rows],
        )


class Audience:
    """Reads the source once, and checks it; what fits into `keep_bytes` is not asked for again.

    Raises InvalidInput for a chunk that is wrong, and for a follower who stands in it twice.
    """

    def __init__(self, source: Source, offers: int, seed: int, keep_bytes: int = KEEP_BYTES):
        self._source, self._offers, self._seed = source, offers, seed
        self._kept: list[Block] | None = []
        ids, size = [np.empty(0, np.int64)], 0
        for chunk in source():
            checked = check_chunk(chunk, offers, sum(len(part) for part in ids))
            start = sum(len(part) for part in ids)
            ids.append(checked[0])
            size += checked[0].size * offers * 4
            if size > keep_bytes:
                self._kept = None
            if self._kept is not None:
                self._kept.extend(self._cut(chunk, checked, start))
        self.ids: Ints = np.concatenate(ids)
        self.hashes = hashed(self.ids, seed)
        _check_once(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> Iterator[Block]:
        if self._kept is not None:
            yield from self._kept
            return
        start = 0
        for chunk in self._source():
            checked = check_chunk(chunk, self._offers, start)
            if not np.array_equal(checked[0], self.ids[start : start + len(checked[0])]):
                raise InvalidInput("chunks: not the followers of the first reading", "ids")
            yield from self._cut(chunk, checked, start)
            start += len(checked[0])
        if start != len(self):
            raise InvalidInput("chunks: not the followers of the first reading", "ids")

    def _cut(
        self, chunk: Chunk, checked: tuple[Ints, Floats, Floats], start: int
    ) -> Iterator[Block]:
        ids, message, fatigue = checked
        for at in range(0, len(ids), ROWS):
            rows = slice(at, at + ROWS)
            chances = np.array(chunk.chances[rows].T, np.float32, order="C")  # ours to change
            if chunk.eligible is not None:
                chances[~chunk.eligible[rows].T] = NOT_ELIGIBLE
            yield Block(
                start + at, chances, message[rows], fatigue[rows], hashed(ids[rows], self._seed)
            )

    def first(self, size: int, key: Floats | None = None) -> Block:
        """The `size` followers of the least keys, without keys of the least hashes, all where there
        are fewer; in the order of their hashes."""
        by = (self.ids, self.hashes) if key is None else (self.ids, self.hashes, key)
        inside = np.zeros(len(self), np.bool_)
        inside[np.lexsort(by)[:size]] = True
        found = [
            block.take(np.flatnonzero(inside[block.rows]))
            for block in self.blocks()
            if inside[block.rows].any()
        ]
        places = np.flatnonzero(inside)
        in_order = np.lexsort((self.ids[places], self.hashes[places]))
        return _joined(found, self._offers).take(in_order)


def _joined(blocks: list[Block], offers: int) -> Block:
    if not blocks:
        none = np.empty(0)
        return Block(0, np.empty((offers, 0), np.float32), none, none, np.empty(0, np.uint64))
    return Block(
        0,
        np.concatenate([block.chances for block in blocks], axis=1),
        np.concatenate([block.message for block in blocks]),
        np.concatenate([block.fatigue for block in blocks]),
        np.concatenate([block.hashes for block in blocks]),
    )


def _check_once(ids: Ints) -> None:
    ordered = np.sort(ids)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:
        raise InvalidInput(f"ids: follower {twice[0]} stands in the audience twice", "ids")


def hashed(ids: Ints, seed: int) -> Hashes:
    """splitmix64 (Steele, Lea, Flood 2014) of id and seed: 64 bits, evenly spread."""
    start = np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
    return _mixed(_mixed(ids.astype(np.uint64)) ^ start)


def _mixed(x: Hashes) -> Hashes:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
