"""Template messages (模板消息): the account's templates and what may stand in their fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.codes import PlatformError

_CHINESE = r"\u4e00-\u9fff"
_TIME = r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d)?"
_DATE = r"\d{4}(年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})"
_AMOUNT = r"[¥￥$€£]?-?\d{1,10}(,\d{3})*(\.\d+)?元?"

# 订阅消息参数值内容限制: what a value of each type must match, whole.
RULES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "thing": r"[^\r\n]{1,20}",
        "number": r"(?=.{1,32}$)-?\d+(\.\d+)?",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": r"[^\w\s]{1,5}",
        "character_string": rf"[^{_CHINESE}\r\n]{{1,32}}",
        "time": rf"({_DATE} ?)?{_TIME}( ?~ ?({_DATE} ?)?{_TIME})?",
        "date": rf"{_DATE}( ?{_TIME})?( ?~ ?{_DATE}( ?{_TIME})?)?",
        "amount": _AMOUNT,
        "phone_number": r"[\d+\-() ]{1,17}",
        "car_number": r"\S{1,8}",
        "name": rf"[{_CHINESE}·]{{1,10}}|[A-Za-z .'\-]{{1,20}}",
        "phrase": rf"[{_CHINESE}]{{1,5}}",
        "const": r"[^\r\n]{1,20}",
        "enum": r"[^\r\n]{1,20}",
    }.items()
}


@dataclass(frozen=True)
class Notice:
    """A template: its id and its fields (key -> label), in the order they are shown."""

    id: str
    title: str
    fields: Mapping[str, str]
    example: str

    @property
    def content(self) -> str:
        return "\n".join(f"{label}：{{{{{key}.DATA}}}}" for key, label in self.fields.items())

    def as_json(self) -> dict[str, str]:
        return {
            "template_id": self.id,
            "title": self.title,
            "primary_industry": "消费服务",
            "deputy_industry": "消费服务",
            "content": self.content,
            "example": self.example,
        }

    def check(self, data: object) -> dict[str, str]:
        """The values by key. Raises 47003 that names the first field that is wrong.

        Keys that the template does not have are left out, as the platform does.
        """
        if not isinstance(data, Mapping):
            raise PlatformError(47003, "data is not an object")
        return {key: _value(key, data.get(key)) for key in self.fields}

    def rendered(self, values: Mapping[str, str]) -> str:
        return "\n".join(f"{label}：{values[key]}" for key, label in self.fields.items())


def _value(key: str, given: Any) -> str:
    value = given.get("value") if isinstance(given, Mapping) else None
    if not isinstance(value, str | int | float) or str(value) == "":
        raise PlatformError(47003, f"data.{key}.value is empty")
    rule = RULES.get(key.rstrip("0123456789"))
    if rule is not None and not rule.fullmatch(str(value)):
        raise PlatformError(47003, f"data.{key}.value invalid")
    return str(value)


CATALOGUE = (
    Notice(
        "SBX1_coupon_expiry_0000000000000000000000000",
        "优惠券到期提醒",
        {"thing1": "名称", "time2": "到期时间", "thing3": "说明"},
        "名称：咖啡立减券\n到期时间：2026年11月30日 23:59\n说明：您领取的券即将到期",
    ),
    Notice(
        "SBX2_coupon_redeemed_00000000000000000000000",
        "优惠券核销成功通知",
        {"thing1": "名称", "amount2": "抵扣金额", "time3": "核销时间"},
        "名称：咖啡立减券\n抵扣金额：5元\n核销时间：2026年11月21日 10:00",
    ),
    Notice(
        "SBX3_order_paid_0000000000000000000000000000",
        "订单支付成功通知",
        {"character_string1": "订单编号", "amount2": "支付金额", "time3": "支付时间"},
        "订单编号：20261121001\n支付金额：¥39.80\n支付时间：2026-11-21 10:00",
    ),
)
