"""Followers on the blacklist, and those who refuse marketing, by number: few of an account."""

from peewee import MySQLDatabase

INDEXES = {
    "follower_blacklisted": ("account_id, blacklisted, id", "blacklisted = TRUE"),
    "follower_opted_out": ("account_id, id, opted_out_at", "opted_out_at IS NOT NULL"),
}


def up(migrator, db):
    there = _there(db)
    for name, (columns, where) in INDEXES.items():
        if name not in there:
            db.execute_sql(f"CREATE INDEX {name} ON follower ({columns}) WHERE {where}")


def down(migrator, db):
    end = " ON follower" if isinstance(db, MySQLDatabase) else ""
    for name in set(INDEXES) & _there(db):
        db.execute_sql(f"DROP INDEX {name}{end}")


def _there(db):
    return {index.name for index in db.get_indexes("follower")}
