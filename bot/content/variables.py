"""Variables and their types: what filters they take, how long they can be, a value to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from bot.content.wording import Place, Value


class Kind(StrEnum):
    """What a variable holds. Money is whole fen, a date an instant or a day."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    LINK = "link"
    NAME = "name"


# The longest that can be expected, not the longest that there could ever be: 99,999.99 yuan, an
# address of 160 letters, a name of 16 characters (the platform keeps 32 bytes of one).
LONGEST: Mapping[Kind, Value] = {
    Kind.TEXT: "满" * 64,
    Kind.NUMBER: 99_999_999,
    Kind.MONEY: 9_999_999,
    Kind.DATE: datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
    Kind.LINK: "https://" + "w" * 152,
    Kind.NAME: "云" * 16,
}
SAMPLES: Mapping[Kind, Value] = {
    Kind.TEXT: "示例文字",
    Kind.NUMBER: 128,
    Kind.MONEY: 1990,
    Kind.DATE: datetime(2026, 12, 31, 10, 0, tzinfo=UTC),
    Kind.LINK: "https://shop.example.cn/t/a1b2c3",
    Kind.NAME: "小雨",
}
_SUITS = {
    "money": {Kind.MONEY},
    "number": {Kind.NUMBER, Kind.MONEY},
    "date": {Kind.DATE},
    "time": {Kind.DATE},
    "short": set(Kind) - {Kind.LINK},
}


@dataclass(frozen=True, slots=True)
class Variable:
    """`always`: there is a value for everybody, so that no words are needed for when there is none.

    longest, sample  of the kind's own where not given; a text that was made of the value already
                     (10元 for money) may stand for it
    """

    name: str
    kind: Kind = Kind.TEXT
    always: bool = False
    longest: Value = field(default=None)
    sample: Value = field(default=None)

    @property
    def at_most(self) -> Value:
        return LONGEST[self.kind] if self.longest is None else self.longest

    @property
    def shown(self) -> Value:
        return SAMPLES[self.kind] if self.sample is None else self.sample


def misfit(place: Place, variable: Variable) -> str:
    """The first filter that the variable's type does not take, "" for none."""
    return next((name for name, _ in place.filters if variable.kind not in _SUITS[name]), "")


def known(variables: Iterable[Variable]) -> dict[str, Variable]:
    """By their names."""
    return {one.name: one for one in variables}


def longest(variables: Mapping[str, Variable]) -> dict[str, Value]:
    return {name: one.at_most for name, one in variables.items()}


def samples(variables: Mapping[str, Variable]) -> dict[str, Value]:
    return {name: one.shown for name, one in variables.items()}


def least(variables: Mapping[str, Variable]) -> dict[str, Value]:
    """Of whom we know nothing: what is there for everybody."""
    return {name: one.shown for name, one in variables.items() if one.always}


# What the house knows of everybody, of some, of what is offered, and of a coupon that is held.
OF_FOLLOWER = known(
    (
        Variable("name", Kind.NAME),
        Variable("city", longest="呼伦贝尔市", sample="杭州"),
        Variable("stage", longest="活跃用户", sample="活跃"),
        Variable("points", Kind.NUMBER),
        Variable("you", always=True, longest="您", sample="您"),
        Variable("date", always=True, longest="12月31日", sample="12月31日"),
        Variable("time", always=True, longest="18:30", sample="18:30"),
        Variable("coupon.count", Kind.NUMBER, always=True, longest=999, sample=2),
    )
)
OF_CONTENT = known(
    (
        Variable("title", always=True, sample="满30减8元券"),
        Variable("summary", longest="满" * 120, sample="深烘豆，坚果香"),
        Variable("price", Kind.MONEY),
        Variable("stock", Kind.NUMBER),
        Variable("face_value", Kind.MONEY, sample="8元", longest="99999.99元"),
        Variable("threshold", Kind.MONEY, sample="30元", longest="99999.99元"),
        Variable("content_title", sample="大杯拿铁"),
        Variable("content_summary", longest="满" * 120, sample="深烘豆，坚果香"),
        Variable("content_price", Kind.MONEY, sample="22元", longest="99999.99元"),
        Variable("from", Kind.DATE),
        Variable("until", Kind.DATE),
        Variable("link", Kind.LINK),
    )
)
OF_CODE = known((Variable("expires", Kind.DATE, always=True, longest="2026-12-31 23:59"),))
HOUSE = {**OF_FOLLOWER, **OF_CONTENT}


def there(names: Iterable[str], always: bool = True) -> dict[str, Variable]:
    """HOUSE, with these always there, or never surely."""
    return {**HOUSE, **{n: replace(HOUSE[n], always=always) for n in names if n in HOUSE}}
