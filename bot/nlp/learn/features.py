"""What a text is made of: pieces, words, concepts, form, feeling, and the turn before.

A feature is a string, the mark of its group and a name: a normalised text has no tab, and all
marks but that of pieces have one, so no two features are ever taken for each other.

    优惠            a piece of the normalised text, one to three characters
    w\\t优惠         a word; of a long word also the words inside it
    k\\tcoupon 1    a concept of the thesaurus
    ^\\t请问, $\\t吗  how the text begins and ends
    f\\t?, f\\t8     a mark that stands in it; at least so many characters
    p\\t+           signs of feeling: how good or bad, where, how often
    c\\t酒店         a word, or two side by side, of the turn before
    c\\t             there was no turn before

Learning joins mark and name; serving looks the names up group by group (table.py), which makes no
strings that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from itertools import chain, pairwise
from operator import add

from bot.nlp.cut import cut
from bot.nlp.learn.concepts import concept_names
from bot.nlp.learn.prepared import Prepared, prepare
from bot.nlp.phrases import beside
from bot.nlp.polarity import Signs, signs

PIECE, WORD, CONCEPT, BEGINS, ENDS, FORM, FEELING, BEFORE = (
    "", "w\t", "k\t", "^\t", "$\t", "f\t", "p\t", "c\t",
)  # fmt: skip
MARKS = (PIECE, WORD, CONCEPT, BEGINS, ENDS, FORM, FEELING, BEFORE)
_PUNCTUATION = frozenset("?!《》()“”\"':%·-/~,。¥")
_LENGTHS = (2, 3, 4, 6, 8, 11, 14, 17, 20, 24, 30, 45, 80, 150)
# of a text's length, the names of those that it reaches
_REACHED = [[str(length) for length in _LENGTHS if size >= length] for size in range(151)]
STEPS = (0.1, 0.25, 0.4, 0.55, 0.7)
_MOST = 4  # of good or bad words that are counted
_NOTHING = ("",)  # nothing felt; no turn before

Group = tuple[str, Iterable[str]]


def features(given: str | Prepared, context: str | Prepared | None = None) -> set[str]:
    """The set of features of a text after `context`; None: what came before is unknown."""
    return {mark + name for mark, names in groups(given, context) for name in names}


def groups(given: str | Prepared, context: str | Prepared | None = None) -> list[Group]:
    """The features as marks (of MARKS) with names, which may be read once."""
    text = prepare(given) if isinstance(given, str) else given
    plain, said = text.plain, signs(text.plain, text.typed)
    two = beside(plain)
    found: list[Group] = [
        (PIECE, chain(plain, two, map(add, two, plain[2:]))),
        (WORD, _with_inner(text.words)),
        (CONCEPT, concept_names(plain)),
        (BEGINS, (plain[:1], plain[:2], plain[:3])),
        (ENDS, (plain[-1:], plain[-2:], plain[-3:])),
        (FORM, chain(_PUNCTUATION.intersection(plain), _REACHED[min(len(plain), 150)])),
        (FEELING, _feeling(said) if said.clauses else _NOTHING),
    ]
    if context is not None:
        before = prepare(context) if isinstance(context, str) else context
        found.append((BEFORE, _before(before.words) if before.plain else _NOTHING))
    return found


def _with_inner(words: Sequence[str]) -> Sequence[str]:
    """The words, and those inside of the long ones."""
    if not words or max(map(len, words)) <= 2:
        return words
    return [*words, *chain.from_iterable(_inside(word) for word in words if len(word) > 2)]


def _feeling(said: Signs) -> list[str]:
    """Steps of the whole, first and last clause, how many good and bad words."""
    clauses = said.clauses
    total, every = said.total, [value for clause in clauses for value in clause]
    side, size = ("+" if total > 0 else "-"), abs(total)
    good = sum(value > 0 for value in every)
    bad = len(every) - good
    found = [f"{side}{step}" for step in STEPS if size >= step]
    found += [f"good {count}" for count in range(1, min(good, _MOST) + 1)]
    found += [f"bad {count}" for count in range(1, min(bad, _MOST) + 1)]
    found.append("first +" if sum(clauses[0]) > 0 else "first -")
    found.append("last +" if sum(clauses[-1]) > 0 else "last -")
    if not good or not bad:
        found.append("only +" if good else "only -")
    if max(map(abs, every)) > 0.9:
        found.append("strong +" if max(every) > 0.9 else "strong -")
    return found


def _before(words: Sequence[str]) -> list[str]:
    return [*words, *(f"{one} {two}" for one, two in pairwise(words))]


@lru_cache(maxsize=20_000)
def _inside(word: str) -> tuple[str, ...]:
    """The words inside a long word."""
    return tuple(_searched()(word))


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
