"""What a text is made of: pieces, words, concepts, form, feeling, and the turn before.

A feature is a string, so a vocabulary is a plain dict and no two features ever share a row: a
normalised text has no tab, and all features but pieces have one.

    优惠            a piece of the normalised text, one to three characters
    w\\t优惠         a word; of a long word also the words inside it
    k\\tcoupon 1    a concept of the thesaurus
    ^\\t请问, $\\t吗  how the text begins and ends
    f\\t?, f\\t8     a mark that stands in it; at least so many characters
    p\\t+           signs of feeling: how good or bad, where, how often
    c\\t酒店         a word, or two side by side, of the turn before
    c\\t             there was no turn before
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from itertools import pairwise
from operator import add

from bot.nlp.cut import cut
from bot.nlp.learn.concepts import concept_features
from bot.nlp.learn.prepared import Prepared, prepare
from bot.nlp.polarity import Signs, signs

_EDGE = 3
_MARKS = frozenset("?!《》()“”\"':%·-/~,。¥")
_LENGTHS = (2, 3, 4, 6, 8, 11, 14, 17, 20, 24, 30, 45, 80, 150)
_STEPS = (0.1, 0.25, 0.4, 0.55, 0.7)
_MOST = 4  # of good or bad words that are counted
NO_TURN_BEFORE = "c\t"


def features(given: str | Prepared, context: str | Prepared | None = None) -> set[str]:
    """The set of features of a text after `context`; None: what came before is unknown."""
    text = prepare(given) if isinstance(given, str) else given
    plain = text.plain
    found = {"w\t" + word for word in text.words}
    found.update(plain)
    two = list(map(add, plain, plain[1:]))
    found.update(two)
    found.update(map(add, two, plain[2:]))
    for word in text.words:
        if len(word) > 2:
            found.update(_inside(word))
    found.update(concept_features(plain))
    found.update(_form(plain))
    found.update(_feeling(signs(plain, text.typed)))
    if context is not None:
        before = prepare(context) if isinstance(context, str) else context
        found.update(_before(before.words) if before.plain else (NO_TURN_BEFORE,))
    return found


def _form(plain: str) -> list[str]:
    """Ends, marks and length."""
    found = [f"f\t{mark}" for mark in _MARKS.intersection(plain)]
    found += [f"f\t{length}" for length in _LENGTHS if len(plain) >= length]
    for size in range(1, _EDGE + 1):
        found += (f"^\t{plain[:size]}", f"$\t{plain[-size:]}")
    return found


def _feeling(said: Signs) -> list[str]:
    """Steps of the whole, first and last clause, how many good and bad words."""
    clauses = said.clauses
    if not clauses:
        return ["p\t"]
    total, every = said.total, [value for clause in clauses for value in clause]
    side, size = ("+" if total > 0 else "-"), abs(total)
    good = sum(value > 0 for value in every)
    bad = len(every) - good
    found = [f"p\t{side}{step}" for step in _STEPS if size >= step]
    found += [f"p\tgood {count}" for count in range(1, min(good, _MOST) + 1)]
    found += [f"p\tbad {count}" for count in range(1, min(bad, _MOST) + 1)]
    found.append(f"p\tfirst {'+' if sum(clauses[0]) > 0 else '-'}")
    found.append(f"p\tlast {'+' if sum(clauses[-1]) > 0 else '-'}")
    if not good or not bad:
        found.append("p\tonly " + ("+" if good else "-"))
    if max(map(abs, every)) > 0.9:
        found.append("p\tstrong " + ("+" if max(every) > 0.9 else "-"))
    return found


def _before(words: Sequence[str]) -> list[str]:
    beside = [f"c\t{one} {two}" for one, two in pairwise(words)]
    return ["c\t" + word for word in words] + beside


@lru_cache(maxsize=20_000)
def _inside(word: str) -> tuple[str, ...]:
    """The words inside a long word, as features."""
    return tuple("w\t" + part for part in _searched()(word))


@cache
def _searched() -> Callable[[str], list[str]]:
    """The cut that also names the words inside long words."""
    try:
        fast: Callable[[str], list[str]] = import_module("rjieba").cut_for_search
        return fast
    except ImportError:
        cut("")  # sets jieba's own folder
        slow: Callable[[str], list[str]] = import_module("jieba").lcut_for_search
        return slow
