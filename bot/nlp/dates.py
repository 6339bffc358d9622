"""Days that a text names: 明天, 下周三, 这周末, 12月3号, 12.3, 月底, 三天后, 国庆, 大年初三.

A day without its year or month is the next such day: a date that is over this year is next
year's, 周日 said on a Sunday is today. 这周三 and 上周三 are taken at their word.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.nlp import festivals
from bot.nlp.numerals import parsed

_NEAR = {"大前": -3, "前": -2, "昨": -1, "今": 0, "当": 0, "明": 1, "后": 2, "大后": 3}
_WEEKDAYS = {**{char: at for at, char in enumerate("一二三四五六日")}, "天": 6} | {
    str(at + 1): at for at in range(7)
}
_D2 = r"(?:\d{1,2}|[一二三四五六七八九十廿]{1,3})"
_WEEK = r"(?:周|星期|礼拜|禮拜)"
_FESTIVALS = "|".join(festivals.NAMES)
_FESTIVAL_ENDS = "".join(sorted({name[-1] for name in festivals.NAMES}))
_ENDINGS = "|".join(f"(?<={name})" for name in festivals.NAMES)
# Each begins with a class or a literal and ends where nothing can go on: no text is read twice.
_FORMS = {
    "near": r"(?:大前|大后|今|明|昨|前|后|当)(?:天|日(?!期)|儿个?|(?=[早晚夜](?!点|餐)))",
    "iso": r"\d{4}(?<!\d\d{4})(?:[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?)(?!\d)",
    "every": rf"每(?:天|日|晚|个?{_WEEK}[一二三四五六日天末1-7]?|个?月)",
    "weekday": rf"(?:(?:上上|下下|上|下|这|本)个?)?{_WEEK}[一二三四五六日天1-7]"
    r"(?!\d)(?![天月年晚]后)",
    "weekend": rf"(?:(?:上上|下下|上|下|这|本)个?)?(?:{_WEEK}末|双休日)",
    "week": r"(?:上上|下下|上|下|这|本)个?(?:周|星期|礼拜)",
    "month_day": rf"(?:(?:今|明|去|后|前)年)?{_D2}月(?:份)?{_D2}"
    r"(?:[日号]|(?![\d一二三四五六七八九十]))(?!线|楼|店|院)",
    "in_month": rf"(?:上|下|这|本)个?月(?:{_D2}[日号](?!线|楼|店|院)|[初中底末])?",
    "month_part": r"(?:今年|明年|去年)?\d{0,2}(?:月|年)[初中底末](?![级部])",
    "lunar": r"(?:大年|正月)初[一二三四五六七八九十]|正月十五|腊月三十",
    "festival": rf"(?:今年|明年|去年)?(?:{_FESTIVALS})(?:节|假期)?(?!路|点|[年月])",
    "dotted": r"\d{1,2}[./-]\d{1,2}(?![\d./:%-])"
    r"(?! ?(?:[号日月点时折元块万千百亿分倍斤公个米年岁级版寸升吨两杯份人位小天度]|[a-z]))",
    "day": rf"{_D2}(?:(?= ?[-~到至] ?{_D2}[日号])|[日号])(?!线|楼|店|院|码|房|桌|机|馆|厅|门|车)",
    "months": rf"(?:今年|明年|去年)?{_D2}月(?:份)?(?!\d)",
    "after": r"过?[\d一二两三四五六七八九十几半]{1,3}(?:天|个?星期|个?礼拜|周|个半?月|年)"
    r"(?:之?[后前]|以[后前]|之?内|以内)",
    "soon": r"过(?:几|两)天(?!后)|过阵子|改天|回头",
}
_ANY = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS.items()))
# Two characters with which something of the above begins: nearly all texts have none of them.
_BEGINNINGS = (
    (r"\d", r"[\d一二三四五六七八九十./年月日号天周个星-]| ?[-~到至]"),
    ("一二两三四五六七八九十廿", r"\d"),
    ("一二两三四五六七八九十廿几半", "[一二三四五六七八九十月日号天周年个星礼-]"),
    ("今明昨前后当去", "[天日儿早晚夜年]"),
    ("大", "[前后年]"),
    ("每", "[天日晚周星礼个月]"),
    ("上下这本", "[上下周星礼月]|个[周星礼月]"),
    ("周", r"[一二三四五六日天末\d]"),
    ("星", "期"),
    ("礼", "拜"),
    ("月", "[初中底末]"),
    ("年", "[初中底末三夜]"),
    ("双", "[休十1]"),
    ("元情妇女愚劳儿建教国万光平圣跨春过除清端重中母父正腊改回七六五", r"\w"),
)
_START = re.compile(
    f"[{''.join(first for first, _ in _BEGINNINGS)}]"
    f"(?:{'|'.join(f'(?<=[{first}])(?:{second})' for first, second in _BEGINNINGS)})"
)
# And one of these characters is in every one of them.
_HINTS = re.compile(
    "[天日号周星礼月年儿早晚夜末节庆旦夕秋午阳春诞宵清跨阵回双休五六十一618./\\-~到至]"
)
# The character that a form cannot do without, with what stands before or after it.
_N = r"\d一二两三四五六七八九十廿几半"
_NEEDED = re.compile(
    rf"[天日号儿早晚夜周星礼月年./\-阵头{_FESTIVAL_ENDS}](?:"
    rf"(?<=[今明昨前后当每改{_N}]天)|(?<=[今明昨前后当每休{_N}]日)|(?<=[{_N}]号)"
    rf"|(?<=[今明昨前后当每][儿早晚夜])|(?<=[上下这本个每{_N}]周)|(?<=周)(?=[一二三四五六日天末1-7])"
    rf"|(?<=星)(?=期)|(?<=礼)(?=拜)|(?<=[上下这本个半每正腊{_N}]月)|(?<=[月年])(?=[初中底末三夜])"
    rf"|(?<=[{_N}]年)|(?<=\d[./\-])(?=\d)|(?<=过阵)|(?<=回头)|{_ENDINGS})"
)


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another (the same: one day). No day: `every`, or only 改天 is said."""

    start: int
    end: int
    day: date | None
    until: date | None = None
    fuzzy: bool = False
    every: str = ""
    bare: bool = False  # a weekday or a day of the month with nothing before it: the next one


def may_name_days(text: str) -> bool:
    """Something stands there without which no day is named."""
    return _NEEDED.search(text) is not None and _HINTS.search(text) is not None


def days(text: str, today: date) -> Iterator[Days]:
    """What the text says of days, from left to right, never overlapping. Linear in its length."""
    if not may_name_days(text):
        return
    free = 0
    for start in _START.finditer(text):
        if start.start() < free:
            continue
        match = _ANY.match(text, start.start())
        found = _read(match, today) if match else None
        if match is not None:
            free = match.end()
        if found is not None:
            yield found


def _read(match: re.Match[str], today: date) -> Days | None:
    """None where the calendar has no such day (2月30号), or no festival so far ahead (2061)."""
    kind = str(match.lastgroup)
    try:
        said = _READERS[kind](match.group(), today)
    except (ValueError, OverflowError, KeyError):
        return None
    if said is None or _part_of_a_word(match, kind):
        return None
    day, until, fuzzy = said
    every = match.group() if kind == "every" else ""
    bare = kind == "day" or (kind == "weekday" and match.group()[0] in "周星礼")
    return Days(match.start(), match.end(), day, until, fuzzy, every, bare)


def _part_of_a_word(match: re.Match[str], kind: str) -> bool:
    """三五一 holds no 五一, 目前天气 no 前天, 以后天天 no 后天."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    if kind == "near":
        return before in {*"目以之空从年月周天然最"} and match.group()[0] in "前后"
    if kind == "festival":
        return before.isdecimal() or before in {*"一二三四五六七八九十第"}
    if kind in ("day", "months", "dotted"):
        return before in {*"第./:¥￥$"} or before.isdecimal() or (before == "-" and kind != "day")
    return kind == "weekday" and before == "每"


Said = tuple[date | None, date | None, bool]


def _near(said: str, today: date) -> Said:
    word = said.rstrip("天日儿个")
    return today + timedelta(_NEAR[word]), None, False


def _iso(said: str, today: date) -> Said:
    year, month, day = (int(part) for part in re.findall(r"\d+", said))
    return date(year, month, day), None, False


def _every(said: str, today: date) -> Said:
    return None, None, True


def _weeks(said: str) -> int | None:
    """By how many weeks 上, 下下 ... move; None: nothing is said."""
    for words, by in (("上上", -2), ("下下", 2), ("上", -1), ("下", 1), ("这", 0), ("本", 0)):
        if said.startswith(words):
            return by
    return None


def _weekday(said: str, today: date) -> Said:
    wanted, by = _WEEKDAYS[said[-1]], _weeks(said)
    if by is None:
        return today + timedelta((wanted - today.weekday()) % 7), None, False
    return today + timedelta(wanted - today.weekday() + 7 * by), None, False


def _weekend(said: str, today: date) -> Said:
    """Saturday and Sunday; on a Sunday only what is left of it."""
    saturday = today + timedelta(5 - today.weekday() + 7 * (_weeks(said) or 0))
    return max(saturday, today) if not _weeks(said) else saturday, saturday + timedelta(1), True


def _week(said: str, today: date) -> Said:
    monday = today + timedelta(7 * (_weeks(said) or 0) - today.weekday())
    return monday, monday + timedelta(6), True


def _year(said: str, today: date) -> int | None:
    for word, by in (("今年", 0), ("明年", 1), ("去年", -1), ("后年", 2), ("前年", -2)):
        if said.startswith(word):
            return today.year + by
    return None


def _whole(said: str) -> int:
    bounds = parsed(said)
    if bounds is None or bounds[0] != bounds[1]:
        raise ValueError(said)
    return int(bounds[0])


def _next(month: int, day: int, today: date, lasting: int = 1) -> date:
    """That day of this year, or of a later one if it is over. 2月29日: the next leap year's."""
    for year in range(today.year, today.year + 9):
        if day > monthrange(year, month)[1]:
            continue
        if date(year, month, day) + timedelta(lasting - 1) >= today:
            return date(year, month, day)
    raise ValueError("there is no such day")


def _month_day(said: str, today: date) -> Said:
    year = _year(said, today)
    month, day = (
        _whole(part) for part in re.split("月份?", said[2 if year else 0 :].rstrip("日号"))
    )
    return (date(year, month, day) if year else _next(month, day, today)), None, False


def _dotted(said: str, today: date) -> Said:
    month, day = (int(part) for part in re.split("[./-]", said))
    return _next(month, day, today), None, False


def _day(said: str, today: date) -> Said:
    """The next 5号 that is not over; 31号 skips the months that have none."""
    wanted = _whole(said.rstrip("日号"))
    for ahead in range(12):
        year, month = _months_on(today, ahead)
        if 1 <= wanted <= monthrange(year, month)[1] and date(year, month, wanted) >= today:
            return date(year, month, wanted), None, False
    raise ValueError("there is no such day")


def _months_on(today: date, by: int) -> tuple[int, int]:
    count = today.year * 12 + today.month - 1 + by
    return count // 12, count % 12 + 1


def _in_month(said: str, today: date) -> Said:
    year, month = _months_on(today, _weeks(said) or 0)
    rest = said[said.index("月") + 1 :]
    if rest and rest[-1] in "日号":
        return date(year, month, _whole(rest[:-1])), None, False
    return _part(year, month, rest)


def _part(year: int, month: int, part: str) -> Said:
    """初 is the first ten days, 中 the next, 底 what is left from the 25th; nothing: all of it."""
    last = monthrange(year, month)[1]
    first, end = {"初": (1, 10), "中": (11, 20), "底": (25, last), "末": (25, last)}.get(
        part, (1, last)
    )
    return date(year, month, first), date(year, month, end), True


def _month_part(said: str, today: date) -> Said:
    """月底, 年初, 12月底, 明年年底; 底 that has begun is the present one."""
    year = _year(said, today) or today.year
    rest = said[2:] if _year(said, today) else said
    if rest[-2] == "年":
        return _part(
            year, {"初": 1, "中": 6}.get(rest[-1], 12), rest[-1] if rest[-1] != "中" else ""
        )
    if not rest[:-2]:
        day, until, _ = _part(today.year, today.month, rest[-1])
        if until is not None and until < today:
            day, until, _ = _part(*_months_on(today, 1), rest[-1])
        return _not_before(day, until, today)
    month = int(rest[:-2])
    day, until, _ = _part(year, month, rest[-1])
    if until is not None and until < today and _year(said, today) is None:
        day, until, _ = _part(year + 1, month, rest[-1])
    return day, until, True


def _not_before(day: date | None, until: date | None, today: date) -> Said:
    return (max(day, today) if day else None), until, True


def _months(said: str, today: date) -> Said:
    named = _year(said, today)
    month = _whole(said[2 if named else 0 :].split("月")[0])
    if not 1 <= month <= 12:
        raise ValueError(said)
    year = named or today.year + (month < today.month)
    day, until, _ = _part(year, month, "")
    return _not_before(day, until, today)


def _festival(said: str, today: date) -> Said:
    year = _year(said, today)
    name = re.match(_FESTIVALS, said[2:] if year else said)
    assert name is not None
    first, lasting = festivals.feast(name.group(), today, year)
    return first, (first + timedelta(lasting - 1) if lasting > 1 else None), lasting > 1


def _lunar(said: str, today: date) -> Said:
    if said == "正月十五":
        return festivals.feast("元宵", today, None)[0], None, False
    if said == "腊月三十":
        return festivals.feast("除夕", today, None)[0], None, False
    on = _whole(said[-1]) - 1
    for year in (today.year, today.year + 1):
        first = festivals.moving("春节", year)
        if first + timedelta(on) >= today:
            return first + timedelta(on), None, False
    raise ValueError(said)


_SPAN = re.compile("(过?)(.+?)(天|个?星期|个?礼拜|周|个半?月|年)(.+)")


def _after(said: str, today: date) -> Said:
    """三天后 is a day; 三天内 is from today till then; 几天后 is no certain day."""
    match = _SPAN.fullmatch(said)
    bounds = parsed(match.group(2)) if match and match.group(2) != "半" else (0.5, 0.5)
    if match is None or bounds is None:
        return None, None, True
    unit, side = match.group(3), match.group(4)
    low, high = (_later(today, bound, unit, "前" in side) for bound in bounds)
    if "内" in side:
        return today, high, True
    return low, (high if high != low else None), high != low


def _later(today: date, count: float, unit: str, back: bool) -> date:
    sign = -1 if back else 1
    if unit == "年" or "月" in unit:
        months = count * 12 if unit == "年" else count + 0.5 * ("半" in unit)
        year, month = _months_on(today, sign * int(months))
        day = date(year, month, min(today.day, monthrange(year, month)[1]))
        return day + timedelta(sign * 15 * (months != int(months)))
    return today + timedelta(sign * int(count * (1 if unit == "天" else 7)))


def _soon(said: str, today: date) -> Said:
    return None, None, True


_READERS: dict[str, Callable[[str, date], Said]] = {
    "near": _near, "iso": _iso, "every": _every, "weekday": _weekday, "weekend": _weekend,
    "week": _week, "month_day": _month_day, "in_month": _in_month, "month_part": _month_part,
    "lunar": _lunar, "festival": _festival, "dotted": _dotted, "day": _day, "months": _months,
    "after": _after, "soon": _soon,
}  # fmt: skip
