"""Menu (4.8), QR codes (4.9), media upload (4.11)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.gateway import Call
from tests.bot.sandbox.conftest import PICTURE, Desktop

COUPON = {"type": "click", "name": "优惠券", "key": "COUPON"}
SHOP = {"type": "view", "name": "商城", "url": "https://shop.example/"}


def test_a_menu_is_made_read_and_deleted(desk: Desktop):
    assert desk.get("menu/get")["errcode"] == 46003
    buttons = [COUPON, {"name": "更多", "sub_button": [SHOP]}]
    assert desk.post("menu/create", {"button": buttons})["errcode"] == 0
    assert desk.get("menu/get") == {"menu": {"button": buttons}}
    assert desk.get("menu/delete")["errcode"] == 0
    assert desk.get("menu/get")["errcode"] == 46003


@pytest.mark.parametrize(
    ("buttons", "expected"),
    [
        pytest.param([], 40016, id="no button"),
        pytest.param([COUPON] * 4, 40016, id="four buttons"),
        pytest.param([{**COUPON, "type": "dance"}], 40017, id="an unknown type"),
        pytest.param([{**COUPON, "name": "好" * 6}], 40018, id="a name over 16 bytes"),
        pytest.param([{**COUPON, "key": ""}], 40019, id="a click without key"),
        pytest.param([{**COUPON, "key": "k" * 129}], 40019, id="a key over 128 bytes"),
        pytest.param([{**SHOP, "url": ""}], 40020, id="a view without url"),
        pytest.param([{"name": "更多", "sub_button": [SHOP] * 6}], 40023, id="six below"),
        pytest.param(
            [{"name": "更多", "sub_button": [{**SHOP, "type": "x"}]}], 40024, id="a type below"
        ),
        pytest.param(
            [{"name": "更多", "sub_button": [{**SHOP, "url": "u" * 1025}]}],
            40027,
            id="a long url below",
        ),
    ],
)
def test_menus_that_are_refused(desk: Desktop, buttons, expected):
    assert desk.post("menu/create", {"button": buttons})["errcode"] == expected


def code(desk: Desktop, action: str, scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    return desk.post("qrcode/create", body)


def test_temporary_and_permanent_codes(desk: Desktop):
    temporary = code(desk, "QR_STR_SCENE", {"scene_str": "camp01"}, expire_seconds=600)
    assert temporary["expire_seconds"] == 600
    assert temporary["ticket"]
    assert code(desk, "QR_SCENE", {"scene_id": 7})["expire_seconds"] == 60
    assert "expire_seconds" not in code(desk, "QR_LIMIT_STR_SCENE", {"scene_str": "store01"})


def test_the_ticket_comes_back_with_the_scan(desk: Desktop):
    ticket = code(desk, "QR_LIMIT_STR_SCENE", {"scene_str": "store01"})["ticket"]
    desk.acts.scan(desk.world.person("o-lin"), "store01")
    assert desk.pushed[-1]["Ticket"] == ticket


@pytest.mark.parametrize(
    ("action", "scene", "more", "expected"),
    [
        ("QR_MAGIC", {"scene_str": "x"}, {}, 40053),
        ("QR_STR_SCENE", {}, {}, 40053),
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, {}, 40053),
        ("QR_SCENE", {"scene_id": 0}, {}, 40053),
        ("QR_LIMIT_SCENE", {"scene_id": 100_001}, {}, 40053),
        ("QR_STR_SCENE", {"scene_str": "x"}, {"expire_seconds": 2_592_001}, 40035),
    ],
)
def test_codes_that_are_refused(desk: Desktop, action, scene, more, expected):
    assert code(desk, action, scene, **more)["errcode"] == expected


@pytest.mark.parametrize(
    ("kind", "files", "expected"),
    [
        pytest.param("image", {"media": PICTURE}, None, id="a picture"),
        pytest.param("poem", {"media": PICTURE}, 40004, id="an unknown type"),
        pytest.param("image", {}, 41005, id="no file"),
    ],
)
def test_uploads(desk: Desktop, kind, files, expected):
    query = {"access_token": desk.token, "type": kind}
    call = Call("/cgi-bin/media/upload", "POST", query, b"", files)
    answer = json.loads(desk.gateway.answer(call).body)
    assert answer.get("errcode") == expected
    if expected is None:
        desk.world.require_media(answer["media_id"])
