"""Times of day that a text names: 晚上七点半, 19:30, 7:30pm, 七点一刻, 中午, 半小时后.

An hour without 上午 or 下午 is read as people use it: 1 to 6 in the afternoon, 7 to 12 as it
stands. The other reading is kept in `other`, since 七点 at a restaurant is the evening.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.nlp.numerals import parsed

DAY = 24 * 60
# part of the day -> the hours it spans, in minutes from midnight; 凌晨 of 明天 is tomorrow's
_PARTS = {
    "凌晨": (0, 300), "半夜": (0, 180), "清晨": (300, 480), "大清早": (300, 480),
    "一大早": (360, 480), "一早": (360, 480), "大早上": (360, 480), "早上": (420, 600),
    "早晨": (420, 600), "早": (420, 600), "上午": (540, 720), "中午": (720, 840),
    "正午": (720, 720), "晌午": (720, 840), "午间": (720, 840), "下午": (840, 1080),
    "午后": (840, 1080), "傍晚": (1080, 1140), "晚上": (1080, 1320), "晚间": (1080, 1320),
    "夜里": (1320, DAY), "夜间": (1320, DAY), "深夜": (1320, DAY), "晚": (1080, 1320),
    "夜": (1320, DAY), "午夜": (DAY, DAY),
}  # fmt: skip
_MORNING = {"凌晨", "清晨", "大清早", "一大早", "一早", "大早上", "早上", "早晨", "早", "上午"}
_NOON = {"中午", "正午", "晌午", "午间"}
_AFTERNOON = {"下午", "午后", "傍晚"}

_PART = "|".join(sorted({*_PARTS} - {"早", "晚", "夜"}, key=len, reverse=True))
_HOUR = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"
# Possessive: of 三四个人 nothing is a minute, and not 三 either.
_MINUTE = r"(?:\d{1,2}+|[零一二三四五六七八九十]{1,3}+)"
_CLOCK = re.compile(
    rf"(?P<part>{_PART}|[早晚夜](?=[\d零一二两三四五六七八九十差]))?(?:的|大概|大约|差不多)?"
    rf"(?:(?P<pair>[一二两三四五六七八九])(?P<next>[二三四五六七八九])点钟?(?!半)"
    rf"|(?P<first>{_HOUR}) ?[-~到至] ?(?P<last>{_HOUR})点钟?(?!半|\d)"
    rf"|(?P<short>差[一]?(?P<less>刻|{_MINUTE}分?)(?:钟)?(?:到)?)?(?P<hour>{_HOUR})"
    rf"(?:(?P<colon>[:：])(?P<digits>[0-5]\d)(?::[0-5]\d)?(?!\d)|点(?!五折|[点些击赞评餐单菜播名歌心儿]|外卖"
    rf"|建议|意见|疑问|问题|要求|原因)(?P<word>钟|整|半|[一二三]刻|{_MINUTE}分?+(?![个位块元人份折]))?"
    rf"|时(?!候|间|尚|效|常|代|段)(?P<minute>半|{_MINUTE}分)?|(?= ?[ap]\.?m)))"
    rf" ?(?P<half>[ap]\.?m\.?(?![a-z]))?(?P<odd>多|左右|前后|上下)?"
    rf"|(?P<alone>{_PART}|(?<=[\0今明昨后当前])[早晚夜](?![点餐饭安了知]|一[点些]))"
)
_START = re.compile(r"[\d零一二两三四五六七八九十差凌半清大早上中正晌午下傍晚夜深]")
# Without one of these, where it has what it needs before it, no time is said.
_HINT = re.compile(
    r"[早晚夜午晨点:：时分刻钟小ap](?:(?<=[早晚夜午晨])"
    r"|(?<=[\d零一二两三四五六七八九十几半个][点:：时分刻钟小])"
    r"|(?<=[\d零一二两三四五六七八九十][ap])|(?<=[\d零一二两三四五六七八九十] [ap]))"
)
_OFFSET = re.compile(
    r"(?P<count>(?:\d{1,3}(?:\.\d)?|[一二两三四五六七八九十半几]{1,4})(?:个半|个)?)"
    r"(?P<unit>小时|钟头|分钟|刻钟|分)(?P<half>半)?(?:之?(?P<side>[后前内])|以(?P<edge>[后前内]))"
)
SIDES = re.compile(r"(?:之|以)?(?P<side>前|后)(?![天面年台往来厅排])")


@dataclass(frozen=True, slots=True)
class Hours:
    """From a minute of the day on, to `until` where an end is said or meant.

    minute  from midnight; 24:00 and later lie in the next day
    other   the same hour of the other half of the day, where none is said
    offset  from now; then `minute` is None
    """

    start: int
    end: int
    minute: int | None
    until: int | None = None
    fuzzy: bool = False
    other: int | None = None
    side: str = ""
    part: str = ""
    offset: timedelta | None = None
    hour: int = 0  # as it was said


def may_name_hours(text: str) -> bool:
    """A part of the day stands there, or a number before what makes it a time."""
    return _HINT.search(text) is not None


def hours(text: str) -> Iterator[Hours]:
    """What the text says of times of day, from left to right. Linear in its length."""
    if not may_name_hours(text):
        return
    free = 0
    for start in _START.finditer(text):
        at = start.start()
        if at < free:
            continue
        found = _offset(text, at) or _clock(text, at)
        if found is not None:
            free = found.end
            yield found


def _offset(text: str, at: int) -> Hours | None:
    match = _OFFSET.match(text, at)
    if match is None:
        return None
    minutes = _minutes(match)
    if minutes is None:
        return Hours(at, match.end(), None, fuzzy=True, offset=timedelta(0))
    side = match.group("side") or match.group("edge")
    ahead = timedelta(minutes=-minutes if side == "前" else minutes)
    inside = "before" if side == "内" else ""
    return Hours(at, match.end(), None, fuzzy=bool(inside), side=inside, offset=ahead)


def _minutes(match: re.Match[str]) -> int | None:
    """两个半小时 is 150, 一刻钟 15; 几个小时 is nobody's hour."""
    said, unit = match.group("count"), match.group("unit")
    half = 0.5 * (said.endswith("个半") or bool(match.group("half")))
    said = said.removesuffix("个半").removesuffix("个")
    bounds = (0.5, 0.5) if said == "半" else parsed(said)
    if bounds is None or bounds[0] != bounds[1]:
        return None
    scale = {"小时": 60, "钟头": 60, "刻钟": 15}.get(unit, 1)
    return int((bounds[0] + half) * scale)


def _clock(text: str, at: int) -> Hours | None:
    match = _CLOCK.match(text, at)
    if match is None or (text[max(0, at - 1) : at].isdecimal() and match.group("alone") is None):
        return None
    if at and text[at - 1] in ".:：第" and not match.group("part"):
        return None
    if match.group("alone"):
        return _part_alone(text, match)
    read = None if _a_little(text, match) else _minute_of(match)
    if read is None:
        return None
    minute, until, other = read
    side = SIDES.match(text, match.end())
    end = side.end() if side else match.end()
    word = {"前": "before", "后": "after"}[side.group("side")] if side else ""
    fuzzy = bool(word) or bool(match.group("odd")) or until is not None
    part = match.group("part") or ""
    return Hours(at, end, minute, until, fuzzy, other, word, part, hour=minute // 60 % 24)


def _a_little(text: str, match: re.Match[str]) -> bool:
    """一点 is an hour only where a day or a half of the day stands before it, or nothing else."""
    said = match.group("hour") == "一" and not (match.group("word") or match.group("colon"))
    if not said or match.group("minute") or match.group("less"):
        return False
    if text[match.end() : match.end() + 1] in {*"都也不儿点"}:
        return True
    before = text[max(0, match.start() - 1) : match.start()]
    named = before in {*"天日号末儿到至~-\0"} or len(match.group("part") or "") > 1
    return not named and (match.group() != text or bool(match.group("part")))


def _part_alone(text: str, match: re.Match[str]) -> Hours | None:
    """中午, 晚上: when it lies, roughly. 早上好 and 晚安 are greetings."""
    said, end = match.group("alone"), match.end()
    if text[end : end + 1] in {"好", "安"} and text[end + 1 : end + 2] != "吃":
        return None
    first, last = _PARTS[said]
    return Hours(match.start(), end, first, last if last > first else None, True, part=said)


def _minute_of(match: re.Match[str]) -> tuple[int, int | None, int | None] | None:
    """Minute, end and the other reading; None where the clock has no such time."""
    part = match.group("part") or ""
    if match.group("pair") or match.group("first"):
        return _two(match, part)
    hour = parsed(match.group("hour"))
    past = _past(match)
    if hour is None or hour[0] != hour[1] or hour[0] > 24 or past is None:
        return None
    half = match.group("half")
    if half:
        if not 1 <= hour[0] <= 12:
            return None
        return (int(hour[0]) % 12 + 12 * (half[0] == "p")) * 60 + past, None, None
    exact = bool(match.group("colon")) and len(match.group("hour")) == 2 and not part
    minute, other = _of_day(int(hour[0]), past, part, exact and hour[0] < 10)
    return (minute, None, other) if minute >= 0 else None


def _two(match: re.Match[str], part: str) -> tuple[int, int | None, int | None] | None:
    """七八点, 4-5点: from the one hour to the other."""
    near = match.group("pair") is not None
    first = parsed(match.group("pair") or match.group("first"))
    last = parsed(match.group("next") or match.group("last"))
    if first is None or last is None or max(*first, *last) > 24:
        return None
    span = int(last[0] - first[0])
    if near and span != 1:
        return None
    minute, other = _of_day(int(first[0]), 0, part)
    return minute, minute + 60 * (span if span > 0 else span % 12 or 12), other


def _past(match: re.Match[str]) -> int | None:
    """Minutes after the hour, below 0 for 差五分七点."""
    less = match.group("less")
    if less:
        count = 15 if less == "刻" else _count(less.rstrip("分"))
        return None if count is None else -count
    if match.group("digits"):
        return int(match.group("digits"))
    word = match.group("word") or match.group("minute") or ""
    if word in ("", "钟", "整"):
        return 0
    if word == "半":
        return 30
    if word.endswith("刻"):
        return 15 * "零一二三".index(word[0])
    return _count(word.rstrip("分"))


def _count(said: str) -> int | None:
    bounds = parsed(said)
    if bounds is None or bounds[0] != bounds[1] or bounds[0] > 59:
        return None
    return int(bounds[0])


def _of_day(hour: int, past: int, part: str, exact: bool = False) -> tuple[int, int | None]:
    """The minute of the day, and the other reading where the half of the day is not said."""
    if part in _MORNING:
        hour = 0 if hour == 12 and part == "凌晨" else hour
    elif part in _NOON:
        hour += 12 * (hour < 5)
    elif part in _AFTERNOON:
        hour += 12 * (hour < 12)
    elif part:  # 晚上, 夜里: from 5 to midnight, else past it; 半夜两点 is of the day itself
        hour += 12 if 5 <= hour <= 12 else 24 if hour < 5 and part != "半夜" else 0
    elif not exact and 1 <= hour <= 12:
        other = hour % 12 if hour == 12 else hour
        if hour == 12:
            return hour * 60 + past, None
        afternoon = hour < 7
        first, second = (hour + 12, other) if afternoon else (hour, hour + 12)
        return first * 60 + past, second * 60 + past
    return hour * 60 + past, None


def within(part: str, one: Hours) -> Hours:
    """`one`, when the half of the day was said apart from it: 晚上，七点."""
    if one.other is None or one.minute is None:
        return one
    first = min(one.minute, one.other)
    minute, _ = _of_day(first // 60, first % 60, part)
    return replace(one, minute=minute, other=None, part=part)
