"""Passive replies, and what can be said later by customer-service message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """The base: nothing is said. Rendered as `success`."""


@dataclass(frozen=True, slots=True)
class TextReply(Reply):
    text: str  # at most 2,048 bytes of UTF-8; `a href` allowed


@dataclass(frozen=True, slots=True)
class ImageReply(Reply):
    media_id: str


@dataclass(frozen=True, slots=True)
class VoiceReply(Reply):
    media_id: str


@dataclass(frozen=True, slots=True)
class VideoReply(Reply):
    media_id: str
    title: str = ""
    description: str = ""
    thumb_media_id: str = ""  # wanted by the customer-service message, not by the passive reply


@dataclass(frozen=True, slots=True)
class MusicReply(Reply):
    thumb_media_id: str
    title: str = ""
    description: str = ""
    url: str = ""
    hq_url: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    title: str
    description: str = ""
    url: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class NewsReply(Reply):
    articles: tuple[Article, ...]  # one in answer to a message, at most eight to an event


@dataclass(frozen=True, slots=True)
class TransferReply(Reply):
    """Hand the chat to human agents; "" lets the platform choose one."""

    agent: str = ""


@dataclass(frozen=True, slots=True)
class MenuOption:
    id: str  # comes back as bizmsgmenuid when it is tapped
    say: str  # what a tap says


@dataclass(frozen=True, slots=True)
class MenuReply(Reply):
    """A few choices to tap (msgmenu); in a passive reply the same as links in a text."""

    head: str
    options: tuple[MenuOption, ...]
    tail: str = ""


@dataclass(frozen=True, slots=True)
class MiniProgramReply(Reply):
    """A mini-program card; only a customer-service message carries one."""

    title: str
    appid: str
    pagepath: str
    thumb_media_id: str


@dataclass(frozen=True, slots=True)
class Several(Reply):
    """Replies that cannot be one: they go one after another as customer-service messages."""

    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Later(Reply):
    """Goes as a customer-service message, though there is an HTTP answer to be had."""

    reply: Reply


NO_REPLY = Reply()
# What no passive reply can carry.
ONLY_LATER = (MiniProgramReply, Several, Later)
