"""What can be offered and said: pieces of content in all their versions."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField, IntegerField

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class Content(Table):
    """A piece of content. `latest` is the draft where it is not `published`; both are numbers of
    versions. Title and kind are those of the latest one."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    kind = CharField(16)
    title = CharField(64)
    latest = IntegerField(default=1)
    published = IntegerField(null=True)
    published_at = InstantField(null=True)
    archived_at = InstantField(null=True)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class ContentVersion(Table):
    """A document as somebody wrote it; never changed."""

    id = AutoField()
    content = ForeignKeyField(Content, on_delete="CASCADE", index=False)
    number = IntegerField()
    document = JSONText()
    author = CharField(64, default="")
    at = InstantField()

    class Meta:
        indexes = ((("content", "number"), True),)


class ContentTerm(Table):
    """What the linter is told by an account. `kind`: domain, forbidden."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(10)
    value = CharField(100)

    class Meta:
        indexes = ((("account", "kind", "value"), True),)
