"""The menu: buttons that ask something, and those that only lead elsewhere."""

from __future__ import annotations

from bot.inbox.context import Context
from bot.values.inbound import (
    MenuClick,
    MenuLocation,
    MenuMiniProgram,
    MenuPictures,
    MenuScanCode,
    MenuView,
)
from bot.values.replies import NO_REPLY, Reply
from handlers import answers
from handlers.router import router

# The EventKeys of our buttons. A new button gets a line here.
BUTTONS = {
    "COUPON": answers.coupons,
    "MY_PROFILE": answers.profile,
    "HELP": answers.help_text,
}


@router.on(MenuClick)
def click(message: MenuClick, ctx: Context) -> Reply:
    """What the button asks for; the help for a button of an older menu, which phones keep a day."""
    return BUTTONS.get(message.key, answers.help_text)(ctx)


@router.on(MenuView, MenuMiniProgram, MenuScanCode, MenuPictures, MenuLocation)
def elsewhere(message: MenuView, ctx: Context) -> Reply:
    """The follower is on a page already: on record, nothing to say."""
    return NO_REPLY
