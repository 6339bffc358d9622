"""The product's reading of the platform and the sandbox's, held against each other."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from bot.clock import utc_now
from bot.errors import MessageRefused, TokenRejected, UserUnreachable
from bot.sandbox.config import Switches
from bot.sandbox.people import FAULT_NOTICE, Person
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.values import inbound, replies
from bot.wechat.callback import Gate, read_query
from bot.wechat.client import WeChatClient
from bot.wechat.inbound import to_value
from bot.wechat.outbound import render
from tests.bot.sandbox.conftest import QUICK, Answer, Asked, DumbBot, a_config

ARTICLE = replies.Article("火锅周年庆", "两人同行", "https://e.example/t/a")


class Product:
    """The product's gate and renderer behind a callback; answers all with `reply`."""

    def __init__(self, mode: str) -> None:
        config = a_config()
        self.gate = Gate(
            config.token,
            config.appid,
            (config.aes_key,),
            accept_plain=mode == "plain",
            original_id=config.original_id,
        )
        self.reply: replies.Reply = replies.NO_REPLY
        self.heard: list[inbound.Inbound] = []

    def __call__(self, asked: Asked) -> Answer:
        query, now = read_query(urlsplit(asked.path).query), utc_now()
        if asked.method == "GET":
            return 200, "text/plain", self.gate.verify_url(query, now).encode()
        opened = self.gate.open(query, asked.body, now)
        message = to_value(opened.fields)
        self.heard.append(message)
        xml = render(
            self.reply,
            message.openid,
            message.account,
            now,
            to_message=isinstance(message, inbound.Message),
        )
        return 200, "application/xml", self.gate.seal(xml, opened, now)


class Meeting:
    def __init__(self, product: Product, bot: DumbBot, mode: str) -> None:
        self.product = product
        config = a_config(
            callback_url=f"{bot.url}/wechat/default",
            mode=mode,
            limits=QUICK,
            switches=Switches(reply_media=False),
        )
        self.platform = Platform(config)
        self.platform.timeline.start()
        self.platform.pusher.start()
        self.lin = self.platform.world.person("o-lin")

    def settled(self) -> list[inbound.Inbound]:
        assert self.platform.settle(10)
        return self.product.heard


@pytest.fixture(params=["safe", "compatible", "plain"])
def meeting(request: pytest.FixtureRequest, dumb_bot) -> Iterator[Meeting]:
    product = Product(request.param)
    made = Meeting(product, dumb_bot(product), request.param)
    yield made
    made.platform.stop()


def test_the_product_answers_the_verification(meeting: Meeting):
    assert meeting.platform.pusher.verify()


def test_every_push_is_known_to_the_product(meeting: Meeting):
    acts, lin = meeting.platform.acts, meeting.lin
    acts.follow(lin, "store01")
    acts.say(lin, "想喝咖啡 ]]>😀&<b>")
    acts.say(lin, "满意", menu_id="101")
    acts.send_picture(lin)
    acts.send_voice(lin, "想吃火锅")
    acts.send_location(lin, "人民广场", random.Random(1))
    acts.click(lin, "COUPON")
    acts.view(lin, "https://e.example/")
    acts.scan(lin, "store02")
    meeting.settled()  # the events about personal data come from another sender: own order
    acts.revoke(lin, "206")
    acts.modify(lin)
    meeting.settled()
    acts.cancel(lin)
    heard = meeting.settled()
    assert [message.kind for message in heard] == [
        "subscribe",
        "message.text",
        "message.text",
        "message.image",
        "message.voice",
        "message.location",
        "menu.click",
        "menu.view",
        "scan",
        "privacy.revoked",
        "privacy.modified",
        "privacy.cancelled",
    ]
    assert {message.openid for message in heard} == {"o-lin"}
    follow, text, tapped, _, voice, place, *_ = heard
    assert isinstance(follow, inbound.Subscribe)
    assert follow.scene == "store01"
    assert isinstance(text, inbound.TextMessage)
    assert text.text == "想喝咖啡 ]]>😀&<b>"
    assert isinstance(tapped, inbound.TextMessage)
    assert tapped.menu_id == "101"
    assert isinstance(voice, inbound.VoiceMessage)
    assert voice.recognition == "想吃火锅"
    assert isinstance(place, inbound.LocationMessage)
    assert place.label == "人民广场"


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        pytest.param(replies.NO_REPLY, None, id="nothing"),
        pytest.param(replies.TextReply("你好 ]]>😀\x08"), "你好 ]]>😀", id="a text"),
        pytest.param(replies.TextReply("好" * 1000), "好" * 682, id="a text cut to 2,048 bytes"),
        pytest.param(replies.NewsReply((ARTICLE,) * 3), "火锅周年庆\n两人同行", id="articles"),
        pytest.param(replies.ImageReply("m"), "[image]", id="a picture"),
        pytest.param(replies.MusicReply("m", "歌"), "歌", id="music"),
        pytest.param(replies.TransferReply(), None, id="a transfer to an agent"),
        pytest.param(
            replies.MenuReply("问：", (replies.MenuOption("1", "a"),)),
            '问：\n<a href="weixin://bizmsgmenu?msgmenucontent=a&msgmenuid=1">a</a>',
            id="choices as links",
        ),
    ],
)
def test_every_reply_of_the_product_is_one(meeting: Meeting, reply, shown):
    meeting.product.reply = reply
    meeting.platform.acts.follow(meeting.lin)
    meeting.platform.acts.say(meeting.lin, "你好")
    meeting.settled()
    seen = [bubble.text for bubble in meeting.lin.chat if bubble.side != "user"]
    assert FAULT_NOTICE not in seen
    assert seen[1:] == ([shown, shown] if shown else [])


# --- the API -----------------------------------------------------------------------------------


class SandboxTokens:
    """A token straight from the platform, asked for again after a refusal."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def get(self, now: datetime) -> str:
        return self.platform.world.tokens.stable(self.platform.world.clock())[0]

    def replace(self, rejected: str, now: datetime) -> str:
        return self.get(now)


@pytest.fixture
def api(dumb_bot) -> Iterator[tuple[Platform, WeChatClient, Person]]:
    product = Product("safe")
    bot = dumb_bot(product)
    platform = Platform(a_config(callback_url=f"{bot.url}/wechat/default"))
    platform.timeline.start()
    platform.pusher.start()
    server = make_server("127.0.0.1", 0, create_app(platform), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    config = platform.config
    client = WeChatClient(
        config.appid,
        config.appsecret,
        f"http://127.0.0.1:{server.server_port}",
        SandboxTokens(platform),
        utc_now,
    )
    lin = platform.world.person("o-lin")
    platform.acts.follow(lin, "store01")
    yield platform, client, lin
    client.close()
    server.shutdown()
    server.server_close()
    platform.stop()


def test_the_client_speaks_the_api(api):
    platform, client, lin = api
    platform.acts.say(lin, "你好")
    client.send_custom("o-lin", replies.TextReply("您好"))
    client.send_custom("o-lin", replies.NewsReply((ARTICLE,)))
    assert [bubble.via for bubble in lin.chat][-2:] == ["custom", "custom"]
    client.send_custom("o-lin", replies.MenuReply("问：", (replies.MenuOption("i:1", "甲"),)))
    assert lin.chat[-1].items == (("i:1", "甲"),)
    assert client.user_info("o-lin")["qr_scene_str"] == "store01"
    assert [info["openid"] for info in client.user_info_batch(["o-lin"])] == ["o-lin"]
    assert [page.openids for page in client.iter_followers()] == [("o-lin",)]
    tag = client.create_tag("会员")
    client.tag_users(tag, ["o-lin"])
    assert lin.tags == {tag}
    client.untag_users(tag, ["o-lin"])
    client.create_menu({"button": [{"type": "click", "name": "优惠券", "key": "COUPON"}]})
    assert client.get_menu() is not None
    client.delete_menu()
    assert client.get_menu() is None
    assert client.create_qrcode("store09")["ticket"]
    media = client.upload_media("image", "a.png", b"\x89PNG")
    client.send_custom("o-lin", replies.ImageReply(media))
    assert client.quota_get("/cgi-bin/user/get")["daily_limit"] == 500
    assert client.callback_ips()
    client.callback_check()


def test_a_template_message_and_its_report_reach_the_product(api):
    platform, client, lin = api
    (template,) = [t for t in client.get_private_templates() if t["title"] == "优惠券到期提醒"]
    data = {"thing1": "咖啡立减券", "time2": "2026年11月30日 23:59", "thing3": "即将到期"}
    first = client.send_template("o-lin", template["template_id"], data, "", "send-1")
    again = client.send_template("o-lin", template["template_id"], data, "", "send-1")
    assert first == again
    assert platform.settle(10)
    assert [bubble.via for bubble in lin.chat].count("template") == 1


def test_refusals_are_understood(api):
    platform, client, lin = api
    for _ in range(3):
        client.send_custom("o-lin", replies.TextReply("您好"))
    with pytest.raises(MessageRefused):
        client.send_custom("o-lin", replies.TextReply("您好"))
    platform.world.clock.advance(61)
    with pytest.raises(MessageRefused):
        client.send_custom("o-lin", replies.TextReply("您好"))
    platform.acts.unfollow(lin)
    with pytest.raises(UserUnreachable):
        client.send_custom("o-lin", replies.TextReply("您好"))


def test_a_refused_token_is_replaced_once(api):
    platform, client, _ = api
    platform.world.faults.add({"path": "/cgi-bin/user/info", "kind": "errcode", "errcode": 42001})
    client.user_info("o-lin")
    platform.world.faults.add(
        {"path": "/cgi-bin/user/info", "times": 2, "kind": "errcode", "errcode": 42001}
    )
    with pytest.raises(TokenRejected):
        client.user_info("o-lin")


def test_a_repeated_mass_message_is_the_first_one(api):
    platform, client, _ = api
    platform.acts.follow(platform.world.person("o-wang"))
    content = {"msgtype": "text", "text": {"content": "周年庆"}}
    first = client.mass_send_by_list(["o-lin", "o-wang"], content, "camp-1")
    platform.world.clock.advance(61)
    assert client.mass_send_by_list(["o-lin", "o-wang"], content, "camp-1") == first
    assert platform.settle(10)
    assert client.mass_status(first) == "SEND_SUCCESS"
