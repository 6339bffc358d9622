"""A picture is known by its bytes: its kind and size, and what is no picture whatever its name."""

from __future__ import annotations

import random
from struct import pack

import pytest

from bot.content.picture_file import PictureFile, read_picture
from bot.errors import InvalidInput
from tests.support.pictures import bmp, gif, jpg, png


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (png(30, 20), PictureFile("png", 30, 20)),
        (jpg(640, 480), PictureFile("jpg", 640, 480)),
        (gif(3, 4), PictureFile("gif", 3, 4)),
        (bmp(5, 6), PictureFile("bmp", 5, 6)),
        (bmp(5, -6), PictureFile("bmp", 5, 6)),
    ],
)
def test_kind_and_size_are_read_from_the_bytes(data, found):
    assert read_picture(data) == found


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "none of them"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "none of them"),
        (b"<html><script>alert(1)</script>", "none of them"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "none of them"),
        (b"\xff\xd8\xff", "damaged"),
        (jpg(640, 480)[:20], "damaged"),
        (png(30, 20)[:-12], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 40, "damaged"),
        (gif(3, 4)[:-1], "damaged"),
        (b"BM", "damaged"),
        (png(0, 20), "pixels"),
        (png(30, 20_001), "pixels"),
        (b"\xff\xd8\xff\xe0" + pack(">H", 0) * 40, "damaged"),
    ],
)
def test_what_is_no_picture_is_refused(data, why):
    with pytest.raises(InvalidInput, match=why):
        read_picture(data)


def test_a_byte_too_many_is_too_many():
    data = png(30, 20)
    assert read_picture(data, len(data)).format == "png"
    with pytest.raises(InvalidInput, match="at most"):
        read_picture(data, len(data) - 1)


def test_no_file_however_broken_is_more_than_refused():
    draw = random.Random(3)
    for whole in (png(30, 20), jpg(640, 480), gif(3, 4), bmp(5, 6)):
        for _ in range(200):
            broken = bytearray(whole[: draw.randint(1, len(whole))])
            for _ in range(draw.randint(0, 4)):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            try:
                assert read_picture(bytes(broken)).width > 0
            except InvalidInput:
                continue
