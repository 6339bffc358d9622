"""Pictures, places, links, files: nobody reads them here, so the thanks lead somewhere."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context
from bot.values.inbound import (
    FileMessage,
    ImageMessage,
    LinkMessage,
    LocationMessage,
    UnknownMessage,
    VideoMessage,
)
from bot.values.replies import Reply, TextReply
from handlers.router import router


@router.on(ImageMessage, VideoMessage)
def picture(message: ImageMessage | VideoMessage, ctx: Context) -> Reply:
    return TextReply(t("media.picture", ctx.lang))


@router.on(LocationMessage)
def place(message: LocationMessage, ctx: Context) -> Reply:
    return TextReply(t("media.place", ctx.lang))


@router.on(LinkMessage, FileMessage, UnknownMessage)
def document(message: LinkMessage | FileMessage | UnknownMessage, ctx: Context) -> Reply:
    return TextReply(t("media.document", ctx.lang))
