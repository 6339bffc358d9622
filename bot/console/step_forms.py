"""A step of a journey as a form, by what it does; what the form does not know stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.console.conditions import Given, listen_shown, listens_from, text_of, typed
from bot.console.fields import number
from bot.console.send_forms import send_read, send_shown, untrue_variants
from bot.console.way_forms import branch_read, branch_shown, split_read, split_shown, untrue_split
from bot.journey.definition import BEST_HOUR, SEND_WAYS, Kind
from bot.journey.editing import AWAITED, Document, kind_of, lead, ways_of

Values = dict[str, Any]
LISTENED = ("event", "where", "segment", "does", "scan", "any")
SPANS = ("days", "hours", "minutes")
_CALLED = {name: f"con.step.f.{name}" for name in SPANS}  # what a number's field is called

# What a step of the palette is at first: what is empty still has to be filled in.
BEGINNINGS: Mapping[Kind, Any] = {
    Kind.WAIT: {"days": 1},
    Kind.BRANCH: {"ways": [{"if": {}}]},
    Kind.SPLIT: {"ways": [{"weight": 1}, {"weight": 1}]},
    Kind.OUTCOME: {"of": ""},
    Kind.SEND: {"purpose": "marketing", "text": ""},
    Kind.TAG: "",
    Kind.UNTAG: "",
    Kind.SET: {"attribute": "", "value": ""},
    Kind.COUPON: "",
    Kind.WEBHOOK: {"url": ""},
    Kind.HANDOFF: "",
    Kind.START: "",
    Kind.END: "finished",
}
FLOW = (Kind.WAIT, Kind.BRANCH, Kind.SPLIT, Kind.OUTCOME, Kind.END)  # 流程控制
DOES = tuple(kind for kind in Kind if kind not in FLOW)  # 动作


def shown(step: Mapping[str, Any], below: str) -> Values:
    """The form's fields for a step whose document may not be whole. `to`: where each way leads."""
    kind = kind_of(step)
    what = step.get(kind.value) if kind else None
    plain = {"name": what if isinstance(what, str) else ""}
    fields = _SHOWN[kind](what) if kind is not None and kind in _SHOWN else plain
    to = dict(ways_of(step, below))
    if kind is Kind.WAIT:
        to.setdefault("heard", to.get("over", ""))
    return {**fields, "note": str(step.get("note") or ""), "to": to}


def step_from(given: Given, step: Mapping[str, Any]) -> Document:
    """The step with what the form says. Raises InvalidInput where a field cannot be read; whether
    it makes sense is the document's reader's to say."""
    kind = kind_of(step)
    new: Document = {name: value for name, value in step.items() if name not in ("note", "next")}
    if kind is not None:
        read: Callable[[Given, Any], Any] = _READ.get(kind, _name)
        new[kind.value] = read(given, step[kind.value])
    if note := given.get("note", "").strip():
        new["note"] = note
    for way, _ in ways_of(new, ""):
        if f"to-{way}" in given:
            lead(new, way, given[f"to-{way}"])
    return new


def untrue_shares(step: Mapping[str, Any]) -> tuple[str, str] | None:
    """(key of the words, what they add up to) for the shares of ways or of variants that are no
    whole; None where they are."""
    kind = kind_of(step)
    if kind is Kind.SPLIT and (whole := untrue_split(step["split"])) is not None:
        return "con.canvas.share_untrue", whole
    if kind is Kind.SEND and (whole := untrue_variants(step["send"])) is not None:
        return "con.form.share_untrue", whole
    return None


def _inner(what: Any) -> Document:
    return dict(what) if isinstance(what, Mapping) else {}


def _name(given: Given, what: Any) -> str:
    return given.get("name", "").strip()


def _number(given: Given, name: str) -> float | None:
    """None where nothing is written. Raises InvalidInput."""
    if not given.get(name, "").strip():
        return None
    found = number(given, name, _CALLED.get(name, ""))
    return int(found) if found == int(found) else found


def _put(where: Document, name: str, value: Any) -> None:
    """Set a field; what is empty goes."""
    where.pop(name, None)
    if value not in (None, "", [], {}):
        where[name] = value


# --- waits ---------------------------------------------------------------------------------------


def _wait_shown(what: Any) -> Values:
    wait = _inner(what)
    alone = {name: wait[name] for name in LISTENED if name in wait}
    listens = wait.get("any") or ([alone] if any(wait.get(name) for name in AWAITED) else [])
    until = str(wait.get("until") or "")
    return {
        **{name: wait.get(name, "") for name in SPANS},
        "until": until,
        "best_hour": until == BEST_HOUR,
        "weekdays": wait.get("weekdays") or [],
        "listens": [*(listen_shown(one) for one in listens), {}],
    }


def _wait_read(given: Given, what: Any) -> Document:
    wait = {name: one for name, one in _inner(what).items() if name not in LISTENED}
    for name in SPANS:
        _put(wait, name, _number(given, name) or None)
    until = BEST_HOUR if given.get("best_hour") else given.get("until", "").strip()
    _put(wait, "until", until)
    _put(wait, "weekdays", [int(day) for day in given.getlist("weekday") if day in "1234567"])
    listens = listens_from(given, "l")
    if len(listens) == 1:
        wait |= listens[0]
    elif listens:
        wait["any"] = listens
    else:
        wait.pop("then", None), wait.pop("else", None)
    return wait


# --- outcomes ------------------------------------------------------------------------------------


def _outcome_shown(what: Any) -> Values:
    return {"of": str(_inner(what).get("of") or "")}


def _outcome_read(given: Given, what: Any) -> Document:
    outcome = {**_inner(what), "of": given.get("of", "")}
    for way in SEND_WAYS:
        _put(outcome, way, given.get(f"to-{way}", ""))
    return outcome


# --- actions -------------------------------------------------------------------------------------


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _tag_shown(what: Any) -> Values:
    tag = {"tag": what} if isinstance(what, str) else _inner(what)
    return {"name": str(tag.get("tag") or ""), "days": tag.get("days", "")}


def _tag_read(given: Given, what: Any) -> Any:
    tag: Document = {**_inner(what), "tag": _name(given, what)}
    _put(tag, "days", _number(given, "days"))
    return tag["tag"] if set(tag) == {"tag"} else tag


def _set_shown(what: Any) -> Values:
    value = _inner(what).get("value", "")
    return {"name": str(_inner(what).get("attribute") or ""), "value": text_of(value)}


def _set_read(given: Given, what: Any) -> Document:
    value = typed(given.get("value", "").strip())
    return {**_inner(what), "attribute": _name(given, what), "value": value}


def _webhook_shown(what: Any) -> Values:
    return {"name": str(_inner(what).get("url") or ""),
            "facts": "，".join(_listed(_inner(what).get("facts")))}  # fmt: skip


def _webhook_read(given: Given, what: Any) -> Document:
    hook = {**_inner(what), "url": _name(given, what)}
    facts = given.get("facts", "").replace("，", ",").split(",")
    _put(hook, "facts", [one.strip() for one in facts if one.strip()])
    return hook


_SHOWN: Mapping[Kind, Callable[[Any], Values]] = {
    Kind.WAIT: _wait_shown,
    Kind.BRANCH: branch_shown,
    Kind.SPLIT: split_shown,
    Kind.OUTCOME: _outcome_shown,
    Kind.SEND: send_shown,
    Kind.TAG: _tag_shown,
    Kind.SET: _set_shown,
    Kind.WEBHOOK: _webhook_shown,
}
_READ: Mapping[Kind, Callable[[Given, Any], Any]] = {
    Kind.WAIT: _wait_read,
    Kind.BRANCH: branch_read,
    Kind.SPLIT: split_read,
    Kind.OUTCOME: _outcome_read,
    Kind.SEND: send_read,
    Kind.TAG: _tag_read,
    Kind.SET: _set_read,
    Kind.WEBHOOK: _webhook_read,
}
