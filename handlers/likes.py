"""What a follower likes, tapped where the house's topics were shown, as below 我的资料."""

from __future__ import annotations

from bot.clock import to_ms
from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.talk import dialogue
from bot.talk.form import Form
from bot.talk.forms import PREFERENCE
from bot.talk.turns import State
from bot.talk.wording import MOST_TAPS
from bot.values.inbound import TextMessage
from bot.values.replies import MenuOption, MenuReply, Reply, TextReply
from handlers.form_state import name_of, talk_of, tap_id
from handlers.form_turns import around_of, done
from handlers.router import router, understood


@router.text(step="dialogue")
def picked(message: TextMessage, ctx: Context) -> Handled | None:
    """A topic is tapped while nothing asks for it: it is one more that they like."""
    form = _form(ctx)
    if form is None or message.menu_id != tap_id(_fresh(form, ctx)) or ctx.follower.owner(ctx.now):
        return None
    said = understood(message, ctx)
    chosen = dialogue.values_of(form, _fresh(form, ctx), said, around_of(ctx, None))
    if not chosen.get("topics"):
        return None
    return Handled(done(ctx, form, chosen, said), name_of(form), "a topic was tapped")


def with_topics(reply: Reply, ctx: Context) -> Reply:
    """The text, and below it the house's topics to tap, for whom recommendations reach."""
    form = _form(ctx)
    slot = form.slot("topics") if form is not None else None
    refused = ctx.follower.opted_out_at is not None
    if form is None or slot is None or refused or not isinstance(reply, TextReply):
        return reply
    tap = tap_id(_fresh(form, ctx))
    options = tuple(MenuOption(tap, names[0]) for names in slot.choices[:MOST_TAPS])
    return MenuReply(f"{reply.text}\n\n{t('profile.likes', ctx.lang)}", options)


def _form(ctx: Context) -> Form | None:
    forms = talk_of(ctx).forms.values()
    return next((one for one in forms if one.event == PREFERENCE), None)


def _fresh(form: Form, ctx: Context) -> State:
    return State(form=form.slug, until=to_ms(ctx.now), open="topics")
