"""Words shown to followers and marketers: flat catalogues, one JSON file a language.

The files stand in locale/ beside this one; a test keeps the languages equal.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FALLBACK = "zh"
_FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue(lang: str) -> dict[str, str]:
    """The words of one language; an unknown language gets Chinese."""
    path = _FOLDER / f"{lang}.json"
    if not path.exists():
        path = _FOLDER / f"{FALLBACK}.json"
    words: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return words


def t(key: str, lang: str = FALLBACK, **values: object) -> str:
    """The words for `key`, with `{name}` filled in. Raises KeyError for a key that no file has."""
    return catalogue(lang)[key].format(**values)
