"""Comments below articles (4.14)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import articles
from bot.sandbox.api import comments
from bot.sandbox.articles import Articles
from bot.sandbox.config import Switches
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.bot.sandbox.test_drafts import add, article

CALLS = (
    "open",
    "close",
    "list",
    "markelect",
    "unmarkelect",
    "delete",
    "reply/add",
    "reply/delete",
)
ON_ONE = CALLS[3:]


def publish(desk: Desktop, count: int = 1, **flags: int) -> dict[str, Any]:
    """Where the first of the articles is, for the calls."""
    media_id = add(desk, *[article(desk, need_open_comment=1, **flags) for _ in range(count)])
    answer = desk.post("freepublish/submit", {"media_id": media_id})
    assert desk.timeline.drain(5)
    return {"msg_data_id": answer["msg_data_id"], "index": 0}


def key(desk: Desktop) -> str:
    return list(desk.world.room(Articles).pages)[-1]


def write(desk: Desktop, content: str = "写得好", openid: str = "o-lin") -> int:
    desk.follower(openid)
    return articles.comment(desk.world, openid, key(desk), content)


def listed(desk: Desktop, where: dict[str, Any], **more: Any) -> list[str]:
    answer = desk.post("comment/list", {**where, "begin": 0, "count": 50, "type": 0, **more})
    assert answer["errcode"] == 0
    return [one["content"] for one in answer["comment"]]


def test_a_comment_is_listed_elected_answered_and_deleted(desk: Desktop):
    where = publish(desk)
    one = {**where, "user_comment_id": write(desk)}
    assert desk.post("comment/markelect", one)["errcode"] == 0
    desk.clock.advance(60)
    assert desk.post("comment/reply/add", {**one, "content": "谢谢"})["errcode"] == 0
    answer = desk.post("comment/list", {**where, "begin": 0, "count": 50, "type": 0})
    at = int(desk.clock().timestamp())
    assert (answer["total"], answer["comment"]) == (
        1,
        [
            {
                "user_comment_id": 1,
                "openid": "o-lin",
                "create_time": at - 60,
                "content": "写得好",
                "comment_type": 1,
                "reply": {"content": "谢谢", "create_time": at},
            }
        ],
    )
    assert desk.post("comment/reply/delete", one)["errcode"] == 0
    assert desk.post("comment/delete", one)["errcode"] == 0
    assert listed(desk, where) == []


def test_comments_are_paged_newest_first_and_by_type(desk: Desktop):
    where = publish(desk)
    ids = [write(desk, f"第{n}条") for n in range(1, 5)]
    desk.post("comment/markelect", {**where, "user_comment_id": ids[1]})
    assert listed(desk, where, begin=1, count=2) == ["第3条", "第2条"]
    assert listed(desk, where, type=2) == ["第2条"]
    assert listed(desk, where, type=1) == ["第4条", "第3条", "第1条"]
    desk.post("comment/unmarkelect", {**where, "user_comment_id": ids[1]})
    assert listed(desk, where, type=2) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"count": 51}, 88010, id="over 50"),
        pytest.param({"count": 0}, 88010, id="none"),
        pytest.param({"begin": -1}, 88010, id="before the beginning"),
        pytest.param({"type": 3}, 40035, id="an unknown type"),
    ],
)
def test_pages_of_comments_that_are_refused(desk: Desktop, more, expected):
    where = publish(desk)
    assert desk.post("comment/list", {**where, **more})["errcode"] == expected


def test_each_article_of_a_post_has_its_own_comments(desk: Desktop):
    where = publish(desk, 2)
    write(desk)  # below the second one
    assert listed(desk, where) == []
    assert listed(desk, {**where, "index": 1}) == ["写得好"]


def test_closed_comments_stay_but_nobody_writes_any_more(desk: Desktop):
    where = publish(desk)
    write(desk)
    assert desk.post("comment/close", where)["errcode"] == 0
    with pytest.raises(articles.CannotComment):
        write(desk, "还有")
    assert listed(desk, where) == ["写得好"]
    assert desk.post("comment/open", where)["errcode"] == 0
    write(desk, "还有")
    assert listed(desk, where) == ["还有", "写得好"]


def test_for_followers_only(desk: Desktop):
    publish(desk, only_fans_can_comment=1)
    stranger = desk.world.person("o-stranger")
    with pytest.raises(articles.CannotComment):
        articles.comment(desk.world, stranger.openid, key(desk), "路过")
    desk.follower(stranger.openid)
    assert articles.comment(desk.world, stranger.openid, key(desk), "来了") == 1


@pytest.mark.parametrize("content", ["", "  ", "好" * 601], ids=["empty", "spaces", "over 600"])
def test_comments_have_a_length(desk: Desktop, content):
    publish(desk)
    with pytest.raises(articles.CannotComment):
        write(desk, content)


@pytest.mark.parametrize("path", CALLS)
def test_an_account_without_the_permission(path):
    desk = Desktop(a_config(switches=Switches(comments_granted=False)))
    where = publish(desk)
    assert desk.post(f"comment/{path}", where)["errcode"] == 88000
    with pytest.raises(articles.CannotComment):
        write(desk)
    desk.timeline.stop()


@pytest.mark.parametrize("kind", ["service_unverified", "test"])
def test_an_account_of_another_kind(kind):
    desk = Desktop(a_config(kind=kind))
    assert desk.post("comment/list", {"msg_data_id": 1})["errcode"] == 48001
    desk.timeline.stop()


@pytest.mark.parametrize("path", CALLS)
def test_an_article_that_is_none(desk: Desktop, path):
    where = publish(desk)
    for wrong in ({"msg_data_id": 1}, {**where, "index": 1}, {}, {"msg_data_id": "x"}):
        assert desk.post(f"comment/{path}", wrong or {"a": 1})["errcode"] == 88001


def test_a_deleted_article_has_no_comments(desk: Desktop):
    where = publish(desk)
    articles.delete(desk.world.room(Articles).posts[where["msg_data_id"]])
    assert desk.post("comment/list", where)["errcode"] == 88001


def test_an_article_can_be_restricted_for_safety(desk: Desktop):
    where = publish(desk)
    assert comments.restrict(desk.world, key(desk))
    assert desk.post("comment/list", where)["errcode"] == 88002
    assert comments.restrict(desk.world, key(desk), restricted=False)
    assert listed(desk, where) == []
    assert not comments.restrict(desk.world, "x")


@pytest.mark.parametrize("path", ON_ONE)
def test_a_comment_that_is_none(desk: Desktop, path):
    where = publish(desk)
    body = {**where, "user_comment_id": 1, "content": "谢谢"}
    assert desk.post(f"comment/{path}", body)["errcode"] == 88008
    assert desk.post(f"comment/{path}", where)["errcode"] == 88008


@pytest.mark.parametrize("path", ON_ONE)
def test_a_comment_that_its_writer_took_back(desk: Desktop, path):
    where = publish(desk)
    written = write(desk)
    assert not articles.withdraw(desk.world, "o-other", key(desk), written)
    assert articles.withdraw(desk.world, "o-lin", key(desk), written)
    assert not articles.withdraw(desk.world, "o-lin", key(desk), written)
    body = {**where, "user_comment_id": written, "content": "谢谢"}
    assert desk.post(f"comment/{path}", body)["errcode"] == 88004
    assert listed(desk, where) == []


def test_a_hundred_are_elected_at_most(desk: Desktop):
    where = publish(desk)
    ids = [write(desk, str(n)) for n in range(101)]
    codes = [
        desk.post("comment/markelect", {**where, "user_comment_id": one})["errcode"] for one in ids
    ]
    assert codes == [0] * 100 + [88003]
    assert desk.post("comment/markelect", {**where, "user_comment_id": ids[0]})["errcode"] == 0


@pytest.mark.parametrize("content", ["", "好" * 601, 5], ids=["empty", "over 600", "no text"])
def test_replies_have_a_length(desk: Desktop, content):
    one = {**publish(desk), "user_comment_id": write(desk)}
    assert desk.post("comment/reply/add", {**one, "content": content})["errcode"] == 88007


def test_one_reply_to_a_comment(desk: Desktop):
    one = {**publish(desk), "user_comment_id": write(desk)}
    assert desk.post("comment/reply/delete", one)["errcode"] == 87009
    assert desk.post("comment/reply/add", {**one, "content": "谢谢"})["errcode"] == 0
    assert desk.post("comment/reply/add", {**one, "content": "谢谢"})["errcode"] == 88005
