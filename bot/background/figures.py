"""Figures that pages show and nobody waits for: what they are, and one of them counted because a
page was asked for it before the clock's job had come to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bot.background.desk import Desk
from bot.campaign.results import live
from bot.coupon import stocks
from bot.effect import days, keeping, sources, windows
from bot.effect.keeping import Kind
from bot.journey import reporting
from bot.store import effect_weeks, kept_answers, sizes, talk
from bot.store.talk import DRAFT, LIVE
from bot.talk import corpus
from bot.talk.training import is_current

FIGURE = "figure"  # the kind of task
FOLLOWING, COUPONS, CLASHES, LEARNT = "following", "coupons", "clashes", "learnt"  # kinds kept
# So many a page counts at its first look; some 50 ms each.
FEW_FOLLOWERS, FEW_CODES, FEW_EXAMPLES = 100_000, 10_000, 1_000


def run(desk: Desk) -> dict[str, Any]:
    """asked: {kind, ref}; nothing is done where it was counted since. Raises NotFound where what it
    is about is not there any more."""
    account_id, asked = desk.task.account_id, desk.task.asked
    name, ref = str(asked["kind"]), str(asked["ref"])
    desk.progress(0)  # the last moment at which it can be stopped
    kept = kept_answers.get(account_id, name, ref)
    if kept is None or kept.at <= desk.task.asked_at:
        keeping.counted(name, account_id, ref, desk.now(), KEPT[name].count)
    return {"kind": name, "ref": ref}


def once(account_id: int, now: datetime) -> Iterable[str]:
    """Of what there is one of in an account."""
    return ("",)


def _changed(kind: str) -> Callable[[int, datetime], Iterable[str]]:
    """Stages of an account's examples for which the kept answer is of another version."""

    def refs(account_id: int, now: datetime) -> Iterable[str]:
        version = talk.version(account_id)
        stages = (one for one in (DRAFT, LIVE) if talk.has(account_id, one))
        return [one for one in stages if _version_of(kind, account_id, one) != version]

    return refs


def _version_of(kind: str, account_id: int, stage: str) -> int | None:
    kept = kept_answers.get(account_id, kind, stage)
    return int(kept.document["version"]) if kept else None


def _following(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    return {"people": effect_weeks.following(account_id)}


def _few_followers(account_id: int, ref: str, now: datetime) -> bool:
    return sizes.few_followers(account_id, FEW_FOLLOWERS)


def _stocks(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    return stocks.counted(account_id, now).to_json()


def _few_codes(account_id: int, ref: str, now: datetime) -> bool:
    return sizes.few_codes(account_id, FEW_CODES)


def _clashes(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    version, found = talk.version(account_id), corpus.clashes(account_id, ref)
    told = [[one.id for one in clash.examples] for clash in found]
    return {"version": version, "clashes": told}


def _learnt(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    version = talk.version(account_id)  # read first: a change meanwhile is counted again
    return {"version": version, "current": is_current(account_id, ref)}


def _few_examples(account_id: int, ref: str, now: datetime) -> bool:
    return sizes.few_examples(account_id, ref, FEW_EXAMPLES)


KEPT: dict[str, Kind] = {
    days.KIND: days.KEPT,
    reporting.STANDING: Kind(reporting.refs, reporting.count_standing, reporting.few_standing),
    reporting.REPORT: Kind(reporting.refs, reporting.count_report, reporting.few_report),
    windows.KIND: Kind(windows.refs, windows.count, windows.few),
    windows.WEEK: Kind(once, windows.count_week, windows.few_week),
    sources.KIND: Kind(once, sources.count, sources.few),
    live.KIND: Kind(live.refs, live.count),
    FOLLOWING: Kind(once, _following, _few_followers),
    COUPONS: Kind(once, _stocks, _few_codes),
    CLASHES: Kind(_changed(CLASHES), _clashes, _few_examples),
    LEARNT: Kind(_changed(LEARNT), _learnt, _few_examples),
}
