"""Temporary and permanent material, pictures for articles (4.11)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.api.material import PIXEL, served
from bot.sandbox.gateway import Call, Outcome, Upload
from tests.bot.sandbox.conftest import PICTURE, Desktop, a_config

MB = 1 << 20
JPG = Upload("a.jpg", "image/jpeg", b"\xff\xd8\xff")
VOICE = Upload("a.amr", "audio/amr", b"#!AMR\n...")
VIDEO = Upload("a.mp4", "video/mp4", b"mp4")
FORM = {"description": '{"title":"周年庆","introduction":"三分钟看完"}'}
PICTURE_TYPE, MP4 = "image/png", "video/mp4"


def asked(desk: Desktop, path: str, raw: bytes = b"", method: str = "POST", **call: Any) -> Outcome:
    query = {"access_token": desk.token, **call.pop("query", {})}
    return desk.gateway.answer(Call(f"/cgi-bin/{path}", method, query, raw, **call))


def upload(
    desk: Desktop,
    path: str,
    file: Upload | None,
    kind: str = "",
    form: dict[str, str] | None = None,
) -> dict[str, Any]:
    files = {"media": file} if file else {}
    answer = asked(desk, path, query={"type": kind}, files=files, form=form or {})
    found: dict[str, Any] = json.loads(answer.body)
    return found


def fetched(desk: Desktop, media_id: str) -> Outcome:
    return asked(desk, "media/get", method="GET", query={"media_id": media_id})


def kept(desk: Desktop, media_id: str) -> Outcome:
    return asked(desk, "material/get_material", json.dumps({"media_id": media_id}).encode())


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


@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [
        pytest.param("image", Upload("a.gif", "image/gif", b"gif"), None, id="a gif"),
        pytest.param("image", Upload("", "image/png", b"png"), None, id="known by content type"),
        pytest.param("voice", VOICE, None, id="a voice"),
        pytest.param("video", VIDEO, None, id="a video"),
        pytest.param("thumb", JPG, None, id="a thumb"),
        pytest.param("image", Upload("a.png", "image/png", b""), 44001, id="an empty file"),
        pytest.param("image", Upload("a.pdf", "image/png", b"%PDF"), 40005, id="no picture"),
        pytest.param("voice", Upload("a.wav", "audio/wav", b"RIFF"), 40005, id="a wav"),
        pytest.param("thumb", PICTURE, 40005, id="a thumb is a jpg"),
        pytest.param(
            "image", Upload("a.png", PICTURE_TYPE, b"p" * (10 * MB + 1)), 40009, id="over 10 MB"
        ),
        pytest.param("voice", Upload("a.mp3", "", b"m" * (2 * MB + 1)), 40010, id="over 2 MB"),
        pytest.param("video", Upload("a.mp4", MP4, b"v" * (10 * MB + 1)), 40011, id="over 10 MB"),
        pytest.param("thumb", Upload("a.jpg", "", b"j" * (65536 + 1)), 40012, id="over 64 KB"),
    ],
)
def test_each_kind_has_its_types_and_its_largest_size(desk: Desktop, kind, file, expected):
    answer = upload(desk, "media/upload", file, kind)
    assert answer.get("errcode") == expected
    if expected is None:
        assert answer["thumb_media_id" if kind == "thumb" else "media_id"]


AMR_FRAME, WIDE_FRAME = b"\x3c" + bytes(31), b"\x44" + bytes(60)  # 20 ms each
MP3_FRAME = b"\xff\xfb\x90\x00"  # 128 kbit/s
MP2_FRAME = b"\xff\xf3\x40\x00"  # 32 kbit/s
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + b"\xff" * 128


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"#!AMR\n" + AMR_FRAME * 3000, None, id="a minute of AMR"),
        pytest.param(b"#!AMR\n" + AMR_FRAME * 3001, 45007, id="more of AMR"),
        pytest.param(b"#!AMR-WB\n" + WIDE_FRAME * 3000, None, id="a minute of wide AMR"),
        pytest.param(b"#!AMR-WB\n" + WIDE_FRAME * 3001, 45007, id="more of wide AMR"),
        pytest.param(MP3_FRAME + bytes(16_000 * 60 - 4), None, id="a minute of MP3"),
        pytest.param(MP3_FRAME + bytes(16_000 * 60), 45007, id="more of MP3"),
        pytest.param(MP2_FRAME + bytes(4_000 * 60), 45007, id="more of MPEG 2"),
        pytest.param(ID3 + MP3_FRAME + bytes(16_000 * 60 - 4), None, id="a tag has no length"),
        pytest.param(b"\xff\xfb\xf0" + bytes(16_000 * 60), None, id="no bit rate"),
        pytest.param(b"noise", None, id="neither"),
    ],
)
def test_a_voice_lasts_a_minute_at_most(desk: Desktop, data, expected):
    answer = upload(desk, "media/upload", Upload("a.mp3", "audio/mpeg", data), "voice")
    assert answer.get("errcode") == expected


@pytest.mark.parametrize(
    ("path", "method", "limit"),
    [("media/upload", "POST", 100_000), ("media/get", "GET", 200_000)],
)
def test_media_calls_have_their_quota(desk: Desktop, path, method, limit):
    desk.world.used[(f"/cgi-bin/{path}", "2026-11-21")] = limit
    assert json.loads(asked(desk, path, method=method).body)["errcode"] == 45009


def test_an_account_without_verification_may_not_upload():
    desk = Desktop(a_config(kind="service_unverified"))
    assert upload(desk, "media/upload", PICTURE, "image")["errcode"] == 48001
    desk.timeline.stop()


# --- media/get ---------------------------------------------------------------------------------


def test_temporary_material_comes_back_as_it_was_for_three_days(desk: Desktop):
    media_id = upload(desk, "media/upload", PICTURE, "image")["media_id"]
    answer = fetched(desk, media_id)
    assert (answer.body, answer.content_type, answer.name) == (b"png", "image/png", "a.png")
    desk.clock.advance(3 * 86_400)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert json.loads(fetched(desk, media_id).body)["errcode"] == 40007


def test_of_a_video_comes_an_address_that_is_served(desk: Desktop):
    media_id = upload(desk, "media/upload", VIDEO, "video")["media_id"]
    url = json.loads(fetched(desk, media_id).body)["video_url"]
    assert url == f"http://127.0.0.1:8090/mmbiz/{media_id}"
    file = served(desk.world, media_id)
    assert file is not None
    assert (file.body, file.content_type) == (b"mp4", "video/mp4")


@pytest.mark.parametrize(
    ("media_id", "expected"), [("", 41006), ("x", 40007)], ids=["none named", "unknown"]
)
def test_material_that_is_not_there(desk: Desktop, media_id, expected):
    assert json.loads(fetched(desk, media_id).body)["errcode"] == expected


def test_what_a_follower_sent_can_be_fetched(desk: Desktop):
    desk.follower()
    desk.acts.send_picture(desk.world.person("o-lin"))
    answer = fetched(desk, desk.pushed[-1]["MediaId"])
    assert (answer.body, answer.content_type) == (PIXEL, "image/png")


def test_a_mass_video_is_made_of_an_uploaded_one(desk: Desktop):
    video = upload(desk, "media/upload", VIDEO, "video")["media_id"]
    made = desk.post("media/uploadvideo", {"media_id": video, "title": "周年庆"})
    assert desk.world.require_media(made["media_id"]).kind == "mpvideo"
    picture = upload(desk, "media/upload", PICTURE, "image")["media_id"]
    assert desk.post("media/uploadvideo", {"media_id": picture})["errcode"] == 40007


# --- pictures for articles ---------------------------------------------------------------------


def test_a_picture_for_articles_gets_an_address_that_is_served(desk: Desktop):
    url = upload(desk, "media/uploadimg", PICTURE)["url"]
    base, _, name = url.rpartition("/")
    assert base == "http://127.0.0.1:8090/mmbiz"
    file = served(desk.world, name)
    assert file is not None
    assert (file.body, file.content_type) == (b"png", "image/png")
    assert served(desk.world, "nothing.png") is None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param(None, 41005, id="no file"),
        pytest.param(Upload("a.gif", "image/gif", b"gif"), 40137, id="neither jpg nor png"),
        pytest.param(Upload("a.png", "image/png", b"p" * MB), 40009, id="not under 1 MB"),
    ],
)
def test_pictures_for_articles_that_are_refused(desk: Desktop, file, expected):
    assert upload(desk, "media/uploadimg", file)["errcode"] == expected


def test_only_pictures_and_films_are_served_as_what_they_say_they_are(desk: Desktop):
    page = Upload("a.png", "text/html", b"<script>alert(1)</script>")
    drawing = Upload("a.png", "image/svg+xml", b"<svg onload=alert(1)>")
    for file in (page, drawing):
        assert served(desk.world, upload(desk, "media/upload", file, "image")["media_id"]) is None
    name = upload(desk, "media/uploadimg", page)["url"].rpartition("/")[2]
    answer = served(desk.world, name)
    assert answer is not None
    assert answer.content_type == "image/png"


# --- permanent ---------------------------------------------------------------------------------


def test_permanent_material_stays(desk: Desktop):
    answer = upload(desk, "material/add_material", PICTURE, "image")
    desk.clock.advance(30 * 86_400)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert kept(desk, answer["media_id"]).body == b"png"
    assert answer["url"].startswith("http://127.0.0.1:8090/mmbiz/")


def test_a_permanent_video_has_words(desk: Desktop):
    answer = upload(desk, "material/add_material", VIDEO, "video", FORM)
    assert "url" not in answer
    assert json.loads(kept(desk, answer["media_id"]).body) == {
        "title": "周年庆",
        "description": "三分钟看完",
        "down_url": f"http://127.0.0.1:8090/mmbiz/{answer['media_id']}",
    }


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param({}, 47001, id="no description"),
        pytest.param({"description": "words"}, 47001, id="no JSON"),
        pytest.param({"description": "{}"}, 40035, id="no title"),
    ],
)
def test_a_permanent_video_wants_words(desk: Desktop, form, expected):
    assert upload(desk, "material/add_material", VIDEO, "video", form)["errcode"] == expected


def test_the_library_is_counted_and_paged_newest_first(desk: Desktop):
    pictures = [upload(desk, "material/add_material", PICTURE, "image") for _ in range(3)]
    upload(desk, "material/add_material", VOICE, "voice")
    assert desk.get("material/get_materialcount") == {
        "voice_count": 1,
        "video_count": 0,
        "image_count": 3,
        "news_count": 0,
    }
    page = desk.post("material/batchget_material", {"type": "image", "offset": 1, "count": 20})
    assert (page["total_count"], page["item_count"]) == (3, 2)
    assert [one["media_id"] for one in page["item"]] == [one["media_id"] for one in pictures[1::-1]]
    assert set(page["item"][0]) == {"media_id", "name", "update_time", "url"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"type": "poem"}, 40004, id="an unknown type"),
        pytest.param({"type": "image", "count": 21}, 40097, id="over 20"),
        pytest.param({"type": "image", "count": 0}, 40097, id="none"),
        pytest.param({"type": "image", "offset": -1}, 40097, id="before the beginning"),
    ],
)
def test_pages_of_the_library_that_are_refused(desk: Desktop, body, expected):
    assert desk.post("material/batchget_material", body)["errcode"] == expected


def test_permanent_material_can_be_deleted_unless_the_menu_shows_it(desk: Desktop):
    media_id = upload(desk, "material/add_material", PICTURE, "image")["media_id"]
    button = {"type": "media_id", "name": "海报", "media_id": media_id}
    assert desk.post("menu/create", {"button": [button]})["errcode"] == 0
    assert desk.post("material/del_material", {"media_id": media_id})["errcode"] == 48005
    assert desk.get("menu/delete")["errcode"] == 0
    assert desk.post("material/del_material", {"media_id": media_id})["errcode"] == 0
    assert desk.post("material/del_material", {"media_id": media_id})["errcode"] == 40007
    assert desk.post("material/del_material", {})["errcode"] == 41006


def test_temporary_material_is_not_in_the_library(desk: Desktop):
    media_id = upload(desk, "media/upload", PICTURE, "image")["media_id"]
    assert json.loads(kept(desk, media_id).body)["errcode"] == 40007


@pytest.mark.parametrize("path", ["material/add_news", "material/update_news", "media/uploadnews"])
def test_permanent_news_is_closed_and_says_what_to_use(desk: Desktop, path):
    answer = desk.post(path, {"articles": []})
    assert answer["errcode"] == 48001
    assert f"{path} is closed, use draft/add" in answer["errmsg"]
