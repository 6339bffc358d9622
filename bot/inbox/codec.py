"""Replies as JSON and back, for the inbox row that repeats and late answers are served from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bot.values import replies
from bot.values.replies import (
    NO_REPLY,
    Article,
    Later,
    MenuOption,
    MenuReply,
    NewsReply,
    Reply,
    Several,
    TransferReply,
)

_KINDS: dict[str, type[Reply]] = {
    kind.__name__: kind
    for kind in (
        replies.TextReply,
        replies.ImageReply,
        replies.VoiceReply,
        replies.VideoReply,
        replies.MusicReply,
        NewsReply,
        TransferReply,
        MenuReply,
        replies.MiniProgramReply,
        Several,
        Later,
    )
}
# Beside the reply's own fields: how many of its messages went out already (see bot.inbox.late).
SENT = "sent"


def to_json(reply: Reply) -> dict[str, Any] | None:
    """A plain document with the class name under `kind`; None for no reply."""
    if reply == NO_REPLY:
        return None
    values = {field.name: getattr(reply, field.name) for field in fields(reply)}
    return {"kind": type(reply).__name__, **{name: _plain(one) for name, one in values.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, Reply):
        return to_json(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Article | MenuOption):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def from_json(document: Mapping[str, Any] | None) -> Reply:
    """The reply of `to_json`. Raises KeyError for a kind of a newer version."""
    if document is None:
        return NO_REPLY
    values = {name: value for name, value in document.items() if name != SENT}
    kind = _KINDS[values.pop("kind")]
    if kind is NewsReply:
        return NewsReply(tuple(Article(**one) for one in values["articles"]))
    if kind is MenuReply:
        options = tuple(MenuOption(**one) for one in values.pop("options"))
        return MenuReply(options=options, **values)
    if kind is Several:
        return Several(tuple(from_json(one) for one in values["replies"]))
    if kind is Later:
        return Later(from_json(values["reply"]))
    return kind(**values)


def messages(reply: Reply) -> tuple[Reply, ...]:
    """What goes out, message by message. A transfer is none: only an HTTP answer carries it."""
    match reply:
        case Several(parts):
            return tuple(one for part in parts for one in messages(part))
        case Later(inside):
            return messages(inside)
        case TransferReply():
            return ()
    return () if reply == NO_REPLY else (reply,)


def at_once(reply: Reply) -> Reply:
    """What of a reply that goes out later the HTTP answer carries nevertheless: a transfer."""
    if isinstance(reply, Several) and isinstance(reply.replies[0], TransferReply):
        return reply.replies[0]
    return NO_REPLY
