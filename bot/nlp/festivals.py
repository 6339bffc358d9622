"""Festivals by their name: those of the solar calendar, and those that move, from a file."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "entities" / "festivals.json"
# name -> month, day and how many days it lasts
_FIXED = {
    "元旦": (1, 1, 1), "情人节": (2, 14, 1), "妇女节": (3, 8, 1), "三八节": (3, 8, 1),
    "女神节": (3, 8, 1), "女王节": (3, 8, 1), "愚人节": (4, 1, 1), "劳动节": (5, 1, 5),
    "五一": (5, 1, 5), "五四": (5, 4, 1), "青年节": (5, 4, 1), "六一": (6, 1, 1),
    "儿童节": (6, 1, 1), "618": (6, 18, 1), "建军节": (8, 1, 1), "教师节": (9, 10, 1),
    "国庆": (10, 1, 7), "十一": (10, 1, 7), "万圣节": (10, 31, 1), "双十一": (11, 11, 1),
    "双11": (11, 11, 1), "光棍节": (11, 11, 1), "双十二": (12, 12, 1), "双12": (12, 12, 1),
    "平安夜": (12, 24, 1), "圣诞": (12, 25, 1), "跨年": (12, 31, 1),
}  # fmt: skip
_MOVING = {
    "春节": ("春节", 7), "过年": ("春节", 7), "大年初": ("春节", 1), "正月初": ("春节", 1),
    "除夕": ("除夕", 1), "年三十": ("除夕", 1), "大年三十": ("除夕", 1), "年夜饭": ("除夕", 1),
    "元宵": ("元宵", 1), "清明": ("清明", 3), "端午": ("端午", 3), "七夕": ("七夕", 1),
    "中秋": ("中秋", 3), "重阳": ("重阳", 1),
}  # fmt: skip
_SUNDAYS = {"母亲节": (5, 2), "父亲节": (6, 3)}  # month, which Sunday
NAMES = sorted({*_FIXED, *_MOVING, *_SUNDAYS} - {"大年初", "正月初"}, key=len, reverse=True)


def feast(name: str, today: date, year: int | None) -> tuple[date, int]:
    """Its first day and how many it lasts: of `year`, or the one that is not over yet.

    Raises ValueError where there is none, KeyError for a year outside the file.
    """
    for each in [year] if year else [today.year, today.year + 1]:
        if name in _FIXED:
            month, day, lasting = _FIXED[name]
            first = date(each, month, day)
        elif name in _SUNDAYS:
            month, which = _SUNDAYS[name]
            opens = date(each, month, 1)
            first = opens + timedelta((6 - opens.weekday()) % 7 + 7 * (which - 1))
            lasting = 1
        else:
            feast_of, lasting = _MOVING[name]
            first = moving(feast_of, each)
        if year or first + timedelta(lasting - 1) >= today:
            return first, lasting
    raise ValueError(name)


def moving(name: str, year: int) -> date:
    """The first day of 春节, 中秋 … in that year. Raises KeyError outside the file."""
    return date.fromisoformat(f"{year}-{_calendar()[name][str(year)]}")


@cache
def _calendar() -> dict[str, dict[str, str]]:
    """Festival -> year -> month-day. A year outside the file: KeyError."""
    read: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))["days"]
    return read
