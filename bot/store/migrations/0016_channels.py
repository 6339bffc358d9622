"""Rights to messages, mass sends, the platform's figures beside ours, offers in answers."""

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DatabaseProxy,
    ForeignKeyField,
    IntegerField,
    Model,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class Follower(Table):
    id = BigAutoField()


class Campaign(Table):
    id = AutoField()


class Entitlement(Table):
    id = BigAutoField()
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    channel = CharField(20)
    template_id = CharField(64)
    scene = IntegerField(default=0)
    at = BigIntegerField()
    dedupe = CharField(32, unique=True)
    refusal = BooleanField(default=False)
    send_id = BigIntegerField(null=True)
    ended_at = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("follower", "channel", "template_id"), False),
            (("send_id",), False),
        )


class MassBatch(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField()
    step = CharField(16)
    variant = CharField(16)
    channel = CharField(20)
    state = CharField(10)
    size = IntegerField(default=0)
    first_id = BigIntegerField(null=True)
    last_id = BigIntegerField(null=True)
    client_id = CharField(64, unique=True)
    msg_id = CharField(32, default="")
    link_id = IntegerField(null=True)
    tag_id = IntegerField(null=True)
    opened_at = BigIntegerField()
    called_at = BigIntegerField(null=True)
    next_at = BigIntegerField()
    owner = CharField(40, default="")
    lease_until = BigIntegerField(null=True)
    attempts = IntegerField(default=0)
    error = CharField(190, default="")
    status = CharField(32, default="")
    total = IntegerField(null=True)
    filtered = IntegerField(null=True)
    sent = IntegerField(null=True)
    errors = IntegerField(null=True)
    told_at = BigIntegerField(null=True)
    alone_id = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("state", "next_at"), False),
            (("campaign", "generation"), False),
            (("msg_id",), False),
        )


class QuotaLook(Table):
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    api = CharField(64)
    at = BigIntegerField()
    period = CharField(10)
    counted = IntegerField()
    used = IntegerField()
    limit = IntegerField()

    class Meta:
        indexes = ((("account", "api"), True),)
        primary_key = False


class Carried(Table):
    event_id = BigIntegerField(primary_key=True)
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=True)
    send_id = BigIntegerField(index=True)


TABLES = (Entitlement, MassBatch, QuotaLook, Carried)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
