"""自定义菜单 in the console: a draft on a phone, published to a platform that has its own rules."""

from __future__ import annotations

import re

import pytest

from bot.effect import parts
from bot.store import accounts, audit, figures, menus, operators, platform_tags, talk
from bot.store.db import run, transaction
from bot.store.figures import Figure
from bot.store.menus import DEFAULT
from tests.bot.console.platforms import alert, on_platform
from tests.bot.console.sharing import emptied, post, seen_in
from tests.conftest import NOON

A = "/console/a/default"
MENUS = f"{A}/menus"
EDIT = f"{MENUS}/default"
HELP = {"name": "帮助", "type": "click", "answer": "HELP"}
SHOP = {"name": "商城", "type": "view", "url": "https://shop.example/"}


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("menu")
    with on_platform(folder, fresh_sqlite(folder)) as found:
        yield found


@pytest.fixture
def shop(built):
    emptied(built)
    for table in ("menu_version", "menu", "figure", "platform_tag"):
        run(f"DELETE FROM {table}")
    client = built.services.client_of(built.account_id)
    client.delete_menu()
    return built


@pytest.fixture
def lin(shop):
    return shop.signed_in("lin")


def kept(shop, slug=DEFAULT):
    return menus.get(shop.account_id, slug)


def seen(browser, path=MENUS):
    found = re.search(r'name="seen" value="(\d+)"', browser.get(f"{path}?at=1").text)
    return found[1]


def put(browser, place, path=EDIT, **fields):
    given = {"act": "save", "place": place, "seen": seen(browser), **fields}
    return post(browser, f"{path}/button", **given)


def publish(browser, path=MENUS, edit=EDIT):
    """The draft that the page shows."""
    return post(browser, f"{edit}/act", act="publish", draft=draft_in(browser, path))


def draft_in(browser, path=MENUS):
    return seen_in(browser, path, "/act", "draft")


def acts():
    return [one.action for one in audit.entries(20) if one.action.startswith("menu_")]


# --- editing ------------------------------------------------------------------------------------


def test_a_menu_is_built_button_by_button(shop, lin):
    assert put(lin, "1", **HELP).status_code == 303
    assert put(lin, "2", **SHOP).status_code == 303
    assert put(lin, "2-1", **{**SHOP, "name": "新品"}).status_code == 303
    answer = put(lin, "3", **HELP | {"name": "优惠", "answer": "", "key": "DEAL"})
    assert answer.headers["Location"].endswith("/menus?at=3")
    assert kept(shop).buttons == [
        {"name": "帮助", "type": "click", "key": "HELP"},
        {"name": "商城", "sub_button": [{"name": "新品", "type": "view", "url": SHOP["url"]}]},
        {"name": "优惠", "type": "click", "key": "DEAL"},
    ]
    page = lin.get(f"{MENUS}?at=2-1").text
    assert 'value="新品"' in page
    assert "没有东西回应 KEY“DEAL”" in page
    assert "草稿有 4 处改动未发布" in page
    assert acts() == ["menu_edit"] * 4


@pytest.mark.parametrize(
    ("act", "place", "names"),
    [("up", "2", ["商城", "帮助"]), ("down", "1", ["商城", "帮助"]),
     ("down", "2", ["帮助", "商城"]), ("remove", "1", ["商城"])],
)  # fmt: skip
def test_buttons_change_places_and_go(shop, lin, act, place, names):
    put(lin, "1", **HELP)
    put(lin, "2", **SHOP)
    assert put(lin, place, act=act).status_code == 303
    assert [one["name"] for one in kept(shop).buttons] == names


@pytest.mark.parametrize(
    ("place", "fields", "status"),
    [("9", HELP, 422), ("", HELP, 422), ("3", HELP, 422), ("2", {**HELP, "act": "eat"}, 422),
     ("2", {**HELP, "seen": "x"}, 409), ("2", {**HELP, "seen": "0"}, 409),
     ("2", {"act": "remove"}, 422)],
)  # fmt: skip
def test_what_cannot_be_edited_comes_back_and_changes_nothing(shop, lin, place, fields, status):
    put(lin, "1", **HELP)
    answer = put(lin, place, **fields)
    assert answer.status_code == status
    assert alert(answer)
    assert len(kept(shop).buttons) == 1


def test_nobody_s_edit_is_written_over_unseen(shop, lin):
    put(lin, "1", **HELP)
    old = seen(lin)
    put(lin, "1", **SHOP)
    late = put(lin, "1", **HELP, seen=old)
    assert late.status_code == 409
    assert "别人刚改过" in alert(late)
    assert kept(shop).buttons[0]["name"] == "商城"


def test_what_is_wrong_is_said_above_and_stops_publishing(shop, lin):
    put(lin, "1", **{**HELP, "name": "一二三四五六"})
    put(lin, "2", **{**HELP, "answer": "RULE:gone"})
    page = lin.get(MENUS).text
    for words in ("超过 16 字节", "没有线上规则“gone”"):
        assert words in page
    refused = publish(lin)
    assert refused.status_code == 422
    assert "超过 16 字节" in alert(refused)
    assert not kept(shop).live


def test_live_rules_can_be_chosen_and_names_are_text(shop, lin):
    bad = "<script>alert(1)</script>"
    rule = {
        "slug": "tea",
        "name": bad,
        "on": "message",
        "keywords": ["茶"],
        "answers": [{"text": "好"}],
    }
    talk.put(shop.account_id, "rule", "tea", rule, NOON)
    put(lin, "1", name=bad, type="click", answer="RULE:tea")
    page = lin.get(f"{MENUS}?at=1").text
    assert '<option value="RULE:tea" selected>' in page
    assert "<script>alert" not in page


# --- going out ----------------------------------------------------------------------------------


def test_a_click_that_nobody_chose_an_answer_for_does_not_go_out(shop, lin):
    page = lin.get(f"{MENUS}?at=1").text
    offered = page.partition('id="f-answer"')[2].partition("</select>")[0]
    assert "selected" not in offered
    assert offered.partition("<option")[2].startswith(' value="">请选择')
    put(lin, "1", name="看菜单", type="click", answer="", key="")
    assert publish(lin).status_code == 422


def test_what_goes_out_is_the_draft_that_was_seen(shop, lin):
    put(lin, "1", **HELP)
    old = draft_in(lin)
    put(shop.signed_in("lin"), "1", **SHOP)
    late = post(lin, f"{EDIT}/act", act="publish", draft=old)
    assert late.status_code == 409
    assert "草稿在您打开之后又被改过（Lin，" in alert(late)
    assert SHOP["name"] in late.text, "the newest is shown"
    assert not kept(shop).live
    again = re.search(r'name="draft" value="([^"]*)"', late.text)[1]
    assert post(lin, f"{EDIT}/act", act="publish", draft=again).status_code == 303
    assert post(lin, f"{EDIT}/act", act="publish").status_code == 409, "of nothing that was seen"


def test_publish_compare_roll_back_and_take_back(shop, lin):
    client = shop.services.client_of(shop.account_id)
    put(lin, "1", **HELP)
    assert publish(lin).status_code == 303
    assert [one["name"] for one in client.get_menu()["button"]] == ["帮助"]
    put(lin, "1", **SHOP)
    assert publish(lin).status_code == 303
    assert "一致" in post(lin, f"{EDIT}/compare").text
    client.create_menu({"button": [{"name": "别处", "type": "click", "key": "X"}]})
    assert "改动 1 别处" in post(lin, f"{EDIT}/compare").text
    assert post(lin, f"{EDIT}/draft", act="adopt", seen=seen(lin)).status_code == 303
    assert kept(shop).buttons[0]["name"] == "别处"
    assert post(lin, f"{EDIT}/draft", act="restore", number="1", seen=seen(lin)).status_code == 303
    assert kept(shop).buttons[0]["name"] == "帮助"
    assert post(lin, f"{EDIT}/act", act="rollback", number="1").status_code == 303
    assert [one["name"] for one in client.get_menu()["button"]] == ["帮助"]
    assert post(lin, f"{EDIT}/act", act="delete").status_code == 303
    assert client.get_menu() is None
    assert {"menu_publish", "menu_adopt", "menu_restore", "menu_rollback", "menu_delete"} <= set(
        acts()
    )


@pytest.mark.parametrize(
    ("where", "given", "status"),
    [
        ("act", {"act": "delete"}, 409),
        ("act", {"act": "rollback", "number": "7"}, 409),
        ("act", {"act": "rollback", "number": "x"}, 409),
        ("act", {"act": "eat"}, 422),
        ("act", {"act": "stray", "number": "12"}, 502),
        ("draft", {"act": "adopt"}, 409),
        ("draft", {"act": "restore", "number": "²"}, 409),
        ("draft", {"act": "remove"}, 409),
        ("draft", {"act": "describe", "title": "x", "tag_id": "2"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(shop, lin, where, given, status):
    put(lin, "1", **HELP)
    answer = post(lin, f"{EDIT}/{where}", seen=seen(lin), **given)
    assert answer.status_code == status
    assert alert(answer)


def test_the_platform_s_refusal_is_said_with_what_to_do(shop, lin):
    put(lin, "1", name="会员", type="miniprogram", url="https://a.example", appid="wx1234567890",
        pagepath="p")  # fmt: skip
    answer = publish(lin)
    assert answer.status_code == 502
    assert alert(answer).startswith("45064: ")
    page = lin.get(MENUS).text
    assert "微信拒绝 45064" in page
    assert not kept(shop).live


def test_a_personalised_menu(shop, lin):
    client = shop.services.client_of(shop.account_id)
    tag = client.create_tag("会员")
    with transaction():
        platform_tags.put(shop.account_id, tag, "会员", 3, NOON)
    put(lin, "1", **HELP)
    publish(lin)
    assert post(lin, f"{A}/new-menu", slug="vip", title="会员菜单").status_code == 422
    made = post(lin, f"{A}/new-menu", slug="vip", title="会员菜单", tag_id=str(tag))
    assert made.status_code == 303
    page = lin.get(f"{MENUS}/vip").text
    assert "给：标签“会员”" in page
    assert publish(lin, f"{MENUS}/vip", f"{MENUS}/vip").status_code == 303
    phones = {"act": "describe", "title": "会员", "tag_id": str(tag), "client_platform_type": "1"}
    phones["seen"] = seen(lin, f"{MENUS}/vip")
    assert post(lin, f"{MENUS}/vip/draft", **phones).status_code == 303
    assert publish(lin, f"{MENUS}/vip", f"{MENUS}/vip").status_code == 303
    assert post(lin, f"{MENUS}/vip/draft", act="remove").status_code == 409
    assert post(lin, f"{MENUS}/vip/act", act="delete").status_code == 303
    assert post(lin, f"{MENUS}/vip/draft", act="remove").status_code == 303
    assert lin.get(f"{MENUS}/vip").status_code == 404


def test_taps_stand_beside_the_published_buttons(shop, lin):
    put(lin, "1", **HELP)
    put(lin, "2", **SHOP)
    publish(lin)
    with transaction():
        for day, taps in (("2026-11-20", {"HELP": [1200, 3], SHOP["url"]: [5, 5]}),
                          ("2026-10-25", {"HELP": [7, 1]})):  # fmt: skip
            figures.put(shop.account_id, [Figure(parts.MENU, day, "", {"taps": taps})], NOON)
    rows = lin.get(MENUS).text.partition("每个按钮的点击")[2].partition("</table>")[0]
    counts = re.findall(r'text-end">([\d,]+)<', rows)
    assert counts == ["1,200", "1,207", "5", "5"]


# --- who may ------------------------------------------------------------------------------------


def test_who_only_looks_sees_the_phone_and_no_way_to_change_it(shop, lin):
    put(lin, "1", **HELP)
    page = shop.signed_in("wu").get(f"{MENUS}?at=1").text
    assert "帮助" in page
    for words in ("new-menu", f"{EDIT}/act", f"{EDIT}/draft", "f-name"):
        assert words not in page
    assert post(shop.signed_in("mei"), f"{EDIT}/act", act="publish").status_code == 403


def test_another_account_s_menus_are_not_there(shop, lin):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    put(lin, "1", **HELP)
    assert "帮助</a>" not in lin.get("/console/a/second/menus").text
    assert lin.get("/console/a/second/menus/vip").status_code == 404


def test_english_is_complete(shop, lin):
    put(lin, "1", name="Deals", type="click", answer="", key="RULE:gone")
    put(lin, "2", name="Shop", type="view", url="http://shop.example/")
    publish(lin)
    put(lin, "1", name="Deals", type="click", answer="COUPON")
    publish(lin)
    operators.update(operators.by_name("lin").id, language="en")
    lin = shop.signed_in("lin")
    shown = [lin.get(path) for path in (MENUS, f"{A}/new-menu")]
    shown += [post(lin, f"{EDIT}/compare"), post(lin, f"{EDIT}/act", act="eat")]
    operators.update(operators.by_name("lin").id, language="zh")
    for page in shown:
        assert re.findall("[\u4e00-\u9fff]+", page.text.replace("鸿雁", "")) == []
