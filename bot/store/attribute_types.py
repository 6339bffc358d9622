"""Declarations of an account's own attributes: kept here, and asked where values come in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import InvalidInput, NotFound
from bot.store.db import fetch, insert_new, run, transaction
from bot.values.attributes import KINDS, Declared, fitted, wanted

MOST = 200
MOST_CHOICES = 100
_COLUMNS = "name, kind, choices, title"


def of_account(account_id: int) -> dict[str, Declared]:
    """What the account declared, by name."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM attribute_type WHERE account_id = ? ORDER BY name", (account_id,)
    )
    return {row[0]: _declared(row) for row in rows}


def find(account_id: int, name: str) -> Declared | None:
    rows = fetch(
        f"SELECT {_COLUMNS} FROM attribute_type WHERE account_id = ? AND name = ?",
        (account_id, name),
    )
    return _declared(rows[0]) if rows else None


def _declared(row: Sequence[Any]) -> Declared:
    return Declared(row[0], row[1], tuple(json.loads(row[2])), row[3])


def define(account_id: int, declared: Declared, now: datetime) -> bool:
    """Declare an attribute, or declare it otherwise; whether it is new.

    What is held already stays as it is. Raises InvalidInput.
    """
    check(declared)
    choices = json.dumps(list(declared.choices), ensure_ascii=False)
    with transaction():
        if len(of_account(account_id).keys() - {declared.name}) >= MOST:
            raise InvalidInput(f"at most {MOST} attributes", "name")
        new = insert_new(
            "attribute_type",
            ("account_id", "name", "kind", "choices", "title", "at"),
            (account_id, declared.name, declared.kind, choices, declared.title, to_ms(now)),
        )
        run(
            "UPDATE attribute_type SET kind = ?, choices = ?, title = ? WHERE account_id = ?"
            " AND name = ?",
            (declared.kind, choices, declared.title, account_id, declared.name),
        )
    return new is not None


def check(declared: Declared) -> None:
    """Raises InvalidInput for what cannot be declared."""
    if not 0 < len(declared.name) <= 32 or not declared.name.isprintable():
        raise InvalidInput("a name has 1 to 32 characters", "name")
    if declared.kind not in KINDS:
        raise InvalidInput(f"one of {', '.join(KINDS)}", "kind")
    if declared.kind == "enum" and not declared.choices:
        raise InvalidInput("an enum needs its words: --choice 金 --choice 银", "choices")
    if declared.choices and declared.kind != "enum":
        raise InvalidInput(f"words are for an enum, and this is a {declared.kind}", "choices")
    if len(declared.choices) > MOST_CHOICES or any(
        not 0 < len(one) <= 190 for one in declared.choices
    ):
        raise InvalidInput(f"at most {MOST_CHOICES} words of 1 to 190 characters", "choices")
    if len(declared.title) > 64:
        raise InvalidInput("a title has at most 64 characters", "title")


def remove(account_id: int, name: str) -> None:
    """Declare it no more: any value fits again. Raises NotFound."""
    if not run("DELETE FROM attribute_type WHERE account_id = ? AND name = ?", (account_id, name)):
        raise NotFound(f"the attribute {name!r} is not declared")


def fitting(account_id: int, kind: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event's facts, the value of a declared attribute in its form. Raises InvalidInput."""
    if kind != "attribute":
        return facts
    declared = find(account_id, str(facts.get("name")))
    if declared is None:
        return facts
    return {**facts, "value": fitted(declared, facts.get("value"), "facts.value")}


def check_column(account_id: int, name: str, kind: str, choices: Sequence[str]) -> None:
    """Whether a table's column of this kind may fill the attribute. Raises InvalidInput."""
    declared = find(account_id, name)
    if declared is None:
        return
    fits = kind == declared.kind or (declared.kind == "text" and kind in ("text", "enum"))
    if not fits or (kind == "enum" and declared.choices and set(choices) - {*declared.choices}):
        raise InvalidInput(f"{name} is declared: it takes {wanted(declared)}", "columns")
