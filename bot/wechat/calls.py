"""Sends as values: built where a ledger row is claimed, carried out by `WeChatClient.send_many`.

Platform rules: bodies are raw UTF-8, since some APIs show or refuse escaped characters; a template
message with a `client_msg_id` goes to one openid once within ten minutes; template values hold no
newline; without `url` a tap leads nowhere. A subscription notice and a one-time message have no
such id: the follower's acceptance, one for each message, is what a repeat finds used up (43101).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import GatewayError
from bot.values.replies import Reply
from bot.wechat.outbound import custom_body, shown_text

CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
SUBSCRIPTION = "/cgi-bin/message/subscribe/bizsend"
ONE_TIME = "/cgi-bin/message/template/subscribe"


@dataclass(frozen=True, slots=True)
class Call:
    """One POST. `key` comes back with the answer and means nothing here."""

    key: Any
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call: `error` None is accepted; `msgid` "" where the API gives none."""

    key: Any
    msgid: str
    error: GatewayError | None


# Kept: made anew for each message it would take as long as the message.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encoded(document: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(document).encode("utf-8", "replace")


def custom(key: Any, openid: str, reply: Reply) -> Call:
    """A customer-service message. Raises ValueError for a reply that cannot be one."""
    body = custom_body(reply, openid)
    if body is None:
        raise ValueError(f"{type(reply).__name__} cannot be sent as a customer-service message")
    return Call(key, CUSTOM, encoded(body))


def custom_text(key: Any, openid: str, text: str) -> Call:
    """`custom` of a text, as nearly all are: its document is written out, for the encoder takes
    longer to begin than to encode. Raises ValueError where nothing of the text can be shown."""
    shown = shown_text(text)
    if not shown:
        raise ValueError("a text without a visible character cannot be sent")
    to, said = _ENCODER.encode(openid), _ENCODER.encode(shown)
    body = f'{{"touser":{to},"msgtype":"text","text":{{"content":{said}}}}}'
    return Call(key, CUSTOM, body.encode("utf-8", "replace"))


def template(
    key: Any,
    openid: str,
    template_id: str,
    data: Mapping[str, str],
    url: str = "",
    client_msg_id: str = "",
) -> Call:
    """A template message. `data`: field name to plain text, e.g. {"thing4": "双人火锅套餐"}."""
    return Call(
        key, TEMPLATE, encoded(template_body(openid, template_id, data, url, client_msg_id))
    )


def subscription_notice(
    key: Any, openid: str, template_id: str, data: Mapping[str, str], page: str = ""
) -> Call:
    """A subscription notice (订阅通知). `page`: where a tap leads, http or https."""
    body: dict[str, Any] = {"touser": openid, "template_id": template_id}
    if page:
        body["page"] = page
    body["data"] = {name: {"value": text} for name, text in data.items()}
    return Call(key, SUBSCRIPTION, encoded(body))


def one_time(
    key: Any, openid: str, template_id: str, scene: int, title: str, text: str, url: str = ""
) -> Call:
    """A one-time subscription message (一次性订阅). `scene`: 0..10000, where it was confirmed."""
    body: dict[str, Any] = {"touser": openid, "template_id": template_id}
    if url:
        body["url"] = url
    body |= {"scene": str(scene), "title": title, "data": {"content": {"value": text}}}
    return Call(key, ONE_TIME, encoded(body))


def template_body(
    openid: str, template_id: str, data: Mapping[str, str], url: str, client_msg_id: str
) -> dict[str, Any]:
    body: dict[str, Any] = {"touser": openid, "template_id": template_id}
    if url:
        body["url"] = url
    if client_msg_id:
        body["client_msg_id"] = client_msg_id
    body["data"] = {name: {"value": " ".join(text.split())} for name, text in data.items()}
    return body
