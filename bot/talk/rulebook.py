"""An account's rules in the store: read, checked, kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Conflict
from bot.store import segments, talk
from bot.store.db import transaction
from bot.store.talk import LIVE
from bot.talk.answers import read_answer, write_answer
from bot.talk.rules import Rule, read_rules, write_rule
from bot.talk.xray import Finding, xray


class Wrong(Conflict):
    """The set would have errors in it: `findings`."""

    def __init__(self, message: str, findings: list[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


def read(documents: Iterable[Any]) -> list[Rule]:
    """Raises InvalidInput that names the first bad field: rules[3].keywords[0].text."""
    return read_rules(documents, read_answer)


def write(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The documents that `read` turns into the same rules."""
    return [write_rule(rule, write_answer) for rule in rules]


def stored(account_id: int, stage: str = LIVE) -> list[Rule]:
    """Raises InvalidInput where a document of another version cannot be read."""
    return read(one.document for one in talk.documents(account_id, stage, "rule"))


def look(account_id: int, rules: Iterable[Rule], now: datetime, zone: ZoneInfo) -> list[Finding]:
    """The X-ray with the segments that the account has."""
    known = {one.slug for one in segments.of_account(account_id)}
    return xray(rules, now, zone, known)


def keep(
    account_id: int,
    rules: Iterable[Rule],
    now: datetime,
    zone: ZoneInfo,
    *,
    stage: str = LIVE,
    force: bool = False,
) -> list[Finding]:
    """Save rules, each in place of the one of its slug, all or none; what the X-ray says after.

    Raises Wrong where the whole set would then have errors in it that these rules bring, unless
    forced; InvalidInput where there would be too many rules.
    """
    new = {rule.slug: rule for rule in rules}
    with transaction():
        now_there = stored(account_id, talk.read_from(account_id, stage))
        together = {rule.slug: rule for rule in now_there} | new
        read(write(together.values()))  # not too many
        found = look(account_id, together.values(), now, zone)
        wrong = [f for f in found if f.level == "error" and {f.rule, f.other} & new.keys()]
        if wrong and not force:
            said = [one.why() for one in wrong[:20]]
            raise Wrong("\n".join(["nothing was saved:", *said]), wrong[:20])
        talk.begin_draft(account_id, stage)
        for rule in new.values():
            talk.put(account_id, "rule", rule.slug, write([rule])[0], now, stage=stage)
    return found
