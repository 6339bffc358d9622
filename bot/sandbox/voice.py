"""How long a voice lasts: AMR by its frames, MP3 by the bit rate of its first frame. Pure."""

from __future__ import annotations

NARROW, WIDE = b"#!AMR\n", b"#!AMR-WB\n"
FRAME_SECONDS = 0.02
NARROW_BYTES = (12, 13, 15, 17, 19, 20, 26, 31, 5)  # of a frame's speech, by its type
WIDE_BYTES = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5)
MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # kbit/s, layer III
MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
ID3_HEADER = 10


def seconds(data: bytes) -> float:
    """0.0 for what is neither."""
    if data.startswith(WIDE):
        return _amr(data[len(WIDE) :], WIDE_BYTES)
    if data.startswith(NARROW):
        return _amr(data[len(NARROW) :], NARROW_BYTES)
    return _mp3(data)


def _amr(frames: bytes, sizes: tuple[int, ...]) -> float:
    at = count = 0
    while at < len(frames):
        kind = frames[at] >> 3 & 0xF
        at += 1 + (sizes[kind] if kind < len(sizes) else 0)
        count += 1
    return count * FRAME_SECONDS


def _mp3(data: bytes) -> float:
    frames = data[_tag(data) :]
    at = next((n for n in range(len(frames) - 2) if _starts(frames, n)), None)
    if at is None:
        return 0.0
    rates = MPEG1 if frames[at + 1] & 0x18 == 0x18 else MPEG2
    number = frames[at + 2] >> 4
    kilobits = rates[number] if number < len(rates) else 0
    return (len(frames) - at) * 8 / (kilobits * 1000) if kilobits else 0.0


def _starts(frames: bytes, at: int) -> bool:
    """Eleven bits of one, then layer III."""
    return frames[at] == 0xFF and frames[at + 1] & 0xE6 == 0xE2


def _tag(data: bytes) -> int:
    """The bytes of an ID3v2 tag before the sound."""
    if not data.startswith(b"ID3") or len(data) < ID3_HEADER:
        return 0
    size = 0
    for byte in data[6:ID3_HEADER]:
        size = size << 7 | byte & 0x7F
    return ID3_HEADER + size
