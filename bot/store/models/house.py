"""What the house itself keeps."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText, SealedField
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class Secret(Table):
    """Keys of ours that are themselves kept sealed; `index` is the blind-index key."""

    name = CharField(32, primary_key=True)
    value = SealedField()


class ApiKey(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(64)
    key_hash = CharField(64, unique=True)
    created_at = InstantField()
    revoked_at = InstantField(null=True)


class Lease(Table):
    """Who may do a thing that only one may do. Times are the database's own clock."""

    name = CharField(64, primary_key=True)
    owner = CharField(64)
    fence = IntegerField(default=1)
    until = BigIntegerField()


class JobRun(Table):
    id = BigAutoField()
    job = CharField(32)
    slot = InstantField()  # the planned instant: unique, so a job runs once for it
    started_at = InstantField()
    ended_at = InstantField(null=True)
    outcome = CharField(10, default="running")  # running done idle failed
    done = IntegerField(default=0)
    error = TextField(default="")
    owner = CharField(64, default="")

    class Meta:
        indexes = ((("job", "slot"), True),)


class Erasure(Table):
    """The certificate that somebody was erased: what went, when, why. Nothing of the person."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    at = InstantField()
    cause = CharField(32)
    certificate = CharField(32, unique=True)
    removed = JSONText(default=dict)


class Suppression(Table):
    """Somebody erased had refused marketing: known again by the keyed hash, and still refused."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    openid_hash = CharField(32)
    at = InstantField()  # the day, see bot.store.suppression

    class Meta:
        indexes = ((("account", "openid_hash"), True),)


class ConsoleLook(Table):
    """Figures that take long, as they were reckoned last: a page shows them with their time."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)  # dryrun report experiment overlap
    subject = CharField(64)  # slug or key of what they are about
    made_at = InstantField()
    document = JSONText()

    class Meta:
        indexes = ((("account", "kind", "subject"), True),)
