"""Templates: their fields, what may stand in those, and what the platform leaves of it.

Three kinds share one form. Of a category template (类目模板) and a subscription notice every field
has a type, and a wrong value refuses the message. Of an old industry template the platform has
silently stripped much since 2023-05-04. A test account's own templates are free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.sandbox.api.notices_library import Industrial, Keyword
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import mapping
from bot.sandbox.world import World

TYPED, STRIPPED, FREE = "typed", "stripped", "free"
LONGEST_VALUE = 20
REMOVED = ("first", "remark")

_CHINESE = r"\u4e00-\u9fff"
_TIME = r"(([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)"
_DATE = r"\d{4}(年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})"
# Ten digits in all, whole thousands between commas.
_AMOUNT = r"(?=(\D*\d){1,10}\D*$)[¥￥$€£]?-?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?元?"
_A_DAY = re.compile(r"(\d{4})[年\-/.](\d{1,2})[月\-/.](\d{1,2})", re.ASCII)

# 订阅消息参数值内容限制: what a value of each type must match, whole.
RULES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.ASCII)  # no digits of other scripts
    for name, pattern in {
        "thing": r"[^\r\n]{1,20}",
        "number": r"(?=.{1,32}$)-?\d+(\.\d+)?",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": r"(?u:[^\w\s]){1,5}",
        "character_string": r"[ -~]{1,32}",
        "time": rf"({_DATE} ?)?{_TIME}( ?~ ?({_DATE} ?)?{_TIME})?",
        "date": rf"{_DATE}( ?{_TIME})?( ?~ ?{_DATE}( ?{_TIME})?)?",
        "amount": _AMOUNT,
        "phone_number": r"[\d+\-() ]{1,17}",
        "car_number": r"(?u:\S){1,8}",
        "name": rf"[{_CHINESE}·]{{1,10}}|[A-Za-z .'\-]{{1,20}}",
        "phrase": rf"[{_CHINESE}]{{1,5}}",
        "const": r"[^\r\n]{1,20}",
        "enum": r"[^\r\n]{1,20}",
    }.items()
}
_FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
# Pictures of the emoji blocks, with what joins and colours them; not arrows, not ☆ or ①.
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U000e0020-\U000e007f\u2600-\u2604\u2614-\u27bf\u200d\ufe0f\u20e3]"
)
_PATH = re.compile(r"[A-Za-z0-9_][\w\-./]*(\?\S*)?")


@dataclass
class MiniPrograms:
    """The mini-programs that are linked to the account, by appid; none at first."""

    linked: set[str] = field(default_factory=set)


def link_mini_program(world: World, appid: str) -> None:
    world.room(MiniPrograms).linked.add(appid)


def mini_program(world: World, given: object) -> tuple[str, str]:
    """Appid and page of a message's `miniprogram`, ("", "") for none.

    Raises 40013 for one that is not linked to the account, 40165 for a page that is no path.
    """
    if not given:
        return "", ""
    body = mapping(given, 40035)
    appid, page = str(body.get("appid") or ""), str(body.get("pagepath") or body.get("path") or "")
    if appid not in world.room(MiniPrograms).linked:
        raise PlatformError(40013)
    if page and not is_page(page):
        raise PlatformError(40165)
    return appid, page


def is_page(text: str) -> bool:
    """A mini-program's page: a path without a leading slash, a query after it."""
    return _PATH.fullmatch(text) is not None


@dataclass(frozen=True)
class Notice:
    """A template of the account.

    content   what is shown, with `{{key.DATA}}` where a value goes
    mode      TYPED, STRIPPED or FREE: what becomes of the values
    industry  the number of an industry template's industry, 0 for the others
    options   by key: the listed values of a const or enum field
    type      of a subscription notice: ONE_TIME or LONG_TERM; 0 for a template message
    """

    id: str
    title: str
    content: str
    example: str
    mode: str = TYPED
    industry: int = 0
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    type: int = 0

    @property
    def keys(self) -> list[str]:
        return _FIELD.findall(self.content)

    def check(self, data: object) -> dict[str, str]:
        """The values as they will be shown, by key. Keys that the template lacks are left out.

        Raises 47003 that names the first field that is wrong; only a TYPED one can be.
        """
        if not isinstance(data, Mapping):
            raise PlatformError(47003, "data is not an object")
        if self.mode == TYPED:
            return {key: without_emoji(self._typed(key, data.get(key))) for key in self.keys}
        given = {key: _plain(data.get(key)) for key in self.keys}
        if self.mode == STRIPPED:
            return {key: stripped(key, value) for key, value in given.items()}
        return given

    def _typed(self, key: str, given: Any) -> str:
        value = _plain(given)
        if not value:
            raise PlatformError(47003, f"data.{key}.value is empty")
        rule = RULES.get(key.rstrip("0123456789"))
        options = self.options.get(key)
        fits = rule is None or (rule.fullmatch(value) and _real_days(key, value))
        if not fits or (options and value not in options):
            raise PlatformError(47003, f"data.{key}.value invalid")
        return value

    def lost(self, data: Mapping[str, Any], shown: Mapping[str, str]) -> list[str]:
        """The keys whose values the follower does not see as they were sent."""
        return [key for key in self.keys if _plain(data.get(key)) != shown[key]]

    def rendered(self, values: Mapping[str, str]) -> str:
        """What the follower reads; a line without anything in it is left out."""
        filled = _FIELD.sub(lambda found: values[found[1]], self.content)
        return "\n".join(line for line in filled.split("\n") if line.strip())


def _real_days(key: str, value: str) -> bool:
    """Is every date of a time or date field in the calendar?"""
    if not key.startswith(("time", "date")):
        return True
    try:
        return all(date(*map(int, day)) for day in _A_DAY.findall(value))
    except ValueError:
        return False


def stripped(key: str, value: str) -> str:
    """What is left of an old template's value: no head, no tail, 20 characters of one line."""
    if key.lower() in REMOVED:
        return ""
    one_line = value.replace("\r", "").replace("\n", "")
    return without_emoji(one_line)[:LONGEST_VALUE]


def without_emoji(text: str) -> str:
    return _EMOJI.sub("", text)


def _plain(given: Any) -> str:
    """The `value` of a field's object as text; "" where there is none."""
    value = given.get("value") if isinstance(given, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def composed(template_id: str, title: str, keywords: Sequence[Keyword], type_: int = 0) -> Notice:
    """A category template or subscription notice of chosen keywords."""
    return Notice(
        template_id,
        title,
        "\n".join(f"{word.name}：{{{{{word.key}.DATA}}}}" for word in keywords),
        "\n".join(f"{word.name}：{word.example}" for word in keywords),
        options={word.key: word.options for word in keywords if word.options},
        type=type_,
    )


def industrial(template_id: str, old: Industrial) -> Notice:
    return Notice(template_id, old.title, old.content, old.example, STRIPPED, old.industry)


# What the account has from the start.
CATALOGUE = (
    composed(
        "SBX1_coupon_expiry_0000000000000000000000000",
        "优惠券到期提醒",
        (
            Keyword(1, "名称", "thing", "咖啡立减券"),
            Keyword(2, "到期时间", "time", "2026年11月30日 23:59"),
            Keyword(3, "说明", "thing", "您领取的券即将到期"),
        ),
    ),
    composed(
        "SBX2_coupon_redeemed_00000000000000000000000",
        "优惠券核销成功通知",
        (
            Keyword(1, "名称", "thing", "咖啡立减券"),
            Keyword(2, "抵扣金额", "amount", "5元"),
            Keyword(3, "核销时间", "time", "2026年11月21日 10:00"),
        ),
    ),
    composed(
        "SBX3_order_paid_0000000000000000000000000000",
        "订单支付成功通知",
        (
            Keyword(1, "订单编号", "character_string", "20261121001"),
            Keyword(2, "支付金额", "amount", "¥39.80"),
            Keyword(3, "支付时间", "time", "2026-11-21 10:00"),
        ),
    ),
)
