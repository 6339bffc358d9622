"""Judging what other systems report: pure, one report at a time, in words for who sent it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf, isfinite
from typing import Any

from bot.clock import to_ms
from bot.collect import naming
from bot.collect.naming import Person
from bot.collect.said import friends, tag_end
from bot.errors import InvalidInput
from bot.store import pseudonyms
from bot.values.personal import found_in, shown
from bot.values.reported import may_be_reported

AHEAD = timedelta(minutes=5)  # so far a sender's clock may run ahead of ours
AGE = timedelta(days=400)  # what a profile keeps of interests reaches no further back
FACTS_BYTES = 4096
MOST_FACTS = 30
MOST_DEEP = 3
MOST_FEN = 10**12
MOST_TOPICS = 20
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A report that may become an event, once its person is found."""

    id: str
    kind: str
    at: datetime
    person: Person
    facts: dict[str, Any]
    sealed: dict[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """`refund_fen` None: paid; else what of it went back."""

    number: str
    at: datetime
    person: Person | None
    amount_fen: int
    refund_fen: int | None
    topics: dict[str, float]
    skus: tuple[str, ...]


def event(document: Any, now: datetime, received_at: datetime) -> Event:
    """An event {id, kind, at, follower, facts, sealed}. Raises InvalidInput with `field`.

    now, received_at   differ where a report is judged again later: old is what was old when it came
    """
    whole = _object(document, "")
    _only(whole, {"id", "kind", "at", "follower", "facts", "sealed"})
    kind = _text(whole, "kind", 32)
    if not may_be_reported(kind):
        raise InvalidInput(
            "no kind that can be reported; see docs/reference/api.md, or name it custom.<name>",
            "kind",
        )
    id_, at = _text(whole, "id", 64), instant(whole.get("at"), now, received_at)
    who, facts = person(whole.get("follower")), _facts(kind, whole.get("facts", {}))
    if kind == "tag" and facts.get("until", inf) < to_ms(at):
        raise InvalidInput("a tag cannot end before it is given", "facts.until")
    return Event(
        id=id_,
        kind=kind,
        at=at,
        person=who,
        facts=facts,
        sealed=_sealed(whole.get("sealed")),
    )


def order(document: Any, now: datetime, received_at: datetime) -> Order:
    """{order_number, follower, amount_fen, at, status, refund_fen, topics, items}.

    Raises InvalidInput with `field`.
    """
    whole = _object(document, "")
    _only(whole, {"order_number", "follower", "amount_fen", "at", "status", "refund_fen", "topics",
                  "items"})  # fmt: skip
    number = _text(whole, "order_number", 64)
    status = whole.get("status", "paid")
    if status not in ("paid", "refunded"):
        raise InvalidInput("paid or refunded", "status")
    refunded = status == "refunded"
    if "refund_fen" in whole and not refunded:
        raise InvalidInput("only of a refunded order", "refund_fen")
    amount = _fen(whole, "amount_fen", needed=not refunded)
    topics, skus = _bought(whole)
    return Order(
        number=number,
        at=instant(whole.get("at"), now, received_at),
        person=None if refunded and "follower" not in whole else person(whole.get("follower")),
        amount_fen=amount or 0,
        refund_fen=(_fen(whole, "refund_fen", needed=False) or amount or 0) if refunded else None,
        topics=topics,
        skus=skus,
    )


def person(named: Any) -> Person:
    """A follower id, a pseudonym, or an object of names. Raises InvalidInput."""
    if isinstance(named, int) and not isinstance(named, bool) and 0 < named < 2**63:
        return Person(id=named)
    if isinstance(named, str) and (known := pseudonyms.read(named)) is not None:
        return Person(id=known)
    if isinstance(named, Mapping) and named:
        return naming.person_of(named)
    raise InvalidInput(naming.WANTED, "follower")


def instant(value: Any, now: datetime, received_at: datetime) -> datetime:
    """An ISO 8601 instant with its zone. Raises InvalidInput."""
    if not isinstance(value, str):
        raise InvalidInput("an instant such as 2026-11-21T12:00:00+08:00", "at")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("an instant such as 2026-11-21T12:00:00+08:00", "at") from None
    if at > now + AHEAD:
        raise InvalidInput("lies in the future: is the sender's clock right?", "at")
    if at < received_at - AGE:
        raise InvalidInput(f"lies more than {AGE.days} days back", "at")
    return min(at, now)


# --- facts ----------------------------------------------------------------------------------------


def _facts(kind: str, value: Any) -> dict[str, Any]:
    facts = _object(value, "facts")
    _check_size(facts, "facts")
    if "topics" in facts:
        facts["topics"] = topics(facts["topics"], "facts.topics")
    if kind == "attribute":
        _check_attribute(facts)
    elif kind == "tag":
        tag = _text(facts, "tag", 64, "facts.")
        if not isinstance(facts.get("on", True), bool):
            raise InvalidInput("true or false", "facts.on")
        facts = {"tag": tag, "on": facts.get("on", True), "source": "api"} | tag_end(facts)
    elif kind == "friends":
        facts = friends(facts)
    elif kind == "preference" and not facts.get("topics"):
        raise InvalidInput("topics that they like", "facts.topics")
    for where, what in found_in(facts):
        raise InvalidInput(f"{what}: personal data goes into `sealed`", where)
    return facts


def _check_attribute(facts: Document) -> None:
    _only(facts, {"name", "value"}, "facts.")
    name, value = _text(facts, "name", 32, "facts."), facts.get("value")
    if isinstance(value, str):
        if len(value) > 190 or _UNSAFE.search(value):
            raise InvalidInput("a text of at most 190 characters", "facts.value")
    elif not (value is None or isinstance(value, bool) or _is_number(value)):
        raise InvalidInput("a text, a number, true, false or null", "facts.value")
    for where, what in found_in({name: value}, "facts"):
        raise InvalidInput(f"{what}: no attribute can hold it", where)


def topics(value: Any, at: str) -> dict[str, float]:
    """{topic: weight in 0..1} or a list of topics. Raises InvalidInput."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = dict.fromkeys(value, 1.0)
    if not isinstance(value, Mapping) or len(value) > MOST_TOPICS:
        raise InvalidInput(f"at most {MOST_TOPICS} topics: a list, or topic to weight in 0..1", at)
    for name, weight in value.items():
        if not isinstance(name, str) or not 0 < len(name) <= 32 or _UNSAFE.search(name):
            raise InvalidInput("a topic has 1 to 32 characters", at)
        if not _is_number(weight) or not 0 < weight <= 1:
            raise InvalidInput("a weight above 0, at most 1", f"{at}.{name}")
    return dict(value)


def _bought(whole: Document) -> tuple[dict[str, float], tuple[str, ...]]:
    """Topics and article numbers of what was bought: each topic as of the thing most about it."""
    found = topics(whole.get("topics", {}), "topics")
    items, skus = whole.get("items", []), []
    if not isinstance(items, list) or len(items) > 200:
        raise InvalidInput("a list of at most 200 things", "items")
    for number, one in enumerate(items):
        where = f"items[{number}]"
        thing = _object(one, where)
        _only(thing, {"sku", "topics", "quantity", "amount_fen"}, f"{where}.")
        for name, weight in topics(thing.get("topics", {}), f"{where}.topics").items():
            found[name] = max(weight, found.get(name, 0))
        if "sku" in thing:
            skus.append(_text(thing, "sku", 64, f"{where}."))
        _fen(thing, "amount_fen", needed=False, prefix=f"{where}.")
    for where, what in found_in(dict.fromkeys(found, 1), "topics"):
        raise InvalidInput(f"{what}: an order names no person but the follower", where)
    if len(found) > MOST_TOPICS:
        raise InvalidInput(f"at most {MOST_TOPICS} topics in all", "items")
    return found, tuple(skus[:50])


def _sealed(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    sealed = _object(value, "sealed")
    _check_size(sealed, "sealed")
    return sealed


def _check_size(value: Document, at: str) -> None:
    if len(value) > MOST_FACTS or is_deep(value, MOST_DEEP):
        raise InvalidInput(f"at most {MOST_FACTS} facts, {MOST_DEEP} deep", at)
    text = json.dumps(value, ensure_ascii=False)
    if _UNSAFE.search(text) or "\\u0000" in text:
        raise InvalidInput("holds characters that are none", at)
    if len(text.encode()) > FACTS_BYTES:
        raise InvalidInput(f"at most {FACTS_BYTES} bytes", at)
    if "NaN" in text or "Infinity" in text:
        _refuse_no_numbers(value, at)


def _refuse_no_numbers(value: Any, at: str) -> None:
    if isinstance(value, float) and not isfinite(value):
        raise InvalidInput("is no number", at)
    if isinstance(value, Mapping):
        for name, one in value.items():
            _refuse_no_numbers(one, f"{at}.{name}")
    elif isinstance(value, list):
        for one in value:
            _refuse_no_numbers(one, at)


def is_deep(value: Any, most: int) -> bool:
    """Whether objects and lists stand more than `most` deep in each other; of any depth."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for one in level
            if isinstance(one, (Mapping, list))
            for inner in (one.values() if isinstance(one, Mapping) else one)
        ]
    return any(isinstance(one, (Mapping, list)) for one in level)


# --- parts ----------------------------------------------------------------------------------------


def _object(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput("a JSON object", at)
    return dict(value)


def _only(value: Document, names: set[str], prefix: str = "") -> None:
    for name in sorted(set(value) - names):
        raise InvalidInput(
            f"unknown; known are {', '.join(sorted(names))}", f"{prefix}{shown(name)}"
        )


def _text(value: Document, name: str, longest: int, prefix: str = "") -> str:
    found = value.get(name)
    if (
        not isinstance(found, str)
        or not 0 < len(found.strip()) <= longest
        or len(found) > longest
        or _UNSAFE.search(found)
    ):
        raise InvalidInput(f"a text of 1..{longest} characters", f"{prefix}{name}")
    return found.strip()


def _fen(value: Document, name: str, *, needed: bool, prefix: str = "") -> int | None:
    found = value.get(name)
    if found is None and not needed:
        return None
    if type(found) is not int or not 0 <= found <= MOST_FEN:
        raise InvalidInput("a whole number of fen, 0 or more", f"{prefix}{name}")
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) <= 1e15
