"""消息分析, 菜单分析 and 留存: what the jobs count ahead, as sections of their pages."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from bot.console.charts import lines
from bot.console.planning import midnight
from bot.console.reports import Span
from bot.console.sections import Section, heads, over_days, percent, ranked, shade
from bot.console.sheets import Cell, Sheet
from bot.console.shell import Words, shown_at, worded
from bot.effect import cohorts, parts
from bot.effect.cohorts import ACTIVE, HORIZONS, STAYED, Cohort
from bot.effect.days import DAY
from bot.effect.parts import MENU, TALK, Part
from bot.menus.titles import titles_of

DRAWN = 4  # series that one chart bears
COLUMNS = 8  # buttons that stand beside each other in the table of days
TOP = 100  # rows of a table that has no natural end
BY = ("day", "week")
_INSTANT = timedelta(milliseconds=1)


def talk(span: Span, say: Words) -> list[Section]:
    """Messages by hour of the day, by what was meant, by command, and by what answered."""
    found = parts.between(span.of.id, TALK, span.first, span.last)
    hours = parts.summed(found, "hours")
    labels = [f"{hour:02}:00" for hour in range(24)]
    counts = [hours[str(hour)] for hour in range(24)]
    rows: list[tuple[Cell, ...]] = list(zip(labels, counts, strict=True))
    title = say("con.report.part.hours")
    drawn = lines([f"{hour:02}" for hour in range(24)], {say("con.key.messages"): counts})
    return [
        Section("hours", title, Sheet(heads(("hour", "messages"), say), rows if found else []),
                drawn, note=_as_of(found, span, say)),
        _ranked(found, "intents", "intent", say),
        _ranked(found, "words", "word", say),
        _ranked(found, "by", "handler", say),
    ]  # fmt: skip


def _ranked(found: list[Part], name: str, head: str, say: Words) -> Section:
    counts = parts.summed(found, name).most_common(TOP)
    named = [(_named(head, key, say), many) for key, many in counts]
    title = say(f"con.report.part.{name}")
    return ranked(name, title, heads((head, "messages", "share"), say), named)


def _named(head: str, key: str, say: Words) -> str:
    """What a key of the figures is called; itself where it has no words."""
    if not key:
        return say(f"con.report.none_of.{head}")
    return worded(f"con.report.{head}.{key}", key, say)


def menu(span: Span, say: Words) -> list[Section]:
    """Taps on the menu: by day and by button."""
    found = parts.between(span.of.id, MENU, span.first, span.last)
    by_day = _titled(found, span, say)
    taps, people = Counter[str](), Counter[str]()
    for held in by_day.values():
        for button, (many, who) in held.items():
            taps[button] += many
            people[button] += who
    order = [button for button, _ in taps.most_common()]
    days = _menu_days(found, by_day, order, span, say)
    return [days, _buttons(order[:TOP], taps, people, say)]


Taps = dict[str, tuple[int, int]]  # button -> taps, people


def _titled(found: list[Part], span: Span, say: Words) -> dict[str, Taps]:
    """The taps of each day by the title that a button had then; by its key where no menu of ours
    had it. Different buttons of one title keep their keys beside it."""
    titles = titles_of(span.of.id, midnight(span.last + DAY, span.zone))
    keys: dict[str, set[str]] = {}
    named: dict[tuple[str, str], str] = {}
    for one in found:
        end = midnight(date.fromisoformat(one.day) + DAY, span.zone) - _INSTANT
        for key in one.numbers["taps"]:
            title = titles.of(key, end) if key else ""
            named[one.day, key] = title or _named("button", key, say)
            keys.setdefault(named[one.day, key], set()).add(key)
    by_day: dict[str, Taps] = {}
    for one in found:
        held = by_day.setdefault(one.day, {})
        for key, (many, who) in one.numbers["taps"].items():
            name = named[one.day, key]
            held[f"{name}（{key}）" if len(keys[name]) > 1 else name] = (many, who)
    return by_day


def _menu_days(
    found: list[Part], by_day: dict[str, Taps], order: list[str], span: Span, say: Words
) -> Section:
    shown = order[:COLUMNS]
    whole = {day: sum(many for many, _ in held.values()) for day, held in by_day.items()}
    rows: list[tuple[Cell, ...]] = [
        (day, whole[day], *(by_day[day].get(button, (0, 0))[0] for button in shown))
        for day in reversed(by_day)
    ]
    drawn = {say("con.report.head.taps"): list(whole.values())} | {
        button: [held.get(button, (0, 0))[0] for held in by_day.values()]
        for button in shown[: DRAWN - 1]
    }
    sheet = Sheet([*heads(("day", "taps"), say), *shown], rows)
    chart = over_days(list(by_day), drawn) if shown else None
    return Section("", say("con.report.menu"), sheet, chart, note=_as_of(found, span, say))


def _buttons(order: list[str], taps: Counter[str], people: Counter[str], say: Words) -> Section:
    whole = taps.total()
    rows = [(one, taps[one], people[one], percent(taps[one] / whole)) for one in order]
    sheet = Sheet(heads(("button", "taps", "people_days", "share"), say), rows)
    shades = {(at, 3): shade(taps[one] / whole) for at, one in enumerate(order)}
    return Section("buttons", say("con.report.part.buttons"), sheet, shades=shades)


def _as_of(found: list[Part], span: Span, say: Words) -> str:
    """Up to when the present day is in the figures."""
    last: datetime | None = next((one.as_of for one in found if one.as_of is not None), None)
    return say("con.report.as_of", at=shown_at(last, span.zone)) if last else ""


def retention(span: Span, say: Words, by: str = BY[0]) -> list[Section]:
    """The matrix: a day (or week) of following a row; who stayed, and who was active."""
    days = cohorts.between(span.of.id, span.first, span.last)
    found = cohorts.weekly(days) if by == "week" else days
    whole = cohorts.together(say("con.report.all_days"), days)
    names = ("week" if by == "week" else "day", "came",
             *(f"{kind}{one}" for kind in (STAYED, ACTIVE) for one in HORIZONS))  # fmt: skip
    every = [whole, *reversed(found)] if found else []
    rows = [_retained(one) for one in every]
    shades = {
        (at, 2 + place): shade(share)
        for at, one in enumerate(every)
        for place, share in enumerate(_shares(one))
        if share is not None
    }
    drawn = {
        say(f"con.report.head.{kind}{one}"): [_hundredfold(each.share(kind, one)) for each in found]
        for kind, one in ((STAYED, 1), (STAYED, 7), (ACTIVE, 1), (ACTIVE, 7))
    }
    chart = over_days([one.day for one in found], drawn)
    title = say("con.report.part.retention")
    return [Section("", title, Sheet(heads(names, say), rows), chart, shades=shades)]


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _shares(one: Cohort) -> list[float | None]:
    return [one.share(kind, days) for kind in (STAYED, ACTIVE) for days in HORIZONS]


def _retained(one: Cohort) -> tuple[Cell, ...]:
    return one.day, one.came, *(percent(share) for share in _shares(one))
