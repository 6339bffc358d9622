"""What a day is in China beside its number: 农历, festivals, days off and worked, days of selling.

The reckoning is lunar_python's. It knows the days off that the State Council has announced, which
happens a year at a time: a day of a year not announced yet is neither off nor worked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lunar_python import Lunar, Solar
from lunar_python.util import HolidayUtil

SUNDAY = 6
FIXED = {
    (1, 1): "new_year", (2, 14): "valentine", (3, 8): "women", (5, 1): "labour", (5, 20): "520",
    (6, 1): "children", (6, 18): "618", (9, 10): "teachers", (10, 1): "national",
    (11, 11): "double_11", (12, 12): "double_12", (12, 25): "christmas",
}  # fmt: skip
LUNAR = {
    (1, 1): "spring", (1, 15): "lantern", (5, 5): "dragon_boat", (7, 7): "qixi",
    (8, 15): "mid_autumn", (9, 9): "double_ninth", (12, 8): "laba",
}  # fmt: skip
SUNDAYS = {(5, 2): "mothers", (6, 3): "fathers"}  # month, which Sunday of it
CLEAR_AND_BRIGHT = "清明"


@dataclass(frozen=True)
class Almanac:
    """One day.

    month, day   of 农历; the month is negative in a leap month
    lunar        as a calendar prints it: the month on its first day, else the day
    names        keys of con.almanac.*
    rest         "off", "work" (a weekend that is worked), or ""
    """

    month: int
    day: int
    lunar: str
    names: tuple[str, ...]
    rest: str


def almanac(day: date) -> Almanac:
    """Pure."""
    moon = _moon(day)
    month, number = moon.getMonth(), moon.getDay()
    first = f"{moon.getMonthInChinese()}月"
    return Almanac(
        month,
        number,
        first if number == 1 else moon.getDayInChinese(),
        _names(day, moon),
        _rest(day),
    )


def _moon(day: date) -> Lunar:
    return Solar.fromYmd(day.year, day.month, day.day).getLunar()


def _names(day: date, moon: Lunar) -> tuple[str, ...]:
    tomorrow = _moon(day + timedelta(days=1))
    sunday = (day.month, (day.day + 6) // 7) if day.weekday() == SUNDAY else (0, 0)
    found = (
        LUNAR.get((moon.getMonth(), moon.getDay())),
        "new_year_eve" if (tomorrow.getMonth(), tomorrow.getDay()) == (1, 1) else None,
        "qingming" if moon.getJieQi() == CLEAR_AND_BRIGHT else None,
        FIXED.get((day.month, day.day)),
        SUNDAYS.get(sunday),
    )
    return tuple(one for one in found if one)


def _rest(day: date) -> str:
    found = HolidayUtil.getHoliday(day.year, day.month, day.day)
    if found is None:
        return ""
    return "work" if found.isWork() else "off"
