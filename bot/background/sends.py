"""发送明细: every row of a campaign's ledger as a CSV, with what kept a message back."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.background.steps import steady
from bot.campaign.finding import find
from bot.imports.exporting_sends import export_sends
from bot.store import send_exports


def run(desk: Desk) -> dict[str, Any]:
    """asked: {campaign: slug}. {campaign, rows}; the file is by pseudonym."""
    found = find(desk.task.account_id, desk.task.asked["campaign"])
    path, total, done = desk.folder / "sends.csv", send_exports.count(found.id), 0
    tell = steady(desk)

    def said(many: int) -> None:
        nonlocal done
        done += many
        tell(done, total)

    rows = export_sends(found.id, path, progress=said)
    desk.keep(f"{found.slug}-sends.csv", path)
    return {"campaign": found.slug, "rows": rows}
