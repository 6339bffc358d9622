"""Voice: recognised words go the way of texts."""

from __future__ import annotations

from dataclasses import replace

from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.values.inbound import TextMessage, VoiceMessage
from bot.values.replies import Reply, TextReply
from handlers.router import router


@router.on(VoiceMessage)
def listen(message: VoiceMessage, ctx: Context) -> Reply | Handled:
    """Answer what was said; without recognition say that we cannot hear."""
    said = message.recognition.strip()
    if not said:
        return TextReply(t("voice.unheard", ctx.lang))
    typed = TextMessage(
        account=message.account,
        openid=message.openid,
        sent_at=message.sent_at,
        msg_id=message.msg_id,
        raw=message.raw,
        text=said,
    )
    handled = router.dispatch(typed, ctx)
    return replace(handled, reason=f"voice, {handled.reason}")
