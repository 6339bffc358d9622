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


NO_REPLY = Reply()
