"""The smallest files of each kind of picture, with the size that is asked for."""

from __future__ import annotations

import zlib
from struct import pack


def png(width: int, height: int, more: int = 0) -> bytes:
    """`more`: bytes that make it a larger file."""

    def part(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    extra = part(b"tEXt", b"c\0" + b"x" * more) if more else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + extra
        + part(b"IDAT", rows)
        + part(b"IEND", b"")
    )


def jpg(width: int, height: int) -> bytes:
    """Its head and its end, without what is in between."""
    first = b"\xff\xe0" + pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xff\xc0" + pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + first + frame + b"\xff\xd9"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + pack("<HHBBB", width, height, 0, 0, 0) + b";"


def bmp(width: int, height: int) -> bytes:
    head = pack("<IiiHH", 40, width, height, 1, 24) + b"\0" * 24
    return b"BM" + pack("<IHHI", 54, 0, 0, 54) + head
