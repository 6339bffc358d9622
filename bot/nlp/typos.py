"""Typos put right by their sound: 快弟 means 快递, 定坐 means 订座, yhq means 优惠券.

Only towards words of the domain, and only where what was typed is no word itself. Chinese is
typed by sound, so a typo sounds right: entities/pinyin.json says how characters sound. Sounds that
regions confuse (zh and z, n and l, ing and in) count as one. Words of refusing are no targets:
somebody is unsubscribed by what he said, or by `opts_out`, which takes whole messages alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product
from operator import add
from pathlib import Path

from bot.nlp.cut import known
from bot.nlp.normalise import bare, core
from bot.nlp.phrases import beside
from bot.nlp.words import LONGEST as LONGEST_COMMAND

_FOLDER = Path(__file__).parent / "entities"
LONGEST = 400  # characters in which typos are looked for
_SHORTEST_WORD, _LONGEST_WORD = 2, 8
_MOST_READINGS = 8
_PAIRS = 8192  # of two characters, of which is kept whether a word sounds like them
# Characters so common that they are hardly ever a slip for another: 毛都掉了 is no 毛肚.
_COMMON = frozenset(
    "的了是我你他她它们在有不就也还很太吗呢啊吧呀个这那一二三四五六七八九十两几到去来要会能可和给把被让"
    "用从对没多少大小上下里外什么怎为想说看吃喝买都又再只但如果因所以跟与或等啦哦嗯哈请谢好先已该帮找问每才更最真新别过完见另占"
)
_DIGITS = frozenset("零一二三四五六七八九十百千万两半")
_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
# What looks alike is taken for one another when written: 券 is read as 卷 by half the country.
_LOOKS = {"卷": "quan4", "劵": "quan4"}


@dataclass(frozen=True, slots=True)
class Correction:
    """text[start:end] of the normalised text says `said` and means `meant`."""

    start: int
    end: int
    said: str
    meant: str


class Spelling:
    """The domain's words by their sound. Compiled once; a message costs some five microseconds."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        given = _given()
        self.words = {*given.words, *given.misspelt.values(), *filter(_chinese, words)}
        self._misspelt = {
            said: meant for said, meant in given.misspelt.items() if said not in {*words}
        }
        self._slips = _any_of(self._misspelt)
        self._slip_begins = frozenset(said[:2] for said in self._misspelt)
        self._typed = {**_spelt_out(self.words), **given.initials}
        self._by_sound: dict[str, set[str]] = {}
        for word in self.words:
            for sound in _sounds_of(word):
                self._by_sound.setdefault(sound, set()).add(word)
        lengths: dict[str, set[int]] = {}
        for sound in self._by_sound:
            lengths.setdefault(sound[:2], set()).add(len(sound))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}
        self._begins = lru_cache(_PAIRS)(self._sounds_like_a_beginning)

    def corrections(self, plain: str) -> list[Correction]:
        """What is spelt wrong in a normalised text, from left to right."""
        if len(plain) > LONGEST:
            return []
        if plain.isascii():
            return self._letters(plain)
        listed = self._listed(plain)
        if not listed:
            return list(self._heard(plain))
        taken = {at for one in listed for at in range(one.start, one.end)}
        heard = [one for one in self._heard(plain) if taken.isdisjoint(range(one.start, one.end))]
        return sorted([*listed, *heard], key=lambda one: one.start)

    def _sounds_like_a_beginning(self, pair: str) -> bool:
        """A word of the domain may begin with these two characters."""
        return pair.translate(_table()) in self._lengths

    def _letters(self, plain: str) -> list[Correction]:
        meant = self._typed.get(bare(plain).rstrip("?"))
        return [Correction(0, len(plain), plain, meant)] if meant else []

    def _listed(self, plain: str) -> list[Correction]:
        if self._slip_begins.isdisjoint(beside(plain)):
            return []
        return [
            Correction(one.start(), one.end(), one.group(), self._misspelt[one.group()])
            for one in self._slips.finditer(plain)
            if not self._right(plain, one.start(), one.end())
        ]

    def _right(self, plain: str, start: int, end: int) -> bool:
        """The slip is a part of a word of the domain: 羊肉卷 of a menu."""
        return any(
            plain[at : at + size] in self.words
            for size in range(end - start + 1, end - start + 3)
            for at in range(max(0, end - size), start + 1)
        )

    def _heard(self, plain: str) -> Iterator[Correction]:
        if not any(map(self._begins, beside(plain))):
            return
        sounds, lengths = plain.translate(_table()), self._lengths
        pairs = [*map(add, sounds, sounds[1:])]
        free = 0
        for start in [at for at, pair in enumerate(pairs) if pair in lengths]:
            if start < free:
                continue
            for length in lengths[pairs[start]]:
                meant = self._by_sound.get(sounds[start : start + length])
                if meant is None:
                    continue
                said = plain[start : start + length]
                word = said if said in meant else _closest(plain, start, length, meant)
                if word:
                    free = start + length
                    if word != said:
                        yield Correction(start, free, said, word)
                    break


def corrected(plain: str, spelling: Spelling) -> tuple[str, tuple[Correction, ...]]:
    """A normalised text with its typos put right, and what they were. Pure."""
    found = spelling.corrections(plain)
    if not found:
        return plain, ()
    pieces, at = [], 0
    for one in found:
        pieces += [plain[at : one.start], one.meant]
        at = one.end
    return "".join([*pieces, plain[at:]]), tuple(found)


def opts_out(plain: str) -> bool:
    """The whole message is 退订 or 取消推送 with a slip or in pinyin: 退定, 推订, tuiding.

    Of two characters one must be right; 退房, 退单 and 推定 are other words.
    """
    if len(plain) > LONGEST_COMMAND or not _TO_REFUSE.search(plain):
        return False
    said = core(bare(plain))
    if said in ("tuiding", "tui订", "退ding"):
        return True
    return any(_slipped(said, word) for word in _REFUSALS)


_REFUSALS = ("退订", "取消推送", "取消订阅", "停止推送", "关闭推送", "拒收消息")
# One character of a word is right in what `opts_out` takes, or it is pinyin.
_TO_REFUSE = re.compile("[退订推收]|ding")


def _slipped(said: str, word: str) -> bool:
    if len(said) != len(word) or said == word:
        return False
    wrong = [(one, other) for one, other in zip(said, word, strict=True) if one != other]
    if len(word) - len(wrong) < len(word) // 2 or (len(word) == 2 and said[-1] not in "订定丁钉"):
        return False
    return said != "推定" and all(_toneless(one) & _toneless(other) for one, other in wrong)


def _closest(plain: str, start: int, length: int, meant: Iterable[str]) -> str:
    """The one word that can be meant, "" where there is none or two are as likely."""
    said = plain[start : start + length]
    if known(said) or _straddled(plain, start, length):
        return ""
    near = sorted((_wrong(said, word), word) for word in meant if _may_mean(said, word))
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return ""
    return near[0][1]


def _wrong(said: str, word: str) -> int:
    return sum(one != other for one, other in zip(said, word, strict=True))


def _may_mean(said: str, word: str) -> bool:
    """Of two characters both may be wrong if the tones are right, of more at most half."""
    wrong = [(one, other) for one, other in zip(said, word, strict=True) if one != other]
    if any(one in _COMMON for one, _ in wrong):
        return False
    if len(word) > 2:
        return len(wrong) <= len(word) // 2 + len(word) % 2
    exact = _readings if len(wrong) == 2 else _toneless
    return all(exact(one) & exact(other) for one, other in wrong)


def _straddled(plain: str, start: int, length: int) -> bool:
    """A neighbour makes a word with its end: that is what was meant, and no typo."""
    end = start + length
    before, after = plain[max(0, start - 1) : start], plain[end : end + 1]
    return bool(
        (before and before not in _COMMON and known(before + plain[start]))
        or (after and after not in _COMMON and known(plain[end - 1] + after))
    )


def _chinese(word: str) -> bool:
    """A word that typos are put right to: of characters, and not of digits (六一, 四级)."""
    fits = _SHORTEST_WORD <= len(word) <= _LONGEST_WORD
    return fits and all("一" <= c <= "鿿" and c not in _DIGITS for c in word)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    listed = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, listed)) if listed else "(?!)")


def _sounds_of(word: str) -> Iterator[str]:
    """How a word may sound, one private character a syllable; a few ways for many readings."""
    ways = [sorted({_code(_fuzzy(one)) for one in _readings(char)}) for char in word]
    if all(ways):
        yield from {"".join(way) for way in islice(product(*ways), _MOST_READINGS)}


def _spelt_out(words: Iterable[str]) -> dict[str, str]:
    """Whole messages in pinyin, where one word alone is spelt so: youhuiquan."""
    found: dict[str, set[str]] = {}
    for word in words:
        syllables = [_first().get(char, "") for char in word]
        if all(syllables):
            found.setdefault("".join(one.rstrip("12345") for one in syllables), set()).add(word)
    return {typed: min(meant) for typed, meant in found.items() if len(meant) == 1}


def _fuzzy(reading: str) -> str:
    """Without tone and without what regions confuse: zhuang4 and zuan1 are one."""
    sound = reading.rstrip("12345")
    for said, meant in _FUZZY:
        if sound.startswith(said):
            sound = meant + sound[len(said) :]
            break
    return sound.removesuffix("g") if sound.endswith("ng") and sound[-3] in "aei" else sound


def _toneless(char: str) -> frozenset[str]:
    return frozenset(reading.rstrip("12345") for reading in _readings(char))


@dataclass(frozen=True)
class _Given:
    words: frozenset[str]
    misspelt: Mapping[str, str]
    initials: Mapping[str, str]


@cache
def _given() -> _Given:
    read = json.loads((_FOLDER / "spelling.json").read_text(encoding="utf-8"))
    return _Given(frozenset(read["words"]), read["misspelt"], read["initials"])


@cache
def _sounds() -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """Character -> its usual reading; character -> all its readings."""
    read = json.loads((_FOLDER / "pinyin.json").read_text(encoding="utf-8"))["syllables"]
    first: dict[str, str] = {}
    every: dict[str, set[str]] = {}
    for reading, listed in read.items():
        usual, _, sometimes = listed.partition("|")
        first.update(dict.fromkeys(usual, reading))
        for char in usual + sometimes:
            every.setdefault(char, set()).add(reading)
    for char, reading in _LOOKS.items():
        first[char] = reading
        every.setdefault(char, set()).add(reading)
    return first, {char: frozenset(readings) for char, readings in every.items()}


def _first() -> dict[str, str]:
    return _sounds()[0]


def _readings(char: str) -> frozenset[str]:
    return _sounds()[1].get(char, frozenset())


@cache
def _codes() -> dict[str, str]:
    sounds = sorted({_fuzzy(one) for readings in _sounds()[1].values() for one in readings})
    return {sound: chr(0xE000 + at) for at, sound in enumerate(sounds)}


def _code(sound: str) -> str:
    return _codes()[sound]


@cache
def _table() -> dict[int, str]:
    return {ord(char): _code(_fuzzy(reading)) for char, reading in _first().items()}
