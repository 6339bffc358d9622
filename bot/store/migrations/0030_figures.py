"""Figures that are counted ahead of being looked at, and the reports that are mailed."""

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
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class KeptAnswer(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(16)
    ref = CharField(64)
    at = BigIntegerField()
    took_ms = IntegerField()
    final = BooleanField(default=False)
    document = TextField()

    class Meta:
        indexes = ((("account", "kind", "ref"), True),)


class SourceDay(Table):
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
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    operator_id = IntegerField()
    report = CharField(16)
    every = CharField(4)
    hour = IntegerField()
    mailboxes = TextField()
    language = CharField(8)
    made_at = BigIntegerField()
    stopped_at = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "id"), False),)


class ReportMail(Table):
    id = BigAutoField()
    order = ForeignKeyField(ReportOrder, on_delete="CASCADE", index=False)
    period = CharField(10)
    state = CharField(8, default="waiting")
    why = CharField(32, default="")
    tries = IntegerField(default=0)
    due_at = BigIntegerField()
    at = BigIntegerField()

    class Meta:
        indexes = ((("order", "period"), True), (("state", "due_at"), False))


TABLES = (KeptAnswer, SourceDay, ReportOrder, ReportMail)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES[::-1], safe=True)
