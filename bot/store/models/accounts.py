"""Accounts, and what the platform grants them."""

from __future__ import annotations

from peewee import AutoField, BigAutoField, CharField, ForeignKeyField, IntegerField, TextField

from bot.store.fields import InstantField, SealedField
from bot.store.models.base import Table


class Account(Table):
    """An official account. `default` takes its secrets from the settings, others from here."""

    id = AutoField()
    slug = CharField(32, unique=True)
    appid = CharField(32, unique=True)
    original_id = CharField(32, default="")  # gh_..., learnt from the first callback if absent
    kind = CharField(16, default="service")  # service, subscription, test
    appsecret = SealedField(null=True)
    token = SealedField(null=True)
    aes_key = SealedField(null=True)
    previous_aes_key = SealedField(null=True)
    timezone = CharField(40, default="Asia/Shanghai")
    created_at = InstantField()


class AccessToken(Table):
    """The one shared access token of an app, with its expiry; `version` grows at each refresh."""

    appid = CharField(32, primary_key=True)
    token = SealedField(null=True)
    expires_at = InstantField(default=0)
    version = IntegerField(default=0)
    failures = IntegerField(default=0)  # fetches that failed in a row
    failed_at = InstantField(null=True)
    failure = TextField(default="")


class Quota(Table):
    """Calls counted against a platform limit. `period`: the day or month in the account's zone."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    api = CharField(64)
    period = CharField(10)
    used = IntegerField(default=0)
    limit = IntegerField()
    source = CharField(16, default="documented")  # documented, platform, console

    class Meta:
        indexes = ((("account", "api", "period"), True),)
