"""Replies as the platform wants them: XML at once, or the same as a customer-service message later.

Platform rules: a reply goes back with sender and receiver exchanged; `success` says that there is
none, while an XML reply without content is shown to the user as a fault; text is shown up to 2,048
bytes of UTF-8; a message is answered by one article, an event by up to eight, and one too many
delivers nothing; customer-service messages know one article and no transfer to an agent. Choices
to tap are a message of their own there (msgmenu), and links in a text here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.values.replies import (
    ONLY_LATER,
    Article,
    ImageReply,
    MenuReply,
    MiniProgramReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)
from bot.wechat.markup import cdata, clean

SUCCESS = "success"
MAX_TEXT_BYTES = 2048
_ANGLES = str.maketrans("<>", "＜＞")


def shown_text(text: str) -> str:
    """What can be shown of `text`: no control characters, at most 2,048 bytes of whole characters,
    and no link cut in two. "" when nothing is left to see."""
    text = clean(text)
    text = _within(text, MAX_TEXT_BYTES)
    return text if text.strip() else ""


def can_be_passive(reply: Reply) -> bool:
    """Whether the HTTP answer can carry it at all."""
    return not isinstance(reply, ONLY_LATER)


def render(
    reply: Reply, openid: str, account: str, now: datetime, *, to_message: bool = True
) -> str:
    """The reply's XML, or `success` where there is nothing to say.

    to_message  the push was a message, not an event: of several articles only the first is sent
    """
    content = _content(reply, 1 if to_message else 8)
    if not content or not openid:
        return SUCCESS
    return (
        f"<xml><ToUserName>{cdata(openid)}</ToUserName>"
        f"<FromUserName>{cdata(account)}</FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime>{content}</xml>"
    )


def _content(reply: Reply, most_articles: int) -> str:
    """MsgType and body; "" for a reply that would be shown as a fault."""
    match reply:
        case TextReply():
            text = shown_text(reply.text)
            return _typed("text", _element("Content", text)) if text else ""
        case ImageReply(media_id) if media_id:
            return _typed("image", f"<Image>{_element('MediaId', media_id)}</Image>")
        case VoiceReply(media_id) if media_id:
            return _typed("voice", f"<Voice>{_element('MediaId', media_id)}</Voice>")
        case VideoReply() if reply.media_id:
            inside = _optional(Title=reply.title, Description=reply.description)
            return _typed("video", f"<Video>{_element('MediaId', reply.media_id)}{inside}</Video>")
        case MusicReply() if reply.thumb_media_id:
            inside = _optional(
                Title=reply.title,
                Description=reply.description,
                MusicUrl=reply.url,
                HQMusicUrl=reply.hq_url,
                ThumbMediaId=reply.thumb_media_id,
            )
            return _typed("music", f"<Music>{inside}</Music>")
        case NewsReply(articles) if articles:
            return _typed("news", _news(articles[:most_articles]))
        case MenuReply():
            text = menu_text(reply)
            return _typed("text", _element("Content", text)) if text else ""
        case TransferReply(agent):
            account = f"<TransInfo>{_element('KfAccount', agent)}</TransInfo>" if agent else ""
            return _typed("transfer_customer_service", account)
    return ""


def menu_text(menu: MenuReply) -> str:
    """The choices as a text with links: as much of the words above and below as leaves all of the
    links whole, in 2,048 bytes. "" without choices."""
    links = []
    room = MAX_TEXT_BYTES
    for option in menu.options:
        link = _menu_link(option.say, option.id)
        if link and len(link.encode()) + 1 <= room:
            links.append(link)
            room -= len(link.encode()) + 1
    if not links:
        return ""
    head = _within(shown_text(menu.head), room - 1)
    tail = _within(shown_text(menu.tail), room - 1 - len(head.encode()))
    return "\n".join(part for part in (head, *links, tail) if part)


def _menu_link(say: str, id: str) -> str:
    """Tapping it says `say`. "" where there is nothing to say."""
    said = clean(say).strip()
    if not said:
        return ""
    address = f"weixin://bizmsgmenu?msgmenucontent={quote(said, '')}&msgmenuid={quote(id, '')}"
    return f'<a href="{address}">{said.translate(_ANGLES)}</a>'


def _within(text: str, most: int) -> str:
    """At most so many bytes of the text, and no link cut in two."""
    data = text.encode()
    if len(data) <= most:
        return text
    text = data[: max(most, 0)].decode("utf-8", "ignore")
    opened = text.rfind("<a")
    return text[:opened] if opened > text.rfind("</a>") else text


def _news(articles: tuple[Article, ...]) -> str:
    items = "".join(
        "<item>"
        + _element("Title", article.title)
        + _element("Description", article.description)
        + _element("PicUrl", article.picture_url)
        + _element("Url", article.url)
        + "</item>"
        for article in articles
    )
    return f"<ArticleCount>{len(articles)}</ArticleCount><Articles>{items}</Articles>"


def _typed(msg_type: str, body: str) -> str:
    return f"<MsgType><![CDATA[{msg_type}]]></MsgType>{body}"


def _element(name: str, text: str) -> str:
    return f"<{name}>{cdata(text)}</{name}>"


def _optional(**elements: str) -> str:
    return "".join(_element(name, text) for name, text in elements.items() if text)


def custom_body(reply: Reply, openid: str) -> dict[str, Any] | None:
    """The JSON of the same reply as a customer-service message.

    None for what cannot be said that way: nothing, a transfer, and what lacks its material.
    """
    match reply:
        case TextReply():
            text = shown_text(reply.text)
            return _message(openid, "text", {"content": text}) if text else None
        case ImageReply(media_id) if media_id:
            return _message(openid, "image", {"media_id": media_id})
        case VoiceReply(media_id) if media_id:
            return _message(openid, "voice", {"media_id": media_id})
        case VideoReply() if reply.media_id:
            video = {
                "media_id": reply.media_id,
                "thumb_media_id": reply.thumb_media_id,
                "title": clean(reply.title),
                "description": clean(reply.description),
            }
            return _message(openid, "video", {k: v for k, v in video.items() if v})
        case MusicReply() if reply.thumb_media_id:
            music = {
                "title": clean(reply.title),
                "description": clean(reply.description),
                "musicurl": reply.url,
                "hqmusicurl": reply.hq_url,
                "thumb_media_id": reply.thumb_media_id,
            }
            return _message(openid, "music", music)
        case NewsReply(articles) if articles:
            return _message(openid, "news", {"articles": [_article(articles[0])]})
        case MenuReply():
            return _menu(reply, openid)
        case MiniProgramReply() if reply.appid and reply.thumb_media_id:
            card = {
                "title": clean(reply.title),
                "appid": reply.appid,
                "pagepath": reply.pagepath,
                "thumb_media_id": reply.thumb_media_id,
            }
            return _message(openid, "miniprogrampage", card)
    return None


def _menu(menu: MenuReply, openid: str) -> dict[str, Any] | None:
    """A choice without an id gets its number: the platform wants one."""
    options = [
        {"id": option.id or str(number), "content": clean(option.say).strip()}
        for number, option in enumerate(menu.options, 1)
        if clean(option.say).strip()
    ]
    if not options:
        return None
    body = {
        "head_content": shown_text(menu.head),
        "list": options,
        "tail_content": shown_text(menu.tail),
    }
    return _message(openid, "msgmenu", body)


def _article(article: Article) -> dict[str, str]:
    return {
        "title": clean(article.title),
        "description": clean(article.description),
        "url": article.url,
        "picurl": article.picture_url,
    }


def _message(openid: str, msgtype: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"touser": openid, "msgtype": msgtype, msgtype: body}
