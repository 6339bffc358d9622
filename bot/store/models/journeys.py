"""Journeys, and who stands where in them."""

from __future__ import annotations

from peewee import (
    SQL,
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class Journey(Table):
    """`version`: the latest, by which people enter. Dates have been entered for days up to
    `dated_on`; on that day followers up to the id `dated_after`, None: all of them."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    name = CharField(64)
    state = CharField(8, default="draft")  # draft running paused stopped
    version = IntegerField(default=0)
    started_at = InstantField(null=True)
    dated_on = CharField(10, default="")
    dated_after = BigIntegerField(null=True)
    error = CharField(190, default="")
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class JourneyVersion(Table):
    """A definition as somebody wrote it, kept for ever.

    actions  id of a sending step -> slug of its standing campaign; an unchanged one is shared
    policy   what becomes of those who are on the way when it comes: keep, move, stop
    """

    id = AutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    number = IntegerField()
    definition = JSONText()
    actions = JSONText(default=dict)
    policy = CharField(4, default="keep")
    settled = BooleanField(default=False)  # the policy has been done for everybody
    author = CharField(64, default="")
    at = InstantField()

    class Meta:
        indexes = ((("journey", "number"), True),)


class JourneyDraft(Table):
    """A definition as it is being changed on the canvas: a row for each change, the latest counts
    and the ones before it are for going back. It may not be whole yet.

    based_on  the version that was the latest when the first change was made
    """

    id = AutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    number = IntegerField()
    based_on = IntegerField()
    document = TextField()  # JSON, its fields in the order of their writing
    author = CharField(64)
    at = InstantField()

    class Meta:
        indexes = ((("journey", "number"), True),)


class JourneyRun(Table):
    """One follower's way through a journey: at `step` since `since`, on again at `wake_at`.

    outcome  "" on the way; finished, converted, or why he left
    heeds    events of this follower may still change the row: he is on the way, or may still reach
             the goal (until `goal_until`)
    """

    id = BigAutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    entry = IntegerField()
    version = IntegerField()
    step = CharField(16)
    since = InstantField()
    wake_at = InstantField(null=True)  # null: nobody wakes him any more
    held_out = BooleanField(default=False)
    heeds = BooleanField(default=True)
    entered_by = CharField(16)  # subscribe, scan, event, segment, date, manual, journey
    outcome = CharField(16, default="")
    trace = JSONText(default=list)  # [[step, ms, way], ...]; bot.journey.advance
    entered_at = InstantField()
    ended_at = InstantField(null=True)
    goal_until = InstantField()
    converted_at = InstantField(null=True)

    class Meta:
        indexes = (
            (("journey", "follower", "entry"), True),
            (("journey", "entered_at"), False),
        )


# Who is due; as small as the number of people on the way.
JourneyRun.add_index(
    JourneyRun.journey,
    JourneyRun.wake_at,
    where=JourneyRun.wake_at.is_null(False),
    name="journey_run_due",
)
# Whom an event is about.
JourneyRun.add_index(
    JourneyRun.follower, where=(JourneyRun.heeds == SQL("TRUE")), name="journey_run_heeds"
)


class JourneyPassed(Table):
    """How many people took which way out of a step, held-out ones apart."""

    id = BigAutoField()
    journey = ForeignKeyField(Journey, on_delete="CASCADE", index=False)
    version = IntegerField()
    step = CharField(16)
    way = CharField(24)
    held_out = BooleanField()
    people = BigIntegerField(default=0)

    class Meta:
        indexes = ((("journey", "version", "step", "way", "held_out"), True),)


class JourneyCall(Table):
    """A webhook that is to be called: written with the step, called until it is answered."""

    id = BigAutoField()
    run = ForeignKeyField(JourneyRun, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    step = CharField(16)
    url = CharField(500)
    body = JSONText()
    state = CharField(8, default="waiting")  # waiting, done, failed
    attempts = IntegerField(default=0)
    next_at = InstantField(null=True)  # null: never again
    status = IntegerField(null=True)  # of the last answer
    error = CharField(64, default="")
    at = InstantField()

    class Meta:
        indexes = ((("run", "step"), True), (("next_at",), False))


class JourneyCursor(Table):
    """How far the event log has been read for journeys.

    gaps  [[from id, to id, noticed at ms], ...]: ids passed over that may yet be committed
    """

    name = CharField(16, primary_key=True)
    event_id = BigIntegerField(default=0)
    gaps = JSONText(default=list)
