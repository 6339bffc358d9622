"""How reports name people: by our own names, an openid, or the names that other systems know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import InvalidInput
from bot.values.identity import STRENGTH, Key, Kind, phone_number

WANTED = (
    "a follower id, a pseudonym hy-..., or an object of openid, unionid, miniprogram, wecom,"
    ' customer, phone, visitor: {"openid": "..."}'
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VISITOR = re.compile(r"[A-Za-z0-9_-]{16,64}")
_UNSAFE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Person:
    """How a report names somebody: by our id or pseudonym, or by openid, or by `keys` under which
    other systems know him, the strongest first; keys also stand beside an openid, as evidence."""

    id: int | None = None
    openid: str = field(default="", repr=False)
    keys: tuple[Key, ...] = ()


def person_of(named: Mapping[str, Any]) -> Person:
    """A person from an object of one or more names. Raises InvalidInput, `field` says where."""
    unknown = [str(name) for name in named if name != "openid" and name not in set(Kind)]
    if unknown:
        raise InvalidInput(WANTED, "follower")
    keys = [_key(Kind(name), value) for name, value in named.items() if name != "openid"]
    openid = _matching(_NAME, named["openid"], "openid") if "openid" in named else ""
    return Person(openid=openid, keys=tuple(sorted(keys, key=lambda key: STRENGTH[key.kind])))


def _key(kind: Kind, value: Any) -> Key:
    if kind is Kind.MINIPROGRAM:
        system, number = _pair(kind, value, "appid", "openid")
        return Key(kind, _matching(_NAME, number, "miniprogram.openid"), system)
    if kind is Kind.CUSTOMER:
        system, number = ("", value) if isinstance(value, str) else _pair(
            kind, value, "system", "number"
        )  # fmt: skip
        return Key(kind, _text(number, "customer"), system)
    if kind is Kind.PHONE:
        number = phone_number(value) if isinstance(value, str) else None
        if number is None:
            raise InvalidInput("a mobile number, one from abroad with its +", "follower.phone")
        return Key(kind, number)
    return Key(kind, _matching(_VISITOR if kind is Kind.VISITOR else _NAME, value, kind))


def _pair(kind: Kind, value: Any, system: str, number: str) -> tuple[str, Any]:
    if not isinstance(value, Mapping) or set(value) != {system, number}:
        raise InvalidInput(f'{{"{system}": "...", "{number}": "..."}}', f"follower.{kind}")
    return _text(value[system], f"{kind}.{system}"), value[number]


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 64 or _UNSAFE.search(value):
        raise InvalidInput("a text of 1..64 characters", f"follower.{at}")
    return value.strip()


def _matching(form: re.Pattern[str], value: Any, at: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        at = "follower" if at == "openid" else f"follower.{at}"
        raise InvalidInput("letters, digits, _ and -, at most 64", at)
    return value
