"""Articles as they live after their sending: pages, who read, liked, shared, kept and commented.

A post is what was sent or published together, one to eight articles; each has a page of its own at
`/s/<key>`. What is done on a day is kept as numbers by act, scene and hour, with whom, so that the
statistics can count people as well as times.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import SHANGHAI
from bot.sandbox.clock import day_of
from bot.sandbox.world import World

Fields = dict[str, Any]
ACTS = ("read", "source", "share", "favourite", "like", "look", "comment")
SCENES = {  # where a reader came from: user_source of the reading statistics
    0: "会话",
    1: "好友转发",
    2: "朋友圈",
    4: "历史消息",
    5: "其他",
    6: "看一看",
    7: "搜一搜",
}
SHARES = {1: "好友转发", 2: "朋友圈", 255: "其他"}  # share_scene
COMMENT_CHARS = 600
GONE = "该内容已被发布者删除"


class NoArticle(Exception):
    """There is no such page."""


class Gone(Exception):
    """The account has deleted the article; the page says so."""


class CannotComment(Exception):
    """Comments are closed, for followers only, or the text is empty or too long."""


@dataclass(slots=True)
class Comment:
    id: int
    openid: str
    content: str
    at: datetime
    elected: bool = False
    reply: str = ""
    reply_at: datetime | None = None
    withdrawn: bool = False  # by its writer


@dataclass(slots=True)
class Article:
    """`fields` as the draft had them; `index` counts from 1 within its post."""

    key: str
    url: str
    msg_data_id: int
    index: int
    fields: Fields
    comments_open: bool
    deleted: bool = False
    restricted: bool = False  # for safety: no comments meanwhile (88002)
    reads: int = 0
    shares: int = 0
    likes: set[str] = field(default_factory=set)  # 赞
    looks: set[str] = field(default_factory=set)  # 在看
    favourites: set[str] = field(default_factory=set)
    comments: dict[int, Comment] = field(default_factory=dict)
    last_comment: int = 0

    @property
    def title(self) -> str:
        return str(self.fields["title"])


@dataclass(slots=True)
class Post:
    """via: mass | publish | preview. `target`: how many people it was sent to."""

    msg_data_id: int
    via: str
    articles: list[Article]
    at: datetime
    target: int = 0


@dataclass(slots=True)
class Tally:
    """One article's day: (act, scene, hour) -> how often, and who."""

    times: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    people: defaultdict[tuple[str, int, int], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """`people` are different ones, `times` are acts."""

    people: int
    times: int


@dataclass
class Articles:
    """All that was sent or published: pages by key, posts by msg_data_id, days by their date."""

    pages: dict[str, Article] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)
    days: dict[str, dict[str, Tally]] = field(default_factory=dict)


# --- sending -----------------------------------------------------------------------------------


def address(world: World) -> str:
    """Where this platform is reached: the beginning of every address that it gives out."""
    host = world.config.host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{world.config.port}"


def compose(world: World, news: Sequence[Mapping[str, Any]], via: str) -> Post:
    """A post that nobody can open yet: its ids and addresses are known before it goes out."""
    msg_data_id = 200_000_000 + world.next_msgid()
    articles = []
    for index, fields in enumerate(news, 1):
        key = world.ids.urlsafe(16)
        opened = bool(fields.get("need_open_comment"))
        url = f"{address(world)}/s/{key}"
        articles.append(Article(key, url, msg_data_id, index, dict(fields), opened))
    return Post(msg_data_id, via, articles, world.clock())


def release(world: World, post: Post, target: int = 0) -> None:
    """From now on the pages can be opened."""
    room = world.room(Articles)
    post.at, post.target = world.clock(), target
    room.posts[post.msg_data_id] = post
    room.pages.update((article.key, article) for article in post.articles)


def delete(post: Post, index: int = 0) -> bool:
    """Takes one article away, 0: all. True: nothing of the post is left."""
    for article in post.articles:
        article.deleted = article.deleted or index in (0, article.index)
    return all(article.deleted for article in post.articles)


def on_air(world: World, key: str) -> Article:
    """Raises NoArticle, Gone."""
    article = world.room(Articles).pages.get(key)
    if article is None:
        raise NoArticle(key)
    if article.deleted:
        raise Gone(key)
    return article


# --- what readers do: each raises NoArticle, Gone ------------------------------------------------


def read(world: World, openid: str, key: str, scene: int = 0) -> Article:
    """Opens the page; `scene` one of SCENES. Raises ValueError for another scene."""
    if scene not in SCENES:
        raise ValueError(f"scene: wants one of {', '.join(map(str, SCENES))}")
    with world.lock:
        article = on_air(world, key)
        article.reads += 1
        _note(world, article, "read", openid, scene)
        return article


def open_source(world: World, openid: str, key: str) -> str:
    """Taps 阅读原文; the address that it leads to, "" for none."""
    with world.lock:
        article = on_air(world, key)
        _note(world, article, "source", openid)
        return str(article.fields.get("content_source_url") or "")


def share(world: World, openid: str, key: str, scene: int = 1) -> None:
    """`scene` one of SHARES. Raises ValueError for another one."""
    if scene not in SHARES:
        raise ValueError(f"scene: wants one of {', '.join(map(str, SHARES))}")
    with world.lock:
        article = on_air(world, key)
        article.shares += 1
        _note(world, article, "share", openid, scene)


def like(world: World, openid: str, key: str) -> bool:
    """赞, or takes it back. Does the person like it now?"""
    return _toggle(world, openid, key, "like")


def look(world: World, openid: str, key: str) -> bool:
    """在看, or takes it back."""
    return _toggle(world, openid, key, "look")


def favourite(world: World, openid: str, key: str) -> bool:
    """收藏, or takes it back."""
    return _toggle(world, openid, key, "favourite")


def _toggle(world: World, openid: str, key: str, act: str) -> bool:
    with world.lock:
        article = on_air(world, key)
        who = {"like": article.likes, "look": article.looks, "favourite": article.favourites}[act]
        if openid in who:
            who.remove(openid)
            return False
        who.add(openid)
        _note(world, article, act, openid)
        return True


def comment(world: World, openid: str, key: str, content: str) -> int:
    """Writes 留言; its user_comment_id. Raises CannotComment."""
    with world.lock:
        article = on_air(world, key)
        if not may_comment(world, article, openid):
            raise CannotComment("comments are closed to this person")
        if not 1 <= len(content.strip()) <= COMMENT_CHARS:
            raise CannotComment(f"wants 1 to {COMMENT_CHARS} characters")
        article.last_comment += 1
        written = Comment(article.last_comment, openid, content.strip(), world.clock())
        article.comments[written.id] = written
        _note(world, article, "comment", openid)
        return written.id


def may_comment(world: World, article: Article, openid: str) -> bool:
    if not (world.config.switches.comments_granted and article.comments_open):
        return False
    person = world.people.get(openid)
    follows = person is not None and person.subscribed
    return follows or not article.fields.get("only_fans_can_comment")


def withdraw(world: World, openid: str, key: str, comment_id: int) -> bool:
    """The writer takes the comment back. False: it is not theirs, or gone already."""
    with world.lock:
        found = on_air(world, key).comments.get(comment_id)
        if found is None or found.openid != openid or found.withdrawn:
            return False
        found.withdrawn = True
        return True


def _note(world: World, article: Article, act: str, openid: str, scene: int = 0) -> None:
    now = world.clock()
    tally = world.room(Articles).days.setdefault(day_of(now), {}).setdefault(article.key, Tally())
    place = (act, scene, now.astimezone(SHANGHAI).hour)
    tally.times[place] += 1
    tally.people[place].add(openid)
    world.ledger.add(f"article_{act}", now, openid=openid, article=article.key, scene=scene)


# --- the numbers -------------------------------------------------------------------------------


def figure(
    world: World,
    day: str,
    act: str,
    scene: int | None = None,
    hour: int | None = None,
    keys: Collection[str] | None = None,
) -> Figure:
    """What was done on a day ("2026-11-21"). None: in all scenes, hours, articles.

    act    one of ACTS; `source` is a tap on 阅读原文
    scene  for reads one of SCENES, for shares one of SHARES
    hour   0..23, Shanghai time
    """
    people: set[str] = set()
    times = 0
    for key, tally in world.room(Articles).days.get(day, {}).items():
        if keys is not None and key not in keys:
            continue
        for place, count in tally.times.items():
            if place[0] == act and scene in (None, place[1]) and hour in (None, place[2]):
                times += count
                people |= tally.people[place]
    return Figure(len(people), times)


def posts_of(world: World, day: str, via: str = "") -> list[Post]:
    """What was released on a day, oldest first; without previews. via "": sent and published."""
    posts = world.room(Articles).posts.values()
    return [
        post
        for post in posts
        if day_of(post.at) == day and (post.via == via if via else post.via != "preview")
    ]
