"""The privacy audit, with the consents counted as of then. It reads, and leaves one entry in the
log; begun again it looks again."""

from __future__ import annotations

from typing import Any

from bot.background.desk import Desk
from bot.profile import auditing, retention
from bot.store import consent_figures, operators

AUDIT = "privacy_audit"


def run(desk: Desk) -> dict[str, Any]:
    """{at, findings, checked, erasures, consents, evidence}. Who looked at whom is not in it: that
    is of the whole house, and this is one account's."""
    owner, services = desk.task.account_id, desk.services
    days = retention.parse(services.settings.retention)
    desk.progress(0)
    person = operators.get(desk.task.operator_id)
    actor = f"operator:{person.name}" if person else "job"
    report = auditing.audited(owner, days, desk.now(), actor)
    told = report.to_json()
    return {
        "at": told["at"],
        "findings": told["findings"],
        "checked": told["checked"],
        "erasures": len(report.erasures),
        "consents": consent_figures.counts(owner),
        "evidence": [list(row) for row in consent_figures.said(owner)],
    }
