"""Menus: the default one, the conditional ones, which one a follower sees (4.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.sandbox.api.notices import link_mini_program
from bot.sandbox.config import Switches
from bot.sandbox.menus import Menus, menu_for
from tests.bot.sandbox.conftest import Desktop, a_config

COUPON = {"type": "click", "name": "优惠券", "key": "COUPON"}
SHOP = {"type": "view", "name": "商城", "url": "https://shop.example/"}
MEMBERS = {
    "type": "miniprogram",
    "name": "会员",
    "url": "https://shop.example/m",
    "appid": "wxmember00000001",
    "pagepath": "pages/m",
}


def kept(button: dict[str, Any]) -> dict[str, Any]:
    return {**button, "sub_button": []}


def below(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"name": "更多", "sub_button": list(buttons)}


@pytest.fixture
def strict() -> Iterator[Callable[..., Desktop]]:
    """A platform with other settings than usual."""
    made: list[Desktop] = []

    def make(**changes: Any) -> Desktop:
        made.append(Desktop(a_config(**changes)))
        return made[-1]

    yield make
    for desktop in made:
        desktop.timeline.stop()


# --- the default menu --------------------------------------------------------------------------


def test_a_menu_is_made_read_and_deleted(desk: Desktop):
    assert desk.get("menu/get")["errcode"] == 46003
    assert desk.post("menu/create", {"button": [COUPON, below(SHOP)]})["errcode"] == 0
    assert desk.get("menu/get") == {"menu": {"button": [kept(COUPON), below(kept(SHOP))]}}
    assert desk.get("menu/delete")["errcode"] == 0
    assert desk.get("menu/get")["errcode"] == 46003


def test_the_configuration_lists_sub_buttons_in_its_own_way(desk: Desktop):
    assert desk.get("get_current_selfmenu_info") == {
        "is_menu_open": 0,
        "selfmenu_info": {"button": []},
    }
    desk.post("menu/create", {"button": [COUPON, below(SHOP)]})
    assert desk.get("get_current_selfmenu_info") == {
        "is_menu_open": 1,
        "selfmenu_info": {"button": [COUPON, {"name": "更多", "sub_button": {"list": [SHOP]}}]},
    }


@pytest.mark.parametrize(
    "kind",
    [
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    ],
)
def test_buttons_with_a_key(desk: Desktop, kind):
    button = {"type": kind, "name": "按钮", "key": "K"}
    assert desk.post("menu/create", {"button": [button, below(button)]})["errcode"] == 0
    assert desk.post("menu/create", {"button": [{**button, "key": ""}]})["errcode"] == 40019


@pytest.mark.parametrize(
    ("buttons", "expected"),
    [
        pytest.param("COUPON", 40015, id="no list"),
        pytest.param([], 40016, id="no button"),
        pytest.param([COUPON] * 4, 40016, id="four buttons"),
        pytest.param(["COUPON"], 40016, id="a button that is no object"),
        pytest.param([{**COUPON, "type": "dance"}], 40017, id="an unknown type"),
        pytest.param([{"name": "空"}], 40017, id="no type"),
        pytest.param([{**COUPON, "name": ""}], 40018, id="no name"),
        pytest.param([{**COUPON, "name": "好" * 6}], 40018, id="a name over 16 bytes"),
        pytest.param([{**COUPON, "key": ""}], 40019, id="a click without key"),
        pytest.param([{**COUPON, "key": "k" * 129}], 40019, id="a key over 128 bytes"),
        pytest.param([{**SHOP, "url": ""}], 40020, id="a view without url"),
        pytest.param([{**SHOP, "url": "https://s/" + "u" * 1015}], 40020, id="a url over 1024"),
        pytest.param([below(below(COUPON))], 40022, id="three levels"),
        pytest.param([below(*[SHOP] * 6)], 40023, id="six below"),
        pytest.param([below("x")], 40023, id="one below that is no object"),
        pytest.param([below({**SHOP, "type": "x"})], 40024, id="a type below"),
        pytest.param([below({**SHOP, "name": "好" * 21})], 40025, id="a name below over 60 bytes"),
        pytest.param([below({**COUPON, "key": "k" * 129})], 40026, id="a long key below"),
        pytest.param([below({**SHOP, "url": "u" * 1025})], 40027, id="a long url below"),
        pytest.param([{**SHOP, "url": "shop.example"}], 40055, id="a url without its scheme"),
        pytest.param([{**SHOP, "url": "https://"}], 40055, id="a url without a host"),
        pytest.param([below({**SHOP, "url": "javascript:1"})], 40054, id="such a url below"),
        pytest.param([{**MEMBERS, "appid": "42"}], 40013, id="a malformed appid"),
        pytest.param([{**MEMBERS, "appid": "wxother000000001"}], 45064, id="one not linked"),
        pytest.param([{**MEMBERS, "pagepath": ""}], 41030, id="a mini-program without page"),
        pytest.param([{**MEMBERS, "url": ""}], 40020, id="no url for old phones"),
        pytest.param(
            [{"type": "media_id", "name": "图", "media_id": "x"}], 40007, id="no such material"
        ),
        pytest.param([{"type": "media_id", "name": "图"}], 40019, id="no media_id"),
    ],
)
def test_menus_that_are_refused(desk: Desktop, buttons, expected):
    link_mini_program(desk.world, MEMBERS["appid"])
    assert desk.post("menu/create", {"button": buttons})["errcode"] == expected
    assert desk.world.menu == []


@pytest.mark.parametrize(
    "buttons",
    [
        pytest.param([{**COUPON, "name": "好好好好好1"}], id="a name of 16 bytes"),
        pytest.param([below({**SHOP, "name": "好" * 20})], id="a name below of 60 bytes"),
        pytest.param([{**COUPON, "key": "k" * 128}], id="a key of 128 bytes"),
        pytest.param([{**SHOP, "url": "https://s/" + "u" * 1014}], id="a url of 1024 bytes"),
        pytest.param([below(*[SHOP] * 5)] * 3, id="three times five"),
        pytest.param([MEMBERS], id="a linked mini-program"),
    ],
)
def test_menus_at_the_limit(desk: Desktop, buttons):
    link_mini_program(desk.world, MEMBERS["appid"])
    assert desk.post("menu/create", {"button": buttons})["errcode"] == 0


@pytest.mark.parametrize("kind", ["media_id", "view_limited"])
def test_a_button_shows_permanent_material_only(desk: Desktop, kind):
    lasting = desk.world.add_media("image", permanent=True)
    button = {"type": kind, "name": "图", "media_id": lasting}
    assert desk.post("menu/create", {"button": [button]})["errcode"] == 0
    button["media_id"] = desk.world.add_media("image")
    assert desk.post("menu/create", {"button": [button]})["errcode"] == 40007


@pytest.mark.parametrize("type_", ["article_id", "article_view_limited"])
@pytest.mark.parametrize(
    ("kind", "expected"), [("service", (0, 0)), ("service_unverified", (40119, 40120))]
)
def test_article_buttons_are_for_who_may_publish(strict, type_, kind, expected):
    desk = strict(kind=kind)
    button = {"type": type_, "name": "文章", "article_id": "a-1"}
    codes = [
        desk.post("menu/create", {"button": [one]})["errcode"] for one in (button, below(button))
    ]
    assert tuple(codes) == expected


# --- conditional menus -------------------------------------------------------------------------


def add(desk: Desktop, buttons: Any, **rule: Any) -> dict[str, Any]:
    body = {"button": buttons, "matchrule": rule}
    return desk.post("menu/addconditional", body)


def seen(desk: Desktop, openid: str = "o-lin") -> list[str]:
    """The names of the buttons that the follower's phone shows."""
    tried = desk.post("menu/trymatch", {"user_id": openid})["button"]
    assert tried == menu_for(desk.world, desk.world.people[openid])
    return [str(button["name"]) for button in tried]


def named(name: str) -> list[dict[str, Any]]:
    return [{**COUPON, "name": name}]


@pytest.fixture
def shop(desk: Desktop) -> Desktop:
    """A platform with a default menu and a follower with an Android phone and the tag 2."""
    desk.post("menu/create", {"button": named("默认")})
    lin = desk.follower()
    desk.post("tags/members/batchtagging", {"openid_list": ["o-lin"], "tagid": 2})
    desk.world.room(Menus).platforms[lin.openid] = "2"
    return desk


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param({"tag_id": "2"}, "专属", id="the follower's tag"),
        pytest.param({"tag_id": 2}, "专属", id="as a number"),
        pytest.param({"client_platform_type": "2"}, "专属", id="the follower's phone"),
        pytest.param({"client_platform_type": "1"}, "默认", id="another phone"),
        pytest.param({"tag_id": "2", "client_platform_type": "2"}, "专属", id="both"),
        pytest.param({"tag_id": "2", "client_platform_type": "3"}, "默认", id="one of two"),
        pytest.param({"sex": "1"}, "默认", id="sex matches nobody any more"),
        pytest.param({"tag_id": "2", "sex": "1"}, "专属", id="sex beside a tag is passed over"),
        pytest.param({"country": "中国", "province": "广东"}, "默认", id="areas match nobody"),
    ],
)
def test_whom_a_conditional_menu_is_for(shop: Desktop, rule, expected):
    assert "menuid" in add(shop, named("专属"), **rule)
    assert seen(shop) == [expected]


def test_the_menu_made_last_wins(shop: Desktop):
    add(shop, named("一"), tag_id="2")
    second = add(shop, named("二"), client_platform_type="2")["menuid"]
    assert seen(shop) == ["二"]
    assert shop.post("menu/delconditional", {"menuid": second})["errcode"] == 0
    assert seen(shop) == ["一"]


def test_who_is_untagged_sees_the_default_menu(shop: Desktop):
    add(shop, named("专属"), tag_id="2")
    shop.post("tags/members/batchuntagging", {"openid_list": ["o-lin"], "tagid": 2})
    assert seen(shop) == ["默认"]


def test_every_phone_is_of_some_kind(desk: Desktop):
    desk.post("menu/create", {"button": named("默认")})
    for number in ("1", "2"):
        add(desk, named(number), client_platform_type=number)
    people = [desk.follower(f"o-{number}").openid for number in range(20)]
    assert {seen(desk, openid)[0] for openid in people} == {"1", "2"}


def test_all_menus_are_told_together(shop: Desktop):
    made = add(shop, named("专属"), tag_id="2", sex="")["menuid"]
    told = shop.get("menu/get")
    assert told["menu"]["button"] == [kept(button) for button in named("默认")]
    assert isinstance(told["menu"]["menuid"], int)
    assert told["conditionalmenu"] == [
        {
            "button": [kept(button) for button in named("专属")],
            "matchrule": {"tag_id": "2"},
            "menuid": int(made),
        }
    ]


def test_the_conditional_menus_go_with_the_default_one(shop: Desktop):
    add(shop, named("专属"), tag_id="2")
    shop.get("menu/delete")
    assert shop.post("menu/trymatch", {"user_id": "o-lin"})["errcode"] == 46003
    shop.post("menu/create", {"button": named("新")})
    assert seen(shop) == ["新"]


def test_a_conditional_menu_wants_a_default_one(desk: Desktop):
    assert add(desk, named("专属"), tag_id="2")["errcode"] == 65303


VIEWS = [{**SHOP, "url": f"https://{name}.example/"} for name in ("a", "b", "c")]


@pytest.mark.parametrize(
    ("buttons", "rule", "expected"),
    [
        pytest.param([COUPON], {}, 65304, id="an empty rule"),
        pytest.param([COUPON], {"tag_id": ""}, 65304, id="a rule of empty fields"),
        pytest.param([], {"tag_id": "2"}, 65307, id="no button"),
        pytest.param(None, {"tag_id": "2"}, 65307, id="no field"),
        pytest.param([{"name": "空"}], {"tag_id": "2"}, 65308, id="a button without act"),
        pytest.param([below({"name": "空"})], {"tag_id": "2"}, 65308, id="one below"),
        pytest.param([COUPON], {"city": "广州"}, 65310, id="a city without country"),
        pytest.param([COUPON], {"province": "广东"}, 65310, id="a province without country"),
        pytest.param(
            [COUPON], {"country": "中国", "city": "广州"}, 65311, id="a city without province"
        ),
        pytest.param([COUPON], {"country": "China"}, 65312, id="a country not in Chinese"),
        pytest.param(
            [COUPON], {"country": "中国", "province": "安省"}, 65313, id="an unknown province"
        ),
        pytest.param(
            [COUPON],
            {"country": "中国", "province": "广东", "city": "Canton"},
            65314,
            id="a city not in Chinese",
        ),
        pytest.param([{**SHOP, "url": "ftp://x"}], {"tag_id": "2"}, 65317, id="a bad url"),
        pytest.param([COUPON], {"tag_id": "999"}, 45159, id="no such tag"),
        pytest.param([COUPON], {"client_platform_type": "4"}, 40035, id="no such phone"),
        pytest.param([COUPON] * 4, {"tag_id": "2"}, 40016, id="what no menu may be"),
        pytest.param([below(*VIEWS, SHOP)], {"tag_id": "2"}, 65316, id="four hosts"),
        pytest.param(VIEWS, {"tag_id": "2"}, None, id="three hosts"),
    ],
)
def test_conditional_menus_that_are_refused(shop: Desktop, buttons, rule, expected):
    assert add(shop, buttons, **rule).get("errcode") == expected
    assert seen(shop) == ([str(SHOP["name"])] * 3 if expected is None else ["默认"])


def test_the_three_hosts_are_of_all_conditional_menus_together(shop: Desktop):
    add(shop, VIEWS, tag_id="2")
    assert "menuid" in add(shop, VIEWS[:1], client_platform_type="2")
    assert add(shop, [SHOP], client_platform_type="2")["errcode"] == 65316


@pytest.mark.parametrize("menuid", ["999", 7, "x", None])
def test_a_menu_that_is_none_is_not_deleted(shop: Desktop, menuid):
    assert shop.post("menu/delconditional", {"menuid": menuid})["errcode"] == 65301


@pytest.mark.parametrize("user", ["o-nobody", "", 7])
def test_nobody_is_not_tried(shop: Desktop, user):
    assert shop.post("menu/trymatch", {"user_id": user})["errcode"] == 65302


def test_who_left_is_not_tried(shop: Desktop):
    shop.acts.unfollow(shop.world.people["o-lin"])
    assert shop.post("menu/trymatch", {"user_id": "o-lin"})["errcode"] == 65302


def test_how_many_there_may_be_is_a_switch(strict):
    desk = strict(switches=Switches(conditional_menus=1))
    desk.post("menu/create", {"button": [COUPON]})
    assert "menuid" in add(desk, [COUPON], tag_id="2")
    assert add(desk, [COUPON], tag_id="2")["errcode"] == 65305


@pytest.mark.parametrize(("state", "expected"), [("closed", 65309), ("unsupported", 65306)])
def test_conditional_menus_can_be_out_of_reach(strict, state, expected):
    desk = strict(switches=Switches(conditional_open=state))
    desk.post("menu/create", {"button": [COUPON]})
    assert add(desk, [COUPON], tag_id="2")["errcode"] == expected
    assert desk.post("menu/delconditional", {"menuid": "1"})["errcode"] == expected
    assert desk.post("menu/trymatch", {"user_id": "o-lin"})["errcode"] == expected


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("menu/create", 1_000),
        ("menu/addconditional", 2_000),
        ("menu/delconditional", 2_000),
        ("menu/trymatch", 20_000),
    ],
)
def test_a_days_calls(desk: Desktop, path, most):
    desk.world.used[(f"/cgi-bin/{path}", "2026-11-21")] = most - 1
    assert desk.post(path, {})["errcode"] != 45009
    assert desk.post(path, {})["errcode"] == 45009
