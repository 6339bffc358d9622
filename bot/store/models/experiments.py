"""Experiments: what is decided of each, its runs, its diary, and the groups that share nobody."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.sending import Campaign


class Experiment(Table):
    """Runs and journey actions of one key; the ledger holds who saw what."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    key = CharField(32)
    state = CharField(8, default="running")  # running won broken over
    rule = JSONText(default=dict)  # bandit, metric, after_hours, group: as the latest run says
    arms = JSONText(default=dict)  # name -> share, control first
    weights = JSONText(default=dict)  # in force since a decision; {}: as each run defines them
    out = JSONText(default=list)  # arms that nobody gets any more
    winner = CharField(16, default="")
    planned = IntegerField(default=0)  # people per arm, fixed at the first look
    opened_at = InstantField()
    looked_at = InstantField()
    ended_at = InstantField(null=True)
    sweeping = BooleanField(default=False)  # what waits is still to get the latest decision

    class Meta:
        indexes = ((("account", "key"), True),)


class ExperimentRun(Table):
    """A run that draws by the experiment; generation 0: every entry of a journey's action."""

    id = AutoField()
    experiment = ForeignKeyField(Experiment, on_delete="CASCADE")
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    weights = JSONText(default=dict)

    class Meta:
        indexes = ((("campaign", "generation"), True),)


class ExperimentPage(Table):
    """A page of the diary: what was known, what was decided, in words of both languages."""

    id = BigAutoField()
    experiment = ForeignKeyField(Experiment, on_delete="CASCADE", index=False)
    at = InstantField()
    kind = CharField(16)
    words = JSONText(default=dict)  # language -> sentences
    evidence = JSONText(default=dict)

    class Meta:
        indexes = ((("experiment", "id"), False),)


class ExperimentGroup(Table):
    """Experiments that share nobody: who owns which of the slots."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(32)
    slots = JSONText(default=list)  # [[owner or "", how many in a row], ...]

    class Meta:
        indexes = ((("account", "name"), True),)
