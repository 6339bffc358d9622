"""Comments below articles (留言, 4.14)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.articles import Article, Articles, Comment
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok
from bot.sandbox.world import World

PAGE = 50
MOST_ELECTED = 100
REPLY_CHARS = 600
ALL, NORMAL, ELECTED = range(3)


def restrict(world: World, key: str, restricted: bool = True) -> bool:
    """For safety the article takes no calls about comments: 88002. False: no such article."""
    article = world.room(Articles).pages.get(key)
    if article is not None:
        article.restricted = restricted
    return article is not None


def _article(desk: Desk, body: Fields) -> Article:
    """By msg_data_id and index from 0. 88000 no right, 88001 no such, 88002 restricted."""
    if not desk.world.config.switches.comments_granted:
        raise PlatformError(88000)
    post = desk.world.room(Articles).posts.get(number(body.get("msg_data_id"), 88001))
    index = number(body.get("index") or 0, 88001)
    if post is None or not 0 <= index < len(post.articles) or post.articles[index].deleted:
        raise PlatformError(88001)
    if post.articles[index].restricted:
        raise PlatformError(88002)
    return post.articles[index]


def _comment(desk: Desk, body: Fields) -> tuple[Article, Comment]:
    """88008 there is none, 88004 its writer took it back."""
    article = _article(desk, body)
    found = article.comments.get(number(body.get("user_comment_id"), 88008))
    if found is None:
        raise PlatformError(88008)
    if found.withdrawn:
        raise PlatformError(88004)
    return article, found


@endpoint("POST", "/cgi-bin/comment/open", right="comment")
def open_comments(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _article(desk, body).comments_open = True
    return ok()


@endpoint("POST", "/cgi-bin/comment/close", right="comment")
def close_comments(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Nobody can write any more; what was written stays."""
    _article(desk, body).comments_open = False
    return ok()


@endpoint("POST", "/cgi-bin/comment/list", right="comment")
def list_comments(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """From `begin` on, 1..50 (88010), newest first; type 0 all, 1 normal, 2 elected."""
    article = _article(desk, body)
    begin, count = number(body.get("begin", 0), 88010), number(body.get("count", PAGE), 88010)
    if begin < 0 or not 1 <= count <= PAGE:
        raise PlatformError(88010)
    kind = number(body.get("type", ALL))
    if kind not in (ALL, NORMAL, ELECTED):
        raise PlatformError(40035)
    found = [
        one
        for one in reversed(article.comments.values())
        if not one.withdrawn and (kind == ALL or one.elected == (kind == ELECTED))
    ]
    page = [_as_json(one) for one in found[begin : begin + count]]
    return ok(total=len(found), comment=page)


def _as_json(comment: Comment) -> Fields:
    shown: Fields = {
        "user_comment_id": comment.id,
        "openid": comment.openid,
        "create_time": int(comment.at.timestamp()),
        "content": comment.content,
        "comment_type": int(comment.elected),
    }
    if comment.reply_at is not None:
        replied = int(comment.reply_at.timestamp())
        shown["reply"] = {"content": comment.reply, "create_time": replied}
    return shown


@endpoint("POST", "/cgi-bin/comment/markelect", right="comment")
def elect(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Shown to all below the article; 88003 where 100 are."""
    article, comment = _comment(desk, body)
    elected = sum(one.elected for one in article.comments.values())
    if not comment.elected and elected >= MOST_ELECTED:
        raise PlatformError(88003)
    comment.elected = True
    return ok()


@endpoint("POST", "/cgi-bin/comment/unmarkelect", right="comment")
def unelect(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _comment(desk, body)[1].elected = False
    return ok()


@endpoint("POST", "/cgi-bin/comment/delete", right="comment")
def delete_comment(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    article, comment = _comment(desk, body)
    del article.comments[comment.id]
    return ok()


@endpoint("POST", "/cgi-bin/comment/reply/add", right="comment")
def reply(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """One reply to a comment: 88005 there is one, 88007 empty or over 600 characters."""
    comment, content = _comment(desk, body)[1], body.get("content")
    if comment.reply_at is not None:
        raise PlatformError(88005)
    if not isinstance(content, str) or not 1 <= len(content) <= REPLY_CHARS:
        raise PlatformError(88007)
    comment.reply, comment.reply_at = content, desk.world.clock()
    return ok()


@endpoint("POST", "/cgi-bin/comment/reply/delete", right="comment")
def delete_reply(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """87009 where there is none."""
    comment = _comment(desk, body)[1]
    if comment.reply_at is None:
        raise PlatformError(87009)
    comment.reply, comment.reply_at = "", None
    return ok()
