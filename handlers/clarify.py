"""What was meant: asked where the model is not sure, and what is said in answer."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.nlp.normalise import bare, core, normalise, words
from bot.store import dialogues, events
from bot.talk.intents import Intent
from bot.values.inbound import TextMessage
from bot.values.replies import MenuOption, MenuReply, Reply, TextReply
from handlers.intents import answered, verdict
from handlers.router import router

ASKED = "clarify"
# The ids of the choices: "i:" and the intent, "i:" alone for neither.
_CHOICE = "i:"


_YES = words("是 是的 对 对的 对对 嗯 恩 没错 就是 好 好的 可以 要 yes ok y")
_NO = words("不是 都不是 不对 不 否 没有 都不对 两个都不是 都不 不是这个 算了 no n")
_FIRST = words("1 一 第一 第一个 第1个 前者 前面 前面那个 上面那个")
_SECOND = words("2 二 第二 第二个 第2个 后者 后面 后面那个 下面那个")


@router.text(step="dialogue")
def chosen(message: TextMessage, ctx: Context) -> Handled | Passed | None:
    """What was meant: a tap, a number, the name of one. Anything else passes."""
    slug = _tapped(message) if message.menu_id else _said(message, ctx)
    if slug is None:
        return None
    if ctx.follower.owner(ctx.now):
        return Passed("a person has the chat")
    about = _about(ctx)
    dialogues.end(ctx.follower.id, ASKED)
    if not slug:
        return Handled(
            TextReply(t("clarify.sorry", ctx.lang)), "clarify.neither", "neither of both"
        )
    intent = ctx.services.talk_of(ctx.account.id).intents.get(slug)
    if intent is None:
        return Handled(
            TextReply(t("fallback.default", ctx.lang)), "clarify.gone", f"{slug} is gone"
        )
    _keep(ctx, slug, about)
    return answered(intent, f"chose {slug}", message, ctx)


def ask(message: TextMessage, ctx: Context) -> Handled | Passed:
    """Did you mean this or that: the two likeliest, to tap or to name."""
    found = verdict(message, ctx)
    if not found.choices:
        return Passed(found.why)
    asked = dialogues.current(ctx.follower.id, ctx.now)
    if asked is None or asked.name in (ASKED, "onboarding"):  # a form stays open; taps still work
        waits = ctx.services.talk_of(ctx.account.id).clarify.waits
        state = {"choices": [intent.slug for intent in found.choices], "event": ctx.event_id}
        dialogues.begin(ctx.follower.id, ASKED, ctx.now + waits, state)
    return Handled(_question(found.choices, ctx), "clarify.ask", found.why)


def _question(choices: tuple[Intent, ...], ctx: Context) -> Reply:
    options = [MenuOption(_CHOICE + one.slug, _title(one, ctx.lang)) for one in choices]
    options.append(MenuOption(_CHOICE, t("clarify.neither", ctx.lang)))
    return MenuReply(t("clarify.ask", ctx.lang), tuple(options))


def _title(intent: Intent, lang: str) -> str:
    return intent.english if lang != "zh" and intent.english else intent.title


def _tapped(message: TextMessage) -> str | None:
    """The intent of a tapped choice, however old the question is; "" for neither."""
    if not message.menu_id.startswith(_CHOICE):
        return None
    return message.menu_id.removeprefix(_CHOICE)


def _said(message: TextMessage, ctx: Context) -> str | None:
    """The intent that the words choose while the question is open; "" for neither."""
    plain = bare(normalise(message.text))
    forms = {plain, core(plain)}
    if not forms & (_YES | _NO | _FIRST | _SECOND) and len(plain) > 20:
        return None
    asked = dialogues.current(ctx.follower.id, ctx.now)
    if asked is None or asked.name != ASKED:
        return None
    return _of_words(forms, list(asked.state["choices"]), ctx)


def _of_words(forms: set[str], choices: list[str], ctx: Context) -> str | None:
    intents = ctx.services.talk_of(ctx.account.id).intents
    for slug in choices:
        names = (intents[slug].title, intents[slug].english) if slug in intents else ()
        if forms & {bare(normalise(name)) for name in names if name}:
            return slug
    if forms & _NO or "3" in forms:
        return ""
    if forms & _FIRST or (forms & _YES and len(choices) == 1):
        return choices[0]
    if forms & _SECOND:
        return choices[1] if len(choices) > 1 else ""
    return None


def _about(ctx: Context) -> int | None:
    """The message that the question was about."""
    asked = dialogues.latest(ctx.follower.id)
    return asked.state.get("event") if asked is not None and asked.name == ASKED else None


def _keep(ctx: Context, slug: str, about: int | None) -> None:
    """What was meant by what was said: the best example there is, kept for who reviews them."""
    events.append(
        ctx.account.id,
        ctx.follower.id,
        "clarified",
        at=ctx.now,
        received_at=ctx.now,
        source="handler",
        key=f"clarified:{ctx.event_id}",
        facts={"intent": slug, **({"event": about} if about else {})},
    )
