"""What the house asks of every campaign's guardrails, and the count of changes."""

NUMBERS = ("per_day", "per_week", "per_month", "rest_after", "rest_days", "same_topic_days")
TABLE = "campaign_rule"
ADDED = {
    **dict.fromkeys(NUMBERS, "INTEGER"),
    "quiet_from": "VARCHAR(5) NOT NULL DEFAULT ''",
    "quiet_to": "VARCHAR(5) NOT NULL DEFAULT ''",
    "version": "INTEGER NOT NULL DEFAULT 0",
}


def up(migrator, db):
    there = _columns(db)
    for name, kind in ADDED.items():
        if name not in there:
            db.execute_sql(f"ALTER TABLE {TABLE} ADD COLUMN {name} {kind}")


def down(migrator, db):
    there = _columns(db)
    for name in ADDED:
        if name in there:
            db.execute_sql(f"ALTER TABLE {TABLE} DROP COLUMN {name}")


def _columns(db):
    return {column.name for column in db.get_columns(TABLE)}
