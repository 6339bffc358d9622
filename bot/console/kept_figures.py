"""Figures that pages count as they are asked for where that is quick, and ahead where it is not:
how many follow, coupons' stock, examples that clash, whether a model was made of them. Each comes
with the instant that it is of; of examples it is true until somebody changes what is said.

What nobody has counted yet, and is much, is None: it has been asked of the background then, and the
page says that it is being counted (`again` of templates/console/parts.html looks until it is).
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot import background
from bot.background.figures import CLASHES, COUPONS, FIGURE, FOLLOWING, KEPT, LEARNT
from bot.console.gate import asker
from bot.coupon import stocks
from bot.coupon.stocks import Counts, Stock
from bot.effect import days, keeping
from bot.effect.days import Day
from bot.store import kept_answers, talk
from bot.store.kept_answers import Kept
from bot.store.talk import DRAFT
from bot.talk import corpus
from bot.talk.corpus import Clash

_ASKED_FOR = 600  # seconds for which one asking is enough, however often a page looks again


def look(kind: str, account_id: int, ref: str, now: datetime) -> Kept | None:
    """The kept answer, or the present one where there is little. Raises what counting does."""
    found = keeping.look(kind, account_id, ref, now, KEPT[kind])
    if found is None or keeping.is_outgrown(found, now):
        soon(kind, account_id, ref, now)
    return found


def soon(kind: str, account_id: int, ref: str, now: datetime) -> None:
    """Have it counted in the background, once, for a page that looks again until it is there."""
    _ask(kind, account_id, ref, now, f"{kind}:{ref}:{int(now.timestamp()) // _ASKED_FOR}")


def _ask(kind: str, account_id: int, ref: str, now: datetime, nonce: str = "") -> None:
    asked = {"kind": kind, "ref": ref}
    background.ask(account_id, asker().person.id, FIGURE, asked, now, nonce=nonce)


def following(account_id: int, now: datetime) -> tuple[int, datetime] | None:
    """How many follow, and as of when."""
    kept = look(FOLLOWING, account_id, "", now)
    return (int(kept.document["people"]), kept.at) if kept else None


def days_between(
    account_id: int, first: date, last: date, zone: ZoneInfo, now: datetime
) -> list[Day]:
    """Each day's figures; one of much that nobody has counted yet is `counting`."""
    found = days.between(account_id, first, last, zone, now, waits=False)
    today = now.astimezone(zone).date().isoformat()
    for one in found:
        if one.counting:
            soon(days.KIND, account_id, days.TODAY if one.day == today else days.YESTERDAY, now)
    return found


def stock(account_id: int, now: datetime) -> tuple[list[Stock], datetime | None]:
    """Of every batch, the oldest first, and as of when; a batch made since then is counted now.
    None: it is being counted, and so far nothing is in stock."""
    kept = look(COUPONS, account_id, "", now)
    if kept is None:
        return stocks.uncounted(account_id, now), None
    return stocks.overview(account_id, now, Counts.of_json(kept.document)), kept.at


def stock_changed(account_id: int, now: datetime) -> None:
    """Somebody has just changed it and wants to see that."""
    of = KEPT[COUPONS]
    if of.few(account_id, "", now):
        keeping.counted(COUPONS, account_id, "", now, of.count)
    else:
        _ask(COUPONS, account_id, "", now)


def clashes(account_id: int, now: datetime) -> tuple[str, list[Clash], datetime | None]:
    """The stage that is edited, its examples that clash, and as of when they were sought. What was
    moved or removed since then clashes no more. None: they are being sought."""
    stage = talk.read_from(account_id, DRAFT)
    kept = _of_version(CLASHES, account_id, stage, now)
    if kept is None:
        return stage, [], None
    at = now if kept.document["version"] == talk.version(account_id) else kept.at
    return stage, corpus.still_clash(account_id, stage, kept.document["clashes"]), at


def is_learnt(account_id: int, stage: str, now: datetime) -> bool | None:
    """Whether there is a model of exactly these examples; None: they changed, and that has not been
    looked at yet."""
    kept = _of_version(LEARNT, account_id, stage, now)
    if kept is None or kept.document["version"] != talk.version(account_id):
        return None
    return bool(kept.document["current"])


def _of_version(kind: str, account_id: int, stage: str, now: datetime) -> Kept | None:
    """True until somebody changes the examples; of many that were changed, as they were."""
    kept = kept_answers.get(account_id, kind, stage)
    if kept is not None and kept.document["version"] == talk.version(account_id):
        return kept
    return look(kind, account_id, stage, now)
