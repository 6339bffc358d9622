"""When a person is asked for, and how it was: two settings and the decisions by them. Pure.

setting `handoff`
    {hours: ["09:00-21:00"], weekdays: [1, 2, 3, 4, 5, 6, 7], agent: "", waiting: "", closed: "",
     after_misses: 3, anger: 0.8, queue_minutes: 10, agent_minutes: 30,
     release_words: [机器人, 不用人工了]}

    hours          when somebody is there, with weekdays, starts_at and ends_at: bot.talk.times
    agent          kf account that gets everybody, "" for the platform's choice
    waiting        said while the chat is handed over, "" for nothing; it costs one message more
    closed         said when nobody is there, "" for the house's own words
    after_misses   so many texts in a row that were not understood within ten minutes; 0: never
    anger          at least so angry a text, 0..1; 0: never
    queue_minutes  until the bot is back when nobody came
    agent_minutes  until the bot is back when an agent gave no sign

setting `satisfaction`
    {after_agent: true, question: "", yes: 满意, no: 不满意, hours: 24, minutes: 30}

    hours     a follower is asked once in so many
    minutes   for which a typed answer counts; a tap counts at any time
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.talk.reading import Fields
from bot.talk.times import ALWAYS, Times, read_times, write_times

RELEASE_WORDS = ("机器人", "不用人工了")
MISSES_WITHIN = timedelta(minutes=10)
# How long those who were told that nobody is there are not told again unasked.
CLOSED_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """See the module. `times`: when somebody is there."""

    times: Times = ALWAYS
    agent: str = ""
    waiting: str = ""
    closed: str = ""
    after_misses: int = 3
    anger: float = 0.8
    queue_minutes: int = 10
    agent_minutes: int = 30
    release_words: tuple[str, ...] = RELEASE_WORDS

    @property
    def waits(self) -> timedelta:
        return timedelta(minutes=self.queue_minutes)

    @property
    def holds(self) -> timedelta:
        return timedelta(minutes=self.agent_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction:
    """See the module."""

    after_agent: bool = True
    question: str = ""
    yes: str = ""
    no: str = ""
    hours: int = 24
    minutes: int = 30


# --- documents ----------------------------------------------------------------------------------


def read_handoff(document: Any) -> HandOff:
    """Raises InvalidInput that names the first bad field."""
    fields, usual = Fields(document, "handoff"), HandOff()
    found = HandOff(
        times=read_times(fields),
        agent=fields.text("agent", ""),
        waiting=fields.text("waiting", "", 600),
        closed=fields.text("closed", "", 600),
        after_misses=fields.whole("after_misses", usual.after_misses, 0, 20),
        anger=fields.number("anger", usual.anger, 0, 1),
        queue_minutes=fields.whole("queue_minutes", usual.queue_minutes, 1, 1440),
        agent_minutes=fields.whole("agent_minutes", usual.agent_minutes, 1, 2880),
        release_words=_words(fields),
    )
    fields.done()
    return found


def _words(fields: Fields) -> tuple[str, ...]:
    found = fields.texts("release_words", 20, longest=20)
    return found or RELEASE_WORDS


def write_handoff(found: HandOff) -> dict[str, Any]:
    """The document that `read_handoff` turns into the same."""
    return {
        **write_times(found.times),
        "agent": found.agent,
        "waiting": found.waiting,
        "closed": found.closed,
        "after_misses": found.after_misses,
        "anger": found.anger,
        "queue_minutes": found.queue_minutes,
        "agent_minutes": found.agent_minutes,
        "release_words": list(found.release_words),
    }


def read_satisfaction(document: Any) -> Satisfaction:
    """Raises InvalidInput that names the first bad field."""
    fields, usual = Fields(document, "satisfaction"), Satisfaction()
    found = Satisfaction(
        after_agent=fields.flag("after_agent", usual.after_agent),
        question=fields.text("question", "", 200),
        yes=fields.text("yes", "", 20),
        no=fields.text("no", "", 20),
        hours=fields.whole("hours", usual.hours, 1, 8760),
        minutes=fields.whole("minutes", usual.minutes, 1, 1440),
    )
    fields.done()
    return found


def write_satisfaction(found: Satisfaction) -> dict[str, Any]:
    """The document that `read_satisfaction` turns into the same."""
    return {
        "after_agent": found.after_agent,
        "question": found.question,
        "yes": found.yes,
        "no": found.no,
        "hours": found.hours,
        "minutes": found.minutes,
    }


# --- decisions ----------------------------------------------------------------------------------


def is_open(how: HandOff, now: datetime, zone: ZoneInfo) -> bool:
    """Whether somebody is there at `now`."""
    return how.times.hold(now, zone)


def opening_hours(how: HandOff) -> list[str]:
    """As people write them: 09:00-21:00; [] for the whole day."""
    return list(write_times(how.times).get("hours", []))


_REFUSED = re.compile(
    "(?:我|先|还是|算了|那){0,3}(?:不要|不用|不想|不需要|别|不找|没有?要|不必)(?:再)?"
    "(?:给我|帮我)?(?:转|找|要|叫|接)?(?:到|给)?(?:人工|真人|客服)(?:客服|服务)?(?:了|啦|吧|的)*"
)


def refuses_people(bared: str) -> bool:
    """不要人工, 别转人工了: the whole bare text says that no person is wanted."""
    return _REFUSED.fullmatch(bared) is not None


def is_angry(how: HandOff, anger: float) -> bool:
    """Whether so angry a text goes to a person."""
    return 0 < how.anger <= anger


def is_lost(how: HandOff, misses: int) -> bool:
    """Whether, after so many texts in a row not understood, one more goes to a person."""
    return 0 < how.after_misses <= misses + 1
