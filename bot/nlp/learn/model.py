"""What was learnt, served: one look-up a feature, one sum of rows, one probability a label.

For a text with the features A, label c scores

    s = sum(w[i,c] d[i,c] for i in A) / sqrt(sum(d[i,c]^2 for i in A)) + b[c]     the margin
    n = sum(l[i,c] for i in A)                                                    naive Bayes

and the three matrices stand beside each other, so both come from one sum over the rows of A.
One label a text: p = softmax(x s + y n). Several: p = sigmoid of a line in all the margins and n.
Only numpy is needed here; a text takes some hundred microseconds.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput, NotFound
from bot.nlp.learn.features import features
from bot.nlp.learn.reading import OUT_OF_SCOPE

VERSION = 1
Floats = NDArray[np.float32]
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
    version: int = VERSION


@dataclass(frozen=True)
class Prediction:
    """The labels given to a text, and how sure that is."""

    labels: tuple[str, ...]
    confidence: float


@dataclass(frozen=True)
class Model:
    """A learnt classifier; build it with bot.nlp.learn.train, or load it."""

    card: Card
    vocabulary: dict[str, int]
    rows: Floats  # feature -> [w d | d^2 | l], each as wide as there are labels
    bias: Doubles  # of the margins
    mix: Doubles  # (2 labels + 1) x labels: margins and naive Bayes to logits
    _size: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_size", len(self.card.labels))

    def probabilities(self, text: str, context: str | None = None) -> Doubles:
        """The probability of each label, in the card's order."""
        known = self.vocabulary
        at = [known[name] for name in features(text, context) if name in known]
        at.sort()  # a set has no order, and sums of floats have one
        summed = self.rows.take(at, axis=0).sum(axis=0).astype(np.float64)
        return probabilities(self.scores(summed), self.mix, self.card.several)

    def scores(self, summed: Doubles) -> Doubles:
        """Margins and naive Bayes from the summed rows of one text, or of one text a line."""
        size = self._size
        norm = np.sqrt(summed[..., size : 2 * size] + 1e-12)
        margins = summed[..., :size] / norm + self.bias
        return np.concatenate([margins, summed[..., 2 * size :]], axis=-1)

    def predict(self, text: str, context: str | None = None) -> Prediction:
        """The labels of `text`; `out_of_scope` where the model knows it and is not sure enough."""
        return self.decide(self.probabilities(text, context))

    def decide(self, given: Doubles) -> Prediction:
        """From probabilities to labels."""
        card = self.card
        if card.several:
            return _several(given, card)
        best = best_inside(given, card.labels)
        if OUT_OF_SCOPE in card.labels:
            outside = given[card.labels.index(OUT_OF_SCOPE)]
            if strange(outside, given[best]) >= card.threshold:
                return Prediction((OUT_OF_SCOPE,), float(outside))
        return Prediction((card.labels[best],), float(given[best]))

    def save(self, path: str) -> None:
        """One .npz file without pickle; a crash leaves the old file or the new one."""
        words = "\n".join(sorted(self.vocabulary, key=self.vocabulary.__getitem__))
        card = json.dumps(asdict(self.card), ensure_ascii=False)
        content = io.BytesIO()
        np.savez_compressed(
            content,
            card=np.frombuffer(card.encode(), np.uint8),
            vocabulary=np.frombuffer(words.encode(errors="surrogatepass"), np.uint8),
            rows=self.rows,
            bias=self.bias,
            mix=self.mix,
        )
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        partial.write_bytes(content.getvalue())
        partial.replace(target)


def best_inside(given: Doubles, labels: tuple[str, ...]) -> int:
    """The most probable label that a shop answers to."""
    order = np.argsort(-given, kind="stable")
    return next((int(at) for at in order if labels[at] != OUT_OF_SCOPE), int(order[0]))


def strange(outside: Any, best: Any) -> Any:
    """How far being out of scope outweighs the best answer, 0 to 1; 0.5: as probable."""
    return outside / (outside + best)


def probabilities(scores: Doubles, mix: Doubles, several: bool) -> Doubles:
    """`mix` turns scores into logits; its last line is the constant."""
    logits = scores @ mix[:-1] + mix[-1]
    if several:
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -40, 40))))
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
    if held["rows"].shape != (len(words), 3 * size) or held["mix"].shape != (2 * size + 1, size):
        raise ValueError("parts that do not fit")
    return Model(
        Card(**{**card, "labels": tuple(card["labels"])}),
        {word: at for at, word in enumerate(words)},
        held["rows"],
        held["bias"],
        held["mix"],
    )
