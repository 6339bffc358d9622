"""A rebuild of all profiles under way, shared by processes."""

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

from bot.store.fields import InstantField
from bot.store.models.base import Table


class RebuildRun(Table):
    """Followers up to `given` are given out or done; done and changed count ended ranges only."""

    id = AutoField()
    active = CharField(4, null=True, unique=True)  # "now" of the one that is under way
    given = BigIntegerField(default=0)
    upper = BigIntegerField(default=0)
    total = IntegerField(default=0)
    done = IntegerField(default=0)
    changed = IntegerField(default=0)
    whole = BooleanField(default=False)  # nobody was left out; else it was given up or goes on
    started_at = InstantField()
    ended_at = InstantField(null=True)


class RebuildRange(Table):
    """Followers after `after_id` up to `until_id`, which one process has for a while. What is done
    of it is counted here, and `after_id` moves on, where the profiles are written."""

    id = BigAutoField()
    run = ForeignKeyField(RebuildRun, on_delete="CASCADE")
    after_id = BigIntegerField()
    until_id = BigIntegerField()
    owner = CharField(64)
    lease_until = BigIntegerField()  # the database's own clock
    done = IntegerField(default=0)
    changed = IntegerField(default=0)
