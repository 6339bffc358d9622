"""Followers of an account by their numbers, those who follow and those who left apart."""

from peewee import MySQLDatabase

NAME = "follower_listed"


def up(migrator, db):
    if not _has(db):
        db.execute_sql(f"CREATE INDEX {NAME} ON follower (account_id, subscribed, id)")


def down(migrator, db):
    if _has(db):
        end = " ON follower" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {NAME}{end}")


def _has(db):
    return NAME in {index.name for index in db.get_indexes("follower")}
