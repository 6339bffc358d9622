"""What is collected from outside: rounds through the platform's lists, figures, refused reports."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText, SealedField, SealedJSON
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class SyncRun(Table):
    """One round through a list of the platform, and how far it has come."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(32)  # followers, followers.full, tags, statistics:<day>
    state = CharField(8, default="running")  # running, done
    place = SealedField(null=True)  # where to go on: holds an openid
    step = IntegerField(default=0)  # how often it was moved on: who moves it compares
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    changed = IntegerField(default=0)
    started_at = InstantField()
    touched_at = InstantField()
    ended_at = InstantField(null=True)
    error = TextField(default="")  # what it could not do; nothing personal

    class Meta:
        indexes = ((("account", "kind", "id"), False),)


class Listing(Table):
    """The last round that met a follower in the platform's list."""

    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    run_id = BigIntegerField()
    detailed_at = InstantField(null=True)  # when the platform last told the details


class PlatformTag(Table):
    """A tag 标签 on the platform. `pushed`: ours goes there."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    tag_id = IntegerField()
    name = CharField(64)
    pushed = BooleanField(default=False)
    fans = IntegerField(default=0)
    seen_at = InstantField()

    class Meta:
        indexes = ((("account", "tag_id"), True),)


class MadeTag(Table):
    """A tag of ours that was made by name: it is there before anybody has it."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    tag = CharField(64)
    made_by = CharField(64)
    at = InstantField()

    class Meta:
        indexes = ((("account", "tag"), True),)


class PlatformTagging(Table):
    """The platform is known to hold this tag of this follower: told by it, or written by us."""

    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    tag = ForeignKeyField(PlatformTag, on_delete="CASCADE", index=False)
    run_id = BigIntegerField(default=0)
    at = InstantField()

    class Meta:
        indexes = ((("follower", "tag"), True), (("tag", "run_id"), False))
        primary_key = False


class Figure(Table):
    """A day's numbers of one report, about one article, source or kind of message."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    report = CharField(32)
    subject = CharField(64, default="")  # an article's msgid, "source 30"; "" the whole account
    day = CharField(10)
    title = CharField(190, default="")
    published = CharField(10, default="")
    numbers = JSONText(default=dict)
    read_at = InstantField()

    class Meta:
        indexes = (
            (("account", "report", "subject", "day"), True),
            (("account", "day"), False),
        )


class Quarantine(Table):
    """What was reported to us and refused, with the reason; it can be judged again."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
    kind = CharField(8)  # event, order
    fingerprint = CharField(32)  # keyed hash: the same thing sent again stands here once
    document = SealedJSON()
    field = CharField(64, default="")
    reason = CharField(190)
    at = InstantField()
    tries = IntegerField(default=1)

    class Meta:
        indexes = ((("account", "fingerprint"), True),)


class RateWindow(Table):
    """Calls counted against a limit of ours, in the window that began at `since`."""

    name = CharField(64)
    since = InstantField()
    used = IntegerField(default=0)

    class Meta:
        indexes = ((("name", "since"), True),)
        primary_key = False
