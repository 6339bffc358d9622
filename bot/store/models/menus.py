"""The account's menus as they are edited and as they went out, and its parametric QR codes."""

from __future__ import annotations

from peewee import AutoField, BigAutoField, BooleanField, CharField, ForeignKeyField, IntegerField

from bot.store.fields import InstantField, JSONText
from bot.store.models.accounts import Account
from bot.store.models.base import Table


class Menu(Table):
    """A menu as it is edited: `default`, or one for a tag or a kind of phone (个性化菜单)."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    slug = CharField(32)
    title = CharField(64)
    rule = JSONText(default=dict)  # whom it is for, as the platform's matchrule; {} for everybody
    buttons = JSONText(default=list)  # in the platform's own form
    edit = IntegerField(default=1)  # grows with every change: nobody's is written over unseen
    live = IntegerField(default=0)  # the version that followers see; 0 for none
    updated_at = InstantField()

    class Meta:
        indexes = ((("account", "slug"), True),)


class MenuVersion(Table):
    """A menu as it was sent to the platform. `state`: asked, done, refused, unknown."""

    id = AutoField()
    menu = ForeignKeyField(Menu, on_delete="CASCADE", index=False)
    number = IntegerField()
    rule = JSONText(default=dict)
    buttons = JSONText(default=list)
    state = CharField(8)
    errcode = IntegerField(null=True)
    menuid = CharField(32, default="")  # the platform's, of a conditional one
    actor = CharField(64)
    at = InstantField()

    class Meta:
        indexes = ((("menu", "number"), True),)


class QrCode(Table):
    """A QR code of the account with a source of its own 渠道码. `ticket` "": not made yet."""

    id = BigAutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    scene = CharField(64)  # scene_str: what its scans are known by
    name = CharField(64)
    note = CharField(190, default="")
    lasting = BooleanField()  # permanent: one of the account's 100,000, for good
    ticket = CharField(190, default="")
    url = CharField(190, default="")  # what the picture says
    until = InstantField(null=True)  # of a temporary one
    made_at = InstantField(null=True)
    actor = CharField(64)
    created_at = InstantField()
    archived_at = InstantField(null=True)

    class Meta:
        indexes = ((("account", "scene"), True),)
