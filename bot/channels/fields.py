"""Values of a notice's fields: what is wrong with one, and one made to fit."""

from __future__ import annotations

from bot.i18n import t
from bot.values.notice_fields import kind_of

# The kinds whose values may be shortened without saying something else.
_CUT = ("thing", "short_thing")


def broken(key: str, value: str) -> str:
    """The rule that the value breaks, in words; "" for none. Unknown kinds have no rule."""
    kind = kind_of(key)
    if kind is None or kind.takes(value):
        return ""
    rule = f"lint.field.{kind.name}"
    return f"{t(rule, 'zh')} ({t(rule, 'en')})"


def fitted(key: str, value: str) -> str:
    """The value on one line, cut where the kind bears it."""
    line, kind = " ".join(value.split()), kind_of(key)
    if kind is None or kind.name not in _CUT or len(line) <= kind.most:
        return line
    return f"{line[: kind.most - 1]}…"
