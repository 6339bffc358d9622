"""Figures that are counted ahead of being looked at, and the reports that are mailed."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class KeptAnswer(Table):
    """What a page asks and counting takes long: the last answer. `final`: it changes no more."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    ref = CharField(64)
    at = InstantField()
    took_ms = IntegerField()
    final = BooleanField(default=False)
    document = JSONText()

    class Meta:
        indexes = ((("account", "kind", "ref"), True),)


class SourceDay(Table):
    """A follow source's day: who first came on it and what they came to until it was counted, and
    the scans of that day. Names: bot.effect.sources.Source."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    day = CharField(10)
    source = CharField(64)
    came = IntegerField(default=0)
    gone = IntegerField(default=0)
    due7 = IntegerField(default=0)
    kept7 = IntegerField(default=0)
    due30 = IntegerField(default=0)
    kept30 = IntegerField(default=0)
    scans = IntegerField(default=0)
    joins = IntegerField(default=0)
    messages = IntegerField(default=0)
    claimed = IntegerField(default=0)
    redeemed = IntegerField(default=0)
    buyers = IntegerField(default=0)
    orders = IntegerField(default=0)
    revenue_fen = BigIntegerField(default=0)

    class Meta:
        indexes = ((("account", "day", "source"), True),)


class ReportOrder(Table):
    """A report that is mailed every day or week. `report`: a tab of the console's figures.

    every      day, week (on Mondays)
    hour       o'clock in the account's zone
    mailboxes  addresses, as JSON
    language   of the operator who asked for it
    """

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    operator_id = IntegerField()
    report = CharField(16)
    every = CharField(4)
    hour = IntegerField()
    mailboxes = JSONText()
    language = CharField(8)
    made_at = InstantField()
    stopped_at = InstantField(null=True)

    class Meta:
        indexes = ((("account", "id"), False),)


class ReportMail(Table):
    """One mail of an order, for a day or a week. `state`: waiting sending sent failed unknown."""

    id = BigAutoField()
    order = ForeignKeyField(ReportOrder, on_delete="CASCADE", index=False)
    period = CharField(10)  # 2026-11-21, 2026-W47
    state = CharField(8, default="waiting")
    why = CharField(32, default="")
    tries = IntegerField(default=0)
    due_at = InstantField()
    at = InstantField()  # of the last change

    class Meta:
        indexes = ((("order", "period"), True), (("state", "due_at"), False))
