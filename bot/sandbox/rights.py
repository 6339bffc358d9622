"""Which kind of account may call what (账号类型). Pure."""

from __future__ import annotations

from bot.sandbox.config import KINDS

ALL = frozenset(KINDS)
_VERIFIED = frozenset({"subscription", "service"})
_VERIFIED_OR_TEST = _VERIFIED | {"test"}
_SERVICE = frozenset({"service"})
_SERVICE_OR_TEST = frozenset({"service", "test"})

# right -> the kinds that have it; any other kind meets 48001
RIGHTS: dict[str, frozenset[str]] = {
    "": ALL,  # tokens, addresses, quotas
    "menu": _VERIFIED_OR_TEST,
    "custom": _VERIFIED_OR_TEST,
    "mass_tag": _VERIFIED,
    "mass_list": _SERVICE,
    "template": _SERVICE_OR_TEST,
    "subscribe_notice": _SERVICE,
    "subscribe_once": frozenset({"subscription", "service", "test"}),
    "users": _VERIFIED_OR_TEST,
    "remark": _SERVICE_OR_TEST,
    "qrcode": _SERVICE_OR_TEST,
    "oauth": _SERVICE_OR_TEST,
    "jsapi": ALL,
    "material": _VERIFIED_OR_TEST,
    "publish": _VERIFIED,
    "datacube": _VERIFIED,
    "comment": _VERIFIED,
    "card": _VERIFIED,
}


def may(kind: str, right: str) -> bool:
    """Raises KeyError for a right that is none."""
    return kind in RIGHTS[right]
