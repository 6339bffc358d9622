"""The name under which a follower is known outside: told from others, and nothing else.

`hy-<id>-<check>`: the check is keyed, so that a name that was not given out by this house, or was
mistyped, is none. It ends with the follower.
"""

from __future__ import annotations

import re

from bot.store.fields import Holder

_BEGINNING = re.compile(r"(hy-)?([1-9]\d{0,17})(?:-([0-9a-f]{0,8}))?")
_FORM = re.compile(r"hy-([1-9]\d{0,18})-([0-9a-f]{8})")


def of(follower_id: int) -> str:
    """The pseudonym of a follower: equal at every call."""
    return f"hy-{follower_id}-{_check(str(follower_id))}"


def read(pseudonym: str) -> int | None:
    """The follower's id, who may be gone; None for what is no pseudonym of ours."""
    found = _FORM.fullmatch(pseudonym)
    if found is None or _check(found[1]) != found[2]:
        return None
    return int(found[1])


def beginning(text: str) -> tuple[int, str]:
    """(number, what is there of the check) of "hy-5", "5-3ab" or "hy-5-3ab"; (0, "") for what is no
    beginning of a pseudonym. The number alone is none: it may be anything."""
    found = _BEGINNING.fullmatch(text)
    if found is None or not (found[1] or found[3]):
        return 0, ""
    return int(found[2]), found[3] or ""


def _check(number: str) -> str:
    return Holder.vault.blind(number, "pseudonym")[:8]
