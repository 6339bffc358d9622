"""Standing campaigns of journeys, priority, forecasts; what a send carried and by what chance."""

from peewee import MySQLDatabase, SqliteDatabase

WORD = "VARCHAR({}) NOT NULL DEFAULT '{}'"


def up(migrator, db):
    real = "REAL" if isinstance(db, SqliteDatabase) else "DOUBLE PRECISION"
    _add(db, "campaign", "kind", WORD.format(8, "push"))
    _add(db, "campaign", "priority", "INTEGER NOT NULL DEFAULT 50")
    _add(db, "generation", "forecast", "LONGTEXT" if isinstance(db, MySQLDatabase) else "TEXT")
    _add(db, "send", "content", WORD.format(64, ""))
    _add(db, "send", "chance", real)


def down(migrator, db):
    for table, column in (
        ("send", "chance"),
        ("send", "content"),
        ("generation", "forecast"),
        ("campaign", "priority"),
        ("campaign", "kind"),
    ):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")


def _add(db, table, column, kind):
    if column not in {found.name for found in db.get_columns(table)}:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
