"""What a coupon is worth and where it counts; tills, redemptions, the radar, stocks elsewhere."""

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
    MySQLDatabase,
    SqliteDatabase,
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()


class CouponBatch(Table):
    id = AutoField()


class CouponCode(Table):
    id = BigAutoField()


class CouponTill(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    shop = CharField(32)
    made_at = BigIntegerField()
    until = BigIntegerField()
    revoked_at = BigIntegerField(null=True)
    held_at = BigIntegerField(null=True)


class CouponBasket(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    order_hash = CharField(32)
    basket_fen = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "order_hash"), True),)


class CouponUse(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    code = ForeignKeyField(CouponCode, on_delete="CASCADE")
    till_id = IntegerField(null=True)
    source = CharField(8)
    shop = CharField(32, default="")
    order_hash = CharField(32, default="")
    basket_fen = BigIntegerField(null=True)
    discount_fen = BigIntegerField(default=0)
    at = BigIntegerField()
    undone_at = BigIntegerField(null=True)
    order_event_id = BigIntegerField(null=True)
    told = BooleanField(default=False)

    class Meta:
        indexes = (
            (("account", "at"), False),
            (("account", "order_hash"), False),
        )


class CouponAttempt(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    till_id = IntegerField(null=True)
    source = CharField(8)
    outcome = CharField(16)
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "at"), False),)


class CouponNotice(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(24)
    subject = CharField(64)
    open_key = CharField(96, null=True)
    severity = CharField(8)
    at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    facts = TextField(default=dict)

    class Meta:
        indexes = (
            (("account", "open_key"), True),
            (("account", "at"), False),
        )


class CouponRule(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    rule = CharField(24)
    most = IntegerField()
    within_seconds = IntegerField()
    hold = BooleanField(default=False)
    enabled = BooleanField(default=True)

    class Meta:
        indexes = ((("account", "rule"), True),)


class CouponStock(Table):
    id = AutoField()
    batch = ForeignKeyField(CouponBatch, unique=True, on_delete="CASCADE")
    stock_id = CharField(32, null=True, unique=True)
    state = CharField(12, default="asked")
    synced_at = BigIntegerField(null=True)


class CouponRemote(Table):
    code = ForeignKeyField(CouponCode, primary_key=True, on_delete="CASCADE")
    remote_id = CharField(64, null=True, unique=True)
    state = CharField(12, default="asked")
    error = CharField(32, default="")
    at = BigIntegerField()


TABLES = (
    CouponTill,
    CouponBasket,
    CouponUse,
    CouponAttempt,
    CouponNotice,
    CouponRule,
    CouponStock,
    CouponRemote,
)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)
    for table, column in _columns(db):
        if column.split()[0] not in {found.name for found in db.get_columns(table)}:
            db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")
    # Until now every coupon took an amount off, some from a threshold on, beside any other.
    db.execute_sql("UPDATE coupon_batch SET kind = 'cash' WHERE kind = 'cut' AND threshold_fen = 0")


def down(migrator, db):
    frozen.initialize(db)
    for table, column in reversed(_columns(db)):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
    db.drop_tables(TABLES, safe=True)


def _columns(db):
    whole = "INTEGER" if isinstance(db, SqliteDatabase) else "BIGINT"
    text = "LONGTEXT" if isinstance(db, MySQLDatabase) else "TEXT"
    mysql = isinstance(db, MySQLDatabase)
    empty = "(_utf8mb4'[]')" if mysql else "'[]'"
    every = "(_utf8mb4'[\"*\"]')" if mysql else "'[\"*\"]'"
    return [
        ("coupon_batch", "kind VARCHAR(8) NOT NULL DEFAULT 'cut'"),
        ("coupon_batch", "discount_permille INTEGER NOT NULL DEFAULT 0"),
        ("coupon_batch", "max_discount_fen INTEGER"),
        ("coupon_batch", "exchange VARCHAR(64) NOT NULL DEFAULT ''"),
        ("coupon_batch", "stack_group VARCHAR(32) NOT NULL DEFAULT ''"),
        ("coupon_batch", f"stacks_with {text} NOT NULL DEFAULT {every}"),
        ("coupon_batch", f"shops {text} NOT NULL DEFAULT {empty}"),
        ("coupon_batch", f"weekdays {text} NOT NULL DEFAULT {empty}"),
        ("coupon_batch", "hours VARCHAR(11) NOT NULL DEFAULT ''"),
        ("coupon_batch", "start_seconds INTEGER NOT NULL DEFAULT 0"),
        ("coupon_batch", "total_limit INTEGER"),
        ("coupon_batch", "cost_fen INTEGER"),
        ("coupon_batch", f"budget_fen {whole}"),
        ("coupon_batch", "low_permille INTEGER NOT NULL DEFAULT 100"),
        ("coupon_batch", "low_count INTEGER NOT NULL DEFAULT 0"),
        ("coupon_batch", f"withdrawn_at {whole}"),
        ("coupon_batch", "withdrawn_why VARCHAR(64) NOT NULL DEFAULT ''"),
        ("coupon_code", "void_why VARCHAR(64)"),
        ("coupon_code", f"held_at {whole}"),
        ("coupon_code", "held_why VARCHAR(32)"),
        ("coupon_code", "claimed_from VARCHAR(16)"),
    ]
