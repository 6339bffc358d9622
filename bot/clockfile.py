"""A clock that several programs read: 32 bytes in a file, mapped into memory.

A sandbox writes it, the product reads it (setting CLOCK): then both have the same time, moved ahead
or stepped through a month. A shared file, because a clock is read many times a message.

    offset 0   8 bytes "HYCLOCK1"
    offset 8   int64   base, ms: the instant itself, or what is added to the system's time
    offset 16  int64   1 the system's time flows under it, 0 it stands until it is moved
    offset 24  int64   seen, ms: until here the jobs of the reader are done (lock-step)

All little-endian. An aligned 8-byte store is whole or not there: readers need no lock.
"""

from __future__ import annotations

import mmap
import struct
from datetime import datetime
from pathlib import Path

from bot.clock import from_ms, to_ms, utc_now
from bot.errors import SettingsError

MAGIC = b"HYCLOCK1"
SIZE = 32
_BASE, _FLOWING, _SEEN = 8, 16, 24


class ClockFile:
    """Callable like any clock."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsError where no such file is."""
        try:
            with path.open("r+b") as file:
                self._map = mmap.mmap(file.fileno(), SIZE)
        except (OSError, ValueError) as error:
            raise SettingsError(f"clock file {path}: {error}") from None
        if self._map[: len(MAGIC)] != MAGIC:
            raise SettingsError(f"clock file {path}: not one of ours")
        self.flowing = self._read(_FLOWING) == 1

    @classmethod
    def create(cls, path: Path, base_ms: int, flowing: bool) -> ClockFile:
        """Makes the file anew. Whoever has mapped the old one goes on with the old time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(MAGIC + struct.pack("<qqq", base_ms, int(flowing), 0))
        fresh.replace(path)
        return cls(path)

    def __call__(self) -> datetime:
        base = self._read(_BASE)
        return from_ms(base + to_ms(utc_now())) if self.flowing else from_ms(base)

    def move(self, base_ms: int) -> None:
        """For the sandbox: the instant, or what is added to the system's time."""
        self._write(_BASE, base_ms)

    @property
    def seen(self) -> datetime:
        return from_ms(self._read(_SEEN))

    def see(self, at: datetime) -> None:
        """For the reader: all that was due by `at` is done."""
        self._write(_SEEN, to_ms(at))

    def close(self) -> None:
        self._map.close()

    def _read(self, offset: int) -> int:
        value: int = struct.unpack_from("<q", self._map, offset)[0]
        return value

    def _write(self, offset: int, value: int) -> None:
        struct.pack_into("<q", self._map, offset, value)
