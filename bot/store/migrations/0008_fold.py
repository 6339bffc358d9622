"""Tags that end: `until_at`, and the index by which the refresh finds whose tag has ended."""

from peewee import MySQLDatabase, SqliteDatabase

INDEX = "follower_tag_ends"


def up(migrator, db):
    whole = "INTEGER" if isinstance(db, SqliteDatabase) else "BIGINT"
    if "until_at" not in {found.name for found in db.get_columns("follower_tag")}:
        db.execute_sql(f"ALTER TABLE follower_tag ADD COLUMN until_at {whole}")
    if INDEX not in {found.name for found in db.get_indexes("follower_tag")}:
        part = "" if isinstance(db, MySQLDatabase) else " WHERE until_at IS NOT NULL"
        db.execute_sql(f"CREATE INDEX {INDEX} ON follower_tag (tag, until_at){part}")


def down(migrator, db):
    db.execute_sql(
        f"DROP INDEX {INDEX}" + (" ON follower_tag" if isinstance(db, MySQLDatabase) else "")
    )
    db.execute_sql("ALTER TABLE follower_tag DROP COLUMN until_at")
