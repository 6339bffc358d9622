"""The words about a follower, in one language and zone, for himself or for a marketer.

Both read the same catalogue: what is said to himself stands under "me.", and where a marketer is
told otherwise, under "fan.".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.clock import from_ms
from bot.i18n import catalogue, t
from bot.store.consents import Said
from bot.store.timeline import Happened

LANGUAGES = ("zh", "en")
HIMSELF, MARKETER = "me", "fan"
MOST_FACTS = 4
# Facts that a reader makes something of; slugs and intents are the house's own.
_NAMED = {
    HIMSELF: ("tag", "purpose", "topic", "group"),
    MARKETER: ("tag", "segment", "campaign", "batch", "scene", "purpose", "topic", "intent",
               "group"),
}  # fmt: skip
LONGEST = 120


class Words:
    """`reader`: HIMSELF or MARKETER. `titles`: what the account calls its own attributes."""

    def __init__(
        self,
        lang: str,
        zone: ZoneInfo,
        reader: str = HIMSELF,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.lang, self.zone, self.reader = lang, zone, reader
        self.titles = titles or {}
        self._known = catalogue(lang)

    def t(self, key: str, **values: object) -> str:
        """The words for a key; its last part where a shop has words of its own."""
        for room in dict.fromkeys((self.reader, HIMSELF)):
            if f"{room}.{key}" in self._known:
                return t(f"{room}.{key}", self.lang, **values)
        return key.rsplit(".", 1)[-1]

    def has(self, key: str) -> bool:
        return f"{self.reader}.{key}" in self._known or f"{HIMSELF}.{key}" in self._known

    def moment(self, at: datetime | None) -> str:
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def moment_ms(self, ms: int) -> str:
        return self.moment(from_ms(ms))

    def day(self, at: datetime | None) -> str:
        return "–" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d}"

    def day_ms(self, ms: int) -> str:
        return self.day(from_ms(ms))

    def topic(self, name: str) -> str:
        return self._known.get(f"topic.{name}", name)

    def attribute(self, name: str) -> str:
        """An attribute by its declared title, else by its name."""
        return self.titles.get(name) or name

    def yes(self, on: bool) -> str:
        return self.t("yes" if on else "no")

    def joined(self, parts: list[str]) -> str:
        return t("list.separator", self.lang).join(parts)

    def consent(self, said: Said) -> str:
        what = self.t(f"purpose.{said.purpose}")
        word = self.t("given" if said.given else "withdrawn")
        wording = f" ({said.wording})" if said.wording else ""
        return f"{what}: {word} · {self.t(f'how.{said.how}')}{wording}"

    # --- events --------------------------------------------------------------------------------

    def act(self, kind: str) -> str:
        """A kind of event in plain words; a name that a house gave itself stays as it is."""
        if self.has(f"act.{kind}"):
            return self.t(f"act.{kind}")
        family, _, name = kind.partition(".")
        if family == "custom":
            return self.t("act.custom", name=name)
        return self.t(f"act.{family}") if self.has(f"act.{family}") else kind

    def happened(self, event: Happened) -> tuple[str, str]:
        """What happened, and what is known of it."""
        kind, facts = event.kind, event.facts
        if kind == "tag" and facts.get("on") is False:
            kind = "tag.gone"
        if kind == "follow.synced" and facts.get("subscribed") is False:
            kind = "unsubscribe"
        if "form" in facts and not self.has(f"act.{kind}"):
            return self.t("act.form", name=kind), self._about(event)
        return self.act(kind), self._about(event)

    def _about(self, event: Happened) -> str:
        parts = list(self._facts(event))
        text = event.sealed.get("text")
        if isinstance(text, str) and text:
            parts.insert(0, self.t("quoted", text=text[:LONGEST]))
        return " · ".join(parts)

    def _facts(self, event: Happened) -> list[str]:
        """Topics in words, money in yuan, names as they are; of the rest nothing."""
        facts, found = event.facts, []
        topics = facts.get("topics")
        if isinstance(topics, dict | list) and topics:
            found.append(self.joined([self.topic(str(one)) for one in list(topics)[:MOST_FACTS]]))
        for name in ("amount_fen", "refund_fen"):
            if type(facts.get(name)) is int:
                found.append(self.t("yuan", yuan=yuan(facts[name])))
        if event.kind == "attribute":
            return [*found, self._attribute(facts)]
        if event.kind == "friends":
            found.append(self._named("friends", str(facts.get("count", ""))[:LONGEST]))
        for name in _NAMED[self.reader]:
            value = facts.get(name)
            if isinstance(value, str | int) and value not in ("", False):
                found.append(self._named(name, str(value)[:LONGEST]))
        return found

    def _named(self, name: str, value: str) -> str:
        said = self.t(f"purpose.{value}") if name == "purpose" else value
        return self.t(f"about.{name}", value=self.topic(said) if name == "topic" else said)

    def _attribute(self, facts: dict[str, object]) -> str:
        name = self.attribute(str(facts.get("name", ""))[:32])
        if "value" not in facts:  # kept from this reader
            return name
        if facts["value"] is None:
            return self.t("about.forgotten", name=name)
        return f"{name}: {str(facts['value'])[:LONGEST]}"


def yuan(fen: int) -> str:
    """1000 -> "10", 950 -> "9.50"."""
    whole, rest = divmod(abs(fen), 100)
    sign = "-" if fen < 0 else ""
    return f"{sign}{whole:,}.{rest:02d}" if rest else f"{sign}{whole:,}"
