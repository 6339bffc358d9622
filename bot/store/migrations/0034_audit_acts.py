"""The audit log by what was done: the latest of one act is found without reading the others."""

from peewee import MySQLDatabase

NAME = "audit_entry_action_number"  # as peewee names the model's index


def up(migrator, db):
    if NAME not in _there(db):
        db.execute_sql(f"CREATE INDEX {NAME} ON audit_entry (action, number)")


def down(migrator, db):
    if NAME in _there(db):
        end = " ON audit_entry" if isinstance(db, MySQLDatabase) else ""
        db.execute_sql(f"DROP INDEX {NAME}{end}")


def _there(db):
    return {index.name for index in db.get_indexes("audit_entry")}
