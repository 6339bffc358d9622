"""What was learnt, served: one look-up a feature, one sum of rows, one probability a label.

For a text with the features A, label c scores

    s = sum(w[i,c] d[i,c] for i in A) / sqrt(sum(d[i,c]^2 for i in A)) + b[c]     the margin
    m = sum(v[i,c] g[i] for i in A) / sqrt(sum(g[i]^2 for i in A)) + a[c]         the plain margin
    n = sum(l[i,c] for i in A)                                                    naive Bayes

and the matrices stand beside each other, so all come from one sum over the rows of A.
One label a text: p = softmax(x s + y m + z n). Several: p = sigmoid of a line in all the margins
and n. Only numpy is needed here; a text takes some hundred microseconds.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput, NotFound
from bot.nlp.learn.features import features
from bot.nlp.learn.prepared import Prepared
from bot.nlp.learn.reading import OUT_OF_SCOPE

VERSION = 2
_TINY = 1e-12
Shorts = NDArray[np.int16]
Doubles = NDArray[np.float64]


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
    lexica: str = ""  # the edition of the thesaurus that the features are made with
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
    vocabulary: dict[str, int]
    rows: Shorts  # feature -> [w d | d^2 | v g | l | g^2], as wide as there are labels; g^2: one
    scale: Doubles  # what one step of each column of `rows` is worth
    bias: Doubles  # 2 x labels: of the margins s and m
    mix: Doubles  # (3 labels + 1) x labels: s, m and n to logits
    _size: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_size", len(self.card.labels))

    def probabilities(self, text: str | Prepared, context: str | Prepared | None = None) -> Doubles:
        """The probability of each label, in the card's order."""
        known = self.vocabulary
        at = [known[name] for name in features(text, context) if name in known]
        summed = self.rows.take(at, axis=0).sum(axis=0, dtype=np.int32)  # whole: no order matters
        return probabilities(self.scores(summed), self.mix, self.card.several)

    def scores(self, steps: Any) -> Doubles:
        """s, m and n from the summed rows of one text, or of one text a line."""
        size = self._size
        summed = steps * self.scale
        own = np.sqrt(summed[..., size : 2 * size] + 1e-12)
        common = np.sqrt(summed[..., -1:] + 1e-12)
        margins = summed[..., :size] / own + self.bias[0]
        plain = summed[..., 2 * size : 3 * size] / common + self.bias[1]
        return np.concatenate([margins, plain, summed[..., 3 * size : 4 * size]], axis=-1)

    def predict(self, text: str | Prepared, context: str | Prepared | None = None) -> Prediction:
        """The labels of `text`; `out_of_scope` where the model knows it and is not sure enough."""
        return self.decide(self.probabilities(text, context))

    def decide(self, given: Doubles) -> Prediction:
        """From probabilities to labels."""
        card = self.card
        if card.several:
            return _several(given, card)
        best, *others = _inside(given, card.labels)
        if OUT_OF_SCOPE in card.labels:
            outside = float(given[card.labels.index(OUT_OF_SCOPE)])
            if strange(given, outside, given[best], card.doubt) >= card.threshold:
                return _given(OUT_OF_SCOPE, outside, best, given, card)
        return _given(
            card.labels[best], float(given[best]), others[0] if others else None, given, card
        )

    def to_bytes(self) -> bytes:
        """One .npz file without pickle, which `load_from` reads."""
        words = "\n".join(sorted(self.vocabulary, key=self.vocabulary.__getitem__))
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


def _inside(given: Doubles, labels: tuple[str, ...]) -> list[int]:
    """The two most probable labels that a shop answers to, or the one there is."""
    chances = given.tolist()
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)[:3]
    return [at for at in order if labels[at] != OUT_OF_SCOPE][:2]


def _given(label: str, sure: float, second: int | None, given: Doubles, card: Card) -> Prediction:
    if second is None:
        return Prediction((label,), sure, None, sure)
    other = float(given[second])
    return Prediction((label,), sure, (card.labels[second], other), sure - other)


def strange(given: Doubles, outside: Any, best: Any, doubt: Sequence[float]) -> Any:
    """How sure it is that a text is out of scope, 0 to 1; for one text, or one a line.

    A line in the log odds of `outside` against the `best` answer and in the entropy of all:
    where the probability is spread over many labels, none of them may be meant.
    """
    odds, entropy = signs_of_doubt(given, outside, best)
    logit = doubt[0] + doubt[1] * odds + doubt[2] * entropy
    return _sigmoid(logit)


def signs_of_doubt(given: Doubles, outside: Any, best: Any) -> tuple[Any, Any]:
    """Log odds and entropy, see `strange`."""
    odds = np.log((outside + _TINY) / (best + _TINY))
    return odds, -(given * np.log(given + _TINY)).sum(axis=-1)


def _sigmoid(logit: Any) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * logit)  # never overflows


def probabilities(scores: Doubles, mix: Doubles, several: bool) -> Doubles:
    """`mix` turns scores into logits; its last line is the constant."""
    logits = scores @ mix[:-1] + mix[-1]
    if several:
        return np.asarray(_sigmoid(logits))
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


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
        {word: at for at, word in enumerate(words)},
        held["rows"],
        held["scale"],
        held["bias"],
        held["mix"],
    )
