"""What was learnt, served: one look-up a feature, one sum of rows, one probability a label.

For a text with the features A, label c scores

    s = sum(w[i,c] d[i,c] for i in A) / sqrt(sum(d[i,c]^2 for i in A)) + b[c]     the margin
    m = sum(v[i,c] g[i] for i in A) / sqrt(sum(g[i]^2 for i in A)) + a[c]         the plain margin
    n = sum(l[i,c] for i in A)                                                    naive Bayes

and the matrices stand beside each other, so all come from one sum over the rows of A (table.py).
One label a text: p = softmax(x s + y m + z n + c), which softmax.py makes of the sums at once.
Several: p = sigmoid of a line in all the margins and n. Only numpy is needed here; a text of ten
characters takes some hundred and fifty microseconds.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput, NotFound
from bot.nlp.learn.prepared import Prepared
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.nlp.learn.softmax import TINY, Chances, Doubles, Softmax, softmax
from bot.nlp.learn.table import Shorts, Table

VERSION = 2
_LOG_TINY = 1e-12  # what no probability is less than, where its logarithm is taken


@dataclass(frozen=True)
class Card:
    """What a model says of itself."""

    labels: tuple[str, ...]
    several: bool  # a text may have several labels
    threshold: float  # several: from which probability a label is given; one: see `strange`
    made_at: str
    fingerprint: str
    rows: int
    support: dict[str, int]
    metrics: dict[str, float]  # from cross-validation
    checked: dict[str, Any] = field(default_factory=dict)  # the same in full, see evaluate.judge
    doubt: tuple[float, ...] = (0.0, 1.0, 0.0)  # constant, odds, entropy: see `strange`
    lexica: str = ""  # the edition of the word lists that the features are made with
    version: int = VERSION

    @property
    def id(self) -> str:
        """A short name: the first digits of the fingerprint of the rows."""
        return self.fingerprint[:12]


@dataclass(frozen=True)
class Prediction:
    """The labels given to a text, and how sure that is.

    second  one label a text: the best other label that a shop answers, with its probability
    margin  one label a text: how much more probable the given label is than the second
    """

    labels: tuple[str, ...]
    confidence: float
    second: tuple[str, float] | None = None
    margin: float = 0.0


@dataclass(frozen=True)
class Model:
    """A learnt classifier; build it with bot.nlp.learn.train, or load it."""

    card: Card
    vocabulary: Sequence[str]  # the features, in the order of the rows
    rows: Shorts  # feature -> [w d | d^2 | v g | l | g^2], as wide as there are labels; g^2: one
    scale: Doubles  # what one step of each column of `rows` is worth
    bias: Doubles  # 2 x labels: of the margins s and m
    mix: Doubles  # (3 labels + 1) x labels: s, m and n to logits
    _size: int = field(init=False, repr=False, default=0)
    _outside: int = field(init=False, repr=False, default=-1)  # the place of OUT_OF_SCOPE
    _table: Table = field(init=False, repr=False)
    _softmax: Softmax | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        labels = self.card.labels
        fixed = {"_size": len(labels), "_table": Table(self.vocabulary, self.rows)}
        if OUT_OF_SCOPE in labels:
            fixed["_outside"] = labels.index(OUT_OF_SCOPE)
        if not self.card.several:
            fixed["_softmax"] = Softmax.of(self.scale, self.bias, self.mix)
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    def probabilities(self, text: str | Prepared, context: str | Prepared | None = None) -> Doubles:
        """The probability of each label, in the card's order."""
        summed = self._table.summed(text, context)
        if self._softmax is None:
            return probabilities(self.scores(summed), self.mix, self.card.several)
        found = self._softmax(summed.tolist())
        return np.array(found.weights) / found.whole

    def scores(self, steps: Any) -> Doubles:
        """s, m and n from the summed rows of one text, or of one text a line."""
        size = self._size
        summed = steps * self.scale
        own = np.sqrt(summed[..., size : 2 * size] + TINY)
        common = np.sqrt(summed[..., -1:] + TINY)
        margins = summed[..., :size] / own + self.bias[0]
        plain = summed[..., 2 * size : 3 * size] / common + self.bias[1]
        return np.concatenate([margins, plain, summed[..., 3 * size : 4 * size]], axis=-1)

    def predict(self, text: str | Prepared, context: str | Prepared | None = None) -> Prediction:
        """The labels of `text`; `out_of_scope` where the model knows it and is not sure enough."""
        if self._softmax is None:
            return self.decide(self.probabilities(text, context))
        return self._choice(self._softmax(self._table.summed(text, context).tolist()))

    def decide(self, given: Doubles) -> Prediction:
        """From probabilities, in the card's order, to labels."""
        return _several(given, self.card) if self.card.several else self._choice(Chances.of(given))

    def _choice(self, given: Chances) -> Prediction:
        """The label of one text."""
        card, (weights, whole, entropy) = self.card, given
        if self._outside < 0:
            return _answer(weights, whole, card.labels)
        outside = weights[self._outside]
        weights[self._outside] = -1.0  # it is not the best answer, and not the second
        best = max(weights)
        if _strange(outside / whole, best / whole, entropy, card.doubt) < card.threshold:
            return _answer(weights, whole, card.labels)
        likely = card.labels[weights.index(best)]
        return _given(OUT_OF_SCOPE, outside / whole, (likely, best / whole))

    def to_bytes(self) -> bytes:
        """One .npz file without pickle, which `load_from` reads."""
        words = "\n".join(self.vocabulary)
        card = json.dumps(asdict(self.card), ensure_ascii=False)
        content = io.BytesIO()
        np.savez_compressed(
            content,
            card=np.frombuffer(card.encode(), np.uint8),
            vocabulary=np.frombuffer(words.encode(errors="surrogatepass"), np.uint8),
            rows=self.rows,
            scale=self.scale,
            bias=self.bias,
            mix=self.mix,
        )
        return content.getvalue()

    def save(self, path: str) -> None:
        """Keep it in a file; a crash leaves the old file or the new one."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        partial.write_bytes(self.to_bytes())
        partial.replace(target)


def _answer(weights: list[float], whole: float, labels: tuple[str, ...]) -> Prediction:
    """The most probable label and the second; what a shop does not answer to has less than 0."""
    best = max(weights)
    at = weights.index(best)
    weights[at] = -1.0
    second = max(weights)
    if second < 0:
        return _given(labels[at], best / whole, None)
    return _given(labels[at], best / whole, (labels[weights.index(second)], second / whole))


def _given(label: str, sure: float, second: tuple[str, float] | None) -> Prediction:
    return Prediction((label,), sure, second, sure - second[1] if second else sure)


def _strange(outside: float, best: float, spread: float, doubt: Sequence[float]) -> float:
    """`strange` of one text, from its entropy; Python's numbers for the reason in softmax.py."""
    odds = math.log((outside + _LOG_TINY) / (best + _LOG_TINY))
    return 0.5 + 0.5 * math.tanh(0.5 * (doubt[0] + doubt[1] * odds + doubt[2] * spread))


def strange(given: Doubles, outside: Any, best: Any, doubt: Sequence[float]) -> Any:
    """How sure it is that a text is out of scope, 0 to 1; a text a line.

    A line in the log odds of `outside` against the `best` answer and in the entropy of all:
    where the probability is spread over many labels, none of them may be meant.
    """
    odds, entropy = signs_of_doubt(given, outside, best)
    logit = doubt[0] + doubt[1] * odds + doubt[2] * entropy
    return _sigmoid(logit)


def signs_of_doubt(given: Doubles, outside: Any, best: Any) -> tuple[Any, Any]:
    """Log odds and entropy, see `strange`."""
    odds = np.log((outside + _LOG_TINY) / (best + _LOG_TINY))
    return odds, -(given * np.log(given + _LOG_TINY)).sum(axis=-1)


def _sigmoid(logit: Any) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * logit)  # never overflows


def probabilities(scores: Doubles, mix: Doubles, several: bool) -> Doubles:
    """`mix` turns scores into logits; its last line is the constant."""
    logits = scores @ mix[:-1] + mix[-1]
    return np.asarray(_sigmoid(logits)) if several else softmax(logits)


def _several(given: Doubles, card: Card) -> Prediction:
    at = np.flatnonzero(given >= card.threshold)
    if not len(at):
        at = np.array([given.argmax()])
    return Prediction(tuple(card.labels[i] for i in at), float(given[at].min()))


def load(path: str) -> Model:
    """A model from its file. Raises NotFound, InvalidInput for a file that is none."""
    try:
        return load_from(path, path)
    except FileNotFoundError:
        raise NotFound(f"{path}: no model there; make one with: hongyan nlu train") from None


def load_from(source: Any, name: str) -> Model:
    """A model from a path or an open binary file; `name` is what a refusal calls it.

    Raises InvalidInput for bytes that are no model of this version.
    """
    try:
        with np.load(source, allow_pickle=False) as held:
            return _from({part: held[part] for part in held.files})
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise InvalidInput(f"{name}: is not a model of this version") from None


def _from(held: dict[str, NDArray[Any]]) -> Model:
    card = json.loads(held["card"].tobytes())
    if card["version"] != VERSION:
        raise ValueError("another version")
    words = held["vocabulary"].tobytes().decode(errors="surrogatepass").split("\n")
    size = len(card["labels"])
    shapes = ((len(words), 4 * size + 1), (2, size), (3 * size + 1, size))
    if tuple(held[name].shape for name in ("rows", "bias", "mix")) != shapes:
        raise ValueError("parts that do not fit")
    return Model(
        Card(**{**card, **{name: tuple(card[name]) for name in ("labels", "doubt")}}),
        words,
        held["rows"],
        held["scale"],
        held["bias"],
        held["mix"],
    )
