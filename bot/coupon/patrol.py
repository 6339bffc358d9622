"""The radar at work: it looks at the store, tells what it finds once, and holds where it may."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.coupon import radar
from bot.coupon.radar import LEFT_WITHIN, NAMES, Finding
from bot.errors import Conflict, InvalidInput
from bot.store import accounts, coupon_notices, coupon_radar, coupon_tills, pseudonyms
from bot.store.coupon_notices import Notice
from bot.store.coupon_radar import RuleSetting
from bot.store.db import transaction

logger = logging.getLogger(__name__)
ATTEMPTS_KEPT = timedelta(days=90)
MOST_WITHIN = 31 * radar.DAY


def look(account_id: int, since: datetime) -> list[Finding]:
    """What the account's rules find from `since` on; writes nothing."""
    settings = coupon_radar.settings(account_id)
    left_ms = int(LEFT_WITHIN.total_seconds() * 1000)
    rows: dict[str, Iterable[object]] = {
        "uses": coupon_radar.uses(account_id, since),
        "claims": coupon_radar.claims(account_id, since),
        "attempts": coupon_radar.attempts(account_id, since),
        "leavers": coupon_radar.leavers(account_id, since - LEFT_WITHIN, left_ms),
    }
    return radar.scan(rows, settings, coupon_radar.released(account_id))


def patrol(now: datetime) -> int:
    """Look at the latest window of every account; how many notices are new or over."""
    return sum(_patrol(account_id, now) for account_id in accounts.ids())


def _patrol(account_id: int, now: datetime) -> int:
    settings = coupon_radar.settings(account_id)
    longest = max(one.within_seconds for _, one in radar.in_force(settings))
    found = look(account_id, now - timedelta(seconds=longest))
    seen = {(one.rule, one.subject) for one in found}
    changed = sum(_tell(account_id, one, now) for one in found)
    for notice in coupon_notices.open_notices(account_id):
        over = notice.kind in NAMES and (notice.kind, notice.subject) not in seen
        if over and not notice.facts.get("holds"):
            changed += coupon_notices.end(notice, now)
    coupon_radar.prune_attempts(now - ATTEMPTS_KEPT)
    return changed


def _tell(account_id: int, found: Finding, now: datetime) -> bool:
    facts = {name: found.to_json()[name] for name in ("count", "most", "holds")}
    facts["till"] = found.till_id
    facts["followers"] = [pseudonyms.of(one) for one in sorted(found.followers)]
    with transaction():
        new = coupon_notices.tell(account_id, found.rule, found.subject, found.severity, facts, now)
        if found.hold:
            coupon_radar.hold_codes(sorted(found.followers), found.rule, now)
            if found.till_id is not None:
                coupon_tills.hold(found.till_id, now)
    if new:
        logger.warning("coupon radar rule=%s count=%d most=%d", found.rule, found.count, found.most)
    return new


def release(account_id: int, notice_id: int, now: datetime) -> Notice:
    """A person has looked: what it held is free, and what was before counts no more.

    Raises NotFound, and Conflict for one that was released before.
    """
    notice = coupon_notices.get(account_id, notice_id)
    with transaction():
        if not coupon_notices.end(notice, now, released=True):
            raise Conflict(f"notice {notice_id} is over already")
        followers = [pseudonyms.read(one) for one in notice.facts.get("followers", ())]
        coupon_radar.release_codes([one for one in followers if one is not None], notice.kind)
        if notice.facts.get("holds") and notice.facts.get("till") is not None:
            coupon_tills.hold(notice.facts["till"], None)
    return notice


def set_rule(
    account_id: int,
    name: str,
    *,
    most: int | None = None,
    within_seconds: int | None = None,
    hold: bool | None = None,
    enabled: bool | None = None,
) -> RuleSetting:
    """Change what is given of a rule; the rule as it is now. Raises InvalidInput."""
    if name not in NAMES:
        raise InvalidInput(f"rule: there are {', '.join(NAMES)}", "rule")
    settings = dict(coupon_radar.settings(account_id))
    old = next(setting for rule, setting in radar.in_force(settings) if rule.name == name)
    wanted = RuleSetting(
        old.most if most is None else most,
        old.within_seconds if within_seconds is None else within_seconds,
        old.hold if hold is None else hold,
        old.enabled if enabled is None else enabled,
    )
    if wanted.most < 1 or not 60 <= wanted.within_seconds <= MOST_WITHIN:
        raise InvalidInput("most: 1 or more, within a minute to 31 days", "most")
    coupon_radar.set_rule(account_id, name, wanted)
    return wanted
