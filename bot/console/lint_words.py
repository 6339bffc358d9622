"""What the linter finds in a campaign's texts, as its marketer reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bot.campaign.ahead.linting import findings_of
from bot.campaign.ahead.to_come import order_to_come, start_of
from bot.campaign.document.definition import Definition
from bot.console.shell import language
from bot.content.findings import Finding, Severity
from bot.errors import HongyanError
from bot.store.campaigns import CampaignState
from bot.web.services import services

LOOKED_AT = ("draft", "scheduled")  # what is under way passed when it began


def told(findings: Iterable[Finding], definition: Definition) -> list[dict[str, Any]]:
    """Each with its words and `of`: the variant's name, "" where there are none."""
    lang = language()
    return [{**one.to_json(lang), "of": _variant_of(one, definition)} for one in findings]


def findings_now(one: CampaignState, definition: Definition) -> tuple[list[Finding], str]:
    """Of a campaign that is not under way, and why its texts cannot be looked at, "" where they
    can: it names what is gone."""
    if one.state not in LOOKED_AT:
        return [], ""
    now = services().clock()
    try:
        order = order_to_come(one, services().settings.public, now)
        return findings_of(order, None, start_of(one, now), None), ""
    except HongyanError as error:
        return [], str(error)


def refuses(findings: Iterable[Finding]) -> bool:
    return any(one.severity is Severity.ERROR for one in findings)


def _variant_of(finding: Finding, definition: Definition) -> str:
    """Name of the variant that a finding is about, "" where it is about none, or there is one."""
    inside = re.match(r"variants\[(\d+)\]", finding.part)
    return definition.variants[int(inside[1])].name if inside else ""
