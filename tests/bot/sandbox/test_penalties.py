"""What the platform takes away from an account, and which errcode its calls then meet."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox import penalties
from bot.sandbox.api.notices import CATALOGUE
from bot.sandbox.penalties import SENDS, Penalties
from tests.bot.sandbox.conftest import Desktop
from tests.bot.sandbox.test_drafts import add, article

MASS = "/cgi-bin/message/mass"
SEND, SEND_ALL, PREVIEW = f"{MASS}/send", f"{MASS}/sendall", f"{MASS}/preview"
CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
BIZ = "/cgi-bin/message/subscribe/bizsend"
ADD_TEMPLATE, ADD_NOTICE = "/cgi-bin/template/api_add_template", "/wxaapi/newtmpl/addtemplate"
TODAY = "2026-11-21"


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}, **more}


@pytest.fixture
def chat(desk: Desktop) -> Desktop:
    """Somebody has just written, a second person follows."""
    desk.chatting("o-lin")
    desk.follower("o-2")
    return desk


def custom(desk: Desktop, content: str = "您好") -> int:
    return int(desk.post(CUSTOM, text(content, touser="o-lin"))["errcode"])


def by_list(desk: Desktop, content: str = "您好") -> int:
    return int(desk.post(SEND, text(content, touser=["o-lin", "o-2"]))["errcode"])


# --- banned calls --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("banned", "path", "expected"),
    [
        pytest.param(SEND, SEND, True, id="the call itself"),
        pytest.param(SEND, SEND_ALL, False, id="a longer name is another call"),
        pytest.param(MASS, SEND, True, id="all below a path"),
        pytest.param(f"{MASS}/", PREVIEW, True, id="a slash at the end makes no difference"),
        pytest.param(MASS, CUSTOM, False, id="not what lies beside it"),
        pytest.param("/", TEMPLATE, True, id="everything"),
        pytest.param("/", "/cgi-bin/user/get", True, id="everything, sends or not"),
    ],
)
def test_a_banned_path_meets_48004(desk: Desktop, banned, path, expected):
    penalties.ban_api(desk.world, banned)
    method = "GET" if path.endswith("user/get") else "POST"
    assert (desk.call(method, path, b"{}").get("errcode") == 48004) is expected


def test_a_ban_is_lifted(chat: Desktop):
    penalties.ban_api(chat.world, CUSTOM)
    assert custom(chat) == 48004
    penalties.ban_api(chat.world, CUSTOM, on=False)
    penalties.ban_api(chat.world, CUSTOM, on=False)
    assert custom(chat) == 0


@pytest.mark.parametrize("prefix", ["", "cgi-bin/message"])
def test_what_is_no_path_cannot_be_banned(desk: Desktop, prefix):
    with pytest.raises(ValueError, match="prefix"):
        penalties.ban_api(desk.world, prefix)


def test_a_call_that_is_refused_for_a_penalty_costs_no_quota(chat: Desktop):
    penalties.ban_api(chat.world, SEND)
    assert by_list(chat) == 48004
    assert chat.world.used[(SEND, TODAY)] == 0


# --- restricted, terms, templates, notices -------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SENDS))
def test_a_restricted_account_sends_nothing(desk: Desktop, path):
    penalties.restrict(desk.world)
    assert desk.post(path, {})["errcode"] == 50002
    penalties.restrict(desk.world, on=False)
    assert desk.post(path, {})["errcode"] != 50002


def test_a_restricted_account_may_still_look(chat: Desktop):
    penalties.restrict(chat.world)
    assert chat.get("user/get")["total"] == 2
    assert chat.post("message/mass/speed/get", {})["speed"] == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(SEND, 48003, id="by list"),
        pytest.param(SEND_ALL, 48003, id="by tag or to all"),
        pytest.param(PREVIEW, 40003, id="a preview is no mass message"),
        pytest.param(CUSTOM, 40003, id="nor is a customer-service message"),
    ],
)
def test_mass_messages_want_the_terms_agreed_to(desk: Desktop, path, expected):
    penalties.agree_terms(desk.world, on=False)
    assert desk.post(path, text("您好"))["errcode"] == expected


def test_the_terms_are_agreed_to_at_first_and_can_be_again(chat: Desktop):
    assert by_list(chat, "一") == 0
    penalties.agree_terms(chat.world, on=False)
    assert by_list(chat, "二") == 48003
    penalties.agree_terms(chat.world)
    assert by_list(chat, "二") == 0


@pytest.mark.parametrize("path", [ADD_TEMPLATE, ADD_NOTICE])
def test_a_punished_account_adds_no_templates(desk: Desktop, path):
    penalties.punish_templates(desk.world)
    assert desk.post(path, {})["errcode"] == 43106
    penalties.punish_templates(desk.world, on=False)
    assert desk.post(path, {})["errcode"] == 200014


def test_a_punished_account_sends_the_templates_it_has(desk: Desktop):
    desk.follower()
    penalties.punish_templates(desk.world)
    values = {"thing1": "券", "time2": "15:01", "thing3": "即将到期"}
    data = {key: {"value": value} for key, value in values.items()}
    body = {"touser": "o-lin", "template_id": CATALOGUE[0].id, "data": data}
    assert desk.post(TEMPLATE, body)["errcode"] == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(BIZ, 43107, id="subscription notices"),
        pytest.param(TEMPLATE, 40037, id="template messages go on"),
    ],
)
def test_subscription_notices_are_banned(desk: Desktop, path, expected):
    penalties.ban_notices(desk.world)
    assert desk.post(path, {})["errcode"] == expected


def test_the_ban_of_subscription_notices_is_lifted(desk: Desktop):
    penalties.ban_notices(desk.world)
    penalties.ban_notices(desk.world, on=False)
    assert desk.post(BIZ, {})["errcode"] == 40003


@pytest.mark.parametrize("path", [SEND, CUSTOM])
def test_the_closed_interface_is_told_before_the_restricted_account(desk: Desktop, path):
    penalties.restrict(desk.world)
    penalties.ban_api(desk.world, path)
    assert desk.post(path, {})["errcode"] == 48004


# --- content -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("周末来玩", 0, id="fine"),
        pytest.param("来赌博", 45166, id="a risky word"),
        pytest.param("刷单返利", 45166, id="any of them"),
    ],
)
@pytest.mark.parametrize("say", [custom, by_list])
def test_a_risky_word_makes_a_text_illegal(chat: Desktop, say, content, expected):
    penalties.risky_words(chat.world, ["赌博", "返利"])
    assert say(chat, content) == expected


def test_no_word_is_risky_until_one_is_named_and_after_the_list_is_emptied(chat: Desktop):
    assert custom(chat, "赌博") == 0
    penalties.risky_words(chat.world, ["赌博"])
    assert custom(chat, "赌博") == 45166
    penalties.risky_words(chat.world, [])
    assert custom(chat, "赌博") == 0


def test_an_illegal_text_costs_nothing_of_the_window(chat: Desktop):
    penalties.risky_words(chat.world, ["赌博"])
    assert {custom(chat, "赌博") for _ in range(9)} == {45166}
    assert custom(chat) == 0


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"title": "赌博"}, id="in the title"),
        pytest.param({"digest": "一起赌博吧"}, id="in the digest"),
        pytest.param({"content": "<p>赌博</p>"}, id="in the content"),
        pytest.param({"content": "<p>赌<b>博</b></p>"}, id="with markup in the middle"),
        pytest.param({"content": "<p>&#36172;博</p>"}, id="with a character as a number"),
    ],
)
def test_a_draft_with_a_risky_word_is_refused(desk: Desktop, changes):
    penalties.risky_words(desk.world, ["赌博"])
    refused = desk.post("draft/add", {"articles": [article(desk, **changes)]})
    assert refused["errcode"] == 45166


def test_a_draft_is_not_changed_to_something_illegal(desk: Desktop):
    media_id = add(desk)
    penalties.risky_words(desk.world, ["赌博"])
    body = {"media_id": media_id, "index": 0, "articles": article(desk, title="赌博")}
    assert desk.post("draft/update", body)["errcode"] == 45166


def test_a_draft_that_has_become_illegal_is_not_sent(chat: Desktop):
    media_id = add(chat, article(chat, content="<p>赌<b>博</b></p>"))
    penalties.risky_words(chat.world, ["赌博"])
    body = {"msgtype": "mpnews", "mpnews": {"media_id": media_id}}
    for path, whom in ((SEND, ["o-lin", "o-2"]), (PREVIEW, "o-lin")):
        assert chat.post(path, {**body, "touser": whom})["errcode"] == 45166


@pytest.mark.parametrize("words", [[""], [7]])
def test_what_is_no_word_cannot_be_risky(desk: Desktop, words):
    with pytest.raises(ValueError, match="words"):
        penalties.risky_words(desk.world, words)
    assert desk.world.room(Penalties).risky == ()
