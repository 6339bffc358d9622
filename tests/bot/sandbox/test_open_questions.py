"""What the platform's documents leave open, as numbers that a sandbox can be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.sandbox.config import Switches
from bot.sandbox.crypto import Box
from bot.sandbox.judge import Expected, Judge
from bot.sandbox.xml import render
from tests.bot.sandbox.conftest import AES_KEY, Desktop, a_config


@pytest.fixture
def given() -> Iterator[Callable[..., Desktop]]:
    """A platform with these switches."""
    made: list[Desktop] = []

    def make(**switches: Any) -> Desktop:
        made.append(Desktop(a_config(switches=Switches(**switches))))
        return made[-1]

    yield make
    for desktop in made:
        desktop.timeline.stop()


def judged(fields: dict[str, Any], label: str, **switches: Any) -> str:
    whole = {"ToUserName": "o-lin", "FromUserName": "gh_1", "CreateTime": 1, **fields}
    judge = Judge("plain", "t", Box(AES_KEY, "wx1"), Switches(**switches))
    return judge.verdict(render(whole).encode(), Expected("o-lin", "gh_1", label)).outcome


def news(count: int) -> dict[str, Any]:
    items = [{"Title": f"第{n}篇", "Url": "https://e.example/1"} for n in range(count)]
    return {"MsgType": "news", "ArticleCount": count, "Articles": {"item": items}}


# --- text_bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "most", "answered"),
    [
        pytest.param("x" * 2048, 2048, True, id="as long as it may be"),
        pytest.param("x" * 2049, 2048, False, id="a byte more"),
        pytest.param("x" * 600, 600, True, id="as long as a smaller limit"),
        pytest.param("好" * 201, 600, False, id="bytes are counted, not characters"),
        pytest.param("好" * 2048, 6144, True, id="as long as a larger limit"),
    ],
)
def test_how_long_a_text_may_be(given, content, most, answered):
    outcome = judged({"MsgType": "text", "Content": content}, "text", text_bytes=most)
    assert outcome == ("answered" if answered else "fault")
    desk = given(text_bytes=most)
    body = {
        "touser": desk.chatting().openid,
        "msgtype": "text",
        "text": {"content": content},
    }
    assert desk.post("message/custom/send", body)["errcode"] == (0 if answered else 45002)


# --- reply_articles ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "count", "most", "expected"),
    [
        pytest.param("text", 2, 1, "fault", id="two where one may be"),
        pytest.param("text", 8, 8, "answered", id="eight, as it was before 2018"),
        pytest.param("image", 3, 2, "fault", id="one more than there may be"),
        pytest.param("CLICK", 8, 1, "answered", id="an event's answer has its own limit"),
        pytest.param("CLICK", 9, 10, "fault", id="which the switch leaves alone"),
    ],
)
def test_how_many_articles_an_answer_may_have(label, count, most, expected):
    assert judged(news(count), label, reply_articles=most) == expected


# --- client_id_hours ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "after", "errcode"),
    [
        pytest.param(24, 23, 45065, id="within the day"),
        pytest.param(24, 24, 0, id="after the day"),
        pytest.param(1, 1, 0, id="after an hour's memory"),
        pytest.param(48, 47, 45065, id="within two days"),
    ],
)
def test_how_long_a_clientmsgid_is_remembered(given, hours, after, errcode):
    desk = given(client_id_hours=hours)
    openids = [desk.follower(openid).openid for openid in ("o-1", "o-2")]
    text = {"msgtype": "text", "text": {"content": "到货了"}}
    body = {"touser": openids, "clientmsgid": "camp-1", **text}
    assert desk.post("message/mass/send", body)["errcode"] == 0
    desk.clock.advance(after * 3600)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert desk.post("message/mass/send", body)["errcode"] == errcode


# --- preview_a_day -----------------------------------------------------------------------------


@pytest.mark.parametrize("a_day", [0, 2, 100])
def test_how_many_previews_a_day_allows(given, a_day):
    desk = given(preview_a_day=a_day)
    openid = desk.follower().openid
    body = {"touser": openid, "msgtype": "text", "text": {"content": "到货了"}}
    codes = [desk.post("message/mass/preview", body)["errcode"] for _ in range(a_day + 1)]
    assert codes == [0] * a_day + [45009]
    told = desk.post("openapi/quota/get", {"cgi_path": "/cgi-bin/message/mass/preview"})
    assert told["quota"] == {"daily_limit": a_day, "used": a_day, "remain": 0}
