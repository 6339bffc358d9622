"""Drafts and publishing (4.14)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.api import publishing
from bot.sandbox.articles import Articles
from bot.sandbox.config import Switches
from bot.sandbox.gateway import Call, Upload
from bot.sandbox.xml import parse, render
from tests.bot.sandbox.conftest import PICTURE, Desktop, a_config
from tests.bot.sandbox.test_material import upload


def article(desk: Desktop, **changes: Any) -> dict[str, Any]:
    thumb = changes.pop("thumb_media_id", None)
    if thumb is None:
        thumb = upload(desk, "material/add_material", PICTURE, "image")["media_id"]
    return {
        "title": "周年庆来了",
        "author": "小鸿",
        "content": "<p>全场八折</p>",
        "thumb_media_id": thumb,
        **changes,
    }


def add(desk: Desktop, *articles: dict[str, Any]) -> str:
    media_id: str = desk.post("draft/add", {"articles": list(articles or [article(desk)])})[
        "media_id"
    ]
    return media_id


def only(desk: Desktop, media_id: str) -> dict[str, Any]:
    news: dict[str, Any] = desk.post("draft/get", {"media_id": media_id})["news_item"][0]
    return news


# --- drafts ------------------------------------------------------------------------------------


def test_a_draft_comes_back_as_it_was_given(desk: Desktop):
    given = article(desk, digest="八折", content_source_url="https://shop.example/")
    media_id = add(desk, {**given, "need_open_comment": 1})
    url = only(desk, media_id)["thumb_url"]
    assert only(desk, media_id) == {
        **given,
        "thumb_url": url,
        "need_open_comment": 1,
        "only_fans_can_comment": 0,
    }


def test_without_a_digest_the_first_words_of_the_content_make_one(desk: Desktop):
    words = "全场八折" * 20
    made = only(desk, add(desk, article(desk, content=f"<p>{words}</p><p>x</p>")))
    assert made["digest"] == words[:54]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"title": ""}, 40227, id="no title"),
        pytest.param({"title": "  "}, 40227, id="a title of spaces"),
        pytest.param({"title": "好" * 64}, None, id="a title of 64 characters"),
        pytest.param({"title": "好" * 65}, 45003, id="a title over 64"),
        pytest.param({"title": 5}, 47001, id="a title that is no text"),
        pytest.param({"digest": "好" * 120}, None, id="a digest of 120"),
        pytest.param({"digest": "好" * 121}, 45004, id="a digest over 120"),
        pytest.param({"content_source_url": "https://e/" + "x" * 1015}, 45005, id="a long address"),
        pytest.param({"content": ""}, 44004, id="no content"),
        pytest.param({"content": "好" * 19_999}, None, id="content under 20,000 characters"),
        pytest.param({"content": "好" * 20_000}, 45002, id="content of 20,000"),
        pytest.param({"thumb_media_id": "x"}, 40007, id="an unknown picture"),
        pytest.param({"thumb_media_id": ""}, 40007, id="no picture"),
        pytest.param({"need_open_comment": 2}, 40035, id="a flag that is none"),
    ],
)
def test_articles_that_are_refused(desk: Desktop, changes, expected):
    answer = desk.post("draft/add", {"articles": [article(desk, **changes)]})
    assert answer.get("errcode") == expected


@pytest.mark.parametrize("kind", ["media/upload", "voice"])
def test_the_thumb_is_a_permanent_picture(desk: Desktop, kind):
    if kind == "voice":
        file, path = Upload("a.amr", "audio/amr", b"#!AMR\n"), "material/add_material"
    else:
        file, path, kind = PICTURE, kind, "image"
    thumb = upload(desk, path, file, kind)["media_id"]
    answer = desk.post("draft/add", {"articles": [article(desk, thumb_media_id=thumb)]})
    assert answer["errcode"] == 40007


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 44003), (8, None), (9, 45008)], ids=["none", "eight", "nine"]
)
def test_one_to_eight_articles(desk: Desktop, count, expected):
    given = article(desk)
    assert desk.post("draft/add", {"articles": [given] * count}).get("errcode") == expected


def test_only_uploaded_pictures_stay_and_no_script(desk: Desktop):
    url = upload(desk, "media/uploadimg", PICTURE)["url"]
    content = (
        f'<p style="color:red">八折 &amp; <img src="{url}"><img src="https://e.example/spy.png">'
        '<a href="https://shop.example/">店</a><a href="javascript:alert(1)">x</a></p>'
        '<script>alert("<b>")</script><b onclick="alert(1)" class=c>好<iframe src=x>y</iframe>'
        "<form action=/sandbox/stop><input name=a>收</form><!-- 注 -->"
    )
    assert only(desk, add(desk, article(desk, content=content)))["content"] == (
        f'<p style="color:red">八折 &amp; <img src="{url}">'
        '<a href="https://shop.example/">店</a><a>x</a></p>'
        '<b class="c">好收</b>'
    )


def test_one_article_of_a_draft_is_replaced(desk: Desktop):
    media_id = add(desk, article(desk), article(desk, title="第二篇"))
    body = {"media_id": media_id, "index": 1, "articles": article(desk, title="新的第二篇")}
    desk.clock.advance(60)
    assert desk.post("draft/update", body)["errcode"] == 0
    found = desk.post("draft/get", {"media_id": media_id})
    assert [one["title"] for one in found["news_item"]] == ["周年庆来了", "新的第二篇"]
    assert found["update_time"] - found["create_time"] == 60
    assert desk.post("draft/update", {**body, "index": 2})["errcode"] == 40114
    assert desk.post("draft/update", {**body, "articles": {"title": ""}})["errcode"] == 40227


def test_the_box_is_counted_and_paged_newest_first(desk: Desktop):
    drafts = [add(desk) for _ in range(3)]
    assert desk.get("draft/count") == {"total_count": 3}
    page = desk.post("draft/batchget", {"offset": 1, "count": 1, "no_content": 1})
    assert (page["total_count"], page["item_count"]) == (3, 1)
    assert page["item"][0]["media_id"] == drafts[1]
    assert "content" not in page["item"][0]["content"]["news_item"][0]
    whole = desk.post("draft/batchget", {"offset": 0, "count": 20})
    assert whole["item"][0]["content"]["news_item"][0]["content"] == "<p>全场八折</p>"
    assert desk.post("draft/batchget", {"offset": 0, "count": 21})["errcode"] == 40097


def test_a_deleted_draft_is_gone(desk: Desktop):
    media_id = add(desk)
    assert desk.post("draft/delete", {"media_id": media_id})["errcode"] == 0
    assert desk.post("draft/delete", {"media_id": media_id})["errcode"] == 40007
    assert desk.post("draft/get", {"media_id": media_id})["errcode"] == 40007
    assert desk.post("draft/get", {})["errcode"] == 41006


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("draft/add", 1000),
        ("draft/get", 500),
        ("draft/delete", 1000),
        ("draft/update", 1000),
        ("draft/batchget", 1000),
        ("freepublish/submit", 100),
        ("freepublish/get", 100),
        ("freepublish/delete", 10),
        ("freepublish/getarticle", 100),
        ("freepublish/batchget", 100),
    ],
)
def test_each_call_has_its_quota(desk: Desktop, path, limit):
    desk.world.used[(f"/cgi-bin/{path}", "2026-11-21")] = limit - 1
    assert desk.post(path, {"media_id": "x"}).get("errcode") != 45009
    assert desk.post(path, {"media_id": "x"})["errcode"] == 45009


# --- publishing --------------------------------------------------------------------------------


def submit(desk: Desktop, media_id: str) -> str:
    answer = desk.post("freepublish/submit", {"media_id": media_id})
    assert answer["errcode"] == 0
    publish_id: str = answer["publish_id"]
    return publish_id


def event(desk: Desktop) -> dict[str, Any]:
    return next(one for one in desk.finished() if one.get("Event") == "PUBLISHJOBFINISH")


def test_a_draft_is_published_and_leaves_the_box(desk: Desktop):
    media_id = add(desk)
    job = desk.post("freepublish/get", {"publish_id": submit(desk, media_id)})
    assert desk.timeline.drain(5)
    done = desk.post("freepublish/get", {"publish_id": job["publish_id"]})
    assert (done["publish_status"], done["fail_idx"]) == (0, [])
    item = done["article_detail"]["item"][0]
    assert item["article_url"].startswith("http://127.0.0.1:8090/s/")
    news = desk.post("freepublish/getarticle", {"article_id": done["article_id"]})["news_item"]
    assert (news[0]["title"], news[0]["url"]) == ("周年庆来了", item["article_url"])
    assert news[0]["is_deleted"] is False
    assert desk.post("draft/get", {"media_id": media_id})["errcode"] == 40007


def test_until_its_end_the_job_is_publishing(desk: Desktop):
    with desk.world.lock:  # the end waits for the lock
        publish_id = submit(desk, add(desk))
        got = desk.post("freepublish/get", {"publish_id": publish_id})
    assert (got["publish_status"], "article_id" in got) == (1, False)


def test_the_event_nests_as_on_the_wire(desk: Desktop):
    publish_id = submit(desk, add(desk, article(desk), article(desk, title="第二篇")))
    told = event(desk)
    assert told["MsgType"] == "event"
    urls = [page.url for page in desk.world.room(Articles).pages.values()]
    info = parse(render(told))["PublishEventInfo"]
    article_id = info.pop("article_id")
    assert info == {
        "publish_id": publish_id,
        "publish_status": "0",
        "article_detail": {
            "count": "2",
            "item": [
                {"idx": "1", "article_url": urls[0]},
                {"idx": "2", "article_url": urls[1]},
            ],
        },
    }
    assert desk.post("freepublish/getarticle", {"article_id": article_id})["news_item"]


@pytest.mark.parametrize("status", [2, 3, 4])
def test_publishing_fails_on_demand_and_the_draft_stays(desk: Desktop, status):
    publishing.fail_next(desk.world, status, (1, 2))
    media_id = add(desk, article(desk), article(desk))
    publish_id = submit(desk, media_id)
    info = parse(render(event(desk)))["PublishEventInfo"]
    assert info == {
        "publish_id": publish_id,
        "publish_status": str(status),
        "fail_idx": ["1", "2"],
    }
    got = desk.post("freepublish/get", {"publish_id": publish_id})
    assert (got["publish_status"], got["fail_idx"]) == (status, [1, 2])
    assert only(desk, media_id)["title"] == "周年庆来了"
    assert not desk.world.room(Articles).pages


@pytest.mark.parametrize("errcode", publishing.REFUSALS)
def test_a_submit_is_refused_on_demand_once(desk: Desktop, errcode):
    publishing.refuse_next(desk.world, errcode)
    media_id = add(desk)
    assert desk.post("freepublish/submit", {"media_id": media_id})["errcode"] == errcode
    submit(desk, media_id)


def test_only_what_the_platform_says_can_be_demanded(desk: Desktop):
    with pytest.raises(ValueError, match="53503"):
        publishing.refuse_next(desk.world, 40001)
    with pytest.raises(ValueError, match="status"):
        publishing.fail_next(desk.world, 0)


def published(desk: Desktop, count: int = 1) -> str:
    submit(desk, add(desk, *[article(desk) for _ in range(count)]))
    article_id: str = event(desk)["PublishEventInfo"]["article_id"]
    desk.pushed.clear()
    return article_id


def test_articles_are_deleted_one_by_one_or_all(desk: Desktop):
    article_id = published(desk, 2)
    body = {"article_id": article_id, "index": 1}
    assert desk.post("freepublish/delete", body)["errcode"] == 0
    news = desk.post("freepublish/getarticle", {"article_id": article_id})["news_item"]
    assert [one["is_deleted"] for one in news] == [True, False]
    assert desk.post("freepublish/batchget", {"offset": 0, "count": 1})["total_count"] == 1
    assert desk.post("freepublish/delete", {"article_id": article_id})["errcode"] == 0
    (job,) = desk.world.room(publishing.Publications).jobs
    assert desk.post("freepublish/get", {"publish_id": job})["publish_status"] == 5
    assert desk.post("freepublish/batchget", {"offset": 0, "count": 1})["total_count"] == 0


def test_the_platform_can_ban_what_was_published(desk: Desktop):
    assert publishing.ban(desk.world, published(desk))
    (job,) = desk.world.room(publishing.Publications).jobs
    assert desk.post("freepublish/get", {"publish_id": job})["publish_status"] == 6
    assert not publishing.ban(desk.world, "x")


def test_what_is_published_is_paged_newest_first(desk: Desktop):
    first, second = published(desk), published(desk)
    page = desk.post("freepublish/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert [one["article_id"] for one in page["item"]] == [second, first]
    assert "content" not in page["item"][0]["content"]["news_item"][0]
    assert desk.post("freepublish/batchget", {"offset": 0, "count": 0})["errcode"] == 40097


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param("submit", {}, 41006, id="no draft"),
        pytest.param("submit", {"media_id": "x"}, 40007, id="an unknown draft"),
        pytest.param("get", {"publish_id": "1"}, 40035, id="an unknown job"),
        pytest.param("getarticle", {"article_id": "x"}, 53600, id="an unknown article"),
        pytest.param("delete", {"article_id": "x"}, 53600, id="deleting an unknown article"),
    ],
)
def test_publishing_calls_that_are_refused(desk: Desktop, path, body, expected):
    assert desk.post(f"freepublish/{path}", body)["errcode"] == expected


def test_an_article_number_that_is_none_cannot_be_deleted(desk: Desktop):
    body = {"article_id": published(desk), "index": 2}
    assert desk.post("freepublish/delete", body)["errcode"] == 40114


@pytest.mark.parametrize("kind", ["test", "service_unverified", "subscription_unverified"])
def test_who_may_not_publish(kind):
    desk = Desktop(a_config(kind=kind))
    assert desk.post("freepublish/submit", {"media_id": "x"})["errcode"] == 48001
    desk.timeline.stop()


@pytest.fixture
def keeping() -> Iterator[Desktop]:
    desktop = Desktop(a_config(switches=Switches(sent_drafts_leave=False)))
    yield desktop
    desktop.timeline.stop()


def test_drafts_stay_in_the_box_where_the_switch_says_so(keeping: Desktop):
    media_id = add(keeping)
    submit(keeping, media_id)
    assert event(keeping)["PublishEventInfo"]["publish_status"] == 0
    assert only(keeping, media_id)["title"] == "周年庆来了"


def test_publishing_reaches_no_phone(desk: Desktop):
    person = desk.follower()
    shown = person.shown
    published(desk)
    assert person.shown == shown


def test_the_draft_calls_want_their_method(desk: Desktop):
    call = Call("/cgi-bin/draft/count", "POST", {"access_token": desk.token}, b"{}")
    assert b"43001" in desk.gateway.answer(call).body
