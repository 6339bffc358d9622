"""What looks like personal data: it has no place in the plain part of an event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Names under which people keep what belongs to one person, in lower case without _ - and spaces.
NAMES = frozenset(
    {"phone", "mobile", "tel", "telephone", "phonenumber", "cellphone", "idcard", "idnumber",
     "idno", "identity", "identitycard", "passport", "email", "mail", "address", "street",
     "realname", "fullname", "nickname", "avatar", "headimgurl", "openid", "unionid", "bankcard",
     "cardnumber", "wechat", "weixin", "wechatid", "latitude", "longitude", "password",
     "手机", "手机号", "手机号码", "电话", "电话号码", "身份证", "身份证号", "护照", "护照号",
     "邮箱", "地址", "住址", "姓名", "真实姓名", "昵称", "银行卡", "银行卡号", "微信号", "密码"}
)  # fmt: skip
_PHONE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")
_ID = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_OPENID = re.compile(r"\bo[\w-]{27}(?![\w-])")
_CARD = re.compile(r"(?<!\d)\d{16,19}(?!\d)")
_PLAIN = re.compile(r"[\w.-]{1,32}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_name(name: str) -> bool:
    """Whether what stands under this name belongs to one person."""
    return re.sub(r"[\s_-]", "", name).lower() in NAMES


def what_is(text: str) -> str:
    """What a text holds: "a phone number" ...; "" for nothing that one can tell by its form."""
    if _PHONE.search(text):
        return "a phone number"
    if any(_is_id(found) for found in _ID.findall(text)):
        return "an identity number"
    if _EMAIL.search(text):
        return "an e-mail address"
    if _OPENID.search(text):
        return "an openid"
    if any(_is_card(found) for found in _CARD.findall(text)):
        return "a bank card's number"
    return ""


def shown(name: str) -> str:
    """A name as an error can repeat it: not where it is itself personal, or no name at all."""
    return name if _PLAIN.fullmatch(name) and not what_is(name) else "?"


def found_in(facts: Mapping[str, Any], at: str = "facts") -> Iterator[tuple[str, str]]:
    """(path, what) of everything personal in a JSON object."""
    for name, value in facts.items():
        where = f"{at}.{shown(name)}"
        if is_name(name):
            yield where, "personal data by its name"
        elif isinstance(value, Mapping):
            yield from found_in(value, where)
        elif isinstance(value, list):
            yield from found_in({str(i): one for i, one in enumerate(value)}, where)
        elif isinstance(value, (str, int)) and (what := what_is(str(value))):
            yield where, what
        if what := what_is(name):
            yield where, what


def _is_id(text: str) -> bool:
    """A resident identity number (GB 11643): its last place checks the others."""
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _is_card(text: str) -> bool:
    """The Luhn sum of a bank card."""
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(text))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
