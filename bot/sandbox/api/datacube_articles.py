"""The article reports of the statistics: rows of a day, from what readers did here (4.13).

The reports of old, for what was sent to followers, and the new ones, for what was published too.
Left out: where a reader stood who shared to Moments, and what a reader's own phone would have to
tell (time spent, how far down): nothing here knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from bot.sandbox.articles import SCENES, SHARES, Article, Articles, Figure, Post, posts_of
from bot.sandbox.gateway import Fields
from bot.sandbox.world import World

EVERYWHERE = 99999999  # user_source: in all
OLD_DAYS, NEW_DAYS = 7, 30  # from its day on, so long an article's totals are told
SCENE_WORDS = {
    0: "公众号消息",
    1: "聊天会话",
    2: "朋友圈",
    4: "公众号主页",
    5: "其它",
    6: "推荐",
    7: "搜一搜",
}
_TOTALS_BY_SCENE = {"session": (0,), "hist_msg": (4,), "feed": (2,), "friends": (1,)}
_OTHER = tuple(set(SCENES) - {0, 1, 2, 4})


def _post(room: Articles, key: str) -> Post:
    return room.posts[room.pages[key].msg_data_id]


def _figure(
    world: World,
    days: Iterable[str],
    act: str,
    scenes: Collection[int] | None = None,
    hour: int | None = None,
    key: str | None = None,
) -> Figure:
    """Different people and times over all these days; None: in all scenes, hours, articles."""
    room = world.room(Articles)
    people: set[str] = set()
    times = 0
    for day in days:
        for of, tally in room.days.get(day, {}).items():
            if (key != of) if key else _post(room, of).via == "preview":
                continue
            for place, count in tally.times.items():
                if (
                    place[0] == act
                    and (scenes is None or place[1] in scenes)
                    and hour in (None, place[2])
                ):
                    times += count
                    people |= tally.people[place]
    return Figure(len(people), times)


def _pair(name: str, found: Figure, count: str = "count") -> Fields:
    return {f"{name}_user": found.people, f"{name}_{count}": found.times}


def _numbers(
    world: World, days: list[str], hour: int | None = None, key: str | None = None
) -> Fields:
    """The eight numbers that every report of old has."""
    named = {"int_page_read": "read", "ori_page_read": "source", "share": "share"}
    numbers: Fields = {}
    for name, act in {**named, "add_to_fav": "favourite"}.items():
        numbers |= _pair(name, _figure(world, days, act, hour=hour, key=key))
    return numbers


# --- the reports of old --------------------------------------------------------------------------


def _done_on(world: World, day: str, via: str = "") -> Iterator[tuple[Post, Article]]:
    """The articles with which anything was done on that day; without previews."""
    room = world.room(Articles)
    for key in room.days.get(day, {}):
        post = _post(room, key)
        article = room.pages[key]
        if post.via == via if via else post.via != "preview":
            yield post, article


def _named(article: Article) -> str:
    return f"{article.msg_data_id}_{article.index}"


def summary(world: World, day: str) -> list[Fields]:
    """getarticlesummary: what was done that day with each article that was sent."""
    return [
        {
            "ref_date": day,
            "msgid": _named(article),
            "title": article.title,
            **_numbers(world, [day], key=article.key),
        }
        for _, article in _done_on(world, day, "mass")
    ]


def total(world: World, day: str, until: date) -> list[Fields]:
    """getarticletotal: what was sent that day, with its totals at the end of each of seven days."""
    return [
        {
            "ref_date": day,
            "msgid": _named(article),
            "title": article.title,
            "details": [
                {"stat_date": days[-1], "target_user": post.target, **_totals(world, days, article)}
                for days in _growing(day, until, OLD_DAYS)
            ],
        }
        for post in posts_of(world, day, "mass")
        for article in post.articles
    ]


def _growing(day: str, until: date, most: int) -> Iterator[list[str]]:
    """From `day` to each of its next days up to `until`: what a total at its end sums up."""
    first = date.fromisoformat(day)
    days: list[str] = []
    for n in range(min(most, (until - first).days + 1)):
        days.append((first + timedelta(days=n)).isoformat())
        yield list(days)


def _totals(world: World, days: list[str], article: Article) -> Fields:
    numbers = _numbers(world, days, key=article.key)
    for name, scenes in {**_TOTALS_BY_SCENE, "other": _OTHER}.items():
        found = _figure(world, days, "read", scenes, key=article.key)
        numbers |= _pair(f"int_page_from_{name}_read", found)
    return numbers


def user_read(world: World, day: str, hour: int | None = None) -> list[Fields]:
    """getuserread: in all, and reads by where the readers came from."""
    told = {"ref_date": day} if hour is None else {"ref_date": day, "ref_hour": hour * 100}
    whole = _numbers(world, [day], hour)
    if not any(whole.values()):
        return []
    rows: list[Fields] = [{**told, "user_source": EVERYWHERE, **whole}]
    for scene in SCENES:
        found = _figure(world, [day], "read", (scene,), hour)
        if found.times:
            rows.append({**told, "user_source": scene, **_pair("int_page_read", found)})
    return rows


def user_share(world: World, day: str, hour: int | None = None) -> list[Fields]:
    """getusershare: shares by where to."""
    told = {"ref_date": day} if hour is None else {"ref_date": day, "ref_hour": hour * 100}
    found = {scene: _figure(world, [day], "share", (scene,), hour) for scene in SHARES}
    return [
        {**told, "share_scene": scene, **_pair("share", one)}
        for scene, one in found.items()
        if one.times
    ]


# --- the new reports -----------------------------------------------------------------------------


def _sources(world: World, days: list[str], key: str | None = None) -> list[Fields]:
    found = {"全部": _figure(world, days, "read", key=key)}
    for scene, word in SCENE_WORDS.items():
        found[word] = _figure(world, days, "read", (scene,), key=key)
    return [{"user_count": one.people, "scene_desc": word} for word, one in found.items()]


def _detail(world: World, days: list[str], key: str | None = None) -> Fields:
    def people(act: str) -> int:
        return _figure(world, days, act, key=key).people

    return {
        "read_user": people("read"),
        "read_user_source": _sources(world, days, key),
        "share_user": people("share"),
        "zaikan_user": people("look"),
        "like_user": people("like"),
        "comment_count": _figure(world, days, "comment", key=key).times,
        "collection_user": people("favourite"),
    }


def article_read(world: World, day: str) -> list[Fields]:
    rows = []
    for _, article in _done_on(world, day):
        sources = _sources(world, [day], article.key)
        if readers := sources[0]["user_count"]:
            detail = {"read_user": readers, "read_user_source": sources}
            rows.append({"ref_date": day, "msgid": _named(article), "detail": detail})
    return rows


def article_share(world: World, day: str) -> list[Fields]:
    rows = []
    for _, article in _done_on(world, day):
        if shared := _figure(world, [day], "share", key=article.key).people:
            detail = {"share_user": shared}
            rows.append({"ref_date": day, "msgid": _named(article), "detail": detail})
    return rows


def biz_summary(world: World, day: str) -> list[Fields]:
    return [{"ref_date": day, "detail": _detail(world, [day])}]


def total_detail(world: World, day: str, until: date) -> list[Fields]:
    """getarticletotaldetail: what came out that day, with its totals of each of thirty days."""
    return [
        {
            "ref_date": day,
            "msgid": _named(article),
            "publish_type": 0 if post.via == "mass" else 1,
            "title": article.title,
            "content_url": article.url,
            "detail_list": [
                {"stat_date": days[-1], **_detail(world, days, article.key)}
                for days in _growing(day, until, NEW_DAYS)
            ],
        }
        for post in posts_of(world, day)
        for article in post.articles
    ]
