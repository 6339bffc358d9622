"""Static files under an address that holds their hash: kept by browsers for a year, never stale."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import abort, send_from_directory
from werkzeug.wrappers import Response

YEAR = 365 * 86400


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as pages refer to it; `integrity` is what the browser holds the content against."""

    address: str
    integrity: str


class Assets:
    """The files of one folder, below `prefix`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self._prefix = prefix

    def __getitem__(self, name: str) -> Asset:
        digest = _digest(self.folder / name)
        integrity = "sha384-" + base64.b64encode(digest).decode()
        return Asset(f"{self._prefix}/{_short(digest)}/{name}", integrity)

    def answer(self, name: str, version: str) -> Response:
        """The file, to be kept for a year; 404 for another version of it."""
        if not self.fits(name, version):
            abort(404)
        found = send_from_directory(self.folder, name, max_age=YEAR)
        found.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return found

    def fits(self, name: str, version: str) -> bool:
        """Whether this is the version that we have of a file that we have."""
        path = (self.folder / name).resolve()
        inside = path.is_relative_to(self.folder.resolve()) and path.is_file()
        return inside and _short(_digest(path)) == version


def _short(digest: bytes) -> str:
    return digest.hex()[:16]


@cache
def _digest(path: Path) -> bytes:
    """Read once a process: a new version of the program is a new process."""
    return hashlib.sha384(path.read_bytes()).digest()
