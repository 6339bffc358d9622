"""The kinds of a notice's fields and what may stand in each: category templates and subscriptions.

A field's key is its kind and a number, thing4. The platform refuses a value that breaks its kind's
rule (47003) and names the field: one bad field stops a whole campaign, so it is looked at before.
Source: 订阅消息参数值内容限制. The catalogue says each rule in words: lint.field.KIND.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEY = re.compile(r"([a-z_]+?)(\d{1,2})")
_CHINESE = r"\u4e00-\u9fff"
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}(年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"(({_DAY} ?)?{_CLOCK})"


@dataclass(frozen=True, slots=True)
class FieldKind:
    """`most`: characters of a value, none of them a line's end; `form`: the rest of the rule."""

    name: str
    most: int
    form: re.Pattern[str]

    def takes(self, value: str) -> bool:
        return 0 < len(value) <= self.most and self.form.fullmatch(value) is not None


def _kinds(**kinds: tuple[int, str]) -> dict[str, FieldKind]:
    return {
        name: FieldKind(name, most, re.compile(form, re.ASCII))
        for name, (most, form) in kinds.items()
    }


KINDS = _kinds(
    thing=(20, r"[^\r\n]+"),
    short_thing=(20, r"[^\r\n]+"),
    const=(20, r"[^\r\n]+"),
    enum=(20, r"[^\r\n]+"),
    number=(32, r"-?\d+(\.\d+)?"),
    letter=(32, r"[A-Za-z]+"),
    symbol=(5, r"(?u:[^\w\s])+"),
    character_string=(32, r"[ -~]+"),
    time=(64, rf"{_MOMENT}( ?~ ?{_MOMENT})?"),
    date=(64, rf"{_DAY}( ?{_CLOCK})?( ?~ ?{_DAY}( ?{_CLOCK})?)?"),
    amount=(20, r"[¥￥$€£]?-?(?=(\D*\d){1,10}\D*$)[\d,]+(\.\d+)?元?"),
    phone_number=(17, r"[\d+\-() ]+"),
    car_number=(8, rf"[{_CHINESE}]?[A-Z0-9]+[{_CHINESE}]?"),
    name=(20, rf"[{_CHINESE}·]{{1,10}}|[A-Za-z .'\-]+"),
    phrase=(5, rf"[{_CHINESE}]+"),
)


def kind_of(key: str) -> FieldKind | None:
    """Of `thing4` the kind thing; None for what is no key of a category template."""
    found = KEY.fullmatch(key)
    return KINDS.get(found[1]) if found else None
