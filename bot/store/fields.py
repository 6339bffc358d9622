"""Column types of ours: instants, sealed text and JSON, plain JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from peewee import BigIntegerField, BlobField, TextField

from bot.clock import from_ms, to_ms
from bot.store.vault import Vault


class Holder:
    """The vault of this process's store; set once by `bot.store.db.open_store`."""

    vault: Vault


class InstantField(BigIntegerField):
    """An aware UTC instant as whole milliseconds since 1970: exact and equal on every engine."""

    def db_value(self, value: datetime | int | None) -> int | None:
        return to_ms(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else from_ms(value)


class JSONText(TextField):
    """A JSON document as text, keys in the order given. Not for personal data."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


class SealedField(BlobField):
    """Text kept encrypted. Bound to its column: moved elsewhere it does not open."""

    @property
    def place(self) -> str:
        return f"{self.model._meta.table_name}.{self.column_name}"

    def db_value(self, value: str | None) -> Any:
        if value is None:
            return None
        sealed = Holder.vault.seal(value.encode(), self.place)
        return super().db_value(sealed)  # type: ignore[no-untyped-call]

    def python_value(self, value: Any) -> Any:
        if value is None:
            return None
        return Holder.vault.open(bytes(value), self.place).decode()


class SealedJSON(SealedField):
    """A JSON document kept encrypted."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else super().db_value(json.dumps(value, ensure_ascii=False))

    def python_value(self, value: Any) -> Any:
        text = super().python_value(value)
        return None if text is None else json.loads(text)
