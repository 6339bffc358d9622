"""Articles as followers read them: pages, what readers do, the numbers of a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from bot.sandbox import articles
from bot.sandbox.api.material import Material, Permanent
from bot.sandbox.article_html import kept, plain
from bot.sandbox.articles import Figure
from bot.sandbox.clock import MovableClock
from bot.sandbox.gateway import Upload
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.world import World
from tests.bot.sandbox.conftest import a_config
from tests.conftest import NOON

TODAY = "2026-11-21"
FIELDS = {
    "title": "周年庆<b>来了",
    "author": "小鸿",
    "digest": "八折",
    "content": "<p>全场<strong>八折</strong></p>",
    "content_source_url": "https://shop.example/sale",
    "need_open_comment": 1,
    "only_fans_can_comment": 0,
}


@pytest.fixture
def platform() -> Iterator[Platform]:
    made = Platform(a_config(callback_url=""), MovableClock(lambda: NOON))
    yield made
    made.world.ledger.close()


@pytest.fixture
def world(platform: Platform) -> World:
    return platform.world


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


def put(world: World, **changes: object) -> str:
    """An article on air; its key."""
    post = articles.compose(world, [{**FIELDS, **changes}], "publish")
    articles.release(world, post)
    return post.articles[0].key


# --- what readers do ---------------------------------------------------------------------------


def test_people_are_counted_once_and_times_each_time(world: World):
    first, second = put(world), put(world)
    for openid, key, scene in (
        ("o-1", first, 0),
        ("o-1", first, 0),
        ("o-2", first, 1),
        ("o-1", second, 2),
    ):
        articles.read(world, openid, key, scene)
    assert articles.figure(world, TODAY, "read") == Figure(2, 4)
    assert articles.figure(world, TODAY, "read", scene=0) == Figure(1, 2)
    assert articles.figure(world, TODAY, "read", keys={first}) == Figure(2, 3)
    assert articles.figure(world, TODAY, "read", hour=12) == Figure(2, 4)
    assert articles.figure(world, TODAY, "read", hour=13) == Figure(0, 0)
    assert articles.figure(world, "2026-11-20", "read") == Figure(0, 0)


def test_days_are_shanghai_days(platform: Platform):
    key = put(platform.world)
    platform.advance(timedelta(hours=12).total_seconds())
    articles.read(platform.world, "o-1", key)
    assert articles.figure(platform.world, "2026-11-22", "read", hour=0) == Figure(1, 1)


def test_every_act_has_its_number(world: World):
    key = put(world)
    assert articles.open_source(world, "o-1", key) == "https://shop.example/sale"
    articles.share(world, "o-1", key, 2)
    for toggle in (articles.like, articles.look, articles.favourite):
        assert toggle(world, "o-1", key)
        assert not toggle(world, "o-1", key)
        assert toggle(world, "o-2", key)
    articles.comment(world, "o-1", key, "好")
    acts = {act: articles.figure(world, TODAY, act) for act in articles.ACTS}
    twice = Figure(2, 2)
    assert acts == {
        "read": Figure(0, 0),
        "source": Figure(1, 1),
        "share": Figure(1, 1),
        "favourite": twice,
        "like": twice,
        "look": twice,
        "comment": Figure(1, 1),
    }
    article = articles.on_air(world, key)
    assert (article.likes, article.looks, article.favourites) == ({"o-2"},) * 3
    assert articles.figure(world, TODAY, "share", scene=2) == Figure(1, 1)


def test_scenes_are_the_platforms_own(world: World):
    key = put(world)
    with pytest.raises(ValueError, match="scene"):
        articles.read(world, "o-1", key, 3)
    with pytest.raises(ValueError, match="scene"):
        articles.share(world, "o-1", key, 0)


def test_what_happens_to_articles_stands_in_the_ledger(world: World):
    key = put(world)
    articles.read(world, "o-1", key, 1)
    (record,) = world.ledger.records("article_read")
    assert (record["openid"], record["article"], record["scene"]) == ("o-1", key, 1)


def test_a_deleted_article_takes_no_act(world: World):
    key = put(world)
    post = next(iter(world.room(articles.Articles).posts.values()))
    assert articles.delete(post)
    for act in (articles.read, articles.like, articles.share, articles.open_source):
        with pytest.raises(articles.Gone):
            act(world, "o-1", key)


def test_the_posts_of_a_day_without_previews(world: World):
    put(world)
    sent = articles.compose(world, [FIELDS], "mass")
    articles.release(world, sent, 100)
    articles.release(world, articles.compose(world, [FIELDS], "preview"), 1)
    assert [post.via for post in articles.posts_of(world, TODAY)] == ["publish", "mass"]
    assert articles.posts_of(world, TODAY, "mass") == [sent]
    assert articles.posts_of(world, "2026-11-20") == []


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_addresses_lead_to_this_platform(host):
    world = World(a_config(host=host, port=8099), MovableClock(lambda: NOON))
    post = articles.compose(world, [FIELDS], "publish")
    assert post.articles[0].url == f"http://127.0.0.1:8099/s/{post.articles[0].key}"


# --- the page ----------------------------------------------------------------------------------


def test_the_page_shows_the_article_and_counts_the_reader(client: FlaskClient, world: World):
    key = put(world)
    world.person("o-lin", "小林")
    page = client.get(f"/s/{key}?as=o-lin&scene=1")
    assert page.status_code == 200
    assert "周年庆&lt;b&gt;来了" in page.text
    assert "<p>全场<strong>八折</strong></p>" in page.text
    assert "2026-11-21 12:00" in page.text
    client.get(f"/s/{key}")
    client.get(f"/s/{key}?scene=77")
    assert articles.figure(world, TODAY, "read", scene=1) == Figure(1, 1)
    assert articles.figure(world, TODAY, "read", scene=0) == Figure(1, 1)
    assert articles.figure(world, TODAY, "read", scene=5) == Figure(1, 1)
    tally = world.room(articles.Articles).days[TODAY][key]
    assert tally.people[("read", 0, 12)] == {"o-me"}


def test_the_page_lets_no_script_of_the_article_run(client: FlaskClient, world: World):
    key = put(world, content='<p onclick="x()">八折</p><script>alert(1)</script>')
    page = client.get(f"/s/{key}")
    policy = page.headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == rules["default-src"] == "'none'"
    assert rules["img-src"] == "'self' data: http://127.0.0.1:8090"
    assert rules["form-action"] == "'self'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    own = page.text.split('<article class="content">')[0]
    assert "<script" not in own


def test_who_is_unknown_and_what_is_unknown_is_not_found(client: FlaskClient, world: World):
    assert client.get("/s/x").status_code == 404
    assert client.get(f"/s/{put(world)}?as=o-nobody").status_code == 404
    assert client.post(f"/s/{put(world)}/explode").status_code == 404
    assert client.post("/s/x/like").status_code == 404


def test_a_deleted_article_says_so(client: FlaskClient, world: World):
    key = put(world)
    articles.delete(next(iter(world.room(articles.Articles).posts.values())))
    page = client.get(f"/s/{key}")
    assert (page.status_code, "该内容已被发布者删除" in page.text) == (410, True)
    assert "八折" not in page.text
    assert articles.figure(world, TODAY, "read") == Figure(0, 0)


def test_a_reader_acts_on_the_page(client: FlaskClient, world: World):
    key = put(world)
    world.person("o-lin", "小林")
    for act in ("like", "look", "favourite", "share"):
        answer = client.post(f"/s/{key}/{act}", data={"as": "o-lin"})
        assert (answer.status_code, answer.location) == (303, f"/s/{key}?as=o-lin&seen=1")
        assert articles.figure(world, TODAY, act) == Figure(1, 1)
    client.post(f"/s/{key}/share", data={"as": "o-lin", "scene": "2"})
    assert articles.figure(world, TODAY, "share", scene=2) == Figure(1, 1)
    page = client.get(f"/s/{key}?as=o-lin&seen=1").text
    assert re.findall(r'aria-pressed="(\w+)"', page) == ["true"] * 3
    assert articles.figure(world, TODAY, "read") == Figure(0, 0)


def test_a_share_to_nowhere_changes_nothing(client: FlaskClient, world: World):
    key = put(world)
    assert client.post(f"/s/{key}/share", data={"scene": "moon"}).status_code == 303
    assert articles.figure(world, TODAY, "share") == Figure(0, 0)


def test_one_sees_the_elected_comments_and_ones_own(client: FlaskClient, world: World):
    key = put(world)
    for openid, name in (("o-lin", "小林"), ("o-wang", "小王")):
        world.person(openid, name)
    client.post(f"/s/{key}/comment", data={"as": "o-lin", "content": "<i>写得好"})
    client.post(f"/s/{key}/comment", data={"as": "o-lin", "content": ""})
    assert "&lt;i&gt;写得好" in client.get(f"/s/{key}?as=o-lin").text
    assert "写得好" not in client.get(f"/s/{key}?as=o-wang").text
    (comment,) = articles.on_air(world, key).comments.values()
    comment.elected, comment.reply = True, "谢谢"
    page = client.get(f"/s/{key}?as=o-wang").text
    assert "&lt;i&gt;写得好" in page
    assert "作者回复 谢谢" in page


def test_no_comment_form_where_comments_are_closed(client: FlaskClient, world: World):
    assert "写留言" in client.get(f"/s/{put(world)}").text
    assert "写留言" not in client.get(f"/s/{put(world, need_open_comment=0)}").text


def test_a_page_elsewhere_cannot_press_the_buttons(client: FlaskClient, world: World):
    key = put(world)
    own = client.post(f"/s/{key}/like", headers={"Origin": "http://localhost"})
    other = client.post(f"/s/{key}/like", headers={"Origin": "https://evil.example"})
    assert (own.status_code, other.status_code) == (303, 403)
    assert articles.figure(world, TODAY, "like") == Figure(1, 1)


@pytest.mark.parametrize(
    ("url", "status"),
    [("https://shop.example/sale", 302), ("", 404), ("javascript:alert(1)", 404)],
)
def test_the_original_is_reached_by_a_link(client: FlaskClient, world: World, url, status):
    key = put(world, content_source_url=url)
    assert ("阅读原文" in client.get(f"/s/{key}").text) == (status == 302)
    answer = client.get(f"/s/{key}/source")
    assert answer.status_code == status
    if status == 302:
        assert answer.location == url
        assert articles.figure(world, TODAY, "source") == Figure(1, 1)


def test_uploaded_pictures_are_served(client: FlaskClient, world: World):
    world.room(Material).pictures["a.png"] = Upload("a.png", "image/png", b"png")
    answer = client.get("/mmbiz/a.png")
    assert (answer.data, answer.mimetype) == (b"png", "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    media_id = world.add_media("image", b"jpg", "image/jpeg", "b.jpg", permanent=True)
    world.room(Material).kept[media_id] = Permanent("image", "b.jpg", world.clock())
    assert client.get(f"/mmbiz/{media_id}").data == b"jpg"
    assert client.get("/mmbiz/none.png").status_code == 404


# --- what stays of the HTML --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "<P Class=a>好 &amp; &#8220;x</P>",
            "<P Class=a>好 &amp; &#8220;x</p>",
            id="harmless markup",
        ),
        pytest.param("a < b", "a &lt; b", id="a bare angle bracket"),
        pytest.param("<p><b>x", "<p><b>x</b></p>", id="what is open is closed"),
        pytest.param("</div></main>x", "x", id="what was not open is not closed"),
        pytest.param("<b><i>x</b>y</i>", "<b><i>x</i></b>y", id="crossed elements"),
        pytest.param("<script>x</script>y", "y", id="a script"),
        pytest.param("<script>x", "", id="a script without end"),
        pytest.param("<scr<script>ipt>x</script>y", "ipt>xy", id="a script in a script"),
        pytest.param("<svg><p onload=x>a</p></svg>b", "b", id="a drawing"),
        pytest.param("<style>p{}</style>b", "b", id="a style sheet"),
        pytest.param("<img src=x onerror=y>", "", id="a picture from elsewhere"),
        pytest.param('<img data-src="u">', '<img data-src="u">', id="an uploaded picture"),
        pytest.param("<a href='JaVaScRiPt:x'>a</a>", "<a>a</a>", id="a script as address"),
        pytest.param("<a href=' javascript:x'>a</a>", "<a>a</a>", id="after a space"),
        pytest.param("<a href=data:text/html,x>a</a>", "<a>a</a>", id="a page as address"),
        pytest.param("<p srcdoc=x>a</p>", "<p>a</p>", id="a page as attribute"),
        pytest.param("<meta http-equiv=refresh><base href=x>a", "a", id="of the head"),
        pytest.param("<br/><hr>", "<br/><hr>", id="void elements"),
        pytest.param("<!doctype html><!-- x --><?php x?>a", "a", id="what nobody sees"),
    ],
)
def test_what_stays_of_an_article(content, expected):
    assert kept(content, {"u"}) == expected


def test_the_words_of_an_article():
    assert plain("<p>全场&nbsp;八折</p>\n<p>&lt;今天&gt;</p>") == "全场 八折 <今天>"
