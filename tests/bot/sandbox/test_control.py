"""The control plane and the pages, through the Flask client."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox.people import Bubble
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.web.pages import Piece, pieces
from tests.bot.sandbox.conftest import SUCCESS, DumbBot, a_config


@pytest.fixture
def platform(dumb_bot) -> Iterator[Platform]:
    bot: DumbBot = dumb_bot(lambda _: SUCCESS)
    made = Platform(a_config(callback_url=f"{bot.url}/wechat/default", mode="plain"))
    made.timeline.start()
    made.pusher.start()
    yield made
    made.stop()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return create_app(platform).test_client()


def post(client: FlaskClient, act: str, expected: int = 200, **body: Any) -> dict[str, Any]:
    response = client.post(f"/sandbox/{act}", json=body)
    assert response.status_code == expected, response.text
    answer: dict[str, Any] = response.json
    return answer


def test_a_named_person_follows_chats_and_leaves(client: FlaskClient):
    openid = post(client, "follow", name="小林", scene="store01")["openid"]
    assert post(client, "say", name="小林", text="你好") == {"openid": openid, "done": True}
    post(client, "voice", openid=openid, text="想喝咖啡")
    post(client, "picture", openid=openid)
    post(client, "click", openid=openid, key="COUPON")
    post(client, "view", openid=openid, url="https://e.example/")
    post(client, "scan", openid=openid, scene="store02")
    post(client, "revoke", openid=openid, code="206")
    post(client, "modify", openid=openid)
    post(client, "unfollow", openid=openid)
    assert post(client, "unfollow", openid=openid)["done"] is False
    settled = post(client, "stop", timeout=10)
    assert settled["drained"] is True
    assert settled["callbacks"]["pushes"] == settled["callbacks"]["silent"] == 10
    assert (settled["followers"], settled["subscribed"]) == (1, 0)
    chat = client.get(f"/sandbox/chat/{openid}").json
    assert [line["side"] for line in chat["chat"]].count("user") == 3


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        pytest.param("dance", {}, 404, id="an act that is none"),
        pytest.param("say", {"openid": "o-lin", "text": "x"}, 409, id="who does not follow"),
        pytest.param("click", {"openid": "o-lin"}, 422, id="a click on nothing"),
        pytest.param("revoke", {"openid": "o-lin", "code": "9"}, 422, id="an unknown code"),
        pytest.param("fault", {"path": "*", "kind": "x"}, 422, id="a fault that is none"),
        pytest.param("advance", {"seconds": -1}, 422, id="time backwards"),
    ],
)
def test_what_the_control_plane_refuses(client: FlaskClient, act, body, status):
    assert "error" in post(client, act, status, **body)


def test_a_form_from_another_page_is_refused(client: FlaskClient):
    assert client.post("/sandbox/follow", data={"name": "x"}).status_code == 415


def token(client: FlaskClient) -> str:
    fields = {
        "grant_type": "client_credential",
        "appid": "wxsandbox00000001",
        "secret": "secret-of-the-sandbox",
    }
    return str(client.post("/cgi-bin/stable_token", json=fields).json["access_token"])


def test_a_whole_exchange_and_its_books(client: FlaskClient):
    openid = post(client, "follow", name="小林")["openid"]
    body = {"touser": openid, "msgtype": "text", "text": {"content": "好 https://e.example/t/a"}}
    sent = client.post(
        f"/cgi-bin/message/custom/send?access_token={token(client)}",
        data=json.dumps(body, ensure_ascii=False).encode(),
    )
    assert sent.json == {"errcode": 0, "errmsg": "ok"}
    post(client, "stop")
    books = client.get("/sandbox/ledger").json
    (entry,) = books["accepted"][openid]
    assert (entry["kind"], entry["links"]) == ("text", ["https://e.example/t/a"])
    assert books["people"] == [{"openid": openid, "subscribed": True, "scene": "", "interests": []}]
    assert set(books["callbacks"]["latency_ms"]) == {"p50", "p95", "p99"}
    assert client.get("/sandbox/state").json["acts"]["follow"] == 1


def test_faults_tokens_and_time_are_set_from_outside(client: FlaskClient):
    first = token(client)
    post(client, "fault", path="/cgi-bin/user/get", times=1, kind="errcode", errcode=-1)
    asked = f"/cgi-bin/user/get?access_token={first}"
    assert client.get(asked).json["errcode"] == -1
    assert client.get(asked).json["total"] == 0
    post(client, "expire_tokens")
    assert client.get(asked).json["errcode"] == 40001
    second = token(client)
    post(client, "advance", seconds=7200)
    assert client.get(f"/cgi-bin/user/get?access_token={second}").json["errcode"] == 42001
    post(client, "fault", lose_answers=1.0)
    post(client, "follow", name="小林")
    assert post(client, "stop")["callbacks"]["repeated"] == 2
    post(client, "clear_faults")
    post(client, "follow", name="小王")
    assert post(client, "stop")["callbacks"]["repeated"] == 2


def test_an_uploaded_picture_can_be_sent(client: FlaskClient):
    openid = post(client, "follow", name="小林")["openid"]
    access = token(client)
    uploaded = client.post(
        f"/cgi-bin/media/upload?type=image&access_token={access}",
        data={"media": (io.BytesIO(b"\x89PNG"), "a.png", "image/png")},
    ).json
    body = {"touser": openid, "msgtype": "image", "image": {"media_id": uploaded["media_id"]}}
    sent = client.post(f"/cgi-bin/message/custom/send?access_token={access}", json=body)
    assert sent.json["errcode"] == 0


def test_the_pages_show_what_goes_on_and_escape_it(client: FlaskClient, platform: Platform):
    openid = post(client, "follow", name="<b>小林")["openid"]
    post(client, "say", openid=openid, text="<script>alert(1)</script>")
    lin = platform.world.person(openid)
    text = '看<a href="https://e.example/t/a">这里</a><img src=x>'
    platform.world.show(lin, Bubble("account", "text", text, platform.world.clock(), "custom"))
    overview = client.get("/")
    assert overview.status_code == 200
    assert "default-src 'self'" in overview.headers["Content-Security-Policy"]
    assert "secret-of-the-sandbox" not in overview.text
    live, page = client.get("/live").text, client.get(f"/phone/{openid}").text
    chat = client.get(f"/phone/{openid}/chat")
    assert "&lt;b&gt;小林" in live
    assert "<b>小林" not in live + page
    assert "<script>alert" not in chat.text
    assert "<img" not in chat.text
    assert '<a href="https://e.example/t/a"' in chat.text
    assert chat.headers["X-Subscribed"] == "1"
    assert "客服消息" in chat.text


def test_my_own_phone_is_there_from_the_start_with_the_menu(
    client: FlaskClient, platform: Platform
):
    platform.world.menu = [{"type": "click", "name": "优惠券", "key": "COUPON"}]
    page = client.get("/phone/o-me").text
    assert 'data-key="COUPON"' in page
    assert client.get("/phone/o-nobody").status_code == 404
    with client.get("/static/sandbox.js") as script:
        assert script.status_code == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("你好", [Piece("你好")], id="plain"),
        pytest.param(
            "看 https://e.example/a，好",
            [Piece("看 "), Piece("https://e.example/a", "https://e.example/a"), Piece("，好")],
            id="a bare address",
        ),
        pytest.param(
            '<a href="javascript:alert(1)">点我</a>', [Piece("点我")], id="no script in a link"
        ),
    ],
)
def test_how_a_text_falls_into_pieces(text, expected):
    assert pieces(text) == expected
