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
    "menu": _VERIFIED_OR_TEST | {"service_unverified"},
    "custom": _VERIFIED_OR_TEST,
    "mass_tag": _VERIFIED,
    "mass_list": _SERVICE,
    "template": _SERVICE_OR_TEST,
    "subscribe_notice": _SERVICE,
    "subscribe_once": _VERIFIED_OR_TEST,
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

# The start of a path -> what it takes; the longest start counts.
_PATHS = {
    "/cgi-bin/menu/": "menu",
    "/cgi-bin/get_current_selfmenu_info": "menu",
    "/cgi-bin/message/custom/": "custom",
    "/cgi-bin/customservice/": "custom",
    "/customservice/": "custom",
    "/cgi-bin/message/mass/": "mass_tag",
    "/cgi-bin/message/mass/send": "mass_list",
    "/cgi-bin/message/mass/sendall": "mass_tag",
    "/cgi-bin/message/template/": "template",
    "/cgi-bin/message/template/subscribe": "subscribe_once",
    "/cgi-bin/template/": "template",
    "/cgi-bin/message/subscribe/": "subscribe_notice",
    "/wxaapi/newtmpl/": "subscribe_notice",
    "/cgi-bin/user/": "users",
    "/cgi-bin/user/info/updateremark": "remark",
    "/cgi-bin/changeopenid": "users",
    "/cgi-bin/tags/": "users",
    "/cgi-bin/qrcode/": "qrcode",
    "/sns/": "oauth",
    "/sns/jscode2session": "",  # a mini-program's own
    "/cgi-bin/ticket/": "jsapi",
    "/cgi-bin/media/": "material",
    "/cgi-bin/material/": "material",
    "/cgi-bin/draft/": "material",
    "/cgi-bin/freepublish/": "publish",
    "/datacube/": "datacube",
    "/cgi-bin/comment/": "comment",
    "/card/": "card",
    "/cgi-bin/card/": "card",
    "/shakearound/": "card",
}
_BY_LENGTH = sorted(_PATHS.items(), key=lambda one: len(one[0]), reverse=True)


def may(kind: str, right: str) -> bool:
    """Raises KeyError for a right that is none."""
    return kind in RIGHTS[right]


def right_of(path: str) -> str:
    """What a call of this path takes; "" for what every account may do."""
    return next((right for start, right in _BY_LENGTH if path.startswith(start)), "")
