"""What refuses somebody, in Chinese: the English of an error is matched with a table of templates.

Errors are raised in English, where the rule stands, and read by programs as well. Where people read
them, `said` looks up the Chinese. The table (refusals.zh.json) has four parts:

sentences   "the campaign is {0}: it has not run" -> "活动{0:campaign.state}，还没有发送过"
libraries   what Werkzeug says of a request by itself: no such page, too large
catalogue   beginnings of keys of the catalogues whose words are raised in English
paths       a document's fields -> what marketers call them: "schedule.until" -> "结束时间"

Places are numbered from 0 in the order of the English. In the Chinese, {0} is the value as it is;
{0:NAME} the catalogue's word NAME.value (of several, "a, b", each), where it has one; {0!} the
value said in Chinese, for a sentence that ends with the words of another error. A value that was
put in is never looked at again.

Matching is done with str.find from left to right, once a template: linear in the text, whatever
the values hold. The test of this module finds the sentences in the source that the table lacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from bot.i18n import FALLBACK, catalogue

_FILE = Path(__file__).parent / "refusals.zh.json"
_LONGEST = 4000  # characters; more is no refusal of ours, and is shown as it is
_DEEPEST = 4  # field paths and sentences inside sentences
_MOST_LINES = 40  # what comes behind stays as it is
_MOST_LISTED = 20  # of "one; another; ..."
_PLACE = re.compile(r"\{(\d+)\}")
_FILLED = re.compile(r"\{(\d+)(!|:[\w.]+)?\}")
_PATH = re.compile(r"([^\W\d]\w*(?:[.\[][\w\]-]*)*): ")  # one way to match only
_INDEX = re.compile(r"\[[^\]]*\]")
_NUMBER = re.compile(r"\[(\d{1,3})\]")
_PLACED = re.compile("\x01([^\x02]*)\x02")  # a path behind its field's name, until it is said
_LETTERS = re.compile("[A-Za-z]{2}")
_HAN = re.compile("[\u3400-\u9fff]")
_ENGLISH = re.compile("[a-z]+ [a-z]+")
_CODE = re.compile(r"-?\d+: ")


@dataclass(frozen=True, slots=True)
class Template:
    """An English sentence, cut where values stand: one piece more than there are places."""

    pieces: tuple[str, ...]
    chinese: str

    @property
    def letters(self) -> int:
        """How much of it is the sentence's own."""
        return sum(map(len, self.pieces))

    @property
    def wraps(self) -> bool:
        """A beginning before another sentence: looked at first, lest the other one takes both."""
        return len(self.pieces) == 2 and not self.pieces[1] and self.chinese.endswith("{0!}")

    def values(self, text: str) -> list[str] | None:
        """What stands at the places of a text; None where the text is another sentence."""
        first, last = self.pieces[0], self.pieces[-1]
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return None
        found = []
        for piece in self.pieces[1:-1]:
            here = text.find(piece, at, end)
            if here < 0:
                return None
            found.append(text[at:here])
            at = here + len(piece)
        return [*found, text[at:end]]


def said(text: str, lang: str, *, paths: bool = True) -> str:
    """A refusal in the reader's language; line by line, and what no template knows as it is.

    paths  a field's name is followed by its place in the document: for who edits that
    """
    if len(text) > _LONGEST:
        return text
    if lang == "en":
        return english(text)
    told = "\n".join(_chinese(line, _DEEPEST) for line in text.split("\n", _MOST_LINES))
    return _PLACED.sub(_in_full if paths else _in_words, told)


def _in_full(place: re.Match[str]) -> str:
    return f"（{place[1]}）"


def _in_words(place: re.Match[str]) -> str:
    """The place in words: variants[1].text as （第 2 项）, threshold_fen as nothing; conditions
    of a rule are counted before it."""
    if place[1].startswith("rule."):
        return ""
    numbers = [str(int(one) + 1) for one in _NUMBER.findall(place[1])]
    return f"（第 {'、'.join(numbers)} 项）" if numbers else ""


def english(text: str) -> str:
    """Of a text "中文 (english)" the English, behind the code that stands before the Chinese."""
    at = _bilingual(text)
    if at is None:
        return text
    code = _CODE.match(text)
    return (code[0] if code else "") + text[at + 2 : -1]


def _bilingual(text: str) -> int | None:
    """Where " (" begins the English at the end of a Chinese text; None: it is no such text."""
    if not text.endswith(")"):
        return None
    at, depth = len(text), 0
    while at > 0:
        at -= 1
        depth += {")": 1, "(": -1}.get(text[at], 0)
        if depth == 0:
            break
    head, tail = text[: at - 1], text[at:]
    if depth or text[at - 1 : at] != " " or not _HAN.search(head) or _ENGLISH.search(head):
        return None
    return at - 1 if re.search("[A-Za-z]", tail) and not _HAN.search(tail) else None


def _chinese(text: str, depth: int) -> str:
    if not depth or not _LETTERS.search(text) or _bilingual(text) is not None:
        return text
    table = _table()
    return (
        table.whole.get(text)
        or _behind_path(text, depth)
        or _sentence(text, depth, table.long)
        or _listed(text, depth)
        or _sentence(text, depth, table.parted)
        or text
    )


def _behind_path(text: str, depth: int) -> str:
    """A field path stays, with the field's name before it where it has one; "" for no path."""
    path = _PATH.match(text)
    if path is None:
        return ""
    rest = _chinese(text[path.end() :], depth - 1)
    return f"{_named(path[1])}：{rest}" if rest != text[path.end() :] else ""


def _listed(text: str, depth: int) -> str:
    """Several in one line, where each is known: "one; another"."""
    parts = text.split("; ", _MOST_LISTED)
    told = [_chinese(one, depth - 1) for one in parts] if len(parts) > 1 else parts
    known = all(one != part for one, part in zip(told, parts, strict=True))
    return "；".join(told) if known else ""


def _sentence(text: str, depth: int, templates: list[_Kept]) -> str:
    """By the first template that fits."""
    for key, template in templates:
        if key in text and (values := template.values(text)) is not None:
            return _filled(template.chinese, values, depth)
    return ""


def _named(path: str) -> str:
    """The name and the path; "variants[1].name" is found without its numbers."""
    name = _table().paths.get(_INDEX.sub("", path)) or _condition(path)
    return f"{name}\x01{path}\x02" if name else path


def _condition(path: str) -> str:
    """A place in a rule as one counts on the page: rule.all[1].any[0].value; "" for others."""
    if not path.startswith("rule."):
        return ""
    return "里的".join(f"第 {int(one) + 1} 个条件" for one in _NUMBER.findall(path)[:_DEEPEST])


def _filled(chinese: str, values: list[str], depth: int) -> str:
    def put(place: re.Match[str]) -> str:
        value, how = values[int(place[1])], place[2]
        if how == "!":
            return _chinese(value, depth - 1)
        return _word(how[1:], value) if how else value

    return _FILLED.sub(put, chinese)


def _word(name: str, value: str) -> str:
    """The catalogue's words for the values "a, b"."""
    words = catalogue(FALLBACK)
    return "、".join(words.get(f"{name}.{one}", one) for one in value.split(", "))


_Kept = tuple[str, Template]  # with its longest piece


@dataclass(frozen=True)
class _Table:
    """The most literal templates first; `long`: those that hold a semicolon themselves."""

    whole: dict[str, str]
    parted: list[_Kept]
    long: list[_Kept]
    paths: dict[str, str]


@cache
def _table() -> _Table:
    kept = json.loads(_FILE.read_text(encoding="utf-8"))
    sentences = kept["libraries"] | dict(_of_catalogue(kept["catalogue"])) | kept["sentences"]
    templates = [
        Template(tuple(_PLACE.split(english)[::2]), chinese)
        for english, chinese in sentences.items()
        if _PLACE.search(english)
    ]
    templates.sort(key=lambda one: (not one.wraps, -one.letters))
    parted = [(max(one.pieces, key=len), one) for one in templates]
    return _Table(
        {english: chinese for english, chinese in sentences.items() if not _PLACE.search(english)},
        parted,
        [one for one in parted if any("; " in piece for piece in one[1].pieces)],
        kept["paths"],
    )


def _of_catalogue(beginnings: list[str]) -> Iterator[tuple[str, str]]:
    """Words of the catalogues with their names numbered, in the order of the English."""
    english, chinese = catalogue("en"), catalogue(FALLBACK)
    for key in english:
        if key.startswith(tuple(beginnings)):
            names = [name for _, name in _cut(english[key]) if name]
            yield (
                _put(english[key], range(len(names))),
                _put(chinese[key], [names.index(name) for _, name in _cut(chinese[key]) if name]),
            )


def _cut(text: str) -> list[tuple[str, str | None]]:
    return [(literal, name) for literal, name, _, _ in Formatter().parse(text)]


def _put(text: str, numbers: Iterable[int]) -> str:
    left = iter(numbers)
    return "".join(literal + (f"{{{next(left)}}}" if name else "") for literal, name in _cut(text))
