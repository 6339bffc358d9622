"""The pages without a browser: what they ask for, what a tap does, what the traffic tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox.config import Limits
from bot.sandbox.people import ME, Bubble, Person
from bot.sandbox.platform import Platform
from bot.sandbox.traffic import KEPT, LONGEST, Exchange, Traffic, masked
from bot.sandbox.web.app import create_app
from bot.sandbox.web.pieces import Picture, Piece, opened, picture_of, pieces
from bot.sandbox.web.recent import Recent
from bot.sandbox.web.views import WindowView, chat_of, curl, pretty
from bot.sandbox.windows import Window
from tests.bot.sandbox.conftest import SUCCESS, Asked, Desktop, a_config
from tests.conftest import NOON

HERE = "127.0.0.1:8090"


@pytest.fixture
def heard() -> list[Asked]:
    return []


@pytest.fixture
def platform(dumb_bot, heard) -> Iterator[Platform]:
    def answer(asked: Asked) -> tuple[int, str, bytes]:
        heard.append(asked)
        return SUCCESS

    url = f"{dumb_bot(answer).url}/wechat"
    made = Platform(a_config(callback_url=url, mode="plain"))
    made.timeline.start()
    made.pusher.start()
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


@pytest.fixture
def me(platform: Platform) -> Person:
    person = platform.world.person(ME)
    platform.acts.follow(person)
    assert platform.pusher.drain(10)
    return person


def live(client: FlaskClient, path: str = f"/phone/{ME}/live", **known: Any) -> dict[str, Any]:
    answer = client.get(path, query_string=known)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


# --- what a page asks for every second -----------------------------------------------------------


def test_a_page_gets_only_the_bubbles_that_it_has_not(client, platform, me):
    whole = live(client)
    assert (whole["shown"], whole["whole"]) == (1, True)
    assert "关注了公众号" in whole["chat"]
    platform.acts.say(me, "第二条")
    fresh = live(client, shown=1)
    assert (fresh["shown"], fresh["whole"]) == (2, False)
    assert "第二条" in fresh["chat"]
    assert "关注了公众号" not in fresh["chat"]
    assert live(client, shown=2)["chat"] == ""


def test_a_page_that_knows_more_than_a_new_platform_is_filled_afresh(client, me):
    assert live(client, shown=77, traffic=99)["whole"] is True
    assert live(client, shown=77, traffic=99)["afresh"] is True


def test_a_page_that_slept_through_more_than_is_kept_is_filled_afresh(client, platform, me):
    for number in range(250):
        platform.world.show(me, Bubble("account", "text", f"第{number}条", NOON))
    found = live(client, shown=1)
    assert found["whole"] is True
    assert found["chat"].count('class="bubble account') == 200


def test_the_parts_that_have_not_changed_are_left_out(client, me):
    first = live(client)
    keys = {name: first[name]["key"] for name in ("state", "menu", "people")}
    again = live(client, **keys)
    assert [again[name] for name in keys] == [None, None, None]


def test_the_lines_are_numbered_through_what_is_forgotten():
    person = Person("o-lin", "小林")
    for number in range(205):
        person.show(Bubble("account", "text", str(number), NOON))
    assert [view.number for view in chat_of(person, 203, HERE)] == [204, 205]
    assert len(chat_of(person, 0, HERE)) == 200


@pytest.mark.parametrize("path", ["/", "/account", "/traffic", "/traffic/live", f"/phone/{ME}"])
def test_no_page_answers_to_a_name_that_is_not_this_machines(client, path):
    assert client.get(path).status_code == 200
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 403


def test_the_accounts_secrets_stand_on_one_page_only(client, platform):
    secret = platform.config.appsecret
    assert secret in client.get("/account").text
    for path in ("/", "/live", "/traffic", f"/phone/{ME}", f"/phone/{ME}/live"):
        assert secret not in client.get(path).text


def test_a_call_that_carries_the_secret_does_not_show_it(client, platform):
    fields = {
        "grant_type": "client_credential",
        "appid": platform.config.appid,
        "secret": platform.config.appsecret,
    }
    token = client.post("/cgi-bin/stable_token", json=fields).json["access_token"]
    client.get("/cgi-bin/token", query_string=fields)
    client.get(f"/cgi-bin/user/get?access_token={token}")
    shown = live(client, "/traffic/live")["exchanges"]
    assert shown.count("<details") == 3
    assert platform.config.appsecret not in shown
    assert token not in shown


# --- the menu ------------------------------------------------------------------------------------

BUTTONS = [
    pytest.param(
        {"type": "click", "key": "K"}, "", {"CLICK": "<EventKey><![CDATA[K]]>"}, "click", id="click"
    ),
    pytest.param(
        {"type": "view", "url": "https://e.example/"},
        "",
        {"VIEW": "<EventKey><![CDATA[https://e.example/]]>"},
        "",
        id="view",
    ),
    pytest.param(
        {"type": "scancode_push", "key": "K"},
        "https://e.example/q",
        {"scancode_push": "<ScanResult><![CDATA[https://e.example/q]]>"},
        "click",
        id="scancode_push",
    ),
    pytest.param(
        {"type": "scancode_waitmsg", "key": "K"},
        "690",
        {"scancode_waitmsg": "<ScanType><![CDATA[barcode]]>"},
        "click",
        id="scancode_waitmsg",
    ),
    pytest.param(
        {"type": "pic_sysphoto", "key": "K"},
        "",
        {"pic_sysphoto": "<Count>1</Count>", "image": "<PicUrl>"},
        "message",
        id="pic_sysphoto",
    ),
    pytest.param(
        {"type": "pic_photo_or_album", "key": "K"},
        "",
        {"pic_photo_or_album": "<PicMd5Sum>", "image": "<MediaId>"},
        "message",
        id="pic_photo_or_album",
    ),
    pytest.param(
        {"type": "pic_weixin", "key": "K"},
        "",
        {"pic_weixin": "<PicList><item>", "image": "<MediaId>"},
        "message",
        id="pic_weixin",
    ),
    pytest.param(
        {"type": "location_select", "key": "K"},
        "外滩",
        {"location_select": "<Label><![CDATA[外滩]]>"},
        "",
        id="location_select",
    ),
    pytest.param(
        {"type": "miniprogram", "appid": "wx1", "pagepath": "pages/i", "url": "https://e.example/"},
        "",
        {"view_miniprogram": "<EventKey><![CDATA[pages/i]]>"},
        "",
        id="miniprogram",
    ),
]


@pytest.mark.parametrize(("button", "result", "pushed", "opens"), BUTTONS)
def test_what_a_tap_pushes_and_which_window_it_opens(
    client, platform, me, heard, button, result, pushed, opens
):
    platform.world.menu = [{"name": "一"}, {"name": "二", "sub_button": [{"name": "三", **button}]}]
    me.window = Window()
    heard.clear()
    done = client.post("/sandbox/tap", json={"openid": ME, "path": "1.0", "result": result})
    assert done.status_code == 200, done.text
    assert platform.pusher.drain(10)
    told = [asked.body.decode() for asked in heard]
    assert len(told) == len(pushed)
    for body, (name, part) in zip(told, pushed.items(), strict=True):
        assert f"<![CDATA[{name}]]>" in body
        assert part in body
    left = {"": 0, "click": 3, "message": 5}[opens]
    assert me.window.left == left


def test_material_on_the_menu_is_sent_by_the_platform_itself(client, platform, me, heard):
    picture = platform.world.add_media("image", b"png", "image/png", "a.png", permanent=True)
    platform.world.menu = [{"type": "media_id", "name": "海报", "media_id": picture}]
    heard.clear()
    assert client.post("/sandbox/tap", json={"openid": ME, "path": "0"}).status_code == 200
    assert platform.pusher.drain(10)
    assert heard == []
    assert (me.chat[-1].kind, me.chat[-1].via) == ("image", "menu")


@pytest.mark.parametrize(
    ("menu", "path"),
    [
        pytest.param([], "0", id="no menu"),
        pytest.param([{"name": "一", "type": "click", "key": "K"}], "1", id="another button"),
        pytest.param([{"name": "一", "type": "click", "key": "K"}], "0.0", id="no sub-button"),
        pytest.param([{"name": "一", "type": "click", "key": "K"}], "x", id="no number"),
        pytest.param([{"name": "一", "sub_button": []}], "0", id="a button that does nothing"),
        pytest.param(
            [{"name": "一", "type": "media_id", "media_id": "gone"}], "0", id="material gone"
        ),
        pytest.param(
            [{"name": "一", "type": "article_id", "article_id": "gone"}], "0", id="article gone"
        ),
    ],
)
def test_a_tap_on_nothing_is_refused(client, platform, me, menu, path):
    platform.world.menu = menu
    answer = client.post("/sandbox/tap", json={"openid": ME, "path": path})
    assert answer.status_code == 422


def test_who_does_not_follow_cannot_tap(client, platform):
    platform.world.menu = [{"name": "扫", "type": "scancode_push", "key": "K"}]
    answer = client.post("/sandbox/tap", json={"openid": ME, "path": "0"})
    assert answer.status_code == 409


# --- words and links -----------------------------------------------------------------------------


def test_a_link_that_speaks_for_the_follower_is_no_address():
    text = (
        '<a href="weixin://bizmsgmenu?msgmenucontent=%E4%BC%98%E6%83%A0&amp;msgmenuid=7">点我</a>'
    )
    assert pieces(text) == [Piece("点我", "", "优惠", "7")]


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        pytest.param("https://e.example/a?b=1#c", "https://e.example/a?b=1#c", id="elsewhere"),
        pytest.param(f"http://{HERE}/s/1?x=2#c", f"http://{HERE}/s/1?x=2&as=o-lin#c", id="here"),
        pytest.param(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx#wechat_redirect",
            "/connect/oauth2/authorize?appid=wx&as=o-lin",
            id="the consent page",
        ),
        pytest.param(
            "https://mp.weixin.qq.com/mp/subscribemsg?scene=1#wechat_redirect",
            "/mp/subscribemsg?scene=1&as=o-lin",
            id="the page of a one-time subscription",
        ),
        pytest.param("https://mp.weixin.qq.com/s/1", "https://mp.weixin.qq.com/s/1", id="not ours"),
        pytest.param("javascript:alert(1)", "", id="a script"),
        pytest.param("http://[", "", id="no address"),
        pytest.param("https://", "", id="no host"),
    ],
)
def test_where_a_tap_on_a_link_leads(url, leads):
    assert opened(url, "o-lin", HERE) == leads


@pytest.mark.parametrize(
    ("window", "state", "words"),
    [
        pytest.param(Window(), "closed", "45015", id="never opened"),
        pytest.param(Window(3, NOON), "closed", "45015", id="over"),
        pytest.param(Window(0, NOON.replace(hour=5)), "used", "45047", id="used up"),
        pytest.param(Window(2, NOON.replace(hour=5)), "open", "还可发 2 条", id="open"),
    ],
)
def test_what_developers_see_of_the_window(window, state, words):
    view = WindowView.of(Person("o-lin", "小林", window=window), NOON)
    assert view.state == state
    assert words in view.words


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        pytest.param("", None, id="none"),
        pytest.param("media:a-b_1", Picture("/media/a-b_1"), id="material"),
        pytest.param("media:../x?y", Picture("/media/..%2Fx%3Fy"), id="no material at all"),
        pytest.param(f"http://{HERE}/mmbiz/a.png", Picture("/mmbiz/a.png"), id="a file of ours"),
        pytest.param(
            "http://mmbiz.qpic.cn/sandbox/a-b_1/0", Picture("/media/a-b_1"), id="what a person sent"
        ),
        pytest.param(
            "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=t",
            Picture("/cgi-bin/showqrcode?ticket=t"),
            id="a code",
        ),
        pytest.param(f"http://{HERE}/sandbox/state", Picture(host="127.0.0.1"), id="no picture"),
        pytest.param("https://e.example/a.png", Picture(host="e.example"), id="elsewhere"),
        pytest.param("javascript:alert(1)", Picture(), id="a script"),
        pytest.param("data:image/png;base64,x", Picture(), id="data"),
        pytest.param("http://[", Picture(), id="no address"),
    ],
)
def test_where_a_picture_is_taken_from(picture, shown):
    assert picture_of(picture, HERE) == shown


@pytest.mark.parametrize(
    ("kind", "content_type", "data", "status"),
    [
        pytest.param("image", "image/png", b"png", 200, id="a picture"),
        pytest.param("thumb", "image/jpeg", b"jpg", 200, id="a small one"),
        pytest.param("image", "", b"", 404, id="one without bytes"),
        pytest.param("image", "image/svg+xml", b"<svg/>", 404, id="one that can hold a script"),
        pytest.param("image", "text/html", b"<p>", 404, id="a page that calls itself one"),
        pytest.param("video", "video/mp4", b"mp4", 404, id="a video"),
    ],
)
def test_the_phone_is_given_pictures_only(client, platform, me, kind, content_type, data, status):
    media_id = platform.world.add_media(kind, data, content_type)
    answer = client.get(f"/media/{media_id}")
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    bubble = Bubble("account", "image", "[image]", NOON, "custom", picture=f"media:{media_id}")
    platform.world.show(me, bubble)
    chat = client.get(f"/phone/{ME}/chat").text
    assert (f'src="/media/{media_id}"' in chat) is (status == 200)
    assert ("[图片]" in chat) is (status != 200)
    if status == 200:
        assert (answer.data, answer.content_type) == (data, content_type)


def test_a_picture_is_gone_with_its_three_days(client, platform):
    brief = platform.world.add_media("image", b"png", "image/png")
    for_good = platform.world.add_media("image", b"png", "image/png", permanent=True)
    platform.world.clock.advance(3 * 86400)
    assert client.get(f"/media/{brief}").status_code == 404
    assert client.get(f"/media/{for_good}").status_code == 200
    assert client.get("/media/none").status_code == 404


def test_a_card_says_what_it_refuses(client, platform, me):
    def shown(url: str, picture: str) -> str:
        platform.world.show(
            me, Bubble("account", "news", "标题", NOON, "custom", url, "", (), picture)
        )
        return live(client, shown=me.shown - 1)["chat"]

    refused = shown("javascript:alert(1)", "javascript:alert(2)")
    assert "链接被拒绝" in refused
    assert "图片的地址无效" in refused
    assert "javascript" not in refused
    elsewhere = shown("https://e.example/", "https://img.example/a.png")
    assert "链接被拒绝" not in elsewhere
    assert "图片在 img.example" in elsewhere
    assert "<img" not in elsewhere
    assert "链接被拒绝" not in shown("", "")


# --- who has chatted last ------------------------------------------------------------------------


def test_the_human_comes_first_then_who_has_chatted_last(desk: Desktop):
    desk.chatting("o-before")
    recent = Recent(desk.world)
    for openid in ("o-lin", "o-wang", "o-lin"):
        desk.chatting(openid)
    desk.acts.revoke(desk.world.person("o-lin"), "206")
    assert [person.openid for person in recent.people(9)] == [ME, "o-lin", "o-wang", "o-before"]
    assert len(recent.people(1)) == 2


def test_people_are_found_by_name_remark_and_openid(desk: Desktop):
    recent = Recent(desk.world)
    lin = desk.world.person("oAbCdEfGh", "小林")
    lin.remark = "老客户"
    for words in ("小林", "老客", "oabcdefgh", "BCDE"):
        assert recent.search(words, 9) == [lin]
    assert recent.search("bc", 9) == []


# --- the traffic ---------------------------------------------------------------------------------


def noted(traffic: Traffic, sent: str, openid: str = "o-lin", way: str = "push") -> Exchange:
    traffic.note(NOON, way, "text", openid, sent, "", "late")
    return traffic.since()[-1]


def test_pushes_that_are_lost_in_a_pause_are_shown(dumb_bot):
    url = dumb_bot(lambda _: (500, "text/plain", b"")).url
    limits = Limits(retry_gap=0, job_delay=0, mark_fail=3)
    platform = Platform(a_config(callback_url=url, mode="plain", limits=limits))
    platform.pusher.start()
    lin = platform.world.person("o-lin")
    platform.acts.follow(lin)
    platform.acts.say(lin, "还在吗")
    assert platform.pusher.drain(10)
    lost = platform.world.traffic.since()[-1]
    platform.stop()
    assert (lost.what, lost.outcome, lost.rule, lost.delivery) == ("text", "dropped", "MarkFail", 0)
    assert "还在吗" in lost.sent
    assert lost.failed


def test_repeated_deliveries_are_counted_and_another_push_begins_anew():
    traffic = Traffic()
    assert [noted(traffic, "<a/>").delivery for _ in range(3)] == [1, 2, 3]
    assert noted(traffic, "<a/>", "o-wang").delivery == 1
    assert noted(traffic, "<b/>").delivery == 1
    assert noted(traffic, "{}", way="call").delivery == 0


@pytest.mark.parametrize(
    "exchange",
    [
        pytest.param({"openid": "o-lin"}, id="about the person"),
        pytest.param({"sent": '{"touser":["o-lin","o-b"]}'}, id="one of a list"),
        pytest.param({"sent": "<OpenID><![CDATA[o-lin]]></OpenID>"}, id="named inside a push"),
        pytest.param({"query": "openid=o-lin&lang=zh_CN"}, id="named in the address"),
    ],
)
def test_what_concerns_a_person(exchange):
    fields = {"openid": "", "sent": "", **exchange}
    traffic = Traffic()
    traffic.note(NOON, "call", "/x", answered="", outcome="0", **fields)
    assert len(traffic.since(0, "o-lin")) == 1
    assert traffic.since(0, "o-li") == []


def test_a_platform_that_keeps_no_traffic_says_so():
    quiet = Platform(a_config(limits=Limits(kept=10)))
    page = create_app(quiet).test_client().get("/traffic").text
    quiet.stop()
    assert "不记录往来" in page


def test_only_the_last_exchanges_are_kept_and_long_ones_cut():
    traffic = Traffic()
    for number in range(KEPT + 5):
        noted(traffic, "x" * (LONGEST + 1), str(number))
    assert len(traffic.since()) == KEPT
    assert len(traffic.since()[0].sent) == LONGEST
    assert [one.number for one in traffic.since(KEPT, most=3)] == [KEPT + 3, KEPT + 4, KEPT + 5]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param('{"access_token": "abcdefgh"}', '{"access_token": "abcd***"}', id="JSON"),
        pytest.param("access_token=abcdefgh&x=1", "access_token=abcd***&x=1", id="a query"),
        pytest.param("appid=wx1&secret=12345678", "appid=wx1&secret=1234***", id="a secret"),
        pytest.param('{"content": "secret"}', '{"content": "secret"}', id="a word"),
    ],
)
def test_tokens_and_secrets_are_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param('{"a":"好","b":[1]}', '{\n  "a": "好",\n  "b": [\n    1\n  ]\n}', id="JSON"),
        pytest.param(
            "<xml><A><![CDATA[<b>]]></A><B><C>1</C></B></xml>",
            "<xml>\n  <A><![CDATA[<b>]]></A>\n  <B>\n    <C>1</C>\n  </B>\n</xml>",
            id="XML",
        ),
        pytest.param("<xml><A>1</B", "<xml>\n  <A>1</B", id="broken XML"),
        pytest.param("success", "success", id="a word"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_both_sides_are_laid_out_to_be_read(text, shown):
    assert pretty(text) == shown


def test_a_call_can_be_repeated_in_a_shell():
    traffic = Traffic()
    traffic.note(
        NOON,
        "call",
        "/cgi-bin/x",
        "",
        '{"a":"it\'s"}',
        "{}",
        "0",
        method="POST",
        query="access_token=abcdefgh",
    )
    line = curl(traffic.since()[0], "http://127.0.0.1:8090")
    assert line == (
        "curl -X POST 'http://127.0.0.1:8090/cgi-bin/x?access_token=abcd***' "
        "-H 'Content-Type: application/json' --data-binary '{\"a\":\"it'\"'\"'s\"}'"
    )
