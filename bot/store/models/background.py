"""Work that an operator asked for and that goes on without him, with its files."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText, SealedField
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.operators import Operator


class BackgroundTask(Table):
    """`asked` and `result` hold no personal data; what does is a file."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    operator = ForeignKeyField(Operator, on_delete="CASCADE")
    kind = CharField(24)  # bot.background.kinds
    state = CharField(10)  # waiting running done failed stopped
    asked = JSONText(default=dict)
    done = BigIntegerField(default=0)
    total = BigIntegerField(default=0)  # 0: nobody knows
    result = JSONText(default=dict)
    error = CharField(500, default="")
    starts = IntegerField(default=0)  # more than one: the process that had it died
    owner = CharField(64, default="")
    lease_until = BigIntegerField(default=0)  # the database's own clock
    asked_at = InstantField()
    started_at = InstantField(null=True)
    ended_at = InstantField(null=True)
    nonce = CharField(40, null=True, unique=True)  # of the form that began it: it begins one

    class Meta:
        indexes = ((("state", "id"), False), (("account", "kind", "id"), False))


class BackgroundFile(Table):
    """A file brought along (`upload`) or made (`result`)."""

    id = AutoField()
    task = ForeignKeyField(BackgroundTask, on_delete="CASCADE", index=False)
    role = CharField(8)
    name = CharField(190)
    size = BigIntegerField()

    class Meta:
        indexes = ((("task", "role"), True),)


class BackgroundPart(Table):
    """A piece of a file, sealed."""

    id = BigAutoField()
    file = ForeignKeyField(BackgroundFile, on_delete="CASCADE", index=False)
    seq = IntegerField()
    content = SealedField()

    class Meta:
        indexes = ((("file", "seq"), True),)
