"""A message before it goes out, as the linter sees it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.content.variables import HOUSE, Variable, samples
from bot.content.wording import Value, fill
from bot.values.audience import Channel

Values = Callable[[Mapping[str, Variable]], dict[str, Value]]
_TRADITIONAL = str.maketrans(
    "國級頂極絕對優減價轉發贊讚關註領獎紅險賺療癒無傳銷證書萬獨實體驗應請幫點擊購買專業現場權參與後纔還們於將當過質號碼機會員積",
    "国级顶极绝对优减价转发赞赞关注领奖红险赚疗愈无传销证书万独实体验应请帮点击购买专业现场权参与后才还们于将当过质号码机会员积",
)
# Put between letters so that no machine reads them: 最 佳, 最·佳
_JOINED = "·•.-_*|/ \u3000"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a message offers. `stock`: codes or pieces left, None where nobody counts them."""

    title: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: what the account declares.

    domains    hosts that links may lead to; those below them count as well
    forbidden  the house's own words that must not go out
    """

    domains: Collection[str] = ()
    forbidden: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """parts      what is read: {"text": …}, or the fields of a notice: {"thing1": …}
    purpose    marketing, service or editorial
    scene      the title of the notice's template in the platform's library, "" where unknown
    links      where it leads beside the addresses in its texts
    audience   how many may get it, None where nobody counted
    sends_at   when it is sent, or begins to be; None: nothing that ends is looked at
    ends_at    when the last of it is sent
    advert     it is an advertisement in the sense of the law
    ai_made    nobody wrote it
    """

    parts: Mapping[str, str]
    channel: str = Channel.CUSTOMER_SERVICE
    purpose: str = "marketing"
    variables: Mapping[str, Variable] = field(default_factory=lambda: HOUSE)
    sender: Sender = Sender()
    scene: str = ""
    links: tuple[str, ...] = ()
    offer: Offer | None = None
    audience: int | None = None
    sends_at: datetime | None = None
    ends_at: datetime | None = None
    advert: bool = False
    ai_made: bool = False
    zone: ZoneInfo = SHANGHAI

    def texts(self) -> Iterator[tuple[str, str]]:
        """(part, text) of what is read, the offer's title with it: it is put in."""
        yield from self.parts.items()
        if self.offer is not None and self.offer.title:
            yield "offer.title", self.offer.title

    @cached_property
    def plains(self) -> dict[str, Plain]:
        return {part: plain(text) for part, text in self.texts()}

    @cached_property
    def whole(self) -> str:
        """All that is read, plain, for rules about what is missing."""
        return "\n".join(one.text for one in self.plains.values())

    def variable(self, name: str) -> Variable | None:
        """None: there is no such. A follower's own attributes are attr.NAME, and may be missing."""
        return self.variables.get(name) or (Variable(name) if name.startswith("attr.") else None)

    def filled(self, text: str, values: Values = samples) -> str:
        """With sample values; `longest` and `least` of bot.content.variables are others."""
        return fill(text, values(self.variables), self.zone)


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in one writing: half width, simplified, lower case, nothing invisible, no joiners
    between Chinese letters. `at[i]` is where letter i stands in the text as it was written."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of a place in the plain text its place in the written one."""
        return self.at[start], self.at[end - 1] + 1


@lru_cache(maxsize=256)
def plain(text: str) -> Plain:
    letters: list[str] = []
    at: list[int] = []
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f":
            continue
        if letter in _JOINED and _between(text, place):
            continue
        for one in unicodedata.normalize("NFKC", letter).lower().translate(_TRADITIONAL):
            letters.append(one)
            at.append(place)
    return Plain("".join(letters), tuple(at))


def _between(text: str, place: int) -> bool:
    """Whether the joiner stands between two Chinese letters."""
    return 0 < place < len(text) - 1 and _chinese(text[place - 1]) and _chinese(text[place + 1])


def _chinese(letter: str) -> bool:
    return "\u4e00" <= letter <= "\u9fff"
