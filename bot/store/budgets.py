"""What a run with a budget has spent or promised. Counted in the transaction that claims."""

from __future__ import annotations

from bot.store.db import is_sqlite, transaction
from bot.store.models import CampaignBudget


def spent(campaign_id: int, generation: int) -> int:
    """In fen; reads only."""
    row = CampaignBudget.get_or_none(_of(campaign_id, generation))
    return 0 if row is None else int(row.spent_fen)


def hold(campaign_id: int, generation: int) -> int:
    """The same, held until the transaction ends, so that two claimers do not spend it twice."""
    with transaction():
        new = CampaignBudget.insert(campaign=campaign_id, generation=generation)
        new.on_conflict_ignore().execute()
        query = CampaignBudget.select().where(_of(campaign_id, generation))
        row = query.first() if is_sqlite() else query.for_update().first()
        return int(row.spent_fen)


def spend(campaign_id: int, generation: int, fen: int) -> None:
    """Count it. In the transaction that holds it."""
    CampaignBudget.update(spent_fen=CampaignBudget.spent_fen + fen).where(
        _of(campaign_id, generation)
    ).execute()


def _of(campaign_id: int, generation: int) -> object:
    return (CampaignBudget.campaign == campaign_id) & (CampaignBudget.generation == generation)
