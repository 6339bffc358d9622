"""自动回复, 对话测试 and 未命中消息 in the console: everything in a draft until it is published."""

from __future__ import annotations

import pytest

from bot.console.rights import Role
from bot.store import accounts, audit, events, suggestions, talk
from bot.store.db import fetch
from bot.store.suggestions import Suggestion
from bot.store.talk import DRAFT, LIVE
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import emptied, post, shared
from tests.conftest import a_follower

A = "/console/a/default"
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
    "as": "form", "name": "奶茶", "exact": "奶茶", "contains": "", "answer": "好", "enabled": "on",
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


def edit(browser, slug="tea", **changes):
    given = {"seen": seen(browser, slug), **FIELDS, **changes}
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
    for words in ("喝什么", "茶+", "周6、7", "来一杯茉莉奶绿", "100"):
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


def test_a_form_changes_its_fields_in_a_draft_and_leaves_the_rest(shop, lin):
    answer = edit(
        lin, name="奶茶推荐", exact="奶茶\r\n 果茶 ", contains="喝点啥", priority="200",
        hours="09:00-12:00\n22:00-02:00", answer="来一杯",
    )  # fmt: skip
    assert answer.status_code == 303
    assert kept(shop, "tea") == {
        "slug": "tea",
        "name": "奶茶推荐",
        "on": "message",
        "keywords": ["奶茶", "果茶", {"text": "喝点啥", "match": "contains"},
                     {"text": "茶+", "match": "regex"}],
        "answers": [{"text": "来一杯"}],
        "give": "all",
        "priority": 200,
        "hours": ["09:00-12:00", "22:00-02:00"],
        "weekdays": [6, 7],
    }  # fmt: skip
    assert kept(shop, "tea", LIVE) == TEA
    (entry,) = [one for one in audit.entries(9) if one.action == "rule_save"]
    assert entry.detail == {"rule": "tea"}


def test_a_new_rule_and_one_that_is_there_already(shop, lin):
    new = {**FIELDS, "on": "message", "slug": "coffee", "exact": "咖啡"}
    assert post(lin, f"{A}/new-rule", **new).status_code == 303
    assert kept(shop, "coffee")["keywords"] == ["咖啡"]
    again = post(lin, f"{A}/new-rule", **{**new, "slug": "tea"})
    assert again.status_code == 409
    assert "已经有代号为 tea 的规则" in alert(again)


@pytest.mark.parametrize(
    "changes",
    [
        {"exact": "", "contains": "", "keep": ""},
        {"answer": " "},
        {"priority": "1001"},
        {"priority": "many"},
        {"priority": "9" * 30},
        {"hours": "25:00-26:00"},
        {"exact": "字" * 61},
        {"answer": "字" * 700},
        {"answer": "{nobody_knows_this}"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_fault_comes_back_with_what_was_filled_in(shop, lin, changes):
    plain = {**TEA, "slug": "plain", "keywords": ["红茶"]}
    talk.put(shop.account_id, "rule", "plain", plain, shop.clock())
    answer = edit(lin, "plain", **{"name": "改了一半", "exact": "红茶", **changes})
    assert answer.status_code == 422
    assert alert(answer)
    assert 'value="改了一半"' in answer.text
    assert not talk.has(shop.account_id, DRAFT)


def test_what_the_x_ray_calls_an_error_is_not_saved_and_is_said(shop, lin):
    plain = {**TEA, "slug": "plain", "keywords": ["红茶"]}
    talk.put(shop.account_id, "rule", "plain", plain, shop.clock())
    answer = edit(lin, "plain", exact="奶茶")
    assert answer.status_code == 409
    assert "关键词“奶茶”在规则" in alert(answer)


def test_findings_of_the_draft_stand_above_the_rules(shop, lin):
    assert edit(lin, contains="退订").status_code == 303
    assert "权利口令" in lin.get(RULES).text
    assert "权利口令" not in lin.get(f"{RULES}?stage=live").text


def test_nobody_s_edit_is_written_over_unseen(shop, lin):
    old = seen(lin)
    assert edit(lin, answer="先到").status_code == 303
    late = edit(lin, seen=old, answer="后到")
    assert late.status_code == 409
    assert "别人刚改过" in alert(late)
    assert kept(shop, "tea")["answers"] == [{"text": "先到"}]


DOCUMENT = "slug: tea\nkeywords: [奶茶]\nanswers: [{text: 一}, {text: 二}]\nsegment: vip\n"


def test_a_document_says_what_a_form_cannot(shop, lin):
    given = {"as": "yaml", "document": DOCUMENT, "seen": seen(lin)}
    assert post(lin, f"{RULES}/tea", **given).status_code == 303
    assert kept(shop, "tea")["answers"] == [{"text": "一"}, {"text": "二"}]
    page = lin.get(f"{RULES}/tea").text
    assert "回复不止一段文字" in page
    both = [{"text": "一"}, {"image": "m1"}]
    talk.put(shop.account_id, "rule", "tea", {**TEA, "answers": both}, shop.clock(), stage=DRAFT)
    assert "[图片]" in lin.get(RULES).text
    talk.put(
        shop.account_id,
        "rule",
        "tea",
        {**TEA, "answers": [{"text": "一"}, {"text": "二"}], "segment": "vip"},
        shop.clock(),
        stage=DRAFT,
    )
    assert 'id="f-answer"' not in page
    assert edit(lin, exact="奶茶").status_code == 303  # and a form leaves that alone
    assert kept(shop, "tea")["answers"] == [{"text": "一"}, {"text": "二"}]
    assert kept(shop, "tea")["segment"] == "vip"


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
    assert "删除 rule tea" in lin.get(RULES).text


def test_a_draft_is_never_emptied_since_that_would_be_none(shop, lin):
    answer = post(lin, f"{RULES}/tea/remove", seen=seen(lin))
    assert answer.status_code == 409
    assert "最后一份" in alert(answer)
    assert not talk.has(shop.account_id, DRAFT)


# --- going live ---------------------------------------------------------------------------------


def test_a_draft_is_published_and_rolled_back(shop, lin):
    edit(lin, answer="新的回复")
    assert post(lin, f"{A}/rules-act", act="publish").status_code == 303
    assert kept(shop, "tea", LIVE)["answers"] == [{"text": "新的回复"}]
    assert not talk.has(shop.account_id, DRAFT)
    assert post(lin, f"{A}/rules-act", act="rollback").status_code == 303
    assert kept(shop, "tea", LIVE) == TEA
    acts = [one.action for one in audit.entries(9) if one.action.startswith("talk_")]
    assert acts == ["talk_rollback", "talk_publish"]


def test_a_draft_is_discarded(shop, lin):
    edit(lin, answer="新的回复")
    assert post(lin, f"{A}/rules-act", act="discard").status_code == 303
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
    answer = post(lin, f"{A}/rules-act", act="publish")
    assert answer.status_code == 409
    assert "vip" in alert(answer)
    assert kept(shop, "tea", LIVE) == TEA


# --- trying -------------------------------------------------------------------------------------


def test_a_text_is_tried_live_and_in_the_draft_and_nothing_is_kept(shop, lin):
    edit(lin, answer="新的回复", exact="奶茶")
    page = lin.get(f"{A}/rules-try?text=奶茶").text
    live, _, draft = page.partition("草稿</h2>")
    assert "来一杯茉莉奶绿" in live
    assert "新的回复" in draft
    assert fetch("SELECT COUNT(*) FROM event") == [(0,)]


@pytest.mark.parametrize(
    ("text", "step"),
    [("退订", "系统口令"), ("奶茶", "规则"), ("优惠券", "系统口令"), ("呜啦啦嘟嘟", "默认回复")],
)
def test_trying_names_the_step_that_takes_a_text(shop, lin, text, step):
    page = lin.get(f"{A}/rules-try", query_string={"text": text}).text
    assert page.partition('class="bubble bot"')[2].partition('class="meta">')[2].startswith(step)


def test_a_rule_out_of_its_time_is_listed_as_one_that_would_fit(shop, lin):
    shop.clock.on(days=2)
    page = shop.signed_in("lin").get(f"{A}/rules-try?text=奶茶").text
    assert "来一杯茉莉奶绿" not in page
    assert "<td>否</td>" in page


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
