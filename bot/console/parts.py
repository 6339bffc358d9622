"""What pages share: where a page of a list begins, and parts that ask again and again."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from flask import make_response, request
from werkzeug.wrappers import Response

from bot.console.shell import render
from bot.store.spots import Spot

_SPOT = re.compile(r"(\d{1,18})-(\d{1,18})")


def spot() -> Spot:
    """Behind which row the page begins that was asked for."""
    found = _SPOT.fullmatch(request.args.get("before", ""))
    return Spot(int(found[1]), int(found[2])) if found else Spot()


def written(more: Spot | None) -> str:
    """The same for an address; "" for no further page."""
    return f"{more.at}-{more.id}" if more else ""


def part(template: str, values: dict[str, Any]) -> Response:
    """A part of a page; 204 where it is as it was, so that nothing moves under the reader."""
    if request.args.get("seen") == values["seen"]:
        return make_response("", 204)
    return render(template, **values)


def digest(*values: object) -> str:
    """Which state of a part somebody has seen."""
    return blake2b(repr(values).encode(), digest_size=8).hexdigest()
