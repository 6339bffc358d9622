"""`hongyan nlu`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.cli import common
from bot.cli.common import as_json, show, table
from bot.cli.training import train_with_progress
from bot.nlp.learn.concepts import edition
from bot.nlp.learn.entities import entities
from bot.nlp.learn.evaluate import Judged, judge
from bot.nlp.learn.model import Model, load
from bot.nlp.learn.picture import draw
from bot.nlp.learn.reading import Table, parse, read
from bot.store import learnt
from bot.talk.live import INTENT_MODEL, stored_model

MODEL = "var/nlu.npz"
_picture = click.option("--picture", help="Draw reliability and coverage into this SVG file.")
_model = click.option(
    "--model",
    default=MODEL,
    show_default=True,
    help="The file of the model; if it is not there, the model in use.",
)


@click.group()
def nlu() -> None:
    """Learn to label texts from your own examples: train, evaluate, predict, report."""


@nlu.command()
@click.argument("files", nargs=-1)
@click.option("--out", default=MODEL, show_default=True, help="Where the model goes.")
@click.option("--stage", type=click.Choice(["live", "draft"]), default="live", show_default=True)
def train(files: tuple[str, ...], out: str, stage: str) -> None:
    """Learn from FILES: CSV or JSONL, also .gz, with text and label(s); or a trade's JSON.

    Without FILES: from the examples in the store. That model is in use at once; of a draft's
    examples it is on trial until the draft is published.
    """
    if not files:
        train_with_progress(common.account().id, stage)
        return
    from bot.nlp.learn.train import train as learn  # scikit-learn, for this command alone

    model = learn(read(files), common.now())
    model.save(out)
    for line in [*_about(model), *_supported(model)]:
        click.echo(line)
    click.echo(f"written to {out}")


@nlu.command()
@click.argument("files", nargs=-1, required=True)
@_model
@click.option("--folds", type=click.IntRange(2, 50), help="No model: cross-validate FILES.")
@_picture
@as_json
def evaluate(
    files: tuple[str, ...], model: str, folds: int | None, picture: str | None, json_: bool
) -> None:
    """How well the model labels FILES, whose labels are known.

    With --folds: how well models learnt from a part of FILES label the other parts.
    """
    known = read(files)
    found = _checked(known, folds) if folds else _judge(_loaded(model), known)
    _draw(found, picture)
    show(found, json_, lambda: _lines(found))


@nlu.command()
@_model
@click.option("--input", "source", default="-", show_default=True, help="A file of texts.")
@click.option("--output", "target", default="-", show_default=True, help="The CSV to write.")
def predict(model: str, source: str, target: str) -> None:
    """Label the texts of a file, or of standard input, one a line; writes CSV."""
    loaded = _loaded(model)
    texts = _standard_input() if source == "-" else read([source], labelled=False)
    written = _csv(loaded, texts)
    if target == "-":
        click.echo(written, nl=False)
    else:
        Path(target).write_text(written, encoding="utf-8", newline="")


@nlu.command()
@_model
@_picture
@as_json
def report(model: str, picture: str | None, json_: bool) -> None:
    """What the model was made of, and what cross-validation said of it."""
    loaded = _loaded(model)
    _draw(loaded.card.checked, picture)
    about = {**asdict(loaded.card), "id": loaded.card.id, "features": len(loaded.vocabulary)}
    show(about, json_, lambda: [*_about(loaded), *_lines(loaded.card.checked)])


def _draw(found: Mapping[str, Any], picture: str | None) -> None:
    if picture:
        Path(picture).write_text(draw(found), encoding="utf-8")


def _checked(known: Table, folds: int) -> dict[str, Any]:
    from bot.nlp.learn.train import train as learn

    return learn(known, common.now(), folds=folds).card.checked


def _loaded(path: str) -> Model:
    """The model of a file; without --model and without a file, the one that is in use."""
    if path == MODEL and not Path(path).exists():
        kept = learnt.in_state(common.account().id, INTENT_MODEL, "active")
        if kept is not None:
            return stored_model(kept.id)
    return load(path)


def _standard_input() -> Table:
    """CSV or JSONL by its first line; else each line is a text."""
    return parse(click.open_file("-", encoding="utf-8").read())


def _judge(model: Model, known: Table) -> dict[str, Any]:
    judged = []
    for row in known.rows:
        given = model.probabilities(row.text, row.context)
        judged.append(Judged(row.labels, model.decide(given), given))
    return judge(judged, model.card.labels, model.card.several)


def _csv(model: Model, texts: Table) -> str:
    """One line a text, in their order; `id` only where ids were given."""
    named = any(row.id is not None for row in texts.rows)
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    label = "labels" if model.card.several else "label"
    writer.writerow([*(["id"] if named else []), "text", label, "confidence", "entities"])
    for row in texts.rows:
        found = model.predict(row.text, row.context)
        held = json.dumps([one.to_json() for one in entities(row.text)], ensure_ascii=False)
        cells = [row.text, "|".join(found.labels), f"{found.confidence:.4f}", held]
        writer.writerow([*([row.id] if named else []), *cells])
    return content.getvalue()


def _about(model: Model) -> Iterable[str]:
    card = model.card
    kind = "several labels a text" if card.several else "one label a text"
    yield f"model {card.id}, made {card.made_at} from {card.rows} rows, {kind}"
    yield f"{len(card.labels)} labels, {len(model.vocabulary)} features"
    if card.lexica != edition():
        yield "made with another thesaurus than the one installed: train it again"
    yield f"threshold {card.threshold:.2f}"
    yield "cross-validation: " + ", ".join(f"{k} {v:.3f}" for k, v in card.metrics.items())


def _supported(model: Model) -> Iterable[str]:
    rows = [{"label": label, "rows": count} for label, count in model.card.support.items()]
    yield from table(rows, {"label": "label", "rows": "rows"})


def _lines(found: Mapping[str, Any]) -> Iterable[str]:
    said = ", ".join(f"{k} {found[k]:.3f}" for k in ("accuracy", "micro_f1", "macro_f1", "ece"))
    yield f"{found['rows']} rows: {said}"
    if strange := found["out_of_scope"]:
        yield f"out of scope: {strange['rejected']:.1%} rejected"
        yield f"in scope: {strange['refused']:.1%} refused"
    rows = [
        {"label": label, **{k: f"{v:.3f}" if k != "support" else v for k, v in row.items()}}
        for label, row in found["labels"].items()
    ]
    names = ("label", "precision", "recall", "f1", "support")
    yield from table(rows, {name: name for name in names})
    for pair in found["confusion"][:10]:
        yield f"{pair['rows']} x {pair['label'] or '-'} taken for {pair['predicted'] or '-'}"
    for part in found["reliability"]:
        yield f"said {part['sure']:.2f}, found {part['right']:.2f} ({part['rows']} times)"
    for step in found["coverage"][::4]:
        if step["coverage"]:
            yield (
                f"from confidence {step['threshold']:.1f} on: {step['coverage']:.1%} answered, "
                f"{step['accuracy']:.1%} of it right"
            )
