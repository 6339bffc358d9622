"""The first schema: a frozen copy of bot.store.models as it was then. Never edited again."""

from peewee import (
    SQL,
    AutoField,
    BigAutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    DatabaseProxy,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

frozen = DatabaseProxy()


class Table(Model):
    class Meta:
        database = frozen
        legacy_table_names = False


class Account(Table):
    id = AutoField()
    slug = CharField(32, unique=True)
    appid = CharField(32, unique=True)
    original_id = CharField(32, default="")
    kind = CharField(16, default="service")
    appsecret = BlobField(null=True)
    token = BlobField(null=True)
    aes_key = BlobField(null=True)
    previous_aes_key = BlobField(null=True)
    timezone = CharField(40, default="Asia/Shanghai")
    created_at = BigIntegerField()


class AccessToken(Table):
    appid = CharField(32, primary_key=True)
    token = BlobField(null=True)
    expires_at = BigIntegerField(default=0)
    version = IntegerField(default=0)
    failures = IntegerField(default=0)
    failed_at = BigIntegerField(null=True)
    failure = TextField(default="")


class Quota(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    api = CharField(64)
    period = CharField(10)
    used = IntegerField(default=0)
    limit = IntegerField()
    source = CharField(16, default="documented")

    class Meta:
        indexes = ((("account", "api", "period"), True),)


class Follower(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    openid_hash = CharField(32)
    openid = BlobField(null=True)
    unionid_hash = CharField(32, null=True, index=True)
    unionid = BlobField(null=True)
    subscribed = BooleanField(default=False)
    subscribed_at = BigIntegerField(null=True)
    unsubscribed_at = BigIntegerField(null=True)
    source_scene = CharField(64, default="")
    language = CharField(8, default="zh")
    marketing_consent = BooleanField(default=True)
    personalised = BooleanField(default=True)
    opted_out_at = BigIntegerField(null=True)
    blacklisted = BooleanField(default=False)
    erased_at = BigIntegerField(null=True)
    stage = CharField(16, default="new")
    last_inbound_at = BigIntegerField(null=True)
    window_kind = CharField(16, default="")
    window_until = BigIntegerField(null=True)
    window_left = IntegerField(default=0)
    busy_event = BigIntegerField(null=True)
    busy_until = BigIntegerField(null=True)
    created_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "openid_hash"), True),)


class Event(Table):
    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE", index=False)
    kind = CharField(32)
    at = BigIntegerField()
    received_at = BigIntegerField()
    source = CharField(16)
    dedupe = CharField(32, unique=True)
    facts = TextField(default=dict)
    sealed = BlobField(null=True)
    folded = BooleanField(default=False)

    class Meta:
        indexes = ((("follower", "kind", "at"), False), (("kind", "at"), False))


Event.add_index(Event.id, where=Event.folded == SQL("FALSE"), name="event_unfolded")


class Inbox(Table):
    event = ForeignKeyField(Event, primary_key=True, on_delete="CASCADE")
    state = CharField(8)
    lease_until = BigIntegerField(null=True)
    attempts = IntegerField(default=0)
    handler = CharField(64, default="")
    reply = BlobField(null=True)
    answer = CharField(8, default="")
    repeats = IntegerField(default=0)
    handled_ms = IntegerField(null=True)
    error = TextField(default="")
    reason = TextField(default="")


Inbox.add_index(
    Inbox.event,
    where=Inbox.state.in_(("open", "failed")) | Inbox.answer.in_(("late", "sending")),
    name="inbox_unfinished",
)


class Dialogue(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    name = CharField(32)
    state = TextField(default=dict)
    expires_at = BigIntegerField()


class Profile(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    state = TextField(default=dict)
    version = IntegerField(default=0)
    first_seen_at = BigIntegerField(null=True, index=True)
    last_seen_at = BigIntegerField(null=True, index=True)
    messages = IntegerField(default=0)
    orders = IntegerField(default=0)
    redeemed = IntegerField(default=0)
    spent_fen = BigIntegerField(default=0)
    folded_at = BigIntegerField(null=True)


class FollowerAttribute(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    name = CharField(32)
    text = CharField(190, default="")
    number = DoubleField(null=True)

    class Meta:
        indexes = ((("follower", "name"), True), (("name", "text"), False))
        primary_key = False


class FollowerTag(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    tag = CharField(64)
    weight = DoubleField(default=1.0)
    source = CharField(16, default="rule")
    since = BigIntegerField()

    class Meta:
        indexes = ((("follower", "tag"), True), (("tag", "follower"), False))
        primary_key = False


class FollowerInterest(Table):
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    topic = CharField(32)
    level = DoubleField()

    class Meta:
        indexes = ((("follower", "topic"), True), (("topic", "level"), False))
        primary_key = False


class Segment(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    name = CharField(64)
    rule = TextField()
    version = IntegerField(default=1)
    size = IntegerField(default=0)
    built_version = IntegerField(default=0)
    defined_at = BigIntegerField(null=True)
    refreshed_at = BigIntegerField(null=True)
    refresh_ms = IntegerField(null=True)
    error = TextField(default="")

    class Meta:
        indexes = ((("account", "slug"), True),)


class SegmentMember(Table):
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    since = BigIntegerField()

    class Meta:
        indexes = ((("segment", "follower"), True),)
        primary_key = False


class SegmentChange(Table):
    id = BigAutoField()
    segment = ForeignKeyField(Segment, on_delete="CASCADE", index=False)
    follower = ForeignKeyField(Follower, on_delete="CASCADE")
    at = BigIntegerField()
    entered = BooleanField()
    reason = TextField(default=dict)

    class Meta:
        indexes = ((("segment", "at"), False),)


class SegmentDirty(Table):
    follower = ForeignKeyField(Follower, primary_key=True, on_delete="CASCADE")
    version = IntegerField(default=0)


class CouponBatch(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    title = CharField(64)
    face_value_fen = IntegerField()
    threshold_fen = IntegerField(default=0)
    per_person = IntegerField(default=1)
    valid_from = BigIntegerField(null=True)
    valid_until = BigIntegerField(null=True)
    valid_seconds = IntegerField(null=True)
    topics = TextField(default=list)
    created_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class CouponCode(Table):
    id = BigAutoField()
    batch = ForeignKeyField(CouponBatch, on_delete="CASCADE", index=False)
    code_hash = CharField(32, unique=True)
    code = BlobField()
    state = CharField(10, default="available")
    follower = ForeignKeyField(Follower, null=True, on_delete="SET NULL", index=False)
    purpose = CharField(64, null=True, unique=True)
    reserved_until = BigIntegerField(null=True)
    issued_at = BigIntegerField(null=True)
    expires_at = BigIntegerField(null=True)
    claimed_at = BigIntegerField(null=True)
    redeemed_at = BigIntegerField(null=True)
    order_number = CharField(64, null=True)
    amount_fen = IntegerField(null=True)
    reminded_at = BigIntegerField(null=True)

    class Meta:
        indexes = (
            (("batch", "state", "id"), False),
            (("follower", "batch", "state"), False),
            (("state", "expires_at"), False),
        )


class Campaign(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    name = CharField(64)
    state = CharField(10, default="draft")
    definition = TextField()
    generation = IntegerField(default=0)
    due_at = BigIntegerField(null=True)
    error = TextField(default="")
    created_at = BigIntegerField()
    updated_at = BigIntegerField()

    class Meta:
        indexes = ((("account", "slug"), True), (("state", "due_at"), False))


class Generation(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    number = IntegerField()
    definition = TextField()
    started_at = BigIntegerField()
    cursor = BigIntegerField(default=0)
    upper = BigIntegerField(default=0)
    audience = IntegerField(default=0)
    planned_at = BigIntegerField(null=True)
    sent_at = BigIntegerField(null=True)
    closed_at = BigIntegerField(null=True)
    closing = TextField(null=True)

    class Meta:
        indexes = ((("campaign", "number"), True),)


class Send(Table):
    id = BigAutoField()
    campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
    generation = IntegerField(default=1)
    step = CharField(16, default="offer")
    follower = ForeignKeyField(Follower, on_delete="CASCADE", index=False)
    state = CharField(8, default="intended")
    purpose = CharField(10, default="marketing")
    variant = CharField(16, default="")
    channel = CharField(20, default="")
    skip = CharField(20, default="")
    batch = ForeignKeyField(CouponBatch, null=True, on_delete="SET NULL", index=False)
    coupon_code = BigIntegerField(null=True)
    subject = CharField(64, default="")
    client_id = CharField(64, default="")
    msgid = CharField(32, default="")
    planned_at = BigIntegerField()
    not_before = BigIntegerField(default=0)
    claimed_at = BigIntegerField(null=True)
    first_claimed_at = BigIntegerField(null=True)
    claimed_by = CharField(40, default="")
    lease_until = BigIntegerField(null=True)
    attempts = IntegerField(default=0)
    sent_at = BigIntegerField(null=True)
    delivered_at = BigIntegerField(null=True)
    settled_at = BigIntegerField(null=True)
    errcode = IntegerField(null=True)
    error = CharField(190, default="")
    reasons = TextField(default=dict)

    class Meta:
        indexes = (
            (("campaign", "generation", "step", "follower"), True),
            (("campaign", "state", "not_before", "id"), False),
            (("follower", "sent_at"), False),
            (("state", "lease_until"), False),
            (("msgid",), False),
        )


class Link(Table):
    id = AutoField()
    campaign = ForeignKeyField(Campaign, null=True, on_delete="CASCADE", index=False)
    url = TextField()
    url_hash = CharField(32)
    created_at = BigIntegerField()

    class Meta:
        indexes = ((("campaign", "url_hash"), True),)


class Click(Table):
    id = BigAutoField()
    link = ForeignKeyField(Link, on_delete="CASCADE", index=False)
    send = ForeignKeyField(Send, null=True, on_delete="CASCADE")
    follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE", index=False)
    at = BigIntegerField()
    automatic = BooleanField(default=False)
    why = CharField(32, default="")
    address = CharField(16, default="")

    class Meta:
        indexes = ((("link", "follower", "at"), False), (("address", "at"), False))


class Conversion(Table):
    id = BigAutoField()
    send = ForeignKeyField(Send, on_delete="CASCADE")
    event = ForeignKeyField(Event, unique=True, on_delete="CASCADE")
    at = BigIntegerField()
    amount_fen = IntegerField(default=0)


class Secret(Table):
    name = CharField(32, primary_key=True)
    value = BlobField()


class ApiKey(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    name = CharField(64)
    key_hash = CharField(64, unique=True)
    created_at = BigIntegerField()
    revoked_at = BigIntegerField(null=True)


class Lease(Table):
    name = CharField(64, primary_key=True)
    owner = CharField(64)
    fence = IntegerField(default=1)
    until = BigIntegerField()


class JobRun(Table):
    id = BigAutoField()
    job = CharField(32)
    slot = BigIntegerField()
    started_at = BigIntegerField()
    ended_at = BigIntegerField(null=True)
    outcome = CharField(10, default="running")
    done = IntegerField(default=0)
    error = TextField(default="")
    owner = CharField(64, default="")

    class Meta:
        indexes = ((("job", "slot"), True),)


class Erasure(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    at = BigIntegerField()
    cause = CharField(32)
    certificate = CharField(32, unique=True)
    removed = TextField(default=dict)


class Suppression(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    openid_hash = CharField(32)
    at = BigIntegerField()

    class Meta:
        indexes = ((("account", "openid_hash"), True),)


TABLES = tuple(Table.__subclasses__())


def up(migrator, db):
    frozen.initialize(db)
    db.create_tables(TABLES, safe=True)


def down(migrator, db):
    frozen.initialize(db)
    db.drop_tables(TABLES, safe=True)
