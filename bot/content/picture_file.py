"""What a file of a picture is, by its own bytes: never by its name. Nothing is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import error, unpack

from bot.errors import InvalidInput

MOST_BYTES = 10 << 20  # of a picture in the platform's material
MOST_SIDE = 20_000  # pixels
MOST_THUMB = 60_000  # bytes of the small one that is shown here
FORMATS = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp"}
# Markers of the part of a JPEG that says how large it is: SOF0..SOF15 without DHT, JPG, DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PictureFile:
    """`format` is a key of FORMATS; width and height in pixels."""

    format: str
    width: int
    height: int


def read_picture(data: bytes, most: int = MOST_BYTES) -> PictureFile:
    """Raises InvalidInput for what is too large, or no picture that the platform takes."""
    if len(data) > most:
        raise InvalidInput(f"a picture has at most {most / (1 << 20):.3g} MB", "file")
    for format_, (begins, sized) in _KNOWN.items():
        if data.startswith(begins):
            width, height = _sized(sized, data)
            if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
                raise InvalidInput(f"a side of a picture has 1 to {MOST_SIDE:,} pixels", "file")
            return PictureFile(format_, width, height)
    raise InvalidInput("a picture is a JPG, PNG, GIF or BMP; this file is none of them", "file")


def _sized(sized: Callable[[bytes], Size], data: bytes) -> Size:
    try:
        return sized(data)
    except (error, IndexError):
        raise InvalidInput("the picture's file is damaged or not whole", "file") from None


def _png(data: bytes) -> Size:
    if data[12:16] != b"IHDR" or b"IEND" not in data[-32:]:
        raise IndexError
    width, height = unpack(">II", data[16:24])
    return width, height


def _gif(data: bytes) -> Size:
    width, height = unpack("<HH", data[6:10])
    if not data.rstrip(b"\0").endswith(b";"):
        raise IndexError
    return width, height


def _bmp(data: bytes) -> Size:
    width, height = unpack("<ii", data[18:26])
    return width, abs(height)


def _jpg(data: bytes) -> Size:
    """The first frame's size; parts before it are passed over by their lengths."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        if data[at] != 0xFF:
            raise IndexError
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = unpack(">HH", data[at + 5 : at + 9])
            return width, height
        (length,) = (0,) if marker in _BARE else unpack(">H", data[at + 2 : at + 4])
        at += 2 + length


_KNOWN: dict[str, tuple[bytes | tuple[bytes, ...], Callable[[bytes], Size]]] = {
    "jpg": (b"\xff\xd8\xff", _jpg),
    "png": (b"\x89PNG\r\n\x1a\n", _png),
    "gif": ((b"GIF87a", b"GIF89a"), _gif),
    "bmp": (b"BM", _bmp),
}
