"""What a text names by its form: telephone, order number, money, date, time, how many.

Patterns, not learning: a form is found wherever it stands, and nothing is guessed. Where two
patterns meet, the earlier in the table wins.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

_NUMBER = r"(?:\d+(?:,\d{3})*(?:\.\d+)?|[零一二两三四五六七八九十百千万半几]+)"
_CLOCK = r"(?:[01]?\d|2[0-4]|[一二两三四五六七八九十]{1,3})"
_WEEKDAY = "(?:[一二三四五六日天1-6])"
_UNITS = "个|件|份|张|位|人|瓶|杯|双|套|盒|箱|斤|公斤|只|台|本|次|间|桌|条|包|支|节"
_PATTERNS = {
    "phone": r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)"
    r"|(?<!\d)(?:0\d{2,3}[- ])?[2-8]\d{6,7}(?!\d)|(?<!\d)400[- ]?\d{3}[- ]?\d{4}(?!\d)",
    "order": r"(?<=订单号)[是为:： #]{0,3}[A-Za-z]{0,4}\d{6,24}"
    r"|(?<=单号)[是为:： #]{0,3}[A-Za-z]{0,4}\d{6,24}|(?<![A-Za-z\d])[A-Za-z]{0,4}\d{12,24}(?!\d)",
    "money": rf"[¥￥$] ?\d+(?:,\d{{3}})*(?:\.\d+)?|{_NUMBER}(?:块钱|元钱|人民币|元|块|毛|角)",
    "date": r"(?:\d{4}[-/.年])?\d{1,2}[-/月]\d{1,2}(?:[日号]|(?![\d/-]))"
    r"|(?:大前|大后|今|明|昨|前|后)[天晚日]|今早|明早"
    rf"|(?:上上|下下|上|下|这|本)?(?:个)?(?:周|星期|礼拜){_WEEKDAY}|(?:上|下|这|本)?周末"
    r"|(?<!\d)\d{1,2}[号日](?!线|楼|店|院)|春节|国庆节?|中秋节?|元旦|端午节?|双十一|双11|618",
    "time": rf"(?:凌晨|早上|上午|中午|下午|傍晚|晚上|今晚|明晚)?(?:{_CLOCK}[:：][0-5]\d"
    rf"|{_CLOCK}点(?!五折)(?:半|[一二三]刻|[0-5]?\d分?)?)"
    "|凌晨|早上|上午|中午|下午|傍晚|晚上",
    "quantity": rf"{_NUMBER} ?(?:{_UNITS})(?!月)",
}
_ANY = re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _PATTERNS.items()))
_LEAD = "是为:： #"


@dataclass(frozen=True, slots=True)
class Entity:
    """`value` as it stands in the text from `start` to `end`."""

    kind: str
    value: str
    start: int
    end: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def entities(text: str) -> list[Entity]:
    """All of them in the order of the text; they never overlap. Pure."""
    found = []
    for match in _ANY.finditer(text):
        value = match.group().lstrip(_LEAD)
        found.append(Entity(str(match.lastgroup), value, match.end() - len(value), match.end()))
    return found
