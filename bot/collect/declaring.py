"""An account's own attributes declared, and declared no more: by command, console and API."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InvalidInput
from bot.store import attribute_types, audit
from bot.store.db import transaction
from bot.values.attributes import Declared
from bot.values.personal import is_name, what_is


def declare(account_id: int, declared: Declared, actor: str, now: datetime) -> bool:
    """From now on what comes in and what rules compare is of this kind; whether it is new.

    What is held already stays as it is. It is in the audit log. Raises InvalidInput, also for a
    name under which personal data would stand.
    """
    if is_name(declared.name) or what_is(declared.name):
        raise InvalidInput(
            "personal data by its name: no attribute can hold it, and reports refuse it; names and"
            " numbers of a person come as `phone`, `customer` ... of a report or an import",
            "name",
        )
    with transaction():
        new = attribute_types.define(account_id, declared, now)
        detail = {"name": declared.name, "kind": declared.kind}
        audit.record(actor, "attribute_define", now, detail=detail)
    return new


def declare_no_more(account_id: int, name: str, actor: str, now: datetime) -> None:
    """Any value fits again, and what is held stays; in the audit log. Raises NotFound."""
    with transaction():
        attribute_types.remove(account_id, name)
        audit.record(actor, "attribute_remove", now, detail={"name": name})
