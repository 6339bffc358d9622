"""Pictures of QR codes: a short text as bytes, error correction M, as PNG (ISO/IEC 18004).

Versions 1 to 6, which have one alignment pattern at most and carry no version information: 106
bytes, more than any address a code of ours holds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache

Grid = list[list[int]]
FREE = -1
QUIET = 4  # modules of white around
# By version: codewords in all, check codewords of a block, blocks.
_SIZES = ((26, 10, 1), (44, 16, 1), (70, 26, 1), (100, 18, 2), (134, 24, 2), (172, 16, 4))
_FINDER = ("1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111")
_MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda r, c: (r + c) % 2,
    lambda r, _c: r % 2,
    lambda _r, c: c % 3,
    lambda r, c: (r + c) % 3,
    lambda r, c: (r // 2 + c // 3) % 2,
    lambda r, c: r * c % 2 + r * c % 3,
    lambda r, c: (r * c % 2 + r * c % 3) % 2,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
)


# --- the codewords -----------------------------------------------------------------------------


def _times(a: int, b: int) -> int:
    """In GF(256) by 0x11d."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = (a << 1) ^ (0x11D if a & 0x80 else 0), b >> 1
    return product


def _check(data: bytes, size: int) -> bytes:
    """The Reed-Solomon remainder of one block."""
    generator, root = [1], 1
    for _ in range(size):
        longer = [*generator, 0]
        for n, factor in enumerate(generator):
            longer[n + 1] ^= _times(factor, root)
        generator, root = longer, _times(root, 2)
    rest = [0] * size
    for byte in data:
        lead = byte ^ rest[0]
        rest = [*rest[1:], 0]
        for n in range(size):
            rest[n] ^= _times(generator[n + 1], lead)
    return bytes(rest)


def _codewords(text: bytes) -> tuple[int, bytes]:
    """Version, and all its codewords in their order. Raises ValueError for too long a text."""
    rooms = [total - check * blocks for total, check, blocks in _SIZES]
    found = next((n for n, room in enumerate(rooms) if len(text) + 2 <= room), None)
    if found is None:
        raise ValueError("qr: wants 106 bytes at most")
    room, (_, check, blocks) = rooms[found], _SIZES[found]
    # Mode 4 (bytes), eight bits of length, the text, four bits that end it; then the filling.
    bits = (4 << 8 | len(text)) << 8 * len(text) | int.from_bytes(text, "big")
    data = (bits << 4).to_bytes(len(text) + 2, "big") + b"\xec\x11" * room
    each = room // blocks
    parts = [data[n * each : (n + 1) * each] for n in range(blocks)]
    checks = [_check(part, check) for part in parts]
    woven = (bytes(column) for group in (parts, checks) for column in zip(*group, strict=True))
    return found + 1, b"".join(woven)


# --- the grid ----------------------------------------------------------------------------------


def _empty(version: int) -> Grid:
    """Finder, timing and alignment patterns; room for the format kept; the rest FREE."""
    size = 17 + 4 * version
    grid = [[FREE] * size for _ in range(size)]
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for r in range(-1, 8):
            for c in range(-1, 8):
                if 0 <= top + r < size and 0 <= left + c < size:
                    inside = 0 <= r < 7 and 0 <= c < 7
                    grid[top + r][left + c] = int(_FINDER[r][c]) if inside else 0
    for n in range(8, size - 8):
        grid[6][n] = grid[n][6] = (n + 1) % 2
    if version > 1:
        for r in range(-2, 3):
            for c in range(-2, 3):
                grid[size - 7 + r][size - 7 + c] = int(max(abs(r), abs(c)) != 1)
    _put_format(grid, 0)
    return grid


def _put_format(grid: Grid, mask: int) -> None:
    """Level M (00) and the mask, with their check bits, in both places; and the dark module."""
    rest = mask << 10
    for n in range(4, -1, -1):
        if rest >> n + 10 & 1:
            rest ^= 0x537 << n
    bits = (mask << 10 | rest) ^ 0x5412
    size = len(grid)
    for n in range(15):
        bit = bits >> n & 1
        grid[n if n < 6 else n + 1 if n < 8 else size - 15 + n][8] = bit
        grid[8][size - 1 - n if n < 8 else 7 if n == 8 else 14 - n] = bit
    grid[size - 8][8] = 1


def _path(grid: Grid) -> Iterator[tuple[int, int]]:
    """The free modules in the order of the data: pairs of columns from the right, up and down."""
    size, up = len(grid), True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for r in range(size - 1, -1, -1) if up else range(size):
            for c in (right, right - 1):
                if grid[r][c] == FREE:
                    yield r, c
        up = not up


def _penalty(grid: Grid) -> int:
    """How hard the grid is to read, by the four rules of the standard."""
    size, found = len(grid), 0
    for lines in (grid, [list(column) for column in zip(*grid, strict=True)]):
        for line in lines:
            text = "".join(map(str, line))
            runs = text.replace("01", "0 1").replace("10", "1 0").split()
            found += sum(len(run) - 2 for run in runs if len(run) >= 5)
            for n in range(size - 10):
                found += 40 * (text[n : n + 11] in ("10111010000", "00001011101"))
    for r in range(size - 1):
        for c in range(size - 1):
            found += 3 * (grid[r][c] == grid[r][c + 1] == grid[r + 1][c] == grid[r + 1][c + 1])
    dark = sum(map(sum, grid))
    return found + 10 * (abs(dark * 20 - size * size * 10) // (size * size))


def modules(text: str) -> Grid:
    """The code of `text` without its quiet zone: 1 dark, 0 light. Raises ValueError: too long."""
    version, words = _codewords(text.encode())
    empty = _empty(version)
    path = list(_path(empty))
    bits = [byte >> n & 1 for byte in words for n in range(7, -1, -1)]
    bits += [0] * (len(path) - len(bits))
    tried: list[Grid] = []
    for number, mask in enumerate(_MASKS):
        grid = [row[:] for row in empty]
        for (r, c), bit in zip(path, bits, strict=True):
            grid[r][c] = bit ^ (mask(r, c) == 0)
        _put_format(grid, number)
        tried.append(grid)
    return min(tried, key=_penalty)


@lru_cache(maxsize=256)
def png(text: str, scale: int = 10) -> bytes:
    """The code of `text` as a picture in black and white, `scale` pixels to a module."""
    grid = modules(text)
    pixels = (len(grid) + 2 * QUIET) * scale
    blank = [b"\0" + b"\xff" * pixels] * (QUIET * scale)
    lines = list(blank)
    for row in grid:
        line = b"".join((b"\0" if dark else b"\xff") * scale for dark in row)
        edge = b"\xff" * (QUIET * scale)
        lines += [b"\0" + edge + line + edge] * scale
    lines += blank
    head = struct.pack(">IIBBBBB", pixels, pixels, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
