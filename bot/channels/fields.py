"""What may stand in a field of a category template or subscription notice. Pure.

A field's key is its kind and a number, thing4. The platform refuses a value that breaks its kind's
rule (47003) and names the field: one bad field stops a whole campaign, so it is looked at before.
"""

from __future__ import annotations

import re

_CHINESE = r"\u4e00-\u9fff"
_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}(年\d{1,2}月\d{1,2}日|[-/.]\d{1,2}[-/.]\d{1,2})"
_MOMENT = rf"(({_DAY} ?)?{_CLOCK})"

# kind -> (what a value must match, the rule in words)
KINDS: dict[str, tuple[re.Pattern[str], str]] = {
    kind: (re.compile(pattern, re.ASCII), words)
    for kind, (pattern, words) in {
        "thing": (r"[^\r\n]{1,20}", "at most 20 characters"),
        "short_thing": (r"[^\r\n]{1,20}", "at most 20 characters"),
        "const": (r"[^\r\n]{1,20}", "one of the template's listed values"),
        "enum": (r"[^\r\n]{1,20}", "one of the template's listed values"),
        "number": (r"(?=.{1,32}$)-?\d+(\.\d+)?", "a number of at most 32 digits"),
        "letter": (r"[A-Za-z]{1,32}", "at most 32 letters"),
        "symbol": (r"(?u:[^\w\s]){1,5}", "at most 5 symbols"),
        "character_string": (r"[ -~]{1,32}", "at most 32 letters, digits, symbols; no Chinese"),
        "time": (rf"{_MOMENT}( ?~ ?{_MOMENT})?", "a time like 15:01 or 2026年11月30日 15:01"),
        "date": (
            rf"{_DAY}( ?{_CLOCK})?( ?~ ?{_DAY}( ?{_CLOCK})?)?",
            "a date like 2026年11月30日, with or without a time",
        ),
        "amount": (r"[¥￥$€£]?-?(?=(\D*\d){1,10}\D*$)[\d,]+(\.\d+)?元?", "an amount, 10 digits"),
        "phone_number": (r"[\d+\-() ]{1,17}", "at most 17 digits and symbols"),
        "car_number": (r"(?u:\S){1,8}", "at most 8 characters"),
        "name": (
            rf"[{_CHINESE}·]{{1,10}}|[A-Za-z .'\-]{{1,20}}",
            "at most 10 Chinese or 20 Latin characters",
        ),
        "phrase": (rf"[{_CHINESE}]{{1,5}}", "at most 5 Chinese characters"),
    }.items()
}
_CUT = {"thing": 20, "short_thing": 20}
# The kinds whose values may be shortened without saying something else.


def kind_of(key: str) -> str:
    """thing4 -> thing."""
    return key.rstrip("0123456789")


def broken(key: str, value: str) -> str:
    """The rule that the value breaks, in words; "" for none. Unknown kinds have no rule."""
    rule = KINDS.get(kind_of(key))
    if rule is None or rule[0].fullmatch(value):
        return ""
    return rule[1]


def fitted(key: str, value: str) -> str:
    """The value on one line, cut where the kind bears it."""
    line = " ".join(value.split())
    most = _CUT.get(kind_of(key))
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"
