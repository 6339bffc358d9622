"""Figures that pages count as they are asked for where that is quick, and ahead where it is not:
how many follow, coupons' stock, examples that clash, whether a model was made of them. Each comes
with the instant that it is of; of examples it is true until somebody changes what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bot.coupon import stocks
from bot.coupon.stocks import Counts, Stock
from bot.effect import keeping
from bot.effect.keeping import Kind
from bot.store import effect_weeks, kept_answers, talk
from bot.store.kept_answers import Kept
from bot.store.talk import DRAFT, LIVE
from bot.talk import corpus
from bot.talk.corpus import Clash
from bot.talk.training import is_current

FOLLOWING, COUPONS, CLASHES, LEARNT = "following", "coupons", "clashes", "learnt"  # kinds kept


def _once(account_id: int, now: datetime) -> Iterable[str]:
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


def _stocks(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    return stocks.counted(account_id, now).to_json()


def _clashes(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    version, found = talk.version(account_id), corpus.clashes(account_id, ref)
    told = [[one.id for one in clash.examples] for clash in found]
    return {"version": version, "clashes": told}


def _learnt(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    version = talk.version(account_id)  # read first: a change meanwhile is counted again
    return {"version": version, "current": is_current(account_id, ref)}


KEPT = {
    FOLLOWING: Kind(_once, _following),
    COUPONS: Kind(_once, _stocks),
    CLASHES: Kind(_changed(CLASHES), _clashes),
    LEARNT: Kind(_changed(LEARNT), _learnt),
}


def following(account_id: int, now: datetime) -> tuple[int, datetime]:
    """How many follow, and as of when."""
    kept = _answer(FOLLOWING, account_id, "", now)
    return int(kept.document["people"]), kept.at


def stock(account_id: int, now: datetime) -> tuple[list[Stock], datetime]:
    """Of every batch, the oldest first, and as of when; a batch made since then is counted now."""
    kept = _answer(COUPONS, account_id, "", now)
    return stocks.overview(account_id, now, Counts.of_json(kept.document)), kept.at


def stock_changed(account_id: int, now: datetime) -> None:
    """Somebody has just changed it and wants to see that."""
    keeping.counted(COUPONS, account_id, "", now, _stocks)


def clashes(account_id: int, now: datetime) -> tuple[str, list[Clash], datetime]:
    """The stage that is edited, its examples that clash, and as of when they were sought. What was
    moved or removed since then clashes no more."""
    stage = talk.read_from(account_id, DRAFT)
    kept = _answer(CLASHES, account_id, stage, now)
    at = now if kept.document["version"] == talk.version(account_id) else kept.at
    return stage, corpus.still_clash(account_id, stage, kept.document["clashes"]), at


def is_learnt(account_id: int, stage: str, now: datetime) -> bool | None:
    """Whether there is a model of exactly these examples; None: they changed, and that has not been
    looked at yet."""
    told = _answer(LEARNT, account_id, stage, now).document
    return bool(told["current"]) if told["version"] == talk.version(account_id) else None


def _answer(kind: str, account_id: int, ref: str, now: datetime) -> Kept:
    return keeping.answer(kind, account_id, ref, now, KEPT[kind].count)
