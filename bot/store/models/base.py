"""What every table stands on."""

from __future__ import annotations

from typing import Any

from peewee import DatabaseProxy, Model

database: Any = DatabaseProxy()


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False
