"""The night's work: who is due is taught anew, everybody is scored. For each account by its clock.

A purpose with too little to learn from is left alone and says so: nothing is predicted, and the
usual order holds. One purpose that fails stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import Conflict, InvalidInput, NotFound
from bot.learning import scoring, serving, training
from bot.learning.purposes import LIKE, purpose
from bot.store import accounts, insight_models

logger = logging.getLogger(__name__)

LEARNS_AT = 2  # o'clock, in the account's zone
_FRESH = timedelta(hours=12)


def learn(now: datetime, slugs: Sequence[str], retrain_days: int) -> int:
    """What is due in this hour; how many models were taught and how many rounds of scores made."""
    return sum(
        _night(account.id, slug, now, retrain_days)
        for account in accounts.all_accounts()
        if now.astimezone(ZoneInfo(account.timezone)).hour == LEARNS_AT
        for slug in (*slugs, *_alike(account.id))
    )


def _alike(account_id: int) -> list[str]:
    """Look-alike models are taught when somebody asks; at night they are only scored."""
    used = insight_models.active(account_id)
    return [one.slug for one in used if one.slug.startswith(LIKE)]


def _night(account_id: int, slug: str, now: datetime, retrain_days: int) -> int:
    purpose(slug)
    done = 0
    if _due(account_id, slug, now, retrain_days):
        done += _taught(account_id, slug, now)
    used = insight_models.active(account_id, slug)
    if used and (used[0].scored_at is None or now - used[0].scored_at >= _FRESH):
        done += _scored(account_id, slug, now)
    return done


def _due(account_id: int, slug: str, now: datetime, retrain_days: int) -> bool:
    """The last model is old enough, or reads columns that are not the product's any more."""
    if not retrain_days or slug.startswith(LIKE):
        return False
    made = [one.made_at for one in insight_models.models(account_id, slug) if one.made_at]
    if not made or now - max(made) >= timedelta(days=retrain_days):
        return True
    used = insight_models.active(account_id, slug)
    return bool(used) and serving.serving(account_id, slug) is None and now - max(made) >= _FRESH


def _taught(account_id: int, slug: str, now: datetime) -> int:
    try:
        training.train(account_id, slug, now)
    except InvalidInput as error:
        logger.info("model not taught account=%d slug=%s why=%s", account_id, slug, error)
        return 0
    return 1


def _scored(account_id: int, slug: str, now: datetime) -> int:
    try:
        scoring.score(account_id, slug, now)
    except (NotFound, Conflict) as error:
        logger.warning("model not scored account=%d slug=%s why=%s", account_id, slug, error)
        return 0
    return 1
