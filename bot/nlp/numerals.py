"""Numbers as people write them: 12, 1,200, 1.5万, 3k, 一百二十三, 一百二, 两三百, 十几, 二十多.

`NUMERAL` and `RANGE` are patterns for other modules to build on; they take any run of the
characters of numbers, at most 21 of them, and `parsed` says whether the run is a number.
"""

from __future__ import annotations

import re
from functools import lru_cache

Bounds = tuple[float, float]  # the least and the most that is meant; equal: exactly that

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = {"万": 10_000, "亿": 100_000_000}
_MARKS = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "亿": 100_000_000}
CHINESE = "零〇一二两三四五六七八九十百千万亿几廿"

# A pattern that begins with a class is searched for twenty times faster than an alternation.
# Digits and characters mix only as in 3万5: 15块8一份 holds 8 and 一.
NUMERAL = (
    rf"[\d{CHINESE}](?:(?<=\d)(?:\d|[.,](?=\d)|[百千万亿]|[kKwW](?![A-Za-z]))"
    rf"|(?<=[{CHINESE}])[{CHINESE}]|(?<=[.,千万亿])\d){{0,20}}"
)
RANGE = rf"{NUMERAL}(?: ?[-~—－～到至] ?{NUMERAL})?(?:[多来]|好几)?"

_ARABIC = re.compile(r"(\d{1,12}|\d{1,3}(?:,\d{3}){1,4})(\.\d{1,4})?([百千万亿kw])?(\d)?")
_BETWEEN = re.compile(r" ?[-~—－～到至] ?")
_ABOUT = re.compile("(?<=[一二三四五六七八九])(?=[二三四五六七八九])")
_NEIGHBOURS = {"一二", "两三", "二三", "三四", "三五", "四五", "五六", "六七", "七八", "八九"}


@lru_cache(maxsize=4096)
def parsed(said: str) -> Bounds | None:
    """The bounds that a match of RANGE means; None where it is no number. At most 1e15."""
    ends = _BETWEEN.split(said.lower())
    if len(ends) == 2:
        return _between(ends[0], ends[1])
    loose = said[-1:] if said[-1:] in "多来" else ""
    value = _number(said[:-1].lower() if loose else said.lower())
    if value is None or not loose:
        return value
    return _loosely(value[0], loose)


def _between(first: str, last: str) -> Bounds | None:
    """3-5, 50到100. A mark of the last holds for the first, too: 1到2万."""
    low, high = _number(first), _number(last)
    if low is None or high is None:
        return None
    mark = last[-1]
    if low[0] < high[0] and first[-1] not in _MARKS and mark in _MARKS and low[0] < 100:
        scale = _MARKS[mark]
        low = (low[0] * scale, low[1] * scale) if low[0] * scale < high[1] else low
    return (low[0], high[1]) if low[0] <= high[1] else None


def _loosely(value: float, said: str) -> Bounds:
    """二十多 is 21 to 29, 二十来 is 20 to 25, 一百多 is 101 to 199."""
    step = 1.0
    while value and value % (step * 10) == 0:
        step *= 10
    if said == "来":
        return value, value + step / 2 if step > 1 else value + 1
    return (value + 1, value + step - 1) if step > 1 else (value, value + 1)


def _number(said: str) -> Bounds | None:
    if not said:
        return None
    if said[0].isdecimal():
        return _exactly(_arabic(said))
    if "几" in said:
        return _some(said)
    about = _approximate(said)
    return about if about is not None else _exactly(_chinese(said))


def _exactly(value: float | None) -> Bounds | None:
    return None if value is None else (value, value)


def _arabic(said: str) -> float | None:
    match = _ARABIC.fullmatch(said)
    if match is None:
        return None
    whole, part, mark, more = match.groups()
    value: float = int(whole.replace(",", ""))
    if part:
        value += float(part)
    if mark:
        value = round(value * _MARKS[mark], 4)
        value += int(more or 0) * _MARKS[mark] // 10
    elif more:
        return None
    return int(value) if value == int(value) else value


def _some(said: str) -> Bounds | None:
    """几 is 2 to 9 at the beginning of a number and 1 to 9 inside one."""
    if said.count("几") > 1:
        return None
    low = _chinese(said.replace("几", "二" if said[0] == "几" else "一"))
    high = _chinese(said.replace("几", "九"))
    return None if low is None or high is None else (low, high)


def _approximate(said: str) -> Bounds | None:
    """Two digits side by side: 两三百, 七八十, 十二三, 三五."""
    for at in range(len(said) - 1):
        pair = said[at : at + 2]
        if pair in _NEIGHBOURS and not _amid_digits(said, at):
            low = _chinese(said[:at] + pair[0] + said[at + 2 :])
            high = _chinese(said[:at] + pair[1] + said[at + 2 :])
            return None if low is None or high is None else (low, high)
    return None


def _amid_digits(said: str, at: int) -> bool:
    """一二三四 is read out digit by digit; so is 二零二六."""
    return said[max(0, at - 1) : at] in {*_DIGITS} or said[at + 2 : at + 3] in {*_DIGITS}


def _chinese(said: str) -> float | None:
    """一百二十三, 一万二, 十五, 二零二六; None for 百, 千万, 十十 and what else is no number."""
    if said == "半":
        return 0.5
    if all(char in _DIGITS for char in said):
        return int("".join(str(_DIGITS[char]) for char in said))
    total, last = 0, 0
    rest = said
    for mark, scale in (("亿", _GROUPS["亿"]), ("万", _GROUPS["万"])):
        before, found, after = rest.partition(mark)
        if found:
            part = _section(before, 0)
            if not part:
                return None
            total, last, rest = total + part * scale, scale, after
    part = _section(rest, last) if rest else 0
    return None if part is None else total + part


def _section(said: str, last: int) -> int | None:
    """A number below 10,000. `last`: the group before it, for 一万二 = 12,000."""
    total, digit, unit, zero = 0, None, last, False
    for char in said:
        if char == "廿":
            char, digit = "十", 2
        if char in _UNITS:
            size = _UNITS[char]
            if (digit is None and (size != 10 or total)) or (unit and size >= unit):
                return None
            total, digit, unit, zero = total + (digit or 1) * size, None, size, False
        elif char in "零〇":
            zero = True
        elif char in _DIGITS and digit is None:
            digit = _DIGITS[char]
        else:
            return None
    if digit is None:
        return total or None
    short = unit // 10 if unit >= 100 and not zero else 1
    return total + digit * short


def plain(value: float) -> float:
    """An int where the value is whole: JSON then says 3 and not 3.0."""
    return int(value) if value == int(value) else round(value, 4)
