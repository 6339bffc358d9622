"""The menu: buttons that ask something, and those that only lead elsewhere."""

from __future__ import annotations

from bot.campaign.sending import once
from bot.campaign.sending.carry import offer_for
from bot.errors import InvalidInput, NotFound
from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.menus import keys
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
from handlers import answers, ruled
from handlers.gifts import content
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


# The keys that the house itself answers: bot.menus.keys.HOUSE. A new one gets a line in both.
BUTTONS = {
    "COUPON": answers.coupons,
    "MY_PROFILE": answers.profile,
    "HELP": answers.help_text,
    "MY_OFFER": waiting_offer,
}


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


def by_rule(ctx: Context, slug: str) -> Reply | Handled:
    """The answers of a rule; the help where it is gone, switched off, or not for them or now."""
    found = ruled.named(slug, ctx)
    if found is None:
        return answers.help_text(ctx)
    return Handled(ruled.reply_of(found, ctx), f"rules.{slug}"[:64], found.why)


NAMED = {keys.RULE: by_rule, keys.CONTENT: content, keys.ONCE: ask_once}


@router.on(MenuClick)
def click(message: MenuClick, ctx: Context) -> Reply | Handled:
    """What the button asks for; the help for a button of an older menu, which phones keep a day."""
    prefix, name = keys.parted(message.key)
    if prefix:
        return NAMED[prefix](ctx, name)
    return BUTTONS.get(message.key, answers.help_text)(ctx)


@router.on(MenuView, MenuMiniProgram, MenuScanCode, MenuPictures, MenuLocation)
def elsewhere(message: MenuView, ctx: Context) -> Reply:
    """The follower is on a page already: on record, nothing to say."""
    return NO_REPLY
