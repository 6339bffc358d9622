"""Learnt models of followers' behaviour, and what they say of each follower."""

from __future__ import annotations

from peewee import AutoField, BlobField, CharField, DoubleField, ForeignKeyField, IntegerField

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class InsightModel(Table):
    """A model, whole: every process of every machine loads the same bytes. `slug` says what it
    is for (redeem, buy, churn); of the models of one slug at most one is active."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    kind = CharField(16)  # what reads the bytes: bot.insight.kinds
    version = IntegerField()  # 1, 2, 3 ... of its slug
    state = CharField(10)  # candidate active retired
    fingerprint = CharField(64)  # of the rows it was learnt from
    file_hash = CharField(64)
    card = JSONText(default=dict)
    metrics = JSONText(default=dict)
    content = BlobField()
    made_at = InstantField()
    active_from = InstantField(null=True)
    scored_at = InstantField(null=True)  # when everybody was last scored by it

    class Meta:
        indexes = ((("account", "slug", "version"), True),)


class Prediction(Table):
    """What the active model of a slug says of a follower; renewed where the score changes."""

    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    slug = CharField(32)
    score = DoubleField()  # double: both evaluators of a rule must read the same bits
    version = IntegerField()  # of the model
    computed_at = InstantField()

    class Meta:
        indexes = ((("follower", "slug"), True), (("slug", "score"), False))
        primary_key = False
