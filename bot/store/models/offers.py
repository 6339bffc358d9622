"""Coupon batches and their codes."""

from __future__ import annotations

from peewee import AutoField, BigAutoField, CharField, ForeignKeyField, IntegerField

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

    class Meta:
        indexes = (
            (("batch", "state", "id"), False),
            (("follower", "batch", "state"), False),
            (("state", "expires_at"), False),
        )


# Who leaves "redeemed within 30 days" is found at the moved edge; most codes were never issued.
for _at in (CouponCode.issued_at, CouponCode.claimed_at, CouponCode.redeemed_at):
    CouponCode.add_index(_at, where=_at.is_null(False), name=f"coupon_code_{_at.name}")
