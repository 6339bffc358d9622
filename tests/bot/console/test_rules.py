"""自动回复, 对话测试 and 未命中消息 in the console: everything in a draft until it is published."""

from __future__ import annotations

import html
import re
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from bot.console.rights import Role
from bot.console.try_steps import Trial
from bot.i18n import t
from bot.segment.catalogue import define
from bot.store import accounts, audit, events, operators, suggestions, talk
from bot.store.db import fetch
from bot.store.suggestions import Suggestion
from bot.store.talk import DRAFT, LIVE, Example
from bot.talk import rulebook
from bot.talk.answers import read_answer
from bot.talk.intents import Intent
from bot.talk.live import Talk
from bot.talk.preview import preview
from bot.values.audience import Understanding
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import as_sent, emptied, post, seen_in, shared
from tests.conftest import NOON, a_follower

A = "/console/a/default"
SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = f"{A}/rules"
TEA = {
    "slug": "tea",
    "name": "奶茶",
    "on": "message",
    "keywords": [
        "奶茶",
        {"text": "喝什么", "match": "contains"},
        {"text": "茶+", "match": "regex"},
    ],
    "answers": [{"text": "来一杯茉莉奶绿"}],
    "weekdays": [6, 7],
}
FIELDS = {
    "as": "form", "name": "奶茶", "exact": "奶茶", "contains": "", "regex": "茶+", "enabled": "on",
    "answer": "0", "a0-kind": "text", "a0-text": "好",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("shop")
    nowhere = "http://127.0.0.1:9"
    with shared(House, folder, fresh_sqlite(folder), nowhere, dispatch) as found:
        for name, role in (("lin", Role.MARKETER), ("mei", Role.AGENT), ("wu", Role.VIEWER)):
            found.hire(name, role)
        yield found


@pytest.fixture
def shop(built):
    emptied(built)
    talk.put(built.account_id, "rule", "tea", TEA, built.clock())
    return built


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def kept(shop, slug, stage=DRAFT):
    found = talk.documents(shop.account_id, stage, "rule")
    return next((dict(one.document) for one in found if one.slug == slug), None)


def seen(browser, slug="tea"):
    return browser.get(f"{RULES}/{slug}").text.partition('name="seen" value="')[2].partition('"')[0]


def act(browser, name):
    """On the draft that the page shows."""
    draft = seen_in(browser, RULES, "rules-act?tab=message", "draft")
    return post(browser, f"{A}/rules-act", act=name, draft=draft)


def edit(browser, slug="tea", said="好", **changes):
    given = {"seen": seen(browser, slug), **FIELDS, "a0-text": said, **changes}
    return post(browser, f"{RULES}/{slug}", **given)


def alert(answer):
    return answer.text.partition('role="alert">')[2].partition("<")[0]


# --- the list -----------------------------------------------------------------------------------


def test_rules_stand_under_what_they_answer_to(shop, lin):
    for on in ("subscribe", "default"):
        document = {"slug": f"r-{on}", "name": f"规则{on}", "on": on, "answers": [{"text": "hi"}]}
        talk.put(shop.account_id, "rule", f"r-{on}", document, shop.clock())
    tabs = {tab: lin.get(f"{RULES}?tab={tab}").text for tab in ("subscribe", "default", "message")}
    names = {"subscribe": "规则subscribe", "default": "规则default", "message": "奶茶"}
    for tab, page in tabs.items():
        rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
        assert [each for each, name in names.items() if name in rows] == [tab]
    for words in ("喝什么", "茶+", "周六、周日", "来一杯茉莉奶绿", "100"):
        assert words in tabs["message"]


def test_who_only_looks_sees_rules_and_no_way_to_change_them(shop):
    page = shop.signed_in("wu").get(RULES).text
    assert "奶茶" in page
    for path in ("/rules/tea", "/new-rule", "/rules-act"):
        assert f"{A}{path}" not in page


def test_another_account_s_rules_are_not_there(shop, lin):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    assert "奶茶" not in lin.get("/console/a/second/rules").text
    assert lin.get("/console/a/second/rules/tea").status_code == 404


def test_answers_are_text_and_nothing_else(shop, lin):
    document = {**TEA, "slug": "x", "answers": [{"text": "<script>alert(1)</script>"}]}
    talk.put(shop.account_id, "rule", "x", document, shop.clock())
    for path in (RULES, f"{RULES}/x", f"{A}/rules-try?text=<script>alert(1)</script>"):
        assert "<script>alert" not in lin.get(path).text


# --- one rule -----------------------------------------------------------------------------------


def test_a_form_changes_a_draft_and_keeps_the_order_of_keywords(shop, lin):
    answer = edit(
        lin, name="奶茶推荐", exact="奶茶\r\n 果茶 ", contains="喝点啥", priority="200",
        **{"from": ["09:00", "22:00", ""], "to": ["12:00", "02:00", ""], "weekday": ["6", "7"]},
        said="来一杯",
    )  # fmt: skip
    assert answer.status_code == 303
    assert kept(shop, "tea") == {
        "slug": "tea",
        "name": "奶茶推荐",
        "on": "message",
        "keywords": ["奶茶", {"text": "茶+", "match": "regex"}, "果茶",
                     {"text": "喝点啥", "match": "contains"}],
        "answers": [{"text": "来一杯"}],
        "give": "all",
        "priority": 200,
        "hours": ["09:00-12:00", "22:00-02:00"],
        "weekdays": [6, 7],
    }  # fmt: skip
    assert kept(shop, "tea", LIVE) == TEA
    (entry,) = [one for one in audit.entries(9) if one.action == "rule_save"]
    told = entry.detail
    assert (told["account"], told["rule"]) == ("default", "tea")
    assert ["name", "奶茶", "奶茶推荐"] in told["changes"]


def test_a_new_rule_and_one_that_is_there_already(shop, lin):
    new = {**FIELDS, "on": "message", "slug": "coffee", "exact": "咖啡", "regex": ""}
    assert post(lin, f"{A}/new-rule", **new).status_code == 303
    assert kept(shop, "coffee")["keywords"] == ["咖啡"]
    again = post(lin, f"{A}/new-rule", **{**new, "slug": "tea"})
    assert again.status_code == 409
    assert "已经有代号为 tea 的规则" in alert(again)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"exact": "", "regex": ""}, "exact", "关键词：请至少填一个关键词，最多 100 个"),
        ({"a0-text": " "}, "a0-text", "第 1 条回复 · 文字：请填写"),
        ({"priority": "1001"}, "priority", "优先级：请填 0 到 1000 的整数"),
        ({"priority": "many"}, "priority", "优先级：请填 0 到 1000 的整数"),
        ({"priority": "9" * 30}, "priority", "优先级：请填 0 到 1000 的整数"),
        ({"from": ["08:00", "25:00"], "to": ["09:00", "26:00"]}, "from-1",
         "每天的生效时段：请填开始和结束两个不同的时间"),
        ({"from": "08:00", "to": ""}, "from-0", "每天的生效时段：请填开始和结束两个不同的时间"),
        ({"exact": "字" * 61}, "exact", f"关键词“{'字' * 61}”：最多 60 个字"),
        ({"regex": "茶("}, "regex", "关键词“茶(”："),
        ({"a0-text": "字" * 700}, "a0-text", "第 1 条回复 · 文字："),
        ({"a0-text": "{nobody_knows_this}"}, "a0-text", "第 1 条回复 · 文字："),
        ({"answer": ""}, "answers", "回复内容：请至少写一条回复，最多 20 条"),
        ({"a0-kind": "coupon"}, "a0-coupon", "第 1 条回复 · 优惠券：请选择一个"),
        ({"a0-kind": "news", "a0-news": "0", "a0-n0-url": "x"}, "a0-n0-title",
         "第 1 条回复 · 图文第 1 篇 · 标题：请填写"),
        ({"a0-kind": "news"}, "a0-news", "第 1 条回复 · 图文：请至少写一篇，最多 8 篇"),
        ({"a0-kind": "menu", "a0-menu-head": "问"}, "a0-m0-say",
         "第 1 条回复 · 选项：请至少写一个选项，最多 10 个"),
        ({"a0-kind": "menu", "a0-menu-head": "问", "a0-menu": "1", "a0-m1-id": "x"}, "a0-m0-say",
         "第 1 条回复 · 选项 1 · 选项文字：请填写"),
        ({"a0-kind": "miniprogram", "a0-miniprogram-title": "店"}, "a0-miniprogram-appid",
         "第 1 条回复 · 小程序 AppID：请填写"),
        ({"answer": ["0", "1"], "a1-kind": "video"}, "a1-video",
         "第 2 条回复 · 视频（media_id）：请填写"),
        ({"starts_at": "2026-12-02T00:00", "ends_at": "2026-12-01T00:00"}, "ends_at", "结束时间："),
        ({"starts_at": "soon"}, "starts_at", "开始时间："),
        ({"segment": "No Such"}, "segment", "人群："),
    ],
    ids=lambda one: "",
)  # fmt: skip
def test_a_fault_is_said_beside_its_field_and_comes_back_as_filled_in(
    shop, lin, changes, field, said
):
    plain = {**TEA, "slug": "plain", "keywords": ["红茶"]}
    talk.put(shop.account_id, "rule", "plain", plain, shop.clock())
    answer = edit(lin, "plain", **{"name": "改了一半", "exact": "红茶", "regex": "", **changes})
    assert answer.status_code == 422
    assert html.unescape(alert(answer)).startswith(said)
    assert "rules[" not in answer.text
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}"' in answer.text
    assert f'id="e-{field}"' in answer.text
    assert 'value="改了一半"' in answer.text
    assert not talk.has(shop.account_id, DRAFT)


def test_faults_are_said_in_english_too(shop, lin):
    operators.update(operators.by_name("lin").id, language="en")
    answers = [
        edit(lin, exact="", regex=""),
        edit(lin, said=" "),
        edit(lin, priority="x"),
        edit(lin, **{"a0-kind": "human", "a0-human": "字" * 65}),
    ]
    operators.update(operators.by_name("lin").id, language="zh")
    said = [alert(one).strip() for one in answers]
    assert said == [
        "Keywords: Give at least one keyword, 100 at most",
        "Answer 1 · Text: Please fill this in",
        "Priority: wants a whole number from 0 to 1000",
        "Answer 1 · Agent: wants a text of at most 64 characters",
    ]


def test_what_the_x_ray_calls_an_error_is_not_saved_and_is_said(shop, lin):
    plain = {**TEA, "slug": "plain", "keywords": ["红茶"]}
    talk.put(shop.account_id, "rule", "plain", plain, shop.clock())
    answer = edit(lin, "plain", exact="奶茶")
    assert answer.status_code == 409
    assert "没有保存，请先改正：" in alert(answer)
    assert "关键词“奶茶”在规则 奶茶 里已经有了" in alert(answer), "by its name, not by its slug"
    assert 'href="#f-exact"' in answer.text


def test_findings_of_the_draft_stand_above_the_rules(shop, lin):
    assert edit(lin, contains="退订").status_code == 303
    assert "权利口令" in lin.get(RULES).text
    assert "权利口令" not in lin.get(f"{RULES}?stage=live").text


def test_nobody_s_edit_is_written_over_unseen(shop, lin):
    old = seen(lin)
    assert edit(lin, said="先到").status_code == 303
    late = edit(lin, seen=old, said="后到")
    assert late.status_code == 409
    assert "别人刚改过" in alert(late)
    assert kept(shop, "tea")["answers"] == [{"text": "先到"}]


DOCUMENT = "slug: tea\nkeywords: [奶茶]\nanswers: [{text: 一}, {text: 二}]\nsegment: vip\n"


def test_a_document_is_shown_in_the_list_and_in_the_form(shop, lin):
    given = {"as": "yaml", "document": DOCUMENT, "seen": seen(lin)}
    assert post(lin, f"{RULES}/tea", **given).status_code == 303
    assert kept(shop, "tea")["answers"] == [{"text": "一"}, {"text": "二"}]
    page = lin.get(f"{RULES}/tea").text
    assert 'id="f-a0-text"' in page
    assert 'id="f-a1-text"' in page
    assert '<option value="vip" selected>vip（已不存在）</option>' in page
    both = [{"text": "一"}, {"image": "m1"}]
    talk.put(shop.account_id, "rule", "tea", {**TEA, "answers": both}, shop.clock(), stage=DRAFT)
    row = lin.get(RULES).text.partition("<tbody>")[2]
    assert "[图片]" in row
    assert "全部回复" in row


# --- the form says all of it ---------------------------------------------------------------------

EVERY_KIND = [
    {"text": "您好，{name|您}\n第二行 <b>", "lang": "zh", "only": "vip"},
    {"text": "Hello", "lang": "en"},
    {"image": "m-1"},
    {"voice": "v-1"},
    {"video": "v-2", "title": "片", "description": "说\n明", "thumb": "t-1"},
    {"music": "t-2", "title": "歌", "description": "", "url": "https://a.example/1.mp3",
     "hq_url": "http://a.example/2.mp3"},
    {"news": [
        {"title": "新店", "description": "开张", "url": "https://a.example/1",
         "picture_url": "https://a.example/1.jpg"},
        {"title": "第二篇", "description": "", "url": "", "picture_url": ""},
    ]},
    {"menu": {"head": "想问什么", "tail": "请点", "options": [
        {"say": "营业时间", "id": "h"}, {"say": "地址", "id": ""}]}},
    {"miniprogram": {"title": "点单", "appid": "wx1", "pagepath": "p/i?a=1&b=2", "thumb": "t-3"}},
    {"coupon": "mine"},
    {"coupon": "gone"},
    {"content": "interests"},
    {"content": "咖啡"},
    {"form": "booking"},
    {"human": ""},
    {"human": "kf2001@shop"},
    {"silent": True},
]  # fmt: skip
WHOLE = {
    "slug": "all",
    "name": "什么都有 \"&'",
    "on": "message",
    "keywords": [
        {"text": "喝什么", "match": "contains"},
        "奶茶",
        {"text": "茶+|tea", "match": "regex"},
        "果茶",
        {"text": "两\n行", "match": "contains"},
        {"text": "吃什么", "match": "contains"},
    ],
    "answers": EVERY_KIND,
    "give": "random",
    "priority": 7,
    "hours": ["22:00-02:00", "09:00-24:00", "12:00-13:30"],
    "weekdays": [1, 6, 7],
    "starts_at": "2026-12-01T09:00:30+09:00",
    "ends_at": "2026-12-31",
    "segment": "vip",
    "enabled": False,
}
SUBSCRIBE = {
    "slug": "hi", "on": "subscribe", "scenes": ["shop-*", "poster"], "answers": [{"text": "好"}],
    "give": "first",
}  # fmt: skip
DEFAULT = {"slug": "what", "on": "default", "answers": [{"text": "没听懂"}], "weekdays": [7]}


def filled_in(page):
    """What a browser sends of the rule's form as it stands."""
    form = page.partition('id="rule-form"')[2].partition("</form>")[0]
    return as_sent(form)


@pytest.mark.parametrize("document", [WHOLE, SUBSCRIBE, DEFAULT, TEA], ids=lambda one: one["slug"])
def test_a_rule_that_is_opened_and_saved_stays_as_it_is(shop, lin, document):
    slug = document["slug"]
    talk.put(shop.account_id, "rule", slug, document, shop.clock())
    given = filled_in(lin.get(f"{RULES}/{slug}").text)
    assert lin.post(f"{RULES}/{slug}", data={**given, "act": "save"}).status_code == 303
    assert kept(shop, slug) == rulebook.write(rulebook.read([document]))[0]


def test_a_new_rule_needs_no_slug(shop, lin):
    new = {**FIELDS, "on": "message", "exact": "红茶", "regex": ""}
    assert post(lin, f"{A}/new-rule", **new).status_code == 303
    assert post(lin, f"{A}/new-rule", **{**new, "exact": "绿茶"}).status_code == 303
    assert kept(shop, "rule-1")["keywords"] == ["红茶"]
    assert kept(shop, "rule-2")["keywords"] == ["绿茶"]


def test_everything_about_a_rule_can_be_filled_in(shop, lin):
    given = {
        "as": "form", "on": "message", "slug": "late", "exact": "夜宵", "contains": "宵夜",
        "answer": ["0", "1"], "a0-kind": "text", "a0-text": "有的", "a1-kind": "coupon",
        "a1-coupon": "mine", "a1-only": "vip", "give": "random", "weekday": ["5", "6"],
        "from": ["22:00", "18:00"], "to": ["02:00", "00:00"], "starts_at": "2026-12-01T08:00",
        "segment": "vip", "priority": "300",
    }  # fmt: skip
    assert post(lin, f"{A}/new-rule", **given).status_code == 303
    assert kept(shop, "late") == {
        "slug": "late",
        "on": "message",
        "keywords": ["夜宵", {"text": "宵夜", "match": "contains"}],
        "answers": [{"text": "有的"}, {"coupon": "mine", "only": "vip"}],
        "give": "random",
        "priority": 300,
        "starts_at": "2026-12-01T08:00:00",
        "hours": ["22:00-02:00", "18:00-24:00"],
        "weekdays": [5, 6],
        "segment": "vip",
        "enabled": False,
    }


def test_answers_are_added_moved_and_removed_without_a_script(shop, lin):
    given = filled_in(lin.get(f"{RULES}/tea").text)
    added = post(lin, f"{RULES}/tea", **{**given, "a0-text": "一", "act": "add"})
    assert added.status_code == 200
    given = {**filled_in(added.text), "a1-kind": "news"}
    more = post(lin, f"{RULES}/tea", **{**given, "a1-n0-title": "篇", "act": "article-1"})
    assert 'id="f-a1-n1-title"' in more.text
    moved = post(lin, f"{RULES}/tea", **{**filled_in(more.text), "act": "up-1"})
    shown = filled_in(moved.text)
    assert (shown["a0-kind"], shown["a0-n0-title"], shown["a1-text"]) == ("news", "篇", "一")
    removed = filled_in(post(lin, f"{RULES}/tea", **{**shown, "act": "remove-0"}).text)
    assert (removed["a0-text"], "a1-kind" in removed) == ("一", False)
    assert not talk.has(shop.account_id, DRAFT), "nothing was saved on the way"
    assert lin.post(f"{RULES}/tea", data={**removed, "act": "save"}).status_code == 303
    assert kept(shop, "tea")["answers"] == [{"text": "一"}]


def test_a_rule_of_another_version_is_edited_as_a_document(shop, lin):
    talk.put(shop.account_id, "rule", "tea", {**TEA, "colour": "red"}, shop.clock())
    page = lin.get(f"{RULES}/tea").text
    assert 'id="rule-form"' not in page
    assert "colour: red" in page
    answer = post(lin, f"{RULES}/tea", **{**FIELDS, "seen": seen(lin)})
    assert answer.status_code == 409
    assert "来自别的版本" in alert(answer)


@pytest.mark.parametrize(
    "document",
    ["", "[]", "a: [", DOCUMENT + "colour: red\n", DOCUMENT.replace("slug: tea", "slug: other"),
     "keywords: 3\nanswers: []", "keywords: [3]\nanswers: [3]", "x: &a [*a]", "a" * 64_001],
    ids=["nothing", "a list", "no YAML", "unknown field", "another slug", "a number", "numbers",
         "an alias", "too long"],
)  # fmt: skip
def test_a_faulty_document_comes_back_as_it_was_written(shop, lin, document):
    given = {"as": "yaml", "document": document, "seen": seen(lin)}
    answer = post(lin, f"{RULES}/tea", **given)
    assert answer.status_code == 422
    assert alert(answer)
    assert not talk.has(shop.account_id, DRAFT)


def test_a_rule_is_removed_from_the_draft_alone(shop, lin):
    talk.put(shop.account_id, "rule", "plain", {**TEA, "slug": "plain"}, shop.clock())
    assert post(lin, f"{RULES}/tea/remove", seen=seen(lin)).status_code == 303
    assert kept(shop, "tea") is None
    assert kept(shop, "tea", LIVE) == TEA
    assert post(lin, f"{RULES}/tea/remove").status_code == 404
    assert "删除 规则“奶茶”" in lin.get(RULES).text


def test_a_draft_is_never_emptied_since_that_would_be_none(shop, lin):
    answer = post(lin, f"{RULES}/tea/remove", seen=seen(lin))
    assert answer.status_code == 409
    assert "最后一份" in alert(answer)
    assert not talk.has(shop.account_id, DRAFT)


# --- going live ---------------------------------------------------------------------------------


def test_a_draft_is_published_and_rolled_back(shop, lin):
    edit(lin, said="新的回复")
    assert act(lin, "publish").status_code == 303
    assert kept(shop, "tea", LIVE)["answers"] == [{"text": "新的回复"}]
    assert not talk.has(shop.account_id, DRAFT)
    assert post(lin, f"{A}/rules-act", act="rollback").status_code == 303
    assert kept(shop, "tea", LIVE) == TEA
    acts = [one.action for one in audit.entries(9) if one.action.startswith("talk_")]
    assert acts == ["talk_rollback", "talk_publish"]


def test_a_draft_is_discarded(shop, lin):
    edit(lin, said="新的回复")
    assert act(lin, "discard").status_code == 303
    assert not talk.has(shop.account_id, DRAFT)


@pytest.mark.parametrize(
    ("act", "status"), [("publish", 409), ("rollback", 409), ("discard", 409), ("", 422)]
)
def test_what_cannot_be_done_is_refused(lin, act, status):
    answer = post(lin, f"{A}/rules-act", act=act)
    assert answer.status_code == status
    assert alert(answer)


def test_a_draft_that_names_what_is_not_there_does_not_go_live(shop, lin):
    given = {"as": "yaml", "document": DOCUMENT, "seen": seen(lin)}
    post(lin, f"{RULES}/tea", **given)
    answer = act(lin, "publish")
    assert answer.status_code == 409
    assert alert(answer).splitlines() == ["没有发布，请先改正：", "规则“tea” · 人群：没有人群 vip"]
    assert kept(shop, "tea", LIVE) == TEA


@pytest.mark.parametrize("name", ["publish", "discard"])
def test_what_goes_out_or_away_is_the_draft_that_was_seen(shop, lin, name):
    edit(lin, said="先")
    old = {
        field: seen_in(lin, RULES, "rules-act?tab=message", field) for field in ("draft", "shown")
    }
    shop.clock.on(minutes=1)
    edit(shop.signed_in("lin"), said="后")
    late = post(lin, f"{A}/rules-act", act=name, **old)
    assert late.status_code == 409
    first, since = alert(late).splitlines()
    assert "草稿在您打开之后又被改过（Lin，2026-" in first
    assert since == "之后改过：规则“奶茶”"
    assert "后" in late.text.partition("<tbody>")[2], "the newest is shown"
    assert kept(shop, "tea", LIVE) == TEA
    assert kept(shop, "tea")["answers"] == [{"text": "后"}]
    again = re.search(r'name="draft" value="([^"]*)"', late.text)[1]
    assert post(lin, f"{A}/rules-act", act=name, draft=again).status_code == 303


def test_an_example_more_is_another_draft(shop, lin):
    edit(lin)
    draft = seen_in(lin, RULES, "rules-act?tab=message", "draft")
    talk.add_examples(shop.account_id, [Example("drink", "来杯茶")], stage=DRAFT)
    late = post(lin, f"{A}/rules-act", act="publish", draft=draft)
    assert late.status_code == 409
    assert alert(late).startswith("草稿在您打开之后又被改过，")


# --- trying -------------------------------------------------------------------------------------


def test_a_text_is_tried_live_and_in_the_draft_and_nothing_is_kept(shop, lin):
    edit(lin, said="新的回复", exact="奶茶")
    page = lin.get(f"{A}/rules-try?text=奶茶").text
    live, _, draft = page.partition("草稿</h2>")
    assert "来一杯茉莉奶绿" in live
    assert "新的回复" in draft
    assert fetch("SELECT COUNT(*) FROM event") == [(0,)]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("退订", "权利口令"),
        ("奶茶", "规则"),
        ("优惠券", "系统口令"),
        ("呜啦啦嘟嘟", "系统默认回复"),
    ],
)
def test_trying_names_the_step_that_takes_a_text(shop, lin, text, step):
    page = lin.get(f"{A}/rules-try", query_string={"text": text}).text
    assert page.partition('class="bubble bot"')[2].partition('class="meta">')[2].startswith(step)


def test_a_tried_answer_stands_as_it_would_be_sent(shop, lin):
    edit(lin, said="{name|亲}，今天{date}，停车{parking|请问店员}", exact="停车")
    page = lin.get(f"{A}/rules-try?text=停车").text
    assert "亲，今天11月21日，停车请问店员" in page


def test_a_rule_out_of_its_time_is_listed_as_one_that_would_fit(shop, lin):
    shop.clock.on(days=2)
    page = shop.signed_in("lin").get(f"{A}/rules-try?text=奶茶").text
    assert "来一杯茉莉奶绿" not in page
    assert "<td>现在不在生效时段（周六 周日）</td>".replace(" ", "、") in page


def test_every_step_is_said_in_words(shop, lin):
    both = {"kind": "text", "answers": [{"text": "一"}, {"image": "m"}]}
    rules = {
        "vip": {**TEA, "slug": "vip", "name": "会员茶", "keywords": ["会员日"], "segment": "gold",
                "answers": both["answers"], "weekdays": [1, 2, 3, 4, 5, 6, 7]},
        "usual": {"slug": "usual", "name": "没听懂", "on": "default", "answers": [{"text": "嗯"}]},
    }  # fmt: skip
    for slug, document in rules.items():
        talk.put(shop.account_id, "rule", slug, document, shop.clock())
    define(shop.account_id, "gold", "Gold", {"tag": "gold"}, shop.clock())
    faq = {"slug": "wifi", "questions": ["wifi 密码是多少"], "answers": [{"text": "88"}]}
    talk.put(shop.account_id, "faq", "wifi", faq, shop.clock())

    def tried(text, segment=""):
        asked = {"text": text, "segment": segment}
        page = lin.get(f"{A}/rules-try", query_string=asked).text
        steps = page.partition('class="steps-said">')[2].partition("</ol>")[0]
        said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", steps.replace("</li>", "\n")))
        return page, said

    page, steps = tried("会员日", "gold")
    assert "规则 由它回答 规则“会员茶”的全匹配关键词“会员日”对上了，优先级 100" in steps
    assert "会员茶 · 全部回复" in page
    assert "<p>[图片]</p>" in page
    page, steps = tried("会员日")
    assert "对上 1 条关键词，但所在的规则现在都不回给这位粉丝" in steps
    assert "<td>只给人群“Gold”</td>" in page
    assert "还没有训练好的模型" in steps
    assert "收到消息回复 由它回答 规则“没听懂”，优先级 100" in steps
    page, steps = tried("wifi密码是多少")
    assert "常见问题 由它回答 和常见问题“wifi 密码是多少”相似 100%（要 30%）" in steps
    page, steps = tried("退订")
    assert "权利口令 由它回答 是口令“退订”，先于一切规则" in steps
    assert steps.count("没有轮到这一步") == 8
    operators.update(operators.by_name("lin").id, language="en")
    page, steps = tried("coupon")
    operators.update(operators.by_name("lin").id, language="zh")
    assert "Command answers the whole message is the command “coupon”" in steps
    assert "word:coupon" not in page


def test_a_model_s_doubts_are_said_in_percent():
    hours = Intent(slug="hours", title="营业时间", answers=(read_answer({"text": "十点"}),))
    way = Intent(slug="way", title="地址", english="Address", answers=hours.answers)
    house = Talk(intents={"hours": hours, "way": way})

    def steps(lang="zh", **said):
        one = Understanding("几点", {}, plain="几点", **said)
        found = preview(house, one, NOON, SHANGHAI, lambda slug: False)
        trial = Trial(house, one, found, NOON, SHANGHAI, lambda slug: False,
                      partial(lambda lang, key, **v: t(key, lang, **v), lang), lang)  # fmt: skip
        return trial.name, {step.name: step for step in trial.steps()}

    name, sure = steps(intent="hours", confidence=0.93, second=("way", 0.02))
    assert (name, sure["intent"].state) == ("营业时间", "took")
    assert sure["intent"].why == "是意图“营业时间”，把握 93%（要 50%），比第二名高 91%（要 10%）"
    name, torn = steps(intent="hours", confidence=0.45, second=("way", 0.4))
    assert (name, torn["clarify"].state) == ("营业时间、地址", "took")
    assert torn["intent"].why.startswith("最像意图“营业时间”（45%），其次“地址”（40%）")
    name, away = steps(intent="hours", confidence=0.9, refused=True)
    assert away["intent"].why == "模型认为这不是能回答的事（最像“营业时间”，90%）"
    name, weak = steps("en", intent="way", confidence=0.1)
    assert "“Address” with only 10%" in weak["intent"].why
    assert weak["own"].state == "took"


def test_english_is_complete(shop, lin):
    usual = {"slug": "usual", "on": "default", "answers": [{"human": ""}, {"silent": True}]}
    talk.put(shop.account_id, "rule", "usual", usual, shop.clock())
    operators.update(operators.by_name("lin").id, language="en")
    paths = ("new-rule?tab=subscribe", "rules/usual", "rules?tab=default", "rules-try?text=zzz")
    pages = [lin.get(f"{A}/{path}").text for path in paths]
    pages.append(post(lin, f"{A}/rules-act?tab=default", act="publish", draft="x").text)
    operators.update(operators.by_name("lin").id, language="zh")
    for page in pages:
        text = re.sub(r'(<option) value="[^"]*"', r"\1", page.replace("鸿雁", ""))
        assert re.findall("[\u4e00-\u9fff]+", text) == []


# --- what nobody answered -----------------------------------------------------------------------


@pytest.fixture
def waiting(shop):
    """Two messages about the wi-fi, suggested as a rule."""
    ids, now = [], shop.clock()
    for n, text in enumerate(("wifi 密码多少", "你们 wifi 密码是啥")):
        who = a_follower(shop.account_id, openid=f"o-{n}")
        sealed = {"raw": {"Content": text}}
        one = events.append(shop.account_id, who, "message.text", at=now, received_at=now,
                            source="callback", key=text, sealed=sealed)  # fmt: skip
        ids.append(one)
    found = Suggestion(
        id=0, made_at=now, kind="rule", intent="", size=2, coverage=0.1, events=tuple(ids),
        keywords=("密码",), draft={"text": "密码是 88888888"}, state="open",
    )  # fmt: skip
    suggestions.replace_open(shop.account_id, [found], now)
    return suggestions.listed(shop.account_id)[0].id


def test_what_nobody_answered_stands_in_groups_with_its_words(shop, waiting):
    page = shop.signed_in("mei").get(f"{A}/unanswered").text
    for words in ("可以做成关键词规则：密码", "2 条", "你们 wifi 密码是啥", "密码是 88888888"):
        assert words in page
    assert f"/unanswered/{waiting}" not in page  # an agent reads, and decides nothing
    assert shop.signed_in("wu").get(f"{A}/unanswered").status_code == 403


def test_a_group_becomes_a_rule_of_the_draft_once(shop, lin, waiting):
    assert post(lin, f"{A}/unanswered/{waiting}", act="rule").status_code == 303
    assert kept(shop, f"suggested-{waiting}")["answers"] == [{"text": "密码是 88888888"}]
    assert kept(shop, f"suggested-{waiting}", LIVE) is None
    assert post(lin, f"{A}/unanswered/{waiting}", act="dismiss").status_code == 409


def test_a_group_becomes_examples_of_an_intent(shop, lin, waiting):
    document = {"slug": "wifi", "title": "无线网", "answers": [{"text": "88888888"}]}
    talk.put(shop.account_id, "intent", "wifi", document, shop.clock())
    assert post(lin, f"{A}/unanswered/{waiting}", act="accept", intent="nothing").status_code == 409
    assert post(lin, f"{A}/unanswered/{waiting}", act="accept", intent="wifi").status_code == 303
    assert talk.count_examples(shop.account_id, DRAFT) == {"wifi": 2}


@pytest.mark.parametrize(("act", "status"), [("dismiss", 303), ("eat", 422)])
def test_a_group_is_dismissed_and_nothing_else_is_known(shop, lin, waiting, act, status):
    assert post(lin, f"{A}/unanswered/{waiting}", act=act).status_code == status
    assert len(suggestions.listed(shop.account_id)) == (0 if status == 303 else 1)


def test_a_group_of_another_account_is_not_there(shop, lin, waiting):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    path = f"/console/a/second/unanswered/{waiting}"
    assert post(lin, path, act="dismiss").status_code == 404
    assert post(lin, f"{A}/unanswered/{1 << 70}", act="dismiss").status_code == 404
