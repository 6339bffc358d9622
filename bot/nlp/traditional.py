"""Traditional characters made simplified. OpenCC is asked only where one of them stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "entities" / "traditional.json"
_PASSES = 3  # 乾縣 needs two: 乾县 is no phrase of OpenCC's


@cache
def _found() -> Callable[[str], object]:
    listed = json.loads(_FILE.read_text(encoding="utf-8"))["characters"]
    return re.compile(f"[{listed}]").search


@cache
def _converted() -> Callable[[str], str]:
    """Loaded when the first traditional character comes: 20 ms, 10 MB."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def simplified(text: str) -> str:
    """`text` in simplified characters; itself, half a microsecond later, where it is already."""
    found = _found()
    for _ in range(_PASSES):
        if not found(text):
            return text
        again = _converted()(text)
        if again == text:
            return text
        text = again
    return text
