"""Words of a Chinese text. rjieba where its wheel exists, jieba elsewhere: the same tokens."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def _fastest() -> Callable[[str], list[str]]:
    try:
        fast: Callable[[str], list[str]] = import_module("rjieba").cut
        return fast
    except ImportError:
        return _slow()


def _slow() -> Callable[[str], list[str]]:
    """jieba, thirty times slower; its cache goes to a folder of ours, not to the shared one."""
    jieba = import_module("jieba")
    folder = Path.home() / ".cache" / "hongyan"
    folder.mkdir(parents=True, exist_ok=True)
    jieba.dt.tmp_dir = str(folder)
    words: Callable[[str], list[str]] = jieba.lcut
    return words


_cut: Callable[[str], list[str]] | None = None


def cut(text: str) -> list[str]:
    """The tokens in order; joined they are `text` again. The dictionary loads at the first call."""
    global _cut
    if _cut is None:
        _cut = _fastest()
    return _cut(text)


_known: Callable[[str], bool] | None = None


def known(word: str) -> bool:
    """The dictionary has this word. A quarter of a microsecond."""
    global _known
    if _known is None:
        _known = _knowing()
    return _known(word)


def _knowing() -> Callable[[str], bool]:
    try:
        fast: Callable[[str], bool] = import_module("rjieba").has_word
        return fast
    except ImportError:
        cut("")  # loads jieba's dictionary
        counts: dict[str, int] = import_module("jieba").dt.FREQ
        return lambda word: counts.get(word, 0) > 0
