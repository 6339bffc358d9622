"""Asked what there is: a piece of the house's library, with the reason."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.nlp.normalise import bare, core, normalise
from bot.talk.deciding import yields
from bot.values.inbound import TextMessage
from bot.values.replies import TextReply
from handlers import pieces
from handlers.router import router, understood, when

# As a whole text, polite words around it aside.
ASKED = (
    "推荐", "推荐一下", "推荐推荐", "有什么推荐", "有什么推荐的", "有啥推荐", "给我推荐", "求推荐",
    "有什么好看的", "有啥好看的", "有什么适合我的", "适合我的", "有没有适合我的", "看看推荐",
    "recommend", "recommend something", "anything for me", "what do you recommend",
)  # fmt: skip


_ASKED = frozenset(core(bare(normalise(one))) for one in ASKED)


def _asks(message: TextMessage, _ctx: Context) -> bool:
    return core(bare(normalise(message.text))) in _ASKED


@router.text(when("asks what there is", _asks), step="commands")
def recommend(message: TextMessage, ctx: Context) -> Handled | Passed:
    """A piece for who asks for one, where no intent of the shop's own answers instead."""
    talk = ctx.services.talk_of(ctx.account.id)
    why = yields(understood(message, ctx), talk.intents, talk.clarify)
    if why:
        return Passed(why)
    found = pieces.chosen(ctx)
    if found is None:
        return Handled(TextReply(t("recommend.none", ctx.lang)), "recommend", "no piece is left")
    return Handled(TextReply(pieces.said(found, ctx)), "recommend", f"piece {found.piece.slug}")
