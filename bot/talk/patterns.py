"""Regular expressions of marketers, which must never hang a callback.

They run on RE2, whose time grows with the text alone, whatever the pattern: there is no (a+)+ to
wait for. What RE2 lacks (back references, looking around) is refused. The pattern is parsed a
second time by Python's own parser, to know which letters a match needs and to make examples.

A pattern is compared with the normalised text (bot.nlp.normalise): its letters are brought to the
same width and script, and case does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import re2

from bot.errors import InvalidInput
from bot.nlp.normalise import normalise

_LETTERS = "的我要查单号店好abcdefg0123456789"
_SPECIAL = frozenset(".^$*+?{}[]\\|()-")
_NESTED = ("--", "&&", "~~", "||")
_MOST_WAYS = 16
# Instructions of RE2. Its worst time is the size of the program by the length of the text.
MOST_SIZE = 5000
_LONGEST_SAMPLE = 300


@dataclass(frozen=True, slots=True)
class Pattern:
    """`found` wants UTF-8. `needs`: every match holds one of these; () when nothing is known.
    `size`: its instructions, of which a short pattern has some dozens."""

    written: str
    found: Callable[[bytes], bool]
    needs: tuple[str, ...]
    size: int


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    options.dot_nl = True
    return options


@lru_cache(maxsize=8192)
def compiled(pattern: str) -> Pattern:
    """Raises InvalidInput, in words for who wrote it."""
    written = _written(pattern)
    tree = _parsed(written)
    regex = _regex(written)
    if regex.programsize > MOST_SIZE:
        raise InvalidInput("stands for too much: repeat less than hundreds of times")
    if regex.search(b""):
        raise InvalidInput("takes every message: for that there is `on: default`")
    return Pattern(written, _search(regex), _needed(tree), regex.programsize)


def any_of(patterns: Sequence[Pattern]) -> Callable[[bytes], bool]:
    """Whether one of these is found: a single look for all of them."""
    try:
        return _search(_regex("|".join(f"(?:{one.written})" for one in patterns)))
    except InvalidInput:  # together they are too much
        return lambda text: any(one.found(text) for one in patterns)


def _regex(written: str) -> Any:
    try:
        return re2.compile(written.encode(), _options())
    except re2.error as error:
        raise InvalidInput(f"no regular expression: {_said(error)}") from None


def _search(regex: Any) -> Callable[[bytes], bool]:
    return lambda text: regex.search(text) is not None


def _said(error: Exception) -> str:
    """RE2 speaks in bytes."""
    words = error.args[0] if error.args else ""
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return text[:100]


def _parsed(written: str) -> Any:
    try:
        return _parser.parse(written)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidInput(f"no regular expression: {str(error)[:100]}") from None


def _written(pattern: str) -> str:
    """The pattern with its letters as `normalise` leaves them. Refuses what two parsers read in
    two ways."""
    if "{," in pattern:
        raise InvalidInput("write {0,3} instead of {,3}")
    parts, inside, at = [], False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            after = pattern[at + 1]
            parts.append(char + after if after.isascii() else _letter(after))
            at += 2
            continue
        if inside and (char == "[" or pattern[at : at + 2] in _NESTED):
            raise InvalidInput(r"inside [ ] write \[ for a bracket, and no sign twice")
        if char == "[":
            inside = True
            at += 1
            parts.append(char)
            if pattern[at : at + 1] == "^":
                parts.append("^")
                at += 1
            if pattern[at : at + 1] == "]":
                raise InvalidInput(r"inside [ ] write \] for a closing bracket")
            continue
        if char == "]":
            inside = False
        parts.append(char if char.isascii() else _letter(char))
        at += 1
    return "".join(parts)


def _letter(char: str) -> str:
    """One letter as messages have it; escaped where it becomes a sign with a meaning."""
    plain = " " if char.isspace() else normalise(char)
    if len(plain) != 1:
        return char
    return f"\\{plain}" if plain in _SPECIAL else plain


# --- what a match needs -------------------------------------------------------------------------


def _needed(tree: Any) -> tuple[str, ...]:
    """Texts of which every match holds one: the longest run of letters, or one a branch."""
    best: tuple[str, ...] = ()
    run = ""
    for op, argument in [*tree, ("END", None)]:
        name = str(op)
        if name == "LITERAL" and _one_spelling(chr(argument)):
            run += chr(argument).lower()
            continue
        best, run = _better(best, (run,)), ""
        if name == "SUBPATTERN":
            best = _better(best, _needed(argument[3]))
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and argument[0] >= 1:
            best = _better(best, _needed(argument[2]))
        elif name == "BRANCH":
            ways = [_needed(way) for way in argument[1]]
            if all(ways):
                best = _better(best, tuple(dict.fromkeys(one for way in ways for one in way)))
    return best


def _one_spelling(char: str) -> bool:
    """Normalised texts write this letter in one way only (σ and ς would be two)."""
    return char.isascii() or char.lower() == char.upper()


def _better(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Whichever is rarer in texts: the longer, then the fewer."""
    if not all(other) or not other or len(other) > _MOST_WAYS:
        return one
    return max(one, other, key=lambda ways: (min(map(len, ways), default=0), -len(ways)))


# --- examples -----------------------------------------------------------------------------------


class _TooMuch(Exception):
    """An example would become too long, or the pattern holds something unknown."""


def samples(pattern: str, wanted: int = 24) -> Iterator[str]:
    """Different texts made by the pattern, the same at each call. Whether they match after
    normalising is for the caller to see: x^ makes one that does not."""
    told: set[str] = set()
    rng = Random(pattern)
    tree = _parsed(compiled(pattern).written)
    for _ in range(wanted * 2):
        made: list[str] = []
        try:
            _make(tree, rng, made)
        except _TooMuch:
            continue
        text = "".join(made)
        if text not in told:
            told.add(text)
            yield text
        if len(told) == wanted:
            return


def _make(tree: Any, rng: Random, made: list[str]) -> None:
    for op, argument in tree:
        if len(made) > _LONGEST_SAMPLE:
            raise _TooMuch
        name = str(op)
        if name == "LITERAL":
            made.append(chr(argument))
        elif name == "NOT_LITERAL":
            made.append(_other([("LITERAL", argument)], rng))
        elif name == "ANY":
            made.append(rng.choice(_LETTERS))
        elif name == "IN":
            made.append(_member(argument, rng))
        elif name == "BRANCH":
            _make(rng.choice(argument[1]), rng, made)
        elif name == "SUBPATTERN":
            _make(argument[3], rng, made)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = argument
            for _ in range(min(least + rng.choice((0, 0, 1, 1, 2, 3)), int(most))):
                _make(inner, rng, made)
        elif name != "AT":
            raise _TooMuch


def _member(items: list[tuple[Any, Any]], rng: Random) -> str:
    if str(items[0][0]) == "NEGATE":
        return _other(items[1:], rng)
    op, argument = rng.choice(items)
    match str(op):
        case "LITERAL":
            return chr(argument)
        case "RANGE":
            return chr(rng.randint(*argument))
    return rng.choice(_OF_CATEGORY.get(str(argument), "的"))


_OF_CATEGORY = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": "abcdefgxyz0123456789",
    "CATEGORY_SPACE": " ",
}
_IN_CATEGORY: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": lambda char: char.isdigit(),
    "CATEGORY_WORD": lambda char: char.isascii() and char.isalnum(),
    "CATEGORY_SPACE": lambda char: char == " ",
}


def _other(items: Iterable[tuple[Any, Any]], rng: Random) -> str:
    """A letter that none of the items means."""
    listed = list(items)
    usable = [char for char in _LETTERS + " ,!" if not any(_means(one, char) for one in listed)]
    if not usable:
        raise _TooMuch
    return rng.choice(usable)


def _means(item: tuple[Any, Any], char: str) -> bool:
    op, argument = item
    match str(op):
        case "LITERAL":
            return chr(argument).lower() == char
        case "RANGE":
            return bool(argument[0] <= ord(char) <= argument[1])
    name = str(argument)
    if name in _IN_CATEGORY:
        return _IN_CATEGORY[name](char)
    opposite = _IN_CATEGORY.get(name.replace("_NOT", ""))
    return opposite is not None and not opposite(char)
