"""消息 in the console: who waits, who has a chat, and answers that go out once and in time.

Followers write through the real callback and are answered by the real handlers; the platform is a
local one that keeps what it was asked to send.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.console.chat_words import answer_of
from bot.console.pages import inbox
from bot.console.rights import Role
from bot.inbox import codec, desk
from bot.inbox.desk import No, Refused
from bot.inbox.overhearing import overhear
from bot.inbox.returning import return_chats
from bot.store import accounts, audit, chats, followers, handoff, quotas, talk
from bot.store.chats import Said
from bot.store.db import fetch, run
from bot.values.replies import TextReply
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import emptied, post, shared
from tests.bot.wechat.conftest import CUT, Platform
from tests.conftest import NOON
from tests.support.platform import Platform as Sender
from tests.support.threads import together

INBOX = "/console/a/default/inbox"
CUSTOM = "/cgi-bin/message/custom/send"
LIN, WANG = "o-lin", "o-wang"


@dataclass
class Counter(House):
    """A house whose followers write to it, and a platform that its answers reach."""

    platform: Platform | None = None
    sender: Sender = field(default_factory=Sender)

    def says(self, text: str, openid: str = LIN, **fields: object) -> str:
        """A follower writes; what he reads at once, "" for silence."""
        given = {"Content": text, "FromUserName": openid, **fields}
        path, body = self.sender.url(self.sender.fields(self.clock(), **given), self.clock())
        answer = self.browser().post(path, data=body)
        assert answer.status_code == 200
        return self.sender.said(answer.data)

    def id_of(self, openid: str = LIN) -> int:
        found = followers.find(self.account_id, openid)
        assert found is not None
        return found.id

    def page_of(self, openid: str = LIN) -> str:
        return f"{INBOX}/{self.id_of(openid)}"

    def owner(self, openid: str = LIN) -> str:
        return followers.get(self.id_of(openid)).owner(self.clock())

    @property
    def sent(self) -> list[str]:
        """What went out as customer-service messages."""
        bodies = [json.loads(body) for _, body in self.platform.asked(CUSTOM)]
        return [body["text"]["content"] for body in bodies]


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder, platform = tmp_path_factory.mktemp("shop"), Platform()
    with shared(Counter, folder, fresh_sqlite(folder), platform.url, dispatch) as found:
        found.platform = platform
        for name, role in (("mei", Role.AGENT), ("jun", Role.AGENT), ("wu", Role.REVIEWER)):
            found.hire(name, role)
        yield found
    platform.close()


@pytest.fixture
def shop(built):
    built.platform.requests.clear()
    return emptied(built)


@pytest.fixture
def mei(shop):
    return shop.signed_in("mei")


def taken(shop, browser, openid=LIN):
    assert post(browser, f"{shop.page_of(openid)}/take").status_code == 303


def say(shop, browser, text, openid=LIN, **fields):
    return post(browser, f"{shop.page_of(openid)}/say", text=text, **fields)


def alert(answer):
    found = re.search(r'role="alert">([^<]*)<', answer.text)
    return found[1] if found else ""


# --- the lists ----------------------------------------------------------------------------------


def listed(shop, browser, view, names=(LIN, WANG)):
    page = browser.get(f"{INBOX}?view={view}").text
    at = {name: page.find(f'/inbox/{shop.id_of(name)}"') for name in names}
    return sorted((name for name in names if at[name] > 0), key=lambda name: at[name])


def test_who_asks_for_a_person_is_listed_with_words_reason_and_time(shop, mei):
    shop.says("你好")
    shop.says("人工", WANG)
    assert listed(shop, mei, "held") == [WANG]
    page = mei.get(INBOX).text
    assert "人工中 1 个会话" in page
    assert "等人工，自 2026-11-21 12:00（说了“人工”）" in page
    assert "未读" in page


def test_first_who_wrote_last(shop, mei):
    for name in (LIN, WANG):
        shop.says("人工", name)
    taken(shop, mei)
    say(shop, mei, "您好")
    assert listed(shop, mei, "held") == [WANG, LIN]
    shop.clock.on(minutes=1)
    taken(shop, mei, WANG)
    say(shop, mei, "您好", WANG)
    shop.says("在吗")
    assert listed(shop, mei, "held") == [LIN, WANG]


@pytest.mark.parametrize(
    ("text", "open_"),
    [("优惠券", False), ("呜啦啦嘟嘟", True), ("人工", True)],
)
def test_unanswered_is_what_nobody_understood_or_a_person_must_answer(shop, mei, text, open_):
    shop.says(text)
    assert listed(shop, mei, "all", (LIN,)) == [LIN]
    assert listed(shop, mei, "open", (LIN,)) == ([LIN] if open_ else [])


def test_an_operator_s_answer_ends_it_and_so_does_a_day(shop, mei):
    for name in (LIN, WANG):
        shop.says("呜啦啦嘟嘟", name)
    taken(shop, mei)
    say(shop, mei, "您想问什么？")
    assert listed(shop, mei, "open") == [WANG]
    shop.clock.on(hours=24)
    mei = shop.signed_in("mei")
    assert listed(shop, mei, "open") == []
    assert listed(shop, mei, "all") == [WANG, LIN]


def test_a_page_at_a_time_until_the_last_and_nobody_twice(shop, mei, monkeypatch):
    monkeypatch.setattr(inbox, "PAGE", 3)
    names = [f"o-{n}" for n in range(7)]
    for name in names:
        shop.says("你好", name)
    path, seen = f"{INBOX}?view=all", []
    while path:
        page = mei.get(path).text
        seen += re.findall(r'/inbox/(\d+)"', page)
        more = page.partition('rel="next" href="')[2].partition('"')[0]
        path = f"{INBOX}{more.replace('&amp;', '&')}" if more else ""
    assert seen == [str(shop.id_of(name)) for name in reversed(names)]


def test_a_page_looks_through_so_many_messages_and_goes_on_from_there(shop, mei, monkeypatch):
    monkeypatch.setattr(chats, "SCAN", 4)
    shop.says("呜啦啦嘟嘟", WANG)
    for _ in range(5):
        shop.clock.on(seconds=10)
        shop.says("优惠券")
    first = mei.get(f"{INBOX}?view=open").text
    assert "/inbox/" not in first.partition("<tbody>")[2].partition("</tbody>")[0]
    more = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert f'/inbox/{shop.id_of(WANG)}"' in mei.get(INBOX + more).text


def test_another_account_s_messages_are_not_there(shop, mei):
    shop.says("人工")
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    for view in ("held", "open", "all"):
        page = mei.get(f"/console/a/second/inbox?view={view}").text
        assert f"/inbox/{shop.id_of()}" not in page
    assert mei.get(f"/console/a/second/inbox/{shop.id_of()}").status_code == 404
    assert post(mei, f"/console/a/second/inbox/{shop.id_of()}/take").status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", str(1 << 63), str(1 << 70)])
def test_a_chat_that_is_not_there(shop, mei, number):
    assert mei.get(f"{INBOX}/{number}").status_code == 404


def test_only_who_answers_followers_reads_what_they_write_and_every_look_is_written_down(shop, mei):
    shop.says("我的手机是 13900000000")
    assert shop.signed_in("wu").get(shop.page_of()).status_code == 403
    assert "13900000000" in mei.get(shop.page_of()).text
    (look,) = audit.entries(5, follower_id=shop.id_of())
    assert (look.actor, look.action) == ("operator:mei", "chat_look")


def test_what_followers_write_is_text_and_nothing_else(shop, mei):
    shop.says("<script>alert(1)</script><img src=x onerror=alert(1)>")
    for path in (shop.page_of(), f"{INBOX}?view=all"):
        page = mei.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_link_of_an_answer_is_shown_as_its_words():
    """As the follower's WeChat shows it; what is no link stays as it was written."""
    text = '满减券：<a href="https://x.example/c?a=1">点击查看券码</a>，1<2'
    one = Said(1, "message.text", NOON, "", "优惠券", {}, codec.to_json(TextReply(text)), "", "")
    assert answer_of(one, lambda key, **_: "链接") == ["满减券：点击查看券码 [链接]，1<2"]


# --- one chat -----------------------------------------------------------------------------------


def test_both_sides_stand_in_the_chat_in_order(shop, mei):
    shown = shop.says("优惠券")
    shop.clock.on(minutes=1)
    shop.says("", MsgType="image", Content=None, MediaId="m1", PicUrl="https://x/1.jpg")
    shop.clock.on(minutes=1)
    shop.says("人工")
    taken(shop, mei)
    say(shop, mei, "您好，我是小梅")
    page = mei.get(shop.page_of()).text
    places = [
        page.find(words) for words in ("<p>优惠券", shown[:6], "[图片]", "<p>人工", "我是小梅")
    ]
    assert -1 not in places
    assert places == sorted(places)


def test_the_window_counts_down_and_shuts(shop, mei):
    shop.says("你好")
    assert "还剩 48 小时，还可发" in mei.get(shop.page_of()).text
    shop.clock.on(hours=47, minutes=30)
    assert "还剩 30 分钟" in shop.signed_in("mei").get(shop.page_of()).text
    shop.clock.on(minutes=30)
    assert "48 小时窗口已关闭" in shop.signed_in("mei").get(shop.page_of()).text


@pytest.mark.parametrize("path", ["inbox-live?view=all", "inbox/{id}/live?mine=0"])
def test_the_live_part_is_sent_only_where_something_changed(shop, mei, path):
    shop.says("你好")
    path = f"/console/a/default/{path.format(id=shop.id_of())}"
    part = mei.get(path).text
    assert "<html" not in part
    seen = part.partition("seen=")[2].partition('"')[0]
    assert mei.get(f"{path}&seen={seen}").status_code == 204
    shop.clock.on(seconds=3)
    shop.says("还在吗")
    assert "还在吗" in mei.get(f"{path}&seen={seen}").text


def test_the_live_part_says_when_the_chat_changed_hands(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    assert "接待人已变化" not in mei.get(f"{shop.page_of()}/live?mine=1").text
    post(mei, f"{shop.page_of()}/back")
    assert "接待人已变化" in mei.get(f"{shop.page_of()}/live?mine=1").text


def test_quick_replies_are_the_house_s_answers_that_are_the_same_for_everybody(shop, mei):
    for slug, text in (
        ("wifi", "密码是 88888888"),
        ("hello", "您好{name|}"),
        ("gap", "【待填写】"),
    ):
        document = {"slug": slug, "questions": [f"{slug}？"], "answers": [{"text": text}]}
        talk.put(shop.account_id, "faq", slug, document, shop.clock())
    shop.says("你好")
    taken(shop, mei)
    page = mei.get(shop.page_of()).text
    assert re.findall('data-chip="([^"]*)"', page) == ["密码是 88888888"]


def test_quick_replies_are_a_few_words_of_courtesy_where_nothing_is_written_down(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    chips = re.findall('data-chip="([^"]*)"', mei.get(shop.page_of()).text)
    assert len(chips) == 4
    assert "您好" in chips[0]


# --- whose chat it is ---------------------------------------------------------------------------


def test_the_bot_is_silent_while_an_operator_has_the_chat_and_speaks_when_he_gives_it_back(
    shop, mei
):
    assert shop.says("你好")
    taken(shop, mei)
    assert shop.owner() == "agent"
    assert shop.says("优惠券") == ""
    assert post(mei, f"{shop.page_of()}/back").status_code == 303
    assert shop.owner() == ""
    assert shop.says("优惠券")


def test_a_refusal_of_marketing_counts_while_an_operator_has_the_chat(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    assert shop.says("退订") == ""
    assert followers.get(shop.id_of()).opted_out_at == shop.clock()


def test_who_waited_is_accepted_on_the_record_and_closed_when_given_back(shop, mei):
    shop.says("人工")
    shop.clock.on(minutes=2)
    taken(shop, mei)
    shop.clock.on(minutes=3)
    post(mei, f"{shop.page_of()}/back")
    (asked,) = handoff.asked(shop.id_of())
    assert (asked.why, asked.agent, asked.outcome) == ("word", "operator:mei", "closed")
    assert asked.accepted_at - asked.asked_at == timedelta(minutes=2)
    assert asked.ended_at - asked.asked_at == timedelta(minutes=5)
    acts = [one.action for one in audit.entries(9, follower_id=shop.id_of())]
    assert acts == ["chat_give_back", "chat_take"]


@pytest.mark.parametrize("before", ["operator:jun", "kf2001@hongyan"])
def test_a_chat_that_another_has_is_not_taken_answered_or_given_back(shop, mei, before):
    shop.says("你好")
    now = shop.clock()
    handoff.take(shop.id_of(), before, now, now + timedelta(minutes=30))
    for act, words in (("take", "其他客服"), ("back", "不由你接待"), ("say", "不由你接待")):
        answer = post(mei, f"{shop.page_of()}/{act}", text="您好")
        assert answer.status_code == 409
        assert words in alert(answer)
    assert handoff.asked(shop.id_of())[0].agent == before
    assert shop.sent == []


def test_of_many_who_take_it_at_once_one_has_it(shop):
    shop.says("人工")
    account, now = shop.services.account_of("default"), shop.clock()

    def take(number):
        try:
            desk.take(shop.services, account, shop.id_of(), f"operator:{number}", now)
        except Refused as no:
            return no.why
        return f"operator:{number}"

    got = together(8, take)
    won = [name for name in got if name is not No.TAKEN]
    assert len(won) == 1
    assert [one.agent for one in handoff.asked(shop.id_of())] == won


def test_a_chat_is_his_for_half_an_hour_from_his_last_answer(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    shop.clock.on(minutes=29)
    assert say(shop, mei, "还在").status_code == 303
    shop.clock.on(minutes=29)
    assert shop.owner() == "agent"
    shop.clock.on(minutes=1)
    assert shop.owner() == ""
    assert "不由你接待" in alert(say(shop, mei, "还在吗"))
    assert shop.sent == ["还在"]
    assert shop.says("优惠券")


def test_a_chat_whose_time_is_over_is_the_next_one_s_and_the_record_tells_both(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    shop.clock.on(minutes=30)
    taken(shop, shop.signed_in("jun"))
    latest, first = handoff.asked(shop.id_of())
    assert (first.agent, first.outcome) == ("operator:mei", "timed_out")
    assert (latest.agent, latest.outcome) == ("operator:jun", "")
    assert return_chats(shop.services, shop.clock()) == 0


def test_a_platform_s_agent_who_is_given_the_chat_has_it(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    shop.says("", MsgType="event", Event="kf_create_session", KfAccount="kf1@hongyan")
    assert "不由你接待" in alert(say(shop, mei, "您好"))
    assert handoff.asked(shop.id_of())[0].agent == "kf1@hongyan"


def test_who_left_is_not_taken(shop, mei):
    shop.says("你好")
    shop.clock.on(minutes=1)
    shop.says("", MsgType="event", Event="unsubscribe")
    assert "已取消关注" in alert(post(mei, f"{shop.page_of()}/take"))
    assert "接入会话" not in mei.get(shop.page_of()).text


def test_the_platform_s_record_is_not_read_for_our_own_sessions(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    overhear(shop.services, shop.clock())
    assert [path for path, _, _ in shop.platform.requests if "msgrecord" in path] == []


# --- answers ------------------------------------------------------------------------------------


def used(shop):
    return sum(row[0] for row in fetch("SELECT used FROM quota"))


def left(shop):
    return followers.get(shop.id_of()).window_left


def test_an_answer_goes_out_and_costs_a_message_of_the_window_and_a_call_of_the_day(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    before = left(shop)
    assert say(shop, mei, " 稍等，我查一下 ").location == shop.page_of()
    assert shop.sent == ["稍等，我查一下"]
    assert left(shop) == before - 1
    assert used(shop) == 1


def test_the_same_form_sent_twice_is_one_message(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    for _ in range(2):
        assert say(shop, mei, "您好", key="k1").status_code == 303
    assert shop.sent == ["您好"]
    assert used(shop) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "不能为空"), (" \n ", "不能为空"), ("字" * 683, "太长"), ("字" * 682, "")],
    ids=["nothing", "blanks", "2049 bytes", "2046 bytes"],
)
def test_what_is_too_short_or_too_long_is_refused_and_kept(shop, mei, text, words):
    shop.says("你好")
    taken(shop, mei)
    answer = say(shop, mei, text)
    assert answer.status_code == (409 if words else 303)
    assert words in alert(answer)
    assert len(shop.sent) == (0 if words else 1)
    if words and text.strip():
        assert f">{text}</textarea>" in answer.text


def test_nothing_goes_out_of_a_shut_window_or_above_the_day_s_quota(shop, mei):
    shop.says("你好")
    taken(shop, mei)
    run("UPDATE follower SET window_left = 0")
    assert "48 小时窗口" in alert(say(shop, mei, "您好"))
    run("UPDATE follower SET window_left = 5")
    day = quotas.day_of(shop.clock(), ZoneInfo("Asia/Shanghai"))
    quotas.exhaust(shop.account_id, "message/custom/send", day, 500_000)
    assert "额度已用完" in alert(say(shop, mei, "您好"))
    assert shop.sent == []
    assert left(shop) == 5  # what was refused cost nothing
    assert fetch("SELECT COUNT(*) FROM event WHERE kind LIKE 'desk.%'") == [(0,)]


@pytest.mark.parametrize(
    ("answer", "words", "kept"),
    [
        ({"errcode": 45015, "errmsg": "response out of time limit"}, "窗口已关闭", True),
        ({"errcode": 45047, "errmsg": "out of response count limit"}, "条数已用完", True),
        ({"errcode": 43004, "errmsg": "require subscribe"}, "无法联系到对方", False),
        ({"errcode": 45009, "errmsg": "reach max api daily quota limit"}, "额度已用完", True),
        (CUT, "是否送达未知", False),
    ],
)
def test_what_the_platform_refuses_is_said_and_stays_in_the_chat(shop, mei, answer, words, kept):
    shop.says("你好")
    taken(shop, mei)
    shop.platform.script[CUSTOM] = [answer]
    page = say(shop, mei, "您好，我是小梅")
    assert page.status_code == 409
    assert words in alert(page)
    assert (">您好，我是小梅</textarea>" in page.text) is kept
    chat = mei.get(shop.page_of()).text
    assert "<p>您好，我是小梅</p>" in chat
    assert words in chat.partition('class="came">')[2].partition("<")[0]
