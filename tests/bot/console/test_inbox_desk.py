"""The desk's own conveniences: stars, search, notes, colleagues, how it was, one's own day."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.console.rights import Role
from bot.store import audit, chats, dialogues, handoff, pictures, pseudonyms, talk
from bot.store.db import fetch, run
from handlers import dispatch
from tests.bot.console.sharing import emptied, post, shared
from tests.bot.console.test_inbox import CUSTOM, INBOX, LIN, WANG, Counter, alert, say, taken
from tests.bot.wechat.conftest import CUT, Platform
from tests.support.pictures import png


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder, platform = tmp_path_factory.mktemp("desk"), Platform()
    with shared(Counter, folder, fresh_sqlite(folder), platform.url, dispatch) as found:
        found.platform = platform
        for name, role in (("mei", Role.AGENT), ("jun", Role.AGENT), ("wu", Role.REVIEWER)):
            found.hire(name, role)
        yield found
    platform.close()


@pytest.fixture
def shop(built):
    built.platform.requests.clear()
    run("DELETE FROM picture")
    return emptied(built)


@pytest.fixture
def mei(shop):
    return shop.signed_in("mei")


def bodies(shop):
    return [json.loads(body) for _, body in shop.platform.asked(CUSTOM)]


# --- stars ---------------------------------------------------------------------------------------


def test_a_starred_chat_stays_in_sight_until_the_star_is_taken(shop, mei):
    for name in (LIN, WANG):
        shop.says("你好 <b>", name)
    assert "还没有星标会话" in mei.get(f"{INBOX}?view=starred").text
    assert post(mei, f"{shop.page_of()}/star", on="1").status_code == 303
    assert post(mei, f"{shop.page_of()}/star", on="1").status_code == 303
    page = shop.signed_in("jun").get(f"{INBOX}?view=starred").text
    assert f'/inbox/{shop.id_of(LIN)}"' in page
    assert f'/inbox/{shop.id_of(WANG)}"' not in page
    assert "你好 &lt;b&gt;" in page
    assert "可回复时间还剩" in page
    post(mei, f"{shop.page_of()}/star", on="0")
    assert "还没有星标会话" in mei.get(f"{INBOX}?view=starred").text


def test_the_list_says_how_long_one_may_still_write(shop, mei):
    shop.says("人工")
    assert "可回复时间还剩 48 小时" in mei.get(INBOX).text
    shop.clock.on(minutes=9)
    assert "可回复时间还剩 47 小时" in shop.signed_in("mei").get(INBOX).text


# --- search --------------------------------------------------------------------------------------


def test_words_are_found_in_a_chat_with_a_way_to_their_place(shop, mei):
    shop.says("我要退 KUAN")
    for number in range(3):
        shop.clock.on(minutes=1)
        shop.says(f"第 {number} 句")
    shop.says("别人的退 kuan", WANG)
    mei = shop.signed_in("mei")
    page = mei.get(f"{shop.page_of()}?q=kuan").text
    assert "找到 1 条" in page
    assert "别人的" not in page
    spot = page.partition('<a href="?before=')[2].partition('"')[0]
    there = mei.get(f"{shop.page_of()}?before={spot}").text
    assert "我要退 KUAN" in there
    assert "第 0 句" not in there
    assert "没有找到" in mei.get(f"{shop.page_of()}?q=<script>").text
    assert "<script>" not in mei.get(f"{shop.page_of()}?q=<script>").text.split("</head>")[1]


# --- pictures ------------------------------------------------------------------------------------


def a_picture(shop, media_id="m-1"):
    data = png(9, 9)
    of, now = shop.account_id, shop.clock()
    about = ("png", len(data), 9, 9)
    digest = media_id or "none"
    one = pictures.add(of, digest, "店铺 <b>", about, "job", now, pictures.Small("png", data))
    if media_id:
        pictures.keep(one.id, media_id, "https://a.example/1.png")
    return one.id


def test_a_picture_of_the_library_is_sent_once_and_shown_in_the_chat(shop, mei):
    shop.says("你好")
    one = a_picture(shop)
    assert "发图片" not in mei.get(shop.page_of()).text, "of a chat that nobody has"
    taken(shop, mei)
    assert "发图片" in mei.get(shop.page_of()).text
    for _ in range(2):
        sent = post(mei, f"{shop.page_of()}/picture", picture=str(one), key="k1")
        assert sent.status_code == 303
    (body,) = bodies(shop)
    assert (body["msgtype"], body["image"]) == ("image", {"media_id": "m-1"})
    page = mei.get(shop.page_of()).text
    assert "[图片] 店铺 &lt;b&gt;" in page
    assert f'<img class="said-picture" src="/console/a/default/pictures/{one}/small"' in page


def test_a_picture_that_cannot_be_sent_is_refused_in_words(shop, mei):
    shop.says("你好")
    waiting, here = a_picture(shop, ""), a_picture(shop)
    free = post(mei, f"{shop.page_of()}/picture", picture=str(here))
    assert (free.status_code, "会话已不由你接待" in alert(free)) == (409, True)
    taken(shop, mei)
    for asked in (str(waiting), "77", "", "x"):
        none = post(mei, f"{shop.page_of()}/picture", picture=asked)
        assert (none.status_code, alert(none)) == (422, "请选择一张图片素材里的图片。")
    shop.clock.on(hours=49)
    late = shop.signed_in("mei")
    post(late, f"{shop.page_of()}/take")
    shut = post(late, f"{shop.page_of()}/picture", picture=str(here))
    assert (shut.status_code, "48 小时窗口已关闭" in alert(shut)) == (409, True)
    assert bodies(shop) == []


# --- notes ---------------------------------------------------------------------------------------


def test_a_note_is_seen_by_colleagues_and_never_sent(shop, mei):
    shop.says("你好")
    for _ in range(2):
        done = post(mei, f"{shop.page_of()}/note", note="<b>老客户</b>", key="k1")
        assert done.status_code == 303
    page = shop.signed_in("jun").get(shop.page_of()).text
    assert page.count("&lt;b&gt;老客户") == 1
    assert "Mei 的内部备注" in page
    assert shop.sent == []
    assert "老客户" not in fetch("SELECT facts FROM event WHERE kind = ?", (chats.NOTE,))[0][0]


@pytest.mark.parametrize("text", ["", " \n", "字" * 683])
def test_a_note_that_is_none_or_too_long_is_refused_and_kept_in_the_form(shop, mei, text):
    shop.says("你好")
    answer = post(mei, f"{shop.page_of()}/note", note=text)
    assert answer.status_code == 409
    assert alert(answer)
    if text.strip():
        assert f">{text}</textarea>" in answer.text


# --- colleagues ----------------------------------------------------------------------------------


def test_a_chat_is_handed_to_a_colleague_who_answers_on(shop, mei):
    shop.says("人工")
    taken(shop, mei)
    assert "jun" in mei.get(shop.page_of()).text.lower().partition("/pass")[2]
    assert post(mei, f"{shop.page_of()}/pass", to="jun").status_code == 303
    assert audit.entries(1)[0].action == "chat_pass"
    assert handoff.asked(shop.id_of(), 1)[0].agent == "operator:jun"
    assert say(shop, mei, "还是我").status_code == 409
    assert say(shop, shop.signed_in("jun"), "我来").status_code == 303
    assert shop.sent == ["我来"]


@pytest.mark.parametrize(
    ("to", "status"),
    [("wu", 422), ("mei", 422), ("nobody", 422), ("", 422)],
    ids=["who may not answer", "oneself", "nobody", "nothing"],
)
def test_a_chat_goes_to_nobody_else(shop, mei, to, status):
    shop.says("人工")
    taken(shop, mei)
    assert post(mei, f"{shop.page_of()}/pass", to=to).status_code == status
    assert handoff.asked(shop.id_of(), 1)[0].agent == "operator:mei"


def test_who_has_not_the_chat_hands_nothing_on(shop, mei):
    shop.says("人工")
    taken(shop, mei)
    answer = post(shop.signed_in("jun"), f"{shop.page_of()}/pass", to="mei")
    assert answer.status_code == 409
    assert handoff.asked(shop.id_of(), 1)[0].agent == "operator:mei"


# --- how it was ----------------------------------------------------------------------------------


def test_after_a_chat_the_follower_is_asked_how_it_was_and_the_answer_counts_for_the_agent(
    shop, mei
):
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好")
    assert post(mei, f"{shop.page_of()}/back").status_code == 303
    asked = bodies(shop)[-1]
    assert asked["msgtype"] == "msgmenu"
    tapped = asked["msgmenu"]["list"][0]["id"]
    shop.says(asked["msgmenu"]["list"][0]["content"], bizmsgmenuid=tapped)
    facts = json.loads(fetch("SELECT facts FROM event WHERE kind = 'satisfied'")[0][0])
    assert facts == {"score": 1, "about": "agent", "agent": "operator:mei"}


def test_a_typed_answer_counts_as_well(shop, mei):
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好")
    post(mei, f"{shop.page_of()}/back")
    shop.says("不满意")
    assert json.loads(fetch("SELECT facts FROM event WHERE kind = 'satisfied'")[0][0])["score"] == 0


def test_nobody_is_asked_where_nothing_was_said_or_it_was_asked_of_late(shop, mei):
    shop.says("人工")
    taken(shop, mei)
    post(mei, f"{shop.page_of()}/back")
    assert bodies(shop) == []
    for _ in range(2):
        taken(shop, mei)
        say(shop, mei, "您好")
        post(mei, f"{shop.page_of()}/back")
        shop.clock.on(minutes=5)
        mei = shop.signed_in("mei")
    assert [one["msgtype"] for one in bodies(shop)] == ["text", "msgmenu", "text"]


CANNOT = {
    "the window is shut": "UPDATE follower SET window_left = 0",
    "they left": "UPDATE follower SET subscribed = FALSE, window_until = NULL",
}


@pytest.mark.parametrize("name", CANNOT)
def test_who_cannot_be_written_to_is_not_asked(shop, mei, name):
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好")
    run(CANNOT[name])
    post(mei, f"{shop.page_of()}/back")
    assert [one["msgtype"] for one in bodies(shop)] == ["text"]
    assert dialogues.current(shop.id_of(), shop.clock()) is None


def test_the_house_may_choose_not_to_ask(shop, mei):
    talk.put(shop.account_id, "setting", "satisfaction", {"after_agent": False}, shop.clock())
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好")
    post(mei, f"{shop.page_of()}/back")
    assert [one["msgtype"] for one in bodies(shop)] == ["text"]


def test_a_platform_that_does_not_answer_keeps_nobody_from_giving_the_chat_back(shop, mei):
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好")
    shop.platform.script[CUSTOM] = [CUT]
    assert post(mei, f"{shop.page_of()}/back").status_code == 303
    assert shop.owner() == ""


# --- one's own day -------------------------------------------------------------------------------


def test_an_agent_sees_whom_they_answered_today_and_how_fast(shop, mei):
    assert "接待 0 人，回复 0 条，首次响应中位数 –" in mei.get(INBOX).text
    for name, seconds in ((LIN, 30), (WANG, 90)):
        shop.says("人工", name)
        shop.clock.on(seconds=seconds)
        taken(shop, mei, name)
        say(shop, mei, "您好", name)
        say(shop, mei, "还有吗", name)
    page = mei.get(INBOX).text
    assert "接待 2 人，回复 4 条，首次响应中位数 1 分 0 秒" in page
    assert "接待 0 人" in shop.signed_in("jun").get(INBOX).text
    shop.clock.now += timedelta(days=1)
    assert "接待 0 人" in shop.signed_in("mei").get(INBOX).text


def test_another_account_s_chat_is_not_there(shop, mei):
    shop.says("你好")
    strange = INBOX + "/999999"
    for act in ("star", "note", "pass"):
        assert post(mei, f"{strange}/{act}", on="1", note="x", to="jun").status_code == 404
    assert pseudonyms.of(shop.id_of()) in mei.get(shop.page_of()).text
