"""What is wrong with a menu before the platform is asked for it. Pure but for `known`.

Errors are what the platform would refuse, and a click that leads to a rule that is not there;
warnings are what followers would wonder about. The platform's limits: docs/how-to/menus-and-codes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import urlsplit

from bot.errors import InvalidInput
from bot.i18n import t
from bot.menus import keys
from bot.menus.buttons import FIELDS, MOST_BELOW, MOST_TOP, Place, acting, walk, written
from bot.nlp.lexicon import topic_names
from bot.store import coupons, talk
from bot.store.talk import LIVE

NAME_BYTES = (16, 60)  # of a button, of one below
NAME_PLACES = (8, 14)  # shown: four or seven Chinese characters
KEY_BYTES, URL_BYTES, PAGE_BYTES, ID_BYTES = 128, 1024, 1024, 128
MOST_HOSTS = 3  # names outside that all personalised menus together may lead to
PLATFORMS = ("1", "2", "3")  # client_platform_type: iOS, Android, others
INTERESTS = "interests"
ERROR, WARNING = "error", "warning"
_APPID = re.compile(r"wx[0-9a-z]{6,30}")
_LONGEST = {"key": KEY_BYTES, "url": URL_BYTES, "pagepath": PAGE_BYTES}


@dataclass(frozen=True, slots=True)
class Fault:
    """`what` names the sentence `menus.fault.<what>`; `place` () is about the whole menu."""

    level: str
    what: str
    place: Place = ()
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, lang: str = "zh") -> str:
        return t(f"con.menus.fault.{self.what}", lang, at=written(self.place), **self.values)


@dataclass(frozen=True, slots=True)
class Known:
    """What keys may name: the slugs of live rules, topics."""

    rules: Collection[str] = ()
    topics: Collection[str] = ()


class Faulty(InvalidInput):
    """A menu that cannot go out; all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(one.said("zh") for one in faults[:5]), "button")
        self.faults = list(faults)


def known(account_id: int) -> Known:
    """What followers of this account meet now."""
    rules = talk.documents(account_id, LIVE, "rule")
    batches = coupons.batches(account_id)
    return Known(
        {one.slug for one in rules if one.document.get("enabled", True)},
        {INTERESTS, *topic_names(), *(topic for one in batches for topic in one.topics)},
    )


def faults(buttons: Sequence[Mapping[str, Any]], there: Known) -> list[Fault]:
    """All of it: errors first, each by place."""
    found = [*_sizes(buttons), *_doubled(buttons)]
    for place, one in walk(buttons):
        found += _name(place, one)
    for place, one in acting(buttons):
        found += _act(place, one, there)
    return sorted(found, key=lambda one: (one.level, one.place))


def errors(buttons: Sequence[Mapping[str, Any]], there: Known) -> list[Fault]:
    """Why the menu cannot go out."""
    return [one for one in faults(buttons, there) if one.level == ERROR]


def _sizes(buttons: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    if not buttons:
        yield Fault(ERROR, "none")
    if len(buttons) > MOST_TOP:
        yield Fault(ERROR, "many_top", (), {"most": MOST_TOP})
    for place, one in walk(buttons):
        below = one.get("sub_button") or ()
        if below and len(place) == 2:
            yield Fault(ERROR, "deep", place)
        if len(below) > MOST_BELOW:
            yield Fault(ERROR, "many_below", place, {"most": MOST_BELOW})


def _name(place: Place, one: Mapping[str, Any]) -> Iterator[Fault]:
    name, row = str(one.get("name", "")), len(place) - 1
    if not name:
        yield Fault(ERROR, "no_name", place)
    elif len(name.encode(errors="replace")) > NAME_BYTES[row]:
        yield Fault(ERROR, "long_name", place, {"name": name, "most": NAME_BYTES[row]})
    elif _places(name) > NAME_PLACES[row]:
        yield Fault(WARNING, "wide_name", place, {"name": name, "most": NAME_PLACES[row] // 2})


def _places(text: str) -> int:
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def _act(place: Place, one: Mapping[str, Any], there: Known) -> Iterator[Fault]:
    kind = str(one.get("type", ""))
    if kind not in FIELDS:
        yield Fault(ERROR, "no_type", place, {"type": kind[:40]})
        return
    for name in FIELDS[kind]:
        value = str(one.get(name, ""))
        if not value:
            yield Fault(ERROR, f"no_{name}", place)
        elif len(value.encode(errors="replace")) > (most := _LONGEST.get(name, ID_BYTES)):
            yield Fault(ERROR, "long_field", place, {"field": name, "most": most})
        elif name in _VALUES:
            yield from _VALUES[name](place, value, kind)
    if kind == "click" and one.get("key"):
        yield from _key(place, str(one["key"]), there)


def _url(place: Place, value: str, kind: str) -> Iterator[Fault]:
    if not host_of(value):
        yield Fault(ERROR, "bad_url", place, {"url": value[:80]})
    elif kind == "view" and value.startswith("http://"):
        yield Fault(WARNING, "plain_url", place)


def _appid(place: Place, value: str, _kind: str) -> Iterator[Fault]:
    if not _APPID.fullmatch(value):
        yield Fault(ERROR, "bad_appid", place, {"appid": value[:40]})


_VALUES = {"url": _url, "appid": _appid}


def _key(place: Place, key: str, there: Known) -> Iterator[Fault]:
    """What a click would answer."""
    prefix, name = keys.parted(key)
    if prefix == keys.RULE and name not in there.rules:
        yield Fault(ERROR, "no_rule", place, {"rule": name[:64]})
    elif prefix == keys.CONTENT and name not in there.topics:
        yield Fault(WARNING, "no_topic", place, {"topic": name[:64]})
    elif not prefix and key not in keys.HOUSE:
        yield Fault(WARNING, "dead_key", place, {"named": key[:64]})


def _doubled(buttons: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """Two buttons with one key or address: their clicks cannot be told apart."""
    named = [(place, one.get("key") or one.get("url")) for place, one in acting(buttons)]
    many = Counter(name for _, name in named if name)
    for place, name in named:
        if name and many[name] > 1:
            yield Fault(WARNING, "same_key", place, {"named": str(name)[:64]})


def host_of(url: str) -> str:
    """The name in an http(s) address, "" for what is none."""
    if not url.startswith(("http://", "https://")) or any(one.isspace() for one in url):
        return ""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# --- personalised menus -------------------------------------------------------------------------


def rule_errors(rule: Mapping[str, str]) -> list[Fault]:
    """Whom a personalised menu is for: a tag, a kind of phone, or both."""
    found = []
    tag, platform = rule.get("tag_id", ""), rule.get("client_platform_type", "")
    if not tag and not platform:
        found.append(Fault(ERROR, "no_match"))
    if tag and not (tag.isascii() and tag.isdigit()):
        found.append(Fault(ERROR, "bad_tag", (), {"tag": tag[:20]}))
    if platform and platform not in PLATFORMS:
        found.append(Fault(ERROR, "bad_platform", (), {"platform": platform[:20]}))
    return found


def host_errors(menus: Sequence[Sequence[Mapping[str, Any]]]) -> list[Fault]:
    """Of all personalised menus of the account together."""
    views = [one for menu in menus for _, one in acting(menu) if one.get("type") == "view"]
    hosts = {host_of(str(one.get("url", ""))) for one in views}
    if len(hosts - {""}) <= MOST_HOSTS:
        return []
    return [Fault(ERROR, "many_hosts", (), {"most": MOST_HOSTS})]
