"""A follower scanned one of our QR codes."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context
from bot.profile import lifecycle
from bot.values.inbound import Scan
from bot.values.replies import Reply, TextReply
from handlers.router import router


@router.on(Scan)
def scanned(message: Scan, ctx: Context) -> Reply:
    """The scene becomes a tag; the scanner is told what can be done here."""
    lifecycle.scanned(
        ctx.account.id, ctx.follower.id, message.scene, ctx.event_id, message.sent_at, ctx.now
    )
    return TextReply(t("scan.seen", ctx.lang))
