"""A form that came when its session had ended: what was written goes on after signing in again.

Nothing of it is stored here. The page that says so carries it, through signing in, to a page that
shows what is to be sent and has a button; only that press does anything. What keeps others out:
the browser itself must say that the form came from a page of ours (what came from elsewhere is
refused, and what cannot tell is not carried); the address is one of ours that takes a form; the
last step carries the stamp of the new session, and is asked for its rights like any other post.
Forms with secrets are never carried.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot.console.gate import RIGHTS, SECRET, surely_ours
from bot.console.once import FIELD as ONCE

LONGEST = 400_000  # bytes: what one field of a form may have is 500,000
FIELD = "unsent"
_OF_THE_SESSION = "form"
_UNSEEN = (ONCE, "seen")  # of no meaning to people


@dataclass(frozen=True, slots=True)
class Unsent:
    """`to`: where it goes, with its query. `files`: names of fields whose files are not carried."""

    to: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]

    @property
    def written(self) -> str:
        """As one field of a form; `read` takes it back."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What somebody wrote or chose."""
        return [(name, value) for name, value in self.fields if value and name not in _UNSEEN]


def of_request() -> Unsent | None:
    """What the post in hand holds; None: not surely from a page of ours, secret, or too much."""
    if request.method != "POST" or not surely_ours():
        return None
    try:
        fields = tuple((k, v) for k, v in request.form.items(multi=True) if k != _OF_THE_SESSION)
        files = tuple(dict.fromkeys(request.files))
    except RequestEntityTooLarge:
        return None  # its reader is told that it was not kept
    return _allowed(Unsent(request.full_path.rstrip("?"), fields, files))


def carried() -> Unsent | None:
    """What the page of signing in carried on to here."""
    return read(request.form.get(FIELD, "")) if surely_ours() else None


def read(text: str) -> Unsent | None:
    """None for what `written` did not write."""
    try:
        found = json.loads(text)
        fields = tuple((str(name), str(value)) for name, value in found["fields"])
        return _allowed(Unsent(str(found["to"]), fields, tuple(map(str, found["files"]))))
    except (ValueError, KeyError, TypeError):
        return None


def _allowed(one: Unsent) -> Unsent | None:
    fits = len(one.written.encode()) <= LONGEST
    return one if fits and _takes_forms(one.to) else None


def _takes_forms(to: str) -> bool:
    """Whether it is an address of the console that takes posts, and none with secrets."""
    parts = urlsplit(to)
    if not to.startswith("/console/") or parts.netloc or "\\" in to:
        return False
    try:
        endpoint, _ = current_app.url_map.bind("").match(parts.path, "POST")
    except HTTPException:
        return False
    return RIGHTS.get(endpoint) is not None and endpoint not in SECRET
