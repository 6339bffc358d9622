"""The first schema."""

from bot.store.models import TABLES


def up(migrator, db):
    db.create_tables(TABLES, safe=True)
