"""Tables that were imported, and how their columns were read."""

from __future__ import annotations

from peewee import AutoField, BigAutoField, CharField, ForeignKeyField, IntegerField

from bot.store.fields import InstantField, JSONText, SealedJSON
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class ImportMapping(Table):
    """A mapping kept under a name, to be used again. Column names and policies, no data."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(64)
    document = JSONText()
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "name"), True),)


class ImportRun(Table):
    """One file being brought in, or brought in. Counts only: whose rows they were stands nowhere.

    `position` rows are done for good.
    """

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)  # followers, orders, events
    file = CharField(190)
    fingerprint = CharField(32)  # of the content
    mapping_digest = CharField(32)
    mapping = JSONText()
    state = CharField(8, default="running")  # running, done
    total = IntegerField(default=0)
    position = IntegerField(default=0)
    counts = JSONText(default=dict)
    report = JSONText(default=dict)
    started_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        indexes = ((("account", "fingerprint"), False),)


class ImportReject(Table):
    """A row that was not taken, as it stood, with the reasons; line 0 is the header."""

    id = BigAutoField()
    run = ForeignKeyField(ImportRun, on_delete="CASCADE", index=False)
    line = IntegerField()
    document = SealedJSON()

    class Meta:
        indexes = ((("run", "line"), True),)


class ImportRejectName(Table):
    """Whom a rejected row names, as keyed hashes: by these it goes when the person is forgotten."""

    reject = ForeignKeyField(ImportReject, on_delete="CASCADE")
    hash = CharField(32)

    class Meta:
        indexes = ((("hash", "reject"), True),)
        primary_key = False
