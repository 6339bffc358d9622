"""What can be offered and said: pieces of content in all their versions."""

from __future__ import annotations

from peewee import AutoField, BlobField, BooleanField, CharField, ForeignKeyField, IntegerField

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


class Picture(Table):
    """A picture of the platform's permanent material. Its own bytes are there; here is what it is
    known by (`digest` of the bytes) and a small one to look at.

    asked  the platform may have it already: it is looked for there before it is sent again
    why    what the platform refused it for, in words
    """

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    digest = CharField(64)
    name = CharField(64)
    format = CharField(4)  # bot.content.picture_file.FORMATS
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    asked = BooleanField(default=False)
    media_id = CharField(128, null=True)
    url = CharField(512, default="")
    why = CharField(500, default="")
    author = CharField(64)
    at = InstantField()
    thumb_format = CharField(4, default="")
    thumb = BlobField(null=True)

    class Meta:
        indexes = ((("account", "digest"), True), (("account", "at"), False))
