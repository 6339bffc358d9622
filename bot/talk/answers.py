"""Answers as documents. Pure: bot.talk.choosing chooses among them, handlers.say does what they do.

Exactly one of

  {text: "…{name|您}…"}                 {image: media_id}            {voice: media_id}
  {video: media_id, title, description, thumb}                       {news: [{title, description,
  {music: thumb_media_id, title, description, url, hq_url}             url, picture_url}]}
  {menu: {head, options: [{say, id}], tail}}                         {miniprogram: {title, appid,
  {coupon: batch or "mine"}             {content: topic or interests}  pagepath, thumb}}
  {form: slug}                          {human: "" or agent}         {silent: true}

and with each: `lang` (zh, en) and `only` (the slug of a segment).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import InvalidInput
from bot.talk.filling import Filler, check, variables_in
from bot.talk.reading import Fields, refusal
from bot.values.replies import (
    NO_REPLY,
    Article,
    ImageReply,
    MenuOption,
    MenuReply,
    MiniProgramReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    VideoReply,
    VoiceReply,
)

KINDS = ("text", "image", "voice", "video", "music", "news", "menu", "miniprogram", "coupon",
         "content", "form", "human", "silent")  # fmt: skip
LANGUAGES = ("zh", "en")
MINE, INTERESTS = "mine", "interests"
MOST_BYTES = 2048
# A text that begins so is a draft and asks the marketer what to say: it cannot go live.
UNANSWERED = "【待填写】"
MOST_OPTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`reply`: what is said, variables not filled in yet, of the kinds that only say something.
    `name`: the batch, topic, form or agent of the kinds that do something."""

    kind: str
    reply: Reply = NO_REPLY
    name: str = ""
    lang: str = ""
    only: str = ""


# --- documents ----------------------------------------------------------------------------------


def read_answer(document: Any, known: Collection[str] = ()) -> Answer:
    """Raises InvalidInput that names the first bad field.

    known   variables that this answer gets besides the house's own, such as a form's slots
    """
    fields = Fields(document, "answer")
    given = [kind for kind in KINDS if kind in document]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise InvalidInput(f"answer: wants exactly one of {', '.join(KINDS)}; there is {found}")
    kind = given[0]
    reply, name = NO_REPLY, ""
    if kind in _REPLIES:
        reply = _REPLIES[kind](fields)
    elif kind == "silent":
        if fields.take("silent") is not True:
            raise refusal("silent", "wants true")
    elif kind == "human":
        name = fields.text("human", "")
    elif kind == "content":
        name = fields.text("content")
    else:
        name = fields.slug(kind)
    answer = Answer(
        kind=kind,
        reply=reply,
        name=name,
        lang=fields.one_of("lang", ("", *LANGUAGES), ""),
        only=fields.slug("only", ""),
    )
    fields.done()
    for field, text in _texts(reply):
        try:
            check(text, known)
        except InvalidInput as error:
            raise refusal(field, str(error)) from None
    return answer


def _text(fields: Fields) -> Reply:
    return TextReply(_said(fields, "text"))


def _said(fields: Fields, name: str, default: str | None = None) -> str:
    """A text that fits one message, and whose links are whole."""
    text = fields.text(name, default, longest=MOST_BYTES)
    if len(text.encode()) > MOST_BYTES:
        raise refusal(name, f"is longer than {MOST_BYTES} bytes, of which a 汉字 takes three")
    if text.count("<a ") != text.count("</a>"):
        raise refusal(name, "holds a link that is not closed: <a href=…>…</a>")
    return text


def _media(fields: Fields, name: str) -> str:
    return fields.text(name, longest=128)


def _url(fields: Fields, name: str) -> str:
    url = fields.text(name, "", longest=1024)
    if url and not url.startswith(("https://", "http://")):
        raise refusal(name, "wants an address that begins with https:// or http://")
    return url


def _video(fields: Fields) -> Reply:
    return VideoReply(
        _media(fields, "video"),
        fields.text("title", ""),
        fields.text("description", "", 512),
        fields.text("thumb", "", 128),
    )


def _music(fields: Fields) -> Reply:
    return MusicReply(
        _media(fields, "music"),
        fields.text("title", ""),
        fields.text("description", "", 512),
        _url(fields, "url"),
        _url(fields, "hq_url"),
    )


def _news(fields: Fields) -> Reply:
    return NewsReply(fields.each("news", _article, 8, least=1))


def _article(document: Any) -> Article:
    fields = Fields(document, "article")
    article = Article(
        fields.text("title"),
        fields.text("description", "", 512),
        _url(fields, "url"),
        _url(fields, "picture_url"),
    )
    fields.done()
    return article


def _menu(fields: Fields) -> Reply:
    inside = Fields(fields.take("menu"), "menu")
    menu = MenuReply(
        _said(inside, "head"),
        inside.each("options", _option, MOST_OPTIONS, least=1),
        inside.text("tail", "", 512),
    )
    inside.done()
    return menu


def _option(document: Any) -> MenuOption:
    fields = Fields(document, "option")
    option = MenuOption(fields.text("id", ""), fields.text("say", longest=40))
    fields.done()
    return option


def _mini_program(fields: Fields) -> Reply:
    inside = Fields(fields.take("miniprogram"), "miniprogram")
    card = MiniProgramReply(
        inside.text("title"),
        inside.text("appid"),
        inside.text("pagepath", longest=1024),
        inside.text("thumb", longest=128),
    )
    inside.done()
    return card


_REPLIES: dict[str, Callable[[Fields], Reply]] = {
    "text": _text,
    "image": lambda fields: ImageReply(_media(fields, "image")),
    "voice": lambda fields: VoiceReply(_media(fields, "voice")),
    "video": _video,
    "music": _music,
    "news": _news,
    "menu": _menu,
    "miniprogram": _mini_program,
}


def write_answer(answer: Answer) -> dict[str, Any]:
    """The document that `read_answer` turns into the same answer."""
    document = _written(answer.reply) or {answer.kind: answer.name}
    if answer.kind == "silent":
        document = {"silent": True}
    more = {"lang": answer.lang, "only": answer.only}
    return document | {name: value for name, value in more.items() if value}


def _written(reply: Reply) -> dict[str, Any]:
    match reply:
        case TextReply(text):
            return {"text": text}
        case ImageReply(media_id):
            return {"image": media_id}
        case VoiceReply(media_id):
            return {"voice": media_id}
        case VideoReply():
            return {"video": reply.media_id, "title": reply.title,
                    "description": reply.description, "thumb": reply.thumb_media_id}  # fmt: skip
        case MusicReply():
            return {"music": reply.thumb_media_id, "title": reply.title, "url": reply.url,
                    "description": reply.description, "hq_url": reply.hq_url}  # fmt: skip
        case NewsReply(articles):
            return {"news": [_written_article(one) for one in articles]}
        case MenuReply():
            options = [{"say": one.say, "id": one.id} for one in reply.options]
            return {"menu": {"head": reply.head, "options": options, "tail": reply.tail}}
        case MiniProgramReply():
            return {"miniprogram": {"title": reply.title, "appid": reply.appid,
                                    "pagepath": reply.pagepath,
                                    "thumb": reply.thumb_media_id}}  # fmt: skip
    return {}


def _written_article(article: Article) -> dict[str, str]:
    return {
        "title": article.title,
        "description": article.description,
        "url": article.url,
        "picture_url": article.picture_url,
    }


# --- variables ----------------------------------------------------------------------------------


def variables_of(answers: Iterable[Answer]) -> set[str]:
    """The names that these answers ask for."""
    return {name for one in answers for _, text in _texts(one.reply) for name in variables_in(text)}


def filled(reply: Reply, put: Filler) -> Reply:
    """The reply with its variables filled in: wherever people read, not in addresses and ids."""
    match reply:
        case TextReply(text):
            return TextReply(put(text))
        case MenuReply():
            options = tuple(
                MenuOption(one.id or f"m{n}", put(one.say)) for n, one in enumerate(reply.options)
            )
            return MenuReply(put(reply.head), options, put(reply.tail))
        case VideoReply() | MusicReply():
            return replace(reply, title=put(reply.title), description=put(reply.description))
        case NewsReply(articles):
            return NewsReply(
                tuple(
                    replace(one, title=put(one.title), description=put(one.description))
                    for one in articles
                )
            )
        case MiniProgramReply():
            return replace(reply, title=put(reply.title))
    return reply


def _texts(reply: Reply) -> list[tuple[str, str]]:
    """(field of the document, text) of whatever people read."""
    match reply:
        case TextReply(text):
            return [("text", text)]
        case MenuReply():
            says = [(f"menu.options[{n}].say", one.say) for n, one in enumerate(reply.options)]
            return [("menu.head", reply.head), *says, ("menu.tail", reply.tail)]
        case VideoReply() | MusicReply():
            return [("title", reply.title), ("description", reply.description)]
        case NewsReply(articles):
            return [
                (f"news[{n}].{name}", getattr(one, name))
                for n, one in enumerate(articles)
                for name in ("title", "description")
            ]
        case MiniProgramReply():
            return [("miniprogram.title", reply.title)]
    return []
