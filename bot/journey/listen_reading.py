"""Reading what a journey listens to, and the rules in it: shared by its head and its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.campaign.document.fields import Fields
from bot.errors import InvalidInput
from bot.journey.definition import Listen, of_event, of_scan, of_segment
from bot.segment import reading, rules

MOST_LISTENS = 10
SEGMENT = r"[a-z0-9][a-z0-9_-]{0,63}"


def listens(fields: Fields, name: str) -> tuple[Listen, ...]:
    found = []
    for item in fields.children(name):
        found.append(listen(item))
        item.done()
    if len(found) > MOST_LISTENS:
        raise fields.refuse(name, f"at most {MOST_LISTENS}")
    return tuple(found)


def listen(fields: Fields) -> Listen:
    """{event, where}, {segment, does}, or {scan: pattern}."""
    given = [key for key in ("event", "segment", "scan") if fields.has(key)]
    if len(given) != 1:
        raise fields.refuse("event", "wants exactly one of event, segment, scan")
    if given[0] == "scan":
        return of_scan(fields.text("scan"))
    return event(fields) if given[0] == "event" else segment(fields)


def event(fields: Fields) -> Listen:
    here = {"event": fields.raw("event"), "where": fields.raw("where", {})}
    place = fields.at("event").removesuffix("event").rstrip(".")
    with_path = placed(lambda: reading.kind(here, place))
    return of_event(with_path, placed(lambda: reading.where(here, place)))


def segment(fields: Fields) -> Listen:
    slug = fields.text("segment", pattern=SEGMENT)
    return of_segment(slug, fields.one_of("does", ("enters", "leaves"), "enters") == "leaves")


def placed(read: Callable[[], Any]) -> Any:
    """The segment language leaves the path out of its words; ours say it."""
    try:
        return read()
    except InvalidInput as error:
        raise InvalidInput(f"{error.field}: {error}", error.field) from None


def parsed(document: Any, at: str) -> rules.Rule:
    rule: rules.Rule = placed(lambda: rules.parse(document, at))
    return rule
