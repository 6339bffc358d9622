"""意图与语料, 训练, 影子对比 and 回放: everything in a draft, tried on what was said anyway."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.background import run_long, run_short
from bot.console.rights import Role
from bot.store import accounts, audit, background, events, learnt, operators, shadow, talk
from bot.store.db import run
from bot.store.models import Inbox
from bot.store.talk import DRAFT, LIVE, Example
from bot.talk import trial
from bot.talk.live import INTENT_MODEL
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.platforms import alert
from tests.bot.console.sharing import emptied, post, shared
from tests.conftest import a_follower

A = "/console/a/default"
HOURS = ["几点开门", "营业时间是多久", "周末开到几点", "晚上几点关门", "今天开门吗", "什么时候打烊"]
PRICE = ["多少钱一杯", "价格怎么样", "最便宜的多少钱", "贵不贵啊", "一杯什么价", "价目表发我看看"]
INTENTS = {"hours": ("问时间", "早九点到晚十点", HOURS), "price": ("问价格", "十五元起", PRICE)}


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("intents")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        for name, role in (("lin", Role.MARKETER), ("mei", Role.AGENT), ("wu", Role.VIEWER)):
            found.hire(name, role)
        yield found


@pytest.fixture
def shop(built):
    emptied(built)
    for table in ("learnt_model", "shadow_answer", "background_task"):
        run(f"DELETE FROM {table}")
    for slug, (title, answer, texts) in INTENTS.items():
        document = {"slug": slug, "title": title, "answers": [{"text": answer}]}
        talk.put(built.account_id, "intent", slug, document, built.clock())
        talk.add_examples(built.account_id, [Example(slug, one) for one in texts])
    return built


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def many(shop, stage=DRAFT):
    return talk.count_examples(shop.account_id, stage)


def texts(shop, intent, stage=DRAFT):
    return [one.text for one in talk.examples(shop.account_id, stage, intent)]


def marks(browser, intent):
    """text -> the mark of its example on the page."""
    page = browser.get(f"{A}/intents/{intent}").text
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return {
        re.search(r'class="said">([^<]*)<', row)[1]: re.search(r'value="(\d+)"', row)[1]
        for row in rows
    }


def said(shop, text, n=0):
    """A message of Lin's that was answered."""
    now = shop.clock() - timedelta(minutes=5)
    who = a_follower(shop.account_id, openid=f"o-{text[:8]}-{n}")
    sealed = {"raw": {"Content": text}}
    event = events.append(shop.account_id, who, "message.text", at=now, received_at=now,
                          source="callback", key=f"{text}{n}", sealed=sealed)  # fmt: skip
    Inbox.create(event=event, state="done", handler="fallback.default", answer="passive")
    return event


# --- examples -----------------------------------------------------------------------------------


def test_intents_stand_with_their_examples_and_answers(shop):
    page = shop.signed_in("wu").get(f"{A}/intents").text
    for words in ("问时间", "早九点到晚十点", "问价格"):
        assert words in page
    assert f"{A}/intents/hours" not in page  # examples may be followers' own words
    assert shop.signed_in("wu").get(f"{A}/intents/hours").status_code == 403
    assert "几点开门" in shop.signed_in("mei").get(f"{A}/intents/hours").text


def test_examples_are_added_to_the_draft_once_each(shop, lin):
    given = {"act": "add", "texts": "还营业吗\r\n 几点开门 \r\n还营业吗\r\n\r\n"}
    assert post(lin, f"{A}/intents/hours", **given).status_code == 303
    assert many(shop) == {"hours": 7, "price": 6}
    assert many(shop, LIVE) == {"hours": 6, "price": 6}
    page = lin.get(f"{A}/intents").text
    assert ">+1<" in page
    (entry,) = [one for one in audit.entries(9) if one.action == "intent_add"]
    assert entry.detail == {"intent": "hours", "new": 1, "moved": 0}


def test_a_text_of_another_intent_is_only_moved_where_one_says_so(shop, lin):
    given = {"act": "add", "texts": "多少钱一杯"}
    refused = post(lin, f"{A}/intents/hours", **given)
    assert refused.status_code == 409
    assert "price" in alert(refused)
    assert not talk.has(shop.account_id, DRAFT)
    assert post(lin, f"{A}/intents/hours", **given, force="on").status_code == 303
    assert many(shop) == {"hours": 7, "price": 5}


def test_examples_chosen_on_the_live_page_are_moved_and_removed_in_the_draft(shop, lin):
    live = marks(lin, "hours")
    chosen = {"stage": LIVE, "example": live["今天开门吗"]}
    assert post(lin, f"{A}/intents/hours", act="move", target="price", **chosen).status_code == 303
    assert "今天开门吗" in texts(shop, "price")
    drafted = marks(lin, "price")  # the draft's copies have their own ids
    chosen = {"stage": DRAFT, "example": drafted["贵不贵啊"]}
    assert post(lin, f"{A}/intents/price", act="remove", **chosen).status_code == 303
    assert many(shop) == {"hours": 5, "price": 6}
    assert many(shop, LIVE) == {"hours": 6, "price": 6}


def test_a_follower_s_own_words_stay_bound_to_their_message(shop, lin):
    event = said(shop, "你们店几点")
    talk.add_examples(shop.account_id, [Example("price", "你们店几点", "traffic", event)])
    chosen = {"stage": LIVE, "example": marks(lin, "price")["你们店几点"]}
    post(lin, f"{A}/intents/price", act="move", target="hours", **chosen)
    moved = [one for one in talk.examples(shop.account_id, DRAFT) if one.text == "你们店几点"]
    assert moved == [Example("hours", "你们店几点", "traffic", event)]
    assert "intent_look" in [one.action for one in audit.entries(9)]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"act": "add", "texts": " \r\n"}, 422),
        ({"act": "add", "texts": "长" * 601}, 422),
        ({"act": "add", "texts": "\r\n".join(map(str, range(501)))}, 422),
        ({"act": "move", "target": "price"}, 422),
        ({"act": "move", "target": "nobody", "stage": LIVE, "example": "1"}, 422),
        ({"act": "remove", "example": "²"}, 422),
        ({"act": "eat"}, 422),
        ({"act": "document", "document": "- a"}, 422),
        ({"act": "document", "document": "slug: other"}, 422),
        ({"act": "document", "document": "title: 营业", "seen": "x"}, 409),
    ],
)
def test_what_cannot_be_done_is_refused_and_begins_no_draft(shop, lin, given, status):
    answer = post(lin, f"{A}/intents/hours", **given)
    assert answer.status_code == status
    assert alert(answer)
    assert not talk.has(shop.account_id, DRAFT)


def test_an_intent_is_made_changed_and_not_made_twice(shop, lin):
    new = {"slug": "wifi", "title": "问无线", "answer": "88888888", "texts": "wifi 密码\r\n无线网"}
    assert post(lin, f"{A}/new-intent", **new).status_code == 303
    assert many(shop)["wifi"] == 2
    assert post(lin, f"{A}/new-intent", **new).status_code == 409
    assert post(lin, f"{A}/new-intent", **{**new, "slug": "W!"}).status_code == 422
    seen = lin.get(f"{A}/intents/wifi").text.partition('name="seen" value="')[2].partition('"')[0]
    document = "slug: wifi\ntitle: 问 WiFi\nanswers: [{text: 九个八}]\n"
    given = {"act": "document", "document": document, "seen": seen}
    assert post(lin, f"{A}/intents/wifi", **given).status_code == 303
    assert "问 WiFi" in lin.get(f"{A}/intents").text
    assert post(lin, f"{A}/intents/wifi", **given).status_code == 409
    assert lin.get(f"{A}/intents/nothing").status_code == 404


def test_examples_that_differ_in_punctuation_alone_clash(shop, lin):
    talk.add_examples(shop.account_id, [Example("price", "几点 开门！")])
    page = lin.get(f"{A}/intents-clashes").text
    assert "几点 开门！" in page
    assert "贵不贵啊" not in page
    chosen = {"stage": LIVE, "example": marks(lin, "price")["几点 开门！"], "back": "clashes"}
    answer = post(lin, f"{A}/intents/price", act="remove", **chosen)
    assert answer.headers["Location"].endswith("/intents-clashes")
    assert "没有冲突" in lin.get(f"{A}/intents-clashes").text


def test_examples_go_on_behind_fifty_and_are_text(shop, lin):
    bad = "<script>alert(1)</script>"
    found = [*(f"第{n}句几点" for n in range(50)), bad]
    talk.add_examples(shop.account_id, [Example("hours", one) for one in found])
    page = lin.get(f"{A}/intents/hours").text
    assert "第40句几点" in page
    assert bad not in page
    more = re.search(r'href="[^"]*(\?after=\d+)"', page)
    rest = lin.get(f"{A}/intents/hours{more[1]}").text
    assert "&lt;script&gt;" in rest
    assert bad not in rest


# --- models -------------------------------------------------------------------------------------


@pytest.fixture
def learnt_live(shop, lin):
    assert post(lin, f"{A}/training/learn", stage=LIVE).status_code == 303
    run_long(shop.services, shop.clock())
    return learnt.in_state(shop.account_id, INTENT_MODEL, "active").id


def test_a_model_is_learnt_tried_used_and_an_earlier_one_comes_back(shop, lin, learnt_live):
    post(lin, f"{A}/intents/hours", act="add", texts="还开着吗\r\n开着没有")
    answer = post(lin, f"{A}/training/learn", stage=DRAFT)
    run_long(shop.services, shop.clock())
    work = lin.get(answer.headers["Location"]).text
    assert "训练好了模型" in work
    assert "最常弄混的：之前" in work
    assert "最常弄混的：之后" in work
    candidate = learnt.in_state(shop.account_id, INTENT_MODEL, "shadow").id
    page = lin.get(f"{A}/training").text
    assert "模型对比" in page
    for shown in (work, page):
        assert re.search(r">(问时间|问价格)</t[hd]>", shown), "by its title"
        assert not re.search(r">(hours|price|out_of_scope)</t[hd]>", shown)
    assert "+2" in page
    for act, model in (("activate", candidate), ("activate", learnt_live), ("try", candidate)):
        assert post(lin, f"{A}/training/use", act=act, model=str(model)).status_code == 303
    assert learnt.in_state(shop.account_id, INTENT_MODEL, "active").id == learnt_live
    assert post(lin, f"{A}/training/use", act="end").status_code == 303
    assert post(lin, f"{A}/training/use", act="end").status_code == 404
    assert "模型判" in lin.get(f"{A}/intents/hours").text
    assert "%" in lin.get(f"{A}/intents").text.partition("<tbody>")[2]
    acts = [one.action for one in audit.entries(12) if one.action.startswith("model_")]
    assert acts == ["model_end", "model_try", "model_activate", "model_activate", "model_train",
                    "model_train"]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("learn", {"stage": "draft"}, 422),
        ("learn", {"stage": "previous"}, 422),
        ("use", {"act": "activate", "model": "99"}, 404),
        ("use", {"act": "eat", "model": ""}, 404),
    ],
)
def test_what_is_not_there_is_not_learnt_or_used(shop, lin, path, given, status):
    assert post(lin, f"{A}/training/{path}", **given).status_code == status
    assert post(shop.signed_in("mei"), f"{A}/training/{path}", **given).status_code == 403


def test_too_little_to_learn_from_is_said_by_the_task(shop, lin):
    run("DELETE FROM example WHERE intent = 'price'")
    answer = post(lin, f"{A}/training/learn", stage=LIVE)
    run_long(shop.services, shop.clock())
    assert "至少要两个" in lin.get(answer.headers["Location"]).text
    assert "训练并启用" in lin.get(f"{A}/training").text


# --- beside what is live ------------------------------------------------------------------------


def a_rule(shop, stage=DRAFT):
    rule = {
        "slug": "tea",
        "on": "message",
        "keywords": ["咕咕嘎嘎"],
        "answers": [{"text": "茉莉奶绿"}],
    }
    talk.begin_draft(shop.account_id, stage)
    talk.put(shop.account_id, "rule", "tea", rule, shop.clock(), stage=stage)


def test_the_last_messages_are_replayed_in_the_background(shop, lin):
    assert post(lin, f"{A}/replay", messages="100").status_code == 409  # nothing to try
    a_rule(shop)
    said(shop, "咕咕嘎嘎")
    said(shop, "你好呀呀呀")
    answer = post(lin, f"{A}/replay", messages="100")
    assert answer.status_code == 303
    run_short(shop.services, shop.clock())
    work = lin.get(answer.headers["Location"]).text
    assert "2 条消息，1 条回复会变" in work
    assert "咕咕嘎嘎" not in work  # words stand on the page behind alone
    task = background.last(shop.account_id, "replay")
    page = lin.get(f"{A}/replay/{task.id}").text
    row = page.partition("<tbody>")[2]
    assert "咕咕嘎嘎" in row
    assert "规则 tea" in row
    assert "messages_look" in [one.action for one in audit.entries(3)]
    assert "1 条回复会变" in lin.get(f"{A}/replay").text
    run("DELETE FROM inbox")
    run("DELETE FROM event")  # erased since
    assert "已被清除" in lin.get(f"{A}/replay/{task.id}").text


@pytest.mark.parametrize("given", ["", "0", "5001", "x", "²", "9" * 40])
def test_a_replay_is_of_one_to_five_thousand(shop, lin, given):
    a_rule(shop)
    assert post(lin, f"{A}/replay", messages=given).status_code == 422


def test_a_replay_of_another_account_or_kind_is_not_there(shop, lin):
    post(lin, f"{A}/training/learn", stage=LIVE)
    task = background.last(shop.account_id, "train")
    for path in (f"{A}/replay/{task.id}", f"{A}/replay/{1 << 40}",
                 f"/console/a/default/replay/{task.id + 1}"):  # fmt: skip
        assert lin.get(path).status_code == 404
    assert shop.signed_in("wu").get(f"{A}/replay").status_code == 403


def test_a_shadow_diff_is_started_read_and_stopped(shop, lin):
    assert post(lin, f"{A}/shadow/act", act="start").status_code == 409
    a_rule(shop)
    shop.clock.on(minutes=-30)
    assert post(shop.signed_in("lin"), f"{A}/shadow/act", act="start").status_code == 303
    shop.clock.on(minutes=30)
    said(shop, "咕咕嘎嘎")
    said(shop, "咕咕嘎嘎", 2)
    trial.run_trials(accounts.by_slug("default"), shop.clock())
    page = lin.get(f"{A}/shadow").text
    assert "100.0%" in page
    assert re.search(r"默认回复</td><td>规则 tea</td><td class=\"text-end\">2<", page)
    assert post(lin, f"{A}/shadow/act", act="stop").status_code == 303
    assert shadow.running(shop.account_id) is None
    assert "规则 tea" in lin.get(f"{A}/shadow").text  # what was found stays
    assert post(lin, f"{A}/shadow/act", act="stop").status_code == 409
    assert post(lin, f"{A}/shadow/act", act="eat").status_code == 422
    assert post(shop.signed_in("mei"), f"{A}/shadow/act", act="start").status_code == 403


def test_english_is_complete(shop, lin):
    run("DELETE FROM talk_document")
    run("DELETE FROM example")
    for slug, texts in (("tea", ["tea please", "a tea"]), ("wifi", ["wi-fi?", "a  Tea"])):
        talk.put(shop.account_id, "intent", slug, {"slug": slug, "title": slug}, shop.clock())
        talk.add_examples(shop.account_id, [Example(slug, one) for one in texts])
    operators.update(operators.by_name("lin").id, language="en")
    lin = shop.signed_in("lin")
    post(lin, f"{A}/training/learn", stage=LIVE)
    run_long(shop.services, shop.clock())
    a_rule(shop)
    asked = post(lin, f"{A}/replay", messages="9")
    run_short(shop.services, shop.clock())
    post(lin, f"{A}/shadow/act", act="start")
    paths = ("intents", "intents/tea", "new-intent", "intents-clashes", "training", "shadow",
             "replay", f"work/{background.last(shop.account_id, 'train').id}")  # fmt: skip
    shown = [lin.get(f"{A}/{path}") for path in paths]
    shown += [lin.get(asked.headers["Location"]), post(lin, f"{A}/replay", messages="x")]
    operators.update(operators.by_name("lin").id, language="zh")
    for page in shown:
        assert page.status_code in (200, 422)
        assert re.findall("[\u4e00-\u9fff]+", page.text.replace("鸿雁", "")) == []
