"""What a journey's step sends, as a form: texts and their shares, coupon, channels with what each
of them wants, and what else a campaign's document may say of one message.

Only what was changed in the form is changed in the document: what the form shows otherwise than it
is written (a default, a weight as a share) and what it does not show stay as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.campaign.document.definition import MAX_VARIANTS
from bot.channels.registry import CHANNELS
from bot.console.conditions import Given, facts_from, facts_shown
from bot.console.shares import adds_up, shares_of, total, weights_of
from bot.journey.editing import Document

Values = dict[str, Any]
AUTO = "auto"
_NAMES = "abcdefgh"
_QUIET = ["21:00", "09:00"]


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the form.

    path     where it stands in the document
    kind     text, number, percent, fen or flag
    default  what counts where the document says nothing
    null     emptied it says null: where nothing stands, the default would count
    """

    path: tuple[str, ...]
    kind: str = "text"
    default: Any = None
    null: bool = False


LINES: Mapping[str, Line] = {
    "purpose": Line(("purpose",), default="marketing"),
    "url": Line(("url",)),
    "offer": Line(("offer",)),
    "holdout": Line(("holdout",), "percent", 0),
    "priority": Line(("priority",), "number", 50),
    "budget": Line(("budget_fen",), "fen"),
    "attribution_days": Line(("attribution_days",), "number", 7),
    "opportunist": Line(("opportunist",), "flag"),
    "per_day": Line(("guardrails", "per_day"), "number", 1, null=True),
    "per_week": Line(("guardrails", "per_week"), "number", 2, null=True),
    "per_month": Line(("guardrails", "per_month"), "number", 4, null=True),
    "when_capped": Line(("guardrails", "when_capped"), default="skip"),
    "yield_hours": Line(("guardrails", "yield_hours"), "number", 24),
    "rest_after": Line(("guardrails", "rest", "after_unanswered"), "number"),
    "rest_days": Line(("guardrails", "rest", "days"), "number"),
    "variety_days": Line(("guardrails", "variety", "same_topic_days"), "number"),
    "goal_event": Line(("goal", "event")),
    "goal_days": Line(("goal", "within_days"), "number"),
    "exp_key": Line(("experiment", "key")),
    "exp_group": Line(("experiment", "group")),
    "bandit": Line(("experiment", "bandit"), "flag"),
    "winner_hours": Line(("experiment", "winner", "after_hours"), "number"),
    "winner_metric": Line(("experiment", "winner", "metric"), default="clicked"),
    "pace_rate": Line(("pace", "per_minute"), "number"),
    "pace_ramp": Line(("pace", "ramp_minutes"), "number", 0),
    "template_id": Line(("template", "template_id")),
    "subscription_id": Line(("subscription", "template_id")),
    "one_time_id": Line(("one_time", "template_id")),
    "one_time_scene": Line(("one_time", "scene"), "number", 1),
    "one_time_title": Line(("one_time", "title")),
    "reminder_id": Line(("reminder", "template_id")),
    "reminder_hours": Line(("reminder", "hours_before_expiry"), "number", 24),
}  # fmt: skip
FILLED = ("template", "subscription", "reminder")  # parts whose `fields` are rows
# A part without its head says nothing, and goes.
_HEADS = (
    (("experiment", "winner"), ("after_hours",)),
    (("experiment",), ("key",)),
    (("goal",), ("event",)),
    (("pace",), ("per_minute", "ramp_minutes")),
    (("template",), ("template_id", "fields")),
    (("subscription",), ("template_id", "fields")),
    (("one_time",), ("template_id", "title")),
    (("reminder",), ("template_id", "fields")),
)  # fmt: skip


# --- shown ---------------------------------------------------------------------------------------


def send_shown(what: Any) -> Values:
    """The form's fields for a document that may not be whole."""
    send = _inner(what)
    variants = _variants(send)
    channels = send.get("channels")
    return {
        **{name: _line_shown(line, send) for name, line in LINES.items()},
        **{f"{part}_fields": _pairs(_at(send, (part, "fields"))) for part in FILLED},
        "goal_where": facts_shown(_at(send, ("goal", "where"))),
        "quiet": _quiet(send),
        "text": _lines(str(send.get("text") or "")),
        "variants": _rows_shown(variants),
        "content": _content(send),
        "auto": channels == AUTO,
        "channel": [] if channels == AUTO else _listed(channels) or ["customer_service"],
        "ways": [way.value for way in CHANNELS],
        "most": MAX_VARIANTS,
    }


def _line_shown(line: Line, send: Mapping[str, Any]) -> str:
    """A null stays empty: it stands there on purpose."""
    inner = _inner(_at(send, line.path[:-1]))
    name = line.path[-1]
    stands = name in inner and (line.null or inner[name] is not None)
    value = inner[name] if stands else line.default
    if line.kind == "flag":
        return "1" if value is True else ""
    if value is None:
        return ""
    if line.kind in ("percent", "fen") and isinstance(value, int | float):
        value = value * 100 if line.kind == "percent" else value / 100
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _rows_shown(variants: list[Document]) -> list[tuple[str, str, str]]:
    """(name, share, text) of each variant."""
    shares = shares_of([one.get("weight", 1) for one in variants])
    return [
        (str(one.get("name") or ""), share, _lines(str(one.get("text") or "")))
        for one, share in zip(variants, shares, strict=True)
    ]


def _pairs(fields: Any) -> list[tuple[str, str]]:
    return [(str(name), _lines(str(text))) for name, text in _inner(fields).items()]


def _quiet(send: Mapping[str, Any]) -> list[str]:
    rails = _inner(send.get("guardrails"))
    quiet = rails.get("quiet_hours", _QUIET)
    return [str(one) for one in quiet][:2] if isinstance(quiet, list) and quiet else ["", ""]


def _content(send: Mapping[str, Any]) -> list[str]:
    content = send.get("content")
    return [content] if isinstance(content, str) and content else _listed(content)


# --- read ----------------------------------------------------------------------------------------


def send_read(given: Given, what: Any) -> Document:
    """The document with what was changed. What is no number stays as it was typed: the document's
    reader says so."""
    send, was = copy.deepcopy(_inner(what)), send_shown(what)
    for name, value, put in _given(given):
        if value != was[name]:
            put(send, value)
    for part, heads in _HEADS:
        held = _inner(_at(send, part))
        if held != _inner(_at(_inner(what), part)) and not any(held.get(name) for name in heads):
            _set(send, part, None)
    return _texts(given, send)


Put = Callable[[Document, Any], None]


def _given(given: Given) -> Iterator[tuple[str, Any, Put]]:
    """(field, what stands in it, how the document is told) of all that the form has."""
    shows = given.getlist("shows")
    for name, line in LINES.items():
        if name in given or name in shows:
            yield name, given.get(name, "").strip(), _line_put(line)
    for part in FILLED:
        if f"{part}_fields" in shows:
            yield f"{part}_fields", _pairs_from(given, part), _put_at((part, "fields"), dict)
    if "goal_where" in shows:
        where = facts_from(given, "goal")
        yield "goal_where", facts_shown(where), lambda send, _: _set(send, ("goal", "where"), where)
    if "quiet_from" in given:
        yield "quiet", [given.get(f"quiet_{end}", "") for end in ("from", "to")], _put_quiet
    if "content" in shows or "content" in given:
        yield "content", given.getlist("content"), _put_content
    if "channels" in given:
        yield "auto", given["channels"] == AUTO, _put_auto
    if given.get("channels") != AUTO and any(name.startswith("channel-") for name in given):
        yield "channel", _channels_from(given), _put_at(("channels",), list)


def _line_put(line: Line) -> Put:
    def put(send: Document, text: str) -> None:
        value: Any = text == "1" if line.kind == "flag" else text
        if line.kind not in ("text", "flag"):
            value = _number(text, {"percent": 0.01, "fen": 100}.get(line.kind, 1))
        _set(send, line.path, value or (value if value == 0 and text else None), null=line.null)

    return put


def _number(text: str, by: float) -> Any:
    try:
        found = round(float(text) * by, 6)
    except (ValueError, OverflowError):
        return text
    return int(found) if found == int(found) else found


def _put_at(path: tuple[str, ...], kind: Callable[[Any], Any]) -> Put:
    return lambda send, value: _set(send, path, kind(value) or None)


def _put_quiet(send: Document, value: list[str]) -> None:
    _set(send, ("guardrails", "quiet_hours"), value if any(value) else None, null=True)


def _put_content(send: Document, value: list[str]) -> None:
    """In whatever order they were ticked it is the same choice."""
    if sorted(value) != sorted(_content(send)):
        _set(send, ("content",), value or None)


def _put_auto(send: Document, value: bool) -> None:
    _set(send, ("channels",), AUTO if value else None)


def _channels_from(given: Given) -> list[str]:
    rows = (given.get(f"channel-{place}", "") for place in range(len(CHANNELS)))
    return list(dict.fromkeys(one for one in rows if one))


def _pairs_from(given: Given, part: str) -> list[tuple[str, str]]:
    names, texts = given.getlist(f"{part}_key"), given.getlist(f"{part}_text")
    pairs = zip(names, texts, strict=False)
    return [(name.strip(), _lines(text)) for name, text in pairs if name.strip()]


# --- texts ---------------------------------------------------------------------------------------


def _texts(given: Given, send: Document) -> Document:
    """One text, or variants as rows; the pressed button adds one, takes one out, or makes their
    shares even. A text that is alone is no variant."""
    held = _variants(send)
    rows = [(given.get(f"v{n}-name", "").strip(), given.get(f"v{n}-share", "").strip(),
             _lines(given.get(f"v{n}-text", "")))
            for n in range(MAX_VARIANTS) if f"v{n}-name" in given]  # fmt: skip
    if not held:
        if "text" in given and _lines(given["text"]) != _lines(str(send.get("text") or "")):
            send["text"] = _lines(given["text"])
        return _varied(send, [{"name": "a", "weight": 1, "text": send.get("text", "")}, {}]) \
            if given.get("more") == "v" else send  # fmt: skip
    if rows and rows != _rows_shown(held):
        held = list(_variants_from(rows, held))
    if given.get("less", "") in (f"v{n}" for n in range(len(held))):
        at = int(given["less"][1:])
        held = [*held[:at], *held[at + 1 :]]
    if given.get("even") == "v":
        held = [{**one, "weight": 1} for one in held]
    return _varied(send, [*held, {}] if given.get("more") == "v" else held)


def _varied(send: Document, held: list[Document]) -> Document:
    """With these variants; an empty one is a new one, as great as the others on the average."""
    if len(held) == 1:
        kept = {name: send[name] for name in send if name not in ("variants", "experiment")}
        return {**kept, "text": held[0].get("text", "")}
    if held == _variants(send):
        return send
    taken = {one.get("name") for one in held}
    weights = [one.get("weight", 1) for one in held if one]
    even = sum(weights) / len(weights) if not any(isinstance(w, str) for w in weights) else ""
    new = {"name": next((n for n in _NAMES if n not in taken), ""), "weight": even, "text": ""}
    kept = {name: send[name] for name in send if name != "text"}
    return {**kept, "variants": [one or new for one in held][:MAX_VARIANTS]}


def _variants_from(rows: list[tuple[str, str, str]], held: list[Document]) -> Iterator[Document]:
    """A variant keeps what it had that the form has no field for, by its place."""
    before = [one.get("weight", 1) for one in held]
    weights = weights_of([share for _, share, _ in rows], before)
    for place, ((name, _, text), weight) in enumerate(zip(rows, weights, strict=True)):
        old = held[place] if place < len(held) else {}
        yield {**old, "name": name, "weight": weight, "text": text}


def untrue_variants(what: Any) -> str | None:
    """What the shares add up to where that is no whole; None where it is."""
    weights = [one.get("weight", 1) for one in _variants(_inner(what))]
    if not any(isinstance(one, str) for one in weights):
        return None
    texts = list(map(str, weights))
    return None if adds_up(texts) else total(texts)


# --- documents -----------------------------------------------------------------------------------


def _variants(send: Mapping[str, Any]) -> list[Document]:
    held = send.get("variants")
    return [dict(one) for one in held if isinstance(one, Mapping)] if isinstance(held, list) else []


def _inner(value: Any) -> Document:
    return dict(value) if isinstance(value, Mapping) else {}


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _set(document: Document, path: tuple[str, ...], value: Any, null: bool = False) -> None:
    """Set what stands at the path; None takes it away, and what is empty after that, or with `null`
    stands there as null."""
    name, *rest = path
    if rest:
        inner = _inner(document.get(name))
        _set(inner, tuple(rest), value, null)
        value, null = inner or None, False
    if value is None and not null:
        document.pop(name, None)
    else:
        document[name] = value


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
