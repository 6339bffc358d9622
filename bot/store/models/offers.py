"""Coupon batches and their codes, tills, redemptions, and what the house is told of them."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
)

from bot.store.fields import InstantField, JSONText, SealedField
from bot.store.models.accounts import Account
from bot.store.models.base import Table
from bot.store.models.people import Follower


class CouponBatch(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(64)
    title = CharField(64)
    face_value_fen = IntegerField()
    threshold_fen = IntegerField(default=0)
    per_person = IntegerField(default=1)
    valid_from = InstantField(null=True)
    valid_until = InstantField(null=True)
    valid_seconds = IntegerField(null=True)  # from issue; the earlier of both ends counts
    topics = JSONText(default=list)
    created_at = InstantField()
    kind = CharField(8, default="cut")  # bot.values.coupons.Kind
    discount_permille = IntegerField(default=0)  # off: 200 is 八折
    max_discount_fen = IntegerField(null=True)
    exchange = CharField(64, default="")  # the thing that it is given for
    stack_group = CharField(32, default="")
    stacks_with = JSONText(default=list)  # slugs, groups, "*"; empty: with none
    shops = JSONText(default=list)  # empty: in all
    weekdays = JSONText(default=list)  # 1 Monday .. 7; empty: on all
    hours = CharField(11, default="")  # "10:00-14:00"; empty: at all
    start_seconds = IntegerField(default=0)  # from issue until it can be used
    total_limit = IntegerField(null=True)
    cost_fen = IntegerField(null=True)  # of one redemption; none: by kind
    budget_fen = BigIntegerField(null=True)
    low_permille = IntegerField(default=100)  # of all codes
    low_count = IntegerField(default=0)
    withdrawn_at = InstantField(null=True)
    withdrawn_why = CharField(64, default="")

    class Meta:
        indexes = ((("account", "slug"), True),)


class CouponCode(Table):
    id = BigAutoField()
    batch = ForeignKeyField(CouponBatch, on_delete="CASCADE", index=False)
    code_hash = CharField(32, unique=True)
    code = SealedField()
    state = CharField(10, default="available")  # available reserved issued redeemed expired void
    follower = ForeignKeyField(Follower, null=True, on_delete="SET NULL", index=False)
    purpose = CharField(64, null=True, unique=True)  # what reserved it: "send:12", "event:34"
    reserved_until = InstantField(null=True)
    issued_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    claimed_at = InstantField(null=True)  # the follower opened it by an own act
    redeemed_at = InstantField(null=True)
    order_number = CharField(64, null=True)
    amount_fen = IntegerField(null=True)
    reminded_at = InstantField(null=True)
    void_why = CharField(64, null=True)
    held_at = InstantField(null=True)  # by the radar, until a person has looked
    held_why = CharField(32, null=True)
    claimed_from = CharField(16, null=True)  # keyed hash of a public address

    class Meta:
        indexes = (
            (("batch", "state", "id"), False),
            (("follower", "batch", "state"), False),
            (("state", "expires_at"), False),
        )


# Who leaves "redeemed within 30 days" is found at the moved edge; most codes were never issued.
for _at in (CouponCode.issued_at, CouponCode.claimed_at, CouponCode.redeemed_at):
    CouponCode.add_index(_at, where=_at.is_null(False), name=f"coupon_code_{_at.name}")


class CouponTill(Table):
    """A link by which a shop's staff redeem; whoever has it can, until it ends or is revoked."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    shop = CharField(32)
    made_at = InstantField()
    until = InstantField()
    revoked_at = InstantField(null=True)
    held_at = InstantField(null=True)


class CouponBasket(Table):
    """An order that coupons were used for. Its row is the lock of who adds another."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    order_hash = CharField(32)
    basket_fen = BigIntegerField(null=True)

    class Meta:
        indexes = ((("account", "order_hash"), True),)


class CouponUse(Table):
    """A redemption, and whether it was taken back. Whose the code is, the code says."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    code = ForeignKeyField(CouponCode, on_delete="CASCADE")
    till_id = IntegerField(null=True)
    source = CharField(8)  # api till file cli pay
    shop = CharField(32, default="")
    order_hash = CharField(32, default="")
    basket_fen = BigIntegerField(null=True)
    discount_fen = BigIntegerField(default=0)
    at = InstantField()
    undone_at = InstantField(null=True)
    order_event_id = BigIntegerField(null=True)  # that the credit hangs on
    told = BooleanField(default=False)  # it was this use that told of the order

    class Meta:
        indexes = (
            (("account", "at"), False),
            (("account", "order_hash"), False),
        )


class CouponAttempt(Table):
    """A code that was refused because there is none such: a slip, or somebody guessing."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    till_id = IntegerField(null=True)
    source = CharField(8)
    outcome = CharField(16)
    at = InstantField()

    class Meta:
        indexes = ((("account", "at"), False),)


class CouponNotice(Table):
    """Something about coupons that somebody should look at: told once, until it is over."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    kind = CharField(24)  # low_stock, or a rule of the radar
    subject = CharField(64)  # a batch's slug, a till's number, a pseudonym
    open_key = CharField(96, null=True)  # while it lasts
    severity = CharField(8)
    at = InstantField()
    ended_at = InstantField(null=True)
    facts = JSONText(default=dict)

    class Meta:
        indexes = (
            (("account", "open_key"), True),
            (("account", "at"), False),
        )


class CouponRule(Table):
    """A rule of the radar as this account wants it."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    rule = CharField(24)
    most = IntegerField()
    within_seconds = IntegerField()
    hold = BooleanField(default=False)
    enabled = BooleanField(default=True)

    class Meta:
        indexes = ((("account", "rule"), True),)


class CouponStock(Table):
    """A batch whose coupons WeChat Pay gives out and takes."""

    id = AutoField()
    batch = ForeignKeyField(CouponBatch, unique=True, on_delete="CASCADE")
    stock_id = CharField(32, null=True, unique=True)
    state = CharField(12, default="asked")
    synced_at = InstantField(null=True)


class CouponRemote(Table):
    """WeChat Pay's coupon for a code of ours; asked for under the code's own number."""

    code = ForeignKeyField(CouponCode, primary_key=True, on_delete="CASCADE")
    remote_id = CharField(64, null=True, unique=True)
    state = CharField(12, default="asked")  # asked given refused
    error = CharField(32, default="")
    at = InstantField()
