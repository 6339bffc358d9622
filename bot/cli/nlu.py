"""`hongyan nlu`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.cli import common
from bot.cli.common import as_json, show, table
from bot.nlp.learn.entities import entities
from bot.nlp.learn.evaluate import Judged, judge
from bot.nlp.learn.model import Model, load
from bot.nlp.learn.picture import draw
from bot.nlp.learn.reading import Table, parse, read

MODEL = "var/nlu.npz"
_model = click.option("--model", default=MODEL, show_default=True, help="The file of the model.")


@click.group()
def nlu() -> None:
    """Learn to label texts from your own examples: train, evaluate, predict, report."""


@nlu.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--out", default=MODEL, show_default=True, help="Where the model goes.")
def train(files: tuple[str, ...], out: str) -> None:
    """Learn from FILES: CSV or JSONL, also .gz, with text and label(s); or a trade's JSON."""
    from bot.nlp.learn.train import train as learn  # scikit-learn, for this command alone

    model = learn(read(files), common.now())
    model.save(out)
    for line in _about(model):
        click.echo(line)
    click.echo(f"written to {out}")


@nlu.command()
@click.argument("files", nargs=-1, required=True)
@_model
@click.option("--picture", help="Draw reliability and coverage into this SVG file.")
@as_json
def evaluate(files: tuple[str, ...], model: str, picture: str | None, json_: bool) -> None:
    """How well the model labels FILES, whose labels are known."""
    found = _judge(load(model), read(files))
    if picture:
        Path(picture).write_text(draw(found), encoding="utf-8")
    show(found, json_, lambda: _lines(found))


@nlu.command()
@_model
@click.option("--input", "source", default="-", show_default=True, help="A file of texts.")
@click.option("--output", "target", default="-", show_default=True, help="The CSV to write.")
def predict(model: str, source: str, target: str) -> None:
    """Label the texts of a file, or of standard input, one a line; writes CSV."""
    loaded = load(model)
    texts = _standard_input() if source == "-" else read([source], labelled=False)
    written = _csv(loaded, texts)
    if target == "-":
        click.echo(written, nl=False)
    else:
        Path(target).write_text(written, encoding="utf-8", newline="")


@nlu.command()
@_model
@as_json
def report(model: str, json_: bool) -> None:
    """What the model was made of, and what cross-validation said of it."""
    loaded = load(model)
    about = {**asdict(loaded.card), "features": len(loaded.vocabulary)}
    show(about, json_, lambda: _about(loaded))


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
    yield f"made {card.made_at} from {card.rows} rows, {kind}; data {card.fingerprint[:12]}"
    yield f"{len(card.labels)} labels, {len(model.vocabulary)} features"
    yield "cross-validation: " + ", ".join(f"{k} {v:.3f}" for k, v in card.metrics.items())
    yield f"threshold {card.threshold:.2f}"
    yield from table(
        [{"label": label, "rows": rows} for label, rows in card.support.items()],
        {"label": "label", "rows": "rows"},
    )


def _lines(found: dict[str, Any]) -> Iterable[str]:
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
