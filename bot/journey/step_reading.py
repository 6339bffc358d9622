"""Reading the steps of a journey's document: each kind by its own key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import CLOCK
from bot.campaign.document.definition import parse as parse_campaign
from bot.campaign.document.fields import Fields
from bot.errors import InvalidInput
from bot.journey.definition import (
    BEST_HOUR,
    SEND_WAYS,
    SLUG,
    STEP,
    Attribute,
    Branch,
    Kind,
    Named,
    Outcome,
    Send,
    Split,
    Step,
    Tag,
    Wait,
    Webhook,
    What,
)
from bot.journey.listen_reading import SEGMENT, listen, listens, parsed, placed
from bot.segment import reading

MOST_STEPS = 60
MOST_WAYS = 12
MOST_DAYS = 365
ENDS = ("finished", "converted", "rest")
# Who gets it and when is the journey's business; everything else is as in a campaign.
NOT_ITS_OWN = ("slug", "name", "segment", "schedule")


def read_steps(fields: Fields, journey: str, zone: ZoneInfo) -> dict[str, Step]:
    """By id, in the order of the document. Raises InvalidInput."""
    items = fields.children("steps")
    if not 0 < len(items) <= MOST_STEPS:
        raise fields.refuse("steps", f"wants 1 to {MOST_STEPS} steps")
    ids = [item.text("id", pattern=STEP) for item in items]
    found: dict[str, Step] = {}
    for place, (item, id_) in enumerate(zip(items, ids, strict=True)):
        if id_ in found:
            raise item.refuse("id", f"{id_} is taken by another step")
        following = ids[place + 1] if place + 1 < len(ids) else ""
        found[id_] = _step(item, id_, following, f"{journey}·{id_}", zone)
    return found


def _step(fields: Fields, id_: str, following: str, name: str, zone: ZoneInfo) -> Step:
    kinds = [kind for kind in Kind if fields.raw(kind.value, None) is not None]
    if len(kinds) != 1:
        said = ", ".join(kinds) or "none"
        wants = f"wants exactly one of {', '.join(Kind)}; found {said}"
        raise fields.refuse("id", wants)
    kind = kinds[0]
    to = fields.text("next", following, pattern=STEP)
    what = _READERS[kind](fields, to, (name, zone))
    step = Step(id_, kind, what, "" if kind is Kind.END else to, fields.text("note", "", 190))
    fields.done()
    return step


Around = tuple[str, ZoneInfo]  # a name for the standing campaign, the account's zone


def _wait(fields: Fields, to: str, around: Around) -> Wait:
    wait = fields.child("wait") or Fields({})
    heard = any(wait.has(key) for key in ("event", "segment", "scan"))
    awaited = (listen(wait),) if heard else listens(wait, "any")
    until = wait.text("until", "", pattern=rf"{BEST_HOUR}|{CLOCK}")
    weekdays = tuple(dict.fromkeys(wait.items("weekdays")))
    if not all(type(day) is int and 1 <= day <= 7 for day in weekdays):
        raise wait.refuse("weekdays", "wants days from 1 (Monday) to 7")
    if weekdays and not until:
        raise wait.refuse("weekdays", "wants a time of the day in `until`")
    seconds = round(
        60 * wait.number("minutes", 0, 0, 60 * 24 * MOST_DAYS)
        + 3600 * wait.number("hours", 0, 0, 24 * MOST_DAYS)
        + 86400 * wait.number("days", 0, 0, MOST_DAYS)
    )
    if seconds < 1 and not until:
        raise fields.refuse("wait", "wants minutes, hours, days or until: nobody waits for ever")
    then = wait.text("then", to, pattern=STEP) if awaited else to
    otherwise = wait.text("else", to, pattern=STEP) if awaited else to
    wait.done()
    return Wait(seconds, until, weekdays, awaited, then, otherwise)


def _branch(fields: Fields, to: str, around: Around) -> Branch:
    branch = fields.child("branch") or Fields({})
    ways = []
    for item in branch.children("ways"):
        document = item.raw("if")
        ways.append((parsed(document, item.at("if")), document, item.text("to", pattern=STEP)))
        item.done()
    _few(branch, ways)
    otherwise = branch.text("else", to, pattern=STEP)
    branch.done()
    return Branch(tuple(ways), otherwise)


def _few(fields: Fields, ways: list[Any], least: int = 1) -> None:
    if not least <= len(ways) <= MOST_WAYS:
        raise fields.refuse("ways", f"wants {least} to {MOST_WAYS} ways")


def _split(fields: Fields, to: str, around: Around) -> Split:
    split = fields.child("split") or Fields({})
    ways = []
    for item in split.children("ways"):
        ways.append((item.text("to", pattern=STEP), item.number("weight", 1, 0.001, 1000)))
        item.done()
    _few(split, ways, 2)
    split.done()
    return Split(tuple(ways))


def _outcome(fields: Fields, to: str, around: Around) -> Outcome:
    outcome = fields.child("outcome") or Fields({})
    of = outcome.text("of", pattern=STEP)
    ways = {way: outcome.text(way, pattern=STEP) for way in SEND_WAYS if outcome.has(way)}
    if not ways:
        raise outcome.refuse("sent", f"wants one of {', '.join(SEND_WAYS)} at least")
    otherwise = outcome.text("else", to, pattern=STEP)
    outcome.done()
    return Outcome(of, ways, otherwise)


def _send(fields: Fields, to: str, around: Around) -> Send:
    document = fields.raw("send")
    at = fields.at("send")
    if not isinstance(document, Mapping):
        raise InvalidInput(f"{at}: wants named fields", at)
    for name in document:
        if name in NOT_ITS_OWN:
            raise InvalidInput(f"{at}.{name}: a journey's send has no such field", f"{at}.{name}")
    whole = {"holdout": 0, **document, "name": around[0][:64]}
    try:
        read = parse_campaign({**whole, "slug": "action"}, around[1], standing=True)
    except InvalidInput as error:
        raise InvalidInput(f"{at}.{error}", f"{at}.{error.field}") from None
    return Send(whole, read)


def _tag(fields: Fields, to: str, around: Around) -> Tag:
    if isinstance(fields.raw("tag"), str):
        return Tag(fields.text("tag"))
    tag = fields.child("tag") or Fields({})
    days = tag.number("days", 0, 0.01, 10 * MOST_DAYS) if tag.has("days") else None
    made = Tag(tag.text("tag"), days)
    tag.raw("days", None)
    tag.done()
    return made


def _untag(fields: Fields, to: str, around: Around) -> Tag:
    return Tag(fields.text("untag"))


def _set(fields: Fields, to: str, around: Around) -> Attribute:
    child = fields.child("set") or Fields({})
    value = placed(lambda: reading.scalar(child.raw("value"), child.at("value")))
    made = Attribute(child.text("attribute", longest=32), value)
    child.done()
    return made


def _webhook(fields: Fields, to: str, around: Around) -> Webhook:
    hook = fields.child("webhook") or Fields({})
    url = hook.text("url", longest=500, pattern=r"https?://[^\s\"'<>@\\]+")
    if not urlsplit(url).hostname:
        raise hook.refuse("url", "wants an address like https://example.com/hook")
    facts = hook.items("facts")
    if len(facts) > 10 or not all(
        isinstance(f, str) and re.fullmatch(r"\w{1,32}", f) for f in facts
    ):
        raise hook.refuse("facts", "wants at most ten names of attributes")
    hook.done()
    return Webhook(url, tuple(facts))


def _named(key: str, pattern: str, longest: int = 64) -> Callable[[Fields, str, Around], Named]:
    return lambda fields, to, around: Named(fields.text(key, longest=longest, pattern=pattern))


def _end(fields: Fields, to: str, around: Around) -> Named:
    return Named(fields.one_of("end", ENDS))


_READERS: dict[Kind, Callable[[Fields, str, Around], What]] = {
    Kind.WAIT: _wait,
    Kind.BRANCH: _branch,
    Kind.SPLIT: _split,
    Kind.OUTCOME: _outcome,
    Kind.SEND: _send,
    Kind.TAG: _tag,
    Kind.UNTAG: _untag,
    Kind.SET: _set,
    Kind.COUPON: _named("coupon", SEGMENT),
    Kind.WEBHOOK: _webhook,
    Kind.HANDOFF: _named("handoff", "", 40),
    Kind.START: _named("start", SLUG),
    Kind.END: _end,
}
