"""What an account declared of its own attributes."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class AttributeType(Table):
    """An attribute, what kind of value it has, and what it is called in sentences."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(32)
    kind = CharField(8)  # text, number, date, bool, enum
    choices = JSONText(default=list)  # of an enum
    title = CharField(64, default="")
    at = InstantField()

    class Meta:
        indexes = ((("account", "name"), True),)
