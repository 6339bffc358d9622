"""What the platform takes away from an account (处罚), and what its owner has yet to agree to.

A call that is refused for one of these counts for no quota.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

from bot.sandbox.codes import PlatformError
from bot.sandbox.world import World

MASS = frozenset({"/cgi-bin/message/mass/send", "/cgi-bin/message/mass/sendall"})
ADDS_TEMPLATES = frozenset({"/cgi-bin/template/api_add_template", "/wxaapi/newtmpl/addtemplate"})
NOTICES = "/cgi-bin/message/subscribe/bizsend"
SENDS = MASS | {
    NOTICES,
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/mass/preview",
    "/cgi-bin/message/subscribe/send",
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/template/subscribe",
}
_MARKUP = re.compile(r"<[^>]*>")


@dataclass
class Penalties:
    """What holds of the account. A fresh one is free of all of it, and its terms are agreed to.

    banned  paths that are closed, each with all that lies below it
    risky   words that make a content illegal
    """

    banned: set[str] = field(default_factory=set)
    restricted: bool = False
    terms_agreed: bool = True
    templates_punished: bool = False
    notices_banned: bool = False
    risky: tuple[str, ...] = ()


# --- what the platform does ----------------------------------------------------------------------


def ban_api(world: World, prefix: str, on: bool = True) -> None:
    """Closes a path and all below it (48004), or opens it. Raises ValueError: no path."""
    if not prefix.startswith("/"):
        raise ValueError("prefix: wants a path that begins with /")
    with world.lock:
        banned = world.room(Penalties).banned
        if on:
            banned.add(prefix)
        else:
            banned.discard(prefix)
        _note(world, "ban_api", prefix=prefix, on=on)


def restrict(world: World, on: bool = True) -> None:
    """The account broke the rules and sends nothing any more (50002)."""
    with world.lock:
        world.room(Penalties).restricted = on
        _note(world, "restrict", on=on)


def agree_terms(world: World, on: bool = True) -> None:
    """The mass-send terms (群发协议) of the console are agreed to; not: 48003."""
    with world.lock:
        world.room(Penalties).terms_agreed = on
        _note(world, "agree_terms", on=on)


def punish_templates(world: World, on: bool = True) -> None:
    """The account may not add templates (43106)."""
    with world.lock:
        world.room(Penalties).templates_punished = on
        _note(world, "punish_templates", on=on)


def ban_notices(world: World, on: bool = True) -> None:
    """The account may not send subscription notices (43107)."""
    with world.lock:
        world.room(Penalties).notices_banned = on
        _note(world, "ban_notices", on=on)


def risky_words(world: World, words: list[str]) -> None:
    """These words make a content illegal (45166); an empty list: none does.

    Raises ValueError for what is no word.
    """
    if not all(isinstance(word, str) and word for word in words):
        raise ValueError("words: wants a list of words")
    with world.lock:
        world.room(Penalties).risky = tuple(words)
        _note(world, "risky_words", words=list(words))


def _note(world: World, what: str, **facts: object) -> None:
    world.ledger.add("penalty", world.clock(), what=what, **facts)


# --- what it refuses -----------------------------------------------------------------------------


def check(world: World, path: str) -> None:
    """Raises PlatformError: 48004, 50002, 48003, 43106, 43107, whichever comes first."""
    room = world.room(Penalties)
    if room.banned and any(_below(path, banned) for banned in room.banned):
        raise PlatformError(48004)
    if room.restricted and path in SENDS:
        raise PlatformError(50002)
    if path in MASS and not room.terms_agreed:
        raise PlatformError(48003)
    if room.templates_punished and path in ADDS_TEMPLATES:
        raise PlatformError(43106)
    if room.notices_banned and path == NOTICES:
        raise PlatformError(43107)


def _below(path: str, start: str) -> bool:
    """`…/mass` holds `…/mass/send`, but `…/mass/send` does not hold `…/mass/sendall`."""
    return path == start or path.startswith(start.rstrip("/") + "/")


def review(world: World, *texts: str) -> None:
    """45166 for a text with a risky word, also where markup stands in the middle of it."""
    risky = world.room(Penalties).risky
    if risky and any(word in form for text in texts for form in _forms(text) for word in risky):
        raise PlatformError(45166)


def _forms(text: str) -> tuple[str, str]:
    """As it was sent, and as it is read."""
    return text, unescape(_MARKUP.sub("", text))
