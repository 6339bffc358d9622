"""The menu: buttons that ask something, and those that only lead elsewhere."""

from __future__ import annotations

from bot.campaign import once
from bot.campaign.carry import offer_for
from bot.errors import InvalidInput, NotFound
from bot.i18n import t
from bot.inbox.context import Context
from bot.values.audience import Channel
from bot.values.inbound import (
    MenuClick,
    MenuLocation,
    MenuMiniProgram,
    MenuPictures,
    MenuScanCode,
    MenuView,
)
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers import answers
from handlers.router import router


def waiting_offer(ctx: Context) -> Reply:
    """The best offer that waits for them in a campaign that lists the channel menu."""
    offer = offer_for(
        ctx.account.id,
        ctx.follower.id,
        ctx.event_id,
        Channel.MENU,
        ctx.services.settings.public,
        ctx.now,
    )
    return TextReply(offer or t("menu.no_offer", ctx.lang))


# The EventKeys of our buttons. A new button gets a line here.
BUTTONS = {
    "COUPON": answers.coupons,
    "MY_PROFILE": answers.profile,
    "HELP": answers.help_text,
    "MY_OFFER": waiting_offer,
}


# A button with the key ONCE:<slug of a campaign> asks for leave to send one message (一次性订阅).
ONCE = "ONCE:"


def ask_once(ctx: Context, campaign: str) -> Reply:
    """The link to the platform's page; the help where the campaign does not ask for that."""
    settings = ctx.services.settings
    try:
        url = once.ask_url(
            ctx.account.id,
            ctx.follower.id,
            campaign,
            settings.public,
            settings.wechat_api_url,
            ctx.now,
        )
    except (NotFound, InvalidInput):
        return answers.help_text(ctx)
    return TextReply(t("once.ask", ctx.lang, url=url))


@router.on(MenuClick)
def click(message: MenuClick, ctx: Context) -> Reply:
    """What the button asks for; the help for a button of an older menu, which phones keep a day."""
    if message.key.startswith(ONCE):
        return ask_once(ctx, message.key.removeprefix(ONCE))
    return BUTTONS.get(message.key, answers.help_text)(ctx)


@router.on(MenuView, MenuMiniProgram, MenuScanCode, MenuPictures, MenuLocation)
def elsewhere(message: MenuView, ctx: Context) -> Reply:
    """The follower is on a page already: on record, nothing to say."""
    return NO_REPLY
