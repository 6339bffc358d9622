"""Articles as followers read them, and the files behind the addresses that this platform gave out.

An article's HTML is the account's own: besides what the platform took out of it, the page allows
no script, no frame, no picture from elsewhere and no form to elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from bot.clock import SHANGHAI
from bot.sandbox import articles as room
from bot.sandbox.api.material import served
from bot.sandbox.articles import Article, Articles, Comment
from bot.sandbox.people import ME, Person
from bot.sandbox.platform import Platform

LINKS = ("http://", "https://")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: {own}; "
    "media-src 'self' {own}; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'none'"
)


@dataclass(frozen=True)
class CommentView:
    name: str
    content: str
    reply: str


@dataclass(frozen=True)
class ArticleView:
    """What the reader `openid` sees; comments are the elected ones and their own."""

    key: str
    openid: str
    title: str
    author: str
    date: str  # "2026-11-21 12:00"
    content: Markup
    source: bool
    reads: int
    likes: int
    looks: int
    shares: int
    liked: bool
    looked: bool
    favoured: bool
    may_comment: bool
    comments: list[CommentView]


def pages(platform: Platform) -> Blueprint:
    blueprint = Blueprint("articles", __name__)
    world = platform.world
    policy = POLICY.format(own=room.address(world))

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @blueprint.get("/s/<key>")
    def article(key: str) -> str | tuple[str, int]:
        """Counts as reading, except where the page comes back after an act (`seen`)."""
        person = _reader(platform)
        with world.lock:
            try:
                found = room.on_air(world, key)
                if "seen" not in request.args:
                    room.read(world, person.openid, key, _scene())
            except room.NoArticle:
                abort(404)
            except room.Gone:
                return render_template("article.html", gone=room.GONE), 410
            return render_template("article.html", article=_view(platform, found, person))

    @blueprint.post("/s/<key>/<any(like, look, favourite, share, comment):act>")
    def act(key: str, act: str) -> BaseResponse:
        """Of the reader `as`; then the page again. What is not possible changes nothing."""
        _same_origin()
        person = _reader(platform)
        try:
            _do(platform, person.openid, key, act)
        except room.NoArticle:
            abort(404)
        except (room.Gone, room.CannotComment, ValueError):
            pass
        back = urlencode({"as": person.openid, "seen": 1})
        return redirect(f"{url_for('articles.article', key=key)}?{back}", 303)

    @blueprint.get("/s/<key>/source")
    def source(key: str) -> BaseResponse:
        """阅读原文. A link and no form: the policy would hold back a form that leads elsewhere."""
        try:
            led = room.open_source(world, _reader(platform).openid, key)
        except (room.NoArticle, room.Gone):
            led = ""
        return redirect(led if led.startswith(LINKS) else abort(404))

    @blueprint.get("/mmbiz/<name>")
    def file(name: str) -> Response:
        """An uploaded picture, or a video."""
        found = served(world, name) or abort(404)
        return Response(found.body, content_type=found.content_type)

    return blueprint


def _scene() -> int:
    """Where the reader comes from; from the chat unless the link says otherwise."""
    scene = request.args.get("scene", 0, type=int)
    return scene if scene in room.SCENES else 5


def _reader(platform: Platform) -> Person:
    return platform.world.people.get(request.values.get("as", ME)) or abort(404)


def _same_origin() -> None:
    """A page of another site cannot press these buttons."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def _do(platform: Platform, openid: str, key: str, act: str) -> None:
    world = platform.world
    if act == "share":
        room.share(world, openid, key, int(request.form.get("scene", "1")))
    elif act == "comment":
        room.comment(world, openid, key, request.form.get("content", ""))
    else:
        {"like": room.like, "look": room.look, "favourite": room.favourite}[act](world, openid, key)


def _view(platform: Platform, article: Article, person: Person) -> ArticleView:
    world, openid = platform.world, person.openid
    post = world.room(Articles).posts[article.msg_data_id]
    source = str(article.fields.get("content_source_url") or "")
    return ArticleView(
        key=article.key,
        openid=openid,
        title=article.title,
        author=str(article.fields.get("author") or ""),
        date=post.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
        content=Markup(article.fields["content"]),  # was cleaned when the draft came
        source=source.startswith(LINKS),
        reads=article.reads,
        likes=len(article.likes),
        looks=len(article.looks),
        shares=article.shares,
        liked=openid in article.likes,
        looked=openid in article.looks,
        favoured=openid in article.favourites,
        may_comment=room.may_comment(world, article, openid),
        comments=_comments(platform, article, openid),
    )


def _comments(platform: Platform, article: Article, openid: str) -> list[CommentView]:
    def seen(one: Comment) -> bool:
        return not one.withdrawn and (one.elected or one.openid == openid)

    people = platform.world.people
    return [
        CommentView(people[one.openid].name, one.content, one.reply)
        for one in article.comments.values()
        if seen(one)
    ]
