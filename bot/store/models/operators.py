"""The console's people: who they are, what they may do where, and where they are signed in."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText, SealedField
from bot.store.models.base import Table


class Operator(Table):
    """Somebody who signs in. Never deleted: the audit log names him; `disabled_at` ends him."""

    id = AutoField()
    name = CharField(32, unique=True)  # lower case; what is typed at sign-in and stands in the log
    title = CharField(64, default="")  # what colleagues see
    language = CharField(5, default="zh")
    password = CharField(190, default="")  # bot.console.passwords; "" until the invitation is taken
    invite = CharField(64, null=True, unique=True)  # hash of the invitation's or reset's token
    invite_until = InstantField(null=True)
    totp = SealedField(null=True)  # the second factor's secret, base32
    totp_step = BigIntegerField(default=0)  # the last step that was used: a code counts once
    recovery = JSONText(default=list)  # hashes of codes for a lost phone; each counts once
    failures = IntegerField(default=0)  # wrong passwords or codes in a row
    locked_until = InstantField(null=True)
    created_at = InstantField()
    disabled_at = InstantField(null=True)


class OperatorRole(Table):
    """What an operator is on one account, or with account 0 on every account there is."""

    operator = ForeignKeyField(Operator, on_delete="CASCADE", index=False)
    account_id = IntegerField()
    role = CharField(10)

    class Meta:
        indexes = ((("operator", "account_id"), True),)
        primary_key = False


class ConsoleSession(Table):
    """A browser that is signed in. Signing out or being disabled removes the row."""

    token_hash = CharField(64, primary_key=True)  # SHA-256 of the cookie
    operator = ForeignKeyField(Operator, on_delete="CASCADE")
    proved = BooleanField()  # the second factor too, where the operator has one
    created_at = InstantField()
    seen_at = InstantField()
    until = InstantField()
    browser = CharField(120, default="")


class EditMark(Table):
    """Who changed last what is edited in the console; `stamp`: which state he left."""

    account_id = IntegerField()  # 0: of no account in particular
    what = CharField(24)
    ref = CharField(190)
    stamp = CharField(40)
    changed_by = CharField(64)
    at = InstantField()

    class Meta:
        primary_key = CompositeKey("account_id", "what", "ref")
