"""What a day is in China, held against published calendars; and the month that shows it."""

from __future__ import annotations

from datetime import date

import pytest

from bot.console.almanac import FIXED, LUNAR, SUNDAYS, almanac
from bot.i18n import catalogue
from bot.store import operators
from tests.bot.console.offices import anew, opened

A = "/console/a/default"


@pytest.mark.parametrize(
    ("day", "lunar", "names", "rest"),
    [
        (date(2026, 2, 16), "廿九", ("new_year_eve",), "off"),
        (date(2026, 2, 17), "正月", ("spring",), "off"),
        (date(2026, 2, 28), "十二", (), "work"),
        (date(2026, 3, 3), "十五", ("lantern",), ""),
        (date(2026, 4, 5), "十八", ("qingming",), "off"),
        (date(2026, 5, 10), "廿四", ("mothers",), ""),
        (date(2026, 6, 19), "初五", ("dragon_boat",), "off"),
        (date(2026, 6, 21), "初七", ("fathers",), "off"),
        (date(2026, 8, 19), "初七", ("qixi",), ""),
        (date(2026, 9, 25), "十五", ("mid_autumn",), "off"),
        (date(2026, 10, 1), "廿一", ("national",), "off"),
        (date(2026, 11, 11), "初三", ("double_11",), ""),
        (date(2025, 7, 25), "闰六月", (), ""),  # the first of a leap month: no second 六月
        (date(2025, 8, 29), "初七", ("qixi",), ""),  # once, though the year has two sixth months
        (date(2030, 1, 1), "廿八", ("new_year",), ""),  # a year not announced
    ],
)
def test_a_day_is_what_the_calendars_say(day, lunar, names, rest):
    found = almanac(day)
    assert (found.lunar, found.names, found.rest) == (lunar, names, rest)


def test_every_day_has_its_words():
    names = {*FIXED.values(), *LUNAR.values(), *SUNDAYS.values(), "qingming", "new_year_eve"}
    for language in ("zh", "en"):
        assert {f"con.almanac.{one}" for one in names} <= set(catalogue(language))


@pytest.fixture(scope="module")
def office(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("almanac")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield anew(found)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            ('title="农历 正月">正月<', "春节</strong>", 'title="调休上班">班</abbr>', "情人节"),
        ),
        ("en", ('title="lunar 1/1">lunar 1/1<', "Spring Festival", ">work</abbr>", "Valentine")),
    ],
)
def test_the_month_shows_it(office, language, words):
    operators.update(operators.by_name("lin").id, language=language)
    page = office.signed_in("lin").get(f"{A}/calendar?month=2026-02").text
    assert [each for each in words if each not in page] == []
