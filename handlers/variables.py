"""What stands in for the variables of an answer: looked up when an answer asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.i18n import t
from bot.inbox.context import Context
from bot.store import follower_facts
from bot.store.coupons import usable_by
from bot.talk.filling import fill, variables_in
from bot.values.audience import Understanding
from bot.values.facts import Needs

# Under these names a follower's own name is kept.
_NAMES = ("name", "nickname")


@dataclass
class Values:
    """The variables of one message, each worked out at most once.

    also   values that the caller brings (a form's slots); they win over the house's own
    """

    ctx: Context
    said: Understanding | None
    also: Mapping[str, str] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """The text with its variables filled in."""
        wanted = variables_in(text)
        if not wanted:
            return fill(text, {})
        self._look_up(wanted - self._known.keys() - self.also.keys())
        return fill(text, {**self._known, **self.also}, self._trusted(wanted))

    def _trusted(self, wanted: set[str]) -> dict[str, str]:
        talk = self.ctx.services.talk_of(self.ctx.account.id)
        facts = {"you": talk.tone.honorific, **talk.shop}
        return {name: facts[name] for name in wanted if name in facts and name not in self.also}

    def _look_up(self, wanted: set[str]) -> None:
        self._attributes(wanted)
        for name in wanted:
            if name in _OWN:
                self._known[name] = _OWN[name](self)
            elif name.startswith("entity."):
                self._known[name] = self._entity(name.removeprefix("entity."))

    def _attributes(self, wanted: set[str]) -> None:
        """Those of the follower's attributes that are asked for, by one look-up."""
        names: dict[str, tuple[str, ...]] = {one: (one,) for one in wanted & {"city", "points"}}
        names |= {one: (one.removeprefix("attr."),) for one in wanted if one.startswith("attr.")}
        if "name" in wanted:
            names["name"] = _NAMES
        if not names:
            return
        needed = frozenset(one for listed in names.values() for one in listed)
        found = follower_facts.load([self.ctx.follower.id], Needs(attributes=needed))
        held = found[0].attributes if found else {}
        for variable, listed in names.items():
            texts = (held[one][0] for one in listed if one in held)
            self._known[variable] = next((text for text in texts if text), "")

    def _entity(self, kind: str) -> str:
        """The first thing of this kind that the message names."""
        for one in self.said.entities if self.said else ():
            if one.kind == kind:
                return one.value if isinstance(one.value, str) else one.text
        return ""

    @cached_property
    def _here(self) -> tuple[str, str]:
        """Day and time of day, as the account's clock shows them."""
        now = self.ctx.now.astimezone(ZoneInfo(self.ctx.account.timezone))
        day = t("say.date", self.ctx.lang, month=now.month, day=now.day)
        return day, f"{now:%H:%M}"

    def _coupons(self) -> str:
        return str(len(usable_by(self.ctx.follower.id, self.ctx.now)))


_OWN: dict[str, Callable[[Values], str]] = {
    "date": lambda values: values._here[0],
    "time": lambda values: values._here[1],
    "stage": lambda values: t(f"say.stage.{values.ctx.follower.stage}", values.ctx.lang),
    "coupon.count": lambda values: values._coupons(),
}


def segments_of(ctx: Context, slugs: set[str]) -> set[str]:
    """Those of these segments in which the follower is."""
    if not slugs:
        return set()
    found = follower_facts.load([ctx.follower.id], Needs(segments=frozenset(slugs)))
    return found[0].segments if found else set()


def is_first_today(ctx: Context) -> bool:
    """Whether this is their first message of the day, by the account's clock."""
    zone = ZoneInfo(ctx.account.timezone)
    last = ctx.follower.last_inbound_at
    return last is None or last.astimezone(zone).date() < ctx.now.astimezone(zone).date()
