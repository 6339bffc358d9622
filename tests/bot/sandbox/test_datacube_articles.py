"""Statistics of articles: the reports of old and the new ones (4.13)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import articles
from bot.sandbox.articles import Post
from tests.bot.sandbox.conftest import Desktop
from tests.bot.sandbox.test_datacube import DAY, HOUR, SATURDAY, SUNDAY, next_morning, rows

NEWS = {"title": "今日咖啡", "content": "<p>香</p>", "need_open_comment": 1}


@pytest.fixture
def read(desk: Desktop) -> tuple[Desktop, Post]:
    """An article sent to three. Lin reads it twice, shares, likes, keeps and comments on it; Wang
    reads it at 14:00 from Moments and looks; on Sunday Lin reads it once more."""
    post = articles.compose(desk.world, [NEWS], "mass")
    articles.release(desk.world, post, target=3)
    world, key = desk.world, post.articles[0].key
    lin, wang = desk.follower("o-lin").openid, desk.follower("o-wang").openid
    for _ in range(2):
        articles.read(world, lin, key)
    articles.open_source(world, lin, key)
    articles.share(world, lin, key, 2)
    articles.like(world, lin, key)
    articles.favourite(world, lin, key)
    articles.comment(world, lin, key, "好喝")
    desk.clock.advance(2 * HOUR)
    articles.read(world, wang, key, 2)
    articles.look(world, wang, key)
    desk.clock.advance(DAY)
    articles.read(world, lin, key)
    desk.clock.advance(DAY)
    return desk, post


ONE_DAY = {
    "int_page_read_user": 2,
    "int_page_read_count": 3,
    "ori_page_read_user": 1,
    "ori_page_read_count": 1,
    "share_user": 1,
    "share_count": 1,
    "add_to_fav_user": 1,
    "add_to_fav_count": 1,
}


def msgid(post: Post) -> str:
    return f"{post.msg_data_id}_1"


def test_an_articles_day(read):
    desk, post = read
    assert rows(desk, "getarticlesummary", SATURDAY) == [
        {"ref_date": SATURDAY, "msgid": msgid(post), "title": "今日咖啡", **ONE_DAY}
    ]
    (sunday,) = rows(desk, "getarticlesummary", SUNDAY)
    assert (sunday["int_page_read_user"], sunday["int_page_read_count"]) == (1, 1)


def test_an_articles_totals_grow_from_day_to_day(read):
    desk, post = read
    (told,) = rows(desk, "getarticletotal", SATURDAY)
    assert (told["ref_date"], told["msgid"], told["title"]) == (SATURDAY, msgid(post), "今日咖啡")
    first, second = told["details"]
    assert (first["stat_date"], first["target_user"]) == (SATURDAY, 3)
    assert ONE_DAY.items() <= first.items()
    assert (second["int_page_read_user"], second["int_page_read_count"]) == (2, 4)
    from_session = [one["int_page_from_session_read_count"] for one in (first, second)]
    assert from_session == [2, 3]
    assert [one["int_page_from_feed_read_user"] for one in (first, second)] == [1, 1]
    assert first["int_page_from_other_read_count"] == 0


def test_totals_are_told_for_seven_days(read):
    desk, _ = read
    desk.clock.advance(30 * DAY)
    (told,) = rows(desk, "getarticletotal", SATURDAY)
    assert [one["stat_date"] for one in told["details"]][-1] == "2026-11-27"
    (detailed,) = rows(desk, "getarticletotaldetail", SATURDAY)
    assert [one["stat_date"] for one in detailed["detail_list"]][-1] == "2026-12-20"


def test_reads_by_where_the_readers_came_from(read):
    desk, _ = read
    told = rows(desk, "getuserread", SATURDAY, SUNDAY)
    whole, *by_source = [row for row in told if row["ref_date"] == SATURDAY]
    assert whole == {"ref_date": SATURDAY, "user_source": 99999999, **ONE_DAY}
    assert [tuple(row.values()) for row in by_source] == [(SATURDAY, 0, 1, 2), (SATURDAY, 2, 1, 1)]


def test_reads_by_hour(read):
    desk, _ = read
    told = rows(desk, "getuserreadhour", SATURDAY)
    whole = [row for row in told if row["user_source"] == 99999999]
    assert [(row["ref_hour"], row["int_page_read_count"]) for row in whole] == [
        (1200, 2),
        (1400, 1),
    ]


@pytest.mark.parametrize(
    ("name", "hour"), [("getusershare", {}), ("getusersharehour", {"ref_hour": 1200})]
)
def test_shares_by_where_to(read, name, hour):
    desk, _ = read
    assert rows(desk, name, SATURDAY) == [
        {"ref_date": SATURDAY, **hour, "share_scene": 2, "share_user": 1, "share_count": 1}
    ]


def sources(**readers: int) -> list[dict[str, Any]]:
    words = ("全部", "公众号消息", "聊天会话", "朋友圈", "公众号主页", "其它", "推荐", "搜一搜")
    return [{"user_count": readers.get(word, 0), "scene_desc": word} for word in words]


def test_the_new_report_of_reads(read):
    desk, post = read
    found = sources(全部=2, 公众号消息=1, 朋友圈=1)
    detail = {"read_user": 2, "read_user_source": found}
    expected = [{"ref_date": SATURDAY, "msgid": msgid(post), "detail": detail}]
    assert rows(desk, "getarticleread", SATURDAY) == expected


def test_the_new_report_of_shares(read):
    desk, post = read
    expected = [{"ref_date": SATURDAY, "msgid": msgid(post), "detail": {"share_user": 1}}]
    assert rows(desk, "getarticleshare", SATURDAY) == expected
    assert rows(desk, "getarticleshare", SUNDAY) == []


DETAIL = {
    "read_user": 2,
    "read_user_source": sources(全部=2, 公众号消息=1, 朋友圈=1),
    "share_user": 1,
    "zaikan_user": 1,
    "like_user": 1,
    "comment_count": 1,
    "collection_user": 1,
}


def test_the_accounts_day_in_all(read):
    desk, _ = read
    assert rows(desk, "getbizsummary", SATURDAY) == [{"ref_date": SATURDAY, "detail": DETAIL}]


def test_an_articles_totals_in_the_new_report(read):
    desk, post = read
    (told,) = rows(desk, "getarticletotaldetail", SATURDAY)
    first, second = told.pop("detail_list")
    assert told == {
        "ref_date": SATURDAY,
        "msgid": msgid(post),
        "publish_type": 0,
        "title": "今日咖啡",
        "content_url": post.articles[0].url,
    }
    assert first == {"stat_date": SATURDAY, **DETAIL}
    assert (second["stat_date"], second["read_user"]) == (SUNDAY, 2)


def test_what_was_only_published_stands_in_the_new_reports_alone(desk: Desktop):
    post = articles.compose(desk.world, [NEWS], "publish")
    articles.release(desk.world, post)
    articles.read(desk.world, desk.follower().openid, post.articles[0].key)
    next_morning(desk)
    assert rows(desk, "getarticlesummary", SATURDAY) == []
    assert rows(desk, "getarticletotal", SATURDAY) == []
    assert len(rows(desk, "getarticleread", SATURDAY)) == 1
    (told,) = rows(desk, "getarticletotaldetail", SATURDAY)
    assert told["publish_type"] == 1


def test_previews_are_no_statistics(desk: Desktop):
    post = articles.compose(desk.world, [NEWS], "preview")
    articles.release(desk.world, post)
    articles.read(desk.world, desk.follower().openid, post.articles[0].key)
    next_morning(desk)
    assert rows(desk, "getarticleread", SATURDAY) == []
    assert rows(desk, "getarticletotaldetail", SATURDAY) == []
    assert rows(desk, "getuserread", SATURDAY) == []
    assert rows(desk, "getbizsummary", SATURDAY)[0]["detail"]["read_user"] == 0
