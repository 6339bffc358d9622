"""Parametric QR codes: making, showing, scanning (4.9); their pictures are read back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.sandbox import qrcodes, qrimage
from bot.sandbox.gateway import Call
from bot.sandbox.people import ME
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from tests.bot.sandbox.conftest import Desktop, a_config

# --- making ------------------------------------------------------------------------------------


def code(desk: Desktop, action: str, scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    return desk.post("qrcode/create", body)


def test_temporary_and_permanent_codes(desk: Desktop):
    temporary = code(desk, "QR_STR_SCENE", {"scene_str": "camp01"}, expire_seconds=600)
    assert temporary["expire_seconds"] == 600
    assert temporary["ticket"]
    assert temporary["url"].startswith("http://weixin.qq.com/q/")
    assert code(desk, "QR_SCENE", {"scene_id": 7})["expire_seconds"] == 60
    assert "expire_seconds" not in code(desk, "QR_LIMIT_STR_SCENE", {"scene_str": "store01"})


def test_a_temporary_code_is_new_each_time_a_permanent_one_stays(desk: Desktop):
    assert code(desk, "QR_SCENE", {"scene_id": 7}) != code(desk, "QR_SCENE", {"scene_id": 7})
    scene = {"scene_str": "store01"}
    first = code(desk, "QR_LIMIT_STR_SCENE", scene)
    assert code(desk, "QR_LIMIT_STR_SCENE", scene) == first


@pytest.mark.parametrize(
    ("action", "scene", "more", "expected"),
    [
        pytest.param("QR_MAGIC", {"scene_str": "x"}, {}, 40053, id="an unknown action"),
        pytest.param("QR_STR_SCENE", {}, {}, 40053, id="no scene"),
        pytest.param("QR_STR_SCENE", {"scene_str": ""}, {}, 40053, id="an empty one"),
        pytest.param("QR_STR_SCENE", {"scene_str": "x" * 65}, {}, 40053, id="65 characters"),
        pytest.param("QR_STR_SCENE", {"scene_str": "x" * 64}, {}, None, id="64 characters"),
        pytest.param("QR_SCENE", {"scene_id": 0}, {}, 40053, id="zero"),
        pytest.param("QR_SCENE", {"scene_id": 2**32 - 1}, {}, None, id="32 bits"),
        pytest.param("QR_SCENE", {"scene_id": 2**32}, {}, 40053, id="more than 32 bits"),
        pytest.param("QR_LIMIT_SCENE", {"scene_id": 100_000}, {}, None, id="permanent 100000"),
        pytest.param("QR_LIMIT_SCENE", {"scene_id": 100_001}, {}, 40053, id="permanent 100001"),
        pytest.param(
            "QR_STR_SCENE",
            {"scene_str": "x"},
            {"expire_seconds": 2_592_000},
            None,
            id="thirty days",
        ),
        pytest.param(
            "QR_STR_SCENE",
            {"scene_str": "x"},
            {"expire_seconds": 2_592_001},
            40035,
            id="more than thirty days",
        ),
        pytest.param(
            "QR_STR_SCENE", {"scene_str": "x"}, {"expire_seconds": 0}, 40035, id="no time at all"
        ),
    ],
)
def test_what_a_code_may_be(desk: Desktop, action, scene, more, expected):
    assert code(desk, action, scene, **more).get("errcode") == expected


@pytest.mark.parametrize("info", [None, "x", {}, {"scene": "x"}])
def test_a_code_without_its_scene(desk: Desktop, info):
    body = {"action_name": "QR_STR_SCENE", "action_info": info}
    assert desk.post("qrcode/create", body)["errcode"] == 40053


def test_permanent_codes_are_a_hundred_thousand_in_all(desk: Desktop, monkeypatch):
    monkeypatch.setattr(qrcodes, "PERMANENT", 2)
    for number in (1, 2):
        assert "ticket" in code(desk, "QR_LIMIT_SCENE", {"scene_id": number})
    assert code(desk, "QR_LIMIT_STR_SCENE", {"scene_str": "x"})["errcode"] == 45029
    assert "ticket" in code(desk, "QR_LIMIT_SCENE", {"scene_id": 1}), "one that there is"
    assert "ticket" in code(desk, "QR_STR_SCENE", {"scene_str": "x"}), "a temporary one"


def test_the_oldest_temporary_codes_are_forgotten(desk: Desktop, monkeypatch):
    monkeypatch.setattr(qrcodes, "TEMPORARY_KEPT", 1)
    first, second = (code(desk, "QR_SCENE", {"scene_id": n})["ticket"] for n in (1, 2))
    with pytest.raises(qrcodes.UnknownTicket):
        qrcodes.by_ticket(desk.world, first)
    assert qrcodes.by_ticket(desk.world, second).scene == "2"


# --- scanning ----------------------------------------------------------------------------------


def test_the_ticket_comes_back_with_the_scan(desk: Desktop):
    first = code(desk, "QR_LIMIT_STR_SCENE", {"scene_str": "store01"})["ticket"]
    second = code(desk, "QR_STR_SCENE", {"scene_str": "store01"})["ticket"]
    lin = desk.world.person("o-lin")
    qrcodes.scan_ticket(desk.world, desk.acts, lin, first)
    qrcodes.scan_ticket(desk.world, desk.acts, lin, second)
    following, again = desk.pushed
    assert (following["Event"], following["EventKey"]) == ("subscribe", "qrscene_store01")
    assert (again["Event"], again["EventKey"]) == ("SCAN", "store01")
    assert [following["Ticket"], again["Ticket"]] == [first, second]
    assert lin.subscribe_scene == "ADD_SCENE_QR_CODE"


def test_a_scan_by_scene_brings_the_latest_ticket_of_it(desk: Desktop):
    code(desk, "QR_STR_SCENE", {"scene_str": "store01"})
    latest = code(desk, "QR_STR_SCENE", {"scene_str": "store01"})["ticket"]
    desk.acts.scan(desk.world.person("o-lin"), "store01")
    assert desk.pushed[-1]["Ticket"] == latest


def test_numbers_come_back_as_texts_and_in_their_own_field(desk: Desktop):
    ticket = code(desk, "QR_SCENE", {"scene_id": 123})["ticket"]
    qrcodes.scan_ticket(desk.world, desk.acts, desk.world.person("o-lin"), ticket)
    assert desk.pushed[-1]["EventKey"] == "qrscene_123"
    info = desk.get("user/info", openid="o-lin")
    assert (info["qr_scene"], info["qr_scene_str"]) == (123, "")


def test_a_temporary_code_ends(desk: Desktop):
    ticket = code(desk, "QR_SCENE", {"scene_id": 1}, expire_seconds=600)["ticket"]
    lin = desk.world.person("o-lin")
    desk.clock.advance(600)
    with pytest.raises(qrcodes.ExpiredTicket):
        qrcodes.scan_ticket(desk.world, desk.acts, lin, ticket)
    assert not lin.subscribed


def test_nobody_scans_what_does_not_exist(desk: Desktop):
    with pytest.raises(qrcodes.UnknownTicket):
        qrcodes.scan_ticket(desk.world, desk.acts, desk.world.person("o-lin"), "gQnone")


# --- pictures ----------------------------------------------------------------------------------


def pixels(picture: bytes) -> list[list[int]]:
    """Rows of 1 dark, 0 light."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour = struct.unpack(">IIBB", picture[16:26])
    assert (width, depth, colour) == (height, 8, 0)
    at, packed = 8, b""
    while at < len(picture):
        size, name = struct.unpack(">I4s", picture[at : at + 8])
        body = picture[at + 8 : at + 8 + size]
        assert struct.unpack(">I", picture[at + 8 + size : at + 12 + size])[0] == zlib.crc32(
            name + body
        )
        packed += body if name == b"IDAT" else b""
        at += 12 + size
    lines = zlib.decompress(packed)
    rows = [lines[n * (width + 1) : (n + 1) * (width + 1)] for n in range(height)]
    assert all(row[0] == 0 for row in rows)
    return [[int(value == 0) for value in row[1:]] for row in rows]


def times(a: int, b: int) -> int:
    product = 0
    for n in range(8):
        product ^= (a << n) if b >> n & 1 else 0
    for n in range(14, 7, -1):
        product ^= (0x11D << n - 8) if product >> n & 1 else 0
    return product


def syndromes(block: list[int], checks: int) -> list[int]:
    """All zero where the block came through whole."""
    found, root = [], 1
    for _ in range(checks):
        value = 0
        for byte in block:
            value = times(value, root) ^ byte
        found.append(value)
        root = times(root, 2)
    return found


MASKS: list[Callable[[int, int], int]] = [
    lambda r, c: (r + c) % 2,
    lambda r, c: r % 2,
    lambda r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
]
BLOCKS = {21: (10, 1), 25: (16, 1), 29: (26, 1), 33: (18, 2), 37: (24, 2), 41: (16, 4)}


def is_data(size: int, r: int, c: int) -> bool:
    """Not of a finder, its format, a timing line or the alignment pattern."""
    corner = (r < 9 and c < 9) or (r < 9 and c >= size - 8) or (r >= size - 8 and c < 9)
    aligned = size > 21 and abs(r - (size - 7)) <= 2 and abs(c - (size - 7)) <= 2
    return not corner and not aligned and r != 6 and c != 6


def read(grid: list[list[int]]) -> str:
    """As a phone reads it: format, mask, the zigzag, the blocks, their checks, the text."""
    size = len(grid)
    bits = [grid[8][c] for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [
        grid[r][8] for r in (7, 5, 4, 3, 2, 1, 0)
    ]
    again = [grid[size - 1 - n][8] for n in range(7)] + [grid[8][size - 8 + n] for n in range(8)]
    assert bits == again, "both copies of the format"
    word = int("".join(map(str, bits)), 2) ^ 0b101010000010010
    assert word >> 13 == 0b00, "error correction M"
    mask = MASKS[word >> 10 & 7]
    columns = [c for c in range(size - 1, 0, -2) if c > 6] + [5, 3, 1]
    stream = [
        grid[r][c] ^ (mask(r, c) == 0)
        for n, right in enumerate(columns)
        for r in (range(size - 1, -1, -1) if n % 2 == 0 else range(size))
        for c in (right, right - 1)
        if is_data(size, r, c)
    ]
    words = [int("".join(map(str, stream[n : n + 8])), 2) for n in range(0, len(stream) - 7, 8)]
    checks, count = BLOCKS[size]
    blocks = [words[n::count] for n in range(count)]
    assert all(not any(syndromes(block, checks)) for block in blocks)
    data = [byte for block in blocks for byte in block[: len(block) - checks]]
    whole = "".join(f"{byte:08b}" for byte in data)
    assert whole[:4] == "0100", "bytes"
    length = int(whole[4:12], 2)
    return bytes(int(whole[n : n + 8], 2) for n in range(12, 12 + 8 * length, 8)).decode()


@pytest.mark.parametrize("length", [1, 14, 15, 26, 27, 42, 43, 62, 63, 84, 85, 106])
def test_what_is_drawn_can_be_read(length):
    text = ("http://weixin.qq.com/q/02aBcDeFgHiJ-_" * 3)[:length]
    assert read(qrimage.modules(text)) == text


def test_what_is_too_long_is_not_drawn():
    with pytest.raises(ValueError, match="106 bytes"):
        qrimage.modules("x" * 107)


def test_the_frame_around_the_code_is_white():
    picture = pixels(qrimage.png("x", scale=2))
    assert len(picture) == 2 * (21 + 8)
    assert not any(any(row) for row in picture[:8] + picture[-8:])
    assert [row[8] for row in picture[8:24]] == [1] * 14 + [0] * 2, "the finder's left edge"


def shown(desk: Desktop, ticket: str) -> tuple[int, str, bytes]:
    answer = desk.gateway.answer(Call("/cgi-bin/showqrcode", "GET", {"ticket": ticket}))
    return answer.status, answer.content_type, answer.body


def test_a_tickets_picture_holds_its_address(desk: Desktop):
    made = code(desk, "QR_STR_SCENE", {"scene_str": "camp01"})
    status, kind, picture = shown(desk, made["ticket"])
    assert (status, kind) == (200, "image/png")
    drawn = pixels(picture)[40:-40:10]
    assert read([row[40:-40:10] for row in drawn]) == made["url"]


@pytest.mark.parametrize("ticket", ["gQnone", ""])
def test_a_ticket_that_is_none_has_no_picture(desk: Desktop, ticket):
    assert shown(desk, ticket)[0] == 404


def test_a_ticket_that_is_over_has_no_picture(desk: Desktop):
    made = code(desk, "QR_STR_SCENE", {"scene_str": "camp01"})
    desk.clock.advance(60)
    assert shown(desk, made["ticket"])[0] == 404


# --- pages -------------------------------------------------------------------------------------


@pytest.fixture
def platform() -> Platform:
    return Platform(a_config())


@pytest.fixture
def browser(platform: Platform) -> Iterator[FlaskClient]:
    with create_app(platform).test_client() as client:
        yield client


def made(platform: Platform, seconds: float = 60) -> qrcodes.Code:
    until = platform.world.clock() + timedelta(seconds=seconds)
    return qrcodes.create(platform.world, "camp01", until)


def test_the_address_leads_to_a_page_with_the_picture(platform, browser):
    found = made(platform)
    page = browser.get(f"/q/{found.short}")
    assert page.status_code == 200
    assert f"/cgi-bin/showqrcode?ticket={found.ticket}" in page.text
    picture = browser.get(f"/cgi-bin/showqrcode?ticket={found.ticket}")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")


def test_the_page_scans_for_whoever_is_named(platform, browser):
    found = made(platform)
    first = browser.post(f"/q/{found.short}", json={"openid": ME})
    assert first.json == {"openid": ME, "scene": "camp01", "followed": True}
    assert browser.post(f"/q/{found.short}", json={}).json["followed"] is False
    assert platform.world.people[ME].subscribed


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [(60, 404, "没有这个二维码"), (0, 410, "二维码已过期")],
)
def test_codes_that_lead_nowhere(platform, browser, seconds, status, words):
    short = made(platform, seconds).short if not seconds else "none"
    page = browser.get(f"/q/{short}")
    assert (page.status_code, words in page.text) == (status, True)
    assert browser.post(f"/q/{short}", json={}).status_code == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"data": "openid=o-me"}, 415, id="a form of another page"),
        pytest.param({"json": ["o-me"]}, 415, id="no object"),
        pytest.param({"json": {"openid": "o-nobody"}}, 404, id="nobody"),
    ],
)
def test_scans_that_are_refused(platform, browser, sent, status):
    assert browser.post(f"/q/{made(platform).short}", **sent).status_code == status
