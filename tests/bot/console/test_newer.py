"""Two people save one thing: the second is told who was faster, when, and what either wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import unescape

import pytest

from bot import campaign, coupon, journey
from bot.console.rights import Role
from bot.content import library
from bot.menus import editing
from bot.segment.catalogue import define
from bot.store import accounts, menus, operators, qrcodes, talk
from bot.store.db import run
from bot.talk.files import write_yaml
from tests.bot.console.offices import anew, opened
from tests.bot.console.sharing import post, seen_in
from tests.conftest import NOON

A = "/console/a/default"
TABLES = (
    *("edit_mark", "journey_draft", "journey_version", "journey", "campaign_approval"),
    *("campaign_document", "campaign", "segment_version", "segment", "content_version"),
    *("content", "coupon_code", "coupon_stock", "coupon_batch", "coupon_rule", "campaign_rule"),
    *("menu_version", "menu", "qr_code"),
)
ALL = {"attribute": "subscribed", "op": "eq", "value": True}
RULE = {"slug": "tea", "keywords": ["茶"], "answers": [{"text": "旧"}]}
CONTENT = {"slug": "latte", "kind": "product", "title": "旧题", "topics": {"咖啡": 1.0}}
FLOW = {
    "slug": "wake", "name": "旧名", "trigger": {"when": "manual"},
    "steps": [{"id": "tag", "tag": "旧标"}, {"id": "end", "end": "finished"}],
}  # fmt: skip
PLAN = {
    "slug": "week",
    "name": "旧名",
    "segment": "all",
    "purpose": "marketing",
    "offer": "cup",
    "text": "{link}",
}


@dataclass(frozen=True)
class Form:
    """path: where it is posted; page: where it stands; `changing`: by what a value is known."""

    page: str
    path: str
    changing: str
    first: str  # what the faster one writes
    second: str
    rest: dict[str, str] = field(default_factory=dict)
    wraps: str = "{}"  # what is typed around the value
    seen: str = "seen"
    begun: bool = False  # the action of the form is its page

    def typed(self, value: str) -> dict[str, str]:
        return {**self.rest, self.changing: self.wraps.replace("{}", value)}


FORMS = {
    "segment": Form(
        f"{A}/segments/all/edit", f"{A}/segments/all/edit", "name", "甲的人群", "乙的人群",
        {"rule": json.dumps(ALL)},
    ),
    "segment restored": Form(
        f"{A}/segments/all", f"{A}/segments/all/restore", "version", "1", "2",
    ),
    "content": Form(
        f"{A}/contents/latte/edit", f"{A}/contents/latte/edit", "title", "甲题", "乙题",
        {"as": "form", "do": "save", "kind": "product", "topics": "咖啡:1"},
    ),
    "rule": Form(
        f"{A}/rules/tea", f"{A}/rules/tea", "a0-text", "甲答", "乙答",
        {"as": "form", "on": "message", "exact": "茶", "enabled": "on", "priority": "100",
         "answer": "0", "a0-kind": "text"},
    ),
    "rule as a document": Form(
        f"{A}/rules/tea", f"{A}/rules/tea", "document", "甲答", "乙答", {"as": "yaml"},
        "slug: tea\nkeywords: [茶]\nanswers: [{text: {}}]\n",
    ),
    "campaign": Form(
        f"{A}/campaigns/week/edit", f"{A}/campaigns/week/edit", "yaml", "甲活动", "乙活动",
        {"as": "yaml"}, write_yaml({**PLAN, "name": "X"}).replace("X", "{}"),
    ),
    "journey": Form(
        f"{A}/journeys/wake/edit", f"{A}/journeys/wake/edit", "yaml", "甲标", "乙标",
        {"do": "save", "policy": "keep"}, write_yaml(FLOW).replace("旧标", "{}"),
    ),
    "journey on the canvas": Form(
        f"{A}/journeys/wake/canvas?step=tag", f"{A}/journeys/wake/canvas", "name", "甲标", "乙标",
        {"do": "step", "step": "tag"},
    ),
    "low stock": Form(
        f"{A}/coupons", f"{A}/coupons/cup/low", "count", "41", "42", {"share": "12"},
    ),
    "radar": Form(
        f"{A}/coupons/radar", f"{A}/coupons/radar/till_speed/rule", "most", "71", "72",
        {"minutes": "5", "enabled": "on"},
    ),
    "rules of sending": Form(
        f"{A}/sending-rules", f"{A}/sending-rules", "per_month", "7", "8",
        {"timezone": "Asia/Shanghai", "control": "0"}, seen="version",
    ),
    "menu": Form(
        f"{A}/menus?at=1", f"{A}/menus/default/button", "name", "甲键", "乙键",
        {"act": "save", "place": "1", "type": "click", "key": "K"},
    ),
    "menu described": Form(
        f"{A}/menus/vip", f"{A}/menus/vip/draft", "title", "甲单", "乙单",
        {"act": "describe", "client_platform_type": "1"},
    ),
    "code": Form("{code}", "{code}", "name", "甲码", "乙码", {"act": "describe", "note": ""}),
    "welcome of a code": Form(
        "{code}", "{code}", "text", "甲迎", "乙迎", {"act": "welcome"}, seen="seen_welcome",
    ),
    "intent": Form(
        f"{A}/intents/hours", f"{A}/intents/hours", "document", "甲意", "乙意",
        {"act": "document"}, "title: {}\nanswers: [{text: 九点}]\n",
    ),
    "role": Form(
        "/console/members", "/console/members/{mei}/role", "role", "agent", "reviewer",
        {"account": "0"},
    ),
}  # fmt: skip
# What the pages say of these values.
SAID = {"agent": "客服", "reviewer": "审核", "1": "旧群", "2": "中群"}


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("newer")
    with opened(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def office(built):
    anew(built, *TABLES)
    of, now = built.account_id, NOON
    built.hire("chen", Role.ADMIN)
    define(of, "all", "旧群", ALL, now)
    define(of, "all", "中群", {"tag": "vip"}, now)
    define(of, "all", "新群", ALL, now)
    library.put(of, CONTENT, now)
    talk.put(of, "rule", "tea", RULE, now)
    hours = {"slug": "hours", "title": "旧意", "answers": [{"text": "九点"}]}
    talk.put(of, "intent", "hours", hours, now)
    journey.define(of, FLOW, now)
    coupon.make_batch(
        of, {"slug": "cup", "title": "杯", "face_value_fen": 1, "valid_days": 7, "codes": 3}, now
    )
    campaign.create(built.services, of, PLAN, now)
    editing.add(of, "vip", "旧单", {"client_platform_type": "1"}, now)
    return built


def placed(office, text):
    mei = office.hire("mei", Role.VIEWER) if "{mei}" in text else ""
    code = qrcodes.add(office.account_id, "s1", "旧码", "", True, "job", NOON) if "{code}" in (
        text) else ""  # fmt: skip
    return text.replace("{mei}", str(mei)).replace("{code}", f"{A}/codes/{code}")


def where(office, form):
    """(page, path) of the form, whatever they need being made."""
    both = placed(office, f"{form.page} {form.path}")
    page, path = both.split(" ")
    return page, path


def seen(browser, form, page, path):
    action = path.removeprefix("/console") if path != page.partition("?")[0] else ""
    return seen_in(browser, page, action, form.seen)


@pytest.mark.parametrize("name", FORMS)
def test_the_slower_of_two_sees_both_and_may_then_insist(office, name):
    form = FORMS[name]
    lin, chen = office.signed_in("lin"), office.signed_in("chen")
    page, path = where(office, form)
    old = {form.seen: seen(lin, form, page, path)}
    office.clock.on(minutes=1)
    assert post(chen, path, **form.typed(form.first), **old).status_code in (302, 303)
    late = post(lin, path, **form.typed(form.second), **old)
    assert late.status_code == 409
    box = late.text.partition('aria-labelledby="newer"')[2].partition("</section>")[0]
    assert "Chen 在 2026-11-21 12:01 保存了另一个版本" in box
    cells = re.findall(r"<td>(.*?)</td>", box, re.DOTALL)
    for value in (form.first, form.second):
        assert any(SAID.get(value, value) in cell for cell in cells), (value, cells)
    if form.changing != "version":  # a button has nothing typed
        typed = form.typed(form.second)[form.changing].rstrip("\n")
        assert typed in unescape(late.text.replace(box, "")), "nothing is lost"
    newest = seen_back(late.text, form)
    assert newest != old[form.seen]
    again = post(lin, path, **form.typed(form.second), **{form.seen: newest})
    assert again.status_code in (302, 303), "the next save is on purpose"


def seen_back(text, form):
    """What the form that came back is of: any that is not of the old state will do for one form."""
    found = re.findall(rf'name="{form.seen}" value="([^"]*)"', text)
    if form.page.endswith(("/coupons", "/radar", "members")):
        mark = {"low": "/cup/low", "rule": "till_speed/rule", "role": "/role"}
        action = mark[form.path.rpartition("/")[2]]
        parts = [part for part in text.split("<form")[1:] if action in part.partition(">")[0]]
        found = [re.search(r'name="seen" value="([^"]*)"', part)[1] for part in parts]
        if form.path.endswith("/role"):  # chen's and mei's; mei's is the last that was hired
            return found[-1]
    return found[0]


@pytest.mark.parametrize("name", ["segment", "content", "rule", "journey", "intent"])
def test_a_fault_or_a_look_does_not_make_a_form_newer_than_what_its_reader_saw(office, name):
    form = FORMS[name]
    lin, chen = office.signed_in("lin"), office.signed_in("chen")
    page, path = where(office, form)
    old = {"seen": seen(lin, form, page, path)}
    office.clock.on(minutes=1)
    assert post(chen, path, **form.typed(form.first), **old).status_code in (302, 303)
    # A look before saving where there is one, else a fault.
    spoilt = {
        "segment": {"rule": "{"}, "content": {"do": "check"}, "journey": {"do": "check"},
        "rule": {"as": "yaml", "document": "["}, "intent": {"document": "["},
    }[name]  # fmt: skip
    back = post(lin, path, **{**form.typed(form.second), **old, **spoilt})
    assert back.status_code in (200, 422)
    assert f'name="seen" value="{old["seen"]}"' in back.text
    assert post(lin, path, **form.typed(form.second), **old).status_code == 409


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", {"对照组": ("5%", "20%"), "人群": ("新群", "会员"), "预算": ("–", "12.50 元"),
                "时间 › 开始": ("–", "2026-12-01 10:00"),
                "时间 › 在本人最佳时段发送": ("否", "是")}),
        ("en", {"Held out": ("5%", "20%"), "Segment": ("新群", "会员"),
                "Schedule › At each one's own best hour": ("No", "Yes")}),
    ],
)  # fmt: skip
def test_both_versions_are_told_in_the_reader_s_words(office, lang, said):
    """Neither names of fields nor slugs, fractions, fen or instants as a document has them."""
    of = office.account_id
    define(of, "members", "会员", {"tag": "vip"}, NOON)
    lin, edit = office.signed_in("lin"), f"{A}/campaigns/week/edit"
    operators.update(operators.by_name("lin").id, language=lang)
    new = {**PLAN, "segment": "members", "holdout": 0.2, "budget_fen": 1250,
           "schedule": {"at": "2026-12-01T10:00:00+08:00", "best_hour": True}}  # fmt: skip
    late = post(lin, edit, **{"as": "yaml", "yaml": write_yaml(new), "seen": "2026"})
    assert late.status_code == 409
    box = unescape(late.text.partition('aria-labelledby="newer"')[2].partition("</section>")[0])
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', box, re.DOTALL)
    shown = {what: (theirs, mine) for what, theirs, mine in rows}
    assert {what: shown.get(what) for what in said} == said
    names = " ".join(shown)
    assert not re.search(r"holdout|budget_fen|schedule\.|segment|members|best_hour", names)


def test_what_a_command_changed_is_said_without_a_name(office):
    lin, form = office.signed_in("lin"), FORMS["rule"]
    old = seen(lin, form, form.page, form.path)
    changed = {**RULE, "answers": [{"text": "命令"}]}
    talk.put(office.account_id, "rule", "tea", changed, office.clock())
    late = post(lin, form.path, **form.typed("乙答"), seen=old)
    assert late.status_code == 409
    assert "来自命令行或接口" in late.text
    assert "命令" in late.text


def test_secrets_that_somebody_else_replaced_are_not_replaced_unseen_nor_shown(office):
    accounts.add("cafe", "wx2", "s" * 32, "token", "a" * 43, "service", office.clock())
    lin, chen, page = office.signed_in("lin"), office.signed_in("chen"), "/console/a/cafe/settings"
    old = seen_in(lin, page, "/rotate")
    post(chen, f"{page}/rotate", seen=old, appsecret="c" * 32)
    late = post(lin, f"{page}/rotate", seen=old, appsecret="l" * 32)
    assert late.status_code == 409
    assert "Chen 在" in late.text
    assert "c" * 32 not in late.text
    assert "l" * 32 not in late.text
    assert accounts.by_slug("cafe").appsecret == "c" * 32
    newest = re.search(r'name="seen" value="([^"]+)"', late.text)[1]
    assert post(lin, f"{page}/rotate", seen=newest, appsecret="l" * 32).status_code == 200
    assert accounts.by_slug("cafe").appsecret == "l" * 32
    run("DELETE FROM account WHERE slug = 'cafe'")


def test_a_menu_s_draft_is_not_thrown_away_unseen(office):
    form = FORMS["menu"]
    lin, chen = office.signed_in("lin"), office.signed_in("chen")
    old = seen(lin, form, form.page, form.path)
    post(chen, form.path, **form.typed("甲键"), seen=old)
    late = post(lin, f"{A}/menus/default/button", act="remove", place="1", seen=old)
    assert late.status_code == 409
    assert menus.get(office.account_id, "default").buttons[0]["name"] == "甲键"


def test_english_says_who_was_faster_too(office):
    form, lin, chen = FORMS["rule"], office.signed_in("lin"), office.signed_in("chen")
    run("UPDATE operator SET language = 'en' WHERE name = 'lin'")
    old = seen(lin, form, form.page, form.path)
    post(chen, form.path, **form.typed("甲答"), seen=old)
    late = post(lin, form.path, **form.typed("乙答"), seen=old)
    assert "Somebody has just changed this" in late.text
    assert "Chen saved another version at" in late.text
