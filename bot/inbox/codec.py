"""Replies as JSON and back, for the inbox row that repeats and late answers are served from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.values import replies
from bot.values.replies import NO_REPLY, Article, NewsReply, Reply

_KINDS: dict[str, type[Reply]] = {
    kind.__name__: kind
    for kind in (
        replies.TextReply,
        replies.ImageReply,
        replies.VoiceReply,
        replies.VideoReply,
        replies.MusicReply,
        replies.NewsReply,
        replies.TransferReply,
    )
}


def to_json(reply: Reply) -> dict[str, Any] | None:
    """A plain document with the class name under `kind`; None for no reply."""
    if reply == NO_REPLY:
        return None
    return {"kind": type(reply).__name__, **asdict(reply)}


def from_json(document: Mapping[str, Any] | None) -> Reply:
    """The reply of `to_json`. Raises KeyError for a kind of a newer version."""
    if document is None:
        return NO_REPLY
    values = dict(document)
    kind = _KINDS[values.pop("kind")]
    if kind is NewsReply:
        return NewsReply(tuple(Article(**article) for article in values["articles"]))
    return kind(**values)
