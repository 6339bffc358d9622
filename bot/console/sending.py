"""发送规则: what a form says of an account's rules of sending, and how it changes them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from bot.console.shell import words
from bot.errors import InvalidInput
from bot.store import account_settings, audit, campaign_rules
from bot.store.accounts import AccountState
from bot.store.campaign_rules import Rules
from bot.store.db import transaction

# What a number may be at most; each from 1 on.
MOST = {
    "per_day": 1000,
    "per_week": 1000,
    "per_month": 1000,
    "rest_after": 30,
    "rest_days": 365,
    "same_topic_days": 365,
}
MOST_CONTROL = 50.0  # per cent
# Both or neither.
_PAIRS = (("quiet_from", "quiet_to"), ("rest_after", "rest_days"))


def read(given: Mapping[str, str]) -> dict[str, Any]:
    """Columns of the rules, and `timezone`. Raises InvalidInput with the field."""
    found: dict[str, Any] = {name: _number(given, name) for name in MOST}
    found |= {name: _clock(given, name) for name in ("quiet_from", "quiet_to")}
    for pair in _PAIRS:
        if bool(found[pair[0]]) != bool(found[pair[1]]):
            raise _refused("both", pair[0] if found[pair[1]] else pair[1])
    if found["quiet_from"] and found["quiet_from"] == found["quiet_to"]:
        raise _refused("quiet", "quiet_to")
    found["approval"] = "approval" in given
    found["control_permille"] = _control(given)
    if "reshuffle" in given:
        found["control_salt"] = secrets.token_hex(8)
    zone = given.get("timezone", "").strip()
    if zone not in available_timezones():
        raise _refused("zone", "timezone")
    return {**found, "timezone": zone}


def change(
    of: AccountState, version: int, wanted: Mapping[str, Any], by: str, now: datetime
) -> bool:
    """Put the rules in place of those of `version`; before and after go into the audit log. False:
    nothing is different. Raises Conflict: somebody else was faster."""
    before = said(campaign_rules.of(of.id), of.timezone)
    rules = {name: value for name, value in wanted.items() if name != "timezone"}
    with transaction():
        after = said(campaign_rules.change(of.id, version, rules), wanted["timezone"])
        differ = [name for name in after if after[name] != before[name]]
        if differ:
            account_settings.set_timezone(of.id, wanted["timezone"])
            told = {"before": _told(before, differ), "after": _told(after, differ)}
            audit.record(by, "sending_rules", now, detail={"account": of.slug, **told})
    return bool(differ)


def said(rules: Rules, zone: str) -> dict[str, str]:
    """Every rule as the log and a conflict show it; "–" for none."""
    found = {name: getattr(rules, name) for name in campaign_rules.NAMES}
    shown = {name: "–" if value in (None, "") else str(value) for name, value in found.items()}
    return {**shown, "timezone": zone}


def _told(values: Mapping[str, str], names: list[str]) -> str:
    return ", ".join(f"{name}={values[name]}" for name in names)


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST[name]):
        raise InvalidInput(words()("con.sending.bad.number", most=MOST[name]), name)
    return int(text)


def _clock(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    if not text:
        return ""
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        raise _refused("clock", name) from None


def _control(given: Mapping[str, str]) -> int:
    try:
        percent = float(given.get("control", "").strip() or 0)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= MOST_CONTROL:
        raise _refused("control", "control")
    return round(percent * 10)


def _refused(what: str, field: str) -> InvalidInput:
    return InvalidInput(words()(f"con.sending.bad.{what}"), field)
