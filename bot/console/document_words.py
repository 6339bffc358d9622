"""Documents as their reader knows them: what fields are called, what values mean, what a slug is
the name of. Conflicts and approvals show by it what two versions of a document say otherwise.

A field's words are con.doc.NAME, or con.doc.ABOVE.NAME where the field above gives it another
meaning; at the top that is the document's kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.campaign.document.changes import Difference, differences
from bot.console.gate import account
from bot.console.shell import Words, language, listed, shown_at, worded, words, zone_of
from bot.errors import HongyanError
from bot.segment import catalogue
from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.store import contents, coupon_batches, segments

KINDS = frozenset({"campaign", "journey", "content", "rule", "menu", "intent"})
NOTHING = "–"
LONGEST = 600  # characters of a value that are shown
Row = tuple[str, str, str]  # what, as it was or is by now, as it is or would be
_PART = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
# Field -> where the words of its values begin, if they are not its own: con.doc.is.FIELD.
_CHOICES = {
    "approval": "con.form.approval", "by": "con.form.match_by", "catch_up": "con.form.catch_up",
    "channel": "fan.channel", "channels": "fan.channel", "client_platform_type": "con.menus.phone",
    "does": "con.listen", "end": "journey.end", "event": "con.form.goal",
    "kind": "con.content.kind", "lang": "con.doc.is.language", "match": "con.rules.match",
    "metric": "experiment.metric", "on": "con.rules.tab", "purpose": "con.content.purpose",
    "type": "con.menus.type",
    "weekdays": "journey.weekday", "when": "con.trigger", "when_capped": "con.form.when_capped",
}  # fmt: skip
_SHARES = frozenset({"holdout", "assumed"})
_RULES = frozenset({"if", "audience"})  # of a journey: a segment's rule, said as a sentence


def rows_of(kind: str, before: Any, after: Any) -> list[Row]:
    """What two versions of a document say otherwise, field by field."""
    said = DocumentWords(kind)
    return [said.row(one) for one in differences(said.readable(before), said.readable(after))]


def value_of(value: Any) -> str:
    """A value as a cell of a table, where nothing more is known of it."""
    return _cut(_plain(value))


@dataclass
class DocumentWords:
    """Of one kind of document, on the account of who asks, for one answer."""

    kind: str
    say: Words = field(default_factory=words)
    _titles: dict[Callable[[int], dict[str, str]], dict[str, str]] = field(default_factory=dict)

    def row(self, one: Difference) -> Row:
        before, after = (self.value(one.path, each) for each in (one.before, one.after))
        return self.label(one.path), before, after

    def label(self, path: str) -> str:
        """variants[2].text as 版本 2 › 文案, a journey's steps.hi.tag as 步骤 hi › 标签."""
        return " › ".join(self._parts(path))

    def value(self, path: str, value: Any) -> str:
        """What stands in the field at a path."""
        names = [name for name, _ in _PART.findall(path)]
        return _cut(self._said(names[-1] if names else "", value))

    def readable(self, document: Any) -> Any:
        """Steps by their names, whatever their order; rules as sentences."""
        if self.kind != "journey" or not isinstance(document, Mapping):
            return document
        found = {name: self._spoken(name, one) for name, one in document.items()}
        steps = document.get("steps")
        if isinstance(steps, list) and all(_has_name(one) for one in steps):
            found["steps"] = {one["id"]: _without(one, "id") for one in found["steps"]}
        return found

    def _spoken(self, name: str, value: Any) -> Any:
        if name in _RULES and isinstance(value, Mapping):
            try:
                return sentence(parse(value), language(), catalogue.titles(account().id))
            except HongyanError:
                return json.dumps(value, ensure_ascii=False)
        if isinstance(value, Mapping):
            return {key: self._spoken(key, one) for key, one in value.items()}
        return [self._spoken("", one) for one in value] if isinstance(value, list) else value

    def _parts(self, path: str) -> Iterator[str]:
        above = self.kind
        parts = iter(_PART.findall(path))
        for name, places in parts:
            said = self._called(above, name)
            number = " ".join(places.strip("[]").split("]["))
            if self.kind == "journey" and name == "steps" and not number:
                number = next(parts, ("", ""))[0]
            yield self.say("con.doc.numbered", name=said, number=number) if number else said
            above = name

    def _called(self, above: str, name: str) -> str:
        otherwise = worded(f"con.doc.{name}", name, self.say)
        of_kind = worded(f"con.doc.{self.kind}.{name}", otherwise, self.say)
        return worded(f"con.doc.{above}.{name}", of_kind, self.say)

    def _said(self, name: str, value: Any) -> str:
        if isinstance(value, Mapping) and value:
            said = {key: self._said(str(key), one) for key, one in value.items()}
            return "\n".join(
                self.say("con.doc.pair", name=self._called(name or self.kind, str(key)), value=one)
                for key, one in said.items()
                if one != NOTHING
            )
        if isinstance(value, list | tuple) and value:
            parts = [self._said(name, one) for one in value]
            return "\n".join(parts) if any("\n" in one for one in parts) else listed(parts)
        return self._one(name, value)

    def _one(self, name: str, value: Any) -> str:
        """A value that has no parts."""
        if isinstance(value, bool) or value is None or value in ("", [], {}):
            return _plain(value)
        if isinstance(value, int | float):
            if name.endswith("_fen"):
                return self.say("con.doc.yuan", yuan=f"{value / 100:,.2f}")
            if name in _SHARES:
                return f"{100 * value:.4g}%"
        own = worded(f"con.doc.is.{name}.{value}", "", self.say)
        chosen = own or worded(f"{_CHOICES.get(name, '')}.{value}", "", self.say)
        return chosen or self._named(name, value) or self._timed(value) or _plain(value)

    def _named(self, name: str, value: Any) -> str:
        """What a slug is the name of; "" for what is none, or is not there any more."""
        if not isinstance(value, str) or name not in _NAMES:
            return ""
        titles = _NAMES[name]
        if titles not in self._titles:  # asked once
            self._titles[titles] = titles(account().id)
        return self._titles[titles].get(value, "")

    def _timed(self, value: Any) -> str:
        """An instant by the account's clock; "" for what is none."""
        if isinstance(value, str) and "T" in value:
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return ""
        if isinstance(value, datetime):
            zone = zone_of(account())
            return shown_at(value if value.tzinfo else value.replace(tzinfo=zone), zone)
        return value.isoformat() if isinstance(value, date) else ""


def _segments(account_id: int) -> dict[str, str]:
    return {one.slug: one.name for one in segments.of_account(account_id)}


def _batches(account_id: int) -> dict[str, str]:
    return {one.slug: one.title for one in coupon_batches.batches(account_id)}


def _pieces(account_id: int) -> dict[str, str]:
    return {one.slug: one.title for one, _ in contents.all_of(account_id, archived=True)}


# Field -> the names of what its values are slugs of.
_NAMES: dict[str, Callable[[int], dict[str, str]]] = {
    **dict.fromkeys(("segment", "only", "all", "any", "also", "lists", "except"), _segments),
    **dict.fromkeys(("offer", "offers", "batch", "coupon"), _batches),
    "content": _pieces,
}


def _has_name(step: Any) -> bool:
    return isinstance(step, Mapping) and isinstance(step.get("id"), str)


def _without(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def _plain(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return words()("con.yes" if value else "con.no")
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
