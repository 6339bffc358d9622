"""An account's own attributes in the console: declared, offered where rules are built, gone."""

from __future__ import annotations

import html
import json
import re

import pytest

from bot.console.rights import Role
from bot.store import accounts, attribute_types, audit
from bot.store.db import run
from bot.values.attributes import Declared
from tests.bot.console.conftest import post
from tests.conftest import a_follower

HOUSE = "/console/a/default"
PAGE = f"{HOUSE}/followers/attributes"


@pytest.fixture
def shop(house):
    """Three followers who were imported with a city, an age and a note of their own."""
    house.hire("lin", Role.MARKETER)
    house.hire("wu", Role.VIEWER)
    for n in range(3):
        one = a_follower(house.account_id, openid=f"o-{n}")
        noted(one, "city", "上海")
        noted(one, "age", str(30 + n), 30.0 + n)
        noted(one, "note", f"只有他有 {n}")
        noted(one, "joined", "2026-11-21")
    house.lin = house.signed_in("lin")
    return house


def noted(follower_id, name, text, number=None):
    run(
        "INSERT INTO follower_attribute (follower_id, name, text, number) VALUES (?, ?, ?, ?)",
        (follower_id, name, text, number),
    )


def choices(browser):
    """What the builder offers."""
    page = browser.get(f"{HOUSE}/new-segment").text
    return json.loads(html.unescape(re.search(r'data-choices="([^"]*)"', page)[1]))


def test_imported_attributes_are_offered_with_what_fits_them(shop):
    offered = choices(shop.lin)["attribute"]
    assert {name: offered[name]["kind"] for name in ("city", "age", "joined", "note")} == {
        "city": "text", "age": "number", "joined": "date", "note": "text",
    }  # fmt: skip
    assert offered["city"]["values"] == ["上海"]
    assert offered["note"]["values"] == [], "what one follower alone has is nobody else's to read"
    assert "ge" not in offered["city"]["ops"]
    assert "contains" not in offered["age"]["ops"]
    assert offered["spent_fen"]["kind"] == "money"
    assert dict(offered["stage"]["choices"])["active"] == "活跃"


def test_a_declared_one_is_offered_as_it_is_declared(shop):
    declared = Declared("city", "enum", ("上海", "北京"), "所在城市")
    attribute_types.define(shop.account_id, declared, shop.clock())
    city = choices(shop.lin)["attribute"]["city"]
    assert (city["title"], city["kind"]) == ("所在城市", "enum")
    assert city["choices"] == [["上海", "上海"], ["北京", "北京"]]


def test_another_account_s_are_not(shop):
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    other = accounts.by_slug("second").id
    one = a_follower(other, openid="o-far")
    noted(one, "secret_plan", "x")
    run(
        "INSERT INTO follower_tag (follower_id, tag, weight, source, since)"
        " VALUES (?, 'far', 1.0, 'manual', 0)",
        (one,),
    )
    run("INSERT INTO follower_interest (follower_id, topic, level) VALUES (?, 'afar', 1.0)", (one,))
    offered = choices(shop.lin)
    assert "secret_plan" not in offered["attribute"]
    assert (offered["tag"], offered["interest"]) == ([], [])


def test_what_is_offered_is_said_in_chinese(shop):
    offered = choices(shop.lin)
    assert dict(offered["event"])["order"] == "下单"
    assert dict(offered["event"])["message.*"] == "发来消息"
    said = offered["model"]["churn"]["said"]
    assert "取消关注" in said
    assert all(not name.isascii() for _, name in offered["event"])


def test_declared_changed_and_removed_on_the_page(shop):
    assert "city" in shop.lin.get(PAGE).text
    given = {"name": "level", "kind": "enum", "choices": "金\r\n银\r\n金", "title": "会员等级"}
    assert post(shop.lin, f"{PAGE}/define", **given).status_code == 303
    kept = attribute_types.find(shop.account_id, "level")
    assert kept == Declared("level", "enum", ("金", "银"), "会员等级")
    assert "金、银" in shop.lin.get(PAGE).text
    assert "会员等级" in shop.lin.get(f"{PAGE}?name=level").text
    assert post(shop.lin, f"{PAGE}/remove", name="level").status_code == 303
    assert post(shop.lin, f"{PAGE}/remove", name="level").status_code == 404
    done = [(one.action, one.actor) for one in audit.entries(5)]
    assert ("attribute_define", "operator:lin") in done
    assert ("attribute_remove", "operator:lin") in done


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "手机号", "kind": "text"}, "个人信息"),
        ({"name": "level", "kind": "enum"}, "选项类型要列出可选的词"),
        ({"name": "", "kind": "text"}, "名称为 1 到 32 个字"),
    ],
)
def test_what_cannot_be_declared_is_said_beside_the_field(shop, given, said):
    answer = post(shop.lin, f"{PAGE}/define", **given)
    assert answer.status_code == 422
    assert said in answer.text
    assert not attribute_types.of_account(shop.account_id)


def test_a_viewer_reads_and_declares_nothing(shop):
    wu = shop.signed_in("wu")
    assert "f-choices" not in wu.get(PAGE).text
    assert post(wu, f"{PAGE}/define", name="x", kind="text").status_code == 403
    assert post(wu, f"{PAGE}/remove", name="x").status_code == 403
