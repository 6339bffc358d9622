"""Names under which other systems know people, the joins between them, and what contradicts."""

from __future__ import annotations

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText, SealedField
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class Identity(Table):
    """A unionid, a shop's customer, a telephone ...; see bot.values.identity."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    system = CharField(64, default="", column_name="of_system")  # SYSTEM is MySQL's own word
    hash = CharField(32)
    value = SealedField()
    contact = BigIntegerField(null=True, index=True)  # the smallest id of the person; None: alone
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    in_base = BooleanField(default=False)  # removed events of it are in a follower's base
    created_at = InstantField()

    class Meta:
        indexes = ((("account", "hash", "kind", "system"), True),)


class IdentityJoin(Table):
    """One edge: this identity is the same person as another one, or as a follower, and why."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    identity = ForeignKeyField(Identity, on_delete="CASCADE")
    other = ForeignKeyField(Identity, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    why = CharField(16)
    evidence = CharField(64, default="")
    actor = CharField(64, default="")
    reason = SealedField(null=True)  # an operator's own words
    moved = JSONText(default=list)  # identities whose events follow
    state = CharField(8)  # open, done, parting, undone
    at = InstantField()
    undone_at = InstantField(null=True)
    undone_by = CharField(64, default="")
    left_id = BigIntegerField(null=True)  # parting: the follower to be folded anew at its end

    class Meta:
        indexes = ((("state", "id"), False), (("account", "evidence"), False))


class IdentityConflict(Table):
    """Evidence that would have made one person of two: nothing was changed by it."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    identity = ForeignKeyField(Identity, on_delete="CASCADE", index=False)
    against = CharField(24)  # "follower:12", "identity:34"
    other = ForeignKeyField(Identity, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    why = CharField(16)
    evidence = CharField(64, default="")
    at = InstantField()
    last_at = InstantField()
    times = IntegerField(default=1)

    class Meta:
        indexes = ((("identity", "against"), True),)


class IdentityHead(Table):
    """Held by whoever looks up or changes identities of an account: one at a time."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
