"""Which concepts a text names, whatever word it has for them: 退钱 and 退款 are both `refund`.

thesaurus/*.json holds them: what consumers talk of, and (world_*.json) names of the world that
headlines and followers drop: clubs, stars, companies, games. A word may stand in several.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from bot.nlp.normalise import normalise
from bot.nlp.phrases import Phrases

_FOLDER = Path(__file__).resolve().parents[1] / "thesaurus"
_FEELINGS = _FOLDER.with_name("polarity")
_TIMES = 3  # that a concept is named more often than this says nothing new


def concepts(normalised: str) -> dict[str, int]:
    """concept -> how often it is named. Some 10 us. Pure."""
    found: dict[str, int] = {}
    for _, _, names in _default().find(normalised):
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


def concept_names(normalised: str) -> list[str]:
    """`refund 1`, `refund 2` for what is named twice; "" alone where nothing is."""
    named = concepts(normalised)
    if not named:
        return [""]
    return [
        f"{name} {times}"
        for name, count in named.items()
        for times in range(1, min(count, _TIMES) + 1)
    ]


@cache
def _default() -> Phrases[tuple[str, ...]]:
    return Phrases(read(_FOLDER))


def read(folder: Path) -> dict[str, tuple[str, ...]]:
    """Word -> its concepts, from the files of a folder."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.json")):
        for name, words in json.loads(path.read_text(encoding="utf-8"))["concepts"].items():
            for word in {normalise(word) for word in words} - {""}:
                found[word] = (*found.get(word, ()), name)
    return found


@cache
def edition() -> str:
    """Twelve digits of these files and of polarity's: a model learnt with others is better made
    again."""
    paths = [*sorted(_FOLDER.glob("*.json")), *sorted(_FEELINGS.glob("*.json"))]
    content = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content).hexdigest()[:12]
