"""Which of several offers each follower's send carries, and why."""

from peewee import BigAutoField, DatabaseProxy, ForeignKeyField, Model, TextField

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Follower(Table):
    id = BigAutoField()


class Send(Table):
    id = BigAutoField()


class SendMatch(Table):
    send = ForeignKeyField(Send, primary_key=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    told = TextField()


TABLES = (SendMatch,)


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
